"""The one owner of the current latent point; every view follows it and can ask to move it."""

import numpy as np
from PySide6.QtCore import QObject, Signal

from vae_desktop.latent.codes import Floats


class LatentPoint(QObject):
    """A code (d,) of the model on screen.

    Views may also look at another code for a moment, without moving the point: a *peek*, which ends where it began.
    A locked coordinate keeps its value whoever moves the point, until it is unlocked.
    """

    moved = Signal(object)  # the code (d,), float32; a new array each time
    seen = Signal(object)  # what is to be shown: the point's code, or the one that is peeked at
    locks_changed = Signal(object)  # frozenset of dimensions

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._code = np.zeros(2, np.float32)
        self._is_peeking = False
        self._locked: frozenset[int] = frozenset()

    @property
    def code(self) -> Floats:
        return self._code

    @property
    def is_peeking(self) -> bool:
        return self._is_peeking

    @property
    def locked(self) -> frozenset[int]:
        """The dimensions along which nothing moves the point."""
        return self._locked

    def move_to(self, code: Floats) -> None:
        """Put the point at a code, as far as it is not locked; one with values that are not finite is ignored."""
        code = np.array(code, np.float32)
        locked = list(self._locked)
        code[locked] = self._code[locked]
        if not np.isfinite(code).all():
            return
        has_moved = not np.array_equal(code, self._code)
        if has_moved:
            self._code = code
            self.moved.emit(self._code)
        if has_moved or self._is_peeking:
            self._is_peeking = False
            self.seen.emit(self._code)

    def set_coordinate(self, dimension: int, value: float) -> None:
        """Move the point along one latent dimension."""
        code = self._code.copy()
        code[dimension] = value
        self.move_to(code)

    def peek_at(self, code: Floats) -> None:
        """Show a code (d,) without moving the point; one with values that are not finite is ignored."""
        if np.isfinite(code).all():
            self._is_peeking = True
            self.seen.emit(np.array(code, np.float32))

    def put_back(self) -> None:
        """End a peek."""
        if self._is_peeking:
            self._is_peeking = False
            self.seen.emit(self._code)

    def drop_peek(self) -> None:
        """End a peek without telling: what was looked at is about to go."""
        self._is_peeking = False

    def set_locked(self, dimension: int, is_locked: bool) -> None:
        """Hold a coordinate where it is, or let it move again."""
        changed = self._locked | {dimension} if is_locked else self._locked - {dimension}
        if changed != self._locked:
            self._locked = changed
            self.locks_changed.emit(changed)

    def resize(self, latent_dim: int) -> None:
        """Keep point and locks where the number of dimensions stays, else begin at 0."""
        self._is_peeking = False
        if len(self._code) != latent_dim:
            self._code = np.zeros(latent_dim, np.float32)
            self._locked = frozenset()
            self.locks_changed.emit(self._locked)
        self.moved.emit(self._code)
        self.seen.emit(self._code)
