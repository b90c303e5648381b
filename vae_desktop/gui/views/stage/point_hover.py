"""What the mouse finds in the scatter: the image behind a point, or a position in the plane."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QPointF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPen
from PySide6.QtWidgets import QGraphicsEllipseItem, QStyleOptionGraphicsItem, QWidget

from vae_desktop.gui.views.stage.code_positions import CodePositions
from vae_desktop.gui.views.stage.hover_card import HoverCard
from vae_desktop.gui.views.stage.plot_hints import Invitation
from vae_desktop.gui.widgets.latent_plot import LatentPlot
from vae_desktop.gui.widgets.theme import current_theme
from vae_desktop.language import tr
from vae_desktop.latent.codes import Codes, Floats, Picture
from vae_desktop.latent.plane import nearest_position, searchable

_NUMBERS = 3  # of a posterior, on the card
REACH = 12.0  # px, from the mouse to a point


class PointHover(QObject):
    """Rings the point nearest to the mouse and shows its card; Space does so from the cross-hair.

    Attributes
    ----------
    index : int or None
        The image on show.
    """

    hovered = Signal(int)  # an image; its reconstruction is wanted
    ended = Signal()

    def __init__(self, plot: LatentPlot, card: HoverCard) -> None:
        super().__init__(plot)
        self._plot = plot
        self._tip = plot.toolTip()
        self.card = card
        self._ring = _Ring()
        plot.addItem(self._ring, ignoreBounds=True)
        self._positions: Floats = np.empty((0, 2), np.float32)
        self._labels: npt.NDArray[np.int64] | None = None
        self._columns: npt.NDArray[np.float64] | None = None  # of the positions, once one is sought
        self._class_names: tuple[str, ...] = ()
        self._test_count: int | None = None  # of the first images, or None if all are test images
        self.originals: Sequence[Picture] = ()
        self._hint = ""
        self._place_of: Callable[[int], str] = lambda image: ""
        self._caption_of: Callable[[int], str] = lambda image: ""
        self._codes: Codes | None = None
        self.reconstruction: Picture | None = None
        self._position: QPointF | None = None  # in the scene, from where a point is sought
        self._reach = REACH
        self.index: int | None = None  # of the image on show
        self._linked: int | None = None  # the image that another scatter shows
        plot.scene().sigMouseMoved.connect(self._follow)
        plot.recoloured.connect(self._recolour)
        plot.view_changed.connect(self._look_again)
        plot.inspected.connect(self._inspect)
        plot.left.connect(self.hide)
        self._recolour()

    @Slot()
    def _recolour(self) -> None:
        self._ring.setPen(QPen(QColor(current_theme().text), 2))

    def set_class_names(self, names: tuple[str, ...]) -> None:
        """Begin with another model, whose images are not known yet."""
        self._class_names = names
        self.hide()
        self.set_originals((), "")

    def set_originals(
        self,
        originals: Sequence[Picture],
        hint: str,
        place_of: Callable[[int], str] = lambda image: "",
        caption_of: Callable[[int], str] = lambda image: "",
    ) -> None:
        """Show these images (H, W, C) beside what the model makes of them; the hint where one is missing.

        `place_of` says in few words where an image came from, `caption_of` what the person says of it.
        """
        self.originals, self._hint, self._place_of, self._caption_of = originals, hint, place_of, caption_of
        self._fill()
        self._place_card()

    def set_codes(self, codes: Codes | None) -> None:
        """Let the card show μ and σ of these posteriors."""
        self._codes = codes

    def set_test_count(self, count: int | None) -> None:
        """Say how many of the images, the first, are test images; those behind them are training images."""
        self._test_count = count

    def set_points(self, positions: Floats, labels: npt.NDArray[np.int64] | None) -> None:
        """Seek among points at positions (N, 2) of these classes; one that is not finite is never found."""
        self._positions, self._labels, self._columns = positions, labels, None
        self._look_again()

    def show_reconstruction(self, picture: Picture) -> None:
        """Show what the model makes of the image on show."""
        if self.index is not None:
            self.reconstruction = picture
            self._fill()
            self._place_card()

    def show_ring(self, image: int | None) -> None:
        """Ring the point of an image whose card another scatter shows; None takes the ring away."""
        self._linked = image if image is not None and image < len(self._positions) else None
        if self._linked is not None:
            self._ring.setPos(*self._positions[self._linked].tolist())
        self._ring.setVisible(self._linked is not None)

    @property
    def ringed(self) -> int | None:
        """The image whose point has the ring: the one on show, or the one that another scatter shows."""
        return self._linked if self.index is None else self.index

    def nearest(self, position: QPointF, reach: float = REACH) -> int | None:
        """The image whose point lies nearest to a position of the scene, within so many pixels."""
        if self._columns is None:
            self._columns = searchable(self._positions)
        position = self._plot.getViewBox().mapSceneToView(position)
        return nearest_position(self._columns, (position.x(), position.y()), reach * self._plot.pixel_size())

    @Slot()
    def hide(self) -> None:
        """Show no card until the mouse moves."""
        self._position = None
        self._show(None)

    @Slot(object)
    def _follow(self, position: QPointF) -> None:
        is_dragged = QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton
        if is_dragged or not self._plot.getViewBox().sceneBoundingRect().contains(position):
            self.hide()
            return
        self._position, self._reach = position, REACH
        self._show(self.nearest(position))

    @Slot(QPointF)
    def _inspect(self, position: QPointF) -> None:
        self._position, self._reach = position, math.inf
        self._show(self.nearest(position, math.inf))

    @Slot()
    def _look_again(self) -> None:
        """Stay with the image on show while its point is within reach: a card that changes cannot be read."""
        if self._position is None:
            return
        index = self.index
        if index is None or not self._distance(index) <= self._reach:
            index = self.nearest(self._position, self._reach)
        self._show(index)

    def _distance(self, index: int) -> float:
        """Distance of a point from where it is sought, in pixels; NaN or infinite if it is not there."""
        if index >= len(self._positions):
            return math.nan
        position = self._plot.getViewBox().mapSceneToView(self._position)
        x, y = self._positions[index].tolist()
        return math.hypot(x - position.x(), y - position.y()) / self._plot.pixel_size()

    def _show(self, index: int | None) -> None:
        has_changed = index != self.index
        self.index = index
        is_shown = index is not None
        if has_changed:
            self.reconstruction = None
            self._fill()
        self._ring.setVisible(is_shown)
        self._plot.setToolTip("" if is_shown else self._tip)  # one box at a time
        if is_shown:
            self._ring.setPos(*self._positions[index].tolist())
            self._place_card()
        if has_changed:
            self.card.setVisible(is_shown)
            if is_shown:
                self.hovered.emit(index)
            else:
                self.ended.emit()

    def _place_card(self) -> None:
        """Put the card beside the mouse, whatever its size is now."""
        if self.index is not None and self._position is not None:
            position = self._plot.mapFromScene(self._position)
            self.card.move_beside(self._plot.viewport().mapTo(self.card.parentWidget(), position))

    def _fill(self) -> None:
        index = self.index
        if index is None:
            return
        original = self.originals[index] if index < len(self.originals) else None
        name = ""
        if self._labels is not None and self._class_names:
            name = self._class_names[self._labels[index]]
        hint = self._caption_of(index) if original is not None else self._hint
        place = "" if original is None else self._place_of(index)
        posterior = _posterior(self._codes, index)
        self.card.show_image(name, self._number(index), original, self.reconstruction, hint, posterior, place)

    def _number(self, index: int) -> str:
        if self._test_count is not None and index >= self._test_count:
            return tr("training image {number}").format(number=f"{index - self._test_count:,}")
        return tr("image {number}").format(number=f"{index:,}")


def _posterior(codes: Codes | None, index: int) -> str:
    """The first numbers of an image's posterior."""
    if codes is None or codes.log_stddev is None or index >= len(codes):
        return ""
    more = " …" if codes.latent_dim > _NUMBERS else ""
    rows = ("μ", codes.mean[index]), ("σ", np.exp(codes.log_stddev[index]))
    lines = (f"{sign}  " + "  ".join(f"{value:.2f}" for value in row[:_NUMBERS]) + more for sign, row in rows)
    return "\n".join(lines).replace("-", "−")


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


