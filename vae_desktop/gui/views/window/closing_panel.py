"""What a window that closes still waits for, and the two ways out of that."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from vae_desktop.gui.widgets.elided_label import ElidedLabel
from vae_desktop.gui.widgets.theme import SPACING, heading_font

_WIDTH = 440  # px


class ClosingPanel(QFrame):
    """Lies in the middle of the window, all else of which is disabled meanwhile."""

    given_up = Signal()  # close without what is being written
    stay_requested = Signal()

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self.setObjectName("closingPanel")
        self.setAccessibleName(self.tr("Closing"))
        self.setFixedWidth(_WIDTH)
        self._focus_before: QWidget | None = None
        self._title, self._files, self._loss = QLabel(), ElidedLabel(), QLabel(wordWrap=True)
        self._title.setFont(heading_font(self.font()))
        self._files.setObjectName("closingFiles")
        self._loss.setProperty("role", "muted")
        bar = QProgressBar(textVisible=False, minimum=0, maximum=0)
        bar.setAccessibleName(self.tr("Writing"))
        self._stay = QPushButton(self.tr("Stay open"), toolTip=self.tr("Do not close; what is being written goes on."))
        self._stay.setObjectName("stayOpenButton")
        self._give_up = QPushButton()
        self._give_up.setObjectName("giveUpButton")
        self._stay.clicked.connect(self.stay_requested)
        self._give_up.clicked.connect(self.given_up)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACING)
        buttons.addStretch(1)
        buttons.addWidget(self._give_up)
        buttons.addWidget(self._stay)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[SPACING * 2] * 4)
        layout.setSpacing(SPACING)
        for part in (self._title, self._files, bar, self._loss):
            layout.addWidget(part)
        layout.addSpacing(SPACING)
        layout.addLayout(buttons)
        self.hide()

    def show_files(self, files: Sequence[Path]) -> None:
        """Say which files the window waits for, and what closing without them means."""
        loss = self.tr("Close now, and it is not written: a file of that name stays as it was.")
        if len(files) > 1:
            loss = self.tr("Close now, and they are not written: files of these names stay as they were.")
        if any(path.suffix == ".safetensors" for path in files):
            loss += " " + self.tr("The model itself is kept under File ▸ Open recent.")
        tip = self.tr("Close now; what is being written is left out.")
        self._show(self.tr("Saving, then closing"), files, loss, self.tr("Close without saving"), tip)

    def show_keeping(self) -> None:
        """Say that the window waits for models that the app itself keeps."""
        loss = self.tr("They are kept under File ▸ Open recent. Close now, and what they learned last is lost.")
        tip = self.tr("Close now; models that are not saved are lost.")
        title = self.tr("Keeping models that are not saved, then closing")
        self._show(title, (), loss, self.tr("Close all the same"), tip)

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
        left = self.parentWidget().size() - self.size()
        self.move(left.width() // 2, left.height() // 2)

    def _show(self, title: str, files: Sequence[Path], loss: str, give_up: str, tip: str) -> None:
        self._title.setText(title)
        self._files.set_text(", ".join(path.name for path in files))
        self._files.set_tip("\n".join(map(str, files)))
        self._files.setVisible(bool(files))
        self._loss.setText(loss)
        self._give_up.setText(give_up)
        self._give_up.setToolTip(tip)
        if self.isHidden():
            self._focus_before = self.window().focusWidget()
            self._enable_others(False)
            self.show()
            self.raise_()
            self._stay.setFocus(Qt.FocusReason.OtherFocusReason)  # the way out that loses nothing
        self.centre()

    def _enable_others(self, is_enabled: bool) -> None:
        self.window().setAcceptDrops(is_enabled)
        for other in self.parentWidget().findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
            if other is not self and not isinstance(other, QDialog):
                other.setEnabled(is_enabled)
