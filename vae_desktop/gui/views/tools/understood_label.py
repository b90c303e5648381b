"""What was understood of a text, word by word."""

import html
from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy

from vae_desktop.gui.widgets.controls import explain, styled
from vae_desktop.gui.widgets.theme import SPACING, current_theme, line_height

_MOST = 60  # words that are looked at: more have no room, and a tooltip has no scroll bar
_LISTED = 20  # in the tooltip


class ShownWord(NamedTuple):
    """A word of a text, whether it counts, whether it is known at all, and what there is to say of it."""

    text: str
    counts: bool
    is_known: bool
    about: str


class UnderstoodLabel(QLabel):
    """One line: words that count in the accent colour, unknown ones struck through; the tooltip says more."""

    def __init__(self) -> None:
        super().__init__()
        self._lead = self._tail = ""
        self._words: Sequence[ShownWord] = ()
        styled(self, "muted", "small")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def set_words(self, words: Sequence[ShownWord], lead: str = "", tail: str = "") -> None:
        """Show words, between other text."""
        self._words, self._lead, self._tail = words[:_MOST], lead, tail
        explain(self, self._tip())
        self.setAccessibleName(" ".join([lead, *(word.text for word in self._words), tail]).strip())
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(0, line_height(self.font()) + SPACING)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._fit()

    def _fit(self) -> None:
        """Show as many words as there is room for."""
        measure, colour = self.fontMetrics().horizontalAdvance, current_theme().accent
        tail = self._tail if 2 * measure(self._tail) < self.width() else ""  # what it comes to is worth most
        room = self.width() - measure(f"{self._lead} … {tail}")
        parts = [html.escape(self._lead)] if self._lead else []
        for word in self._words:
            room -= measure(f"{word.text} ")
            if room < 0:
                parts.append("…")
                break
            text = html.escape(word.text)
            styles = (f'<span style="color: {colour}">{text}</span>', text, f"<s>{text}</s>")
            parts.append(styles[0 if word.counts else 1 if word.is_known else 2])
        tail = tail or (self._tail if measure(self._tail) < room else "")
        parts += [html.escape(tail)] if tail else []
        shown = " ".join(parts)
        if shown != self.text():
            self.setText(shown)

    def _tip(self) -> str:
        """What each word was taken for."""
        if not self._words:
            return ""
        rows = []
        for word in self._words[:_LISTED]:
            rows.append(f"<tr><td><b>{html.escape(word.text)}</b> </td><td>{html.escape(word.about)}</td></tr>")
        return f"<p>{html.escape(self._tail)}</p><table>{''.join(rows)}</table>"
