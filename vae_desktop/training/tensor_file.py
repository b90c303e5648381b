"""A safetensors file, with numpy alone: its header is held against its size before any tensor is read.

The safetensors library is not used: to read a file it maps it into memory, so that one which is cut off meanwhile ends
the process, and takes twice the time; to write one it copies all tensors twice. The bytes are the same.
"""

import json
import math
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from vae_desktop.errors import CheckpointError, CheckpointMissing, InvalidSetting
from vae_desktop.file_kinds import BEGINNING, MODEL, kind_of, kind_of_file
from vae_desktop.language import tr

Array = npt.NDArray[Any]

MAX_FILE_BYTES = 4 * 2**30
MAX_HEADER_BYTES = 2**20
_LONGEST_REASON = 600  # characters
_MAX_BRACKETS = 100_000  # of JSON: an empty list takes two bytes in a file, and forty times as many in memory
_MAX_RANK = 4
_METADATA = "__metadata__"
# All that this app ever wrote, in the order in which tensors lie in a file.
_DTYPES = {"I64": "<i8", "U64": "<u8", "F64": "<f8", "F32": "<f4", "F16": "<f2", "U8": "|u1"}


@dataclass(frozen=True)
class TensorInfo:
    """What a header says of a tensor; its numbers begin at byte `start` of the file."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    start: int

    @property
    def bytes(self) -> int:
        """How many bytes the tensor takes in the file."""
        return math.prod(self.shape) * self.dtype.itemsize


class Header(NamedTuple):
    """What stands before the tensors: texts by key, not checked further, and what each tensor is, by name."""

    metadata: Mapping[str, Any]
    infos: Mapping[str, TensorInfo]


def require(is_right: bool, reason: str) -> None:
    """Raise CheckpointError with what is wrong with a file, unless it is right."""
    if not is_right:
        raise CheckpointError(reason)


@contextmanager
def opened(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """Open a file of a size that a model's may have.

    Yields
    ------
    (file, int)
        The file and its size in bytes.

    Raises
    ------
    CheckpointError
        With the file's name and the reason in plain words, whatever is wrong with the file or in it.
    """
    with naming(path):
        status = path.stat()
        require(stat.S_ISREG(status.st_mode), _why_no_file(path))
        require(status.st_size <= MAX_FILE_BYTES, tr("it is larger than any model of this app."))
        with path.open("rb") as file:
            yield file, status.st_size


def _why_no_file(path: Path) -> str:
    from vae_desktop.training.run_folder.layout import MODELS, is_run

    text = tr("it is the folder of a training; its models are in {file}.") if is_run(path) else tr("it is not a file.")
    return text.format(file=path / MODELS)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Have whatever is found wrong with a file, or in it, raise CheckpointError as of `opened`."""
    try:
        yield
    except FileNotFoundError:
        kind = kind_of_file(path)
        text = tr("there is no such file.") if kind is None else tr("it is {kind}.").format(kind=kind)
        raise CheckpointMissing(_refusal(path, text)) from None
    except OSError as error:
        text = tr("it cannot be read ({reason}).").format(reason=error.strerror or error)
        raise CheckpointError(_refusal(path, text)) from error
    except (CheckpointError, InvalidSetting) as error:
        raise CheckpointError(_refusal(path, str(error))) from error
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        text = tr("its description is damaged ({kind}: {error}).")
        raise CheckpointError(_refusal(path, text.format(kind=type(error).__name__, error=error))) from error


def _refusal(path: Path, reason: str) -> str:
    """Why a file cannot be opened, in one short line of characters that can be shown."""
    line = "".join(character if character.isprintable() else "\ufffd" for character in reason[: _LONGEST_REASON + 1])
    line = line if len(line) <= _LONGEST_REASON else f"{line[:_LONGEST_REASON]}…"
    return tr("Cannot open {name}: {reason}").format(name=path.name or path, reason=line)


