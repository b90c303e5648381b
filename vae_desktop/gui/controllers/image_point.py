"""Keeps the current point at the code of one image: at its mean, or at the sample of its posterior drawn last."""

import numpy as np
from PySide6.QtCore import QObject, QVariantAnimation

from vae_desktop.gui.controllers.latent_point import LatentPoint
from vae_desktop.latent.codes import Floats

_DURATION = 300  # ms, from the mean to a sample: the way that the point takes says what sampling is


class ImagePoint(QObject):
    """Moves the point when a hand has asked for it, and on with codes that move; whoever else moves it ends that."""

    def __init__(self, point: LatentPoint, parent: QObject) -> None:
        super().__init__(parent)
        self._point = point
        self._start = self._end = point.code
        self._put_at: Floats | None = None
        self._is_asked = False  # with the next codes: for another image
        self._is_drawn = False  # with the next codes: for another sample
        self._is_at_sample = False
        self._animation = QVariantAnimation(self, duration=_DURATION, startValue=0.0, endValue=1.0)
        self._animation.valueChanged.connect(self._move)

    def begin(self) -> None:
        """Another image has been asked for: the point goes to its mean as soon as that is known."""
        self.stop()
        self._is_asked = True

    def sample(self) -> None:
        """Another sample has been drawn: the point goes there from the mean as soon as it is known."""
        self._is_drawn = True

    def stop(self) -> None:
        """Leave the point where it is."""
        self._animation.stop()
        self._put_at = None
        self._is_asked = self._is_drawn = self._is_at_sample = False

    def follow(self, mean: Floats, drawn: Floats, is_first: bool) -> bool:
        """Put the point where it belongs, unless it was taken elsewhere; return whether it has been.

        Parameters
        ----------
        mean, drawn : array (d,)
            Of the image's posterior, and its sample.
        is_first : bool
            Whether the point goes there without having been asked.
        """
        if not (self._is_asked or self._is_drawn or is_first or self.has_point):
            return False
        is_gliding = self._animation.state() == QVariantAnimation.State.Running
        is_drawn, self._is_asked, self._is_drawn = self._is_drawn, False, False
        if is_drawn:
            self._is_at_sample = True
            self._animation.stop()
            self._start, self._end = mean, drawn
            self._put(mean)
            self._animation.start()
        elif is_gliding:
            self._end = drawn
        else:
            self._put(drawn if self._is_at_sample else mean)
        return True

    @property
    def has_point(self) -> bool:
        """Whether the point is where it was put."""
        return self._put_at is not None and np.array_equal(self._point.code, self._put_at)

    def _put(self, code: Floats) -> None:
        self._point.move_to(code)
        self._put_at = self._point.code

    def _move(self, fraction: float) -> None:
        if self.has_point:
            self._put((self._start + np.float32(fraction) * (self._end - self._start)).astype(np.float32))
        else:
            self.stop()
