"""Pictures as files: one sheet as PNG for people, or all of them as one array of numpy's for programs."""

import io
import math
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from vae_desktop.latent.codes import Picture


def is_npy(path: Path) -> bool:
    """Whether a file's name asks for an array of pictures."""
    return path.suffix.lower() == ".npy"


def file_of(path: Path, pictures: Picture) -> Iterable[bytes | memoryview]:
    """What a file of that name holds of pictures (N, H, W, C): an array, or a sheet of all of them."""
    return npy_parts(pictures, len(pictures)) if is_npy(path) else [png(Image.fromarray(_without_one(tile(pictures))))]


def npy_parts(pictures: Iterable[Picture], count: int) -> Iterator[bytes | memoryview]:
    """A .npy file of `count` pictures, uint8, as one array (N, H, W, 3), or (N, H, W) of grey ones; part by part.

    Parameters
    ----------
    pictures : iterable of array (H, W, C)
        All of one shape; each is made when it is its turn.
    """
    rest = iter(pictures)
    first = _without_one(next(rest))
    target = io.BytesIO()
    about = {"descr": "|u1", "fortran_order": False, "shape": (count, *first.shape)}
    np.lib.format.write_array_header_1_0(target, about)
    yield target.getvalue()
    for picture in chain([first], map(_without_one, rest)):
        yield np.ascontiguousarray(picture).reshape(-1).data


def png(picture: Image.Image) -> bytes:
    """A picture as PNG."""
    target = io.BytesIO()
    picture.save(target, "PNG")
    return target.getvalue()


def tile(pictures: Picture, gap: int = 2) -> Picture:
    """One picture (H', W', C) of pictures (N, H, W, C) in a grid as square as can be, with a gap in pixels."""
    count, height, width, channels = pictures.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, channels), 128, np.uint8)
    for index, picture in enumerate(pictures):
        top, left = (index // columns) * (height + gap), (index % columns) * (width + gap)
        sheet[top : top + height, left : left + width] = picture
    return sheet


def _without_one(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """A picture (H, W, C), of one channel as (H, W)."""
    return picture[:, :, 0] if picture.ndim == 3 and picture.shape[2] == 1 else picture
