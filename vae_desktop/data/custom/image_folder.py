"""A folder of images, read in two passes: the headers decide the size, then each image is decoded once."""

import itertools
import os
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.assembled import Assembled, check_count
from vae_desktop.data.custom.conversion import SMALLEST, Canvas, check_room, choose_side, scaling_line
from vae_desktop.data.custom.files import File
from vae_desktop.data.custom.folder import find_files
from vae_desktop.data.custom.image_file import Header, Unreadable, image_levels, prepare, read_header, read_picture
from vae_desktop.data.custom.layout import Layout, arrange, without_images
from vae_desktop.data.custom.levels import not_finite_lines
from vae_desktop.data.origins import Origins
from vae_desktop.errors import DataError
from vae_desktop.language import tr
from vae_desktop.progress import Progress

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

_THREADS = min(4, os.cpu_count() or 1)  # Pillow lets go of the interpreter while it decodes
_TOGETHER = 25  # files per task: few enough for smooth progress, enough to hide what a task costs
_PATIENCE = 0.1  # seconds between two questions whether to stop


def assemble_folder(root: Path, config: DatasetConfig, progress: Progress) -> Assembled:
    """Read all images of a folder; its subfolders are as in `arrange`, the pixels as in `read_picture`.

    Parameters
    ----------
    root : Path
    config : DatasetConfig
    progress : Progress
        Told the files done, each half done when its header is read, and the files in total; asked at least every
        0.1 seconds whether to stop.

    Raises
    ------
    DataError
        If fewer than 10 images can be read, or they are too many.
    Cancelled
        If `progress` raised it.
    """
    files, folders, skipped = find_files(root, progress)
    if not files and not skipped:
        raise DataError(tr("{root} is empty. Choose a folder with images in it.").format(root=root))
    total, half = len(files), len(files) // 2
    headers, faults = _read_headers(files, config, progress.part(0, half, total))
    layout = arrange(list(headers))
    skipped += [*faults, *layout.skipped, *without_images(folders, files, list(headers), layout)]
    check_count(len(layout.placed), root, skipped)
    placed_headers = [headers[image.file] for image in layout.placed]
    assembled = _decode(layout, placed_headers, config, progress.part(half, total - half, total))
    skipped += assembled.skipped
    check_count(len(assembled.images), root, skipped)
    return replace(assembled, skipped=skipped)


def _read_headers(
    files: Sequence[File], config: DatasetConfig, progress: Progress
) -> tuple[dict[File, Header], list[str]]:
    """The first pass: the headers of the images, and why other files are none; ends once there are too many images."""
    prepare()
    placed = {image.file for image in arrange(files).placed}  # others may lie beside class folders
    numbers = itertools.count(1)

    def read(file: File) -> Header:
        header = read_header(file.path, config.levels == "percentiles")
        if file in placed:
            check_room(next(numbers), config.image_size or SMALLEST, config.colours == "colour")
        return header

    answers = for_each(read, files, progress)
    headers = {file: header for file, header in zip(files, answers, strict=True) if isinstance(header, Header)}
    return headers, _reasons(files, answers)


def _decode(layout: Layout, headers: Sequence[Header], config: DatasetConfig, progress: Progress) -> Assembled:
    """The second pass, over images that are known by their headers."""
    placed = layout.placed
    sizes = np.array([(header.width, header.height) for header in headers])
    side = choose_side(sizes, config.image_size)
    canvas = Canvas(len(placed), side, config.colours, any(header.may_have_colour for header in headers))
    values = [header.values for header in headers if header.values is not None]
    levels = image_levels(values, config)

    def read(number: int) -> tuple[str, ...]:
        picture = read_picture(placed[number].file.path, side, levels)
        canvas.put(number, picture.pixels[None])
        return picture.changes

    answers = for_each(read, range(len(placed)), progress)
    kept = np.flatnonzero([not isinstance(answer, str) for answer in answers])
    classes = [placed[number].class_name for number in kept]
    changes = Counter(change for answer in answers if not isinstance(answer, str) for change in answer)
    converted = scaling_line(int((sizes[kept] != side).any(axis=1).sum()), side)
    converted += [f"{tr(change)}: {count:,}" for change, count in changes.items()]
    is_test = np.array([placed[number].is_test for number in kept]) if layout.has_split else None
    converted += layout.notes if is_test is not None and 0 < is_test.sum() < len(kept) else []
    converted += not_finite_lines(values)
    images = canvas.finish(kept if len(kept) < len(placed) else None)
    names = None if None in classes else np.array(classes, np.str_)
    origins = Origins.of_files([placed[number].file.path for number in kept])
    return Assembled(images, names, is_test, converted, _reasons([image.file for image in placed], answers), origins)


def _reasons(files: Sequence[File], answers: Sequence[object]) -> list[str]:
    """A line for each file that could not be read."""
    return [f"{file.name}: {answer}" for file, answer in zip(files, answers, strict=True) if isinstance(answer, str)]


def for_each(work: Callable[[ItemT], ResultT], items: Sequence[ItemT], progress: Progress) -> list[ResultT | str]:
    """The results of `work` on each item, in their order, by a few threads; of an unreadable one the reason.

    Parameters
    ----------
    work : callable
        Called in other threads, several at a time.
    progress : Progress
        Told in this thread how many items are done, and asked at least every 0.1 seconds whether to stop.

    Raises
    ------
    Cancelled
        If `progress` raised it. The call does not wait for a work in progress, no other is begun.
    """
    stop = threading.Event()

    def answer(item: ItemT) -> ResultT | str:
        try:
            return work(item)
        except Unreadable as error:
            return str(error)  # the error itself would keep the image in memory

    def do(some: Sequence[ItemT]) -> list[ResultT | str]:
        return [answer(item) for item in some if not stop.is_set()]

    results: list[ResultT | str] = []
    executor = ThreadPoolExecutor(_THREADS, "images")
    try:
        tasks = [executor.submit(do, items[first : first + _TOGETHER]) for first in range(0, len(items), _TOGETHER)]
        for task in tasks:
            while not wait([task], _PATIENCE).done:
                progress.check()
            results += task.result()
            progress(len(results), len(items))
        return results
    finally:
        stop.set()
        executor.shutdown(wait=False, cancel_futures=True)
