"""Image files by the ends of their paths, as lists name them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from vae_desktop.data.custom.files import File
from vae_desktop.data.custom.layout import Folder


def indexes_of(images: Iterable[File], folders: Collection[Folder]) -> dict[Folder, "Index"]:
    """The images in each of these folders and below, and in all of them, which is the folder ()."""
    inside: dict[Folder, list[File]] = {folder: [] for folder in (*folders, ())}
    for image in images:
        for depth in range(len(image.parts)):
            if image.parts[:depth] in inside:
                inside[image.parts[:depth]].append(image)
    return {folder: Index(some) for folder, some in inside.items()}


class Index:
    """Images by the ends of their paths, with and without the ending of their names."""

    def __init__(self, images: Sequence[File]) -> None:
        self._images = images
        self._ends: dict[int, dict[tuple[str, ...], File | None]] = {}

    def find(self, text: str) -> File | None:
        """The one image whose path ends so, or whose whole path is the end of this one."""
        parts = tuple(part for part in text.replace("\\", "/").split("/") if part not in ("", "."))
        if not parts or len(parts) > 64:
            return None
        found = self._of(len(parts)).get(parts)
        for first in range(1, len(parts)):
            if found is not None:
                break
            whole = self._of(len(parts) - first).get(parts[first:])
            found = whole if whole is not None and len(whole.parts) == len(parts) - first else None
        return found

    def _of(self, depth: int) -> Mapping[tuple[str, ...], File | None]:
        if depth not in self._ends:
            ends: dict[tuple[str, ...], File | None] = {}
            for image in self._images:
                if len(image.parts) < depth:
                    continue
                end = image.parts[-depth:]
                for key in (end, (*end[:-1], PurePosixPath(end[-1]).stem)):
                    ends[key] = image if ends.get(key, image) is image else None  # two of that name
            self._ends[depth] = ends
        return self._ends[depth]
