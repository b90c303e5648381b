"""Times frames of the scatter against the stock one and prints them as JSON; run by rows.py in its own process.

A frame is all that new positions of all points cost: handing them over, drawing and painting them.
"""

import json
import os
import sys
import time
from collections.abc import Callable

import numpy as np
from PySide6.QtWidgets import QApplication

from vae_desktop.gui.views.stage.class_legend import class_colours
from vae_desktop.gui.widgets.latent_plot import LatentPlot
from vae_desktop.gui.widgets.point_raster import PointStyle, point_radius
from vae_desktop.latent.codes import Floats

_SIDE = 700  # px
_CLASSES = 10


def main(arguments: list[str]) -> None:
    """Move points `frames` times, with both plots in turn."""
    options = dict(argument.split("=", 1) for argument in arguments[1:])
    count, frames = int(options["points"]), int(options["frames"])
    application = QApplication(sys.argv[:1])
    random = np.random.default_rng(0)
    labels = random.integers(0, _CLASSES, count)
    positions = random.standard_normal((count, 2)).astype(np.float32)
    plots = [_ours(labels)]
    if options["stock"] == "1":
        plots.append(_stock(labels))
    times: list[list[float]] = [[] for _ in plots]
    for frame in range(frames + 2):
        moved = positions * np.float32(1 + 0.001 * frame)
        for show, kept in zip(plots, times, strict=True):
            application.processEvents()
            began = time.perf_counter()
            show(moved)
            kept.append(1000 * (time.perf_counter() - began))
    # The first frames build what the later ones use.
    print(json.dumps(dict(zip(("ours", "stock"), [kept[2:] for kept in times], strict=False))), flush=True)


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


if __name__ == "__main__":
    main(sys.argv[1:])
    os._exit(0)
