"""The panel of sliders, at one cursor after the other: that of the playground, or that of a comparison."""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, Signal, SignalInstance, Slot
from PySide6.QtWidgets import QWidget

from vae_desktop.gui.controllers.latent_point import LatentPoint
from vae_desktop.gui.views.point.latent_panel import LatentPanel
from vae_desktop.latent.codes import Codes, Floats


class PointPanelController(QObject):
    """Keeps sliders and buttons at a cursor, and moves it as they are moved."""

    sliders_changed = Signal()  # to those of another number of dimensions

    def __init__(self, panel: LatentPanel, point: LatentPoint) -> None:
        super().__init__(panel)
        self._panel = panel
        self._point = point
        self._latent_dim = 0
        self._connect()
        panel.reset_requested.connect(self._reset)
        panel.randomise_requested.connect(self._randomise)

    def follow(self, point: LatentPoint, instead_of_picture: QWidget | None = None) -> None:
        """Show another cursor, with the picture at it or, where pictures stand elsewhere, with something else."""
        if point is not self._point:
            for signal, slot in self._connections():
                signal.disconnect(slot)
            self._point = point
            self._connect()
        self._panel.show_instead_of_picture(instead_of_picture)
        self.begin(len(point.code))
        self._show_point(point.code)
        self._show_locks(point.locked)

    def begin(self, latent_dim: int) -> None:
        """Show sliders for so many dimensions, none of which says anything yet."""
        self._latent_dim = latent_dim
        self._panel.set_latent_dim(latent_dim)
        self._panel.sliders.clear_traversals()
        self._panel.sliders.set_reasons("", "")

    def show_codes(self, codes: Codes, is_new: bool) -> None:
        """Let the sliders cover codes in the cursor's unit, and stand in the order of what they say."""
        if codes.latent_dim == self._latent_dim:
            self._panel.set_codes(codes, is_new)

    def _connect(self) -> None:
        for signal, slot in self._connections():
            signal.connect(slot)

    def _connections(self) -> tuple[tuple[SignalInstance, Callable[..., None]], ...]:
        point, sliders = self._point, self._panel.sliders
        return (
            (point.seen, self._show_point),
            (point.moved, self._show_can_reset),
            (point.locks_changed, self._show_locks),
            (sliders.coordinate_changed, point.set_coordinate),
            (sliders.lock_toggled, point.set_locked),
        )

    @Slot(object)
    def _show_point(self, code: Floats) -> None:
        if len(code) != self._latent_dim:
            self.begin(len(code))
            self.sliders_changed.emit()
        self._panel.set_point(code)

    @Slot(object)
    def _show_locks(self, locked: frozenset[int]) -> None:
        self._panel.sliders.set_locked(locked)
        self._show_can_reset()

    @Slot()
    def _show_can_reset(self) -> None:
        free = np.delete(self._point.code, list(self._point.locked))
        self._panel.set_can_reset(bool(np.any(free != 0)))

    @Slot()
    def _reset(self) -> None:
        self._point.move_to(np.zeros_like(self._point.code))

    @Slot(float)
    def _randomise(self, temperature: float) -> None:
        drawn = np.random.default_rng().standard_normal(len(self._point.code), np.float32)
        self._point.move_to(np.float32(temperature) * drawn)
