"""Images of many megapixels: one at a time is in memory, and not twice, as it is converted and made small in strips."""

import threading
from contextlib import AbstractContextManager, nullcontext
from typing import Any, BinaryIO

from PIL import Image

from vae_desktop.data.custom.conversion import opaque
from vae_desktop.data.custom.eight_bits import ImageLevels, in_eight_bits, strips

LARGE = 1 << 23  # pixels; images of fewer are converted whole
_ALONE = 12_500_000  # pixels; of larger ones only one is decoded at a time
_DRAFT = 3  # times the side: an image that is this much larger is still averaged well
_COD, _LEVELS = b"\xff\x52", 7  # JPEG 2000: a marker, and where after it the number of smaller images is
_HEADER = 1 << 14  # bytes, among which that is
_turn = threading.Lock()


def in_turn(image: Image.Image) -> AbstractContextManager[Any]:
    """To be entered while an image is decoded and converted."""
    return _turn if image.width * image.height > _ALONE else nullcontext()


def draft(image: Image.Image, stream: BinaryIO, side: int) -> None:
    """Have an image be decoded smaller, if its format allows that, but large enough for squares of that side."""
    least = side * _DRAFT
    image.draft(None, (least, least))
    if image.format == "JPEG2000" and image.width * image.height > LARGE:
        place = stream.tell()
        stream.seek(0)
        after = stream.read(_HEADER).partition(_COD)[2]
        stream.seek(place)
        halvings = (min(image.size) // least).bit_length() - 1
        most = after[_LEVELS] if len(after) > _LEVELS else 0
        image.reduce = max(0, min(halvings, most))  # type: ignore[method-assign, assignment]


def small_in_eight_bits(image: Image.Image, side: int, levels: ImageLevels) -> tuple[Image.Image, tuple[str, ...]]:
    """As `in_eight_bits`, of a decoded image of any size; a large one is averaged over some pixels, and opaque."""
    if image.width * image.height <= LARGE:
        return in_eight_bits(image, levels)
    factor = max(1, min(image.size) // (side * _DRAFT))
    small: Image.Image | None = None
    changes: dict[str, None] = {}
    for top, strip in strips(image, factor):
        plain, more = in_eight_bits(strip, levels)
        plain = opaque(plain)
        small = small or Image.new(plain.mode, (-(-image.width // factor), -(-image.height // factor)))
        small.paste(Image.Image.reduce(plain, factor), (0, top // factor))
        changes.update(dict.fromkeys(more))
    assert small is not None
    return small, tuple(changes)
