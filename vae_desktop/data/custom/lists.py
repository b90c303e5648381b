"""Lists that lie beside images, as many sets have them: which are for training and test, and of what class each is."""

import contextlib
import itertools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from vae_desktop.data.custom.caption_files import CAPTION_COLUMN, CAPTION_LIST, CAPTIONED
from vae_desktop.data.custom.files import File
from vae_desktop.data.custom.image_index import Index, indexes_of
from vae_desktop.data.custom.layout import Folder, Told
from vae_desktop.data.custom.list_rows import LONGEST, OBJECTS, NoList, rows_of
from vae_desktop.data.custom.messages import shown
from vae_desktop.data.custom.split_names import TEST, TRAIN, VALIDATION, part_of
from vae_desktop.language import tr_count
from vae_desktop.progress import Progress

_ENDINGS = (".txt", ".csv", ".tsv", ".lst", OBJECTS)
_MOST_IN_A_FOLDER = 100  # where there are more, each is of one image
_MOST_LINES, _SOME_LINES = 16, 10_000  # for each image, and beside these
_TRIED = 20  # lines that tell whether a file is a list of images
_PLAIN = r"lists?|labels?|anno\w*|files?|(file)?names?|index|info|meta\w*|ids?|paths?|gt|truth|ground|class(es)?|split"
_LABEL = r"(class|label|category|target|species|breed|diagnosis)(_?(name|id))?s?"
_CLASS_FILE = ".cls"
_PARTITION, _CELEBA = "partition", {"0": TRAIN, "1": VALIDATION, "2": TEST}
_CUB = ("images.txt", "train_test_split.txt")  # numbers and paths; numbers, and 1 for training


@dataclass(frozen=True, eq=False)
class _List:
    """What a list says of the images in it.

    Attributes
    ----------
    file : File
    images : list of File
        In the order of the lines.
    columns : list of list of str
        What else the lines say, column by column.
    head : list of str
        The names of the columns, "" if it tells none.
    missing : int
        How many lines name no image.
    """

    file: File
    images: list[File]
    columns: list[list[str]]
    head: list[str]
    missing: int

    @property
    def part(self) -> str | None:
        """The part of a split that its name speaks of."""
        return _part_of(self.file)


@dataclass(frozen=True, eq=False)
class Lists:
    """What lists tell, and how many lines of each name no image."""

    told: Told
    _missing: Mapping[File, int]

    def missing(self, used: Collection[File]) -> list[str]:
        """The report's lines about the lists that are used."""
        return [
            tr_count(
                "{file}: {count:,} line names no image that is here",
                "{file}: {count:,} lines name no image that is here",
                count,
            ).format(file=file.name, count=count)
            for file, count in self._missing.items()
            if count and file in used
        ]


def read_lists(files: Sequence[File], images: Sequence[File], progress: Progress) -> Lists:
    """What the lists among files say of images.

    A list is a text with a line for each image: its path, or the end of it, with or without its ending, alone or in a
    column. What stands after it, or in a column called "label" or the like, is a class. A list whose name speaks of
    training, test or validation, and a column of such words, tell the split; and so do the lists of CUB and CelebA.
    Hugging Face has an object in JSON on each line. WebDataset has a file with the class beside each image.

    Raises
    ------
    Cancelled
        If `progress` raised it.
    """
    candidates = [*_candidates(files)]
    indexes = indexes_of(images, {file.parts[:-1] for file in candidates})
    found: list[_List] = []
    for file in candidates:
        with contextlib.suppress(NoList):
            found.append(_read(file, indexes, progress))
    told = Told()
    for part in (TRAIN, TEST, VALIDATION):
        first = next((known for known in found if known.part == part), None)  # of several ways to split
        if first is not None:
            told.parts.update((image, part) for image in first.images if image not in told.parts)
            told.names[part] = first.file.name
            told.part_lists.add(first.file)
    for known in found:
        _take_columns(known, told)
    _take_cub(files, found, told)
    _take_class_files(files, images, told)
    return Lists(told, {known.file: known.missing for known in found})


