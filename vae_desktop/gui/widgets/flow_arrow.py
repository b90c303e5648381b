"""An arrow from one station to the next, with the word for what happens on the way."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from vae_desktop.gui.widgets.controls import named
from vae_desktop.gui.widgets.theme import small_font

_HEAD = 5.0  # px
_LEAST = 22  # px


class FlowArrow(QWidget):
    """Points to the right; a word stands over it."""

    def __init__(self, name: str, text: str, label: str, tip: str) -> None:
        super().__init__()
        named(self, name, label, tip)
        self.setFont(small_font(self.font()))
        self._text = text
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(max(_LEAST, metrics.horizontalAdvance(self._text) + 4), self._line + round(3 * _HEAD))

    @property
    def _line(self) -> int:
        """Height of the word; letters of another font, as of Chinese, are higher than the font says of itself."""
        metrics = self.fontMetrics()
        return max(metrics.height(), metrics.size(0, self._text).height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = self._line if self._text else 0
        colour = self.palette().windowText().color()
        painter.setPen(colour)
        how = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        painter.drawText(QRectF(0, 0, self.width(), line), how, self._text)
        middle, end = line + _HEAD + 1, self.width() - 1.0
        painter.setPen(QPen(colour, 1.6))
        painter.drawLine(QPointF(1, middle), QPointF(end - _HEAD, middle))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        head = (QPointF(end, middle), QPointF(end - 1.6 * _HEAD, middle - _HEAD),
                QPointF(end - 1.6 * _HEAD, middle + _HEAD))  # fmt: skip
        painter.drawPolygon(QPolygonF(head))
        painter.end()