def file_parts(tensors: Mapping[str, Array], metadata: Mapping[str, str]) -> Iterator[bytes | memoryview]:
    """What a file of tensors consists of, part by part, without a copy of any of them.

    Parameters
    ----------
    tensors : mapping of name to array
        Of kinds that this app writes.
    metadata : mapping of str to str
        More than one entry would come in an order of its own.
    """
    kinds = {np.dtype(dtype): kind for kind, dtype in _DTYPES.items()}
    ranks = {kind: rank for rank, kind in enumerate(_DTYPES)}
    ordered = sorted(tensors, key=lambda name: (ranks[kinds[tensors[name].dtype]], name))
    header: dict[str, Any] = {_METADATA: dict(metadata)} if metadata else {}
    end = 0
    for name in ordered:
        tensor, start = tensors[name], end
        end += tensor.nbytes
        header[name] = {"dtype": kinds[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [start, end]}
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    yield len(text).to_bytes(8, "little") + text
    for name in ordered:
        yield np.ascontiguousarray(tensors[name]).reshape(-1).view(np.uint8).data


def read_header(file: BinaryIO, file_bytes: int) -> Header:
    """Read the header of a file of that size.

    Raises
    ------
    CheckpointError
        If there is none, it is larger than 1 MiB, a name occurs twice, or the tensors that it describes do not fill the
        rest of the file exactly, one after the other.
    """
    start = file.read(8)
    length = int.from_bytes(start, "little")
    if len(start) < 8 or not 0 < length <= file_bytes - 8:
        kind = kind_of(start + file.read(BEGINNING - 8))
        if kind is None or kind.what == MODEL:
            raise CheckpointError(tr("it is not a safetensors file, or it is cut off."))
        raise CheckpointError(tr("it is {kind}.").format(kind=kind))
    require(length <= MAX_HEADER_BYTES, tr("its header is larger than that of any model of this app."))
    header = strict_json(file.read(length))
    require(isinstance(header, dict), tr("it is not a safetensors file."))
    metadata = header.pop(_METADATA, None)
    area = 8 + length
    infos = {name: _tensor_info(name, entry, area, file_bytes) for name, entry in header.items()}
    end = area
    for name, info in sorted(infos.items(), key=lambda item: (item[1].start, item[1].bytes)):
        text = tr("its tensors are damaged: there is a hole or an overlap before {name}.")
        require(info.start == end, text.format(name=name))
        end += info.bytes
    text = tr("its tensors are damaged: they take {taken} of {there} bytes.")
    require(end == file_bytes, text.format(taken=end - area, there=file_bytes - area))
    return Header(metadata if isinstance(metadata, dict) else {}, infos)


def read_tensor(file: BinaryIO, info: TensorInfo) -> Array:
    """The tensor that a header describes, as an array that can be written to; 16-bit numbers become 32-bit ones.

    Raises
    ------
    CheckpointError
        If the file has become shorter.
    """
    return as_single(read_raw(file, info))


def read_raw(file: BinaryIO, info: TensorInfo) -> Array:
    """The tensor that a header describes, with the numbers that it has; errors as of `read_tensor`."""
    values = np.empty(info.shape, info.dtype)
    file.seek(info.start)
    if file.readinto(values.reshape(-1).view(np.uint8)) != info.bytes:  # type: ignore[attr-defined]
        raise CheckpointError(tr("it was changed while it was read."))
    return values


def as_single(values: Array) -> Array:
    """A tensor as it is worked with: 16-bit numbers as 32-bit ones, all others as they are."""
    return values.astype(np.float32) if values.dtype == np.float16 else values


def strict_json(text: bytes | str) -> Any:
    """The value of a JSON text in UTF-8.

    Raises
    ------
    CheckpointError
        If it is no JSON, has more parts than any model's, holds a name twice in one object, or NaN or infinity.
    """

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        require(len(result) == len(pairs), tr("a name occurs twice in its header."))
        return result

    def refuse(constant: str) -> None:
        raise CheckpointError(tr("its header holds {constant}.").format(constant=constant))

    try:
        text = text if isinstance(text, str) else text.decode()
        brackets = text.count("[") + text.count("{")
        require(brackets <= _MAX_BRACKETS, tr("it is not a safetensors file: its header has too many parts."))
        return json.loads(text, object_pairs_hook=unique, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(tr("it is not a safetensors file: its header is not JSON.")) from error


def _tensor_info(name: str, entry: Any, area: int, file_bytes: int) -> TensorInfo:
    def check(is_right: bool, text: str) -> None:
        require(is_right, text.format(name=name))

    check(
        isinstance(entry, dict) and entry.keys() == {"dtype", "shape", "data_offsets"},
        tr("its tensors are damaged: {name} is not described."),
    )
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    check(
        isinstance(dtype, str) and dtype in _DTYPES,
        tr("its tensors are damaged: {name} holds numbers of a kind that this app does not write."),
    )
    check(
        _are_counts(offsets, 2**63) and len(offsets) == 2,
        tr("its tensors are damaged: {name} has an impossible place."),
    )
    end = area + offsets[1]
    text = tr("it is cut off: it has {bytes:,} bytes, and {name} ends at {end:,}.")
    require(end <= file_bytes, text.format(bytes=file_bytes, name=name, end=end))
    check(_are_counts(shape, file_bytes), tr("its tensors are damaged: {name} has an impossible shape."))
    info = TensorInfo(np.dtype(_DTYPES[dtype]), tuple(shape), area + offsets[0])
    text = tr("its tensors are damaged: {name} has {bytes} bytes and room for another number.")
    require(info.bytes == offsets[1] - offsets[0], text.format(name=name, bytes=info.bytes))
    return info


def _are_counts(values: Any, most: int) -> bool:
    """Whether values are a few whole numbers from 0 to `most`: no product of such takes long."""
    return (
        isinstance(values, list)
        and len(values) <= _MAX_RANK
        and all(type(value) is int and 0 <= value <= most for value in values)
    )
