"""Goes along a way, by itself or as a slider is moved, and leads the current point with it."""

from PySide6.QtCore import QEasingCurve, QObject, QTimeLine, Signal, Slot

from vae_desktop.gui.controllers.latent_point import LatentPoint
from vae_desktop.gui.views.tools.travel_bar import TravelBar
from vae_desktop.latent.codes import Floats

_FRAME = 16  # ms


class Traveller(QObject):
    """Keeps a bar at how far along the way one is; whoever else moves the point stops the play.

    Attributes
    ----------
    fraction : float
        How far along the way one is, or was last, 0 to 1.
    is_leading : bool
        Whether it is what moves the point just now.
    """

    travelled = Signal(float)  # to a fraction of the way, by play or by slider

    def __init__(self, bar: TravelBar, point: LatentPoint) -> None:
        super().__init__(bar)
        self.fraction = 0.0
        self._bar, self._point = bar, point
        self._seconds, self._loops = 1.0, False
        self.is_leading = False
        self._clock = QTimeLine(parent=self, updateInterval=_FRAME)
        self._clock.setEasingCurve(QEasingCurve.Type.Linear)
        self._clock.valueChanged.connect(self._go_to)
        self._clock.finished.connect(self.stop)
        bar.play_button.toggled.connect(self._toggle_play)
        bar.slider.valueChanged.connect(self._scrub)
        point.moved.connect(self._give_way)

    def set_way(self, seconds: float, loops: bool = False) -> None:
        """Go along a way in so many seconds, round and round or once; what is being played goes on from where it is."""
        self._seconds, self._loops = seconds, loops
        if self._clock.state() == QTimeLine.State.Running:
            self._play_on()

    def go_to(self, fraction: float) -> None:
        """Stop, and be there."""
        self.stop()
        self._go_to(fraction)

    def lead_to(self, code: Floats) -> None:
        """Move the point without being stopped by that."""
        self.is_leading = True
        self._point.move_to(code)
        self.is_leading = False

    @Slot()
    def stop(self) -> None:
        """End the play, if there is one."""
        self._clock.stop()
        self._bar.set_playing(False)

    @Slot(float)
    def _go_to(self, fraction: float) -> None:
        self.fraction = fraction
        self._bar.set_fraction(fraction)
        self.travelled.emit(fraction)

    @Slot(bool)
    def _toggle_play(self, plays: bool) -> None:
        if not plays or not self._bar.play_button.isEnabled():
            self.stop()
            return
        self._bar.set_playing(True)
        if self.fraction >= 1.0:
            self._go_to(0.0)
        self._play_on()

    def _play_on(self) -> None:
        """Play from where one is, as long and as often as is chosen now."""
        duration = round(1000 * self._seconds)
        self._clock.stop()
        self._clock.setLoopCount(0 if self._loops else 1)
        self._clock.setDuration(duration)
        self._clock.setCurrentTime(round(self.fraction * duration))
        self._clock.resume()

    @Slot(int)
    def _scrub(self, position: int) -> None:
        self.go_to(self._bar.slider.value_of(position))

    @Slot()
    def _give_way(self) -> None:
        """Somebody else moves the point."""
        if not self.is_leading:
            self.stop()
