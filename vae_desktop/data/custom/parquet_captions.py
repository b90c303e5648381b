"""The captions in a Parquet file with image files: columns of texts, or of lists of texts, whose names say so."""

from typing import Any

from vae_desktop.data.custom.caption_files import CAPTION_COLUMN

_TOGETHER = 1000  # rows
_LARGEST = 60_000_000  # bytes of all captions


def captions_in(file: Any) -> list[list[str]] | None:
    """The captions of each row of an open Parquet file; None if it has none, or far more than captions take."""
    import pyarrow.types as types

    def holds_texts(kind: Any) -> bool:
        if types.is_list(kind) or types.is_large_list(kind):
            return holds_texts(kind.value_type)
        return types.is_string(kind) or types.is_large_string(kind)

    named = [entry for entry in file.schema_arrow if CAPTION_COLUMN.fullmatch(entry.name)]
    columns = [entry.name for entry in named if holds_texts(entry.type)]
    if not columns:
        return None
    found: list[list[str]] = []
    largest = max((file.metadata.row_group(number).total_byte_size for number in range(file.num_row_groups)), default=0)
    together = max(1, min(_TOGETHER, 4 * _LARGEST // max(largest, 1)))  # no text is larger than its row group
    size = 0
    for batch in file.iter_batches(together, columns=columns):
        size += batch.nbytes
        if size > _LARGEST:
            return None
        rows = zip(*(column.to_pylist() for column in batch.columns), strict=True)
        found += [[text for value in row for text in _texts(value)] for row in rows]
    return found


def _texts(value: Any) -> list[str]:
    """The texts in a cell."""
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    return [value] if isinstance(value, str) else []
