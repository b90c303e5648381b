"""When something is due again, given what it costs."""


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
