"""What can be laid over and under the points of the scatter, each on its own."""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QRectF, Qt, Slot
from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QGraphicsItem, QWidget

from vae_desktop.gui.widgets.decoded_image import to_image
from vae_desktop.gui.widgets.latent_plot import LatentPlot
from vae_desktop.gui.widgets.plane_items import RADII, FieldItem, NormalItem
from vae_desktop.gui.widgets.theme import SPACING, current_theme, small_font, tabular
from vae_desktop.language import tr
from vae_desktop.latent.codes import Floats, Picture
from vae_desktop.latent.grid import density
from vae_desktop.latent.plane import prior_mass

_CONTRAST = 300  # between the densest cell and one that is just seen
_CELLS = 96  # along a side of the density's grid
HOLE_OPACITY = 0.85
HOLE_EDGES = (1.0, 2.0, 4.0, 8.0)  # σ for two dimensions, each twice the one before; see hole_edges
FIRST_EDGE = 1 / len(HOLE_EDGES)  # the level of what is a little off
_SPACING_EDGES = (2.0, 16.0, 128.0, 1024.0)  # median distances between codes that have no σ, and no bound
_CELL, _NARROW_CELL = 36, 29  # px, from one distance to the next, in a wide plot and in a narrow one


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
        self._has_units = self._has_sigma = True
        self._dimensions = 2  # of the plane
        self._distances: tuple[Floats, QRectF, int] | None = None
        self._recolour()

    @Slot()
    def _recolour(self) -> None:
        theme, font = current_theme(), small_font(QApplication.font())
        for item in (self.prior, self.posterior):
            item.set_style(QColor(theme.text), QColor(theme.surface), font)
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
        self._has_sigma = has_sigma
        self.hole_legend.set_space(latent_dim, has_sigma)
        self._show()

    def _show(self) -> None:
        items: dict[str, QGraphicsItem] = {"prior": self.prior, "density": self.density}
        items |= {"holes": self.holes, "manifold": self.manifold}
        for name, item in items.items():
            item.setVisible(name in self.shown and (self._has_units or name == "density"))
        self.hole_legend.setVisible("holes" in self.shown and self._has_units)

    @Slot()
    def _place_legend(self) -> None:
        self.hole_legend.move_into(self._plot.getViewBox().sceneBoundingRect())

    def set_prior(self, dimensions: int) -> None:
        """Show N(0, I) in a plane of 1 or 2 dimensions, with the fraction of its mass within each outline."""
        self._dimensions = dimensions
        labels = tuple(f"{radius:g}σ · {prior_mass(radius, dimensions):.0%}" for radius in RADII)
        self.prior.set_normal(np.zeros(dimensions), np.eye(dimensions), labels)
        self._show()

    def label_rects(self) -> list[QRectF]:
        """Where the labels of the prior stand, in the axes' units."""
        return self.prior.label_rects() if self.prior.isVisible() else []

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
        if "density" not in self.shown or not len(self._plot.positions):
            return
        rect = self._plot.view_rect()
        # Heights at which codes of one dimension are spread mean nothing.
        shape = _CELLS, _CELLS if self._dimensions == 2 else 1
        values = density(self._plot.positions, (rect.left(), rect.top()), (rect.right(), rect.bottom()), shape)
        # The logarithm: a cloud has one dense middle, beside which the rest of it would not be seen.
        levels = np.log1p(_CONTRAST * values.T[::-1]) / np.log1p(_CONTRAST)
        self.density.set_picture(_tinted(levels, QColor(current_theme().accent), 0.85), rect)

    def set_manifold(self, sheet: Picture, rect: QRectF) -> None:
        """Show pictures, tiled to one (H, W, C), uint8, over a rectangle in the axes' units."""
        self.manifold.set_picture(to_image(sheet), rect)

    def set_holes(self, distances: Floats, rect: QRectF, latent_dim: int) -> None:
        """Show distances (rows, columns), in σ, the highest row first, over a rectangle in the axes' units."""
        self._distances = (distances, rect, latent_dim)
        levels = hole_level(distances, latent_dim, self._has_sigma)
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


