"""How far a download, or the reading of many files, is, and a way to end it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from vae_desktop.engine.datasets import Fetching
from vae_desktop.gui.widgets.controls import label, progress_bar, row, tool_button
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.language import tr


class FetchingBar(QWidget):
    """Stands in the status bar while a data set is fetched."""

    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("fetchingBar")
        self._label = label(size="small", figures=True)
        self._bar = progress_bar(tr("Progress of the data set"), width=160)
        tip = tr("End it; nothing half stays.")
        cancel = tool_button("cancelFetchingButton", tr("Cancel"), tip, then=self.cancel_requested)
        row(self._label, self._bar, cancel, margins=(0, 0, SPACING, 0), on=self)
        self.hide()

    def show_progress(self, what: Fetching, done: int, total: int) -> None:
        """Show how many of so many bytes have come, or how many of so many files have been read."""
        if what == "downloading":
            megabytes = tr("Downloading {done} of {total} MB")
            self._label.setText(megabytes.format(done=f"{done / 1e6:.1f}", total=f"{total / 1e6:.1f}"))
        else:
            files = tr("Reading {done} of {total} files")
            self._label.setText(files.format(done=f"{done:,}", total=f"{total:,}"))
        self._bar.setValue(round(1000 * done / max(total, 1)))
        self.show()
