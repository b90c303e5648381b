"""A term of a formula over its number, which lights up together with all that it stands for."""

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QFocusEvent, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QSizePolicy, QToolTip, QWidget

from vae_desktop.gui.views.tools.posterior_table import exact
from vae_desktop.gui.widgets.controls import named
from vae_desktop.gui.widgets.formula import draw_formula, formula_scale, formula_size
from vae_desktop.gui.widgets.theme import current_theme, tabular
from vae_desktop.latent.computation import Place
from vae_desktop.typeset import Typeset, typeset

_MARGIN = 5  # px
_DESCENT = 6.0  # at least of a formula, in the units of a drawing, so that numbers of a row are level
_LINE = 1.2  # of a number, in heights of its letters
_WIDEST = "−0000.00"


class FormulaLabel(QWidget):
    """A formula alone, as a sign between terms or below a picture.

    Parameters
    ----------
    latex, label : str
        What is shown, and what a screen reader says.
    font : QFont, optional
        Of the text beside which it stands.
    """

    def __init__(self, latex: str, label: str, font: QFont | None = None) -> None:
        super().__init__()
        self.setAccessibleName(label)
        self.formula = typeset(latex)
        self._ascent = self.formula.baseline
        if font is not None:
            self.setFont(font)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_line(self, ascent: float, descent: float) -> None:
        """Put the line on which letters stand so far below the upper edge, in the units of a drawing."""
        self._ascent = ascent
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        size, top = formula_size(self.formula, self.font()), self._top()
        return QSize(round(size.width() + 1), round(size.height() + top + 1))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        place = QPointF(0, self._top())
        draw_formula(painter, self.formula, place, self.font(), self.palette().windowText().color())
        painter.end()

    def _top(self) -> float:
        return (self._ascent - self.formula.baseline) * formula_scale(self.font()) + _MARGIN / 2


class Term(QWidget):
    """A formula with its number below it; it can be pointed at with the mouse and with the keyboard.

    Parameters
    ----------
    name, label, tip : str
        Object name; what it is, for a screen reader; and its tooltip, in which all figures of the number stand too.
    place : Place
        Which number of the computation it shows.
    """

    pointed = Signal(object)  # its Place, or None when it is left

    def __init__(self, name: str, label: str, tip: str, place: Place) -> None:
        super().__init__()
        named(self, name, label, tip)
        self._label, self._tip = label, tip
        self.place = place
        self.formula: Typeset | None = None
        self._ascent = self._descent = 0.0  # in the units of a drawing
        self.value: float | None = None
        self.text = ""
        self._is_lit = False
        self._bold = tabular(QApplication.font())
        self._bold.setBold(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_formula(self, latex: str) -> None:
        """Show another formula."""
        self.formula = typeset(latex)
        self.set_line(self.formula.baseline, self.formula.height - self.formula.baseline)

    def set_line(self, ascent: float, descent: float) -> None:
        """Put the line on which letters stand so far below the upper edge, and the number so far below that."""
        self._ascent, self._descent = ascent, max(descent, _DESCENT)
        self.updateGeometry()
        self.update()

    def set_value(self, value: float | None, text: str) -> None:
        """Show a number as a text; None: nobody knows it."""
        self.value = value
        if text != self.text:
            self.text = text
            self.setAccessibleName(f"{self._label}: {text}")
            self.update()

    def set_lit(self, is_lit: bool) -> None:
        """Stand out, or no longer."""
        if is_lit != self._is_lit:
            self._is_lit = is_lit
            self.update()

    @property
    def is_lit(self) -> bool:
        return self._is_lit

    def sizeHint(self) -> QSize:
        metrics, width = QFontMetricsF(self._bold), 0.0
        if self.formula is not None:
            width = formula_size(self.formula, self.font()).width()
        width = max(width, metrics.horizontalAdvance(_WIDEST))
        return QSize(round(width + 2 * _MARGIN), round(self._bottom() + _LINE * metrics.height() + _MARGIN))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:  # made when it is wanted: the number changes all the time
            figures = "" if self.value is None else f"<p><b>{exact(self.value)}</b></p>"
            QToolTip.showText(event.globalPos(), f"{self._tip}{figures}", self)  # type: ignore[attr-defined]
            return True
        return super().event(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.pointed.emit(self.place)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.pointed.emit(None)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()
        self.pointed.emit(self.place)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()
        self.pointed.emit(None)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), current_theme()
        if self._is_lit or self.hasFocus():
            draw_light(painter, QRectF(self.rect()))
        colour, bottom = QColor(theme.text), self._bottom()
        if self.formula is not None:
            top = (self._ascent - self.formula.baseline) * formula_scale(self.font()) + _MARGIN / 2
            draw_formula(painter, self.formula, QPointF(_MARGIN, top), self.font(), colour)
        painter.setFont(self._bold)
        painter.setPen(QColor(theme.accent) if self._is_lit else colour)
        room = QRectF(_MARGIN, bottom, self.width() - _MARGIN, self.height() - bottom - _MARGIN / 2)
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self.text)
        painter.end()

    def _bottom(self) -> float:
        """The lower edge of the formula."""
        return (self._ascent + self._descent) * formula_scale(self.font()) + _MARGIN / 2


def align(*parts: FormulaLabel | Term) -> None:
    """Let the formulas of a row stand on one line, and the numbers below them on another."""
    formulas = [part.formula for part in parts if part.formula is not None]
    ascent = max(formula.baseline for formula in formulas)
    descent = max(formula.height - formula.baseline for formula in formulas)
    for part in parts:
        part.set_line(ascent, descent)


def draw_light(painter: QPainter, rect: QRectF) -> None:
    """Draw what lies behind something that is lit."""
    colour = QColor(current_theme().accent)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colour, 1.5))
    colour.setAlphaF(0.12)
    painter.setBrush(colour)
    painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 4, 4)
