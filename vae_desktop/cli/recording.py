"""``--timeline``: moments of a training are kept, and lie in its file in the end."""

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from vae_desktop import paths
from vae_desktop.cli.output import say
from vae_desktop.config import RunConfig
from vae_desktop.files import bytes_of
from vae_desktop.language import tr

if TYPE_CHECKING:
    from vae_desktop.data.dataset import Dataset
    from vae_desktop.training.recording import Recording
    from vae_desktop.training.timeline import Timeline


def add_timeline_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--timeline``."""
    help = tr(
        "keep moments of the training in the file, at most so many bytes of each model, such as 256 MB: the first, the "
        "best, each change of a setting, and many between them; 0 keeps none (default: none, or what the file has that "
        "is gone on with)"
    )
    parser.add_argument("--timeline", nargs="+", metavar="SIZE", help=help)


@contextlib.contextmanager
def recordings(
    configs: Sequence[RunConfig],
    dataset: "Dataset",
    options: argparse.Namespace,
    before: "Sequence[Timeline | None] | None" = None,
) -> "Iterator[list[Recording | None]]":
    """Where frames of each model are kept while it trains; they are gone afterwards.

    Parameters
    ----------
    before : sequence of Timeline or None, optional
        The frames that each model has already.

    Raises
    ------
    InvalidSetting
        If the size is none, or not even two frames fit.
    """
    from vae_desktop.engine.timeline_store import TimelineStore
    from vae_desktop.training.frame_writer import FrameWriter
    from vae_desktop.training.frames import FrameLayout, check_budget
    from vae_desktop.training.recording import Recording

    before = before or [None] * len(configs)
    budget = _budget(options, before)
    if not budget:
        yield [None] * len(configs)
        return
    check_budget(budget, [FrameLayout.of(config.model, dataset.image_shape) for config in configs])
    store, writer = TimelineStore(paths.default_cache_dir() / "timelines"), FrameWriter()
    writer.add(store.sweep)  # what was killed has left its frames
    folders, complain = [store.new(config, dataset.image_shape) for config in configs], _complainer(options)
    made = [Recording(folder, writer, budget, on_trouble=complain) for folder in folders]
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


def _budget(options: argparse.Namespace, before: "Sequence[Timeline | None]") -> int:
    """Bytes that the frames of each model may take: as is asked for, else as those that there are may go on; 0: none.

    Raises
    ------
    InvalidSetting
        If the size is none.
    """
    from vae_desktop.training.timeline import DEFAULT_BUDGET

    if options.timeline is not None:
        return bytes_of("timeline", " ".join(options.timeline))
    own = [timeline.budget or max(timeline.bytes, DEFAULT_BUDGET) for timeline in before if timeline is not None]
    return max(own, default=0)
