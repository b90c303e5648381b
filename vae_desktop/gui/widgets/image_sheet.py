"""A sheet of thousands of pictures that is scrolled: only those in sight are painted, and kept while there is room."""

import math
from collections import OrderedDict
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QSizePolicy, QToolTip

from vae_desktop.gui.widgets.controls import ARROWS
from vae_desktop.gui.widgets.decoded_image import scaled_pixmap
from vae_desktop.gui.widgets.theme import current_theme, small_font, tabular
from vae_desktop.latent.codes import Picture

Indices = npt.NDArray[np.int64]

_GAP = 4  # px
_TILE, _SMALLEST, _LARGEST = 44, 36, 60  # px of the longer side
_KEPT = 3000  # pictures as they are painted: some 30 MB
_NONE = np.empty(0, np.int64)


class ImageSheet(QAbstractScrollArea):
    """Shows pictures in rows that are scrolled up and down; the mouse or the arrow keys choose some of them.

    One of them is the current one. With Shift all between two are chosen, with Ctrl one more or one less.

    Attributes
    ----------
    count : int
        How many pictures there are.
    current : int or None
        The number of the one that was chosen last.
    chosen : array (n,)
        The numbers of those chosen, ascending.
    """

    chosen_changed = Signal()
    activated = Signal(int)  # by Enter, or a double click
    undo_requested = Signal()  # by Ctrl+Z

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Window)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # no picture moves because of it
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 64)
        self.setFont(tabular(small_font(self.font())))
        self.count = 0
        self.current: int | None = None
        self.chosen: Indices = _NONE
        self.empty_text = ""
        self._anchor = 0
        self._shape = (1, 1)
        self._picture: Callable[[int], Picture] | None = None
        self._caption: Callable[[int], str] | None = None
        self._tip: Callable[[int], str] = lambda index: ""
        self._is_crossed: npt.NDArray[np.bool_] = np.empty(0, np.bool_)
        self._kept: OrderedDict[int, QPixmap] = OrderedDict()

    def set_pictures(self, count: int, shape: tuple[int, int], picture: Callable[[int], Picture]) -> None:
        """Show so many pictures of a shape (height, width); `picture` gives one (H, W, C), uint8, when it is painted.

        None is chosen any longer, and the sheet begins at its top.
        """
        self.count, self._shape, self._picture = count, shape, picture
        self._caption, self._is_crossed = None, np.zeros(count, np.bool_)
        self._kept.clear()
        self.current, self.chosen, self._anchor = None, _NONE, 0
        self.verticalScrollBar().setValue(0)
        self._lay_out()

    def set_texts(self, tip: Callable[[int], str], caption: Callable[[int], str] | None = None) -> None:
        """Write under the pictures, if there are captions; `tip` says more about one under the mouse."""
        self._caption, self._tip = caption, tip
        self._lay_out()

    def set_crossed(self, is_crossed: npt.NDArray[np.bool_]) -> None:
        """Cross some pictures (N,) out."""
        self._is_crossed = is_crossed
        self.viewport().update()

    def set_empty_text(self, text: str) -> None:
        """Say why there is nothing, where there is nothing."""
        self.empty_text = text
        self.viewport().update()

    def choose(self, indices: Indices, current: int | None = None) -> None:
        """Choose pictures, as far as they are there, and bring one of them into sight."""
        current = current if current is not None and current < self.count else None
        self.chosen, self.current = np.unique(indices[indices < self.count]), current
        if current is not None:
            self._show(current)
        self.viewport().update()
        self.chosen_changed.emit()

    def caption(self, index: int) -> str:
        """What stands under a picture."""
        return "" if self._caption is None else self._caption(index)

    def tile_rect(self, index: int) -> QRect:
        """Where a picture is painted in the part in sight, without its caption."""
        size, columns = self._tile_size(), self._columns()
        row, column = divmod(index, columns)
        left = (self.viewport().width() - columns * (size.width() + _GAP) + _GAP) // 2
        top = row * self._row_height() - self.verticalScrollBar().value() + _GAP // 2
        return QRect(QPoint(left + column * (size.width() + _GAP), top), size)

    def in_sight(self) -> range:
        """The numbers of the pictures in sight."""
        height, top = self._row_height(), self.verticalScrollBar().value()
        first = top // height * self._columns()
        last = math.ceil((top + self.viewport().height()) / height) * self._columns()
        return range(first, min(last, self.count))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        if not self.count:
            painter.setPen(self.palette().placeholderText().color())
            how = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.viewport().rect().adjusted(8, 0, -8, 0), how, self.empty_text)
        sight = self.in_sight()
        first, last = np.searchsorted(self.chosen, (sight.start, sight.stop))
        chosen = set(self.chosen[first:last].tolist())
        for index in sight:
            self._paint_tile(painter, index, index in chosen)
        if self.hasFocus():
            painter.setPen(QPen(self.palette().highlight(), 1))
            painter.drawRect(self.viewport().rect().adjusted(0, 0, -1, -1))
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.index_at(event.position().toPoint())
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if index is None:
            self.choose(_NONE)
        else:
            self._go_to(index, event.modifiers())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.index_at(event.position().toPoint())
        if index is not None and event.button() == Qt.MouseButton.LeftButton:
            self.activated.emit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, columns = event.key(), self._columns()
        rows = max(1, self.viewport().height() // self._row_height())
        pages: dict[int, int] = {Qt.Key.Key_PageUp: -rows * columns, Qt.Key.Key_PageDown: rows * columns}
        ends: dict[int, int] = {Qt.Key.Key_Home: 0, Qt.Key.Key_End: self.count - 1}
        if event.matches(QKeySequence.StandardKey.Undo):
            self.undo_requested.emit()
        elif not self.count:
            super().keyPressEvent(event)
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.choose(np.arange(self.count), self.current)
        elif key == Qt.Key.Key_Escape and len(self.chosen):
            self.choose(_NONE)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current is not None:
            self.activated.emit(self.current)
        elif key in ends:
            self._go_to(ends[key], event.modifiers())
        elif key in ARROWS or key in pages:
            across, down = ARROWS.get(key, (0, 0))
            step = across + down * columns + pages.get(key, 0)
            index = 0 if self.current is None else self.current + step
            if key in pages:
                index = min(max(index, 0), self.count - 1)
            if 0 <= index < self.count:
                self._go_to(index, event.modifiers())
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Take keys that are shortcuts of the window elsewhere."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            keys = QKeySequence.StandardKey
            is_left = event.key() == Qt.Key.Key_Escape and len(self.chosen) > 0
            if is_left or event.matches(keys.SelectAll) or event.matches(keys.Undo):
                event.accept()
                return True
        return super().event(event)

    def viewportEvent(self, event: QEvent) -> bool:
        """Say more about the picture under the mouse."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self.index_at(event.pos())
            text = "" if index is None else self._tip(index)
            if text:
                QToolTip.showText(event.globalPos(), text, self)
                return True
        return super().viewportEvent(event)

    def _go_to(self, index: int, modifiers: Qt.KeyboardModifier) -> None:
        """Choose a picture, or all up to it, or one more or one less."""
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            low, high = sorted((self._anchor, index))
            self.choose(np.arange(low, high + 1), index)
            return
        self._anchor = index
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            is_there = index in self.chosen
            others = self.chosen[self.chosen != index]
            rest = None if not len(others) else int(others[-1])
            self.choose(others if is_there else np.append(self.chosen, index), rest if is_there else index)
        else:
            self.choose(np.array([index]), index)

    def index_at(self, position: QPoint) -> int | None:
        """The picture at a position of the part in sight, its caption and half the gaps around it included."""
        half = _GAP // 2
        foot = self._row_height() - self._tile_size().height() - _GAP
        for index in self.in_sight():
            if self.tile_rect(index).adjusted(-half, -half, half, half + foot).contains(position):
                return index
        return None

    def _tile_size(self) -> QSize:
        """Of a picture: a whole number of times as large, if that is about as large as wanted."""
        longer = max(self._shape)
        scale = _LARGEST // longer
        side = scale * longer if scale and scale * longer >= _SMALLEST else _TILE
        height, width = (max(1, round(side * length / longer)) for length in self._shape)
        return QSize(width, height)

    def _columns(self) -> int:
        return max(1, (self.viewport().width() + _GAP) // (self._tile_size().width() + _GAP))

    def _row_height(self) -> int:
        foot = self.fontMetrics().height() if self._caption is not None else 0
        return self._tile_size().height() + _GAP + foot

    def _lay_out(self) -> None:
        """Say how far can be scrolled."""
        rows = math.ceil(self.count / self._columns())
        bar, height = self.verticalScrollBar(), self.viewport().height()
        bar.setRange(0, max(0, rows * self._row_height() - height))
        bar.setPageStep(max(1, height))
        bar.setSingleStep(self._row_height() // 2)
        self.viewport().update()

    def _show(self, index: int) -> None:
        """Scroll as little as needed to have a picture in sight."""
        top, height = index // self._columns() * self._row_height(), self._row_height()
        bar = self.verticalScrollBar()
        bar.setValue(max(min(bar.value(), top), top + height - self.viewport().height()))

    def _pixmap(self, index: int) -> QPixmap:
        """A picture as large as it is painted."""
        ratio = self.devicePixelRatioF()
        size = self._tile_size() * ratio
        kept = self._kept.get(index)
        if kept is not None and kept.size() == size:
            self._kept.move_to_end(index)
            return kept
        assert self._picture is not None
        self._kept[index] = kept = scaled_pixmap(self._picture(index), size, ratio)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return kept

    def _paint_tile(self, painter: QPainter, index: int, is_chosen: bool) -> None:
        tile = self.tile_rect(index)
        is_crossed = bool(self._is_crossed[index])
        painter.setOpacity(0.35 if is_crossed else 1.0)
        painter.drawPixmap(tile.topLeft(), self._pixmap(index))
        painter.setOpacity(1.0)
        if is_crossed:
            painter.setPen(QPen(QColor(current_theme().error), 1.5))
            painter.drawLine(tile.bottomLeft(), tile.topRight())
        if is_chosen:
            painter.setPen(QPen(self.palette().highlight(), 3 if index == self.current else 2))
            painter.drawRect(tile.adjusted(-1, -1, 0, 0))
        if self._caption is not None:
            foot = QRect(tile.left() - _GAP // 2, tile.bottom() + 1, tile.width() + _GAP, self.fontMetrics().height())
            painter.setPen(self.palette().placeholderText().color())
            text = self.fontMetrics().elidedText(self.caption(index), Qt.TextElideMode.ElideRight, foot.width())
            painter.drawText(foot, Qt.AlignmentFlag.AlignCenter, text)
