"""What the views have asked for: the newest request of each, and what becomes of its answer."""

from collections.abc import Callable
from typing import Any

import numpy as np

from vae_desktop.engine.messages import ViewAnswered
from vae_desktop.engine.session import Session
from vae_desktop.engine.view_requests import SheetRequest, ViewRequest

Show = Callable[[Any], None]

_SAME = 1e-5  # apart in every coordinate at most


class ViewRequests:
    """Asks the session, and hands each answer to whoever asked, unless something newer has been asked for since."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._asked: dict[str, tuple[ViewRequest, Show]] = {}
        self._answered: set[str] = set()

    def ask(self, request: ViewRequest, show: Show) -> None:
        """Have something worked out; `show` gets each answer. Pictures already asked for are not begun anew."""
        asked = self._asked.get(request.view)
        if asked is not None and _is_same(asked[0], request):
            self._asked[request.view] = asked[0], show
            return
        self._asked[request.view] = request, show
        self._answered.discard(request.view)
        self._session.ask_view(request)

    def forget(self, view: str) -> None:
        """Nothing more is wanted for a view."""
        self._answered.discard(view)
        if self._asked.pop(view, None) is not None:
            self._session.forget_view(view)

    def newest(self, view: str) -> ViewRequest | None:
        """What a view has asked for last."""
        return self._asked[view][0] if view in self._asked else None

    def is_waiting(self, view: str) -> bool:
        """Whether something is asked for of which nothing has been answered yet."""
        return view in self._asked and view not in self._answered

    def show_answer(self, answer: ViewAnswered) -> None:
        """Hand out an answer, if it is to a view's newest request."""
        view = answer.request.view
        request, show = self._asked.get(view, (None, None))
        if request is answer.request and show is not None:
            self._answered.add(view)
            show(answer.value)


def _is_same(asked: ViewRequest, request: ViewRequest) -> bool:
    """Whether pictures of the same codes are asked for already: to begin anew would show them coarse again."""
    if not isinstance(asked, SheetRequest) or not isinstance(request, SheetRequest):
        return False
    if (asked.run_id, asked.side, asked.codes.shape) != (request.run_id, request.side, request.codes.shape):
        return False
    is_near = np.abs(asked.codes - request.codes).max(initial=0) <= _SAME  # a third of the time of np.allclose
    return len(asked.passes) == len(request.passes) and bool(is_near)
