"""What is in which column of a table of images: pixels, labels, the split, or none of these."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from vae_desktop.data.custom.messages import listed
from vae_desktop.data.custom.packed_numbers import MOST_PIXELS, count_in, is_image, is_number
from vae_desktop.data.custom.tables import part_in
from vae_desktop.language import tr

LABELS = ("label", "labels", "fine_label", "class", "classes", "target", "y", "category", "digit", "emotion")
_SPLITS = ("usage", "split", "subset", "set", "partition", "phase")
_OTHERS = ("", "id", "index", "image_id", "imageid", "unnamed: 0", *_SPLITS)
_LOOKED_AT = 100_000  # values that tell what is in which column
_MOST_NAMES = 5  # of columns, in a message


@dataclass(frozen=True)
class Columns:
    """What is in which column of a table.

    Attributes
    ----------
    names : tuple of str
        Of all columns; () without a header.
    count : int
    pixels : tuple of int
    label : int or None
    has_texts : bool
        Whether the labels are texts.
    split : int or None
        Where each row says what it is for.
    packed : int
        How many pixels are in the one column that holds them all as a text; 0 if each has its own.
    """

    sign: str
    names: tuple[str, ...]
    count: int
    pixels: tuple[int, ...]
    label: int | None
    has_texts: bool = False
    split: int | None = None
    packed: int = 0

    @cached_property
    def numbers(self) -> tuple[int, ...]:
        """The columns that are read as numbers: the pixels, and labels behind them."""
        return (*self.pixels, *(() if self.label is None or self.has_texts else (self.label,)))

    @property
    def notes(self) -> list[str]:
        """The report's lines: labels that nothing but their place tells, and columns that are not used."""
        notes = []
        if self.label is not None and not self.names:
            notes.append(tr("labels are in column {number:,}").format(number=self.label + 1))
        used = {*self.pixels, self.label, self.split}
        others = [name or str(place + 1) for place, name in enumerate(self.names) if place not in used]
        if others:
            notes.append(tr("columns not used: {names}").format(names=", ".join(listed(others, _MOST_NAMES))))
        return notes


def columns_of(lines: Sequence[str]) -> Columns:
    """What is in which column, told by the first lines; raises ValueError, in words, if it can be no images."""
    if not any(lines):
        raise ValueError(tr("it holds nothing"))
    sign = max(",;\t", key=lines[0].count)
    rows = [[field.strip() for field in row] for row in fields_of(_some(lines, sign), sign) if row]
    second = rows[min(1, len(rows) - 1)]
    packed = next((place for place, field in enumerate(second) if count_in(field)), None)
    names: tuple[str, ...] = ()
    if packed is not None:
        has_header = not any(map(count_in, rows[0]))
    else:
        has_header = any(map(is_number, second)) and not all(map(is_number, rows[0]))
        has_header = has_header and not is_number(rows[0][-2:][0])
    if has_header:
        names = tuple(rows[0])
        rows = rows[1:]
    return choose_columns(sign, names, rows, packed)


def choose_columns(
    sign: str, names: tuple[str, ...], rows: Sequence[Sequence[str]], packed: int | None = None
) -> Columns:
    """What is in which column, by the names of the columns, if there are any, and by the first rows.

    Parameters
    ----------
    sign : str
        Between the columns.
    names : tuple of str
    rows : sequence of sequences of str
    packed : int, optional
        A column each value of which holds all pixels of an image.

    Raises
    ------
    ValueError
        If it can be no images; the message says so.
    """
    first = (rows or [[]])[0]
    count = len(names or first)
    if len(first) != count:
        raise ValueError(ragged(1 + bool(names), len(first), count))
    whole = [row for row in rows if len(row) == count]
    by_name = {name.strip().lower(): place for place, name in reversed([*enumerate(names)]) if len(name) < 20}
    label = next((by_name[name] for name in LABELS if name in by_name), None)
    asked = [by_name[name] for name in _SPLITS if name in by_name] if names else range(count)
    split = next((place for place in asked if place != label and all(part_in(row[place]) for row in whole)), None)
    if packed is not None:
        left = [packed]
    else:
        left = [place for place in range(count) if place != label and is_number(first[place])]
        others = {place for place, name in enumerate(names) if name.strip().lower() in _OTHERS}
        left = [place for place in left if place not in others]
    if label is None and not names:
        apart = [place for place in range(count) if place not in left and place != split]
        label = apart[0] if len(apart) == 1 else None
    if label is None and packed is None and not is_image(len(left)) and is_image(len(left) - 1):
        label = _place_of_labels(rows, left)
        left.remove(label)
    pixels = count_in(first[packed]) if packed is not None else 0
    if not (pixels or is_image(len(left))):
        raise ValueError(_no_images(count))
    has_texts = label is not None and not all(is_number(row[label]) for row in whole)
    return Columns(sign, names, count, tuple(left), label, has_texts, split, pixels)


def _some(lines: Sequence[str], sign: str) -> Iterator[str]:
    """The first lines, two at least, in which there are not too many values to look at."""
    total = 0
    for number, line in enumerate(lines):
        count = line.count(sign) + 1
        total += count
        if count > MOST_PIXELS:
            raise ValueError(_no_images(count))
        if number > 1 and total > _LOOKED_AT:
            return
        yield line


def _no_images(count: int) -> str:
    text = tr(
        "it is a table of {count:,} columns, not of images: with or without one for labels, the pixels of a "
        "square, {example} or three times as many, are wanted in each row"
    )
    return text.format(count=count, example="28 × 28 = 784")


def fields_of(lines: Iterable[str], sign: str) -> Iterator[list[str]]:
    """The values of each line, without quotes."""
    lines = list(lines)
    if not any('"' in line for line in lines):
        yield from (line.split(sign) for line in lines)
        return
    try:
        yield from csv.reader(lines, delimiter=sign)
    except csv.Error as error:
        raise ValueError(tr("it is no table: {reason}").format(reason=error)) from error


def _place_of_labels(rows: Sequence[Sequence[str]], columns: Sequence[int]) -> int:
    """The first or the last of some columns: that which varies, or if both do that which has fewer values."""
    first, last = (len({row[place] for row in rows if place < len(row)}) for place in (columns[0], columns[-1]))
    return columns[-1] if last > 1 and (first == 1 or last < first) else columns[0]


def ragged(number: int, found: int, count: int) -> str:
    text = tr("its line {number:,} has {found:,} values, not {count:,} as others")
    return text.format(number=number, found=found, count=count)
