"""A list of names of which one is chosen, each with a bar below it that says how many there are."""

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from vae_desktop.gui.widgets.controls import styled
from vae_desktop.gui.widgets.theme import line_height

_FRACTION, _COUNT = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
_PAD = 4  # px
_BAR = 2  # px high, below the name: a row that is filled would look chosen
_LEAST_NAME = 24  # px


class BarList(QListWidget):
    """Lists names with their counts; the longest bar is that of the largest count but for the first row's.

    The first row stands for all of them, and has no bar.
    """

    row_chosen = Signal(int)  # 0 for all

    def __init__(self) -> None:
        super().__init__()
        styled(self, "", "small", figures=True)
        self.setItemDelegate(_Bars(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(True)
        self.setTabKeyNavigation(False)
        self._is_filling = False
        self.currentRowChanged.connect(self._tell)

    def set_counts(self, names: Sequence[str], counts: Sequence[int], row: int) -> None:
        """Show a row for each name, and choose one without telling."""
        largest = max([1, *counts[1:]])
        self._is_filling = True
        self.clear()
        for place, (name, count) in enumerate(zip(names, counts, strict=True)):
            item = QListWidgetItem(name)
            item.setData(_FRACTION, count / largest if place else 0.0)
            item.setData(_COUNT, f"{count:,}")
            item.setToolTip(f"{name}: {count:,}")
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{name}: {count:,}")
            self.addItem(item)
        self.setCurrentRow(row)
        self._is_filling = False

    def sizeHint(self) -> QSize:
        return QSize(120, 80)

    def _tell(self, row: int) -> None:
        if not self._is_filling and row >= 0:
            self.row_chosen.emit(row)


class _Bars(QStyledItemDelegate):
    """Paints a row: its bar, its name at the left and its count at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(40, line_height(option.font) + _PAD)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        box = option.rect
        view = self.parent()
        assert isinstance(view, BarList)
        palette, metrics = view.palette(), view.fontMetrics()
        accent = palette.accent().color()
        faint = QColor(accent)
        faint.setAlphaF(0.22)
        if view.currentIndex() == index:
            painter.fillRect(box, faint)
            painter.setPen(accent)
            painter.drawRect(box.adjusted(0, 0, -1, -1))
        wide = round(index.data(_FRACTION) * (box.width() - 2 * _PAD))
        painter.fillRect(box.left() + _PAD, box.bottom() - _BAR, wide, _BAR, accent)
        count, room = index.data(_COUNT), box.adjusted(_PAD, 0, -_PAD, 0)
        painter.setPen(palette.placeholderText().color())
        painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, count)
        painter.setPen(palette.text().color())
        wide = max(_LEAST_NAME, room.width() - metrics.horizontalAdvance(count) - 2 * _PAD)
        name = metrics.elidedText(index.data(), Qt.TextElideMode.ElideRight, wide)
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
