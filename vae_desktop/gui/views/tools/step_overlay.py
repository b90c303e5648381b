"""What a single training step did, as arrows in a scatter: where codes moved, and how each term of the loss pulled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph
from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QColor

from vae_desktop.gui.views.stage.class_legend import class_colours
from vae_desktop.gui.views.stage.latent_scatter import LatentScatter
from vae_desktop.gui.views.stage.plot_hints import WIDE, ArrowHint
from vae_desktop.gui.widgets.theme import TERM_COLOURS, current_theme
from vae_desktop.latent.codes import Floats

if TYPE_CHECKING:
    from vae_desktop.training.observed_step import ObservedStep

MOST, _FEWER = 200, 40  # images of a batch that are shown, in a plot and in a narrow one; more could not be told apart
ARROWS = {"moved": ("moved",), "reconstruction": ("reconstruction",), "kl": ("kl",), "pulls": ("reconstruction", "kl")}
_LENGTH, _PERCENTILE = 36.0, 80  # px that an arrow has which is longer than so many per cent of the others
_LONGER, _SHORTER = 2.0, 0.6  # times, where it stands alone, and in a narrow plot
_NATURAL = 1.0  # at most: so large a KL divergence's pull, −β μ, ends in the middle where β is 1
_HEAD, _SPREAD = 6.0, 0.42  # px of an arrow's head at most, and half of its angle in radians
_DOT = 6  # px
_HEIGHTS = {"moved": 7.5, "reconstruction": 7.6, "kl": 7.7}  # above points and outlines, below the cross-hair


class StepOverlay(QObject):
    """Draws the arrows of a batch's images from where their codes were before the step.

    Arrows of movement are so many times as long as the way that they stand for, which a hint in the plot says. The
    pulls of both terms have one scale, so they can be compared, and are never longer than their slope: where nothing
    pulls, there is nothing to be seen. Of a chosen image all three are shown, alone.

    Attributes
    ----------
    vectors : dict of str to array (n, 2)
        What is drawn, in the axes' units, by name: "moved", "reconstruction", "kl".
    magnified : float
        How many times as long as the way the arrows of movement are; 0 where there are none.
    """

    def __init__(self, scatter: LatentScatter) -> None:
        super().__init__(scatter)
        self._scatter, self._plot = scatter, scatter.plot
        self.vectors: dict[str, Floats] = {}
        self.magnified = 0.0
        self._observed: ObservedStep | None = None
        self._wanted: tuple[str, ...] = ()
        self._chosen: int | None = None
        self._hint = ArrowHint(self._plot)
        self._curves = {name: pyqtgraph.PlotCurveItem(connect="pairs") for name in _HEIGHTS}
        self._dots = pyqtgraph.ScatterPlotItem(size=_DOT)
        for item, height in ((self._dots, 7.9), *((self._curves[name], _HEIGHTS[name]) for name in _HEIGHTS)):
            item.setZValue(height)
            item.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
            item.hide()
            self._plot.addItem(item, ignoreBounds=True)
        scatter.plane_changed.connect(self._draw)
        self._plot.view_changed.connect(self._draw)
        self._plot.recoloured.connect(self._draw)

    def show(self, observed: ObservedStep | None, arrows: str, chosen: int | None = None) -> None:
        """Show one of ARROWS of a step, or all of one image of its batch; or nothing."""
        if observed is None and self._observed is None:
            return
        self._observed, self._chosen = observed, chosen
        self._wanted = ARROWS[arrows] if chosen is None else tuple(_HEIGHTS)
        self._draw()

    @Slot()
    def _draw(self) -> None:
        observed, plane = self._observed, self._scatter.plane
        if observed is None and not self.vectors:
            return
        is_drawn = (
            observed is not None
            and not self._scatter.has_layout  # which has no place for it
            and plane.latent_dim == observed.before.codes.latent_dim
        )
        self.vectors, self.magnified = {}, 0.0
        if observed is not None and is_drawn:
            most = MOST if self._plot.width() >= WIDE else _FEWER
            chosen = slice(most) if self._chosen is None else slice(self._chosen, self._chosen + 1)
            before = observed.before.codes.mean[chosen]
            found = {"moved": observed.after.codes.mean[chosen] - before}
            found |= {"reconstruction": observed.reconstruction.mean[chosen]}
            found |= {} if observed.kl is None else {"kl": observed.kl.mean[chosen]}
            shown = {name: _flat(plane.project(found[name])) for name in self._wanted if name in found}
            self._scale(shown)
            self._place(_flat(plane.project(before)), observed.before.codes.labels, chosen)
        for item in (self._dots, *self._curves.values()):
            item.setVisible(bool(self.vectors) and (item is self._dots or self._is_shown(item)))
        self._hint.set_magnified(self.magnified, sum(name != "moved" for name in self.vectors))

    def _is_shown(self, item: pyqtgraph.PlotCurveItem) -> bool:
        return any(item is self._curves[name] for name in self.vectors)

    def _scale(self, shown: dict[str, Floats]) -> None:
        """Make arrows as long as can be seen: movement by a round number, the pulls all by the same one."""
        times = _LONGER if self._chosen is not None else 1.0 if self._plot.width() >= WIDE else _SHORTER
        length = self._plot.pixel_size() * _LENGTH * times
        if "moved" in shown:
            self.magnified = _round_down(length / max(_typical(shown["moved"]), 1e-30))
            self.vectors["moved"] = shown["moved"] * self.magnified
        pulls = {name: vectors for name, vectors in shown.items() if name != "moved"}
        longest = max((_typical(vectors) for vectors in pulls.values()), default=0.0)
        if longest > 0:
            self.vectors |= {name: vectors * min(length / longest, _NATURAL) for name, vectors in pulls.items()}

    def _place(self, tails: Floats, labels: np.ndarray[tuple[int], np.dtype[np.int64]] | None, chosen: slice) -> None:
        theme, pixel = current_theme(), self._plot.pixel_size()
        colours = {"moved": theme.text, **TERM_COLOURS}
        halo = QColor(theme.surface)
        halo.setAlpha(170)
        for name, vectors in self.vectors.items():
            curve = self._curves[name]
            curve.setPen(pyqtgraph.mkPen(colours[name], width=1.6 if self._chosen is None else 2.4))
            curve.setShadowPen(pyqtgraph.mkPen(halo, width=4))
            curve.setData(*_strokes(tails, vectors, _HEAD * pixel).T)
        brushes: Any = theme.muted
        if labels is not None:
            palette = class_colours(int(labels.max()) + 1)
            brushes = [pyqtgraph.mkBrush(*palette[own]) for own in labels[chosen]]
        self._dots.setData(pos=tails, brush=brushes, pen=pyqtgraph.mkPen(theme.surface, width=1))


def _flat(positions: Floats) -> Floats:
    """Positions (n, k) with two columns; one dimension lies at the height 0."""
    return np.pad(positions, ((0, 0), (0, 2 - positions.shape[1])))


def _typical(vectors: Floats) -> float:
    lengths = np.linalg.norm(vectors, axis=1)
    finite = lengths[np.isfinite(lengths)]
    return float(np.percentile(finite, _PERCENTILE)) if len(finite) else 0.0


def _round_down(value: float) -> float:
    """The largest of 1, 2, 5, 10, 20, 50, … up to a value, at least 1."""
    power = 10.0 ** np.floor(np.log10(max(value, 1.0)))
    return float(power * max(step for step in (1, 2, 5) if step * power <= max(value, 1.0)))


def _strokes(tails: Floats, vectors: Floats, head: float) -> Floats:
    """The ends (6 n, 2) of three strokes each: the shaft and the two sides of the head."""
    tips, lengths = tails + vectors, np.linalg.norm(vectors, axis=1, keepdims=True)
    back = -vectors / np.maximum(lengths, 1e-30) * np.minimum(head, 0.4 * lengths)
    sides = []
    for angle in (_SPREAD, -_SPREAD):
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        sides.append(tips + back @ turn.T)
    return np.stack((tails, tips, tips, sides[0], tips, sides[1]), axis=1).reshape(-1, 2)
