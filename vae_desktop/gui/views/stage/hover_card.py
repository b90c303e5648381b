"""A card beside the mouse: an image and what the model makes of it."""

from typing import cast

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QWidget

from vae_desktop.gui.widgets.controls import column, label, named, row
from vae_desktop.gui.widgets.decoded_image import scaled_pixmap
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.language import tr
from vae_desktop.latent.codes import Picture

_SIDE = 96  # px, the most that a picture takes
_LEAST_WIDTH, _MOST_WIDTH = 176, 280  # px, of the texts
_OFF_POINTER = 2 * SPACING


class HoverCard(QFrame):
    """Names an image and shows it; lets every mouse event through."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        named(self, "hoverCard", tr("Image behind the point"))
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._name = label()
        lines = [label(role="muted", size="small", figures=True) for _ in range(4)]
        self._number, self._hint, self._posterior, self._place = lines
        self._captions = [label(role="muted", size="small", figures=True) for _ in range(2)]
        self._original, self._reconstruction = label(role="picture"), label(role="picture")
        font = self._name.font()
        font.setBold(True)
        self._name.setFont(font)
        pictures = QGridLayout()
        pictures.setHorizontalSpacing(SPACING)
        pictures.setVerticalSpacing(SPACING // 2)
        for place, picture in enumerate((self._original, self._reconstruction)):
            pictures.addWidget(picture, 0, place, Qt.AlignmentFlag.AlignLeft)
            pictures.addWidget(self._captions[place], 1, place)
        pictures.setColumnStretch(2, 1)
        for text in (self._name, *lines):
            text.setTextFormat(Qt.TextFormat.PlainText)
        texts = self._posterior, self._hint, self._place
        self._body = column(row(self._name, 0, self._number), pictures, *texts, margins=(SPACING,) * 4, on=self)
        self.hide()

    def show_image(
        self,
        name: str,
        number: str,
        original: Picture | None,
        reconstruction: Picture | None,
        hint: str,
        posterior: str = "",
        place: str = "",
    ) -> None:
        """Fill the card; either of the two pictures (H, W, C), uint8, may be missing.

        The place is where the image came from; of a long one the end is shown.
        """
        self._posterior.setText(posterior)
        self._posterior.setVisible(bool(posterior))
        first = reconstruction if original is None else original
        ratio = self.devicePixelRatioF()
        size = QSize() if first is None else _shown_size(first, ratio)
        self._captions[0].setText(tr("original"))
        self._captions[1].setText(tr("reconstruction"))
        width = -SPACING
        shown = zip((original, reconstruction), (self._original, self._reconstruction), self._captions, strict=True)
        for picture, frame, caption in shown:
            # Room is kept for a reconstruction that is being decoded, so that the card keeps its size.
            is_shown = picture is not None or (frame is self._reconstruction and not size.isEmpty())
            frame.setVisible(is_shown)
            caption.setVisible(is_shown)
            if is_shown:
                frame.setPixmap(_blank(size) if picture is None else scaled_pixmap(picture, size, ratio))
                width += max(frame.sizeHint().width(), caption.sizeHint().width()) + SPACING
        for line, text in ((self._hint, hint), (self._place, place)):
            width = max(width, _LEAST_WIDTH, min(line.fontMetrics().horizontalAdvance(text), _MOST_WIDTH))
        self._number.setText(number)
        _set_elided(self._name, name, width - self._number.sizeHint().width() - SPACING)
        _set_elided(self._hint, hint, width)
        _set_elided(self._place, place, width, Qt.TextElideMode.ElideLeft)
        self._hint.setVisible(bool(hint))
        self._place.setVisible(bool(place))
        self.ensurePolished()
        self.setFixedWidth(width + 2 * SPACING + 2)
        self._body.activate()
        self.resize(self.sizeHint())

    def move_beside(self, pointer: QPoint) -> None:
        """Stand beside a point of the parent, within the parent."""
        room = cast(QWidget, self.parentWidget()).size()
        self.move(
            _beside(pointer.x(), self.width(), room.width()),
            _beside(pointer.y(), self.height(), room.height()),
        )


def _blank(size: QSize) -> QPixmap:
    pixmap = QPixmap(size)
    pixmap.fill(Qt.GlobalColor.transparent)
    return pixmap


def _shown_size(picture: Picture, ratio: float) -> QSize:
    """The size, in screen pixels, at which a picture is shown: a whole number of times its own, unless it is large."""
    height, width = picture.shape[:2]
    scale = _SIDE * ratio / max(height, width)
    scale = int(scale) if scale >= 1 else scale
    return QSize(max(round(width * scale), 1), max(round(height * scale), 1))


def _set_elided(
    line: QLabel, text: str, width: int, mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight
) -> None:
    line.setText(line.fontMetrics().elidedText(text, mode, width))


def _beside(pointer: int, extent: int, room: int) -> int:
    """Behind the pointer, or before it where there is no room behind."""
    place = pointer + _OFF_POINTER
    if place + extent > room - SPACING:
        place = pointer - _OFF_POINTER - extent
    return max(place, 0)
