"""The picture that the decoder draws at the current latent point, large and crisp."""

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from vae_desktop.gui.theme import Theme
from vae_desktop.latent.codes import Picture


class DecodedImage(QWidget):
    """Paints a picture with square pixels, as large as fits, a whole number of screen pixels each."""

    painted = Signal()  # what is to be shown is on screen

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("decodedImage")
        self.setAccessibleName(self.tr("Decoded picture"))
        self.setToolTip(self.tr("What the decoder draws at the current point of the latent space."))
        self.setMinimumSize(140, 140)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._picture: Picture | None = None
        self._image: QImage | None = None
        self._frame = QColor("#d8dce2")
        self._text = QColor("#5d6877")

    def sizeHint(self) -> QSize:
        return QSize(296, 296)

    def heightForWidth(self, width: int) -> int:
        return width

    def set_theme(self, theme: Theme) -> None:
        self._frame, self._text = QColor(theme.border), QColor(theme.muted)
        self.update()

    @property
    def picture(self) -> Picture | None:
        """The picture on show (H, W, C), uint8."""
        return self._picture

    def set_picture(self, picture: Picture | None) -> None:
        """Show a picture (H, W, C), uint8, grey or colour, or nothing."""
        self._picture = picture
        if picture is None:
            self._image = None
        else:
            height, width, channels = picture.shape
            if channels not in (1, 3):  # more channels than a screen has: show the first
                picture = np.ascontiguousarray(picture[..., :1])
                channels = 1
            kind = QImage.Format.Format_Grayscale8 if channels == 1 else QImage.Format.Format_RGB888
            image = QImage(picture, width, height, channels * width, kind)
            self._image = image.convertToFormat(QImage.Format.Format_RGB32)  # five times quicker to scale
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._image is None:
            painter.setPen(self._text)
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.tr("No model yet"))
            painter.end()
            self.painted.emit()
            return
        target = self._target(self._image.size())
        painter.fillRect(target.adjusted(-1, -1, 1, 1), self._frame)
        painter.drawImage(target, self._image)
        painter.end()
        self.painted.emit()

    def _target(self, size: QSize) -> QRect:
        ratio = self.devicePixelRatioF()
        room_width, room_height = (self.width() - 2) * ratio, (self.height() - 2) * ratio
        scale = min(room_width / size.width(), room_height / size.height())
        scale = max(int(scale), 1) / ratio if scale >= 1 else scale / ratio
        width, height = round(size.width() * scale), round(size.height() * scale)
        return QRect((self.width() - width) // 2, (self.height() - height) // 2, width, height)
