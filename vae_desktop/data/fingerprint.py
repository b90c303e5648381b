"""What a model's file keeps of its images: enough to tell which of them are there, and which it has learned.

Only of a person's own images; the built-in sets do not change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vae_desktop.data.hashes import Hashes
from vae_desktop.language import tr

if TYPE_CHECKING:
    from vae_desktop.config import DatasetConfig
    from vae_desktop.data.dataset import Split

MOST_IMAGES = 1 << 24  # that are kept of a data set: 268 MB at 16 bytes each
_NONE = np.empty(0, np.uint64)


class Role(IntEnum):
    """What an image was to a model."""

    NEW = 0
    LEARNED = 1
    TESTED = 2


@dataclass(frozen=True, eq=False)
class Fingerprint:
    """The images of a model, 16 bytes each: the training images and those that it was tested on.

    Attributes
    ----------
    source : str
        The name of the data set, a path.
    measured_on : {"test", "validation"}
        Which images those are that it was tested on.
    train, test : array (N,), uint64
        Hashes of the images, as of `hashes_of`, ascending. All that the model has ever learned are among `train`.
    train_places, test_places : array (N,), uint64
        In the same order, where in the data set each image lay, as of `Origins.places`.
    """

    source: str
    measured_on: str
    train: Hashes
    test: Hashes
    train_places: Hashes
    test_places: Hashes

    @classmethod
    def of(
        cls, config: DatasetConfig, train: Split, test: Split, learned: Fingerprint | None = None
    ) -> Fingerprint | None:
        """The fingerprint of a model trained on these images, which has learned those of `learned` before.

        None for more than 16 million images, of which a file keeps none.
        """
        hashes, places = _known(train, config.name)
        if learned is not None:
            is_gone = ~np.isin(learned.train, hashes)
            hashes = np.concatenate((hashes, learned.train[is_gone]))
            places = np.concatenate((places, learned.train_places[is_gone]))
        if len(hashes) + len(test) > MOST_IMAGES:
            return None
        hashes, places = _in_order(hashes, places)
        test_hashes, test_places = _in_order(*_known(test, config.name))
        return cls(config.name, config.measured_on, hashes, test_hashes, places, test_places)

    @property
    def is_unknown(self) -> bool:
        """Whether nothing is known of the images that were learned."""
        return not len(self.train)

    @property
    def digest(self) -> str:
        """16 hexadecimal digits for the images and their split; whatever changes, they change."""
        hashed = blake2b(digest_size=8)
        for part in (self.train, self.test):
            hashed.update(len(part).to_bytes(8, "little") + part.astype("<u8").tobytes())
        return hashed.hexdigest()

    def roles(self, split: Split, source: str) -> npt.NDArray[np.int8]:
        """The Role (N,) that each image of the data set of this name had for the model.

        An image is known by its content; where that is new and the data set is the model's, by its place: pixels may
        change a little with the library that scales an image. Equal images have one role, and new pages of a file have
        that of its others.
        """
        hashes = split.hashes
        is_learned = np.isin(hashes, self.train)
        is_tested = np.isin(hashes, self.test) & ~is_learned
        is_new = ~(is_learned | is_tested)
        if split.origins is not None and self._knows_places(split, source, is_new):
            places = split.origins.places(source)
            is_learned |= is_new & np.isin(places, self.train_places)
            is_tested |= is_new & np.isin(places, self.test_places)
        is_learned |= np.isin(hashes, hashes[is_learned])
        is_tested |= np.isin(hashes, hashes[is_tested])
        if (sources := split.sources) is not None:
            is_new = ~(is_learned | is_tested)
            is_learned |= is_new & np.isin(sources, sources[is_learned])
            is_tested |= is_new & np.isin(sources, sources[is_tested])
        roles = np.where(is_tested, Role.TESTED, Role.NEW)
        return np.where(is_learned, Role.LEARNED, roles).astype(np.int8)

    def _knows_places(self, split: Split, source: str, is_new: npt.NDArray[np.bool_]) -> bool:
        """Whether an image is the same if it lies where one lay.

        Rows of a file all move when one is put in: they count only where no image is known by its content.
        """
        if source != self.source or split.origins is None:
            return False
        return split.origins.kind == "page" or bool(is_new.all())

    @classmethod
    def joined(cls, several: Sequence[Fingerprint | None]) -> Fingerprint | None:
        """What models that go on together have learned, each of its own; None if none has learned anything."""
        known = [one for one in dict.fromkeys(several) if one is not None]
        if len(known) < 2 or any(one.is_unknown for one in known):
            return next((one for one in known if one.is_unknown), known[0] if known else None)
        train = _in_order(
            *(np.concatenate([getattr(one, name) for one in known]) for name in ("train", "train_places"))
        )
        first = known[0]
        return cls(first.source, first.measured_on, train[0], first.test, train[1], first.test_places)

    def has_tested(self, test: Split, config: DatasetConfig) -> bool:
        """Whether these are the very images, in the same places, that the model was tested on."""
        found = zip((self.test, self.test_places), _in_order(*_known(test, config.name)), strict=True)
        return len(test) == len(self.test) and all(bool((one == other).all()) for one, other in found)

    def difference(self, config: DatasetConfig, train: Split, test: Split) -> Difference:
        """How the images of a data set differ from those of the model.

        Where other images are to be measured on than the model's, test images are left out: these were not all there.
        """
        parts = (_known(train, config.name), _known(test, config.name))
        now, places_now = (np.concatenate(pair) for pair in zip(*parts, strict=True))
        before, places_before = self.train, self.train_places
        is_whole = config.measured_on == self.measured_on
        if is_whole:
            before, places_before = (
                np.concatenate(pair) for pair in ((before, self.test), (places_before, self.test_places))
            )
        is_new, is_gone = ~np.isin(now, before), ~np.isin(before, now)
        changed = 0
        if self._knows_places(train, config.name, is_new):
            changed = int(np.isin(places_now[is_new], places_before[is_gone]).sum())
        new = int(is_new.sum()) - changed if is_whole else 0
        return Difference(new, int(is_gone.sum()) - changed, changed)


UNKNOWN = Fingerprint("", "test", _NONE, _NONE, _NONE, _NONE)  # of own images, in files of earlier versions and runs


def unknown_images() -> str:
    """Why figures on a person's own images may flatter a model of which is not known which of them it has learned."""
    return tr(
        "Nothing says which images this model has learned: its file is of an earlier version, or it was followed as it "
        "trained elsewhere. If files were added, removed or renamed since, some of those may be among the test images."
    )


@dataclass(frozen=True)
class Difference:
    """How many images of a data set are new to a model, which of its own are gone, and which have other pixels now."""

    new: int
    gone: int
    changed: int

    def __bool__(self) -> bool:
        return bool(self.new or self.gone or self.changed)

    def __str__(self) -> str:
        """The difference in words, in a sentence."""
        text = tr(
            "These are not the images that the model was trained on (new: {new:,}, gone: {gone:,}, changed: "
            "{changed:,}). None that it has learned counts as a test image."
        )
        return text.format(new=self.new, gone=self.gone, changed=self.changed)


def _known(split: Split, source: str) -> tuple[Hashes, Hashes]:
    """Hashes and places of the images of a split."""
    hashes = split.hashes
    return hashes, np.zeros(len(hashes), np.uint64) if split.origins is None else split.origins.places(source)


def _in_order(hashes: Hashes, places: Hashes) -> tuple[Hashes, Hashes]:
    order = np.lexsort((places, hashes))
    return hashes[order], places[order]
