"""A list of words and what they mean, which can be searched while one goes on working."""

import html
from collections.abc import Sequence

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QLineEdit, QTextBrowser, QWidget

from vae_desktop.gui.widgets.controls import column, named, plain
from vae_desktop.gui.widgets.theme import SPACING

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

    Attributes
    ----------
    search : QLineEdit
    list : QTextBrowser
    """

    def __init__(self, parent: QWidget, name: str, title: str, entries: Sequence[tuple[str, str]]) -> None:
        super().__init__(parent)
        named(self, name, title)
        self.setWindowTitle(title)
        self._entries = list(entries)
        tip = self.tr("Show only what has these letters in it.")
        self.search = named(QLineEdit(clearButtonEnabled=True), f"{name}Search", self.tr("Search"), tip)
        self.search.setPlaceholderText(self.tr("Search"))
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
        self.show()
        self.raise_()
        self.activateWindow()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.search.setFocus()
        self.search.selectAll()

    @Slot()
    def _show(self) -> None:
        wanted = self.search.text().strip().casefold()
        of_words = [entry for entry in self._entries if wanted in entry[0].casefold()]
        of_texts = [entry for entry in self._entries if entry not in of_words and wanted in plain(entry[1]).casefold()]
        rows = "".join(
            f'<tr><td width="36%" style="padding: 4px 16px 4px 0"><b>{html.escape(word)}</b></td>'
            f'<td style="padding: 4px 0">{text}</td></tr>'
            for word, text in of_words + of_texts
        )
        nothing = self.tr("Nothing has these letters in it.")
        self.list.setHtml(f"<table>{rows}</table>" if rows else f"<p>{nothing}</p>")
