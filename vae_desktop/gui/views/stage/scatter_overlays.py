"""What can be laid over and under the points of the scatter, each on its own."""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QRectF, Qt, Slot
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from vae_desktop.gui.views.stage.hole_legend import HOLE_OPACITY, HoleLegend, hole_level
from vae_desktop.gui.widgets.decoded_image import to_image
from vae_desktop.gui.widgets.field_item import FieldItem
from vae_desktop.gui.widgets.latent_plot import LatentPlot
from vae_desktop.gui.widgets.normal_item import RADII, NormalItem
from vae_desktop.gui.widgets.theme import current_theme, small_font
from vae_desktop.latent.codes import Floats, Picture
from vae_desktop.latent.density import density
from vae_desktop.latent.plane import prior_mass

_CONTRAST = 300  # between the densest cell and one that is just seen
_CELLS = 96  # along a side of the density's grid


class ScatterOverlays(QObject):
    """Draws in the axes' units: prior, a posterior, density, holes, and the decoded manifold."""

    def __init__(self, plot: LatentPlot) -> None:
        super().__init__(plot)
        self._plot = plot
        self.prior = NormalItem(Qt.PenStyle.DashLine, 1.2)
        self.posterior = NormalItem(Qt.PenStyle.SolidLine, 1.8)
        self.density, self.holes = FieldItem(), FieldItem()
        self.manifold = FieldItem()
        layers = ((self.manifold, -30), (self.density, -20), (self.holes, -10), (self.prior, 5), (self.posterior, 11))
        for item, height in layers:
            item.setZValue(height)
            item.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
            plot.addItem(item, ignoreBounds=True)
            item.hide()
        self.hole_legend = HoleLegend(plot)
        plot.recoloured.connect(self._recolour)
        plot.view_changed.connect(self.draw_density)
        plot.getViewBox().sigResized.connect(self._place_legend)
        self.shown: frozenset[str] = frozenset()
        self._has_units = True
        self._dimensions = 2  # of the plane
        self._distances: tuple[Floats, QRectF, int] | None = None
        self._recolour()

    @Slot()
    def _recolour(self) -> None:
        theme, font = current_theme(), small_font(QApplication.font())
        for item in (self.prior, self.posterior):
            item.set_look(QColor(theme.text), QColor(theme.surface), font)
        if self._distances is not None:
            self.set_holes(*self._distances)
        self.draw_density()

    def set_shown(self, names: Collection[str]) -> None:
        """Show these of "points", "prior", "posterior", "density", "holes" and "manifold"."""
        self.shown = frozenset(names)
        self._plot.raster.setVisible("points" in self.shown)
        if "posterior" not in self.shown:
            self.posterior.hide()
        self._show()

    def set_space(self, has_units: bool, latent_dim: int, has_sigma: bool) -> None:
        """Say in what the plot shows codes: in a layout without units only their density can be laid under them."""
        self._has_units = has_units
        self.hole_legend.set_space(latent_dim, has_sigma)
        self._show()

    def _show(self) -> None:
        items = {"prior": self.prior, "density": self.density, "holes": self.holes, "manifold": self.manifold}
        for name, item in items.items():
            item.setVisible(name in self.shown and (self._has_units or name == "density"))
        self.hole_legend.setVisible("holes" in self.shown and self._has_units)

    @Slot()
    def _place_legend(self) -> None:
        self.hole_legend.move_into(self._plot.getViewBox().sceneBoundingRect())

    def set_prior(self, dimensions: int) -> None:
        """Show N(0, I) in a plane of 1 or 2 dimensions, with the share of its mass within each outline."""
        self._dimensions = dimensions
        labels = tuple(f"{radius:g}σ · {prior_mass(radius, dimensions):.0%}" for radius in RADII)
        self.prior.set_normal(np.zeros(dimensions), np.eye(dimensions), labels)
        self._show()

    def set_posterior(
        self, mean: npt.NDArray[np.floating] | None, covariance: npt.NDArray[np.floating] | None
    ) -> None:
        """Show a posterior with mean (k,) and covariance (k, k) in the plane, or none."""
        if mean is None or covariance is None or "posterior" not in self.shown:
            self.posterior.hide()
        else:
            self.posterior.set_normal(mean, covariance)

    @Slot()
    def draw_density(self) -> None:
        """Show how densely the points lie in what is in sight."""
        if "density" not in self.shown or not len(self._plot.places):
            return
        rect = self._plot.view_rect()
        # Heights at which codes of one dimension are spread mean nothing.
        shape = _CELLS, _CELLS if self._dimensions == 2 else 1
        values = density(self._plot.places, (rect.left(), rect.top()), (rect.right(), rect.bottom()), shape)
        # The logarithm: a cloud has one dense middle, beside which the rest of it would not be seen.
        levels = np.log1p(_CONTRAST * values.T[::-1]) / np.log1p(_CONTRAST)
        self.density.set_picture(_tinted(levels, QColor(current_theme().accent), 0.85), rect)

    def set_manifold(self, sheet: Picture, rect: QRectF) -> None:
        """Show pictures, tiled to one (H, W, C), uint8, over a rectangle in the axes' units."""
        self.manifold.set_picture(to_image(sheet), rect)

    def set_holes(self, distances: Floats, rect: QRectF, latent_dim: int) -> None:
        """Show distances (rows, columns), in σ, the highest row first, over a rectangle in the axes' units."""
        self._distances = (distances, rect, latent_dim)
        levels = hole_level(distances, latent_dim)
        self.holes.set_picture(_tinted(levels, QColor(current_theme().hole), HOLE_OPACITY), rect)

    def clear_fields(self) -> None:
        """Take away what was computed for another model or plane."""
        self._distances = None
        for item in (self.density, self.holes, self.manifold):
            item.set_picture(None)
        self.posterior.hide()


def _tinted(values: npt.NDArray[np.floating], colour: QColor, most: float) -> QImage:
    """A picture of one colour, whose opacity is `values` (rows, columns) from 0 to 1, times `most`."""
    alpha = (np.asarray(values) * most * 255).clip(0, 255)
    pixels = np.empty((*alpha.shape, 4), np.uint8)
    for channel, value in enumerate((colour.blue(), colour.green(), colour.red())):
        pixels[..., channel] = alpha * (value / 255)
    pixels[..., 3] = alpha
    height, width = alpha.shape
    return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied).copy()
