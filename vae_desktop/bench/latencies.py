"""How long a window takes from what a hand does to the paint that shows it."""

from __future__ import annotations

import time
from collections.abc import Hashable
from typing import TYPE_CHECKING

from vae_desktop.engine.inference import Decoded
from vae_desktop.engine.view_requests import ViewRequest

if TYPE_CHECKING:
    from vae_desktop.driver import WindowDriver

Found = dict[str, float]


class Latencies:
    """Times from requests to the paint of the very picture that answers each.

    Attributes
    ----------
    asked : dict of request to time
        Those that are not on show yet, and when each was made, in seconds.
    painted_at : float
        When an answer was painted last, in seconds since the epoch; 0 where none was.
    """

    def __init__(self) -> None:
        self.asked: dict[Hashable, float] = {}
        self.painted_at = 0.0
        self._shown: Hashable = None
        self._times: list[float] = []

    def show_picture(self, decoded: Decoded) -> None:
        """Note that a picture is about to be shown."""
        self._shown = decoded.request_id

    def show_answer(self, request: ViewRequest, _: object) -> None:
        """Note that an answer to a view's request is about to be shown."""
        if request.view == "drawing":
            self._shown = request

    def note_paint(self) -> None:
        """Note that what is shown has been painted."""
        self.note_answer(self._shown)

    def note_answer(self, request: Hashable) -> None:
        """Note that the answer to a request has been painted."""
        asked = self.asked.pop(request, None)
        if asked is not None:
            self.painted_at = time.time()
            self._times.append(1000 * (time.perf_counter() - asked))

    def collected(self, driver: WindowDriver, seconds: float) -> Found:
        """The times of so many seconds from now on."""
        self.asked.clear()
        self._times.clear()
        driver.wait(seconds)
        found = quantiles(self._times, (0.5, 0.95, 0.99))
        return {**found, "unanswered": len(self.asked), "painted": len(self._times)}


def quantiles(values: list[float], fractions: tuple[float, ...]) -> Found:
    """Some quantiles of values by their names, such as "p95", and the largest value as "max"."""
    ordered = sorted(values)
    found = {f"p{100 * fraction:g}": ordered[int(fraction * (len(ordered) - 1))] for fraction in fractions}
    return {**found, "max": ordered[-1]}
