"""Formulas on screen: drawn in the colour of the text, sharp at any scale."""

from functools import lru_cache

from PySide6.QtCore import QByteArray, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontInfo, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from vae_desktop.typeset import BLACK, SIZE, Typeset

_LETTERS = 1.15  # as large as the letters of the text: a formula's are slender
_KEPT = 256  # pictures


def formula_scale(font: QFont) -> float:
    """Pixels for a unit of a drawing, beside text in a font."""
    return QFontInfo(font).pixelSize() * _LETTERS / SIZE


def formula_size(formula: Typeset, font: QFont) -> QSizeF:
    """Size of a formula beside text in a font."""
    return QSizeF(formula.width, formula.height) * formula_scale(font)


def draw_formula(painter: QPainter, formula: Typeset, place: QPointF, font: QFont, colour: QColor) -> None:
    """Draw a formula with its upper left corner at a place, beside text in a font."""
    ratio = painter.device().devicePixelRatioF()
    picture = _picture(formula, formula_scale(font), ratio, colour.name())
    painter.drawPixmap(QPointF(round(place.x() * ratio) / ratio, round(place.y() * ratio) / ratio), picture)


@lru_cache(maxsize=_KEPT)
def _picture(formula: Typeset, scale: float, ratio: float, colour: str) -> QPixmap:
    width, height = formula.width * scale, formula.height * scale
    picture = QPixmap(max(1, round(width * ratio + 0.5)), max(1, round(height * ratio + 0.5)))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer = QSvgRenderer(QByteArray(formula.svg.replace(f'"{BLACK}"', f'"{colour}"').encode()))
    renderer.render(painter, QRectF(0, 0, width, height))
    painter.end()
    return picture
