"""What a point of the scatter is: the image behind the code under the mouse."""

import math

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QPointF, Qt, Slot
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPen
from PySide6.QtWidgets import QGraphicsEllipseItem, QStyleOptionGraphicsItem, QWidget

from vae_desktop.gui.hover_card import HoverCard
from vae_desktop.gui.latent_plot import LatentPlot
from vae_desktop.gui.theme import Theme
from vae_desktop.latent.codes import Floats, Picture

_REACH = 12.0  # px, from the mouse to a point


class PointHover(QObject):
    """Rings the point nearest to the mouse and shows its card; Space does so from the cross-hair."""

    def __init__(self, plot: LatentPlot) -> None:
        super().__init__(plot)
        self._plot = plot
        self._tip = plot.toolTip()
        self.card = HoverCard(plot)
        self._ring = _Ring()
        plot.addItem(self._ring, ignoreBounds=True)
        self._points: Floats = np.empty((0, 2), np.float32)
        self._labels: npt.NDArray[np.int64] | None = None
        self._class_names: tuple[str, ...] = ()
        self._stacks: tuple[Picture | None, Picture | None] = (None, None)
        self._hint = ""
        self._place: QPointF | None = None  # in the scene, from where a point is sought
        self._reach = _REACH
        self._index: int | None = None  # of the image on show
        plot.scene().sigMouseMoved.connect(self._follow)
        plot.getViewBox().sigRangeChanged.connect(self._look_again)
        plot.inspected.connect(self._inspect)
        plot.pointed.connect(self.hide)
        plot.left.connect(self.hide)

    def set_theme(self, theme: Theme) -> None:
        self.card.set_theme(theme)
        self._ring.setPen(QPen(QColor(theme.text), 2))

    def set_class_names(self, names: tuple[str, ...]) -> None:
        """Begin with another model, whose pictures are not known yet."""
        self._class_names = names
        self.hide()
        self.set_pictures(None, None, "")

    def set_pictures(self, originals: Picture | None, reconstructions: Picture | None, hint: str) -> None:
        """Show these, stacks (N, H, W, C) in the order of the points, or no card if there are none."""
        self._stacks, self._hint = (originals, reconstructions), hint if originals is None else ""
        if self._index is not None:
            self._fill(self._index)
        self._look_again()

    def set_points(self, points: Floats, labels: npt.NDArray[np.int64] | None) -> None:
        """Seek among points (N, 2) of these classes; one that is not finite is never found."""
        self._points, self._labels = points, labels
        self._look_again()

    @Slot()
    def hide(self) -> None:
        """Show no card until the mouse moves."""
        self._place = None
        self._show(None)

    @Slot(object)
    def _follow(self, place: QPointF) -> None:
        is_dragged = QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton
        if is_dragged or not self._plot.getViewBox().sceneBoundingRect().contains(place):
            self.hide()
            return
        self._place, self._reach = place, _REACH
        self._show(_nearest(self._squared_distances(), self._reach))

    @Slot(QPointF)
    def _inspect(self, place: QPointF) -> None:
        self._place, self._reach = place, math.inf
        self._show(_nearest(self._squared_distances(), self._reach))

    @Slot()
    def _look_again(self) -> None:
        """Stay with the image on show while its point is within reach: a card that changes cannot be read."""
        if self._place is None:
            return
        distances = self._squared_distances()
        index = self._index
        if index is None or index >= len(distances) or not distances[index] <= self._reach**2:
            index = _nearest(distances, self._reach)
        self._show(index)

    def _squared_distances(self) -> Floats:
        """Of each point from the place, in screen pixels."""
        box = self._plot.getViewBox()
        place, (width, height) = box.mapSceneToView(self._place), box.viewPixelSize()
        x = (self._points[:, 0] - np.float32(place.x())) * np.float32(1 / width)
        y = (self._points[:, 1] - np.float32(place.y())) * np.float32(1 / height)
        return x * x + y * y

    def _show(self, index: int | None) -> None:
        if index is not None and index != self._index:
            self._fill(index)
        has_pictures = index is not None and any(_has(stack, index) for stack in self._stacks)
        self._index = index if has_pictures else None
        self._ring.setVisible(has_pictures)
        self._plot.setToolTip("" if has_pictures else self._tip)  # one box at a time
        if has_pictures:
            self._ring.setPos(*self._points[index].tolist())
            self.card.move_beside(self._plot.viewport().mapToParent(self._plot.mapFromScene(self._place)))
        self.card.setVisible(has_pictures)

    def _fill(self, index: int) -> None:
        original, reconstruction = (stack[index] if _has(stack, index) else None for stack in self._stacks)
        if original is None and reconstruction is None:
            return
        name = ""
        if self._labels is not None and self._class_names:
            name = self._class_names[self._labels[index]]
        number = self.tr("image {number}").format(number=f"{index:,}")
        self.card.show_image(name, number, original, reconstruction, self._hint)


class _Ring(QGraphicsEllipseItem):
    """Around the point whose card is on show."""

    def __init__(self) -> None:
        super().__init__(-6, -6, 12, 12)
        self.setFlag(self.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setZValue(9)
        self.hide()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        super().paint(painter, option, widget)


def _nearest(squared_distances: Floats, reach: float) -> int | None:
    """The place of the smallest distance, if it is within reach; NaN is not."""
    near = np.flatnonzero(squared_distances <= reach**2)
    return int(near[squared_distances[near].argmin()]) if len(near) else None


def _has(stack: Picture | None, index: int) -> bool:
    return stack is not None and index < len(stack)