def without_texts(files: Iterable[File]) -> Iterator[File]:
    """The files that are no texts by their names."""
    return (file for file in files if PurePosixPath(file.parts[-1].lower()).suffix not in _ENDINGS)


def _candidates(files: Iterable[File]) -> Iterator[File]:
    by_folder: dict[tuple[str, ...], list[File]] = {}
    for file in files:
        name = file.parts[-1]
        if PurePosixPath(name.lower()).suffix in _ENDINGS and not CAPTION_LIST.fullmatch(name):
            by_folder.setdefault(file.parts[:-1], []).append(file)
    for some in by_folder.values():
        if len(some) <= _MOST_IN_A_FOLDER:
            yield from some


def _part_of(file: File) -> str | None:
    """The part of a split that a list's name speaks of, if it speaks of nothing else."""
    part = part_of(PurePosixPath(file.parts[-1]).stem)
    if part is None or not all(re.fullmatch(_PLAIN, word, re.IGNORECASE) for word in part[1].split()):
        return None
    return part[0]


def _read(file: File, indexes: Mapping[Folder | str, Index], progress: Progress) -> _List:
    """A file as a list of images of the part that its name speaks of, else in its folder, or of any.

    Raises NoList if fewer than half of its lines name images.
    """
    rows = rows_of(file, progress)
    first = list(itertools.islice(rows, _TRIED))
    if not first:
        raise NoList
    part = _part_of(file)
    keys: list[Folder | str] = [*([part] if part else []), file.parts[:-1], ()]
    for key in dict.fromkeys(keys):
        index = indexes[key]
        width = max(map(len, first), default=1)
        order = [*range(1, width), 0]  # the whole line last, which is a path with spaces
        hits = {column: [index.find(row[column]) if len(row) > column else None for row in first] for column in order}
        best = max(order, key=lambda column: _quality(column, hits[column], first))
        if 2 * len({*hits[best]} - {None}) >= max(1, len(first) - 1):
            others = [] if best == 0 else [*range(best + 1, width), *range(1, best)]
            head = first[0] if hits[best][0] is None else []
            lines = itertools.chain(first[1:] if head else first, rows)
            return _collect(file, lines, [best, *others], head, index)
    raise NoList


def _quality(column: int, found: Sequence[File | None], rows: Sequence[list[str]]) -> tuple[int, int]:
    """How many images a column names, and how many of them with the ending of their names."""
    pairs = [(image, row[column]) for image, row in zip(found, rows, strict=True) if image is not None]
    return len({image for image, _ in pairs}), sum(value.endswith(image.parts[-1]) for image, value in pairs)


def _collect(file: File, rows: Iterable[list[str]], columns: Sequence[int], head: Sequence[str], index: Index) -> _List:
    """The list that these lines make; the first of the columns is that of the images."""
    images: list[File] = []
    same: dict[str, str] = {}  # each value once
    values: list[list[str]] = [[] for _ in columns[1:]]
    missing = 0
    for row in rows:
        image = index.find(row[columns[0]]) if len(row) > columns[0] else None
        if image is None:
            missing += 1
            continue
        images.append(image)
        if len(images) > _MOST_LINES * len(index) + _SOME_LINES:
            raise NoList
        for some, column in zip(values, columns[1:], strict=True):
            value = row[column] if len(row) > column else ""
            some.append(same.setdefault(value, value))
    names = [head[column] if len(head) > column else "" for column in columns[1:]]
    if len(images) < missing:
        raise NoList
    return _List(file, images, values, names, missing)


