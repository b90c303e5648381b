"""What is said in the plot itself: that the point can be dragged, what the left button draws, how long arrows are."""

import numpy as np
from PySide6.QtCore import QPoint, QRect, QRectF, Qt, QTimer, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel

from vae_desktop.gui.widgets.controls import named, styled
from vae_desktop.gui.widgets.latent_plot import LatentPlot
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.language import tr

WIDE = 400  # px, of a plot
_LASTS = 20_000  # ms in sight


class Invitation(QLabel):
    """Lies in the plot where the fewest codes are, and goes by itself after a while."""

    def __init__(self, plot: LatentPlot) -> None:
        super().__init__(tr("Drag here: the picture follows"), plot)
        named(self, "invitation")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._plot = plot
        self._end = QTimer(self, interval=_LASTS, singleShot=True)
        self._end.timeout.connect(self.hide)
        plot.view_changed.connect(self.place)
        plot.getViewBox().sigResized.connect(self.place)

    @Slot()
    def place(self) -> None:
        """Go where no codes are, or the fewest."""
        if self.isHidden():
            return
        self.adjustSize()
        box, size = self._plot.getViewBox().sceneBoundingRect().toRect(), self.size()
        margin = 2 * SPACING
        left, right = box.left() + margin, box.right() - margin - size.width()
        top, bottom = box.top() + margin, box.bottom() - margin - size.height()
        middle = box.center().x() - size.width() // 2
        corners = [QPoint(x, y) for y in (bottom, top) for x in (middle, left, right)]
        self.move(min(corners, key=lambda corner: self._count_below(QRect(corner, size))))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.place()
        self._end.start()

    def _count_below(self, rect: QRect) -> int:
        """How many codes a rectangle of the plot would cover."""
        view, positions = self._plot.getViewBox(), self._plot.positions
        area = view.mapSceneToView(rect.topLeft()), view.mapSceneToView(rect.bottomRight())
        covered = QRectF(*area).normalized()
        low, high = np.array(covered.topLeft().toTuple()), np.array(covered.bottomRight().toTuple())
        return int(((positions >= low) & (positions <= high)).all(1).sum()) if len(positions) else 0


class _CornerHint(QLabel):
    """Stands in a corner of a plot and lets the mouse through; not there at first."""

    def __init__(self, plot: LatentPlot, name: str, text: str = "") -> None:
        super().__init__(text, plot)
        named(self, name)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._plot = plot
        self.hide()
        plot.getViewBox().sigResized.connect(self._place)

    def _show(self, is_wanted: bool) -> None:
        self.setVisible(is_wanted)
        self._place()

    @Slot()
    def _place(self) -> None:
        self.adjustSize()
        self.move(self._corner(self._plot.getViewBox().sceneBoundingRect()))

    def _corner(self, box: QRectF) -> QPoint:
        """Where its upper left corner is, for the part of the plot within the axes."""
        raise NotImplementedError


class LassoHint(_CornerHint):
    """Stands in the plot's upper left corner as long as the left button draws a lasso instead of moving the point."""

    def __init__(self, plot: LatentPlot) -> None:
        super().__init__(plot, "lassoHint", tr("Lasso: draw around codes · Esc ends"))

    @Slot(bool)
    def set_lasso(self, is_on: bool) -> None:
        """Be there while the lasso is on."""
        self._show(is_on)

    def _corner(self, box: QRectF) -> QPoint:
        return box.topLeft().toPoint() + QPoint(SPACING, SPACING)


class MissingNames(_CornerHint):
    """Says in the lower right corner of a plot how many classes have no name in it, if it is wide enough for that."""

    def __init__(self, plot: LatentPlot) -> None:
        super().__init__(plot, "missingNames")
        styled(self, "muted", "small")

    def set_count(self, count: int) -> None:
        """Say how many there are, if any."""
        several = tr("{count} more classes: Show ▸ Classes").format(count=count)
        self.setText(several if count > 1 else tr("1 more class: Show ▸ Classes"))
        self._show(count > 0 and self._plot.width() >= WIDE)

    def _corner(self, box: QRectF) -> QPoint:
        return box.bottomRight().toPoint() - QPoint(self.width() + SPACING, self.height() + SPACING // 2)


class ArrowHint(_CornerHint):
    """Says in the lower left corner of a plot what the length of the arrows of a training step stands for."""

    def __init__(self, plot: LatentPlot) -> None:
        super().__init__(plot, "arrowHint")
        styled(self, "muted", "small")

    def set_magnified(self, magnified: float, pulls: int) -> None:
        """Say how many times as long as the way they are, and of how many terms they are pulls, which are no ways."""
        text = tr("arrows: how the term pulls, at its own scale")
        if pulls > 1:
            text = tr("arrows: how each term pulls, at one scale")
        if magnified:
            text = tr("arrows: how far each code moved, × {factor:,}")
        if magnified and pulls:
            text = tr("arrow: how far the code moved, × {factor:,}; in colour: the pulls")
        self.setText(text.format(factor=round(magnified)))
        self._show((pulls > 0 or magnified > 0) and self._plot.width() >= WIDE)

    def _corner(self, box: QRectF) -> QPoint:
        return box.bottomLeft().toPoint() + QPoint(SPACING, -self.height() - SPACING // 2)
