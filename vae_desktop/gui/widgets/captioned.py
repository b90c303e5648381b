"""A view with its name under it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from vae_desktop.gui.widgets.elided_label import ElidedLabel
from vae_desktop.gui.widgets.theme import small_font, tabular


class Captioned(QWidget):
    """Stacks a view and a small line of text."""

    def __init__(self, view: QWidget, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._caption = ElidedLabel()
        self._caption.set_text(text)
        self._caption.setProperty("role", "muted")
        self._caption.setFont(tabular(small_font(self.font())))
        self._caption.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        # What is written must not change how wide the view is.
        self._caption.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        is_square = view.hasHeightForWidth()  # then the text stays close to it, and both in the middle
        if is_square:
            layout.addStretch(1)
        layout.addWidget(view, 0 if is_square else 1)
        layout.addWidget(self._caption)
        if is_square:
            layout.addStretch(1)

    def set_caption(self, text: str) -> None:
        self._caption.set_text(text)

    def caption(self) -> str:
        return self._caption.whole_text()
