"""The real images that a picture resembles most."""

from collections.abc import Sequence

from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from vae_desktop.gui.elided_label import ElidedLabel
from vae_desktop.gui.playground.tile_board import TileBoard
from vae_desktop.gui.theme import Theme, small_font, tabular
from vae_desktop.latent.codes import Picture

COUNT = 4  # images


class NearestView(QWidget):
    """Shows some images in a row, and what can be said of how near they are."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = ElidedLabel()
        self._note = ElidedLabel()
        for label in (self._title, self._note):
            label.setProperty("role", "muted")
            label.setFont(tabular(small_font(self.font())))
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)  # the board says how wide
        self.board = TileBoard()
        self.board.setObjectName("nearestBoard")
        self.board.setAccessibleName(self.tr("Nearest images"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._title)
        layout.addWidget(self.board, 1)
        layout.addWidget(self._note)
        self.clear("")

    def set_theme(self, theme: Theme) -> None:
        self.board.set_theme(theme)

    def set_title(self, title: str, tip: str = "") -> None:
        """Say what kind of images they are, and in which sense near."""
        self._title.set_text(title)
        self.board.setToolTip(tip)

    def set_note(self, text: str, tip: str = "") -> None:
        self._note.set_text(text)
        if tip:
            self._note.setToolTip(f"<p>{tip}</p>")
        self._note.setVisible(bool(text))

    def note(self) -> str:
        return self._note.whole_text()

    def title(self) -> str:
        return self._title.whole_text()

    def clear(self, reason: str) -> None:
        """Show nothing, and why."""
        self.board.set_pictures(None)
        self.board.set_empty_text(reason)
        self.set_title("")
        self.set_note("")

    def show_images(self, pictures: Picture, captions: Sequence[str]) -> None:
        """Show pictures (M, H, W, C), uint8, nearest first."""
        self.board.set_tiles(len(pictures), pictures.shape[1:3], has_captions=True)
        self.board.set_captions(captions)
        self.board.set_pictures(pictures)
