"""The real images that a picture resembles most."""

from collections.abc import Sequence

from PySide6.QtWidgets import QSizePolicy, QWidget

from vae_desktop.gui.widgets.controls import column, named, styled, tool_button
from vae_desktop.gui.widgets.elided_label import ElidedLabel
from vae_desktop.gui.widgets.tile_board import TileBoard
from vae_desktop.latent.codes import Picture

COUNT = 4  # images


class NearestView(QWidget):
    """Shows some images in a row, and what can be said of how near they are.

    Attributes
    ----------
    title, note, distance : ElidedLabel
        What kind of images they are; what is to be expected; how far the picture's code is from those of real images.
    board : TileBoard
    load : QToolButton
        Offers to load the data set.
    """

    def __init__(self) -> None:
        super().__init__()
        self.title, self.note, self.distance = ElidedLabel(), ElidedLabel(), named(ElidedLabel(), "codeDistance")
        for label in (self.title, self.note, self.distance):
            styled(label, "muted", "small", figures=True)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)  # the board says how wide
        self.board = named(TileBoard(), "nearestBoard", self.tr("Nearest images"))
        self.load = tool_button("loadDataButton", "")
        column(self.title, (self.board, 1), self.load, self.note, self.distance, spacing=2, on=self)
        self.clear("")

    def offer_data(self, name: str) -> None:
        """Offer to load the data set, whose images are not at hand."""
        self.load.setText(self.tr("Load {data}").format(data=name))
        self.load.setToolTip(self.tr("Load the data set: its real images can then be looked at."))
        self.load.show()

    def set_note(self, text: str, tip: str = "") -> None:
        self.note.set_tip(f"<p>{tip}</p>" if tip else "")
        self.note.set_text(text)
        self.note.setVisible(bool(text))

    def clear(self, reason: str) -> None:
        """Show nothing, and why."""
        self.board.set_pictures(None)
        self.board.set_empty_text(reason)
        self.title.set_text("")
        self.load.hide()
        self.set_note("")
        self.distance.set_text("")

    def show_images(self, title: str, pictures: Picture, captions: Sequence[str]) -> None:
        """Show pictures (M, H, W, C), uint8, nearest first."""
        self.title.set_text(title)
        self.load.hide()
        self.board.set_tiles(len(pictures), pictures.shape[1:3], has_captions=True)
        self.board.set_captions(captions)
        self.board.set_pictures(pictures)
