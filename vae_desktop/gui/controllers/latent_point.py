"""The current latent point, whose one owner every view follows and can ask to move it, and its panel of sliders."""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, Signal, SignalInstance, Slot
from PySide6.QtWidgets import QWidget

from vae_desktop.gui.views.point.latent_panel import LatentPanel
from vae_desktop.latent.codes import Codes, Floats


class LatentPoint(QObject):
    """A code (d,) of the model on screen.

    Views may also look at another code for a moment, without moving the point: a *peek*, which ends where it began.
    A locked coordinate keeps its value whoever moves the point, until it is unlocked.

    Attributes
    ----------
    code : array (d,), float32
        Where the point is; moved by :meth:`move_to`.
    is_peeking : bool
    locked : frozenset of int
        The dimensions along which nothing moves the point.
    steers, jumps : int
        How often it was moved by slider, drag or key, and how often by anything else.
    """

    moved = Signal(object)  # the code (d,), float32; a new array each time
    seen = Signal(object)  # what is to be shown: the point's code, or the one that is peeked at
    locks_changed = Signal(object)  # frozenset of dimensions

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.code = np.zeros(2, np.float32)
        self.is_peeking = False
        self.locked: frozenset[int] = frozenset()
        self.steers = self.jumps = 0

    def steer_to(self, code: Floats) -> None:
        """Move the point as a hand does that holds it, from where it is."""
        self._put_at(code, is_steered=True)

    def move_to(self, code: Floats) -> None:
        """Put the point at a code, as far as it is not locked; one with values that are not finite is ignored."""
        self._put_at(code, is_steered=False)

    def _put_at(self, code: Floats, is_steered: bool) -> None:
        code = np.array(code, np.float32)
        locked = list(self.locked)
        code[locked] = self.code[locked]
        if not np.isfinite(code).all():
            return
        has_moved = not np.array_equal(code, self.code)
        if has_moved:
            self.steers += is_steered
            self.jumps += not is_steered
            self.code = code
            self.moved.emit(self.code)
        if has_moved or self.is_peeking:
            self.is_peeking = False
            self.seen.emit(self.code)

    def set_coordinate(self, dimension: int, value: float) -> None:
        """Move the point along one latent dimension."""
        code = self.code.copy()
        code[dimension] = value
        self.steer_to(code)

    def peek_at(self, code: Floats) -> None:
        """Show a code (d,) without moving the point; one with values that are not finite is ignored."""
        if np.isfinite(code).all():
            self.is_peeking = True
            self.seen.emit(np.array(code, np.float32))

    def put_back(self) -> None:
        """End a peek."""
        if self.is_peeking:
            self.is_peeking = False
            self.seen.emit(self.code)

    def drop_peek(self) -> None:
        """End a peek without telling: what was looked at is about to go."""
        self.is_peeking = False

    def set_locked(self, dimension: int, is_locked: bool) -> None:
        """Hold a coordinate where it is, or let it move again."""
        changed = self.locked | {dimension} if is_locked else self.locked - {dimension}
        if changed != self.locked:
            self.locked = changed
            self.locks_changed.emit(changed)

    def resize(self, latent_dim: int) -> None:
        """Keep point and locks where the number of dimensions stays, else begin at 0."""
        self.is_peeking = False
        self.jumps += 1
        if len(self.code) != latent_dim:
            self.code = np.zeros(latent_dim, np.float32)
            self.locked = frozenset()
            self.locks_changed.emit(self.locked)
        self.moved.emit(self.code)
        self.seen.emit(self.code)


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
        self._begin(len(point.code))
        self._show_point(point.code)
        self._show_locks(point.locked)

    def _begin(self, latent_dim: int) -> None:
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
            (point.locks_changed, self._show_locks),
            (sliders.coordinate_changed, point.set_coordinate),
            (sliders.lock_toggled, point.set_locked),
        )

    @Slot(object)
    def _show_point(self, code: Floats) -> None:
        if len(code) != self._latent_dim:
            self._begin(len(code))
            self.sliders_changed.emit()
        self._panel.set_point(code)
        self._show_can_reset()

    @Slot(object)
    def _show_locks(self, locked: frozenset[int]) -> None:
        self._panel.sliders.set_locked(locked)
        self._show_can_reset()

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
