"""How far a download, the reading of many files or a film is, and a way to end it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from vae_desktop.engine.datasets import Fetching
from vae_desktop.gui.widgets.controls import label, progress_bar, row, tool_button
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.language import tr


class WorkBar(QWidget):
    """Stands in the status bar while something is done.

    Parameters
    ----------
    name : str
        Begins the names of its parts.
    title : str
        What is shown of it.
    """

    cancel_requested = Signal()

    def __init__(self, name: str, title: str) -> None:
        super().__init__()
        self.setObjectName(f"{name}Bar")
        self._label = label(size="small", figures=True)
        self._bar = progress_bar(title, width=160)
        self._bar.setObjectName(f"{name}Progress")
        tip = tr("End it; nothing half stays.")
        cancel_name = f"cancel{name[0].upper()}{name[1:]}Button"
        cancel = tool_button(cancel_name, tr("Cancel"), tip, then=self.cancel_requested)
        row(1, self._label, self._bar, cancel, margins=(0, 0, SPACING, 0), on=self)
        self.hide()

    def show_fraction(self, text: str, done: int, total: int) -> None:
        """Show how much is done, in words and by the bar."""
        self._label.setText(text)
        self._bar.setValue(round(1000 * done / max(total, 1)))
        self.show()


class FilmBar(WorkBar):
    """Stands there while a film is exported."""

    def __init__(self) -> None:
        super().__init__("film", tr("Progress of the film"))

    def show_progress(self, done: int, total: int) -> None:
        self.show_fraction(tr("Exporting the film"), done, total)


class FetchingBar(WorkBar):
    """Stands there while a data set is fetched."""

    def __init__(self) -> None:
        super().__init__("fetching", tr("Progress of the data set"))

    def show_progress(self, what: Fetching, done: int, total: int) -> None:
        """Show how many of so many bytes have come, or how many of so many files or images have been read."""
        if what == "downloading":
            megabytes = tr("Downloading {done} of {total} MB")
            text = megabytes.format(done=f"{done / 1e6:.1f}", total=f"{total / 1e6:.1f}")
        else:
            text = tr("Reading {done} of {total}").format(done=f"{done:,}", total=f"{total:,}")
        self.show_fraction(text, done, total)
