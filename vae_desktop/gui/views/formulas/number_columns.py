"""A row for each latent dimension, with the formulas of μ, σ, ε, z and the KL divergence as heads of the columns."""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QApplication, QHeaderView, QTableView

from vae_desktop.gui.views.formulas.term import draw_light
from vae_desktop.gui.views.tools.posterior_table import NumberTable, OneImageNumbers, Quantity
from vae_desktop.gui.widgets.formula import draw_formula, formula_size
from vae_desktop.gui.widgets.theme import current_theme, small_font
from vae_desktop.latent.computation import Place
from vae_desktop.typeset import typeset

_MARGIN = 4  # px
_ROWS = 3  # at least in sight


class Head(NamedTuple):
    """What stands over a column: a sign, what defines it, and how much of the width the column takes."""

    sign: str
    definition: str
    width: int


class NumberColumns(NumberTable):
    """All numbers that there are one of for each dimension; `pointed` tells of heads, too."""

    def __init__(self, name: str, label: str, numbers: OneImageNumbers) -> None:
        super().__init__(name, label, numbers, 0, 5)
        self._head = _FormulaHeads(self, numbers)
        self.setHorizontalHeader(self._head)
        self._head.show()
        self._head.pointed.connect(self.pointed)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self._least = self._head.sizeHint().height() + _ROWS * self.verticalHeader().defaultSectionSize() + 6
        self._heads: Sequence[Head] = ()

    def set_columns(self, quantities: Sequence[Quantity], heads: Sequence[Head]) -> None:
        """Begin with other columns."""
        self._heads = heads
        self._head.set_heads(heads)
        self._numbers.set_columns(tuple(quantities))
        self.setMinimumWidth(sum(head.width for head in heads) + self.verticalHeader().width() + 4)
        self._part()

    def set_lit(self, places: frozenset[Place]) -> None:
        """Light numbers and the head of their column; where a whole row is lit, its numbers alone."""
        terms = {place.term for place in places}
        self._numbers.set_lit(places)
        self._head.set_lit({term for term in terms if Place(term) in places or len(terms) == 1})

    def fit_rows(self) -> None:
        """Be no higher than all rows are."""
        rows = max(self._numbers.rowCount(), 1) * self.verticalHeader().defaultSectionSize()
        height = self._head.sizeHint().height() + rows + 2 * self.frameWidth() + 4
        if height != self.maximumHeight():
            self.setMaximumHeight(height)
            self.setMinimumHeight(min(height, self._least))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._part()

    def _part(self) -> None:
        """Give each column its part of the width."""
        room, whole = self.viewport().width(), sum(head.width for head in self._heads)
        for column, head in enumerate(self._heads):
            self.setColumnWidth(column, room * head.width // whole)


class _FormulaHeads(QHeaderView):
    """Paints a sign and its definition over each column."""

    pointed = Signal(object)

    def __init__(self, table: QTableView, numbers: OneImageNumbers) -> None:
        super().__init__(Qt.Orientation.Horizontal, table)
        self._numbers = numbers
        self._heads: Sequence[Head] = ()
        self._lit: set[str] = set()
        self._font = small_font(QApplication.font())
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setMinimumSectionSize(20)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)

    def set_heads(self, heads: Sequence[Head]) -> None:
        self._heads = heads
        self.viewport().update()

    def set_lit(self, terms: set[str]) -> None:
        if terms != self._lit:
            self._lit = terms
            self.viewport().update()

    def sizeHint(self) -> QSize:
        line = self.fontMetrics().height()
        return QSize(super().sizeHint().width(), round(2.9 * line))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        section = self.logicalIndexAt(event.position().toPoint())
        columns = self._numbers.columns
        self.pointed.emit(Place(columns[section].term) if 0 <= section < len(columns) else None)
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.pointed.emit(None)

    def paintSection(self, painter: QPainter, rect: QRect, index: int) -> None:
        if index >= len(self._heads):
            return
        theme, room, head = current_theme(), QRectF(rect), self._heads[index]
        painter.save()
        painter.fillRect(rect, QColor(theme.surface))
        painter.fillRect(QRectF(room.left(), room.bottom() - 1, room.width(), 1), QColor(theme.border))
        if self._numbers.columns[index].term in self._lit:
            draw_light(painter, room.adjusted(0, 0, 0, -1))
        half = room.height() / 2
        for latex, top, colour, font in (
            (head.sign, room.top() + 1, theme.text, QApplication.font()),
            (head.definition, room.top() + half, theme.muted, self._font),
        ):
            if latex:
                formula = typeset(latex)
                size = formula_size(formula, font)
                place = QPointF(room.right() - size.width() - _MARGIN, top + max(0.0, (half - 2 - size.height()) / 2))
                draw_formula(painter, formula, place, font, QColor(colour))
        painter.restore()
