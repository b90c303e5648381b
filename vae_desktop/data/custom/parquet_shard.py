"""One Parquet file with whole image files in a column: which column that is, the labels, and the bytes of a row."""

import json
import threading
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from vae_desktop.data.custom.csv_columns import LABELS
from vae_desktop.data.custom.labels import FoundLabels, labels_of_values, left_out, names_of, too_long
from vae_desktop.data.custom.messages import shown, what_it_is, within
from vae_desktop.data.custom.parquet_captions import captions_in
from vae_desktop.data.custom.parquet_footer import promised
from vae_desktop.data.stored_array import naming_the_file
from vae_desktop.file_kinds import BEGINNING, kind_of
from vae_desktop.files import size_in_words
from vae_desktop.language import tr

_IMAGES = ("image", "img", "images", "picture", "photo", "jpg", "png")
_MOST_COLUMNS = 16_500  # 128 × 128 pixels, and some more
_KEPT = 4  # row groups in memory: the threads that decode are rarely further apart
_LARGEST_GROUP = 10**9  # bytes of the images of a row group
_TOGETHER = 1 << 23  # bytes that are unpacked together, and that do no harm
_SMALL, _LONG = 1 << 21, 1 << 10  # bytes of texts that do no harm, and of one that is the name of a class
_REPEATED = 8  # times the size of a row group that its images may be, where some are equal
_LEAST_IMAGE = 8  # bytes: no image file is smaller


