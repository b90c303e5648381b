"""From images and what is known of each to a data set: classes are numbered, a test set is held out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.messages import images_in_words, listed, natural_key, shown
from vae_desktop.data.dataset import Dataset, Images, Labels, Report, Split
from vae_desktop.data.origins import Origins
from vae_desktop.errors import DataError
from vae_desktop.language import tr, tr_count

FEWEST = 10  # images that make a data set
_MOST_CLASSES = 200
_HELD_OUT = 5  # one in so many is for the test
_LARGEST_TEST = 10_000
_REASONS, _SKIPPED = 3, 200  # lines in a message and in a report


@dataclass(frozen=True, eq=False)
class Assembled:
    """The images of one source, before their classes are numbered and some are held out.

    Attributes
    ----------
    images : array (N, C, S, S), uint8
        In memory of their own, within which `to_dataset` moves them.
    classes : array (N,) of whole numbers or names, or None
    is_test : array (N,), bool, or None
        Which are for the test, where the source says so.
    converted, skipped : sequences of str
        Lines of the report.
    origins : Origins or None
        Where each image came from; None if the source cannot say.
    """

    images: Images
    classes: npt.NDArray[Any] | None
    is_test: npt.NDArray[np.bool_] | None
    converted: Sequence[str]
    skipped: Sequence[str]
    origins: Origins | None = None


def check_count(count: int, source: object, skipped: Sequence[str] = ()) -> None:
    """Raise DataError, with the first reasons, if these are too few images to learn from."""
    if count >= FEWEST:
        return
    where = tr("{source} ({reasons})") if skipped else "{source}"
    where = where.format(source=source, reasons="; ".join(listed(skipped, _REASONS)))
    text = tr("No image could be read in {where}. At least {fewest} are needed: add images or choose another source.")
    if count:
        text = tr_count(
            "Only {count:,} image could be read in {where}. "
            "At least {fewest} are needed: add images or choose another source.",
            "Only {count:,} images could be read in {where}. "
            "At least {fewest} are needed: add images or choose another source.",
            count,
        )
    raise DataError(text.format(count=count, where=where, fewest=FEWEST))


def to_dataset(config: DatasetConfig, assembled: Assembled) -> Dataset:
    """The data set, with classes in natural order, and a fifth of the images for the test unless a split is given.

    More than 200 classes are dropped, and the report says so.
    """
    converted = list(assembled.converted)
    labels, names = (None, ()) if assembled.classes is None else number_classes(assembled.classes)
    if len(names) > _MOST_CLASSES:
        converted.append(
            tr("loaded without labels: {count:,} classes are more than {most}").format(
                count=len(names), most=_MOST_CLASSES
            )
        )
        labels, names = None, ()
    is_test = assembled.is_test
    if is_test is None or is_test.all() or not is_test.any():
        is_test = hold_out(np.zeros(len(assembled.images), np.int64) if labels is None else labels)
    train, test = Split(assembled.images, labels, origins=assembled.origins).parted(is_test)
    report = Report(_summary(config, train, test, names), tuple(converted), listed(assembled.skipped, _SKIPPED))
    return Dataset(config, train, test, names, report=report)


def number_classes(classes: npt.NDArray[Any]) -> tuple[Labels, tuple[str, ...]]:
    """Labels 0 to K-1 and the K names, numbers in their order, names in natural order."""
    values, labels = np.unique(classes, return_inverse=True)
    names = [_name(value) for value in values.tolist()]
    order = list(range(len(names)))
    if not isinstance(values[0].item(), int):
        order.sort(key=lambda number: natural_key(names[number]))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank[labels], tuple(shown(names[number]) for number in order)


def _name(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def hold_out(labels: Labels) -> npt.NDArray[np.bool_]:
    """Which images are for the test: a fifth, at most 10,000, of each class in proportion; always the same ones."""
    count = len(labels)
    order = np.random.default_rng(0).permutation(count)
    # Each image has a rank between 0 and 1 in its class; the lowest of all classes together are held out.
    by_class = order[np.argsort(labels[order], kind="stable")]
    sizes = np.bincount(labels)
    within = np.arange(count) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    rank = np.empty(count)
    rank[by_class] = (within + 0.5) / np.repeat(sizes, sizes)
    is_test = np.zeros(count, np.bool_)
    is_test[order[np.argsort(rank[order], kind="stable")][: min(count // _HELD_OUT, _LARGEST_TEST)]] = True
    return is_test


def _summary(config: DatasetConfig, train: Split, test: Split, names: Sequence[str]) -> str:
    channels, height, width = train.images.shape[1:]
    found = tr("{images} without classes")
    if names:
        found = tr_count("{images} in {count:,} class", "{images} in {count:,} classes", len(names))
    found = found.format(images=images_in_words(len(train) + len(test)), count=len(names))
    text = tr("{found} from {name}: {width} × {height} pixels, colour; {test:,} of them for the test.")
    if channels == 1:
        text = tr("{found} from {name}: {width} × {height} pixels, grey; {test:,} of them for the test.")
    return text.format(found=found, name=shown(config.label), width=width, height=height, test=len(test))
