"""A sheet of paper: strokes of a brush, with undo; images can be laid on it."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import QMimeData, QPointF, QRectF, QSize, Qt, Signal
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
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from vae_desktop.data.dataset import Images
from vae_desktop.data.drawing_preprocessing import canvas_of_image
from vae_desktop.gui.widgets.theme import LIGHT, Theme

_SIDE = 280  # px, about, of the canvas
_MOST_UNDONE = 50
_FRINGE = 4  # px


class DrawingPad(QWidget):
    """Holds a canvas some times as large as an image; tells whenever it has changed, within a stroke too."""

    changed = Signal()
    image_offered = Signal(object)  # a Path or a QImage, dropped or pasted

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("drawingPad")
        self.setAccessibleName(self.tr("Drawing pad"))
        self.setToolTip(
            "<p>" + self.tr("Draw here. Images can be dropped or pasted (Ctrl+V). Right button: erase.") + "</p>"
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAcceptDrops(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # what lies under it is not painted for it
        self.setMinimumSize(96, 96)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self._shape = (1, 28, 28)
        self._paper = 0
        self.brush_share = 0.09  # of the canvas's shorter side
        self.erases = False
        self.ink: QColor | None = None  # None: what differs most from the paper
        self._canvas = QImage()
        self._is_drawing = True
        self._undone: list[tuple[QImage, bool]] = []
        self._done: list[tuple[QImage, bool]] = []
        self._last: QPointF | None = None  # in the canvas, of the stroke under way
        self._theme = LIGHT
        self._canvas = self._fitted(self._canvas, QSize(_SIDE, _SIDE))

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def set_image_shape(self, shape: tuple[int, int, int], paper: int) -> None:
        """Take images (C, H, W) from now on, drawn on paper of a grey, 0 to 255, where the canvas is empty.

        What lies on the canvas stays, at another size, and so does what can be undone.
        """
        was_empty = self.is_empty
        self._shape = shape
        times = max(1, round(_SIDE / max(shape[1:])))
        size = QSize(shape[2] * times, shape[1] * times)
        self._canvas = self._fitted(self._canvas, size)
        self._done = [(self._fitted(canvas, size), is_drawing) for canvas, is_drawing in self._done]
        self._undone = [(self._fitted(canvas, size), is_drawing) for canvas, is_drawing in self._undone]
        if was_empty:
            self._paper, self._is_drawing = paper, True
            self._canvas.fill(self._paper_colour)
            self._done.clear()
            self._undone.clear()
        self._last = None  # a stroke under way would go on from another place
        self.update()

    @property
    def paper(self) -> int:
        """Grey of what nothing was drawn on, 0 to 255."""
        return self._paper

    @property
    def is_drawing(self) -> bool:
        """Whether all on the canvas was drawn, rather than an image laid on it."""
        return self._is_drawing

    @property
    def is_empty(self) -> bool:
        return self._is_drawing and bool((self.pixels() == self._paper).all())

    @property
    def can_undo(self) -> bool:
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        return bool(self._undone)

    def pixels(self) -> Images:
        """The canvas (h, w, C), uint8, grey or colour as the images are."""
        canvas, channels = self._canvas, 1 if self._is_grey else 3
        rows = np.frombuffer(canvas.constBits(), np.uint8).reshape(canvas.height(), canvas.bytesPerLine())
        return rows[:, : channels * canvas.width()].reshape(canvas.height(), canvas.width(), channels).copy()

    def lay_image(self, image: Images) -> None:
        """Put an image (C, H, W) of the shape that was set on the canvas, in place of what is there."""
        self._keep()
        pixels = canvas_of_image(image, (self._canvas.height(), self._canvas.width()))
        height, width, channels = pixels.shape
        self._canvas = QImage(pixels, width, height, channels * width, self._format).copy()
        self._is_drawing = False
        self._tell()

    def clear(self) -> None:
        if not self.is_empty:
            self._keep()
            self._canvas.fill(self._paper_colour)
            self._is_drawing = True
            self._tell()

    def invert(self) -> None:
        """Turn every colour into its opposite; of a drawing this would be the paper too, so it becomes an image."""
        self._keep()
        self._canvas.invertPixels()
        self._is_drawing = False
        self._tell()

    def undo(self) -> None:
        self._exchange(self._done, self._undone)

    def redo(self) -> None:
        self._exchange(self._undone, self._done)

    def paste(self, data: QMimeData) -> None:
        """Offer the image or the picture file that lies in the clipboard or is dropped."""
        urls = data.urls()
        if data.hasImage():
            self.image_offered.emit(QImage(data.imageData()))
        elif urls and urls[0].isLocalFile():
            self.image_offered.emit(Path(urls[0].toLocalFile()))

    def canvas_rect(self) -> QRectF:
        """Where the canvas is painted."""
        size = self._canvas.size()
        scale = min((self.width() - 2) / size.width(), (self.height() - 2) / size.height())
        rect = QRectF(0, 0, scale * size.width(), scale * size.height())
        rect.moveCenter(QRectF(self.rect()).center())
        return rect

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), self.palette().window())
        rect = self.canvas_rect()
        frame = self._theme.accent if self.hasFocus() else self._theme.border
        painter.fillRect(rect.adjusted(-1, -1, 1, 1), QColor(frame))
        painter.drawImage(rect, self._canvas)
        if self.is_empty:
            grey = 255 - self._paper
            painter.setPen(QColor(grey, grey, grey, 130))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self.tr("Draw here"))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            self._keep()
            self._last = self._on_canvas(event.position())
            self._draw_to(self._last, event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._last is not None:
            self._draw_to(self._on_canvas(event.position()), event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._last = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Undo):
            self.undo()
        elif event.matches(QKeySequence.StandardKey.Redo):
            self.redo()
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

    def _draw_to(self, place: QPointF, event: QMouseEvent) -> None:
        """Draw from where the brush was to a place in the canvas."""
        erases = self.erases or bool(event.buttons() & Qt.MouseButton.RightButton)
        opposite = 255 - self._paper
        ink = self.ink if self.ink is not None else QColor(opposite, opposite, opposite)
        width = self.brush_share * min(self._canvas.width(), self._canvas.height())
        width += _FRINGE if erases else 0  # else the smooth edge of a stroke would stay
        painter = QPainter(self._canvas)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        how = (Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        painter.setPen(QPen(self._paper_colour if erases else ink, width, *how))
        if place == self._last:
            painter.drawPoint(place)
        else:
            painter.drawLine(self._last, place)
        painter.end()
        self._last = place
        self._tell()

    def _on_canvas(self, place: QPointF) -> QPointF:
        rect = self.canvas_rect()
        scale = self._canvas.width() / rect.width()
        return (place - rect.topLeft()) * scale

    def _keep(self) -> None:
        """Keep the canvas as it is, for undo."""
        self._done.append((self._canvas.copy(), self._is_drawing))
        del self._done[:-_MOST_UNDONE]
        self._undone.clear()

    def _exchange(self, taken: list[tuple[QImage, bool]], given: list[tuple[QImage, bool]]) -> None:
        if taken and self._last is None:
            given.append((self._canvas, self._is_drawing))
            self._canvas, self._is_drawing = taken.pop()
            self._tell()

    def _fitted(self, canvas: QImage, size: QSize) -> QImage:
        """A canvas at another size, in the format of the images."""
        if canvas.isNull():
            canvas = QImage(size, self._format)
            canvas.fill(self._paper_colour)
        how = Qt.TransformationMode.SmoothTransformation
        fits = canvas.size() == size
        return (canvas if fits else canvas.scaled(size, mode=how)).convertToFormat(self._format)

    @property
    def _is_grey(self) -> bool:
        return self._shape[0] != 3

    @property
    def _format(self) -> QImage.Format:
        return QImage.Format.Format_Grayscale8 if self._is_grey else QImage.Format.Format_RGB888

    @property
    def _paper_colour(self) -> QColor:
        return QColor(self._paper, self._paper, self._paper)

    def _tell(self) -> None:
        self.update()
        self.changed.emit()
