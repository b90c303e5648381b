"""How far a download, or the reading of many files, is, and a way to end it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QToolButton, QWidget

from vae_desktop.engine.datasets import Fetching
from vae_desktop.gui.widgets.theme import SPACING, small_font, tabular


class FetchingBar(QWidget):
    """Stands in the status bar while a data set is fetched."""

    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("fetchingBar")
        self._label = QLabel()
        self._label.setFont(tabular(small_font(self.font())))
        self._bar = QProgressBar(textVisible=False, maximum=1000)
        self._bar.setFixedWidth(160)
        self._bar.setAccessibleName(self.tr("Progress of the data set"))
        cancel = QToolButton(text=self.tr("Cancel"), toolTip=self.tr("End it; nothing half stays."))
        cancel.setObjectName("cancelFetchingButton")
        cancel.clicked.connect(self.cancel_requested)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, SPACING, 0)
        layout.setSpacing(SPACING)
        for part in (self._label, self._bar, cancel):
            layout.addWidget(part)
        self.hide()

    def show_progress(self, what: Fetching, done: int, total: int) -> None:
        """Show how many of so many bytes have come, or how many of so many files have been read."""
        if what == "downloading":
            megabytes = self.tr("Downloading {done} of {total} MB")
            self._label.setText(megabytes.format(done=f"{done / 1e6:.1f}", total=f"{total / 1e6:.1f}"))
        else:
            files = self.tr("Reading {done} of {total} files")
            self._label.setText(files.format(done=f"{done:,}", total=f"{total:,}"))
        self._bar.setValue(round(1000 * done / max(total, 1)))
        self.show()