@dataclass(frozen=True, eq=False)
class Shard:
    """An open Parquet file.

    Attributes
    ----------
    path : Path
    labels : FoundLabels
        Of its rows, as names of classes.
    count : int
        How many rows it has.
    """

    path: Path
    labels: FoundLabels
    count: int
    _file: Any
    _column: str
    _first: Any  # row of each group
    _groups: "OrderedDict[int, Any]" = field(default_factory=OrderedDict)
    _lock: Any = field(default_factory=threading.Lock)

    @classmethod
    def opened(cls, parquet: Any, file: Any, path: Path, column: str) -> "Shard":
        """A file that `opened_file` has opened, whose images are in a column.

        Raises
        ------
        BrokenFile
            If it is broken or promises more than it holds.
        """
        with naming_the_file(path):
            sizes = [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)]
            if file.metadata.num_rows * _LEAST_IMAGE > path.stat().st_size or sum(sizes) != file.metadata.num_rows:
                raise ValueError(tr("it promises more than the file holds"))
            labels = labels_of(parquet, file, path)
        return cls(path, labels, sum(sizes), file, column, np.cumsum([0, *sizes]))

    def captions(self) -> list[list[str]] | None:
        """The captions of each row; None if there are none. Raises BrokenFile if they cannot be read."""
        with naming_the_file(self.path):
            return captions_in(self._file)

    @property
    def name(self) -> str:
        """What it is called in the report."""
        return self.path.name

    def open(self, row: int) -> BinaryIO:
        """The image file in a row, as a stream; raises ValueError or OSError if there is none."""
        number = int(np.searchsorted(self._first, row, "right")) - 1
        with self._lock:
            if number in self._groups:
                self._groups.move_to_end(number)
            else:
                self._groups[number] = self._read(number)
                if len(self._groups) > _KEPT:
                    self._groups.popitem(last=False)
            images = self._groups[number]
            if images is None:
                raise ValueError(tr("its row group unpacks to far more than the file holds"))
            value = images[row - int(self._first[number])].as_py()
        content = value.get("bytes") if isinstance(value, dict) else value
        if not content:
            raise ValueError(tr("its bytes are not in the file"))
        return BytesIO(content)

    def _read(self, number: int) -> Any:
        """The images of a row group; None if they are far more than it takes in the file, as if all were one."""
        import pyarrow

        size = self._file.metadata.row_group(number).total_byte_size  # no value is larger
        rows = max(1, _TOGETHER // max(size, 1))
        images, total = [], 0
        for batch in self._file.iter_batches(rows, row_groups=[number], columns=[self._column]):
            images.append(batch.column(0))
            total += batch.nbytes
            if total > _TOGETHER + _REPEATED * size:
                return None
        return pyarrow.chunked_array(images)


def opened_file(parquet: Any, path: Path) -> Any:
    """Open a file with the module pyarrow.parquet; raises BrokenFile if it is damaged or cannot be read in pieces."""
    with naming_the_file(path):
        try:
            file = parquet.ParquetFile(path)
        except ValueError as error:
            with path.open("rb") as stored:
                beginning = stored.read(BEGINNING)
            kind = None if beginning.startswith(b"PAR1") else kind_of(beginning)
            raise ValueError(what_it_is(kind, tr("it is damaged"))) from error
        if file.metadata.num_columns > _MOST_COLUMNS:
            text = tr("it has {count:,} columns, more than {most:,}; save all pixels of an image in one, as a list")
            raise ValueError(text.format(count=file.metadata.num_columns, most=_MOST_COLUMNS))
        _check_groups(file)
        for name, count in Counter(file.schema_arrow.names).most_common(1):
            if count > 1:
                raise ValueError(tr("several of its columns are named {name}").format(name=shown(name)))
        return file


def column_of(schema: Any) -> str | None:
    """The column of image files: one of bytes, or of pairs of which one is "bytes"; None if there is none."""
    import pyarrow

    def holds_files(kind: Any) -> bool:
        if pyarrow.types.is_struct(kind):
            names = [kind.field(number).name for number in range(kind.num_fields)]
            return "bytes" in names and holds_files(kind.field("bytes").type)
        return pyarrow.types.is_binary(kind) or pyarrow.types.is_large_binary(kind)

    found = [entry.name for entry in schema if holds_files(entry.type)]
    known = [column for name in _IMAGES for column in found if column.lower() == name]
    return (known or found)[0] if known or len(found) == 1 else None


def _check_groups(file: Any) -> None:
    """Raise ValueError if a row group takes more memory than can be had for it.

    Its columns are not asked for their sizes: pyarrow 26 ends the process where what they say of themselves is damaged.
    """
    for group in range(file.num_row_groups):
        size = file.metadata.row_group(group).total_byte_size
        if not 0 <= size <= _LARGEST_GROUP:
            text = tr("{size} of images lie in one of its row groups. Write it with smaller ones")
            raise ValueError(text.format(size=size_in_words(size)))


def labels_of(parquet: Any, file: Any, path: Path, column: str | None = None) -> FoundLabels:
    """The labels of all rows, by the names that Hugging Face writes into the metadata where there are any.

    They are in a column of that name, or else of a usual one.
    """
    import pyarrow

    by_lower = {name.lower(): name for name in reversed(file.schema_arrow.names)}
    column = column or next((by_lower[name] for name in LABELS if name in by_lower), None)
    if column is None:
        return FoundLabels(None)
    where = within(column, path)
    kind = file.schema_arrow.field(column).type
    if pyarrow.types.is_dictionary(kind):
        kind = kind.value_type
    is_text = pyarrow.types.is_string(kind) or pyarrow.types.is_large_string(kind)
    if not (is_text or pyarrow.types.is_integer(kind) or pyarrow.types.is_floating(kind) or kind == pyarrow.bool_()):
        reason = tr("which are of type {kind}, not numbers or texts").format(kind=kind)
        return FoundLabels(None, left_out(where, reason))
    if is_text:
        count, size = promised(path).get(column, (0, 0))
        if size > max(_SMALL, count * _LONG):
            return FoundLabels(None, left_out(where, too_long()))
        return labels_of_values(_texts(parquet.ParquetFile(path, read_dictionary=[column]), column), where)
    values = file.read(columns=[column]).column(0).to_pylist()
    names = _class_names(file.schema_arrow.metadata or {}, column)
    numbers = np.array([np.nan if value is None or (names and value == -1) else value for value in values], np.float64)
    found = labels_of_values(numbers, where)
    if found.classes is None or not names:
        return found
    texts = map(str, found.classes)
    named = [names[int(text)] if text.isdecimal() and int(text) < len(names) else text for text in texts]
    return FoundLabels(names_of(named), found.note)


def _texts(file: Any, column: str) -> Any:
    """The texts (N,) of a column that is read as numbers of different texts, "" where there is none."""
    parts = [np.empty(0, np.str_)]
    for chunk in file.read(columns=[column]).column(0).chunks:
        different = names_of([*(text or "" for text in chunk.dictionary.to_pylist()), ""])
        parts.append(different[chunk.indices.fill_null(len(different) - 1).to_numpy(zero_copy_only=False)])
    return np.concatenate(parts)


def _class_names(metadata: dict[bytes, bytes], column: str) -> list[str]:
    """The names of the classes of a column, as Hugging Face keeps them; none if it does not, or not as expected."""
    try:
        names = json.loads(metadata[b"huggingface"])["info"]["features"][column]["names"]
    except (KeyError, TypeError, ValueError, RecursionError):
        return []
    return names if isinstance(names, list) and all(isinstance(name, str) for name in names) else []
