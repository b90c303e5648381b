"""What a person has noted of the images of a data set: tags, and which are left out. Kept in the app's own folder."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

from vae_desktop.data.exclusions import Exclusion, ImageKey
from vae_desktop.errors import UserError
from vae_desktop.files import locked, write_atomically
from vae_desktop.language import tr

_VERSION = 1


@dataclass(frozen=True)
class Mark:
    """What is noted of an image."""

    key: ImageKey
    is_excluded: bool = False
    tags: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return self.is_excluded or bool(self.tags)


@dataclass(frozen=True)
class Marks:
    """The marks of the images of one data set, in a file that several windows may change at once.

    Each change reads the file, and writes it whole, while nobody else does. An image is told by its content hash.

    Attributes
    ----------
    folder : Path
        The app's folder of marks.
    source : str
        The name of the data set; of a person's own, its path.
    """

    folder: Path
    source: str

    @property
    def path(self) -> Path:
        """The file of these marks."""
        name = blake2b(self.source.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        return self.folder / f"{name}.json"

    def read(self) -> dict[str, Mark]:
        """The marks by the hashes of their images; none where the file is not there.

        Raises
        ------
        UserError
            If it cannot be read, or is damaged: then it is put aside, and the next call finds none.
        """
        try:
            entries = json.loads(self.path.read_bytes())["images"]
            marks = [_mark(entry) for entry in entries]
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except OSError as error:
            text = tr("{path} cannot be read: {reason}.")
            raise UserError(text.format(path=self.path, reason=error.strerror or error)) from error
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise UserError(self._put_aside()) from error
        return {mark.key.hash: mark for mark in marks if mark.key.hash}

    def exclude(self, images: Iterable[ImageKey], is_excluded: bool = True) -> None:
        """Leave images out of the data set from now on, or no longer; raises UserError if that cannot be noted."""
        self._change(images, lambda mark: replace(mark, is_excluded=is_excluded))

    def tag(self, images: Iterable[ImageKey], tag: str, is_tagged: bool = True) -> None:
        """Give images a tag, or take it from them; raises UserError if that cannot be noted."""
        tags = frozenset({tag})
        self._change(images, lambda mark: replace(mark, tags=mark.tags | tags if is_tagged else mark.tags - tags))

    def exclusion(self) -> Exclusion:
        """The images that are left out; errors as of `read`."""
        return Exclusion(frozenset(mark.key for mark in self.read().values() if mark.is_excluded))

    def tagged(self) -> dict[str, set[str]]:
        """The hashes of the images that have each tag; errors as of `read`."""
        found: dict[str, set[str]] = {}
        for digest, mark in self.read().items():
            for tag in mark.tags:
                found.setdefault(tag, set()).add(digest)
        return found

    def _put_aside(self) -> str:
        """Keep a damaged file under another name, and return what became of it, in words."""
        copies = (self.path.with_suffix(f".bak{number or ''}") for number in itertools.count())
        copy = next(copy for copy in copies if not copy.exists())
        try:
            self.path.replace(copy)
        except OSError as error:
            text = tr("{path} is damaged, and cannot be put aside: {reason}.")
            return text.format(path=self.path, reason=error.strerror or error)
        text = tr(
            "The file of the tags and excluded images of {dataset} is damaged. It was put aside as {copy}: none of "
            "these images is tagged or excluded any longer."
        )
        return text.format(dataset=self.source, copy=copy)

    def _change(self, images: Iterable[ImageKey], change: Any) -> None:
        with locked(self.path):
            marks = self.read()
            for key in images:
                marks[key.hash] = change(marks.get(key.hash, Mark(key)))
            entries = [_entry(mark) for _, mark in sorted(marks.items()) if mark]
            content = {"version": _VERSION, "source": self.source, "images": entries}
            write_atomically(self.path, json.dumps(content, indent=0).encode())


def _entry(mark: Mark) -> dict[str, Any]:
    key = mark.key
    return {
        "hash": key.hash,
        "shape": list(key.shape),
        "file": key.file,
        "part": key.part,
        "excluded": mark.is_excluded,
        "tags": sorted(mark.tags),
    }


def _mark(entry: Any) -> Mark:
    key = ImageKey(str(entry["hash"]), tuple(map(int, entry["shape"])), str(entry["file"]), int(entry["part"]))
    return Mark(key, entry["excluded"] is True, frozenset(map(str, entry["tags"])))
