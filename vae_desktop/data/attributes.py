"""What can be measured of each image of a data set, in one table: strokes, and how any image looks."""

from __future__ import annotations

import contextlib
import io
import os
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vae_desktop.data.appearance import APPEARANCE_NAMES, measure_appearance, plain_background
from vae_desktop.data.dataset import Images, Split
from vae_desktop.data.strokes import STROKE_NAMES, fullness, measure_strokes
from vae_desktop.errors import UserError
from vae_desktop.files import make_folder, write_atomically
from vae_desktop.paths import attributes_dir
from vae_desktop.progress import Progress, ignore

Floats = npt.NDArray[np.float32]

MOST_MEASURED = 20_000  # images of a split; more tell nothing more
_VERSION = b"2"  # of what is measured, and how
MOST_KEPT = 40  # tables in the cache: each takes a megabyte at most
TOGETHER = 1 << 25  # bytes of images
_TRIED = 400  # images that tell whether they are strokes
_BORDER, _PLAIN = 0.6, 0.7  # of the border, of most images of strokes, is paper
_FULLEST = 0.62  # fullness of the median image: 0.42 of MNIST, 0.56 of the bundled digits, 0.68 of clothes


@dataclass(frozen=True, eq=False)
class Attributes:
    """What was measured of each of N images.

    Attributes
    ----------
    names : tuple of str
        Those of `appearance.APPEARANCE_NAMES`; of strokes, also those of `strokes.STROKE_NAMES`.
    values : array (N, A), float32
        NaN where there is no such thing, or where an image was not measured.
    """

    names: tuple[str, ...]
    values: Floats

    def __len__(self) -> int:
        return len(self.values)

    @property
    def are_strokes(self) -> bool:
        """Whether the images are lines, so that they have a thickness and a slant."""
        return set(STROKE_NAMES) <= set(self.names)

    def columns(self) -> dict[str, Floats]:
        """The attributes (N,) by name."""
        return dict(zip(self.names, self.values.T, strict=True))


def measure(images: Images, progress: Progress = ignore, are_strokes: bool | None = None) -> Attributes:
    """Measure images (N, C, H, W), uint8; raises Cancelled if `progress` raised it.

    Parameters
    ----------
    images : array
    progress : Progress
        Told how many images are done.
    are_strokes : bool or None
        Whether they are measured as strokes; None: if they look like them.
    """
    if are_strokes is None:
        are_strokes = look_like_strokes(images)
    count = len(images)
    appearance = measure_appearance(images, progress.part(0, count, 10 * count if are_strokes else count))
    if not are_strokes:
        return Attributes(APPEARANCE_NAMES, appearance)
    strokes = measure_strokes(images[:, 0], progress.part(count, 9 * count, 10 * count))  # all channels are equal
    return Attributes((*APPEARANCE_NAMES, *STROKE_NAMES), np.concatenate((appearance, strokes.astype(np.float32)), 1))


def look_like_strokes(images: Images) -> bool:
    """Whether images are thin lines of one shade on a plain background, as far as some of them tell."""
    some = images[:: max(1, len(images) // _TRIED)]
    if not len(some) or not (some == some[:, :1]).all() or plain_background(some, _BORDER)[1].mean() < _PLAIN:
        return False
    found = fullness(some[:, 0])
    known = found[np.isfinite(found)]
    return len(known) >= _PLAIN * len(found) and bool(np.median(known) < _FULLEST)


def attributes_of(split: Split, progress: Progress = ignore, are_strokes: bool | None = None) -> Attributes:
    """What is measured of the images of a split, of at most 20,000 of them; quick where it was measured before.

    Arguments are as of `measure`.

    Raises
    ------
    Cancelled
        If `progress`, told how many images are done, raised it.
    """
    count = len(split)
    chosen = np.arange(count)
    if count > MOST_MEASURED:
        chosen = np.sort(np.argsort(split.hashes, kind="stable")[:MOST_MEASURED])
    path = attributes_dir() / f"{_key(split, chosen, are_strokes)}.npz"
    found = _read(path, len(chosen))
    if found is None:
        found = _measure_some(split.images, chosen, progress, are_strokes)
        _keep(path, found)
    if len(chosen) == count:
        return found
    values = np.full((count, len(found.names)), np.nan, np.float32)
    values[chosen] = found.values
    return Attributes(found.names, values)


def _measure_some(
    images: Images, chosen: npt.NDArray[np.int64], progress: Progress, are_strokes: bool | None
) -> Attributes:
    """Measure the images of these numbers, of which no more than some are in memory at a time."""
    if len(chosen) == len(images):
        return measure(images, progress, are_strokes)
    if are_strokes is None:
        are_strokes = look_like_strokes(images[chosen[:: max(1, len(chosen) // _TRIED)]])
    together = max(1, TOGETHER // max(1, images[0].nbytes))
    parts = []
    for first in range(0, len(chosen), together):
        numbers = chosen[first : first + together]
        parts.append(measure(images[numbers], progress.part(first, len(numbers), len(chosen)), are_strokes))
    return Attributes(parts[0].names, np.concatenate([part.values for part in parts]))


def _key(split: Split, chosen: npt.NDArray[np.int64], are_strokes: bool | None) -> str:
    """The name of the table of these images."""
    how = _VERSION + str(are_strokes).encode()
    return blake2b(split.hashes[chosen].tobytes(), digest_size=16, person=how).hexdigest()


def _read(path: Path, count: int) -> Attributes | None:
    """A table from the cache; None if it is not there, or damaged."""
    with contextlib.suppress(OSError, ValueError, KeyError, EOFError):
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as found:
            names, values = tuple(map(str, found["names"])), found["values"]
        whole = (*APPEARANCE_NAMES, *STROKE_NAMES)
        if names in (whole, APPEARANCE_NAMES) and values.shape == (count, len(names)) and values.dtype == np.float32:
            os.utime(path)
            return Attributes(names, values)
    return None


def _keep(path: Path, attributes: Attributes) -> None:
    """Keep a table in the cache, if it can be; those that were not used for the longest time go."""
    packed = io.BytesIO()
    np.savez_compressed(packed, names=np.array(attributes.names), values=attributes.values)
    with contextlib.suppress(OSError, UserError):
        make_folder(path.parent)
        write_atomically(path, packed.getvalue(), is_lasting=False)
        kept = sorted(path.parent.glob("*.npz"), key=lambda file: file.stat().st_mtime)
        for old in kept[:-MOST_KEPT]:
            old.unlink(missing_ok=True)
