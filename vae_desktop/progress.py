"""How far long work is, and the way to stop it; how often what recurs is done."""

from collections.abc import Callable

from vae_desktop.errors import Cancelled


class Progress:
    """What long work calls with how much is done of how much; it raises Cancelled once the work is no longer wanted.

    Parameters
    ----------
    report : callable
        Is told how much is done, and how much there is in total.
    is_cancelled : callable
        Is asked before each report, and by `check`, whether to stop.
    """

    def __init__(
        self,
        report: Callable[[int, int], object] = lambda done, total: None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self._report = report
        self._is_cancelled = is_cancelled

    def __call__(self, done: int, total: int) -> None:
        self.check()
        self._report(done, total)

    def check(self) -> None:
        """Raise Cancelled if the work is no longer wanted."""
        if self._is_cancelled():
            raise Cancelled

    def part(self, before: int, size: int, total: int) -> "Progress":
        """The progress of a part of the work: `size` of `total`, of which `before` come before that part."""
        return Progress(
            lambda done, of: self._report(before + size * done // max(of, 1), total), self._is_cancelled
        )

    def after(self, before: int, total: int) -> "Progress":
        """The progress of a part of unknown size: it counts on from `before`, to `total` at least."""
        return Progress(lambda done, of: self._report(before + done, max(total, before + of)), self._is_cancelled)


ignore = Progress()  # of work that nobody watches and nobody stops


class Pacer:
    """Spaces a recurring task so that it takes at most a fraction of the time.

    Parameters
    ----------
    interval : float
        Seconds between two beginnings, at least.
    fraction : float
        Largest fraction of the time that the task may take, 0 to 1.

    Attributes
    ----------
    due : float
        When it is due, in seconds of the caller's clock.
    """

    def __init__(self, interval: float, fraction: float) -> None:
        self.interval = interval
        self._fraction = fraction
        self.due = 0.0

    def is_due(self, now: float) -> bool:
        return now >= self.due

    def ran(self, began: float, ended: float) -> None:
        """Note a run of the task, in seconds of one clock."""
        self.due = began + max(self.interval, (ended - began) / self._fraction)
