"""Scatters of the same images in several latent spaces: what is pointed at in one of them is shown in all."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from vae_desktop.gui.views.stage.latent_scatter import LatentScatter


class LinkedScatters(QObject):
    """Shares the image under the mouse, the chosen image with its posterior, and the selected images.

    Attributes
    ----------
    chosen : int
        The image that was chosen, by a click on its point or by its number.
    """

    image_changed = Signal(int)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._scatters: Sequence[LatentScatter] = ()
        self.chosen = 0
        self._hovered: int | None = None
        self._is_selecting = False

    @property
    def image(self) -> int:
        """The image under the mouse, else the chosen one."""
        return self.chosen if self._hovered is None else self._hovered

    def link(self, scatters: Sequence[LatentScatter]) -> None:
        """Begin with other scatters."""
        self._scatters, self._hovered = scatters, None
        for scatter in scatters:
            scatter.position_pointed.connect(self._choose_none)
            scatter.image_chosen.connect(self.choose)
            scatter.image_hovered.connect(self._hover)
            scatter.hover_ended.connect(self._hover)
            scatter.selection.changed.connect(partial(self._select, scatter))

    def show_rings(self) -> None:
        """Ring the point of the image under the mouse where it is now, in all scatters but the one with the mouse."""
        for scatter in self._scatters:
            if scatter.hover.index is None:
                scatter.hover.show_ring(self._hovered)

    @Slot(int)
    def choose(self, image: int) -> None:
        """Show the posterior of an image, as long as no other one is under the mouse."""
        self.chosen = image
        for scatter in self._scatters:
            scatter.set_chosen(image)
        self.image_changed.emit(self.image)

    @Slot()
    def _choose_none(self) -> None:
        """Show no posterior: the cursor is elsewhere."""
        for scatter in self._scatters:
            scatter.set_chosen(None)

    @Slot()
    @Slot(int)
    def _hover(self, image: int | None = None) -> None:
        self._hovered = image
        self.show_rings()
        self.image_changed.emit(self.image)

    def _select(self, scatter: LatentScatter) -> None:
        if self._is_selecting:
            return
        self._is_selecting = True
        for other in self._scatters:
            other.selection.set_selected(scatter.selection.images)
        self._is_selecting = False
