"""What the parts of a posterior's ellipses are: μ in the middle, 1σ and 2σ at the outlines."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QGraphicsView

from vae_desktop.gui.widgets.latent_plot import LatentPlot
from vae_desktop.gui.widgets.plane_items import RADII, LabelItem, NormalItem
from vae_desktop.gui.widgets.theme import current_theme, small_font
from vae_desktop.gui.widgets.view_glide import ViewGlide
from vae_desktop.language import tr

_HEIGHT = 11  # with the ellipses, below the cross-hair
_APART = 34  # px, from μ to the first outline and on to the second: each then has a label of its own
_OFF = 20  # px: the cross-hair's reach
_ANYWHERE = "μ · 1σ · 2σ"
_DOT = 7  # px, across μ's
_AROUND = 3.0  # σ around μ, that a zoom shows


class PosteriorLabels(QObject):
    """Labels the ellipses of one posterior; small ones have one label for all, beside them, which leads to them.

    Parameters
    ----------
    plot : LatentPlot
    posterior : NormalItem
    taken : callable
        Returns rectangles in the axes' units that are better left free.
    """

    shown_changed = Signal(bool)  # whether there is a posterior
    zoomed = Signal()

    def __init__(self, plot: LatentPlot, posterior: NormalItem, taken: Callable[[], Sequence[QRectF]]) -> None:
        super().__init__(plot)
        self._plot, self._posterior, self._taken = plot, posterior, taken
        names = ("μ", *(f"{radius:g}σ" for radius in RADII), _ANYWHERE)
        self._items = {name: self._item() for name in names}
        tip = tr("Click (Z): zoom to 3σ around μ. F shows all codes again.")
        self._items[_ANYWHERE].make_button(self.zoom, tip)
        self._dot = self._item()
        self._glide = ViewGlide(plot)
        self._is_shown = False
        plot.zoom_wanted.connect(self.zoom)
        plot.view_changed.connect(self.place)
        plot.recoloured.connect(self._paint)
        self._paint()

    @property
    def rects(self) -> dict[str, QRectF]:
        """Where each label on show stands, in the axes' units."""
        return {name: self._rect(item) for name, item in self._items.items() if item.isVisible()}

    @Slot()
    def place(self) -> None:
        """Put the labels where the ellipses are."""
        for item in (*self._items.values(), self._dot):
            item.hide()
        if self._posterior.isVisible() != self._is_shown:
            self._is_shown = self._posterior.isVisible()
            self.shown_changed.emit(self._is_shown)
        if not self._is_shown:
            return
        view, pixel = self._plot.view_rect(), self._plot.pixel_size()
        outlines = [self._posterior.path(radius).boundingRect() for radius in RADII]
        if not view.intersects(outlines[-1]):
            return
        taken = [*self._taken()]
        halves = [min(outline.width(), outline.height()) / 2 / pixel for outline in outlines]
        is_large = halves[0] >= _APART and halves[1] - halves[0] >= _APART and view.contains(outlines[-1])
        if not is_large:
            self._put_first(self._items[_ANYWHERE], outlines[-1].intersected(view), view, taken)
            return
        for name, outline in zip(("1σ", "2σ"), outlines, strict=True):
            item = self._items[name]
            for x, y in self._edges(outline):
                if self._is_free(item, x, y, view, taken):
                    break
            taken.append(self._show(item, x, y))
        centre = outlines[0].center()
        off = _OFF * pixel
        self._show(self._items["μ"], centre.x() - off, centre.y() - off)
        self._show(self._dot, centre.x(), centre.y())

    @Slot()
    def zoom(self) -> None:
        """Bring the ellipses near, if there are any."""
        if not self._posterior.isVisible():
            return
        outline = self._posterior.path(RADII[-1]).boundingRect()
        centre, factor = outline.center(), _AROUND / RADII[-1]
        # A 1-D model's outlines are bands without an end.
        height = min(outline.height(), outline.width()) if self._posterior.is_band else outline.height()
        rect = QRectF(0, 0, factor * outline.width(), factor * height)
        rect.moveCenter(centre)
        self._glide.show_rect(rect)
        self.zoomed.emit()

    @staticmethod
    def _edges(outline: QRectF) -> tuple[tuple[float, float], ...]:
        """Lower, right, left and upper ends of an ellipse; the axes' y points up."""
        middle = outline.center()
        x, y = middle.x(), middle.y()
        return (x, outline.top()), (outline.right(), y), (outline.left(), y), (x, outline.bottom())

    def _put_first(
        self, item: LabelItem, outline: QRectF, view: QRectF, taken: Sequence[QRectF]
    ) -> None:
        """Put a label at the first place beside an outline that is in sight and free, else at the first in sight."""
        pixel, middle = self._plot.pixel_size(), outline.center()
        size = item.boundingRect().size() * pixel
        across = outline.width() / 2 + _OFF * pixel + size.width() / 2
        up = outline.height() / 2 + _OFF * pixel + size.height() / 2
        across, up = min(across, view.width() / 2 - size.width()), min(up, view.height() / 2 - size.height())
        x, y = middle.x(), middle.y()
        # A 1-D model's outlines are bands as high as the plot: beside them there is always room.
        corners = (x + across, y - up), (x - across, y - up)
        places = ((x + across, y), (x - across, y), (x, y - up), (x, y + up), *corners)
        chosen = next((at for at in places if self._is_free(item, *at, view, taken)), None)
        chosen = chosen or next((at for at in places if self._is_free(item, *at, view, ())), places[0])
        self._show(item, *chosen)

    def _is_free(
        self, item: LabelItem, x: float, y: float, view: QRectF, taken: Sequence[QRectF]
    ) -> bool:
        rect = self._rect_at(item, x, y)
        return view.contains(rect) and not any(rect.intersects(other) for other in taken)

    def _rect(self, item: LabelItem) -> QRectF:
        return self._rect_at(item, item.pos().x(), item.pos().y())

    def _rect_at(self, item: LabelItem, x: float, y: float) -> QRectF:
        size = item.boundingRect().size() * self._plot.pixel_size()
        return QRectF(x - size.width() / 2, y - size.height() / 2, size.width(), size.height())

    def _show(self, item: LabelItem, x: float, y: float) -> QRectF:
        item.setPos(x, y)
        item.show()
        return self._rect(item)

    def _item(self) -> LabelItem:
        item = LabelItem(_HEIGHT)
        self._plot.addItem(item, ignoreBounds=True)
        return item

    @Slot()
    def _paint(self) -> None:
        """Make a picture of each label, so that moving something over it runs no code of Python."""
        for name, item in self._items.items():
            item.set_picture(_picture(name, small_font(self._plot.font()), self._plot))
        self._dot.set_picture(_dot(self._plot))
        self.place()


def _picture(text: str, font: QFont, plot: QGraphicsView) -> QPixmap:
    """A text on a plate."""
    metrics, theme, ratio = QFontMetricsF(font), current_theme(), plot.devicePixelRatioF()
    width, height = metrics.horizontalAdvance(text) + 6, metrics.height()
    picture = QPixmap(round(width * ratio), round(height * ratio))
    picture.setDevicePixelRatio(ratio)
    plate = QColor(theme.surface)
    plate.setAlpha(215)
    picture.fill(plate)
    painter = QPainter(picture)
    painter.setFont(font)
    painter.setPen(QColor(theme.text))
    painter.drawText(QRectF(0, 0, width, height), Qt.AlignmentFlag.AlignCenter, text)
    painter.end()
    return picture


def _dot(plot: QGraphicsView) -> QPixmap:
    """The mark at μ itself."""
    theme, ratio = current_theme(), plot.devicePixelRatioF()
    picture = QPixmap(round(_DOT * ratio), round(_DOT * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(theme.surface), 1.0))
    painter.setBrush(QColor(theme.text))
    painter.drawEllipse(QRectF(0.5, 0.5, _DOT - 1, _DOT - 1))
    painter.end()
    return picture
