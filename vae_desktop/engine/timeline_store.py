"""Where the timelines of all windows lie: a folder for each model in the cache, and which files it is kept in."""

from __future__ import annotations

import contextlib
import itertools
import json
import logging
import os
import platform
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vae_desktop.config import RunConfig
from vae_desktop.errors import CheckpointError, UserError
from vae_desktop.files import write_atomically
from vae_desktop.models.architecture import ImageShape
from vae_desktop.models.snapshot import are_equal
from vae_desktop.training.frame_folder import FrameFolder
from vae_desktop.training.frames import FrameLayout
from vae_desktop.training.recording import KeptTimeline
from vae_desktop.training.timeline import FrameInfo, Timeline

if TYPE_CHECKING:
    from vae_desktop.training.checkpoint import Checkpoint

MOST_BYTES = 2 * 10**9  # of timelines that no open window needs; the newest stay
_FORGOTTEN = 7 * 86_400  # seconds, after which a process that cannot be asked for counts as gone
_count = itertools.count()
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TimelineStore:
    """Makes the folders, and finds the one that belongs to a model's file again.

    Each folder is named after the process that records into it. It stays as long as that process lives, and then as
    long as one of the files is there that its model was kept in.

    Parameters
    ----------
    root : Path
    """

    root: Path

    def new(self, config: RunConfig, image_shape: ImageShape) -> FrameFolder:
        """A folder for the frames of a model, which is made with the first of them."""
        return FrameFolder(self.root / _new_name(), FrameLayout.of(config.model, image_shape))

    def note_files(self, folder: FrameFolder, files: Mapping[Path, int]) -> None:
        """Note in which files a model is kept, and which of the models there it is."""
        path = _notes(folder.path)
        if not folder.path.exists():
            return
        said = {str(file.absolute()): place for file, place in files.items()}
        with contextlib.suppress(UserError):  # that the cache cannot be written has been told
            write_atomically(path, json.dumps(said).encode(), is_lasting=False)

    def remove(self, folder: FrameFolder) -> None:
        """Delete what says where the model is kept; the frames are the recording's to delete."""
        with contextlib.suppress(OSError):
            _notes(folder.path).unlink(missing_ok=True)

    def find(self, path: Path, place: int, checkpoint: Checkpoint) -> KeptTimeline | None:
        """The timeline of a model that was read from a file, if its frames are still there and are its own."""
        likely: KeptTimeline | None = None
        for notes in sorted(self.root.glob("*.json"), key=lambda notes: notes.stem.rpartition("-")[2], reverse=True):
            if _files_in(notes).get(str(path.absolute())) != place:
                continue
            layout = FrameLayout.of(checkpoint.config.model, checkpoint.image_shape)
            folder = FrameFolder(notes.with_suffix(""), layout)
            frames, settings = folder.found(checkpoint.history)
            labels = None if checkpoint.codes is None else checkpoint.codes.labels
            timeline = KeptTimeline(folder, frames, settings, labels)
            belongs = _belongs_to(timeline, checkpoint) if frames else False
            if belongs:
                return timeline
            likely = likely or (timeline if belongs is None else None)
        return likely

    def sweep(self) -> None:
        """Delete what no process and no file needs any more, and the oldest of the rest if it is too much."""
        room = MOST_BYTES
        for folder in sorted(self.root.glob("*/"), key=_age):
            if _may_be_recorded_into(folder):
                continue
            files = _files_in(_notes(folder))
            with contextlib.suppress(OSError):  # another process may do the same
                room -= sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
                if room < 0 or not any(Path(file).exists() for file in files):
                    shutil.rmtree(folder, ignore_errors=True)
                    _notes(folder).unlink(missing_ok=True)


@contextlib.contextmanager
def pinned(timeline: Timeline) -> Iterator[Timeline]:
    """A timeline as it is now: until the end of the block its frames stay, whatever its training goes on to.

    Where the cache can hold nothing more, it is the timeline itself.
    """
    if not isinstance(timeline, KeptTimeline):
        yield timeline
        return
    folder = timeline.folder.beside(_new_name())
    try:
        frames = list(_taken_over(timeline, folder))
    except UserError:
        frames = []
    try:
        yield KeptTimeline(folder, frames, timeline.settings, timeline.labels) if frames else timeline
    finally:
        folder.remove()


def _taken_over(timeline: KeptTimeline, folder: FrameFolder) -> Iterator[FrameInfo]:
    for info in timeline.frames:
        with contextlib.suppress(CheckpointError):  # it was thinned out meanwhile
            folder.take_over(info, timeline.folder)
            yield info


def _new_name() -> str:
    """A name for a folder that this process records into: its number, its machine, and when."""
    when = time.time_ns() + next(_count)  # a clock may tick but every few milliseconds
    return f"{os.getpid()}-{platform.node()}-{when}".replace(os.sep, "")


def _notes(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.json")


def _files_in(notes: Path) -> dict[str, Any]:
    try:
        said = json.loads(notes.read_bytes())
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _belongs_to(timeline: KeptTimeline, checkpoint: Checkpoint) -> bool | None:
    """Whether the frame of a model's own step has its weights; None where that step was not kept."""
    step = checkpoint.snapshot.step
    if timeline.info(step) is None:
        return None
    try:
        weights = timeline.read(step).snapshot.weights
    except UserError as error:
        _log.warning("a timeline is left out: %s", error)
        return False
    return are_equal(weights, checkpoint.snapshot.weights)


def _age(folder: Path) -> float:
    """Seconds since something was last put into a folder."""
    with contextlib.suppress(OSError):
        return time.time() - folder.stat().st_mtime
    return 0.0


def _may_be_recorded_into(folder: Path) -> bool:
    """Whether the process that a folder is named after may still be running."""
    process, _, rest = folder.name.partition("-")
    machine = rest.rpartition("-")[0]
    if not process.isdecimal():
        return False
    is_elsewhere = machine not in ("", platform.node())  # of several that share a home
    if os.name == "nt" or is_elsewhere:  # a process cannot be asked for, on Windows not without harm
        return _age(folder) < _FORGOTTEN and int(process) != 0
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True  # somebody else's
    return True
