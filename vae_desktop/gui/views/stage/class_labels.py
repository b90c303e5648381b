"""The names of the classes, written where each has a place of its own among the codes."""

import time
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF, QObject, QPointF, QRectF, Qt, QTimer, Slot
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QGraphicsLineItem, QGraphicsView

from vae_desktop.gui.views.stage.class_middles import class_middles
from vae_desktop.gui.views.stage.plot_hints import MissingNames
from vae_desktop.gui.widgets.latent_plot import LatentPlot
from vae_desktop.gui.widgets.plane_items import LabelItem
from vae_desktop.gui.widgets.theme import class_palette, current_theme, small_font
from vae_desktop.latent.codes import Floats

_MOST = 60  # classes; more names than that only cover the points
_REST = 1000  # ms between two looks at codes that glide from one place to the next
_TIMES = 10  # as long as a look takes there is none, where codes jump and names are to come along
_ENOUGH = 4000  # codes, from which middles are found
_LONGEST = 110  # px, of a name
_HEIGHT = 8  # above the points and the prior, below the cross-hair
_MARGIN = 4  # px, around a name
# Where a name stands, in its own widths and heights from the middle of its codes: the first place that is free.
_PLACES = (
    (0.0, 0.0), (0.0, 1.1), (0.0, -1.1), (0.8, 0.0), (-0.8, 0.0), (0.0, 2.2), (0.0, -2.2),
    (1.3, 1.4), (-1.3, 1.4), (1.3, -1.4), (-1.3, -1.4), (2.2, 0.0), (-2.2, 0.0), (0.0, 3.4), (0.0, -3.4),
)  # fmt: skip
_BESIDE = 1.2  # names' heights, from which on a line leads from the name to its codes


