"""``--timeline``: moments of a training are kept, and lie in its file in the end."""

import argparse
import contextlib
import sys
from collections.abc import Iterator, Sequence
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
    from vae_desktop.engine.timeline_store import TimelineStore, new_name
    from vae_desktop.training.frame_folder import FrameFolder
    from vae_desktop.training.frame_writer import FrameWriter
    from vae_desktop.training.frames import FrameLayout, check_budget
    from vae_desktop.training.recording import Recording

    before = before or [None] * len(configs)
    budget = max((_own_budget(timeline) for timeline in before if timeline is not None), default=0)
    if options.timeline is not None:
        budget = bytes_of("timeline", " ".join(options.timeline))
    if not budget:
        yield [None] * len(configs)
        return
    layouts = [FrameLayout.of(config.model, dataset.image_shape) for config in configs]
    check_budget(budget, layouts)
    store = TimelineStore(paths.default_cache_dir() / "timelines")
    place, writer = store.root / new_name(), FrameWriter()
    writer.add(store.sweep)  # what was killed has left its frames

    told: set[str] = set()

    def complain(trouble: str, details: str) -> None:
        if trouble in told:  # of another model
            return
        told.add(trouble)
        if options.debug and details:
            print(details, file=sys.stderr)
        say(options.program, trouble, mark=tr("note: "))

    made: list[Recording | None] = []
    for number, (layout, own) in enumerate(zip(layouts, before, strict=True)):
        recording = Recording(FrameFolder(place / str(number), layout), writer, budget, on_trouble=complain)
        if own is not None:
            recording.adopt(own)
        made.append(recording)
    try:
        yield made
    finally:
        for entry in made:
            if entry is not None:
                entry.remove()
        writer.join()
        with contextlib.suppress(OSError):
            place.rmdir()


def _own_budget(timeline: "Timeline") -> int:
    """Bytes within which a timeline is kept as its training goes on, where nobody asks for others."""
    from vae_desktop.training.timeline import DEFAULT_BUDGET

    return timeline.budget or max(timeline.bytes, DEFAULT_BUDGET)
