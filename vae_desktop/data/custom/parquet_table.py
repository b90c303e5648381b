"""Parquet files of numbers: a column for each pixel, or all of an image in one, as a list or a text."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vae_desktop.data.custom.csv_columns import LABELS, Columns, choose_columns
from vae_desktop.data.custom.messages import listed, shown
from vae_desktop.data.custom.packed_numbers import count_in, pixels_of
from vae_desktop.data.custom.parquet_footer import promised
from vae_desktop.data.custom.parquet_shard import labels_of, opened_file
from vae_desktop.data.custom.tables import Rows
from vae_desktop.data.stored_array import check_unpacked, naming_the_file
from vae_desktop.language import tr
from vae_desktop.progress import Progress

_TOGETHER = 1 << 20  # values
_LOOKED_AT = 20  # rows
_UNREADABLE = "?"  # in place of values that are neither numbers nor texts
_MOST_NAMES = 8  # of columns, in a message


def rows_of(parquet: Any, path: Path, part: str, progress: Progress) -> tuple[Rows, list[str]]:
    """The rows of a file, and what to note of its columns.

    Raises
    ------
    BrokenFile
        If it is broken, promises more than it holds, or none of its columns can be images.
    Cancelled
        If `progress` raised it.
    """
    file = opened_file(parquet, path)
    with naming_the_file(path):
        kinds = {field.name: _leaf(field.type) for field in file.schema_arrow}
        widest = max((_width(kind) for kind in kinds.values()), default=1)
        check_unpacked(sum(count for count, _ in promised(path).values()) * widest, path.stat().st_size)
        columns = _columns(file, [name for name, kind in kinds.items() if kind is not None])
        names = columns.names
        chosen = [names[place] for place in columns.pixels]
        label = None if columns.label is None else names[columns.label]
        rows = Rows(path, part, labels_of(parquet, file, path, label))
        split = None if columns.split is None else names[columns.split]
        asked = chosen if split is None else [*chosen, split]
        together, done = max(1, _TOGETHER // max(columns.packed, len(chosen))), 0
        for batch in file.iter_batches(together, columns=asked):
            if columns.packed:
                pixels = _packed(batch.column(chosen[0]), columns.packed, done + 1)
            else:
                pixels = np.stack([_numbers(batch.column(name)) for name in chosen], axis=1)
            rows.add(pixels, None, None if split is None else [str(value) for value in batch.column(split).to_pylist()])
            done += len(batch)
            progress(done, file.metadata.num_rows)
    return rows, columns.notes


def _columns(file: Any, readable: Sequence[str]) -> Columns:
    """What is in which column, by the first rows; raises ValueError, in words, if there can be no images."""
    names = file.schema_arrow.names
    try:
        head = next(file.iter_batches(_LOOKED_AT, columns=readable), None) if readable else None
        rows = [] if head is None else head.to_pylist()
        values = [[_in_words(row.get(name, _UNREADABLE)) for name in names] for row in rows]
        first = zip(names, values[0] if values else [], strict=False)
        packed = next((place for place, (name, value) in enumerate(first) if _is_free(name) and count_in(value)), None)
        return choose_columns("", tuple(names), values, packed)
    except ValueError as error:
        raise ValueError(_no_images(names)) from error


def _is_free(name: str) -> bool:
    """Whether a column of that name may be the images, and is not of one-hot labels."""
    return name.lower() not in LABELS


def _in_words(value: Any) -> str:
    if isinstance(value, bool | list):
        return str(value).replace("True", "1").replace("False", "0")
    return "" if value is None else str(value)


def _no_images(names: Sequence[str]) -> str:
    text = tr(
        "none of its columns holds image files or the pixels of squares; they are named {names}. Name the column of "
        "image files “image”"
    )
    return text.format(names=", ".join(listed([shown(name) for name in names], _MOST_NAMES)))


def _leaf(kind: Any) -> Any:
    """The type of the numbers or texts in a column, which may be lists of lists of them; None if it holds others."""
    import pyarrow

    types = pyarrow.types
    while types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        kind = kind.value_type
    is_text = types.is_string(kind) or types.is_large_string(kind)
    return kind if is_text or types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind) else None


def _width(kind: Any) -> int:
    """Bytes of a value of a type; 1 where they are not known."""
    try:
        return max(1, kind.bit_width // 8)
    except (AttributeError, ValueError):
        return 1


def _packed(column: Any, count: int, first: int) -> npt.NDArray[Any]:
    """Pixels (n, ...) of lists or texts of so many; raises ValueError, in words, if some have others."""
    import pyarrow

    if pyarrow.types.is_string(column.type) or pyarrow.types.is_large_string(column.type):
        return pixels_of([text or "" for text in column.to_pylist()], count, first)
    shape = [len(column)]
    value = column[0].as_py()
    while isinstance(value, list):
        shape.append(len(value))
        value = value[0] if value else None
    for side in shape[1:]:
        lengths = column.value_lengths() if hasattr(column, "value_lengths") else None
        if column.null_count or (lengths is not None and set(lengths.unique().to_pylist()) != {side}):
            raise ValueError(tr("its images, from row {number:,} on, are not alike in size").format(number=first))
        column = column.flatten()
    values = _numbers(column)
    if len(values) != np.prod(shape) or len(values) != len(values) // count * count:
        raise ValueError(tr("its images, from row {number:,} on, are not alike in size").format(number=first))
    return values.reshape(shape)


def _numbers(column: Any) -> npt.NDArray[Any]:
    """The numbers (n,) of a column; NaN for those that are missing."""
    import pyarrow

    if pyarrow.types.is_boolean(column.type):
        column = column.cast(pyarrow.uint8())
    values: npt.NDArray[Any] = column.to_numpy(zero_copy_only=False)
    return values
