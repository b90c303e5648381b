"""A folder of pictures, read in two passes: the headers decide the size, then each picture is decoded once."""

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.assembled import Assembled, check_count
from vae_desktop.data.custom.canvas import Canvas, check_room, may_be_coloured
from vae_desktop.data.custom.folder import File, Layout, Placed, arrange, find_files, without_images
from vae_desktop.data.custom.picture import Header, Unreadable, prepare, read_header, read_picture
from vae_desktop.data.custom.square import LeastSide, choose_side, scaling_line
from vae_desktop.data.custom.threads import for_each
from vae_desktop.errors import DataError
from vae_desktop.progress import Progress

Changes = tuple[str, ...]


def assemble_folder(root: Path, config: DatasetConfig, progress: Progress) -> Assembled:
    """Read all pictures of a folder; its subfolders are as in `arrange`, the pixels as in `read_picture`.

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
        If fewer than 10 pictures can be read, or they are too many; that is said as soon as it is certain.
    Cancelled
        If `progress` raised it.
    """
    files, folders, skipped = find_files(root, progress)
    if not files and not skipped:
        raise DataError(f"{root} is empty. Choose a folder with images in it.")
    total, half = len(files), len(files) // 2
    prepare()
    room = _Room(files, config)

    def read(file: File) -> Header | str:
        try:
            header = read_header(file.path)
        except Unreadable as error:
            return str(error)  # the error itself would keep the image in memory
        room.take(file, header)
        return header

    answers = for_each(read, files, progress.part(0, half, total))
    skipped += _reasons(files, answers)
    headers = {file: header for file, header in zip(files, answers, strict=True) if isinstance(header, Header)}
    layout = arrange(list(headers))
    skipped += [*layout.skipped, *without_images(folders, files, list(headers), layout)]
    check_count(len(layout.placed), root, skipped)

    decoding = progress.part(half, total - half, total)
    assembled = _decode(layout, [headers[image.file] for image in layout.placed], config, decoding)
    skipped += assembled.skipped
    check_count(len(assembled.images), root, skipped)
    return replace(assembled, skipped=skipped)


class _Room:
    """What the images of a folder take at the least, while their headers come in from several threads."""

    def __init__(self, files: Sequence[File], config: DatasetConfig) -> None:
        self._placed = {image.file for image in arrange(files).placed}  # others may lie beside class folders
        self._least_side = LeastSide(len(files), config.image_size)
        self._colours = config.colours
        self._count = 0
        self._may_have_colour = False
        self._lock = threading.Lock()

    def take(self, file: File, header: Header) -> None:
        """Take an image into account; raise DataError if they do not fit, whatever else comes."""
        if file not in self._placed:
            return
        with self._lock:
            self._count += 1
            self._may_have_colour = self._may_have_colour or header.may_have_colour
            side = self._least_side.add(header.width, header.height)
            check_room(self._count, side, may_be_coloured(self._colours, self._may_have_colour))


def _decode(
    layout: Layout,
    headers: Sequence[Header],
    config: DatasetConfig,
    progress: Progress,
) -> Assembled:
    """The second pass, over images that are known by their headers."""
    placed = layout.placed
    sizes = np.array([(header.width, header.height) for header in headers])
    side = choose_side(sizes, config.image_size)
    canvas = Canvas(len(placed), side, config.colours, any(header.may_have_colour for header in headers))

    def read(place: int) -> Changes | str:
        try:
            picture = read_picture(placed[place].file.path, side)
        except Unreadable as error:
            return str(error)
        canvas.put(place, picture.pixels[None])
        return picture.changes

    answers = for_each(read, range(len(placed)), progress)
    kept = np.flatnonzero([not isinstance(answer, str) for answer in answers])
    return Assembled(
        canvas.finish(kept if len(kept) < len(placed) else None),
        _classes([placed[place] for place in kept]),
        np.array([placed[place].is_test for place in kept]) if layout.has_split else None,
        scaling_line(int((sizes[kept] != side).any(axis=1).sum()), side) + _counts(answers),
        _reasons([image.file for image in placed], answers),
    )


def _reasons(files: Sequence[File], answers: Sequence[object]) -> list[str]:
    """A line for each file that could not be read."""
    return [f"{file.name}: {answer}" for file, answer in zip(files, answers, strict=True) if isinstance(answer, str)]


def _classes(placed: Sequence[Placed]) -> npt.NDArray[np.str_] | None:
    names = [image.class_name for image in placed]
    return None if None in names else np.array(names, np.str_)


def _counts(answers: Sequence[Changes | str]) -> list[str]:
    """A line for each kind of change, with how many pictures it befell."""
    counts = Counter(change for answer in answers if not isinstance(answer, str) for change in answer)
    return [f"{change}: {count:,}" for change, count in counts.items()]
