"""Icons: drawings of one colour, which is that of the text of the button on which they stand, in any theme and size."""

from functools import cache

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QIconEngine, QPainter, QPalette, QPixmap

from vae_desktop.resources import resource_path

_BLACK = b"#000"  # what every drawing is drawn in


def icon_named(name: str) -> QIcon:
    """Return the icon of ``resources/icons/NAME.svg``, a drawing in black.

    Raises
    ------
    OSError
        When it is painted first, if there is no such drawing.
    """
    return QIcon(_Drawing(name))


class _Drawing(QIconEngine):
    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        from PySide6.QtSvg import QSvgRenderer  # the first paint of the window needs none

        group = QPalette.ColorGroup.Disabled if mode == QIcon.Mode.Disabled else QPalette.ColorGroup.Normal
        colour = QGuiApplication.palette().color(group, QPalette.ColorRole.ButtonText)
        renderer = QSvgRenderer(_drawing(self._name).replace(_BLACK, colour.name().encode()))
        painter.setOpacity(colour.alphaF())
        side = min(rect.width(), rect.height())
        square = QRectF(0, 0, side, side)
        square.moveCenter(QRectF(rect).center())
        renderer.render(painter, square)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        result = QPixmap(size)
        result.fill(Qt.GlobalColor.transparent)
        painter = QPainter(result)
        self.paint(painter, QRect(0, 0, size.width(), size.height()), mode, state)
        painter.end()
        return result

    def clone(self) -> QIconEngine:
        return _Drawing(self._name)


@cache
def _drawing(name: str) -> bytes:
    return resource_path(f"icons/{name}.svg").read_bytes()
