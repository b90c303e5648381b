"""Times frames of the scatter against the stock one, in a process of its own.

A frame is all that new positions of all points cost: handing them over, drawing and painting them.
"""

import time
from collections.abc import Callable

import numpy as np
from PySide6.QtWidgets import QApplication

from vae_desktop.film.points import PointStyle, point_radius
from vae_desktop.gui.views.stage.class_legend import class_colours
from vae_desktop.gui.widgets.latent_plot import LatentPlot
from vae_desktop.latent.codes import Floats

_SIDE = 700  # px
_CLASSES = 10


def frames(points: int, count: int, with_stock: bool = False) -> dict[str, list[float]]:
    """Milliseconds of each of so many frames of so many points, of both plots in turn."""
    application = QApplication([])
    random = np.random.default_rng(0)
    labels = random.integers(0, _CLASSES, points)
    positions = random.standard_normal((points, 2)).astype(np.float32)
    plots = {"ours": _ours(labels), **({"stock": _stock(labels)} if with_stock else {})}
    times: dict[str, list[float]] = {name: [] for name in plots}
    for frame in range(count + 2):
        moved = positions * np.float32(1 + 0.001 * frame)
        for name, show in plots.items():
            application.processEvents()
            began = time.perf_counter()
            show(moved)
            times[name].append(1000 * (time.perf_counter() - began))
    return {name: kept[2:] for name, kept in times.items()}  # the first frames build what the later ones use


def _ours(labels: np.ndarray) -> Callable[[Floats], None]:
    plot = LatentPlot()
    plot.resize(_SIDE, _SIDE)
    plot.set_point_style(PointStyle(labels.astype(np.uint16), class_colours(_CLASSES)))
    plot.show()

    def show(positions: Floats) -> None:
        plot.set_points(positions)
        plot.viewport().repaint()

    return show


def _stock(labels: np.ndarray) -> Callable[[Floats], None]:
    """One ScatterPlotItem per class, as pyqtgraph's users have it."""
    import pyqtgraph  # after Qt, of which it would otherwise not say why it cannot be loaded

    plot = pyqtgraph.PlotWidget()
    plot.resize(_SIDE, _SIDE)
    plot.setAspectLocked(True)
    size = 2 * point_radius(len(labels))
    items = [
        pyqtgraph.ScatterPlotItem(size=size, pen=None, brush=pyqtgraph.mkBrush(*colour))
        for colour in class_colours(_CLASSES).tolist()
    ]
    for item in items:
        plot.addItem(item)
    members = [np.flatnonzero(labels == index) for index in range(_CLASSES)]
    plot.show()

    def show(positions: Floats) -> None:
        for item, chosen in zip(items, members, strict=True):
            item.setData(positions[chosen, 0], positions[chosen, 1])
        plot.viewport().repaint()

    return show
