"""The one owner of the current latent point; every view follows it and can ask to move it."""

import numpy as np
from PySide6.QtCore import QObject, Signal

from vae_desktop.latent.codes import Floats


class LatentPoint(QObject):
    """A code (d,) of the model on screen."""

    moved = Signal(object)  # array (d,), float32; a new array each time

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._code = np.zeros(2, np.float32)

    @property
    def code(self) -> Floats:
        return self._code

    def move_to(self, code: Floats) -> None:
        """Put the point at a code; one with values that are not finite is ignored."""
        code = np.asarray(code, np.float32)
        if np.isfinite(code).all() and not np.array_equal(code, self._code):
            self._code = code.copy()
            self.moved.emit(self._code)

    def set_coordinate(self, dimension: int, value: float) -> None:
        """Move the point along one latent dimension."""
        self.set_coordinates({dimension: value})

    def set_coordinates(self, values: dict[int, float]) -> None:
        """Move the point along some latent dimensions at once."""
        code = self._code.copy()
        for dimension, value in values.items():
            code[dimension] = value
        self.move_to(code)

    def resize(self, latent_dim: int) -> None:
        """Keep the point where the number of dimensions stays, else begin at 0."""
        if len(self._code) != latent_dim:
            self._code = np.zeros(latent_dim, np.float32)
        self.moved.emit(self._code)
