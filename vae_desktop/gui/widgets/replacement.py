"""A step of undo that puts one thing in place of another."""

from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtGui import QUndoCommand

ThingT = TypeVar("ThingT")


class Replacement(QUndoCommand, Generic[ThingT]):
    """Another thing in place of the one before; `show` is called with either."""

    def __init__(self, show: Callable[[ThingT], None], before: ThingT, after: ThingT) -> None:
        super().__init__()
        self._show, self._before, self._after = show, before, after

    def undo(self) -> None:
        self._show(self._before)

    def redo(self) -> None:
        self._show(self._after)
