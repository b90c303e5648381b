"""What is in sight of a plot glides to another part of it, so that one sees where that lies."""

from PySide6.QtCore import QEasingCurve, QLineF, QRectF, QVariantAnimation, Slot

from vae_desktop.gui.widgets.latent_plot import LatentPlot

_DURATION = 350  # ms


class ViewGlide(QVariantAnimation):
    """Moves the view of a plot; whoever zooms, pans or fits meanwhile ends that."""

    def __init__(self, plot: LatentPlot) -> None:
        super().__init__(plot, duration=_DURATION, startValue=0.0, endValue=1.0)
        self.setEasingCurve(QEasingCurve.Type.InOutCubic)
        self._plot = plot
        self._start = self._end = QRectF()
        self.valueChanged.connect(self._move)
        plot.getViewBox().sigRangeChangedManually.connect(self.stop)

    def show_rect(self, rect: QRectF) -> None:
        """Glide until a rectangle in the axes' units fills the view, which follows the points no longer."""
        self.stop()
        self._start = self._plot.view_rect()
        self._end = _with_ratio(rect, self._start)
        self._plot.follows_points = False
        self.start()

    @Slot(object)
    def _move(self, fraction: float) -> None:
        if self._plot.follows_points:
            self.stop()
            return
        # Sizes shrink by equal factors in equal times, and the middle moves along with them.
        first, last = self._start.width(), self._end.width()
        width = first * (last / first) ** fraction
        way = fraction if first == last else (width - first) / (last - first)
        rect = QRectF(0, 0, width, width * self._start.height() / first)
        rect.moveCenter(QLineF(self._start.center(), self._end.center()).pointAt(way))
        self._plot.getViewBox().setRange(rect, padding=0)


def _with_ratio(rect: QRectF, view: QRectF) -> QRectF:
    """The smallest rectangle around another one that is as high for its width as the view."""
    scale = max(rect.width() / view.width(), rect.height() / view.height())
    result = QRectF(0, 0, scale * view.width(), scale * view.height())
    result.moveCenter(rect.center())
    return result
