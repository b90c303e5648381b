"""A list of words and what they mean, which can be searched while one goes on working."""

import html
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPoint, Qt, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QLineEdit, QTextBrowser, QWidget

from vae_desktop.gui.widgets.controls import column, named, plain
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.language import tr

_WIDTH, _HEIGHT = 560, 600  # px


class HelpWindow(QDialog):
    """Shows two columns of text beside the main window; Esc closes it.

    Parameters
    ----------
    parent : QWidget
        The main window.
    name, title : str
        Object name, and what the window is called.
    entries : sequence of (word, text)
        The text may be rich.
    aliases : mapping of word to sequence of str
        By what else a word is found.

    Attributes
    ----------
    search : QLineEdit
    list : QTextBrowser
    """

    def __init__(
        self,
        parent: QWidget,
        name: str,
        title: str,
        entries: Sequence[tuple[str, str]],
        aliases: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        super().__init__(parent)
        named(self, name, title)
        self.setWindowTitle(title)
        self._entries = list(entries)
        self._aliases = aliases or {}
        self._place: QPoint | None = None  # where it was last
        tip = tr("Show only what has these letters in it.")
        self.search = named(QLineEdit(clearButtonEnabled=True), f"{name}Search", tr("Search"), tip)
        self.search.setPlaceholderText(tr("Search"))
        self.list = named(QTextBrowser(), f"{name}List", title)
        self.list.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.list.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        column(self.search, (self.list, 1), margins=(SPACING,) * 4, on=self)
        self.search.textChanged.connect(self._show)
        self.resize(_WIDTH, _HEIGHT)
        self._show()

    def show_all(self) -> None:
        """Come to the front with all entries."""
        self.search.clear()
        if not self.isVisible() and self._place is not None:
            self.move(self._place)
        self.show()
        self.raise_()
        self.activateWindow()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.search.setFocus()
        self.search.selectAll()

    def hideEvent(self, event: QHideEvent) -> None:
        self._place = self.pos()
        super().hideEvent(event)

    def _rank(self, word: str, text: str, wanted: str) -> int | None:
        """How well an entry is what is searched for, 0 best; None if it is not."""
        name, others = word.casefold(), [alias.casefold() for alias in self._aliases.get(word, ())]
        found = (
            wanted in (name, *others),
            name.startswith(wanted),
            any(alias.startswith(wanted) for alias in others),
            wanted in name,
            any(wanted in alias for alias in others),
            wanted in plain(text).casefold(),
        )
        return found.index(True) if True in found else None

    @Slot()
    def _show(self) -> None:
        wanted = self.search.text().strip().casefold()
        ranked = [(self._rank(*entry, wanted) if wanted else 0, entry) for entry in self._entries]
        found = [(rank, entry) for rank, entry in ranked if rank is not None]
        rows = "".join(
            f'<tr><td width="36%" style="padding: 4px 16px 4px 0"><b>{html.escape(word)}</b></td>'
            f'<td style="padding: 4px 0">{text}</td></tr>'
            for _, (word, text) in sorted(found, key=lambda each: each[0])
        )
        nothing = tr("Nothing has these letters in it.")
        self.list.setHtml(f"<table>{rows}</table>" if rows else f"<p>{nothing}</p>")
