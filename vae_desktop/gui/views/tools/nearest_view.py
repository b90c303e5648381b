"""The real images that a picture resembles most."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QToolButton, QVBoxLayout, QWidget

from vae_desktop.gui.widgets.elided_label import ElidedLabel
from vae_desktop.gui.widgets.theme import Theme, small_font, tabular
from vae_desktop.gui.widgets.tile_board import TileBoard
from vae_desktop.latent.codes import Picture

COUNT = 4  # images


class NearestView(QWidget):
    """Shows some images in a row, and what can be said of how near they are."""

    data_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = ElidedLabel()
        self._note = ElidedLabel()
        self._distance = ElidedLabel()
        self._distance.setObjectName("codeDistance")
        for label in (self._title, self._note, self._distance):
            label.setProperty("role", "muted")
            label.setFont(tabular(small_font(self.font())))
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)  # the board says how wide
        self.board = TileBoard()
        self.board.setObjectName("nearestBoard")
        self.board.setAccessibleName(self.tr("Nearest images"))
        self._load = QToolButton()
        self._load.setObjectName("loadDataButton")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._title)
        layout.addWidget(self.board, 1)
        layout.addWidget(self._load)
        layout.addWidget(self._note)
        layout.addWidget(self._distance)
        self._load.clicked.connect(self.data_wanted)
        self.clear("")

    def set_theme(self, theme: Theme) -> None:
        self.board.set_theme(theme)

    def set_title(self, title: str) -> None:
        """Say what kind of images they are, and what stands under them."""
        self._title.set_text(title)
        self._load.hide()

    def offer_data(self, name: str) -> None:
        """Offer to load the data set, whose images are not at hand."""
        self._load.setText(self.tr("Load {data}").format(data=name))
        self._load.setToolTip(self.tr("Load the data set: its real images can then be looked at."))
        self._load.show()

    def set_distance(self, text: str) -> None:
        """Say how far the picture's code is from those of real images."""
        self._distance.set_text(text)

    def distance(self) -> str:
        return self._distance.whole_text()

    def set_distance_tip(self, tip: str) -> None:
        self._distance.set_tip(tip)

    def set_note(self, text: str, tip: str = "") -> None:
        self._note.set_tip(f"<p>{tip}</p>" if tip else "")
        self._note.set_text(text)
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
        self.set_distance("")

    def show_images(self, pictures: Picture, captions: Sequence[str]) -> None:
        """Show pictures (M, H, W, C), uint8, nearest first."""
        self.board.set_tiles(len(pictures), pictures.shape[1:3], has_captions=True)
        self.board.set_captions(captions)
        self.board.set_pictures(pictures)
