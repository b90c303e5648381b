"""What the encoder says of one image, and what is drawn from that, number by number."""

from typing import Any, NamedTuple

import numpy as np
from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRectF,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QFocusEvent, QFont, QHelpEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QSizePolicy,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QToolTip,
)

from vae_desktop.gui.widgets.controls import named, plain
from vae_desktop.gui.widgets.theme import current_theme, small_font, tabular
from vae_desktop.latent.codes import Floats
from vae_desktop.latent.computation import Place
from vae_desktop.latent.measures import dimension_name

_Index = QModelIndex | QPersistentModelIndex
_NAME, _NUMBER = 24, 45  # px, of a dimension's name and of a number
_ROW = 19  # px
_FULL = 3.0  # a bar for μ, ε or z is at least this long; σ's is full at the prior's 1
_BAR = Qt.ItemDataRole.UserRole  # from where to where it goes, in fractions of the cell
_LIT = Qt.ItemDataRole.UserRole + 1


class Quantity(NamedTuple):
    """A column: its sign, what it means, and which term of the computation it is."""

    sign: str
    tip: str
    term: str


class OneImageNumbers(QAbstractTableModel):
    """A row for each latent dimension; columns of μ, σ, ε and z, or of an autoencoder's code alone."""

    def __init__(self) -> None:
        super().__init__()
        self._columns: tuple[Quantity, ...] = ()
        self._values: tuple[Floats, ...] = ()
        self._lit: frozenset[Place] = frozenset()
        self._font = tabular(small_font(QApplication.font()))

    def set_columns(self, columns: tuple[Quantity, ...]) -> None:
        """Begin with other columns, which are empty."""
        if columns != self._columns:
            self.beginResetModel()
            self._columns, self._values = columns, ()
            self.endResetModel()

    def set_values(self, values: tuple[Floats, ...]) -> None:
        """Show the numbers (d,) of each column, or nothing."""
        if self._count(values) != self._count(self._values):
            self.beginResetModel()
            self._values = values
            self.endResetModel()
        elif values:
            self._values = values
            self.dataChanged.emit(self.index(0, 0), self.index(len(values[0]) - 1, len(values) - 1))

    def set_lit(self, places: frozenset[Place]) -> None:
        """Light these numbers, and no others."""
        if places != self._lit:
            self._lit = places
            if self._values:
                self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))

    def place(self, index: _Index) -> Place | None:
        """Which number of the computation stands in a cell."""
        return Place(self._columns[index.column()].term, index.row()) if index.isValid() else None

    @property
    def columns(self) -> tuple[Quantity, ...]:
        return self._columns

    @property
    def values(self) -> tuple[Floats, ...]:
        """The numbers (d,) of each column; nothing where there are none."""
        return self._values

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else self._count(self._values)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        value = float(self._values[index.column()][index.row()])
        if role == Qt.ItemDataRole.DisplayRole:
            return short(value)
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{self._columns[index.column()].tip}<p>{exact(value)}</p>"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.FontRole:
            return self._font
        if role == _LIT:
            return self.place(index) in self._lit
        return self._bar(index.column(), value) if role == _BAR else None

    def headerData(self, section: int, way: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.FontRole:
            return self._font
        if way == Qt.Orientation.Vertical:
            return dimension_name(section) if role == Qt.ItemDataRole.DisplayRole else None
        quantity = self._columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return quantity.sign
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{quantity.sign}: {plain(quantity.tip)}"
        return quantity.tip if role == Qt.ItemDataRole.ToolTipRole else None

    @staticmethod
    def _count(values: tuple[Floats, ...]) -> int:
        return len(values[0]) if values else 0

    def _bar(self, column: int, value: float) -> tuple[float, float]:
        """Start and end of a number's bar, in fractions of the cell: σ's goes from the left, others from the middle."""
        if not np.isfinite(value):
            return 0.5, 0.5
        if self._columns[column].sign == "σ":
            return 0.0, min(value, 1.0)
        numbers = self._values[column]
        if self._columns[column].term == "kl":  # never negative, and full at the largest
            return 0.0, max(value, 0.0) / max(float(numbers[np.isfinite(numbers)].max(initial=0)), 1e-9)
        reach = max(_FULL, float(np.abs(numbers[np.isfinite(numbers)]).max(initial=0)))
        end = 0.5 + 0.5 * value / reach
        return min(0.5, end), max(0.5, end)


class NumberTable(QTableView):
    """Some of the columns, with as many rows as there is room for; the others are scrolled to.

    Parameters
    ----------
    first, count : int
        The columns on show.
    """

    pointed = Signal(object)  # the Place under the mouse or the keyboard's mark, or None

    def __init__(self, name: str, label: str, numbers: OneImageNumbers, first: int, count: int) -> None:
        super().__init__()
        named(self, name, label)
        self._numbers = numbers
        self.setModel(numbers)
        self.setItemDelegate(_Bars(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self._first, self._count = first, count
        across, down = self.horizontalHeader(), self.verticalHeader()
        across.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        down.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        across.setStyleSheet("QHeaderView::section { padding: 1px 4px; }")
        down.setStyleSheet(
            "QHeaderView { background: transparent; } QHeaderView::section { padding: 0 3px; border: none; }"
        )
        self.setStyleSheet("QTableCornerButton::section { background: transparent; border: none; }")
        for header in (across, down):
            header.setSectionsClickable(False)
            header.setHighlightSections(False)
        down.setDefaultSectionSize(_ROW)
        down.setMinimumSectionSize(_ROW)
        down.setVisible(first == 0)
        down.setFixedWidth(_NAME)
        self.setMinimumWidth((_NAME if first == 0 else 0) + count * _NUMBER + 4)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(3 * _ROW + 8)
        self.setMouseTracking(True)
        self.entered.connect(self._point)
        numbers.modelReset.connect(self._choose_columns)
        across.viewport().installEventFilter(self)

    def scrolls_with(self, other: "NumberTable") -> None:
        """Scroll together with another one, which shows the scroll bar of both."""
        own, its = self.verticalScrollBar(), other.verticalScrollBar()
        own.valueChanged.connect(its.setValue)
        its.valueChanged.connect(own.setValue)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def viewportEvent(self, event: QEvent) -> bool:
        """Explain a number above the table, where the tooltip covers none."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            self._explain(self.columnAt(event.pos().x()), self.rowAt(event.pos().y()))
            return True
        return super().viewportEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Explain a heading there too."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            self._explain(self.horizontalHeader().logicalIndexAt(event.pos()))
            return True
        return super().eventFilter(watched, event)

    def _explain(self, column: int, row: int = -1) -> None:
        across, role = Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole
        text = self.model().headerData(column, across, role) if column >= 0 else ""
        text = self.model().index(row, column).data(role) if column >= 0 and row >= 0 else text
        QToolTip.showText(self.mapToGlobal(QPoint(0, 0)), text, self)
        tip = next((each for each in QApplication.topLevelWidgets() if each.inherits("QTipLabel")), None)
        if tip is not None:
            tip.move(self.mapToGlobal(QPoint(0, -tip.height() - 2)))

    def currentChanged(self, current: _Index, previous: _Index) -> None:
        super().currentChanged(current, previous)
        if self.hasFocus():
            self._point(current)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._point(self.currentIndex())

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.pointed.emit(None)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.pointed.emit(None)

    @Slot(QModelIndex)
    def _point(self, index: _Index) -> None:
        self.pointed.emit(self._numbers.place(index))

    def _choose_columns(self) -> None:
        for column in range(self.model().columnCount()):
            self.setColumnHidden(column, not self._first <= column < self._first + self._count)


class _Bars(QStyledItemDelegate):
    """Paints a bar under each number."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        start, end = index.data(_BAR)
        rect = QRectF(option.rect).adjusted(2, 2, -2, -2)
        theme = current_theme()
        painter.save()
        colour = QColor(theme.accent)
        colour.setAlphaF(0.28)
        painter.fillRect(QRectF(rect.left() + start * rect.width(), rect.top(), (end - start) * rect.width(),
                                rect.height()), colour)  # fmt: skip
        if index.data(_LIT):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.drawRoundedRect(rect.adjusted(-0.5, -0.5, 0.5, 0.5), 3, 3)
        painter.setPen(QColor(theme.text))
        painter.setFont(QFont(index.data(Qt.ItemDataRole.FontRole)))
        how = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(rect.adjusted(0, 0, -2, 0), how, index.data())
        painter.restore()


def short(value: float) -> str:
    """A number as it stands on screen, with two places after the point."""
    text = f"{value:.2f}" if abs(value) < 99.995 else f"{value:.1f}" if abs(value) < 9999 else f"{value:.1e}"
    return (text if float(text) else text.removeprefix("-")).replace("-", "−")


def exact(value: float) -> str:
    """All figures that a number of 32 bits has."""
    return f"{value:.8g}".replace("-", "−")
