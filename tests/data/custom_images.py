"""Custom data sets to read, and what is known of them once they are read."""

import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from tests.data.costs import MB, little_memory
from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.image_file import Picture
from vae_desktop.data.dataset import Dataset, Split
from vae_desktop.data.load import load_dataset

SIDE = 12  # of pictures that are saved and read back


def load(path: Path, **settings: object) -> Dataset:
    """Read a custom data set, with some settings of DatasetConfig."""
    return load_dataset(DatasetConfig(str(path), **settings), Path("no data folder"))


def fill(folder: Path, count: int = 10, level: int = 0, side: int = SIDE) -> None:
    """Save grey squares whose levels count up from `level`."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        Image.fromarray(np.full((side, side), level + number, np.uint8)).save(folder / f"{number}.png")


def solid(mode: str, value: object, size: tuple[int, int] = (SIDE, SIDE)) -> Image.Image:
    """An image of one colour in one of Pillow's modes."""
    return Image.new(mode, size, value)


def assert_solid(picture: Picture, value: int | tuple[int, ...], changes: tuple[str, ...] = ()) -> None:
    """Check that a picture that was read is of one grey or colour, and what was changed for that."""
    expected = np.broadcast_to(np.uint8(value), (SIDE, SIDE, 3) if isinstance(value, tuple) else (SIDE, SIDE))
    np.testing.assert_array_equal(picture.pixels, expected)
    assert picture.changes == changes


def png(width: int, height: int, bits: int, kind: int, packed: bytes) -> bytes:
    """A PNG of so many bits a channel and one of its kinds of colour, whose packed pixels may be anything."""
    header = struct.pack(">2I5B", width, height, bits, kind, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*part) for part in parts)


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """A part of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def spoil(path: Path) -> None:
    """Cut a PNG off after its header, so that it fails only when it is decoded."""
    path.write_bytes(path.read_bytes()[:45])


def levels(split: Split) -> list[int]:
    """The grey level of each image, which is all of one."""
    return split.images[:, 0, 0, 0].tolist()


def load_without_long_labels(path: Path, name: str = "labels") -> Dataset:
    """Check that labels of which one is far too long take no memory for each row, and are left out."""
    with little_memory(50 * MB):
        dataset = load(path)
    left_out = f"{name} in {path}: not used as labels, as they are texts of more than 255 characters"
    assert dataset.report.skipped == (left_out,)
    return dataset


def everything(dataset: Dataset) -> dict[int, int | None]:
    """The label, or None, of each image by its grey level."""
    found: dict[int, int | None] = {}
    for split in (dataset.train, dataset.test):
        labels = split.labels if split.labels is not None else [None] * len(split)
        found.update(zip(levels(split), labels, strict=True))
    return found
