"""Image files of a folder or an archive, read in two passes: the headers decide the size, then each is decoded once."""

import os
import threading
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.archives import opened_within
from vae_desktop.data.custom.assembled import FEWEST, Assembled, check_count
from vae_desktop.data.custom.caption_files import read_captions
from vae_desktop.data.custom.conversion import SMALLEST, Canvas, choose_side, scaling_line
from vae_desktop.data.custom.eight_bits import image_levels, mixed
from vae_desktop.data.custom.files import File, Found
from vae_desktop.data.custom.folder import find_files
from vae_desktop.data.custom.image_file import Header, prepare, read_header, read_pages
from vae_desktop.data.custom.labels import names_of
from vae_desktop.data.custom.layout import Layout, arrange, without_images
from vae_desktop.data.custom.levels import need_values, not_finite_lines, rule_in_words
from vae_desktop.data.custom.lists import read_lists, without_texts
from vae_desktop.data.custom.messages import because, counted
from vae_desktop.data.custom.workers import THREADS, for_each
from vae_desktop.data.origins import Origins
from vae_desktop.data.stored.collecting import collector
from vae_desktop.errors import DataError
from vae_desktop.language import tr, tr_count
from vae_desktop.progress import Progress


def assemble_folder(root: Path, config: DatasetConfig, progress: Progress) -> Assembled:
    """Read all images of a folder, as `assemble_files` does, or of archives in it; BrokenFile if one is broken."""
    found = find_files(root, progress)
    if not found.files and not found.skipped:
        raise DataError(tr("{root} is empty. Choose a folder with images in it.").format(root=root))
    with opened_within(found, progress) as inside:
        return assemble_files(inside, root, config, progress)


