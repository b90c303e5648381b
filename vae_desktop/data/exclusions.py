"""Images that are left out of a data set: told by their content, so that it does not matter where their files lie."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from vae_desktop.errors import DataError
from vae_desktop.files import make_folder, size_in_words, write_atomically
from vae_desktop.language import tr

if TYPE_CHECKING:
    from vae_desktop.data.dataset import Dataset, Split

_HASH = re.compile(r"[0-9a-f]{16}")
_LARGEST = 256 * 10**6  # bytes of a list
_FOLDER = "excluded"  # of lists, in the folder of marks


@dataclass(frozen=True, order=True)
class ImageKey:
    """What tells an image: its content, and where it lies for the case that its pixels are others there.

    Attributes
    ----------
    hash : str
        The content hash, 16 hexadecimal digits; "" if it is known by its place alone.
    shape : tuple of int
        Of the image of that hash, (C, H, W); () if that is not known.
    file : str
        The file's path, whole or from the data set's folder on; "" if it is known by its content alone.
    part : int
        Which row or page of the file, counted from 0; -1 if the file is the image, or all its parts are meant.
    """

    hash: str = ""
    shape: tuple[int, ...] = ()
    file: str = ""
    part: int = -1


def keys_of(dataset: Dataset, images: Iterable[int]) -> list[ImageKey]:
    """The keys of images of a data set, numbered as codes are: the test images first, then the training images."""
    tests, keys = len(dataset.test), []
    for number in images:
        split, index = (dataset.test, number) if number < tests else (dataset.train, number - tests)
        origin = None if split.origins is None else split.origins[index]
        file = "" if origin is None else _below(origin.file, dataset.config.name)
        part = -1 if origin is None or origin.part is None else origin.part
        keys.append(ImageKey(f"{split.hashes[index]:016x}", dataset.image_shape, file, part))
    return keys


@dataclass(frozen=True)
class Exclusion:
    """Images that are left out, each told by its key."""

    images: frozenset[ImageKey] = frozenset()

    def __len__(self) -> int:
        return len(self.images)

    def __bool__(self) -> bool:
        return bool(self.images)

    @property
    def digest(self) -> str:
        """16 hexadecimal digits that stand for this list in the settings of a run; "" for none."""
        return blake2b(self.as_json(), digest_size=8).hexdigest() if self.images else ""

    def mask(self, split: Split, source: str) -> npt.NDArray[np.bool_]:
        """Which images (N,) of a split of the data set of that name are left out.

        An image is told by its content. By its place it is told only where the content is not known for images of this
        shape: because the list says none, or that of images of another size.
        """
        shape = split.images.shape[1:]
        hashes = [int(key.hash, 16) for key in self.images if key.hash and key.shape in ((), shape)]
        is_out = np.isin(split.hashes, np.array(hashes, np.uint64))
        places = {(key.file, key.part) for key in self.images if key.file and (not key.hash or key.shape != shape)}
        if places and split.origins is not None:
            for number in range(len(split)):
                origin = split.origins[number]
                part = -1 if origin.part is None else origin.part
                names = (origin.file, _below(origin.file, source))
                is_out[number] |= any((name, of) in places for name in names for of in {part, -1})
        return is_out

    def as_json(self) -> bytes:
        """The list as a file has it: the same list gives the same bytes."""
        rows = [[key.hash, list(key.shape), key.file, key.part] for key in sorted(self.images)]
        return json.dumps({"excluded": rows}, separators=(",", ":")).encode()

    @classmethod
    def of_json(cls, data: bytes) -> Exclusion:
        """The list that `as_json` wrote; raises ValueError if these are other bytes."""
        try:
            return cls(frozenset(_key(*row) for row in json.loads(data)["excluded"]))
        except (TypeError, KeyError, RecursionError) as error:
            raise ValueError from error


def _key(hash: Any, shape: Any, file: Any, part: Any) -> ImageKey:
    is_right = isinstance(hash, str) and isinstance(file, str) and type(part) is int and isinstance(shape, list)
    if not is_right or (hash and not _HASH.fullmatch(hash)) or not all(type(side) is int for side in shape):
        raise ValueError(hash)
    return ImageKey(hash, tuple(shape), file, part)


def _below(file: str, source: str) -> str:
    """A path from a data set's folder on; what lies elsewhere stays as it is."""
    return file.removeprefix(source).lstrip("/\\") if file.startswith(source) else file


# Lists as files


def read_exclusion(path: Path) -> Exclusion:
    """Read a list that a person gives: one that this app wrote, a table with a column "hash" or "file", or lines.

    A line is a content hash, as `evaluate --outliers` tells it, or the path of a file, whole or from the data set's
    folder on. In a table, "part" says which row or page of the file.

    Raises
    ------
    DataError
        If it cannot be read, or holds nothing that tells an image.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise DataError(
                tr("{path} is no list of images: it is larger than {most}.").format(
                    path=path, most=size_in_words(_LARGEST)
                )
            )
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
    except OSError as error:
        text = tr("{path} cannot be read: {reason}.")
        raise DataError(text.format(path=path, reason=error.strerror or error)) from error
    except UnicodeDecodeError as error:
        raise DataError(tr("{path} is no list of images: it is not text.").format(path=path)) from error
    try:
        found = Exclusion.of_json(data) if text.lstrip().startswith("{") else _of_text(text)
    except (ValueError, csv.Error):
        found = Exclusion()
    if not found:
        text = tr("{path} names no image: write one content hash, or one path, a line, or give a table with them.")
        raise DataError(text.format(path=path))
    return found


def _of_text(text: str) -> Exclusion:
    lines = [line.strip() for line in text.splitlines()]
    header = lines[0].lower().split(",") if lines else []
    if "file" in header or "hash" in header:
        keys = []
        for row in csv.DictReader(io.StringIO(text)):
            given = {name.lower(): value or "" for name, value in row.items() if isinstance(name, str)}
            part = given.get("part", "")
            keys.append(ImageKey(given.get("hash", ""), (), given.get("file", ""), int(part) if part else -1))
        return Exclusion(frozenset(_known(key) for key in keys if key.hash or key.file))
    return Exclusion(
        frozenset(ImageKey(line) if _HASH.fullmatch(line) else ImageKey(file=line) for line in lines if line)
    )


def _known(key: ImageKey) -> ImageKey:
    if key.hash and not _HASH.fullmatch(key.hash):
        raise ValueError(key.hash)
    return key


def keep_exclusion(exclusion: Exclusion, folder: Path) -> str:
    """Keep a list in the app's folder of marks, under its digest, which is returned; "" for none.

    Raises
    ------
    UserError
        If it cannot be written.
    """
    digest, path = exclusion.digest, _path(folder, exclusion.digest)
    if digest and not path.exists():
        make_folder(path.parent)
        write_atomically(path, exclusion.as_json())
    return digest


def find_exclusion(digest: str, folder: Path) -> Exclusion | None:
    """The list of that digest; None if it is not in the folder, or was changed there.

    Raises
    ------
    DataError
        If it is there and cannot be read.
    """
    path = _path(folder, digest)
    try:
        found = Exclusion.of_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    except OSError as error:
        text = tr("{path} cannot be read: {reason}.")
        raise DataError(text.format(path=path, reason=error.strerror or error)) from error
    return found if found.digest == digest else None


def _path(folder: Path, digest: str) -> Path:
    return folder / _FOLDER / f"{digest}.json"
