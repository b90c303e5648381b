"""Tables of pixels, CSV plain or packed with gzip: a row is an image, perhaps with its label."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.assembled import Assembled
from vae_desktop.data.custom.beside import held_out_beside, measured
from vae_desktop.data.custom.csv_columns import Columns, columns_of, fields_of, is_number, ragged
from vae_desktop.data.custom.labels import FoundLabels, labels_of_values, names_of
from vae_desktop.data.custom.messages import not_used, shown, unlabelled, what_it_is
from vae_desktop.data.custom.stacks import Stack, assemble_stacks
from vae_desktop.data.stored_array import MOST_WHOLE, MemoryArray, check_unpacked, naming_the_file, unpacked
from vae_desktop.errors import DataError
from vae_desktop.file_kinds import BEGINNING, kind_of
from vae_desktop.files import size_in_words
from vae_desktop.language import tr
from vae_desktop.progress import Progress

_SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz")
_LONGEST_LINE = 1 << 22  # bytes: 200,000 columns of 20 characters
_PIECE = 1 << 21  # bytes that are read together
_LOOKED_AT = 200  # rows that tell where labels without a name are


def is_csv_name(name: str) -> bool:
    """Whether a file of this name holds a table."""
    return name.lower().endswith(_SUFFIXES)


def assemble_csv(path: Path, config: DatasetConfig, progress: Progress) -> Assembled:
    """Read images from a table, each row the pixels of one, row by row, as in `array_layout.layout_of`.

    A header names the column of labels ("label", "class" and the like), which may hold texts; without one they are
    in the first or last column, if the others are the pixels of a square. If "train" is in the file's name, the file
    with "test" in its place is the test set, unless it lacks the labels that the first has.

    Raises
    ------
    BrokenFile
        If it is no table of pixels, or one of its lines is not like the first.
    DataError
        If it holds more than 4 GB.
    Cancelled
        If `progress` raised it.
    """
    table = _read(path, progress)
    notes, skipped = list(table.notes), []
    held_out: list[_Table | None] = []
    for beside in held_out_beside(path):
        other = None if beside is None else _read(beside, progress)
        if other is not None and table.labels.classes is not None and other.labels.classes is None:
            skipped.append(unlabelled(other.path.name, len(other.pixels)))
            other = None
        held_out.append(other)
    second, on_validation = measured(held_out[0], held_out[1], config.measured_on)
    skipped += [not_used(other.path.name) for other in held_out if other is not None and other is not second]
    if second is not None:
        notes.append(tr("test images are those of {file}").format(file=shown(second.path.name)))
    stacks = [part.stack for part in (table, second) if part is not None]
    assembled = assemble_stacks(stacks, path, config, progress, skipped, notes)
    return replace(assembled, on_validation=on_validation)


@dataclass(frozen=True, eq=False)
class _Table:
    """What a table holds: pixels (N, D), labels, and lines of the report."""

    path: Path
    pixels: npt.NDArray[Any]
    labels: FoundLabels
    notes: Sequence[str]

    @property
    def stack(self) -> Stack:
        return Stack(MemoryArray(str(self.path), self.pixels), self.labels.classes, str(self.path), self.labels.note)


class _LabelIsText(Exception):
    """A label that is no number, after many that are."""


def _read(path: Path, progress: Progress) -> _Table:
    """Read a whole table."""
    try:
        return _read_as(path, progress)
    except _LabelIsText:
        return _read_as(path, progress, are_texts=True)


def _read_as(path: Path, progress: Progress, are_texts: bool = False) -> _Table:
    """Read a whole table, in pieces of some megabytes; labels that look like numbers too may be texts."""
    parts: list[npt.NDArray[Any]] = []
    labels: list[npt.NDArray[Any]] = []
    with naming_the_file(path):
        for columns, before, lines in _rows(path, progress):
            if are_texts:
                columns = replace(columns, has_texts=True)
            values = _numbers(lines, columns, before)
            parts.append(_compact(values[:, : len(columns.pixels)]))
            if columns.has_texts and columns.label is not None:
                rows = list(fields_of(lines, columns.sign))
                if len(rows) != len(values) or any(len(row) != columns.count for row in rows):
                    raise ValueError(tr("one of its values in quotes does not end in its line"))
                labels.append(names_of(row[columns.label] for row in rows))
            elif columns.label is not None:
                labels.append(values[:, -1].copy())
            if sum(part.nbytes for part in parts) > MOST_WHOLE:
                text = tr("{path} holds more than {most}. Save fewer or smaller images.")
                raise DataError(text.format(path=path, most=size_in_words(MOST_WHOLE)))
        if not parts:
            raise ValueError(tr("it holds nothing"))
    where = tr("labels in {path}").format(path=path)
    found = labels_of_values(np.concatenate(labels), where) if labels else FoundLabels(None)
    return _Table(path, np.concatenate(parts), found, columns.notes)


def _rows(path: Path, progress: Progress) -> Iterator[tuple[Columns, int, list[str]]]:
    """What is in which column, how many lines come before, and lines that are not empty."""
    pieces = _pieces(path, progress)
    first = next(pieces, "").lstrip()
    columns = columns_of(first.split("\n", _LOOKED_AT)[:_LOOKED_AT])  # before millions of lines are parted
    before = 0
    for text in itertools.chain([first], pieces):
        lines = text.splitlines()
        skipped = 1 if columns.names and before == 0 else 0
        rows = [line for line in lines[skipped:] if line.strip()]
        if rows:
            yield columns, before + skipped, rows
        before += len(lines)


def _pieces(path: Path, progress: Progress) -> Iterator[str]:
    """Lines of a text file, those of some megabytes together."""
    rest = b""
    size, done = path.stat().st_size, 0
    with unpacked(path) as (stream, stored):
        while True:
            progress.check()
            piece = stream.read(_PIECE)
            progress(min(stored.tell(), size), size)
            done += len(piece)
            check_unpacked(done, stored.tell())
            if b"\0" in piece[:BEGINNING]:
                raise ValueError(what_it_is(kind_of(piece[:BEGINNING]), tr("it is not a text")))
            whole, _, rest = (rest + piece).rpartition(b"\n")
            if len(rest) > _LONGEST_LINE:
                raise ValueError(tr("one of its lines is longer than {size}").format(size=size_in_words(_LONGEST_LINE)))
            if whole or not piece:
                yield (whole if piece else rest).decode("utf-8-sig", "replace")
            if not piece:
                return


def _numbers(lines: list[str], columns: Columns, before: int) -> npt.NDArray[np.float64]:
    """The numbers (n, K) of lines; raises ValueError, in words, which line is not like the first."""
    if '"' not in "".join(lines):
        for number, line in enumerate(lines):
            if line.count(columns.sign) != columns.count - 1:
                found = line.count(columns.sign) + 1
                raise ValueError(ragged(before + number + 1, found, columns.count))
    try:
        return np.loadtxt(lines, delimiter=columns.sign, usecols=columns.numbers, quotechar='"', ndmin=2, comments=None)
    except ValueError:
        rows = fields_of(lines, columns.sign)
        return np.array([_row(row, columns, before + number + 1) for number, row in enumerate(rows)])


def _row(row: Sequence[str], columns: Columns, number: int) -> list[float]:
    """The numbers of a row, with NaN for those that are missing."""
    if len(row) != columns.count:
        raise ValueError(ragged(number, len(row), columns.count))
    values = [row[place].strip() for place in columns.numbers]
    wrong = next((value for value in values if not is_number(value)), None)
    if wrong is not None and all(is_number(row[place].strip()) for place in columns.pixels):
        raise _LabelIsText
    if wrong is not None:
        raise ValueError(tr("its line {number:,} has “{text}” for a number").format(number=number, text=shown(wrong)))
    return [float(value or "nan") for value in values]


def _compact(values: npt.NDArray[np.float64]) -> npt.NDArray[Any]:
    """The values in the smallest type that holds them: bytes, 32-bit integers or floats."""
    if np.isfinite(values).all() and (values == np.rint(values)).all() and (np.abs(values) < 2**31).all():
        lowest, highest = values.min(), values.max()
        return values.astype(np.uint8 if lowest >= 0 and highest <= 255 else np.int32)
    return values.astype(np.float32)
