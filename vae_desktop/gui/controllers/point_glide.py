"""Moves the current point smoothly, where the way that it takes says something."""

import numpy as np
from PySide6.QtCore import QObject, QVariantAnimation

from vae_desktop.gui.controllers.latent_point import LatentPoint
from vae_desktop.latent.codes import Floats

_DURATION = 300  # ms


class PointGlide(QObject):
    """Lets the point go straight from one code (d,) to another; whoever moves it meanwhile ends that."""

    def __init__(self, point: LatentPoint, parent: QObject) -> None:
        super().__init__(parent)
        self._point = point
        self._start = self._end = point.code
        self._put: Floats | None = None  # where the point was put last
        self._animation = QVariantAnimation(self, duration=_DURATION, startValue=0.0, endValue=1.0)
        self._animation.valueChanged.connect(self._move)

    @property
    def is_gliding(self) -> bool:
        return self._animation.state() == QVariantAnimation.State.Running

    @property
    def has_point(self) -> bool:
        """Whether the point is where it was put."""
        return self._put is not None and np.array_equal(self._point.code, self._put)

    def glide(self, start: Floats, end: Floats) -> None:
        """Move the point from a code to another."""
        self._animation.stop()
        self._start, self._end = start, end
        self.put(start)
        self._animation.start()

    def put(self, code: Floats) -> None:
        """Move the point to a code at once."""
        self._point.move_to(code)
        self._put = self._point.code

    def stop(self) -> None:
        """Leave the point where it is, to whoever moves it now."""
        self._animation.stop()
        self._put = None

    def turn_to(self, end: Floats) -> None:
        """Glide to another end than the one that was said."""
        self._end = end

    def _move(self, fraction: float) -> None:
        if self.has_point:
            self.put((self._start + np.float32(fraction) * (self._end - self._start)).astype(np.float32))
        else:
            self.stop()
