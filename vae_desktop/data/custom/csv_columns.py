"""What is in which column of a table of images: pixels, labels, or neither."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from vae_desktop.data.custom.array_layout import layout_of
from vae_desktop.data.custom.messages import listed
from vae_desktop.language import tr

_LABELS = ("label", "labels", "class", "classes", "target", "y", "category", "digit")
_OTHERS = ("", "id", "index", "image_id", "imageid", "unnamed: 0", "usage", "split")
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
    """

    sign: str
    names: tuple[str, ...]
    count: int
    pixels: tuple[int, ...]
    label: int | None
    has_texts: bool = False

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
        used = {*self.pixels, self.label}
        others = [name or str(place + 1) for place, name in enumerate(self.names) if place not in used]
        if others:
            notes.append(tr("columns not used: {names}").format(names=", ".join(listed(others, _MOST_NAMES))))
        return notes


def columns_of(lines: Sequence[str]) -> Columns:
    """What is in which column, told by the first lines; raises ValueError, in words, if it can be no images."""
    if not any(lines):
        raise ValueError(tr("it holds nothing"))
    sign = max(",;\t", key=lines[0].count)
    rows = [[field.strip() for field in row] for row in fields_of(lines, sign) if row]
    names: tuple[str, ...] = ()
    has_numbers = any(map(is_number, rows[min(1, len(rows) - 1)]))
    if has_numbers and not all(map(is_number, rows[0])) and not is_number(rows[0][-2:][0]):
        names = tuple(rows[0])
        rows = rows[1:]
    count = len(names or rows[0])
    first = (rows or [[]])[0]
    if len(first) != count:
        raise ValueError(ragged(1 + bool(names), len(first), count))
    lower = [name.strip().lower() for name in names]
    label = next((place for name in _LABELS for place in range(len(lower)) if lower[place] == name), None)
    left = [place for place in range(count) if place != label and is_number(first[place])]
    if lower:
        left = [place for place in left if lower[place] not in _OTHERS]
    elif len(left) < count and label is None:
        texts = [place for place in range(count) if not is_number(first[place])]
        label = texts[0] if len(texts) == 1 else None
    if label is None and not _is_image(len(left)) and _is_image(len(left) - 1):
        label = _place_of_labels(rows, left)
        left.remove(label)
    if not _is_image(len(left)):
        text = tr(
            "it is a table of {count:,} columns, not of images: with or without one for labels, the pixels of a "
            "square, {example} or three times as many, are wanted in each row"
        )
        raise ValueError(text.format(count=count, example="28 × 28 = 784"))
    has_texts = label is not None and not all(is_number(row[label]) for row in rows if len(row) == count)
    return Columns(sign, names, count, tuple(left), label, has_texts)


def fields_of(lines: Iterable[str], sign: str) -> Iterator[list[str]]:
    """The values of each line, without quotes."""
    try:
        yield from csv.reader(lines, delimiter=sign)
    except csv.Error as error:
        raise ValueError(tr("it is no table: {reason}").format(reason=error)) from error


def is_number(text: str) -> bool:
    try:
        float(text or "nan")
    except ValueError:
        return False
    return True


def _is_image(count: int) -> bool:
    try:
        layout_of((1, count))
    except ValueError:
        return False
    return count > 0


def _place_of_labels(rows: Sequence[Sequence[str]], columns: Sequence[int]) -> int:
    """The first or the last of some columns: that which varies, or if both do that which has fewer values."""
    first, last = (len({row[place] for row in rows if place < len(row)}) for place in (columns[0], columns[-1]))
    return columns[-1] if last > 1 and (first == 1 or last < first) else columns[0]


def ragged(number: int, found: int, count: int) -> str:
    text = tr("its line {number:,} has {found:,} values, not {count:,} as others")
    return text.format(number=number, found=found, count=count)
