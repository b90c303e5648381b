"""What is said of the images of a data set, and of one of them; they are numbered as codes are, test images first."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from vae_desktop.data.custom.messages import LONGEST, shown
from vae_desktop.data.dataset import Dataset, Split
from vae_desktop.engine.run import Run
from vae_desktop.language import tr, tr_count


def about(dataset: Dataset, count: int) -> str:
    """Which images these are, how many of them are shown, and by which rule they were made."""
    total = len(dataset.train) + len(dataset.test)
    images = tr_count("{count:,} image", "{count:,} images", total).format(count=total)
    if count != total:
        images = tr("{count:,} of {images}").format(count=count, images=images)
    channels, height, width = dataset.image_shape
    colours = tr("{width} × {height}, colour") if channels == 3 else tr("{width} × {height}, grey")
    parts = [images, colours.format(width=width, height=height)]
    if dataset.config.is_custom:
        levels = "" if dataset.report is None else dataset.report.levels
        parts.append(levels or tr("bytes as they are"))
    return " · ".join([*parts, dataset.title])


def why_no_codes(run: Run) -> str:
    """Why there are no codes of a model, which is shown as it is now, or as at a moment of which none were kept."""
    if run.moment is None:
        return tr("There are no codes yet: they come with the training.")
    text = tr("No codes of step {step} were kept. Load {data}: then they are computed.")
    return text.format(step=f"{run.moment.step:,}", data=run.config.dataset.label)


def report_lines(dataset: Dataset) -> tuple[str, list[str]]:
    """What a link to the report says, and its lines; nothing where nothing is known."""
    report = dataset.report
    if report is None:
        return "", []
    skipped, sections = len(report.skipped), report.sections
    lines = [report.read, *(["", *sections] if sections else [])]
    text = tr("{count:,} skipped").format(count=skipped) if skipped else tr("Details")
    return text, lines


def split_of(dataset: Dataset, number: int) -> tuple[Split, int]:
    """The part of the data set in which an image is, and its number there."""
    tests = len(dataset.test)
    return (dataset.test, number) if number < tests else (dataset.train, number - tests)


def title_of(dataset: Dataset, number: int) -> str:
    """Number and class of an image."""
    split, index = split_of(dataset, number)
    name = "" if split.labels is None or not dataset.class_names else tr(dataset.class_names[split.labels[index]])
    return numbered(index, split is dataset.test, name)


def numbered(index: int, is_test: bool, class_name: str) -> str:
    """An image by its number among test or training images, with the name of its class if it has one."""
    kind = tr("test image {number}") if is_test else tr("training image {number}")
    title = kind.format(number=f"{index:,}")
    return title + tr(", class {name}").format(name=class_name) if class_name else title


def group_words(dataset: Dataset, groups: Mapping[int, int]) -> Callable[[int], str]:
    """Tells the group of an image, by its number, and that it is a test image if it is one."""
    tests = len(dataset.test)
    return lambda number: tr("{group} · test").format(group=groups[number]) if number < tests else f"{groups[number]}"


def place_of(dataset: Dataset, number: int) -> str:
    """Where an image came from, in few words; "" where nobody knows."""
    return shown(dataset.place_of(*split_of(dataset, number))[-LONGEST:])


def caption_of(dataset: Dataset, number: int) -> str:
    """The first of a person's own captions of an image; "" if there is none."""
    split, index = split_of(dataset, number)
    return shown(next(iter(split.captions[index]), "")) if split.captions is not None else ""


def file_on_disk(dataset: Dataset, number: int) -> Path | None:
    """The file of an image, or the archive or file of arrays that it lies in; None where there is none."""
    split, index = split_of(dataset, number)
    if split.origins is None or not dataset.config.is_custom:
        return None
    path = Path(split.origins[index].file)
    return next((place for place in (path, *path.parents) if place.is_absolute() and os.path.isfile(place)), None)
