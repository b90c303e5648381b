"""How far long work is, and the way to stop it: whoever is told may raise Cancelled."""

from collections.abc import Callable

from vae_desktop.errors import Cancelled

Progress = Callable[[int, int], None]


def ignore(done: int, total: int) -> None:
    """Be told how much is done of how much, and do nothing."""


def never() -> bool:
    """Whether to stop: no."""
    return False


def cancellable(progress: Progress, is_cancelled: Callable[[], bool]) -> Progress:
    """A progress that first asks whether to stop, and then raises Cancelled."""

    def advance(done: int, total: int) -> None:
        if is_cancelled():
            raise Cancelled
        progress(done, total)

    return advance


def part_of(progress: Progress, before: int, size: int, total: int) -> Progress:
    """The progress of a part, `size` of `total`, of which `before` come before it."""

    def advance(done: int, of: int) -> None:
        progress(before + size * done // max(of, 1), total)

    return advance
