"""A data set as a value: two stacks of uint8 images with labels, and how to show it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from vae_desktop.config import DatasetConfig
from vae_desktop.data.captions import Captions
from vae_desktop.data.fingerprint import Difference, Fingerprint, Role, unknown_images
from vae_desktop.data.hashes import Hashes, hashes_of
from vae_desktop.data.origins import Origins
from vae_desktop.data.spectrum import Spectrum, spectrum_of
from vae_desktop.data.stored.pixels import Collected
from vae_desktop.errors import InvalidSetting
from vae_desktop.language import tr
from vae_desktop.progress import Progress

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]
Factors = npt.NDArray[np.float32]

MOVED_TOGETHER = 1 << 22  # bytes of images that are moved together


@dataclass(frozen=True, eq=False)
class Split:
    """A part of the images, with what is known about each.

    Attributes
    ----------
    images : array (N, C, H, W), uint8, 0 to 255
    labels : array (N,), int64, or None where there are none
    factors : array (N, F), float32, or None
        What an image was drawn from, where that is known.
    origins : Origins or None
        Where each image came from; None if it was made for the occasion.
    captions : tuple of tuple of str, or None
        A person's own captions of each image, which may have none; None if no image has one.
    """

    images: Images
    labels: Labels | None
    factors: Factors | None = None
    origins: Origins | None = None
    captions: Captions | None = None

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def hashes(self) -> Hashes:
        """The content hash (N,) of each image; takes a second for a gigabyte the first time."""
        return hashes_of(self.images)

    def hash(self, progress: Progress) -> None:
        """Find out `hashes` now; raises Cancelled if `progress`, asked now and then, raised it."""
        self.__dict__["hashes"] = hashes_of(self.images, progress)

    @property
    def sources(self) -> npt.NDArray[np.int64] | None:
        """As `Origins.sources`; None if nobody knows."""
        return None if self.origins is None else self.origins.sources

    def parted(self, is_held_out: npt.NDArray[np.bool_]) -> "tuple[Split, Split]":
        """Two splits: the images that are not held out, and those that are, each in their present order, none empty.

        The images are moved within this split's own memory, of which both are views: it cannot be used any longer.
        Those that are collected in a file are moved when all is known of them.
        """
        hashes = self.__dict__.get("hashes")  # if they are known
        rest, held_out = np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)
        if isinstance(self.images, Collected):
            front, back = self.images[rest], self.images[held_out]
        else:
            if held_out[0] != len(rest):  # else one part lies after the other already
                kept = self.images[held_out]
                move_to_front(self.images, rest)
                self.images[len(rest) :] = kept
            front, back = self.images[: len(rest)], self.images[len(rest) :]

        def part(images: Images, chosen: npt.NDArray[np.int64]) -> Split:
            labels = None if self.labels is None else self.labels[chosen]
            factors = None if self.factors is None else self.factors[chosen]
            origins = None if self.origins is None else self.origins.chosen(chosen)
            captions = None if self.captions is None else tuple(self.captions[number] for number in chosen.tolist())
            split = Split(images, labels, factors, origins, captions)
            if hashes is not None:
                split.__dict__["hashes"] = hashes[chosen]
            return split

        return part(front, rest), part(back, held_out)


@dataclass(frozen=True)
class Report:
    """What became of a person's own images on their way in, a line each, in plain words.

    Attributes
    ----------
    levels : str
        Which values became 0 and 255, and which there were; "" where bytes stayed as they were.
    """

    read: str
    converted: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    levels: str = ""

    @property
    def sections(self) -> list[str]:
        """What was converted and what was skipped, each under its title, with an empty line between them."""
        sections = (tr("Converted"), self.converted), (tr("Skipped"), self.skipped)
        return "\n\n".join("\n  ".join([title, *lines]) for title, lines in sections if lines).splitlines()


@dataclass(frozen=True, eq=False)
class Dataset:
    """A training and a test split of one set of images; nothing of it is ever changed.

    Labels colour plots and feed measures; training never sees them. There may be none, and then no class names.

    Attributes
    ----------
    fingerprint : Fingerprint or None
        Of a person's own images: what a model that is trained on them has learned by then.
    made_for : Fingerprint or None
        Of the model for which the images were parted: none that it has learned is for the test.
    on_validation : bool
        Whether `test` is the validation images that a person's own set has besides its test images.
    """

    config: DatasetConfig
    train: Split
    test: Split
    class_names: tuple[str, ...]
    factor_names: tuple[str, ...] = ()
    report: Report | None = None
    fingerprint: Fingerprint | None = None
    made_for: Fingerprint | None = None
    on_validation: bool = False

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(C, H, W)."""
        channels, height, width = self.train.images.shape[1:]
        return channels, height, width

    @property
    def title(self) -> str:
        return self.config.label

    def with_lines(self, converted: Sequence[str] = (), skipped: Sequence[str] = ()) -> "Dataset":
        """The data set with more lines in its report."""
        report = self.report or Report(tr("{dataset}.").format(dataset=self.title))
        converted, skipped = (*report.converted, *converted), (*report.skipped, *skipped)
        return replace(self, report=replace(report, converted=converted, skipped=skipped))

    @cached_property
    def origins(self) -> Origins | None:
        """Where the test images came from, then the training images, as far as it is known."""
        test, train = self.test.origins, self.train.origins
        return None if test is None or train is None else test.followed_by(train)

    def place_of(self, split: Split, number: int) -> str:
        """Where an image of one of the splits came from, in few words: from the data set's folder on; "" if unknown."""
        root = self.config.name if self.config.is_custom else ""
        return "" if split.origins is None else split.origins[number].below(root)

    @cached_property
    def file_order(self) -> npt.NDArray[np.int64]:
        """The images (N,) as they lie in their files: numbers as those of `origins`; else the training images first."""
        count, tests = len(self.test) + len(self.train), len(self.test)
        origins = self.origins
        if origins is None:
            return np.concatenate((np.arange(tests, count), np.arange(tests)))
        return np.lexsort((origins.part_of, origins.file_of))

    @cached_property
    def mean_image(self) -> npt.NDArray[np.float32]:
        """Mean of the training images (C, H, W), 0 to 1; takes a moment the first time."""
        mean: npt.NDArray[np.float64] = self.train.images.mean(0, dtype=np.float64) / 255
        return mean.astype(np.float32)

    @cached_property
    def spectrum(self) -> Spectrum:
        """How much the training images vary; takes a moment the first time."""
        return spectrum_of(self.train.images)

    @property
    def has_spectrum(self) -> bool:
        """Whether `spectrum` is known already."""
        return "spectrum" in self.__dict__

    def serves(self, learned: Fingerprint | None) -> bool:
        """Whether no image that a model has learned is among the test images; `learned` is None for a new model."""
        if not self.config.is_custom:
            return True
        if learned is self.made_for or (learned is not None and learned is self.fingerprint):
            return True
        if learned is None or learned.is_unknown or (self.made_for is not None and self.made_for.is_unknown):
            return False
        if learned not in self._served:
            test, train = (learned.roles(part, self.config.name) for part in (self.test, self.train))
            is_tested = learned.measured_on == self.config.measured_on and (train == Role.TESTED).any()
            # Images that are gone are not in this fingerprint, and would be forgotten where training goes on.
            are_there = self.fingerprint is None or bool(np.isin(learned.train, self.fingerprint.train).all())
            self._served[learned] = are_there and not (is_tested or (test == Role.LEARNED).any())
        return self._served[learned]

    @cached_property
    def _served(self) -> dict[Fingerprint, bool]:
        return {}

    def difference(self, learned: Fingerprint | None) -> Difference:
        """How the images differ from those of a model; no difference where nothing is known of these."""
        if learned is None or learned.is_unknown or learned is self.fingerprint:
            return Difference(0, 0, 0)
        if learned not in self._differences:
            self._differences[learned] = learned.difference(self.config, self.train, self.test)
        return self._differences[learned]

    @cached_property
    def _differences(self) -> dict[Fingerprint, Difference]:
        return {}

    def difference_in_words(self, learned: Fingerprint | None) -> str:
        """How the images differ from those of a model, or that nobody knows it; "" if they do not."""
        if learned is not None and learned.is_unknown:
            return unknown_images()
        difference = self.difference(learned)
        return str(difference) if difference else ""

    def check_batch_size(self, batch_size: int) -> None:
        """Raise InvalidSetting if a batch would be larger than the training set."""
        if batch_size > len(self.train):
            raise InvalidSetting(
                "batch_size",
                tr("Batch size: {batch_size:,} is more than the {count:,} training images of {dataset}.").format(
                    batch_size=batch_size, count=len(self.train), dataset=self.title
                ),
            )