class ScatterPointing(QObject):
    """Follows the mouse in the plot; until it has been used once, an invitation lies there."""

    position_pointed = Signal(object)  # (k,) in the plane
    image_chosen = Signal(int)

    def __init__(self, plot: LatentPlot, hover: PointHover, positions: CodePositions) -> None:
        super().__init__(plot)
        self._plot, self._hover, self._positions = plot, hover, positions
        self.invitation = Invitation(plot)
        plot.clicked.connect(self._choose)
        plot.dragged.connect(self._point)

    @Slot(float, float)
    def _choose(self, x: float, y: float) -> None:
        """A click on a point means its image, elsewhere the position."""
        self._go_to(x, y, REACH)

    @Slot(float, float)
    def _point(self, x: float, y: float) -> None:
        """A drag means the position."""
        self._go_to(x, y, 0.0)

    def _go_to(self, x: float, y: float, reach: float) -> None:
        """Ask for the image within so many pixels of a position, else for the position; a layout has only images."""
        self.invitation.hide()
        has_layout = self._positions.layout is not None
        image = None
        if reach or has_layout:
            where = self._plot.getViewBox().mapViewToScene(QPointF(x, y))
            image = self._hover.nearest(where, np.inf if has_layout else reach)
        self._hover.hide()
        if image is not None:
            self.image_chosen.emit(image)
        elif not has_layout:
            self.position_pointed.emit(np.array((x, y)[: len(self._positions.plane.basis)], np.float32))
