"""Many pictures side by side, of which one can be chosen."""

import math
from collections.abc import Sequence
from functools import lru_cache

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from vae_desktop.gui.widgets.controls import ARROWS
from vae_desktop.gui.widgets.decoded_image import to_image
from vae_desktop.gui.widgets.theme import current_theme, small_font, tabular
from vae_desktop.latent.codes import Picture

SEPARATOR = " · "  # in a caption; what stands before it is only in the tooltip

_GAP = 4  # px
_READABLE = 30  # px, of a tile under which a caption can be read
_SHARP = 3  # times: from here on pixels are shown as squares, a whole number of times as large
_BAR = 4  # px, of a tint without a caption


class TileBoard(QWidget):
    """Paints pictures in rows, as large as fit; a click or the arrow keys choose one, and so does a drag over them.

    Attributes
    ----------
    pictures : array (M, h, w, C), uint8, or None
        On show.
    chosen : int or None
        The number of the picture that is marked.
    captions : sequence of str
        What stands under the pictures where room was made for it, and in their tooltips.
    empty_text : str
        Why there is nothing, where there is nothing.
    """

    tile_chosen = Signal(int)
    tile_left = Signal()  # by Escape, or by a click beside the pictures: none is chosen any more
    resized = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(80, 48)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFont(tabular(small_font(self.font())))
        self._count = 0
        self._shape = (1, 1)  # height and width of a picture, or a multiple
        self.pictures: Picture | None = None
        self.captions: Sequence[str] = ()
        self._tints: Sequence[float] = ()
        self._has_captions = False
        self._columns: int | None = None
        self._sheet: QImage | None = None
        self.chosen: int | None = None
        self.empty_text = ""

    def set_empty_text(self, text: str) -> None:
        """Say why there is nothing, where there is nothing."""
        self.empty_text = text
        self.update()

    def set_tiles(
        self, count: int, shape: tuple[int, int], has_captions: bool = False, columns: int | None = None
    ) -> None:
        """Make room for so many pictures of a shape (height, width); those on show stay until others come.

        Without a number of columns they stand so that they are largest.
        """
        wanted = count, shape, has_captions, None if columns is None else min(columns, count)
        if wanted != (self._count, self._shape, self._has_captions, self._columns):
            self._count, self._shape, self._has_captions, self._columns = wanted
            self._sheet = None
            self.update()

    def set_pictures(self, pictures: Picture | None) -> None:
        """Show pictures (M, h, w, C), uint8, or none."""
        self.pictures, self._sheet = pictures, None
        self.update()

    def set_captions(self, captions: Sequence[str], tints: Sequence[float] = ()) -> None:
        """Write under the pictures, on a ground tinted from 0 to 1 where something is to be noticed."""
        self.captions, self._tints = captions, tints
        self.update()

    def set_chosen(self, index: int | None) -> None:
        """Mark a picture."""
        if index != self.chosen:
            self.chosen = index
            self.update()

    def tile_side(self) -> int:
        """Length in screen pixels that the longer side of a picture can use."""
        tile = self.tile_rect(0)
        return max(1, round(max(tile.width(), tile.height()) * self.devicePixelRatioF()))

    def tile_rect(self, index: int) -> QRect:
        """Where a picture is painted, without its caption."""
        columns, width, height = self._arrangement()
        foot = self._foot()
        row, column = divmod(index, columns)
        rows = math.ceil(max(self._count, 1) / columns)
        left = (self.width() - columns * (width + _GAP) + _GAP) // 2
        top = max(0, (self.height() - rows * (height + foot + _GAP) + _GAP) // 2)
        return QRect(left + column * (width + _GAP), top + row * (height + foot + _GAP), width, height)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.pictures is None or not len(self.pictures):
            painter.setPen(self.palette().placeholderText().color())
            how = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), how, self.empty_text)
            paint_focus(self, painter)
            painter.end()
            return
        if self._sheet is None:
            self._sheet = self._painted_sheet(self.pictures[: self._count])
        painter.drawImage(0, 0, self._sheet)
        for index in range(min(len(self.captions), self._count)):
            self._paint_caption(painter, index)
        if self.chosen is not None and self.chosen < self._count:
            painter.setPen(QPen(self.palette().highlight(), 2))
            painter.drawRect(self.tile_rect(self.chosen).adjusted(-2, -2, 1, 1))
        paint_focus(self, painter)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self._tile_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index is not None:
            self._choose(index)
        elif event.button() == Qt.MouseButton.LeftButton:
            self._leave()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        index = self._tile_at(event.position().toPoint())
        if event.buttons() & Qt.MouseButton.LeftButton and index not in (None, self.chosen):
            self._choose(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.chosen is not None:
            self._leave()
            return
        if event.key() not in ARROWS or self.pictures is None:
            super().keyPressEvent(event)
            return
        across, down = ARROWS[event.key()]
        index = 0 if self.chosen is None else self.chosen + across + down * self._arrangement()[0]
        if 0 <= index < self._count:
            self._choose(index)

    def event(self, event: QEvent) -> bool:
        """Show the whole caption of the picture under the mouse."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self._tile_at(event.pos())
            if index is not None and index < len(self.captions):
                QToolTip.showText(event.globalPos(), self.captions[index], self)
                return True
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._sheet = None
        self.resized.emit()

    def _tile_at(self, position: QPoint) -> int | None:
        """The picture at a position, its caption and half the gaps around it included."""
        if self.pictures is None:
            return None
        margin = _GAP // 2
        for index in range(self._count):
            tile = self.tile_rect(index).adjusted(-margin, -margin, margin, margin + self._foot())
            if tile.contains(position):
                return index
        return None

    def _choose(self, index: int) -> None:
        self.set_chosen(index)
        self.tile_chosen.emit(index)

    def _leave(self) -> None:
        if self.chosen is not None:
            self.set_chosen(None)
            self.tile_left.emit()

    def _foot(self) -> int:
        """Height of what stands under each picture."""
        return self.fontMetrics().height() + 1 if self._has_captions else 0

    def _arrangement(self) -> tuple[int, int, int]:
        """Columns, and width and height of a picture: as large as fit."""
        return _arranged(max(self._count, 1), self._columns, self._shape, self.width(), self.height(), self._foot())

    def _painted_sheet(self, pictures: Picture) -> QImage:
        """The pictures where they belong, on whole screen pixels."""
        ratio = self.devicePixelRatioF()
        sheet = QImage(self.size() * ratio, QImage.Format.Format_ARGB32_Premultiplied)
        sheet.setDevicePixelRatio(ratio)
        sheet.fill(Qt.GlobalColor.transparent)
        painter = QPainter(sheet)
        is_multiple = self.tile_rect(0).width() * ratio % pictures.shape[2] == 0
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not is_multiple)
        for index, picture in enumerate(pictures):
            painter.drawImage(self.tile_rect(index), to_image(picture))
        painter.end()
        return sheet

    def _paint_caption(self, painter: QPainter, index: int) -> None:
        tile = self.tile_rect(index)
        foot = QRect(tile.left(), tile.bottom() + 1, tile.width(), self._foot())
        tint = self._tints[index] if index < len(self._tints) else 0.0
        has_text = self._has_captions and tile.width() >= _READABLE  # else it would stand on the next picture
        if tint > 0:
            colour = QColor(current_theme().hole)
            colour.setAlphaF(min(tint, 1.0) * (0.45 if has_text else 0.9))
            painter.fillRect(foot if has_text else foot.adjusted(0, 1, 0, _BAR - foot.height()), colour)
        if has_text:
            palette = self.palette()
            painter.setPen((palette.windowText() if tint > 0 else palette.placeholderText()).color())
            how = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip
            painter.drawText(foot, how, self.captions[index].rpartition(SEPARATOR)[2])


def fitting(width: int, height: int, shape: tuple[int, int], least: int) -> tuple[int, int]:
    """Columns and rows of as many pictures of a shape (height, width) as fit if the longer side is `least` px or more.

    Where a pixel is shown as a square, the next whole number of times as large counts.
    """
    longer = max(shape)
    scale = math.ceil(least / longer)
    side = scale * longer if scale >= _SHARP else least
    across, down = (math.ceil(side * length / longer) + _GAP for length in (shape[1], shape[0]))
    return max(1, (width + _GAP) // across), max(1, (height + _GAP) // down)


@lru_cache(maxsize=32)
def _arranged(
    count: int, wanted: int | None, shape: tuple[int, int], across: int, down: int, foot: int
) -> tuple[int, int, int]:
    """Columns, width and height of so many pictures of a shape (height, width), with room below, in a rectangle."""
    best = (1, 1, 1)
    for columns in range(1, count + 1) if wanted is None else (wanted,):
        rows = math.ceil(count / columns)
        room = (across + _GAP) / columns - _GAP, (down + _GAP) / rows - _GAP - foot
        scale = min(room[0] / shape[1], room[1] / shape[0])
        scale = int(scale) if scale >= _SHARP else scale
        size = columns, max(1, int(scale * shape[1])), max(1, int(scale * shape[0]))
        if size[1] > best[1]:
            best = size
    return best


def paint_focus(board: QWidget, painter: QPainter) -> None:
    """Show that the arrow keys are for a board, if they are."""
    if board.hasFocus():
        painter.setPen(QPen(board.palette().highlight(), 1))
        painter.drawRect(board.rect().adjusted(0, 0, -1, -1))
