"""What the session tells its window."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.messages import Decoded
from vae_desktop.engine.run import Origin, Progress, Run

State = Literal["idle", "loading", "training", "paused", "stopping", "failed"]
Action = Literal["", "download", "repair", "open_autosave"]
Fetching = Literal["reading", "downloading"]


@dataclass(frozen=True)
class Message:
    """Something to tell the person, in plain words.

    Attributes
    ----------
    level : {"info", "error"}
    details : str
        What an engineer wants to read besides, or "".
    action : str
        What the person can do about it at once, or "".
    """

    level: Literal["info", "error"]
    text: str
    details: str = ""
    action: Action = ""


class SessionListener(Protocol):
    """Is told what has changed, in the thread that uses the session."""

    def state_changed(self, state: State) -> None: ...
    def message_posted(self, message: Message) -> None: ...
    def devices_found(self, devices: tuple[str, ...]) -> None: ...
    def dataset_loaded(self, dataset: Dataset) -> None: ...
    def spectrum_found(self, dataset: Dataset) -> None: ...
    def fetching_progressed(self, what: Fetching, done: int, total: int) -> None: ...
    def fetching_ended(self) -> None: ...
    def runs_changed(self) -> None: ...
    def run_shown(self, run: Run) -> None: ...
    def metrics_arrived(self, run: Run) -> None: ...
    def codes_moved(self, run: Run) -> None: ...
    def progress_made(self, progress: Progress) -> None: ...
    def picture_decoded(self, decoded: Decoded) -> None: ...
    def file_opened(self, path: Path, origin: Origin) -> None: ...
    def file_saved(self, path: Path) -> None: ...
