"""The picture that the decoder draws at the current latent point, large and crisp."""

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from vae_desktop.gui.widgets.controls import named
from vae_desktop.language import tr
from vae_desktop.latent.codes import Picture

_SHARP = 3  # times: from here on pixels are shown as squares even where they need not be


class DecodedImage(QWidget):
    """Paints a picture with square pixels, as large as fits, a whole number of screen pixels each.

    It asks for as much height as it is wide, or with `fills_height` takes what there is.

    Attributes
    ----------
    picture : array (H, W, C), uint8, or None
        On show.
    is_crisp : bool
        Whether each pixel is a whole number of screen pixels; one of a small view fills it otherwise.
    """

    painted = Signal()  # what is to be shown is on screen

    def __init__(self, parent: QWidget | None = None, fills_height: bool = False) -> None:
        super().__init__(parent)
        tip = tr("What the decoder draws at the current point of the latent space.")
        named(self, "decodedImage", tr("Decoded picture"), tip)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # what lies under it is not painted for it
        self.setMinimumSize(140, 140)
        expanding, preferred = QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred
        policy = QSizePolicy(expanding, expanding if fills_height else preferred)
        policy.setHeightForWidth(not fills_height)
        self.setSizePolicy(policy)
        self._hint = QSize(96, 96) if fills_height else QSize(296, 296)
        self.picture: Picture | None = None
        self._image: QImage | None = None
        self._empty = tr("No model yet")
        self._is_lit = False
        self.is_crisp = True

    def sizeHint(self) -> QSize:
        return self._hint

    def heightForWidth(self, width: int) -> int:
        return width

    @property
    def empty_text(self) -> str:
        """Why there is no picture, where there is none."""
        return self._empty

    def set_empty_text(self, text: str) -> None:
        """Say why there is no picture, where there is none."""
        self._empty = text
        self.update()

    def set_lit(self, is_lit: bool) -> None:
        """Stand out, or no longer."""
        if is_lit != self._is_lit:
            self._is_lit = is_lit
            self.update()

    def set_picture(self, picture: Picture | None) -> None:
        """Show a picture (H, W, C), uint8, grey or colour, or nothing."""
        self.picture = picture
        self._image = None if picture is None else to_image(picture)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().window())
        if self._image is None:
            painter.setPen(self.palette().placeholderText().color())
            how = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), how, self._empty)
        else:
            target = crisp_rect(self._image.size(), self.size(), self.devicePixelRatioF(), self.is_crisp)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not self.is_crisp)
            edge = 3 if self._is_lit else 1
            frame = target.adjusted(-edge, -edge, edge, edge)
            painter.fillRect(frame, self.palette().accent() if self._is_lit else self.palette().mid())
            painter.drawImage(target, self._image)
        painter.end()
        self.painted.emit()


def to_image(picture: Picture) -> QImage:
    """An image of a picture (H, W, C), uint8, grey or colour; of other numbers of channels the first is shown."""
    height, width, channels = picture.shape
    if channels not in (1, 3):
        picture, channels = picture[..., :1], 1
    kind = QImage.Format.Format_Grayscale8 if channels == 1 else QImage.Format.Format_RGB888
    pixels = np.ascontiguousarray(picture)
    image = QImage(pixels.data, width, height, channels * width, kind)
    return image.convertToFormat(QImage.Format.Format_RGB32)  # a copy, and five times quicker to scale


def scaled_pixmap(picture: Picture, size: QSize, ratio: float) -> QPixmap:
    """A picture (H, W, C) as large as so many screen pixels; its own stay square where that is a multiple of them."""
    image = to_image(picture)
    is_multiple = size.width() % image.width() == 0 and size.height() % image.height() == 0
    how = Qt.TransformationMode.FastTransformation if is_multiple else Qt.TransformationMode.SmoothTransformation
    pixmap = QPixmap.fromImage(image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, how))
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def crisp_rect(image: QSize, room: QSize, ratio: float, is_crisp: bool = True) -> QRectF:
    """Where an image lies in the middle of a room with a frame of 1 px: on whole screen pixels, a whole number each."""
    width, height = (room.width() - 2) * ratio, (room.height() - 2) * ratio
    scale = min(width / image.width(), height / image.height())
    scale = int(scale) if scale >= (1 if is_crisp else _SHARP) else scale
    left = round((room.width() * ratio - scale * image.width()) / 2)
    top = round((room.height() * ratio - scale * image.height()) / 2)
    return QRectF(left / ratio, top / ratio, scale * image.width() / ratio, scale * image.height() / ratio)