def _take_columns(known: _List, told: Told) -> None:
    """Take classes, and a split if there is a column of one, from a list."""
    splits = [_as_split(values, known, number) for number, values in enumerate(known.columns)]
    split = next((number for number, parts in enumerate(splits) if parts), None)
    if split is not None and not told.names:
        for image, value in zip(known.images, known.columns[split], strict=True):
            told.parts[image] = splits[split][value]
            told.names[splits[split][value]] = f"{known.file.name} ({shown(value)})"
        told.part_lists.add(known.file)
    values = _class_column(known, [bool(parts) for parts in splits])
    new = {image: value for image, value in zip(known.images, values, strict=False) if value}
    if new and not set(new) <= set(told.classes):
        told.classes.update((image, value) for image, value in new.items() if image not in told.classes)
        told.class_lists[known.file] = known.file.name


def _as_split(values: Sequence[str], known: _List, column: int) -> dict[str, str]:
    """The part that each value of a column stands for; empty if it is no column of parts."""
    different = set(values)
    if not 1 < len(different) <= 4:
        return {}
    if _PARTITION in (known.head[column].lower() or known.file.parts[-1].lower()) and different <= set(_CELEBA):
        return _CELEBA
    parts = {value: part_of(value) for value in different}
    found = {value: part[0] for value, part in parts.items() if part is not None and not part[1]}
    return found if len(found) == len(parts) and TRAIN in found.values() else {}


def _class_column(known: _List, is_split: Sequence[bool]) -> Sequence[str]:
    """The column of classes, empty if there is none."""
    is_other = list(is_split)
    if CAPTIONED.fullmatch(known.file.parts[-1]):
        are_captions = [CAPTION_COLUMN.fullmatch(name) is not None for name in known.head]
        is_other = [split or captions for split, captions in zip(is_split, are_captions, strict=True)]
    columns = [column for column, other in zip(known.columns, is_other, strict=True) if not other]
    head = [name for name, other in zip(known.head, is_other, strict=False) if not other]
    for name, values in zip(head, columns, strict=False):
        if re.fullmatch(_LABEL, name, re.IGNORECASE):
            return values
    if not columns:
        return ()
    are_numbers = [all(re.fullmatch(r"-?\d*\.?\d+", value) for value in values) for values in columns]
    has_measures = any(re.fullmatch(r"-?\d*\.\d+", value) for value in columns[0])
    if (len(columns) > 1 and all(are_numbers)) or has_measures or len(set(columns[0])) > max(2, len(columns[0]) // 2):
        return ()
    return columns[0]


def _take_cub(files: Sequence[File], found: Sequence[_List], told: Told) -> None:
    """The split of CUB: a file numbers the images, another says of each number whether it is for the training."""
    images = next((known for known in found if known.file.parts[-1] == _CUB[0]), None)
    split = next((file for file in files if file.parts[-1] == _CUB[1]), None)
    if images is None or split is None or not images.columns or told.names:
        return
    is_train: dict[str, str] = {}
    with contextlib.suppress(NoList):
        is_train.update((row[1], row[2]) for row in rows_of(split, Progress()) if len(row) == 3)
    parts = {"1": TRAIN, "0": TEST}
    for image, number in zip(images.images, images.columns[0], strict=True):
        if is_train.get(number) in parts:
            told.parts[image] = parts[is_train[number]]
    told.names.update(dict.fromkeys((TRAIN, TEST), split.name))
    told.part_lists.update((images.file, split))


def _take_class_files(files: Sequence[File], images: Sequence[File], told: Told) -> None:
    """The classes of WebDataset: ``7.cls`` beside ``7.jpg``."""
    named = {(*image.parts[:-1], PurePosixPath(image.parts[-1]).stem): image for image in images}
    for file in files:
        name = PurePosixPath(file.parts[-1])
        image = named.get((*file.parts[:-1], name.stem)) if name.suffix.lower() == _CLASS_FILE else None
        if image is None:
            continue
        try:
            with file.open() as stream:
                text = stream.read(LONGEST).decode("utf-8", "replace").strip()
        except Exception:  # noqa: BLE001 - archives are damaged in many ways; the file is named as no image
            continue
        if text:
            told.classes.setdefault(image, text)
            told.class_lists[file] = f"*{_CLASS_FILE}"
