"""A sheet of paper: strokes of a brush, with undo; images can be laid on it."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QMimeData, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDropEvent,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QUndoStack,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from vae_desktop.data.dataset import Images
from vae_desktop.gui.widgets.controls import named
from vae_desktop.gui.widgets.decoded_image import to_image
from vae_desktop.gui.widgets.replacement import Replacement
from vae_desktop.language import tr

_SIDE = 280  # px, about, of the canvas
_MOST_UNDONE = 50
_FRINGE = 4  # px


class _Sheet(NamedTuple):
    """What lies on the pad, and whether all of it was drawn, rather than an image laid on it."""

    canvas: QImage
    is_drawing: bool


class DrawingPad(QWidget):
    """Holds a canvas some times as large as an image; tells whenever it has changed, within a stroke too.

    Attributes
    ----------
    brush_fraction : float
        Width of the brush, of the canvas's shorter side.
    erases : bool
        Whether the left button erases.
    ink : QColor or None
        None: what differs most from the paper.
    paper : int
        Grey of what nothing was drawn on, 0 to 255.
    undo_stack : QUndoStack
        What has been done to the sheet, each stroke as one.
    """

    changed = Signal()
    image_offered = Signal(object)  # dropped or pasted: the Path of a file, or pixels (h, w, 4), uint8

    def __init__(self) -> None:
        super().__init__()
        tip = tr("Draw here. Images can be dropped or pasted (Ctrl+V). Right button: erase.")
        named(self, "drawingPad", tr("Drawing pad"), tip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAcceptDrops(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # what lies under it is not painted for it
        self.setMinimumSize(96, 96)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.brush_fraction = 0.09
        self.erases = False
        self.ink: QColor | None = None
        self.paper = 0
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(_MOST_UNDONE)
        self._format = QImage.Format.Format_Grayscale8
        self._size = QSize(_SIDE, _SIDE)
        self._sheet = _Sheet(self._blank(), True)
        self._last: QPointF | None = None  # in the canvas, of the stroke under way
        self._instead: QImage | None = None
        self._text_instead = ""

    def show_instead(self, image: Images | None, text: str) -> None:
        """Show an image (C, H, W) in place of the sheet, and a text under it, until a hand takes the pad.

        Without either the sheet is shown.
        """
        self._instead = None if image is None else to_image(np.moveaxis(image, 0, -1))
        self._text_instead = text
        self.update()

    @property
    def shows_other(self) -> bool:
        """Whether something else is shown than the sheet."""
        return self._instead is not None or bool(self._text_instead)

    def set_image_shape(self, shape: tuple[int, int, int], paper: int) -> None:
        """Take images (C, H, W) from now on, drawn on paper of a grey, 0 to 255, where the canvas is empty.

        What lies on the canvas stays, at another size, and so does what can be undone.
        """
        channels, height, width = shape
        was_empty = self.is_empty
        self._format = QImage.Format.Format_RGB888 if channels == 3 else QImage.Format.Format_Grayscale8
        scale = max(1, round(_SIDE / max(height, width)))
        self._size = QSize(width * scale, height * scale)
        if was_empty:
            self.paper = paper
            self._sheet = _Sheet(self._blank(), True)
            self.undo_stack.clear()
        else:
            self._sheet = _fitted(self._sheet, self._size, self._format)
        self._last = None  # a stroke under way would go on from another place
        self.update()

    @property
    def is_drawing(self) -> bool:
        """Whether all on the canvas was drawn, rather than an image laid on it."""
        return self._sheet.is_drawing

    @property
    def is_empty(self) -> bool:
        return self.is_drawing and bool((self.pixels() == self.paper).all())

    def pixels(self) -> Images:
        """The canvas (h, w, C), uint8, grey or colour as the images are."""
        return _to_array(self._sheet.canvas)

    def lay_image(self, image: Images) -> None:
        """Put an image (C, H, W) of the shape that was set on the canvas, in place of what is there."""
        canvas = to_image(np.moveaxis(image, 0, -1)).scaled(self._size)  # a whole number of times as large
        self._replace(canvas.convertToFormat(self._format), is_drawing=False)

    @Slot()
    def clear(self) -> None:
        if not self.is_empty:
            self._replace(self._blank(), is_drawing=True)
        elif self.shows_other:
            self._show_change()

    @Slot()
    def invert(self) -> None:
        """Turn every colour into its opposite; of a drawing this would be the paper too, so it becomes an image."""
        canvas = self._sheet.canvas.copy()
        canvas.invertPixels()
        self._replace(canvas, is_drawing=False)

    def paste(self, data: QMimeData) -> None:
        """Offer the image or the picture file that lies in the clipboard or is dropped."""
        urls = data.urls()
        if data.hasImage():
            image = QImage(data.imageData()).convertToFormat(QImage.Format.Format_RGBA8888)
            self.image_offered.emit(_to_array(image))
        elif urls and urls[0].isLocalFile():
            self.image_offered.emit(Path(urls[0].toLocalFile()))

    def canvas_rect(self) -> QRectF:
        """Where the canvas is painted."""
        width, height = self._size.width(), self._size.height()
        scale = min((self.width() - 2) / width, (self.height() - 2) / height)
        rect = QRectF(0, 0, scale * width, scale * height)
        rect.moveCenter(QRectF(self.rect()).center())
        return rect

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), self.palette().window())
        rect = self.canvas_rect()
        frame = self.palette().highlight() if self.hasFocus() else self.palette().mid()
        painter.fillRect(rect.adjusted(-1, -1, 1, 1), frame)
        if self._instead is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
            painter.drawImage(rect, self._instead)
        elif self.shows_other:
            painter.fillRect(rect, _grey(self.paper))
        else:
            painter.drawImage(rect, self._sheet.canvas)
        text = self._text_instead if self.shows_other else tr("Draw here") if self.is_empty else ""
        if text:
            _write(painter, rect, text, self.paper, at_foot=self._instead is not None)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            position, is_drawing = self._on_canvas(event.position()), self.is_drawing or self.shows_other
            canvas = self._blank() if self.shows_other else self._sheet.canvas.copy()
            self._draw(canvas, position, position, event)
            self._replace(canvas, is_drawing)
            self._last = position

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._last is not None:
            position = self._on_canvas(event.position())
            self._draw(self._sheet.canvas, self._last, position, event)
            self._last = position
            self._show_change()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._last = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Undo):
            self.undo_stack.undo()
        elif event.matches(QKeySequence.StandardKey.Redo):
            self.undo_stack.redo()
        elif event.matches(QKeySequence.StandardKey.Paste):
            self.paste(QApplication.clipboard().mimeData())
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.clear()
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take images and single files; models and folders are for the window."""
        urls = event.mimeData().urls()
        path = Path(urls[0].toLocalFile()) if len(urls) == 1 and urls[0].isLocalFile() else None
        is_file = path is not None and path.suffix != ".safetensors" and not path.is_dir()
        if event.mimeData().hasImage() or is_file:
            event.acceptProposedAction()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.paste(event.mimeData())

    def _draw(self, canvas: QImage, start: QPointF, end: QPointF, event: QMouseEvent) -> None:
        """Draw on a canvas from where the brush was to where it is."""
        erases = self.erases or bool(event.buttons() & Qt.MouseButton.RightButton)
        ink = self.ink if self.ink is not None else _grey(255 - self.paper)
        width = self.brush_fraction * min(canvas.width(), canvas.height())
        width += _FRINGE if erases else 0  # else the smooth edge of a stroke would stay
        painter = QPainter(canvas)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        how = (Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        painter.setPen(QPen(_grey(self.paper) if erases else ink, width, *how))
        if start == end:
            painter.drawPoint(end)
        else:
            painter.drawLine(start, end)
        painter.end()

    def _on_canvas(self, position: QPointF) -> QPointF:
        rect = self.canvas_rect()
        return (position - rect.topLeft()) * (self._size.width() / rect.width())

    def _replace(self, canvas: QImage, is_drawing: bool) -> None:
        """Put a canvas in place of the one that is there, to which undo leads back."""
        self.undo_stack.push(Replacement(self._show, self._sheet, _Sheet(canvas, is_drawing)))

    def _show(self, sheet: _Sheet) -> None:
        self._sheet = _fitted(sheet, self._size, self._format)
        self._last = None  # a stroke under way has ended
        self._show_change()

    def _show_change(self) -> None:
        self.show_instead(None, "")
        self.changed.emit()

    def _blank(self) -> QImage:
        canvas = QImage(self._size, self._format)
        canvas.fill(_grey(self.paper))
        return canvas


def _write(painter: QPainter, rect: QRectF, text: str, paper: int, at_foot: bool) -> None:
    """Write on a plate in the grey of the paper, in the middle or at the foot."""
    height = Qt.AlignmentFlag.AlignBottom if at_foot else Qt.AlignmentFlag.AlignVCenter
    how = Qt.AlignmentFlag.AlignHCenter | height | Qt.TextFlag.TextWordWrap
    room = rect.adjusted(4, 4, -4, -4)
    plate, colour = _grey(paper), _grey(255 - paper)
    plate.setAlpha(200)
    colour.setAlpha(190)
    painter.fillRect(painter.boundingRect(room, how, text).adjusted(-3, -1, 3, 1), plate)
    painter.setPen(colour)
    painter.drawText(room, how, text)


def _fitted(sheet: _Sheet, size: QSize, image_format: QImage.Format) -> _Sheet:
    """A sheet at the size and in the format of the images, which may have been others when it was drawn on."""
    canvas = sheet.canvas
    if (canvas.size(), canvas.format()) == (size, image_format):
        return sheet
    canvas = canvas.scaled(size, mode=Qt.TransformationMode.SmoothTransformation)
    return _Sheet(canvas.convertToFormat(image_format), sheet.is_drawing)


def _to_array(image: QImage) -> Images:
    """The pixels (h, w, C), uint8, of an image with one byte for each channel."""
    height, width, channels = image.height(), image.width(), image.depth() // 8
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(height, image.bytesPerLine())
    return rows[:, : channels * width].reshape(height, width, channels).copy()


def _grey(value: int) -> QColor:
    return QColor(value, value, value)
