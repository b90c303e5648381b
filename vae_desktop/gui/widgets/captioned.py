"""A view with its name under it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSizePolicy, QWidget

from vae_desktop.gui.widgets.controls import column, styled
from vae_desktop.gui.widgets.elided_label import ElidedLabel


class Captioned(QWidget):
    """Stacks a view and a small line of text."""

    def __init__(self, view: QWidget, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._caption = styled(ElidedLabel(), "muted", "small", figures=True)
        self._caption.set_text(text)
        self._caption.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        # What is written must not change how wide the view is.
        self._caption.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        if view.hasHeightForWidth():  # then the text stays close to it, and both in the middle
            column(1, view, self._caption, 1, spacing=0, on=self)
        else:
            column((view, 1), self._caption, spacing=0, on=self)

    def set_caption(self, text: str) -> None:
        self._caption.set_text(text)

    def caption(self) -> str:
        return self._caption.whole_text()
