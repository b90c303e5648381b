"""Tables of which each row is an image, from files of any kind: their parts of a split, and what becomes of these."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.assembled import Assembled
from vae_desktop.data.custom.beside import measured
from vae_desktop.data.custom.labels import FoundLabels, labels_of_values
from vae_desktop.data.custom.messages import images_in_words, shown, unlabelled
from vae_desktop.data.custom.split_names import TEST, TRAIN, VALIDATION, part_of
from vae_desktop.data.custom.stacks import Stack, assemble_stacks
from vae_desktop.data.origins import Origins
from vae_desktop.data.stored_array import MOST_WHOLE, MemoryArray
from vae_desktop.errors import DataError
from vae_desktop.files import size_in_words
from vae_desktop.language import tr
from vae_desktop.progress import Progress

_PARTS = (TRAIN, TEST, VALIDATION)
_NOWHERE = -1  # in place of the number of a part
_PUBLIC, _PRIVATE = "public", "private"  # as in contests


def part_in(value: str) -> str | None:
    """The part of a split that a value speaks of, if of nothing else; the public test of a contest is validation."""
    part, rest = part_of(value) or ("", "-")
    if part == TEST and rest.lower() in (_PUBLIC, _PRIVATE):
        return VALIDATION if rest.lower() == _PUBLIC else TEST
    return None if rest else part


@dataclass(frozen=True, eq=False)
class Table:
    """The rows of a file that are for one part of a split.

    Attributes
    ----------
    path : Path
    name : str
        What it is called in the report.
    pixels : array (N, ...)
        In one of the layouts of `array_layout.layout_of`.
    labels : FoundLabels
    rows : array (N,), int64
        Their numbers in the file.
    """

    path: Path
    name: str
    pixels: npt.NDArray[Any]
    labels: FoundLabels
    rows: npt.NDArray[np.int64]

    @property
    def count(self) -> int:
        return len(self.rows)


class Rows:
    """Collects the rows of a file, some at a time.

    Parameters
    ----------
    path : Path
    part : str
        What the file is for as a whole, where it does not say that of each row.
    labels : FoundLabels, optional
        Of all rows, where these are known beforehand.
    """

    def __init__(self, path: Path, part: str, labels: FoundLabels | None = None) -> None:
        self._path, self._part, self._known = path, _PARTS.index(part), labels
        self._pixels: dict[int, list[npt.NDArray[Any]]] = {}
        self._labels: list[npt.NDArray[Any]] = []
        self._part_of: list[npt.NDArray[np.int8]] = []
        self._numbers: dict[str, int] = {}  # of the parts that values speak of
        self._bytes = 0

    def add(self, pixels: npt.NDArray[Any], labels: npt.NDArray[Any] | None, parts: Sequence[str] | None) -> None:
        """The next rows, their labels, and what they say they are for; raises DataError if they are too many."""
        self._bytes += pixels.nbytes
        if self._bytes > MOST_WHOLE:
            text = tr("{path} holds more than {most}. Save fewer or smaller images.")
            raise DataError(text.format(path=self._path, most=size_in_words(MOST_WHOLE)))
        found = np.full(len(pixels), self._part, np.int8)
        if parts is not None:
            for value in set(parts) - set(self._numbers):
                part = part_in(value)
                self._numbers[value] = _NOWHERE if part is None else _PARTS.index(part)
            found[:] = [self._numbers[value] for value in parts]
        for number in np.unique(found).tolist():
            chosen = found == number
            self._pixels.setdefault(number, []).append(pixels if chosen.all() else pixels[chosen])
        self._part_of.append(found)
        if labels is not None:
            self._labels.append(labels)

    def tables(self) -> dict[str, Table]:
        """What there is for each part; raises ValueError if that is nothing."""
        if not self._part_of:
            raise ValueError(tr("it holds nothing"))
        where = tr("labels in {path}").format(path=self._path)
        labels = self._known or FoundLabels(None)
        if self._labels:
            labels = labels_of_values(np.concatenate(self._labels), where)
        part_of_row = np.concatenate(self._part_of)
        tables = {}
        for number, part in enumerate(_PARTS):
            if number in self._pixels:
                rows = np.flatnonzero(part_of_row == number)
                own = labels if labels.classes is None else replace(labels, classes=labels.classes[rows])
                pixels = np.concatenate(self._pixels.pop(number))
                tables[part] = Table(self._path, self._name(number), pixels, own, rows)
        return tables

    def _name(self, number: int) -> str:
        """What the rows of a part are called: the file, and how it names them if it does."""
        value = next((value for value, part in self._numbers.items() if part == number), None)
        name = shown(self._path.name)
        return name if value is None else tr("{file} ({value})").format(file=name, value=shown(value))

    @property
    def skipped(self) -> list[str]:
        """The report's line, if any, about rows that are for no part."""
        count = sum(int((part == _NOWHERE).sum()) for part in self._part_of)
        line = tr("rows that are neither for training nor for the test: {count:,}")
        return [line.format(count=count)] if count else []


class _Part(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def count(self) -> int: ...

    @property
    def labels(self) -> FoundLabels: ...


PartT = TypeVar("PartT", bound=_Part)


def choose_parts(
    parts: Mapping[str, Sequence[PartT]], measured_on: str
) -> tuple[Sequence[PartT], Sequence[PartT], list[str], bool]:
    """What is for training and for the test, lines on what is neither, and whether the test is validation.

    A part without labels is not used if that for training has some, and validation images not beside test images.
    """
    left = {part: parts[part] for part in _PARTS if parts.get(part)}
    train = left.pop(next(iter(left)))
    skipped: list[str] = []
    for part in [part for part in left if _has_labels(train) and not _has_labels(left[part])]:
        some = left.pop(part)
        skipped.append(unlabelled(some[0].name, _count(some)))
    test, on_validation = measured(left.get(TEST), left.get(VALIDATION), measured_on)
    text = tr("{files}: {images}, not used beside others for the test")
    skipped += [
        text.format(files=some[0].name, images=images_in_words(_count(some)))
        for some in left.values()
        if some is not test
    ]
    return train, test or [], skipped, on_validation


def _count(some: Sequence[_Part]) -> int:
    return sum(part.count for part in some)


def _has_labels(some: Sequence[_Part]) -> bool:
    return all(part.labels.classes is not None for part in some)


def assemble_tables(
    parts: Mapping[str, Sequence[Table]],
    source: Path,
    config: DatasetConfig,
    progress: Progress,
    skipped: Sequence[str],
    notes: Sequence[str],
) -> Assembled:
    """Convert the images of tables; raises as `assemble_stacks` does."""
    train, test, more, on_validation = choose_parts(parts, config.measured_on)
    tables = [*train, *test]
    if test:
        notes = [*notes, tr("test images are those of {file}").format(file=test[0].name)]
    files = tuple(dict.fromkeys(str(table.path) for table in tables))
    stacks = [
        Stack(MemoryArray(str(table.path), table.pixels), table.labels.classes, str(table.path), table.labels.note)
        for table in tables
    ]
    skipped = [*skipped, *more]
    assembled = assemble_stacks(stacks, source, config, progress, skipped, notes, has_split=False)
    counts = [table.count for table in tables]
    file_of = np.repeat([files.index(str(table.path)) for table in tables], counts).astype(np.int32)
    origins = Origins(files, file_of, np.concatenate([table.rows for table in tables]))
    is_test = np.arange(sum(counts)) >= _count(train) if test else None
    return replace(assembled, is_test=is_test, origins=origins, on_validation=on_validation)
