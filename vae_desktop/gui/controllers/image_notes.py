"""What a person notes of images on the sheet: tags, and which new models do without; the latter can be undone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from vae_desktop.data.dataset import Dataset
from vae_desktop.data.exclusions import ImageKey, keys_of
from vae_desktop.engine.engine import Engine
from vae_desktop.engine.messages import Action
from vae_desktop.errors import UserError
from vae_desktop.language import sentences, tr, tr_count

ABOUT = "excluded images"  # the messages: the newest one alone holds


class ImageNotes:
    """Notes, and tells what was noted."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._marks = engine, engine.marks
        self._done: list[tuple[str, list[ImageKey], bool]] = []  # data set, images, and whether they became excluded

    def exclude(self, dataset: Dataset, images: Iterable[int], is_excluded: bool = True) -> None:
        """Have new models do without images, or with them again, as far as they do not already."""
        with self._telling():
            before = set(self._marks.excluded(dataset).tolist())
            changed = [number for number in images if (number in before) != is_excluded]
            self._exclude(dataset.config.name, keys_of(dataset, changed), is_excluded)

    def take_back_all(self, dataset: Dataset) -> None:
        """Have new models learn from all images again, also from those that are not there any longer."""
        source = dataset.config.name
        with self._telling():
            self._exclude(source, sorted(self._marks.of(source).exclusion().images), False)

    def undo(self) -> None:
        """Take back what was excluded, or taken back, last."""
        if self._done:
            source, keys, is_excluded = self._done[-1]
            with self._telling("undo_exclusion"):
                self._marks.exclude_keys(source, keys, not is_excluded)
                self._done.pop()
                self._engine.messages.inform(_told(len(keys), not is_excluded), about=ABOUT)

    def tag(self, dataset: Dataset, images: Sequence[int], tag: str, is_tagged: bool) -> None:
        """Give images a tag, or take it from them."""
        with self._telling():
            self._marks.tag(dataset, images, tag, is_tagged)

    def _exclude(self, source: str, keys: list[ImageKey], is_excluded: bool) -> None:
        if keys:
            self._marks.exclude_keys(source, keys, is_excluded)
            self._done.append((source, keys, is_excluded))
            self._engine.messages.inform(_told(len(keys), is_excluded), action="undo_exclusion", about=ABOUT)

    @contextmanager
    def _telling(self, action: Action = "") -> Iterator[None]:
        """Tell of marks that cannot be read or written: nothing is noted then, and that action may do it later."""
        try:
            yield
        except UserError as error:
            self._engine.messages.report(error, action=action)


def _told(count: int, is_excluded: bool) -> str:
    """What was done, and what follows."""
    if not is_excluded:
        text = tr_count("{count:,} image is not excluded any longer.", "{count:,} images are not excluded any longer.",
                        count)  # fmt: skip
        return text.format(count=count)
    text = tr_count(
        "{count:,} image is excluded from new models.",
        "{count:,} images are excluded from new models.",
        count,
    )
    return sentences(text.format(count=count), tr("More ▸ Train again makes one."))
