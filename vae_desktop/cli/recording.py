"""What is kept of a training while it goes on: its moments, its folder, and its losses for TensorBoard."""

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vae_desktop import paths
from vae_desktop.cli.output import say
from vae_desktop.config import RunConfig
from vae_desktop.files import bytes_of
from vae_desktop.language import tr

if TYPE_CHECKING:
    from vae_desktop.data.dataset import Dataset
    from vae_desktop.training.loop import TrainingLoop
    from vae_desktop.training.processes import Processes
    from vae_desktop.training.recording import Recording
    from vae_desktop.training.run_folder.writer import RunFolder
    from vae_desktop.training.tensorboard import TensorBoardLog
    from vae_desktop.training.timeline import Timeline


def add_timeline_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--timeline``."""
    help = tr(
        "keep moments of the training in the file, at most so many bytes of each model, such as 256 MB: the first, the "
        "best, each change of a setting, and many between them; 0 keeps none (default: none, or what the file has that "
        "is gone on with)"
    )
    parser.add_argument("--timeline", nargs="+", metavar="SIZE", help=help)


def add_folder_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--run-dir`` and ``--log-dir``."""
    help = tr(
        "write what becomes of the training into this folder while it goes on, for vae-desktop --follow, here or on "
        "another machine; it must be new or empty"
    )
    parser.add_argument("--run-dir", type=Path, metavar="DIR", help=help)
    help = tr("write the losses into this folder as event files of TensorBoard, which has to be installed")
    parser.add_argument("--log-dir", type=Path, metavar="DIR", help=help)


def event_files(options: argparse.Namespace) -> "TensorBoardLog | None":
    """The losses of a training for TensorBoard, if they are wanted; they have to be closed.

    Raises
    ------
    UserError
        If TensorBoard is not installed.
    """
    if options.log_dir is None:
        return None
    from vae_desktop.training.tensorboard import TensorBoardLog

    return TensorBoardLog(options.log_dir, lambda text: say(options.program, text, mark=tr("note: ")))


@contextlib.contextmanager
def recorded(
    configs: Sequence[RunConfig],
    dataset: "Dataset",
    options: argparse.Namespace,
    processes: "Processes",
    log: "TensorBoardLog | None",
    earlier: "Callable[[RunFolder | None], Sequence[Timeline | None] | None]",
) -> "Iterator[tuple[list[Recording | None], Callable[[TrainingLoop], None]]]":
    """Keep of a training what is asked for: its frames, which are gone afterwards, its folder, and `log`.

    With `run_dir_goes_on` among the options what lies in the folder is the training's own, and is written on.

    Parameters
    ----------
    earlier : callable
        Is given the folder, if there is one; returns the frames that each model has already.

    Yields
    ------
    list of Recording or None
        Where frames of each model are kept; of several processes one keeps them.
    callable
        Is to be given the loop once its models have begun.

    Raises
    ------
    UserError
        If the folder cannot be made, or is another training's, the size of the frames is none, or not even two fit.
    """
    reporters: list[RunFolder | TensorBoardLog] = [] if log is None else [log]
    with contextlib.ExitStack() as stack:
        folder = _run_folder(options) if processes.leads else None
        if folder is not None:
            stack.callback(folder.close)
            reporters.insert(0, folder)

        def keep(training: "TrainingLoop") -> None:
            for reporter in reporters:
                stack.callback(reporter.close)  # the folder's before its timelines have gone
                reporter.begin(training)
                training.reporters.append(reporter)

        before = earlier(folder) or [None] * len(configs)
        budget = _budget(options, before, is_wanted=folder is not None)
        if budget and processes.leads:
            yield stack.enter_context(_recordings(configs, dataset, options, before, folder, budget)), keep
        else:
            yield [None] * len(configs), keep


def saves_frames(options: argparse.Namespace, has_saved: bool) -> bool:
    """Whether a model's file is to have its frames: not where they lie in the folder and nobody asks for them.

    Parameters
    ----------
    has_saved : bool
        Whether the file that the training comes from has some.
    """
    return options.run_dir is None or options.timeline is not None or has_saved


def _run_folder(options: argparse.Namespace) -> "RunFolder | None":
    if options.run_dir is None:
        return None
    from vae_desktop.training.run_folder.writer import RunFolder

    goes_on = getattr(options, "run_dir_goes_on", False)
    return RunFolder(options.run_dir, goes_on, lambda text: say(options.program, text, mark=tr("note: ")))


@contextlib.contextmanager
def _recordings(
    configs: Sequence[RunConfig],
    dataset: "Dataset",
    options: argparse.Namespace,
    before: "Sequence[Timeline | None]",
    folder: "RunFolder | None",
    budget: int,
) -> "Iterator[list[Recording | None]]":
    """Where frames of each model are kept while it trains, at most `budget` bytes each; they are gone afterwards."""
    from vae_desktop.engine.timeline_store import TimelineStore
    from vae_desktop.training.frame_writer import FrameWriter
    from vae_desktop.training.frames import FrameLayout, check_budget
    from vae_desktop.training.recording import Recording

    check_budget(budget, [FrameLayout.of(config.model, dataset.image_shape) for config in configs])
    store = TimelineStore(paths.default_cache_dir() / "timelines")
    writer = FrameWriter() if folder is None else folder.writer
    is_patient = (lambda error: False) if folder is None else folder.writer.is_patient
    writer.add(store.sweep)  # what was killed has left its frames
    folders, complain = [store.new(config, dataset.image_shape) for config in configs], _complainer(options)
    made = [Recording(frames, writer, budget, on_trouble=complain, is_patient=is_patient) for frames in folders]
    for recording, own in zip(made, before, strict=True):
        if own is not None:
            recording.adopt(own)
    try:
        yield [*made]
    finally:
        for recording in made:
            recording.remove()
        writer.join()


def _complainer(options: argparse.Namespace) -> Callable[[str, str], None]:
    """What tells of a trouble, once for all models that have it."""
    told: set[str] = set()

    def complain(trouble: str, details: str) -> None:
        if trouble in told:
            return
        told.add(trouble)
        if options.debug and details:
            print(details, file=sys.stderr)
        say(options.program, trouble, mark=tr("note: "))

    return complain


def _budget(options: argparse.Namespace, before: "Sequence[Timeline | None]", is_wanted: bool) -> int:
    """Bytes that the frames of each model may take: as is asked for, else as those that there are may go on; 0: none.

    Parameters
    ----------
    is_wanted : bool
        Whether there are to be frames where nothing is asked for.

    Raises
    ------
    InvalidSetting
        If the size is none.
    """
    from vae_desktop.training.timeline import DEFAULT_BUDGET

    if options.timeline is not None:
        return bytes_of("timeline", " ".join(options.timeline))
    own = [timeline.budget or max(timeline.bytes, DEFAULT_BUDGET) for timeline in before if timeline is not None]
    return max(own, default=DEFAULT_BUDGET if is_wanted else 0)