def move_to_front(images: Images, chosen: npt.NDArray[np.int64]) -> Images:
    """Move the images of these numbers, which ascend, to the front of their own array; a view of them."""
    together = max(1, MOVED_TOGETHER // max(images[:1].nbytes, 1))
    for first in range(0, len(chosen), together):
        numbers = chosen[first : first + together]
        images[first : first + len(numbers)] = images[numbers]
    return images[: len(chosen)]


def channels_first(pixels: Images) -> Images:
    """Pixels (H, W) or (H, W, C) as an image (C, H, W) with its own memory."""
    return np.atleast_3d(pixels).transpose(2, 0, 1).copy()


def resize(images: Images, side: int | None) -> Images:
    """Resample images (N, C, H, W) to (N, C, side, side), bicubic, over the full frame.

    Shrinking averages over the pixels covered; None leaves the images as they are.
    """
    count, channels, height, width = images.shape
    if side is None or (height, width) == (side, side):
        return images
    from PIL import Image  # a hundredth of the start

    result = np.empty((count, channels, side, side), np.uint8)
    for source, target in zip(images.reshape(-1, height, width), result.reshape(-1, side, side), strict=True):
        target[:] = np.asarray(Image.fromarray(source).resize((side, side), Image.Resampling.BICUBIC))
    return result
