"""What the columns of a Parquet file promise, from its description, which is in Thrift's compact protocol.

pyarrow 26 ends the process where what its columns say of themselves is damaged, and a list of any length takes no room.
"""

import struct
from pathlib import Path
from typing import Any

from vae_desktop.language import tr

_ROW_GROUPS, _COLUMNS, _ABOUT = 4, 1, 3  # fields of a file, a row group, a column,
_PATH, _COUNT, _SIZE = 3, 5, 6  # and of what is about that: its name, how many values it holds, and bytes when unpacked
_TRUE, _FALSE, _BYTE, _DOUBLE, _BYTES, _LIST, _SET, _MAP, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 11, 12


def promised(path: Path) -> dict[str, tuple[int, int]]:
    """How many values each column of a file holds, and in how many bytes; raises ValueError if it does not say."""
    with path.open("rb") as file:
        file.seek(-8, 2)
        (size,) = struct.unpack("<I4x", file.read(8))
        file.seek(-8 - size, 2)
        content = file.read(size)
    try:
        about = _Reader(content).struct()
        found: dict[str, tuple[int, int]] = {}
        for column in (column[_ABOUT] for group in about.get(_ROW_GROUPS, ()) for column in group[_COLUMNS]):
            name = column[_PATH][0].decode("utf-8", "replace")
            count, size = found.get(name, (0, 0))
            found[name] = count + max(0, column[_COUNT]), size + max(0, column[_SIZE])
        return found
    except (IndexError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(tr("it is damaged")) from error


class _Reader:
    """Reads one value after the other."""

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def struct(self) -> dict[int, Any]:
        """A structure, by the numbers of its fields."""
        fields: dict[int, Any] = {}
        number = 0
        while kind := self._byte():
            number = number + (kind >> 4) if kind >> 4 else self._integer()
            fields[number] = kind & 15 == _TRUE if kind & 15 in (_TRUE, _FALSE) else self._value(kind & 15)
        return fields

    def _value(self, kind: int) -> Any:
        if kind == _STRUCT:
            return self.struct()
        if kind in (_LIST, _SET):
            head = self._byte()
            count = head >> 4 if head >> 4 < 15 else self._size()
            return [self._value(head & 15) for _ in range(count)]
        if kind == _MAP:
            count = self._size()
            kinds = self._byte() if count else 0
            return [(self._value(kinds >> 4), self._value(kinds & 15)) for _ in range(count)]
        if kind in (_DOUBLE, _BYTES):
            size = 8 if kind == _DOUBLE else self._size()
            self._at += size
            return self._content[self._at - size : self._at]
        return self._byte() if kind in (_TRUE, _FALSE, _BYTE) else self._integer()

    def _byte(self) -> int:
        self._at += 1
        return self._content[self._at - 1]

    def _size(self) -> int:
        size = shift = 0
        while True:
            byte = self._byte()
            size |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return size

    def _integer(self) -> int:
        size = self._size()
        return size >> 1 ^ -(size & 1)
