"""The codes that the person has selected, by drawing around them or all at once, and what can be done with them."""

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QImage, QPainter, QPolygonF, QTransform
from PySide6.QtWidgets import QWidget

from vae_desktop.gui.widgets.controls import label, named, row, tool_button
from vae_desktop.gui.widgets.latent_plot import LatentPlot
from vae_desktop.language import tr
from vae_desktop.latent.codes import Floats

Images = npt.NDArray[np.int64]
_MOST_CLASSES = 3  # named in the bar


class SelectionBar(QWidget):
    """Counts the selected codes; offers to export or to forget them."""

    export_requested = Signal()
    images_requested = Signal()
    cleared = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "selectionBar", tr("Selection"))
        self._label = label(figures=True)
        tip = tr("Save the codes of the selected images as a table.")
        self._export = tool_button("exportSelectionButton", tr("Export CSV…"), tip, then=self.export_requested)
        tip = tr("Show the selected images on a sheet, with their files.")
        self._images = tool_button("showSelectionButton", tr("Images"), tip, then=self.images_requested)
        clear = tool_button("clearSelectionButton", tr("Clear"), tr("Select nothing."), then=self._clear)
        row((self._label, 1), self._images, self._export, clear, on=self)
        self.hide()

    def text(self) -> str:
        return self._label.text()

    def offer_no_export(self) -> None:
        """Leave out what is done with the images of one model, where several have codes of those selected."""
        self._export.hide()
        self._images.hide()

    def set_counts(self, count: int, total: int, classes: str) -> None:
        """Tell how many of all codes are selected, and of which classes."""
        text = tr("{count} of {total} codes selected").format(count=f"{count:,}", total=f"{total:,}")
        self._label.setText(f"{text} · {classes}" if classes else text)
        self.show()

    def tell_empty(self) -> None:
        """Say that a lasso has caught nothing."""
        self._label.setText(tr("No code lies within that lasso."))
        self.show()

    @Slot()
    def _clear(self) -> None:
        self.hide()
        self.cleared.emit()


class ScatterSelection(QObject):
    """Keeps which images are selected; their points may move, and they stay selected."""

    changed = Signal()
    export_requested = Signal(object)  # the images selected (n,)

    def __init__(self, plot: LatentPlot, bar: SelectionBar) -> None:
        super().__init__(plot)
        self._plot = plot
        self.bar = bar
        self.images: Images = np.empty(0, np.int64)
        self._selectable: npt.NDArray[np.bool_] = np.empty(0, bool)
        self._labels: npt.NDArray[np.int64] | None = None
        self._class_names: tuple[str, ...] = ()
        plot.lassoed.connect(self._select_within)
        plot.all_selected.connect(self._select_all)
        self.bar.cleared.connect(self.clear)
        self.bar.export_requested.connect(self._request_export)

    def set_images(
        self,
        selectable: npt.NDArray[np.bool_],
        labels: npt.NDArray[np.int64] | None,
        class_names: tuple[str, ...],
    ) -> None:
        """Say which of the points (N,) can be selected, and of which classes they are."""
        if len(selectable) != len(self._selectable):
            self.clear()
        self._selectable, self._labels, self._class_names = selectable, labels, class_names

    def set_selected(self, images: Images) -> None:
        """Select images (n,), as they are in another scatter of the same ones."""
        images = images[images < len(self._selectable)]
        if not np.array_equal(images, self.images):
            self.images = images
            self.changed.emit()

    @Slot()
    def clear(self) -> None:
        """Select nothing."""
        self.bar.hide()
        if len(self.images):
            self.images = np.empty(0, np.int64)
            self.changed.emit()

    @Slot()
    def _request_export(self) -> None:
        self.export_requested.emit(self.images)

    @Slot(QPolygonF)
    def _select_within(self, outline: QPolygonF) -> None:
        self._select(within(outline, self._plot.positions, self._plot.pixel_size()) & self._selectable)
        if not len(self.images):
            self.bar.tell_empty()

    @Slot()
    def _select_all(self) -> None:
        self._select(self._selectable & np.isfinite(self._plot.positions).all(1))

    def _select(self, chosen: npt.NDArray[np.bool_]) -> None:
        self.images = np.flatnonzero(chosen)
        if len(self.images):
            self.bar.set_counts(len(self.images), len(chosen), self._classes())
        self.changed.emit()

    def _classes(self) -> str:
        """The classes that occur most in the selection, with their fractions."""
        if self._labels is None or not self._class_names:
            return ""
        counts = np.bincount(self._labels[self.images], minlength=len(self._class_names))
        names, fractions = self._class_names, counts / counts.sum()
        first = np.argsort(-counts, kind="stable")[:_MOST_CLASSES].tolist()
        return ", ".join(f"{names[index]}: {_percent(fractions[index])}" for index in first if counts[index])


def _percent(fraction: float) -> str:
    return "<1%" if fraction < 0.005 else f"{fraction:.0%}"


def within(outline: QPolygonF, positions: Floats, pixel: float) -> npt.NDArray[np.bool_]:
    """Which of the positions (N, 2) lie within an outline, to a quarter of a pixel; all in the axes' units.

    The outline is filled as it is on screen and the positions are looked up there, which takes as long for an outline
    of many corners as for one of few. Parts that it goes around twice are outside, as QPainter's odd-even rule has it.
    """
    rect = outline.boundingRect()
    inside = np.zeros(len(positions), bool)
    if rect.width() <= 0 or rect.height() <= 0:
        return inside
    scale = 4 / pixel
    width, height = (int(min(length * scale, 4000)) + 1 for length in (rect.width(), rect.height()))
    mask = QImage(width, height, QImage.Format.Format_Grayscale8)
    mask.fill(Qt.GlobalColor.black)
    across, down = width / rect.width(), height / rect.height()
    painter = QPainter(mask)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(Qt.GlobalColor.white)
    painter.drawPolygon(QTransform.fromScale(across, down).map(outline.translated(-rect.topLeft())))
    painter.end()
    pixels = np.frombuffer(mask.constBits(), np.uint8).reshape(height, mask.bytesPerLine())
    is_near = (positions >= (rect.left(), rect.top())) & (positions <= (rect.right(), rect.bottom()))
    near = np.flatnonzero(is_near.all(1))
    columns = ((positions[near, 0] - rect.left()) * across).astype(np.int64).clip(0, width - 1)
    rows = ((positions[near, 1] - rect.top()) * down).astype(np.int64).clip(0, height - 1)
    inside[near] = pixels[rows, columns] > 0
    return inside
