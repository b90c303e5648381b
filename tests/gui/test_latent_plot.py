"""The plot of the latent space by itself."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, QSize
from PySide6.QtGui import QRegion
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from tests.gui.pointing import pixel_of
from vae_desktop.gui.widgets.latent_plot import LatentPlot


class Painted(QObject):
    """Notes which part of a widget is painted."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.region = QRegion()
        widget.installEventFilter(self)

    def eventFilter(self, widget: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.region += event.region()
        return False


def nothing_is_painted(painted: Painted, qtbot) -> bool:
    """Whether a while goes by in which the widget rests."""
    painted.region = QRegion()
    qtbot.wait(100)
    return painted.region.isEmpty()


def test_the_cross_hair_leaves_its_place_although_another_widget_is_painted_at_once(qtbot) -> None:
    window, plot, other = QWidget(), LatentPlot(), QLabel("12")
    qtbot.addWidget(window)
    layout = QHBoxLayout(window)
    layout.addWidget(plot)
    layout.addWidget(other)
    window.resize(600, 400)
    window.show()
    qtbot.waitExposed(window)

    plot.set_cursor(0, 0)
    painted = Painted(plot.viewport())
    qtbot.waitUntil(lambda: nothing_is_painted(painted, qtbot))
    plot.viewport().update(QRect(pixel_of(plot, (2, 1)) - QPoint(20, 20), QSize(40, 40)))
    plot.set_cursor(2, 1)
    other.repaint()
    places = [QRect(pixel_of(plot, place) - QPoint(15, 15), QSize(30, 30)) for place in ((0, 0), (2, 1))]
    qtbot.waitUntil(lambda: all(painted.region.contains(place) for place in places))
    qtbot.wait(100)  # in which more might be painted
    assert not painted.region.contains(pixel_of(plot, (-2, -1)))


def test_a_point_out_of_sight_is_an_arrow_at_the_edge(qtbot) -> None:
    plot = LatentPlot()
    qtbot.addWidget(plot)
    plot.resize(400, 300)
    plot.fit()
    plot.set_cursor(0.5, -0.5)
    ring = plot.cross_hair.pixmap().toImage()
    assert plot.cross_hair.pos() == QPointF(0.5, -0.5)
    plot.set_cursor(1000, 0)
    view = plot.view_rect()
    assert (plot.cross_hair.x(), plot.cross_hair.y()) == pytest.approx((view.right(), 0))
    assert plot.cross_hair.pixmap().toImage() != ring
    plot.getViewBox().setRange(xRange=(-2000, 2000))
    assert plot.cross_hair.pos() == QPointF(1000, 0)
    assert plot.cross_hair.pixmap().toImage() == ring


@pytest.mark.parametrize("ruined", [15_000.0, 0.0])
def test_codes_of_a_ruined_model_and_those_before_are_both_in_sight(qtbot, ruined) -> None:
    window, plot = QWidget(), LatentPlot()
    qtbot.addWidget(window)
    QHBoxLayout(window).addWidget(plot)
    window.resize(400, 300)
    plot.only_grows = True  # as while moments of a training go by
    sane = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    far = sane * np.float32(ruined) + np.float32(400)  # or all of them in one place
    plot.set_points(sane)
    view = plot.view_rect()
    plot.set_points(sane / 3)
    assert plot.view_rect() == view
    plot.set_points(far)
    assert plot.view_rect().contains(QPointF(*far[0].tolist()))
    plot.set_points(sane)
    assert plot.view_rect().width() < 2 * view.width()
