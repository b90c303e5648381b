"""What a check of the lab finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vae_desktop.lab.seen import Seen


@dataclass(frozen=True)
class Outcome:
    """What a check found.

    Attributes
    ----------
    key : str
        Which of the step's words tell of it.
    is_done : bool
        Whether the step has its answer; else the words say what is missing.
    numbers : mapping
        For the fields of these words.
    choice : int, or None
        Which of the step's answers the window bears out; None where that cannot be said.
    """

    key: str
    is_done: bool = False
    numbers: Mapping[str, Any] = field(default_factory=dict)
    choice: int | None = None


Check = Callable[[Seen, Seen], Outcome]
