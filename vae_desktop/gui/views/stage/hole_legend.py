"""What the tint of the map of holes means."""

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from vae_desktop.gui.widgets.theme import SPACING, current_theme, small_font, tabular

HOLE_OPACITY = 0.85
HOLE_EDGES = (1.0, 2.0, 4.0, 8.0)  # σ for two dimensions, each twice the one before; see hole_edges
_CELL, _NARROW_CELL = 36, 29  # px, from one distance to the next, in a wide plot and in a narrow one


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
        self._edges = hole_edges(latent_dim).tolist()
        in_sigma, in_spacings = self.tr("σ from the nearest code"), self.tr("from the nearest code")
        self._title = in_sigma if has_sigma else in_spacings
        spacings = self.tr("In units of the median distance from a code to its nearest neighbour.")
        edges = ", ".join(f"{edge:.3g}" for edge in self._edges)
        self.setAccessibleName(self.tr("Map of holes: {edges} {title}").format(edges=edges, title=self._title))
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
        for share in (0.0, 1.0):
            colour = QColor(current_theme().hole)
            colour.setAlphaF(HOLE_OPACITY * share)
            tint.setColorAt(share, colour)
        painter.fillRect(strip, tint)
        for number, edge in enumerate(self._edges, 1):
            place = QRectF(SPACING + number * self._cell - self._cell / 2, top + 11, self._cell, line)
            painter.drawText(place, Qt.AlignmentFlag.AlignHCenter, f"{edge:.3g}")
        painter.end()


def hole_edges(latent_dim: int) -> npt.NDArray[np.float64]:
    """Distances in σ that the map of holes tells apart: from half of the first on, places begin to be tinted.

    A sample of a posterior is about √d σ from its mean, so the edges grow so with the number of dimensions.
    """
    return np.array(HOLE_EDGES) * np.sqrt(latent_dim / 2)


def hole_level(distances: npt.NDArray[np.floating], latent_dim: int) -> npt.NDArray[np.float64]:
    """How much distances from the nearest code are to be noticed: 0 up to half of the first edge, 1 at the last."""
    levels = 1 + np.log2(np.maximum(distances, 1e-9) / hole_edges(latent_dim)[0])  # 1, 2, 3, 4 at the edges
    return levels.clip(0, len(HOLE_EDGES)) / len(HOLE_EDGES)
