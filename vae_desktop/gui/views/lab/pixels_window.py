"""Diffusion in pixels and in codes, side by side: what each draws, how good that is, and what it costs."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QWidget

from vae_desktop.gui.widgets.controls import column, explain, label, named, progress_bar, push_button, row, set_text
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.gui.widgets.tile_board import TileBoard
from vae_desktop.language import tr
from vae_desktop.latent.codes import Picture

_WIDTH, _HEIGHT = 720, 560  # px
_COLUMNS = 6  # of pictures
SIDES = ("pixels", "codes")


class PixelsWindow(QDialog):
    """Stands beside the main window; Esc closes it.

    Attributes
    ----------
    boards : dict of str to TileBoard
        Of "pixels" and "codes".
    fit_button : QPushButton
        Begins, or ends what has begun.
    """

    fit_requested = Signal()
    cancel_requested = Signal()

    def __init__(self, parent: QWidget, figures: Mapping[str, tuple[str, str]]) -> None:
        """`figures` are those that are shown: by name a label, and what it means."""
        super().__init__(parent)
        named(self, "pixelsWindow", tr("Diffusion in pixels and in codes"))
        self.setWindowTitle(tr("Diffusion in pixels and in codes"))
        tip = tr("What the diffusion draws that learned the images themselves, pixel by pixel.")
        pixels = named(TileBoard(), "pixelsBoard", tr("Pictures of the diffusion in pixels"), tip)
        tip = tr("What the decoder draws of codes of the diffusion that learned the images' codes.")
        codes = named(TileBoard(), "codesBoard", tr("Pictures of the diffusion in codes"), tip)
        self.boards = dict(zip(SIDES, (pixels, codes), strict=True))
        self._heads = {side: label(size="heading", figures=True) for side in SIDES}
        self._values = {(side, name): label(name=f"{side}_{name}", figures=True) for side in SIDES for name in figures}
        self._about = named(label("", "muted", wraps=True), "pixelsNote")
        self._bar = progress_bar(tr("How far the fitting is"))
        tip = tr("Fit both diffusions to the images of the model on screen, with as many steps each.")
        self.fit_button = push_button("fitBothButton", tr("Fit both"), tip, then=self._press)
        self._is_fitting = False
        self._names = {name: label(text, "muted") for name, (text, _) in figures.items()}
        for name, (_, meaning) in figures.items():
            explain(self._names[name], meaning)
        column(
            self._about,
            (self._table(), 1),
            row(self.fit_button, (self._bar, 1)),
            margins=(2 * SPACING,) * 4,
            on=self,
        )
        self.resize(_WIDTH, _HEIGHT)
        self.set_fitting(False)
        self.fit_button.setFocus()

    def show_model(self, about: str, can_fit: bool) -> None:
        """Say of what is fitted, and whether it can be."""
        self._about.setText(about)
        self.fit_button.setEnabled(can_fit or self._is_fitting)

    def set_fitting(self, is_fitting: bool) -> None:
        """Show that it is under way, or no longer."""
        self._is_fitting = is_fitting
        set_text(self.fit_button, tr("Cancel") if is_fitting else tr("Fit both"))
        policy = self._bar.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._bar.setSizePolicy(policy)
        self._bar.setVisible(is_fitting)

    def show_progress(self, done: int, total: int) -> None:
        self._bar.setRange(0, total)
        self._bar.setValue(done)

    def show_nothing(self, reason: str) -> None:
        """Empty both boards, and say why."""
        for side in SIDES:
            self.boards[side].set_empty_text(reason)
            self.boards[side].set_pictures(None)
        for value in self._values.values():
            value.setText("–")
        self._heads["pixels"].setText(tr("In pixels"))
        self._heads["codes"].setText(tr("In codes"))

    def show_side(self, side: str, head: str, pictures: Picture, figures: Mapping[str, str]) -> None:
        """Show what a diffusion draws (N, H, W, C), uint8, and its figures."""
        self._heads[side].setText(head)
        self.boards[side].set_tiles(len(pictures), pictures.shape[1:3], columns=_COLUMNS)
        self.boards[side].set_pictures(pictures)
        for name, text in figures.items():
            self._values[side, name].setText(text)

    def _table(self) -> QGridLayout:
        """Boards above, figures below, a column for each side."""
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * SPACING)
        grid.setVerticalSpacing(SPACING // 2)
        _fill(grid, 0, [None, *(self._heads[side] for side in SIDES)])
        for place, side in enumerate(SIDES, 1):
            grid.addWidget(self.boards[side], 1, place)
            grid.setColumnStretch(place, 1)
        grid.setRowStretch(1, 1)
        for line, (name, head) in enumerate(self._names.items(), 2):
            _fill(grid, line, [head, *(self._values[side, name] for side in SIDES)])
        return grid

    def _press(self) -> None:
        (self.cancel_requested if self._is_fitting else self.fit_requested).emit()


def _fill(grid: QGridLayout, line: int, parts: Sequence[QLabel | None]) -> None:
    for place, part in enumerate(parts):
        if part is not None:
            centre = Qt.AlignmentFlag.AlignHCenter if place else Qt.AlignmentFlag.AlignLeft
            grid.addWidget(part, line, place, centre | Qt.AlignmentFlag.AlignVCenter)
