"""What a window that closes still waits for, and the two ways out of that."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QFrame, QMainWindow, QWidget

from vae_desktop.gui.widgets.controls import column, explain, label, named, progress_bar, push_button, row, set_text
from vae_desktop.gui.widgets.labels import ElidedLabel
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.language import sentences, tr

_WIDTH = 440  # px


class ClosingPanel(QFrame):
    """Lies in the middle of the window, all else of which is disabled meanwhile."""

    given_up = Signal()  # close without what is being written
    stay_requested = Signal()

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        named(self, "closingPanel", tr("Closing"))
        self.setFixedWidth(_WIDTH)
        self._window = window
        self._focus_before: QWidget | None = None
        self._title, self._loss = label(size="heading"), label(role="muted", wraps=True)
        self._files = named(ElidedLabel(), "closingFiles")
        bar = progress_bar(tr("Writing"), maximum=0)
        tip = tr("Do not close; what is being written goes on.")
        self._stay = push_button("stayOpenButton", tr("Stay open"), tip, then=self.stay_requested)
        self._give_up = push_button("giveUpButton", "", then=self.given_up)
        buttons = row(1, self._give_up, self._stay)
        body = column(self._title, self._files, bar, self._loss, margins=(2 * SPACING,) * 4, on=self)
        body.addSpacing(SPACING)
        body.addLayout(buttons)
        self.hide()

    def show_files(self, files: Sequence[Path]) -> None:
        """Say which files the window waits for, and what closing without them means."""
        loss = tr("Close now, and it is not written: a file of that name stays as it was.")
        if len(files) > 1:
            loss = tr("Close now, and they are not written: files of these names stay as they were.")
        if any(path.suffix == ".safetensors" for path in files):
            loss = sentences(loss, tr("The model itself is kept under File ▸ Open recent."))
        tip = tr("Close now; what is being written is left out.")
        self._show(tr("Saving, then closing"), files, loss, tr("Close without saving"), tip)

    def show_keeping(self) -> None:
        """Say that the window waits for models that the app itself keeps."""
        loss = tr("They are kept under File ▸ Open recent. Close now, and what they learned last is lost.")
        tip = tr("Close now; models that are not saved are lost.")
        title = tr("Keeping models that are not saved, then closing")
        self._show(title, (), loss, tr("Close all the same"), tip)

    def end(self) -> None:
        """Give the window back."""
        if not self.isHidden():
            self.hide()
            self._enable_others(True)
            if self._focus_before is not None:
                self._focus_before.setFocus(Qt.FocusReason.OtherFocusReason)

    def centre(self) -> None:
        """Go to the middle of the window."""
        self.adjustSize()
        left = self._window.size() - self.size()
        self.move(left.width() // 2, left.height() // 2)

    def _show(self, title: str, files: Sequence[Path], loss: str, give_up: str, tip: str) -> None:
        self._title.setText(title)
        self._files.set_text(", ".join(path.name for path in files))
        self._files.set_tip("\n".join(map(str, files)))
        self._files.setVisible(bool(files))
        self._loss.setText(loss)
        set_text(self._give_up, give_up)
        explain(self._give_up, tip)
        if self.isHidden():
            self._focus_before = self.window().focusWidget()
            self._enable_others(False)
            self.show()
            self.raise_()
            self._stay.setFocus(Qt.FocusReason.OtherFocusReason)  # the way out that loses nothing
        self.centre()

    def _enable_others(self, is_enabled: bool) -> None:
        self.window().setAcceptDrops(is_enabled)
        for other in self._window.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
            if other is not self and not isinstance(other, QDialog):
                other.setEnabled(is_enabled)
