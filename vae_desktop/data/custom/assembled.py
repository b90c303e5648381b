"""From images and what is known of each to a data set: classes are numbered, a test set is held out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vae_desktop.config import DatasetConfig
from vae_desktop.data.captions import Captions
from vae_desktop.data.custom.messages import images_in_words, listed, natural_key, shown
from vae_desktop.data.dataset import Dataset, Images, Labels, Report, Split
from vae_desktop.data.fingerprint import Fingerprint, Role
from vae_desktop.data.origins import Origins
from vae_desktop.data.splitting import hold_out, hold_out_by_place, parted_line
from vae_desktop.errors import DataError
from vae_desktop.language import tr, tr_count
from vae_desktop.progress import Progress, ignore

FEWEST = 10  # images that make a data set
_MOST_CLASSES = 200
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
    on_validation : bool
        Whether those for the test are validation images, of a source that has test images besides.
    levels : str
        As in Report.
    captions : tuple of Texts or None
        A person's own of each image; None if there are none.
    """

    images: Images
    classes: npt.NDArray[Any] | None
    is_test: npt.NDArray[np.bool_] | None
    converted: Sequence[str]
    skipped: Sequence[str]
    origins: Origins | None = None
    on_validation: bool = False
    levels: str = ""
    captions: Captions | None = None


class NoImages(DataError):
    """A source in which no image could be read."""


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
    raise (DataError if count else NoImages)(text.format(count=count, where=where, fewest=FEWEST))


def to_dataset(
    config: DatasetConfig, assembled: Assembled, learned: Fingerprint | None = None, progress: Progress = ignore
) -> Dataset:
    """The data set, with classes in natural order, and a fifth of the images for the test unless a split is given.

    More than 200 classes are dropped, and the report says so.

    Parameters
    ----------
    config : DatasetConfig
    assembled : Assembled
    learned : Fingerprint or None
        Of the model that the data set is for; see `choose_test`.
    progress : Progress
        Asked now and then whether to stop.

    Raises
    ------
    DataError
        If no image can be held out for the test.
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
    whole = Split(assembled.images, labels, origins=assembled.origins, captions=assembled.captions)
    whole.hash(progress)
    is_test, lines = choose_test(config, whole, assembled.is_test, learned)
    converted += lines
    train, test = whole.parted(is_test)
    skipped = listed(assembled.skipped, _SKIPPED)
    report = Report(what_was_read(config, train, test, names), tuple(converted), skipped, assembled.levels)
    return Dataset(config, train, test, names, report=report, made_for=learned, on_validation=assembled.on_validation)


def choose_test(
    config: DatasetConfig, whole: Split, given: npt.NDArray[np.bool_] | None, learned: Fingerprint | None
) -> tuple[npt.NDArray[np.bool_], list[str]]:
    """Which images (N,) are for the test, and lines of the report about it.

    They are those that the source names (`given`), unless an equal one is among the others; if it names none, those of
    `hold_out`, pages of a file together. No image that a model has `learned` is among them, and where the source names
    none, each image on which the model was tested is. Where all images are equal, any will do.

    Raises
    ------
    DataError
        If that leaves none.
    """
    labels = np.zeros(len(whole), np.int64) if whole.labels is None else whole.labels
    has_split = given is not None and given.any() and not given.all()
    by_place = given if has_split and given is not None else hold_out_by_place(labels)
    if learned is not None and learned.is_unknown:  # the split of then, or images it has learned were tested on
        return by_place, []
    roles = np.zeros(len(whole), np.int8) if learned is None else learned.roles(whole, config.name)
    lines: list[str] = []
    is_test = np.zeros(len(whole), np.bool_)
    if has_split and given is not None:
        is_test = given & ~np.isin(whole.hashes, whole.hashes[~given])
        if moved := int((given & ~is_test).sum()):
            text = tr("test images that equal a training image, and count as training images: {count:,}{files}")
            lines.append(text.format(count=moved, files=_some_files(config, whole, given & ~is_test)))
        is_test &= roles != Role.LEARNED
    if not is_test.any():
        is_test = hold_out(labels, whole.hashes, whole.sources)
        if learned is not None and learned.measured_on == "test":
            is_test |= roles == Role.TESTED
        is_test &= roles != Role.LEARNED
        lines += parted_line(is_test, whole.sources)
    if is_test.any() and not is_test.all():
        return is_test, lines
    if learned is None:  # all are equal
        return by_place, []
    text = tr(
        "This model has learned all images of {name}, and there is none left to test it on. Add images, or choose "
        "another data set."
    )
    raise DataError(text.format(name=shown(config.label)))


def _some_files(config: DatasetConfig, whole: Split, chosen: npt.NDArray[np.bool_]) -> str:
    """Where some of the images chosen came from, in brackets; "" where nobody knows."""
    origins = whole.origins
    if origins is None:
        return ""
    names = [shown(origins[number].below(config.name)) for number in np.flatnonzero(chosen).tolist()]
    return tr(" ({files})").format(files=tr(", ").join(listed(names, _REASONS)))


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


def what_was_read(config: DatasetConfig, train: Split, test: Split, names: Sequence[str]) -> str:
    """A person's own images in a sentence: how many, of which classes and size, and how many are for the test."""
    channels, height, width = train.images.shape[1:]
    found = tr("{images} without classes")
    if names:
        found = tr_count("{images} in {count:,} class", "{images} in {count:,} classes", len(names))
    found = found.format(images=images_in_words(len(train) + len(test)), count=len(names))
    text = tr("{found} from {name}: {width} × {height} pixels, colour; {test:,} of them for the test.")
    if channels == 1:
        text = tr("{found} from {name}: {width} × {height} pixels, grey; {test:,} of them for the test.")
    return text.format(found=found, name=shown(config.label), width=width, height=height, test=len(test))