def assemble_files(found: Found, source: Path, config: DatasetConfig, progress: Progress) -> Assembled:
    """Read all images among files; their folders are as in `arrange`, the pixels as in `read_pages`.

    Parameters
    ----------
    found : Found
    source : Path
        What messages name.
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
    files, threads = found.files, 1 if found.is_stream else THREADS
    total, half = len(files), len(files) // 2
    placed = {image.file for image in arrange([*without_texts(files)]).placed}  # others may lie beside class folders
    headers, reasons = _read_headers(files, placed, config, progress.part(0, half, total), threads)
    images = list(headers)
    others = [file for file in files if file not in headers]
    captions = read_captions(others, images, progress)
    lists = read_lists([file for file in others if file not in captions.beside], images, progress)
    layout = arrange(images, lists.told, config.measured_on)
    layout.notes.extend(captions.notes)
    faults = [line for file, line in reasons if file not in layout.lists and file not in captions.used]
    skipped = [*found.skipped, *faults, *lists.missing(layout.lists), *captions.skipped, *layout.skipped]
    skipped += without_images(found.folders, files, images, layout)
    assembled = _decoded(layout, headers, source, config, progress.part(half, total - half, total), threads, skipped)
    return replace(assembled, captions=captions.along(assembled.origins))


def assemble_placed(layout: Layout, source: Path, config: DatasetConfig, progress: Progress) -> Assembled:
    """Read image files whose classes and split are known beforehand; all else is as in `assemble_files`."""
    files = [image.file for image in layout.placed]
    total, half = len(files), len(files) // 2
    headers, reasons = _read_headers(files, set(files), config, progress.part(0, half, total), THREADS)
    layout = replace(layout, placed=[image for image in layout.placed if image.file in headers])
    skipped = [*layout.skipped, *(line for _, line in reasons)]
    return _decoded(layout, headers, source, config, progress.part(half, total - half, total), THREADS, skipped)


def _decoded(
    layout: Layout,
    headers: dict[File, Header],
    source: Path,
    config: DatasetConfig,
    progress: Progress,
    threads: int,
    skipped: Sequence[str],
) -> Assembled:
    """The second pass; raises DataError if there are too few images before it or after it."""
    _check(sum(headers[image.file].pages for image in layout.placed), source, skipped)
    assembled = _Decoding(layout, headers, config).run(progress, threads)
    skipped = [*skipped, *assembled.skipped]
    _check(len(assembled.images), source, skipped)
    return replace(assembled, skipped=skipped)


def _check(count: int, source: Path, skipped: Sequence[str]) -> None:
    """As `check_count`, but of a source that is gone meanwhile that is the reason."""
    if count < FEWEST and not os.path.exists(source):
        text = tr("{path} went away while it was read. Plug its drive in again, or choose another source.")
        raise DataError(text.format(path=source))
    check_count(count, source, skipped)


def _read_headers(
    files: Sequence[File], placed: Collection[File], config: DatasetConfig, progress: Progress, threads: int
) -> tuple[dict[File, Header], list[tuple[File, str]]]:
    """The first pass: the headers of the images, and a line for all others; ends once too many of those placed are."""
    prepare()
    lock, count, where = threading.Lock(), 0, collector()

    def read(file: File) -> Header:
        nonlocal count
        header = read_header(file, need_values(config))
        if file in placed:
            with lock:
                count += header.pages
                if where is not None:
                    where.check(count, 3 if config.colours == "colour" else 1, config.image_size or SMALLEST)
        return header

    answers = for_each(read, files, progress, threads)
    headers = {file: header for file, header in zip(files, answers, strict=True) if isinstance(header, Header)}
    faults = _reasons(files, answers)
    faults += [(file, because(file.name, header.fault)) for file, header in headers.items() if header.fault]
    return headers, faults


class _Decoding:
    """The second pass, over images that are known by their headers.

    Parameters
    ----------
    layout : Layout
    headers : dict of Header by File
    config : DatasetConfig
    """

    def __init__(self, layout: Layout, headers: dict[File, Header], config: DatasetConfig) -> None:
        self._layout = layout
        self._headers = [headers[image.file] for image in layout.placed]
        self._pages = np.array([header.pages for header in self._headers])
        self._first = np.cumsum(self._pages) - self._pages  # number of each file's first image
        sizes = np.array([(header.width, header.height) for header in self._headers])
        self._sizes = np.repeat(sizes, self._pages, axis=0)
        self._side = choose_side(self._sizes, config.image_size)
        may_have_colour = any(header.may_have_colour for header in self._headers)
        self._canvas = Canvas(len(self._sizes), self._side, config.colours, may_have_colour)
        self._values = [values for header in self._headers for values in header.values]
        self._levels = image_levels(self._values, config)
        self._changes: list[tuple[str, ...] | None] = [None] * len(self._sizes)  # to each image, once it is read
        self._is_over = threading.Event()

    def run(self, progress: Progress, threads: int) -> Assembled:
        """Decode all of them."""
        placed = self._layout.placed
        answers = self._read_before()
        left = progress.part(len(answers), len(placed) - len(answers), len(placed))
        try:
            for_each(self._read, range(len(answers), len(placed)), left, threads, partial(self._note, answers))
        finally:
            self._is_over.set()
        kept = np.flatnonzero([changes is not None for changes in self._changes])
        file_of = np.repeat(np.arange(len(placed)), self._pages)[kept]
        classes = [placed[number].class_name for number in file_of]
        is_test = np.array([placed[number].is_test for number in file_of]) if self._layout.has_split else None
        is_whole = is_test is None or 0 < is_test.sum() < len(kept)
        notes = self._layout.notes if is_whole else self._layout.notes[1:]  # the first tells the split
        images = self._canvas.finish(kept if len(kept) < len(self._changes) else None)
        names = None if None in classes else names_of(map(str, classes))
        converted = [*self._converted(kept, file_of), *notes]
        reasons = [line for _, line in _reasons([image.file for image in placed], answers)]
        origins = self._origins(kept, file_of)
        on_validation = self._layout.on_validation and is_whole
        levels = rule_in_words(self._levels.values(), mixed(self._values) if self._values else None)
        return Assembled(images, names, is_test, converted, reasons, origins, on_validation, levels)

    def _read(self, number: int) -> None:
        first = int(self._first[number])
        file, count = self._layout.placed[number].file, int(self._pages[number])
        for page, picture in enumerate(read_pages(file, self._side, count, self._levels)):
            if self._is_over.is_set():  # nobody waits any longer
                return
            self._canvas.put(first + page, picture.pixels[None])
            self._changes[first + page] = picture.changes

    def _note(self, answers: list[object], more: Sequence[object]) -> None:
        """Take in what came of the next files, and have it kept with their images."""
        first = len(answers)
        answers += more
        images = slice(int(self._first[first]), int(self._first[first] + self._pages[first : len(answers)].sum()))
        reasons = {number: answer for number, answer in enumerate(answers[first:], first) if isinstance(answer, str)}
        self._canvas.note(images.stop, [len(more), self._changes[images], list(reasons.items())])

    def _read_before(self) -> list[object]:
        """What came of the files that were read at an earlier time, whose images are there."""
        answers: list[object] = []
        found: list[tuple[str, ...] | None] = []
        for count, changes, reasons in self._canvas.records:
            answers += [None] * count
            found += [None if some is None else tuple(some) for some in changes]
            for number, reason in reasons:
                answers[number] = reason
        self._changes[: len(found)] = found
        return answers

    def _converted(self, kept: npt.NDArray[np.int64], file_of: npt.NDArray[np.int64]) -> list[str]:
        """The report's lines about what was done to images, and what was not read of their files."""
        changes = Counter(change for number in kept for change in self._changes[number] or ())
        lines = scaling_line(int((self._sizes[kept] != self._side).any(axis=1).sum()), self._side)
        lines += [counted(tr(change), count) for change, count in changes.items()]
        several = [count for count in np.bincount(file_of).tolist() if count > 1]
        if several:
            text = tr_count(
                "each page of {count:,} file with several is an image: {pages:,} images",
                "each page of {count:,} files with several is an image: {pages:,} images",
                len(several),
            )
            lines.append(text.format(count=len(several), pages=sum(several)))
        remarks = Counter(remark for header in self._headers for remark in header.remarks)
        lines += [counted(tr(remark), count) for remark, count in remarks.items()]
        return lines + not_finite_lines(self._values)

    def _origins(self, kept: npt.NDArray[np.int64], file_of: npt.NDArray[np.int64]) -> Origins:
        paths = [self._layout.placed[number].file.path for number in file_of]
        parts = [
            int(number - self._first[file]) if self._pages[file] > 1 else None
            for number, file in zip(kept, file_of, strict=True)
        ]
        return Origins.of_files(paths, parts)


def _reasons(files: Sequence[File], answers: Sequence[object]) -> list[tuple[File, str]]:
    """The files that could not be read, and a line for each."""
    pairs = zip(files, answers, strict=True)
    return [(file, because(file.name, answer)) for file, answer in pairs if isinstance(answer, str)]