class ClassLabels(QObject):
    """Writes the name of each class where it has a place of its own, or beside it with a line that leads there.

    Names that find no room beside those of larger classes give way; a note says how many are missing.

    Parameters
    ----------
    plot : LatentPlot
    taken : callable
        Returns rectangles in the axes' units that names have to leave free.
    """

    def __init__(self, plot: LatentPlot, taken: Callable[[], Sequence[QRectF]]) -> None:
        super().__init__(plot)
        self._plot, self._taken = plot, taken
        self._items: list[LabelItem] = []
        self._leaders: list[QGraphicsLineItem] = []  # from a name that stands aside to its codes
        self._missing = MissingNames(plot)
        self._middles: dict[int, Floats] = {}
        self._present: set[int] = set()  # the classes that have codes on show
        self._names: tuple[str, ...] = ()
        self._newest: tuple[Floats, npt.NDArray[np.int64] | None, npt.NDArray[np.bool_]] | None = None
        self._jump = False  # whether they did so last
        self._rest = QTimer(self, singleShot=True)
        self._rest.timeout.connect(self._look)
        plot.view_changed.connect(self.make_room)
        plot.recoloured.connect(self._paint)

    @property
    def shown(self) -> tuple[str, ...]:
        """The names that stand in the plot."""
        return tuple(name for name, item in zip(self._names, self._items, strict=True) if item.isVisible())

    @property
    def rects(self) -> list[QRectF]:
        """Where they stand, in the axes' units."""
        pixel, rects = self._plot.pixel_size(), []
        for item in self._items:
            if item.isVisible():
                rect = item.boundingRect()
                rects.append(QRectF(item.pos() + rect.topLeft() * pixel, rect.size() * pixel))
        return rects

    def set_classes(self, names: tuple[str, ...]) -> None:
        """Have other names, none of which is shown before there are positions."""
        names = names if len(names) <= _MOST else ()
        self._middles, self._present, self._newest = {}, set(), None
        if names != self._names:
            for item in (*self._items, *self._leaders):
                self._plot.removeItem(item)
            self._names, self._items = names, [self._item() for _ in names]
            self._leaders = [self._leader() for _ in names]
            self._paint()
        self.make_room()

    def set_positions(
        self,
        positions: Floats,
        labels: npt.NDArray[np.int64] | None,
        hidden: npt.NDArray[np.bool_],
        moves: bool,
        jumps: bool = False,
    ) -> None:
        """Follow codes at positions (N, 2) of classes (N,), some of which are hidden (N,).

        While they move there is a look now and then: it costs training a hundredth of its time. Where they jump from
        one moment of a training to another, names follow nearly at once.
        """
        self._newest = positions, labels, hidden
        if jumps == self._jump and moves and self._rest.isActive():
            return
        self._jump = jumps
        if jumps:
            self._rest.start(0)  # the points are painted first
        else:
            self._look()

    @Slot()
    def _look(self) -> None:
        """Find where the classes are, and wait before the next look; without news there is none."""
        if self._newest is None:
            return
        (positions, labels, hidden), self._newest = self._newest, None
        began = time.perf_counter()
        self._middles, self._present = {}, set()
        if labels is not None and self._names:
            step = -(-len(positions) // _ENOUGH)
            shown = ~hidden[::step]
            self._present = set(np.unique(labels[::step][shown]).tolist())
            self._middles = class_middles(positions[::step][shown], labels[::step][shown], len(self._names))
        self.make_room()
        self._rest.start(round(1000 * _TIMES * (time.perf_counter() - began)) if self._jump else _REST)

    @Slot()
    def make_room(self) -> None:
        """Put the names where none overlaps another one."""
        for item in (*self._items, *self._leaders):
            item.hide()
        pixel = self._plot.pixel_size()
        view = self._plot.view_rect()
        taken = [*self._taken()] if self._middles else []
        for index, middle in self._middles.items():
            item = self._items[index]
            size = item.boundingRect().size() * pixel
            x, y = middle.tolist()
            for across, up in _PLACES:
                centre = QPointF(x + across * size.width(), y + up * size.height())
                rect = QRectF(centre.x() - size.width() / 2, centre.y() - size.height() / 2, *size.toTuple())
                if view.contains(rect) and not any(rect.intersects(other) for other in taken):
                    item.setPos(centre)
                    item.show()
                    self._leaders[index].setLine(QLineF(centre, QPointF(x, y)))
                    self._leaders[index].setVisible(QLineF(centre, QPointF(x, y)).length() > _BESIDE * size.height())
                    taken.append(rect)
                    break
        named_ones = {index for index, item in enumerate(self._items) if item.isVisible()}
        self._missing.set_count(len(self._present - named_ones))
        self._plot.viewport().update()  # the scene may leave a name standing that is put elsewhere while it is hidden

    def _item(self) -> LabelItem:
        item = LabelItem(_HEIGHT)
        self._plot.addItem(item, ignoreBounds=True)
        return item

    def _leader(self) -> QGraphicsLineItem:
        leader = QGraphicsLineItem()
        leader.setZValue(_HEIGHT - 0.5)
        leader.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        leader.hide()
        self._plot.addItem(leader, ignoreBounds=True)
        return leader

    @Slot()
    def _paint(self) -> None:
        """Make a picture of each name, so that moving something over it runs no code of Python."""
        colours = class_palette(len(self._names))
        for item, leader, name, colour in zip(self._items, self._leaders, self._names, colours, strict=True):
            item.set_picture(_picture(name, colour, small_font(self._plot.font()), self._plot))
            pen = QPen(QColor(colour), 1.5)
            pen.setCosmetic(True)
            leader.setPen(pen)


def _picture(name: str, colour: str, font: QFont, plot: QGraphicsView) -> QPixmap:
    """A name on a plate with a rim in the colour of its class."""
    font.setWeight(QFont.Weight.DemiBold)
    metrics, theme, ratio = QFontMetricsF(font), current_theme(), plot.devicePixelRatioF()
    text = metrics.elidedText(" ".join(name.split()), Qt.TextElideMode.ElideRight, _LONGEST)
    width = max(metrics.horizontalAdvance(text) + 2 * _MARGIN + 2, metrics.height() + 2)
    height = metrics.height() + 2
    picture = QPixmap(round(width * ratio), round(height * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    plate = QColor(theme.surface)
    plate.setAlpha(225)
    rect = QRectF(0, 0, width, height).adjusted(1, 1, -1, -1)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(colour), 1.5))
    painter.setBrush(plate)
    painter.drawRoundedRect(rect, 4, 4)
    painter.setFont(font)
    painter.setPen(QColor(theme.text))
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
    painter.end()
    return picture
