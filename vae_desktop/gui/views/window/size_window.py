"""Asks how many bytes the timeline of a model may take."""

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

    Attributes
    ----------
    field : QLineEdit
    """

    chosen = Signal(str)  # how many bytes

    def __init__(self, parent: QWidget, read: Callable[[str], int]) -> None:
        super().__init__(parent)
        title = tr("Timeline keeps")
        named(self, "timelineSizeWindow", title)
        self.setWindowTitle(title)
        self.setFixedWidth(_WIDTH)
        self._read = read
        text = tr("How much the kept steps of a model may take on disk, such as 256 MB; 0 keeps none.")
        self.field = named(QLineEdit(), "timelineSizeField", tr("Size"), text)
        self._error = label(role="error", size="small", wraps=True, name="timelineSizeError")
        self._error.setMinimumHeight(2 * self._error.fontMetrics().height())  # two lines: the window keeps its height
        self._error.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._keep = push_button("keepTimelineSizeButton", tr("Apply"), then=self.accept)
        self._keep.setDefault(True)
        cancel = push_button("cancelTimelineSizeButton", tr("Cancel"), then=self.reject)
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
