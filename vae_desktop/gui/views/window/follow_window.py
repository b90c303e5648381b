"""Asks for the folder of a training that goes on elsewhere."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QDialog, QLineEdit, QWidget

from vae_desktop.errors import UserError
from vae_desktop.gui.widgets.controls import column, label, named, push_button, row
from vae_desktop.gui.widgets.file_dialogs import ask_for_folder
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.language import tr

_WIDTH = 460  # px
_ERROR_LINES = 3


class FollowWindow(QDialog):
    """A field for a path or URL, with what is wrong with it below.

    Parameters
    ----------
    parent : QWidget
        The main window.
    check : callable
        Raises UserError, whose message is shown, for an address that can never be read.

    Attributes
    ----------
    field : QLineEdit
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget, check: Callable[[str], object]) -> None:
        super().__init__(parent)
        title = tr("Follow a run")
        named(self, "followWindow", title)
        self.setWindowTitle(title)
        self.setFixedWidth(_WIDTH)
        self._check = check
        text = tr(
            "The folder that a training writes with --run-dir, here or on another machine: a path, or "
            "ssh://user@host/folder, s3://bucket/folder, https://host/folder. It is only read."
        )
        self.field = named(QLineEdit(), "followField", tr("Folder of the run"), text)
        tip = tr("Choose a folder of this machine.")
        browse = push_button("followBrowseButton", tr("Browse…"), tip, then=self._browse)
        browse.setAutoDefault(False)
        self._error = label(role="error", size="small", wraps=True, name="followError")
        self._error.setMinimumHeight(_ERROR_LINES * self._error.fontMetrics().height())  # the window keeps its height
        self._error.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._follow = push_button("followButton", tr("Follow"), then=self.accept)
        self._follow.setDefault(True)
        cancel = push_button("followCancelButton", tr("Cancel"), then=self.reject)
        cancel.setAutoDefault(False)
        parts = label(text, wraps=True), row((self.field, 1), browse), self._error, row(1, cancel, self._follow)
        column(*parts, margins=(2 * SPACING,) * 4, on=self)
        self.field.textChanged.connect(self._take_text)

    def ask(self, address: str) -> None:
        """Come to the front, with an address in the field."""
        self.field.setText(address)
        self.field.selectAll()
        self.field.setFocus()
        self._take_text()
        self.open()

    def accept(self) -> None:
        """Take the address, unless it can never be read."""
        address = self.field.text().strip()
        if not address:
            return
        try:
            self._check(address)
        except UserError as error:
            self._error.setText(str(error))
            return
        self.chosen.emit(address)
        super().accept()

    @Slot()
    def _take_text(self) -> None:
        self._error.setText("")
        self._follow.setEnabled(bool(self.field.text().strip()))

    @Slot()
    def _browse(self) -> None:
        folder = ask_for_folder(self, "run", tr("Folder of the run"))
        if folder is not None:
            self.field.setText(str(folder))
