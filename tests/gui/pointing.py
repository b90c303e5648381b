"""The mouse in a plot, at places in the axes' units, and with files that it lets go over a window."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from vae_desktop.gui.views.stage.latent_scatter import LatentScatter
from vae_desktop.gui.widgets.plot import Plot

HERE = QPoint(0, 0)
_AWAY = QPoint(2, 2)  # in a plot beside its axes, where nothing is found
_TIMEOUT = 60_000  # ms


def pixel_of(plot: Plot, place: Sequence[float]) -> QPoint:
    """Where a place is in the plot's viewport, until the view changes."""
    x, y = (float(number) for number in place)
    return plot.mapFromScene(plot.getViewBox().mapViewToScene(QPointF(x, y)))


def drop(window: QWidget, *paths: Path) -> None:
    """Drop files or folders on a window, which has to accept them."""
    dropped = QMimeData()
    dropped.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    with_left = dropped, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    entering = QDragEnterEvent(QPoint(300, 300), Qt.DropAction.CopyAction, *with_left)
    QCoreApplication.sendEvent(window, entering)
    assert entering.isAccepted(), "it was not accepted"
    QCoreApplication.sendEvent(window, QDropEvent(QPointF(300, 300), Qt.DropAction.CopyAction, *with_left))


def move(widget: QWidget, pixel: QPoint) -> None:
    """Move the mouse to a place of a widget by way of its corner: no event comes from where it is already."""
    for place in (_AWAY, pixel):
        QTest.mouseMove(widget, place)
        QCoreApplication.processEvents()


def rest(qtbot: QtBot, plot: Plot, place: Sequence[float], off: QPoint = HERE) -> QPoint:
    """Move the mouse to a place, or beside it, and return where in the viewport that is.

    The place may move yet: the axes get their width when they are painted, and the view has another range then.
    """
    rests: list[QPoint] = []

    def note(scene: QPointF) -> None:
        rests.append(plot.mapFromScene(scene))

    def is_there() -> bool:
        plot.viewport().repaint()
        QCoreApplication.processEvents()
        where = pixel_of(plot, place) + off
        rests.clear()
        move(plot.viewport(), where)
        return rests[-1:] == [where] == [pixel_of(plot, place) + off]

    plot.scene().sigMouseMoved.connect(note)
    qtbot.waitUntil(is_there, timeout=_TIMEOUT)
    plot.scene().sigMouseMoved.disconnect(note)
    return rests[-1]


def hover(qtbot: QtBot, scatter: LatentScatter, image: int) -> None:
    """Have the mouse on the point of an image, until its card is on show, in a window where much goes on besides."""

    def is_shown() -> bool:
        rest(qtbot, scatter.plot, scatter.plot.positions[image])
        return scatter.hover.index == image

    qtbot.waitUntil(is_shown, timeout=_TIMEOUT)


def double_click(widget: QWidget, button: Qt.MouseButton) -> None:
    """Qt's own leaves the button down for the tests that follow, which a plot takes for a drag."""
    QTest.mouseDClick(widget, button)
    QTest.mouseRelease(widget, button)
