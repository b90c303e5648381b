"""What a click or a drag in the scatter asks for: an image, or a place in the plane."""

import numpy as np
from PySide6.QtCore import QObject, QPointF, Qt, Signal, Slot

from vae_desktop.gui.views.stage.code_positions import CodePositions
from vae_desktop.gui.views.stage.point_hover import REACH, PointHover
from vae_desktop.gui.widgets.controls import label
from vae_desktop.gui.widgets.latent_plot import LatentPlot
from vae_desktop.gui.widgets.theme import SPACING


class ScatterPointing(QObject):
    """Follows the mouse in the plot; until it has been used once, an invitation lies there."""

    place_pointed = Signal(object)  # (k,) in the plane
    image_chosen = Signal(int)

    def __init__(self, plot: LatentPlot, hover: PointHover, positions: CodePositions) -> None:
        super().__init__(plot)
        self._plot, self._hover, self._positions = plot, hover, positions
        self.invitation = label(self.tr("Drag here: the picture follows"), name="invitation")
        self.invitation.setParent(plot)
        self.invitation.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        plot.clicked.connect(self._choose)
        plot.dragged.connect(self._point)
        plot.getViewBox().sigResized.connect(self._place_invitation)

    @Slot(float, float)
    def _choose(self, x: float, y: float) -> None:
        """A click on a point means its image, elsewhere the place."""
        self._go_to(x, y, REACH)

    @Slot(float, float)
    def _point(self, x: float, y: float) -> None:
        """A drag means the place."""
        self._go_to(x, y, 0.0)

    def _go_to(self, x: float, y: float, reach: float) -> None:
        """Ask for the image within so many pixels of a place, else for the place; a layout has only images."""
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
            self.place_pointed.emit(np.array((x, y)[: len(self._positions.plane.basis)], np.float32))

    @Slot()
    def _place_invitation(self) -> None:
        box = self._plot.getViewBox().sceneBoundingRect()
        self.invitation.adjustSize()
        left = box.center().x() - self.invitation.width() / 2
        self.invitation.move(round(left), round(box.bottom() - self.invitation.height() - 2 * SPACING))