class HoleLegend(QWidget):
    """A strip of the tint with the distances that it stands for, in a corner of the plot."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("holeLegend")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFont(tabular(small_font(self.font())))
        self._cell = _CELL
        self._edges: list[float] = []
        self._title = ""
        self.hide()

    def set_space(self, latent_dim: int, has_sigma: bool) -> None:
        """Show the distances of a latent space of so many dimensions."""
        self._edges = hole_edges(latent_dim, has_sigma).tolist()
        in_sigma, in_spacings = tr("σ from the nearest code"), tr("× usual code spacing")
        self._title = in_sigma if has_sigma else in_spacings
        spacings = tr("From the nearest code, in units of the median distance from a code to its neighbour.")
        edges = ", ".join(f"{edge:.4g}" for edge in self._edges)
        self.setAccessibleName(tr("Map of holes: {edges} {title}").format(edges=edges, title=self._title))
        self.setToolTip("" if has_sigma else spacings)
        self.update()

    def move_into(self, box: QRectF) -> None:
        """Stand in the upper right corner of a rectangle of the parent."""
        line = self.fontMetrics().height()
        self._cell = min(_CELL, max(_NARROW_CELL, round(box.width() / 2 / (len(HOLE_EDGES) + 1))))
        self.resize(self._cell * (len(HOLE_EDGES) + 1) + 2 * SPACING, 2 * line + 10 + 2 * SPACING)
        self.move(round(box.right()) - self.width() - SPACING, round(box.top()) + SPACING)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self.palette().mid().color())
        painter.setBrush(self.palette().base())
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setPen(self.palette().placeholderText().color())
        line = self.fontMetrics().height()
        title = QRectF(SPACING, SPACING / 2, self.width() - 2 * SPACING, line)
        painter.drawText(title, Qt.AlignmentFlag.AlignLeft, self._title)
        top = SPACING / 2 + line + 2
        strip = QRectF(SPACING, top, self._cell * (len(self._edges) + 0.5), 10)
        tint = QLinearGradient(strip.left(), 0, strip.left() + self._cell * len(self._edges), 0)
        for fraction in (0.0, 1.0):
            colour = QColor(current_theme().hole)
            colour.setAlphaF(HOLE_OPACITY * fraction)
            tint.setColorAt(fraction, colour)
        painter.fillRect(strip, tint)
        for number, edge in enumerate(self._edges, 1):
            place = QRectF(SPACING + number * self._cell - self._cell / 2, top + 11, self._cell, line)
            painter.drawText(place, Qt.AlignmentFlag.AlignHCenter, f"{edge:.4g}")
        painter.end()


def hole_edges(latent_dim: int, has_sigma: bool = True) -> npt.NDArray[np.float64]:
    """Distances that the map of holes tells apart: from half of the first on, or less, places begin to be tinted.

    They are in σ. A sample of a posterior is about √d σ from its mean, so they grow so with the number of dimensions.
    Codes without a σ have their median distance from one another as the unit, and lie scattered over very many of it.
    """
    return np.array(HOLE_EDGES) * np.sqrt(latent_dim / 2) if has_sigma else np.array(_SPACING_EDGES)


def hole_level(
    distances: npt.NDArray[np.floating], latent_dim: int, has_sigma: bool = True
) -> npt.NDArray[np.float64]:
    """How much distances from the nearest code are to be noticed: 1/4 at the first edge, 1 at the last."""
    edges = hole_edges(latent_dim, has_sigma)
    levels = 1 + np.log(np.maximum(distances, 1e-9) / edges[0]) / np.log(edges[1] / edges[0])  # 1, 2, 3, 4 at the edges
    return levels.clip(0, len(edges)) / len(edges)
