"""How many images a file holds: the pages of a TIFF, the frames of an animation."""

import io
from typing import BinaryIO

from PIL import Image

from vae_desktop.language import N_

MAX_PAGES = 10_000  # of one file; a small file can announce any number
_MANY_PIXELS = 10**9  # of all pages of one file together, for seconds of work; a file may have more if it is as large
_MOST_PER_BYTE = 100

UNLIKE = N_("of pages of different sizes only the first is read")
TOO_MANY = N_("of more pages than are read only the first ones")
SECOND_PICTURE = N_("of photos with a second picture (depth, brightness, the other eye) only the first is read")
IMAGEJ = N_("ImageJ's header tells of more pages than the file holds")

_PAGED = ("TIFF", "GIF", "PNG", "WEBP", "AVIF", "HEIF")
_DESCRIPTION = 270  # TIFF's tag, where ImageJ says how many images there are


def count_pages(image: Image.Image, stream: BinaryIO) -> tuple[int, set[str], tuple[str, ...]]:
    """How many pages of an opened image are read, their modes, and what is not read, in English words.

    Parameters
    ----------
    image : Image
        At its first page, and left at any.
    stream : BinaryIO
        What it is read from.
    """
    modes = {image.mode}
    if image.format == "MPO":
        return 1, modes, (SECOND_PICTURE,)
    if image.format not in _PAGED:
        return 1, modes, ()
    remarks = []
    most = _most_pages(image, stream)
    if image.format == "TIFF":
        announced = _imagej_count(image)
        pages, is_alike = _tiff_pages(image, most + 1, modes)
        if not is_alike:
            return 1, modes, (UNLIKE,)
        if announced > pages:
            remarks.append(IMAGEJ)
    elif image.format == "GIF":
        pages = _gif_pages(stream, most + 1)
        modes |= {"RGB"} if pages > 1 else set()  # a later frame may bring other colours
    else:
        pages = max(1, int(getattr(image, "n_frames", 1)))
    if pages > most:
        remarks.append(TOO_MANY)
    return min(pages, most), modes, tuple(remarks)


def _most_pages(image: Image.Image, stream: BinaryIO) -> int:
    """How many pages of this size are read; a few bytes can announce thousands of large ones."""
    pixels = image.width * image.height
    if MAX_PAGES * pixels <= _MANY_PIXELS:
        return MAX_PAGES
    place = stream.tell()
    size = stream.seek(0, io.SEEK_END)
    stream.seek(place)
    return max(1, min(MAX_PAGES, max(_MANY_PIXELS, _MOST_PER_BYTE * size) // pixels))


def _tiff_pages(image: Image.Image, most: int, modes: set[str]) -> tuple[int, bool]:
    """How many there are, at most `most`, and whether they are alike in size; their modes are added."""
    size = image.size
    if not getattr(image, "is_animated", False):
        return 1, True
    for page in range(1, most):
        try:
            image.seek(page)
        except EOFError:
            return page, True
        if image.size != size:
            return page, False
        modes.add(image.mode)
    return most, True


def _imagej_count(image: Image.Image) -> int:
    """How many images ImageJ says there are; above 4 GB it describes only the first as TIFF does."""
    text = str(getattr(image, "tag_v2", {}).get(_DESCRIPTION, ""))
    if not text.startswith("ImageJ="):
        return 0
    numbers = [line.removeprefix("images=") for line in text.splitlines() if line.startswith("images=")]
    return int(numbers[0]) if numbers and numbers[0].isascii() and numbers[0].isdigit() else 0


def _gif_pages(stream: BinaryIO, most: int) -> int:
    """The frames of a GIF, at most `most`, without decoding any."""
    stream.seek(10)
    _skip_palette(stream, stream.read(3)[:1])
    frames = 0
    while frames < most:
        introducer = stream.read(1)
        if introducer == b"!":  # an extension
            stream.read(1)
        elif introducer == b",":  # a frame: nine bytes, a palette, a byte, and data as in extensions
            _skip_palette(stream, stream.read(9)[8:])
            if not stream.read(1):
                break
            frames += 1
        else:
            break
        while size := stream.read(1)[:1]:
            if size == b"\0":
                break
            stream.read(size[0])
    return max(frames, 1)


def _skip_palette(stream: BinaryIO, flags: bytes) -> None:
    if flags and flags[0] & 0x80:
        stream.read(3 << (flags[0] % 8 + 1))
