"""What views have asked for, and whose turn it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from vae_desktop.engine.snapshots import Snapshots
from vae_desktop.engine.view_requests import ViewRequest, are_same
from vae_desktop.progress import Pacer

# Share of a core beside a training: for what the person has just asked for, and to keep it up to date.
_ASKED_SHARE, _REFRESH_SHARE = 0.15, 0.06
_TRAINS = 1.0  # seconds since the last live snapshot within which a training counts as going on


@dataclass(eq=False)
class Asked:
    """A view's request, who gets its answers, and how far it is."""

    request: ViewRequest
    show: Callable[[Any], object]
    is_told: bool = False  # a first answer has reached whoever asked
    work: Iterator[Any] | None = None
    is_stale: bool = True  # there are weights that its last pass has not seen
    is_answered: bool = False  # a pass is done; what comes now keeps it up to date
    latest: Any = None

    @property
    def is_urgent(self) -> bool:
        """Whether a hand waits for it."""
        return self.request.is_urgent and not self.is_answered


class ViewTurns:
    """The newest request of each view: urgent ones have their turn first, then one after the other.

    Beside a training they are spaced. Whoever uses it from several threads holds a lock meanwhile.

    Parameters
    ----------
    snapshots : Snapshots
        The weights that are there to be worked on.
    """

    def __init__(self, snapshots: Snapshots) -> None:
        self._snapshots = snapshots
        self._tasks: dict[str, Asked] = {}  # by view, the one whose turn it is first
        self._pacers = {share: Pacer(0.0, share) for share in (_ASKED_SHARE, _REFRESH_SHARE)}
        self._live_until = 0.0
        self.has_begun = False  # until then it is nobody's turn

    def ask(self, request: ViewRequest, show: Callable[[Any], object]) -> bool:
        """Take a view's request in; return whether it is another than that which it replaces."""
        asked = self._tasks.get(request.view)
        if asked is not None and are_same(asked.request, request):
            asked.show = show
            return False
        self._tasks[request.view] = Asked(request, show)
        return True

    def forget(self, view: str) -> None:
        """Let go of a view's request."""
        self._tasks.pop(view, None)

    def drop(self, task: Asked) -> None:
        """Let go of a request, unless its view has asked for something newer."""
        if self.is_wanted(task):
            self.forget(task.request.view)

    def is_wanted(self, task: Asked) -> bool:
        """Whether it is the newest of its view."""
        return self._tasks.get(task.request.view) is task

    def is_waiting(self, view: str) -> bool:
        """Whether a view has asked for something of which nothing has been answered yet."""
        return view in self._tasks and not self._tasks[view].is_told

    @property
    def requests(self) -> dict[str, ViewRequest]:
        """What each view has asked for last, as long as it wants it."""
        return {view: task.request for view, task in self._tasks.items()}

    def begin_anew(self, run_id: int) -> None:
        """Have what follows a model's training worked out by its weights of now."""
        for task in self._tasks.values():
            task.is_stale |= task.request.follows_training and task.request.run_id == run_id

    def note_training(self) -> None:
        """Note that a training goes on, which needs the processor too."""
        self._live_until = time.monotonic() + _TRAINS

    def next(self) -> Asked | None:
        """The task whose turn it is, if there is something to do for one and it is due."""
        now, tasks = time.monotonic(), self._workable()
        urgent = next((task for task in tasks if task.is_urgent), None)
        is_alone = now >= self._live_until
        return urgent or next((task for task in tasks if is_alone or self.pacer(task).is_due(now)), None)

    def pause(self) -> float | None:
        """Seconds until a task is due; None if none has anything to do."""
        now = time.monotonic()
        dues = [self.pacer(task).due - now for task in self._workable()]
        return max(min(dues), 0.0) if dues else None

    def pass_on(self, task: Asked) -> bool:
        """Give the others their turn after a part of a task; return whether it is still wanted."""
        is_wanted = self.is_wanted(task)
        if is_wanted:
            self._tasks[task.request.view] = self._tasks.pop(task.request.view)
        return is_wanted

    def pacer(self, task: Asked) -> Pacer:
        """What spaces the parts of such a task."""
        return self._pacers[_REFRESH_SHARE if task.is_answered else _ASKED_SHARE]

    def _workable(self) -> list[Asked]:
        return [
            task
            for task in (self._tasks.values() if self.has_begun else ())
            if (task.work is not None or task.is_stale) and task.request.run_id in self._snapshots
        ]
