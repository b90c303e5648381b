"""Where what lies in a training's folder, and what its files say; needs no torch.

Each file is replaced as a whole or only grows, so it can be read at any moment. ``run.json`` says what trains,
``status.json`` how it stands: by it a reader knows what is new in all other files.
"""

import stat
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from pathlib import Path, PurePath
from typing import Any, Literal

from vae_desktop.language import tr
from vae_desktop.training.timeline import FrameInfo, Timeline

VERSION = 1
KEY = "vae_desktop_run"
RUN, STATUS, LABELS, MODELS, LOCK = "run.json", "status.json", "labels.npy", "models.safetensors", "lock"
METRICS, TIMELINE, FRAMES, NEWEST = "metrics.jsonl", "timeline.json", "frames", "newest"  # of each model

State = Literal["training", "paused", "finished", "stopped", "failed"]
_MOST_NAMED = 4  # folders


@dataclass(frozen=True)
class ModelStatus:
    """How far one model is, and what of it can be read.

    Attributes
    ----------
    step, last_step : int
        Steps taken, and at its end.
    state : str
    reason : str
        Why it has failed, in words.
    metrics : int
        Bytes of its metrics that are whole lines.
    newest, newest_codes : int, or None
        The steps of its newest snapshot, and of the newest one with codes.
    frames : int
        Another number for each change of its timeline; 0 while there is none.
    """

    step: int
    last_step: int
    state: State
    reason: str = ""
    metrics: int = 0
    newest: int | None = None
    newest_codes: int | None = None
    frames: int = 0


@dataclass(frozen=True)
class Status:
    """How a training stands.

    Attributes
    ----------
    id : str
        Of the run; a training that goes on begins its folder anew, with another one.
    beat : int
        Counts up with each writing, so that a reader needs no clock but its own.
    seconds : float
        Since the trainer began, by its clock.
    state : str
    models : tuple of ModelStatus
    """

    id: str
    beat: int
    seconds: float
    state: State
    models: tuple[ModelStatus, ...]


def timeline_said(timeline: Timeline) -> dict[str, Any]:
    """What a file says of the frames of a timeline; their evaluations stand among the metrics."""
    return {"settings": dict(timeline.settings), "frames": [_frame_said(info) for info in timeline.frames]}


def _frame_said(info: FrameInfo) -> list[Any]:
    span = None if info.span is None else list(astuple(info.span))
    return [info.step, info.bytes, info.moment_bytes, info.is_exact, info.is_change, span]


def of_model(number: int, *names: str) -> PurePath:
    """Where something of a model lies in the folder."""
    return PurePath(str(number), *names)


def versioned(said: Mapping[str, Any]) -> dict[str, Any]:
    """What is said, with the version of the folder's format."""
    return {KEY: VERSION, **said}



def is_run(folder: Path) -> bool:
    """Whether a training has written a folder of this machine, as far as one is let see."""
    try:
        return (folder / RUN).is_file() and (folder / of_model(0)).is_dir()
    except (OSError, ValueError):
        return False


def why_no_run(folder: Path) -> str:
    """Why nothing can be followed in a folder of this machine, in words; "" where a training may be, or may begin."""
    if is_run(folder):
        return ""
    try:
        if not stat.S_ISDIR(folder.stat().st_mode):
            return tr("{path} is a file: name the folder that the training writes.").format(path=folder)
        inside = sorted(entry.name for entry in folder.iterdir() if is_run(entry))
    except (FileNotFoundError, NotADirectoryError):
        return tr("There is no folder {folder}.").format(folder=folder)
    except (OSError, ValueError):  # which reading it will tell
        return ""
    if not inside:
        return ""
    names = ", ".join([*inside[:_MOST_NAMED], *("…" for _ in inside[_MOST_NAMED:][:1])])
    return tr("{folder} is no training's folder, but it has some in it: {names}.").format(folder=folder, names=names)
