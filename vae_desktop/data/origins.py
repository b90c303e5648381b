"""Where the images of a data set came from: which file, and which row or page of it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count

import numpy as np
import numpy.typing as npt

from vae_desktop.data.hashes import Hashes, place_hashes
from vae_desktop.language import N_, tr

_WHOLE = -1  # in `part_of`: the file is the image
_PARTS = {"row": N_("{file}, row {part:,}"), "page": N_("{file}, page {part:,}")}


@dataclass(frozen=True)
class Origin:
    """Where one image came from.

    Attributes
    ----------
    file : str
        Path of the file; what lies within an archive follows the path of that, after a slash.
    part : int or None
        Which row or page of the file, counted from 0; None if the file is the image.
    kind : {"row", "page"}
        What a part of the file is.
    """

    file: str
    part: int | None = None
    kind: str = "row"

    def below(self, root: str) -> str:
        """The origin in few words: the file from the folder or archive `root` on, or its name elsewhere."""
        name = self.file.removeprefix(root).lstrip("/\\") if root and self.file.startswith(root) else ""
        return str(Origin(name or re.split(r"[/\\]", self.file)[-1], self.part, self.kind))

    def __str__(self) -> str:
        """The origin in words, in one line: "/photos/cat/7.png", or "digits.npz/x_train, row 7"."""
        return self.file if self.part is None else tr(_PARTS[self.kind]).format(file=self.file, part=self.part)


@dataclass(frozen=True, eq=False)
class Origins:
    """Where each of N images came from; ``origins[7]`` is the Origin of image 7.

    Attributes
    ----------
    files : tuple of str
        Paths as in Origin, each once.
    file_of : array (N,), int32
        The number of each image's file.
    part_of : array (N,), int64
        Which part of its file each image is, counted from 0; -1 if the file is the image.
    kind : {"row", "page"}
        What the parts are.
    """

    files: tuple[str, ...]
    file_of: npt.NDArray[np.int32]
    part_of: npt.NDArray[np.int64]
    kind: str = "row"

    @classmethod
    def of_files(cls, files: Sequence[str], parts: Sequence[int | None] | None = None) -> "Origins":
        """One image for each entry of `files`: the file, or the page of it that `parts` says, if that is not None."""
        numbers = dict(zip(dict.fromkeys(files), count(), strict=False))
        pages = [_WHOLE if part is None else part for part in parts] if parts is not None else [_WHOLE] * len(files)
        file_of = np.array([numbers[file] for file in files], np.int32)
        return cls(tuple(numbers), file_of, np.array(pages, np.int64), "page")

    @classmethod
    def of_rows(cls, sizes: Iterable[tuple[str, int]]) -> "Origins":
        """All rows of one file after the other: pairs of a file and how many images it holds."""
        files, counts = zip(*sizes, strict=True)
        rows = np.concatenate([np.arange(size, dtype=np.int64) for size in counts])
        return cls(files, np.repeat(np.arange(len(files), dtype=np.int32), counts), rows)

    def __len__(self) -> int:
        return len(self.file_of)

    def __getitem__(self, number: int) -> Origin:
        part = int(self.part_of[number])
        return Origin(self.files[self.file_of[number]], None if part == _WHOLE else part, self.kind)

    @cached_property
    def sources(self) -> npt.NDArray[np.int64] | None:
        """A number (N,) for the file that each image is a page of; None where each image is all of its file or row."""
        numbers = self.file_of.astype(np.int64)
        if self.kind == "row":
            numbers = numbers * (int(self.part_of.max(initial=0)) + 2) + self.part_of
        return numbers if len(np.unique(numbers)) < len(numbers) else None

    def places(self, root: str) -> Hashes:
        """A number (N,) for where each image lies below `root`, a path: the same when that was moved."""
        if root not in self._places:  # takes a moment for many files
            files = tuple(file.removeprefix(root) for file in self.files)
            self._places[root] = place_hashes(files, self.file_of, self.part_of)
        return self._places[root]

    @cached_property
    def _places(self) -> dict[str, Hashes]:
        return {}

    def followed_by(self, others: "Origins") -> "Origins":
        """These origins and others, one after the other."""
        is_one = others.files is self.files
        files, first = (self.files, 0) if is_one else (self.files + others.files, len(self.files))
        file_of = np.concatenate((self.file_of, others.file_of + np.int32(first)))
        return Origins(files, file_of, np.concatenate((self.part_of, others.part_of)), self.kind)

    def chosen(self, numbers: npt.NDArray[np.int64]) -> "Origins":
        """Those of the images of these numbers, in their order."""
        return Origins(self.files, self.file_of[numbers], self.part_of[numbers], self.kind)
