"""Image files by the ends of their paths, as lists name them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from vae_desktop.data.custom.files import File
from vae_desktop.data.custom.layout import Folder
from vae_desktop.data.custom.split_names import TEST, TRAIN, VALIDATION, part_of


def indexes_of(images: Iterable[File], folders: Collection[Folder]) -> dict[Folder | str, "Index"]:
    """The images in each of these folders and below, in all of them, which is the folder (), and of each part.

    An image is of a part if it lies in a folder that speaks of one.
    """
    keys: list[Folder | str] = [*folders, (), TRAIN, TEST, VALIDATION]
    inside: dict[Folder | str, list[File]] = {key: [] for key in keys}
    parts: dict[str, str] = {}
    for image in images:
        for depth, name in enumerate(image.parts):
            if image.parts[:depth] in inside:
                inside[image.parts[:depth]].append(image)
            if depth < len(image.parts) - 1:
                if name not in parts:
                    parts[name] = (part_of(name) or ("",))[0]
                if parts[name]:
                    inside[parts[name]].append(image)
    return {key: Index(some) for key, some in inside.items()}


class Index:
    """Images by the ends of their paths, with and without the ending of their names."""

    def __init__(self, images: Sequence[File]) -> None:
        self._images = images
        self._ends: dict[int, dict[tuple[str, ...], File | None]] = {}

    def __len__(self) -> int:
        return len(self._images)

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
