"""Tables of pixels, CSV plain or packed with gzip: a row is an image, perhaps with its label."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.assembled import Assembled
from vae_desktop.data.custom.beside import held_out_beside
from vae_desktop.data.custom.csv_columns import Columns, columns_of, fields_of, ragged
from vae_desktop.data.custom.labels import names_of
from vae_desktop.data.custom.messages import shown, what_it_is
from vae_desktop.data.custom.packed_numbers import is_number, pixels_of
from vae_desktop.data.custom.split_names import TEST, TRAIN, VALIDATION
from vae_desktop.data.custom.tables import Rows, Table, assemble_tables
from vae_desktop.data.stored_array import check_unpacked, naming_the_file, unpacked
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

    The pixels have a column each, or are a text in one. A column of "Training", "test" and the like tells the split.

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
    parts: dict[str, list[Table]] = {}
    skipped: list[str] = []
    notes: list[str] = []
    for part, file in zip((TRAIN, TEST, VALIDATION), (path, *held_out_beside(path)), strict=True):
        if file is not None:
            rows, more = _read(file, part, progress)
            skipped += rows.skipped
            notes = notes or more
            with naming_the_file(file):
                tables = rows.tables()
            for key, table in tables.items():
                parts.setdefault(key, []).append(table)
    return assemble_tables(parts, path, config, progress, skipped, notes)


class _LabelIsText(Exception):
    """A label that is no number, after many that are."""


def _read(path: Path, part: str, progress: Progress) -> tuple[Rows, list[str]]:
    """The rows of a whole table, and what to note of its columns."""
    try:
        return _read_as(path, part, progress)
    except _LabelIsText:
        return _read_as(path, part, progress, are_texts=True)


def _read_as(path: Path, part: str, progress: Progress, are_texts: bool = False) -> tuple[Rows, list[str]]:
    """Read a whole table, in pieces of some megabytes; labels that look like numbers too may be texts."""
    found = Rows(path, part)
    notes: list[str] = []
    with naming_the_file(path):
        for columns, before, lines in _rows(path, progress):
            if are_texts:
                columns = replace(columns, has_texts=True)
            found.add(*_values(lines, columns, before))
            notes = columns.notes
    return found, notes


def _values(
    lines: list[str], columns: Columns, before: int
) -> tuple[npt.NDArray[Any], npt.NDArray[Any] | None, list[str] | None]:
    """The pixels (n, D) of lines, their labels, and what they say they are for."""
    rows: list[list[str]] = []
    labels: npt.NDArray[Any] | None = None
    if columns.packed or columns.has_texts or columns.split is not None:
        rows = list(fields_of(lines, columns.sign))
        _check_rows(rows, columns, before)
    if columns.packed:
        texts = [row[columns.pixels[0]].strip() for row in rows]
        pixels = pixels_of(texts, columns.packed, before + 1)
    else:
        values = _numbers(lines, columns, before)
        pixels, labels = values[:, : len(columns.pixels)], values[:, -1].copy()
        if rows and len(rows) != len(values):
            raise ValueError(tr("one of its values in quotes does not end in its line"))
    if columns.label is None:
        labels = None
    elif columns.has_texts:
        labels = names_of(row[columns.label] for row in rows)
    elif columns.packed:
        if not all(is_number(row[columns.label].strip()) for row in rows):
            raise _LabelIsText
        labels = np.array([float(row[columns.label].strip() or "nan") for row in rows])
    parts = None if columns.split is None else [row[columns.split].strip() for row in rows]
    return _compact(pixels), labels, parts


def _check_rows(rows: Sequence[Sequence[str]], columns: Columns, before: int) -> None:
    for number, row in enumerate(rows):
        if len(row) != columns.count:
            raise ValueError(ragged(before + number + 1, len(row), columns.count))


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
