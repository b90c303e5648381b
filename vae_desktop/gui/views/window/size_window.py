"""Asks how many bytes something may take."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QDialog, QLineEdit, QWidget

from vae_desktop.errors import InvalidSetting
from vae_desktop.files import size_in_words
from vae_desktop.gui.widgets.controls import column, label, named, push_button, row
from vae_desktop.gui.widgets.number_field import mark_refused
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.language import tr

_WIDTH = 360  # px


class SizeWindow(QDialog):
    """A field for a size in words, with what is wrong with it below.

    Parameters
    ----------
    parent : QWidget
        The main window.
    read : callable
        Turns the text into bytes; raises InvalidSetting, whose message is shown.
    name : str
        What the names of the controls begin with, such as "timelineSize".
    title, text : str
        What the window asks for, and what that means.

    Attributes
    ----------
    field : QLineEdit
    """

    chosen = Signal(str)  # how many bytes

    def __init__(self, parent: QWidget, read: Callable[[str], int], name: str, title: str, text: str) -> None:
        super().__init__(parent)
        named(self, f"{name}Window", title)
        self.setWindowTitle(title)
        self.setFixedWidth(_WIDTH)
        self._read = read
        self.field = named(QLineEdit(), f"{name}Field", tr("Size"), text)
        self._error = label(role="error", size="small", wraps=True, name=f"{name}Error")
        self._error.setMinimumHeight(2 * self._error.fontMetrics().height())  # two lines: the window keeps its height
        self._error.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._keep = push_button(f"{name}ApplyButton", tr("Apply"), then=self.accept)
        self._keep.setDefault(True)
        cancel = push_button(f"{name}CancelButton", tr("Cancel"), then=self.reject)
        cancel.setAutoDefault(False)
        explanation = label(text, wraps=True)
        parts = (explanation, self.field, self._error, row(1, cancel, self._keep))
        column(*parts, margins=(2 * SPACING,) * 4, on=self)
        self.field.textChanged.connect(self._check)

    def ask(self, size: int) -> None:
        """Come to the front, with so many bytes in the field."""
        self.field.setText(size_in_words(size))
        self.field.selectAll()
        self._check()  # of another model, it may be
        self.open()

    def accept(self) -> None:
        """Take the size, if it is one."""
        try:
            size = self._read(self.field.text())
        except InvalidSetting:  # it stands below the field
            return
        self.chosen.emit(str(size))
        super().accept()

    @Slot()
    def _check(self) -> None:
        try:
            self._read(self.field.text())
            error = ""
        except InvalidSetting as refusal:
            error = str(refusal)
        mark_refused(self.field, error)
        self._error.setText(error)
        self._keep.setEnabled(not error)
