"""Plays the kept steps of the models in sight, one after the other."""

from __future__ import annotations

import contextlib
import time
from bisect import bisect_right
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Slot

from vae_desktop.engine.playhead import Playhead, common_steps
from vae_desktop.engine.run import Run
from vae_desktop.gui.controllers.window_settings import WindowSettings
from vae_desktop.gui.views.timeline.play_button import PlayButton

_FRAME = 0.1  # seconds for each kept step, at least, at the speed of 1
_SPEED, _LOOP = "timeline_speed", "timeline_loop"  # settings


class TimelinePlayer(QObject):
    """Goes from the step that is shown to the last, or round and round, each step as soon as the one before has come.

    After the last comes what is now. Steps that cannot be read fast enough are left out above the speed of 1, as many
    as that is times faster.

    Parameters
    ----------
    runs : callable
        Returns the models in sight that have a timeline; what all of them have kept is played.
    """

    def __init__(
        self, button: PlayButton, playhead: Playhead, runs: Callable[[], list[Run]], settings: WindowSettings
    ) -> None:
        super().__init__(button)
        self._button, self._playhead, self._runs, self._settings = button, playhead, runs, settings
        self._at, self._since = -1, 0.0  # the step that was asked for last, and when
        self._clock = QTimer(self)
        self._clock.timeout.connect(self._go_on)
        with contextlib.suppress(ValueError):  # none is stored, or what is makes no sense
            button.set_speed(float(settings.text(_SPEED)))
        button.loop.setChecked(settings.text(_LOOP) == "yes")
        button.options_changed.connect(self._take_options)
        button.toggled.connect(self._play)
        playhead.unreachable.connect(self.stop)

    @Slot()
    def stop(self) -> None:
        self._button.setChecked(False)

    @property
    def _interval(self) -> float:
        return _FRAME / self._button.speed

    @Slot()
    def _take_options(self) -> None:
        self._clock.setInterval(round(1000 * self._interval))
        self._settings.set_text(_SPEED, f"{self._button.speed:g}")
        self._settings.set_text(_LOOP, "yes" if self._button.loop.isChecked() else "")

    @Slot(bool)
    def _play(self, on: bool) -> None:
        """Begin where the playhead stands; from the end, or from now, with the first step."""
        runs = self._runs()
        if not on or not runs:
            self._clock.stop()
            self.stop()
            return
        moment, steps = runs[0].moment, common_steps(runs)
        if moment is None or moment.step >= steps[-1]:
            self._go_to(runs, steps[0])
        else:
            self._at, self._since = moment.step, time.monotonic()
        self._clock.start(round(1000 * self._interval))

    @Slot()
    def _go_on(self) -> None:
        runs = self._runs()
        if not runs or not self._button.isVisible():
            self.stop()
            return
        if self._playhead.is_waiting(runs):
            return
        steps = common_steps(runs)
        place = bisect_right(steps, self._at)
        if place < len(steps):
            late = round((time.monotonic() - self._since) / self._interval)
            ahead = max(1, min(late, int(self._button.speed)))
            self._go_to(runs, steps[min(place + ahead, len(steps)) - 1])
        elif self._button.loop.isChecked():
            self._go_to(runs, steps[0])
        else:
            self.stop()
            self._playhead.go_live(runs)

    def _go_to(self, runs: list[Run], step: int) -> None:
        self._at, self._since = step, time.monotonic()
        self._playhead.go_to(runs, step)
