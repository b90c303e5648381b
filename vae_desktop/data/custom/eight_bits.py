"""Pixels of any mode of Pillow as 8 bits of grey or colour, with or without alpha."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.levels import BYTES, Levels, Values, levels_of, to_bytes
from vae_desktop.language import N_

DEEP = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")  # modes of one channel of more than 8 bits
GREY = ("1", "L", "LA", "La", *DEEP)
_SIXTEEN_BITS = (0, 65_535)
STRIP = 1 << 21  # pixels that are converted together

CMYK = N_("CMYK turned into RGB")
ALPHA = N_("alpha laid over white")

_KINDS = ("bytes", "integers", "floats")  # of an image's values; integers are those of more than 8 bits
ImageLevels = Mapping[str, Levels]  # by these kinds


def image_levels(parts: Sequence[Values], config: DatasetConfig) -> ImageLevels:
    """The levels for images of which this is known, by the kind of their values; see `levels.levels_of`.

    Where the setting names the values, by percentiles or as bounds, they are the same for images of all kinds.

    Raises
    ------
    ValueError
        If there are none for some of the values; the message says why.
    """
    if config.levels in ("percentiles", "bounds"):
        return dict.fromkeys(_KINDS, levels_of(mixed(parts or [Values.of(np.zeros(1, np.uint8))]), config))
    by_kind: dict[str, list[Values]] = {}
    for part in parts:
        by_kind.setdefault("floats" if part.are_floats else "integers", []).append(part)
    levels = {kind: levels_of(Values.together(some), config) for kind, some in by_kind.items()}
    return {"bytes": BYTES, **levels}


def mixed(parts: Sequence[Values]) -> Values:
    """What is known of values of all kinds together."""
    return Values.together([replace(part, are_floats=False) for part in parts])


def strips(image: Image.Image, multiple: int = 1) -> Iterator[tuple[int, Image.Image]]:
    """An image in strips, each with its first row: some megabytes of pixels, and a multiple of so many rows."""
    height = max(1, STRIP // (image.width * multiple)) * multiple
    if height >= image.height:
        yield 0, image
        return
    for top in range(0, image.height, height):
        yield top, image.crop((0, top, image.width, min(top + height, image.height)))


def values_of(image: Image.Image, sampled: int = 0) -> Values:
    """What is known of the pixels of an image; raises ValueError, in words, if they are mostly no numbers."""
    count = -(-image.width * image.height // STRIP)
    kept = (*DEEP, "L", "RGB")
    parts = (strip if strip.mode in kept else strip.convert("RGB") for _, strip in strips(image))
    values = Values.together([Values.of(np.asarray(strip), -(-sampled // count)) for strip in parts])
    if image.mode == "I" and values.lowest >= 0 and values.highest <= _SIXTEEN_BITS[1]:
        values = replace(values, type_range=_SIXTEEN_BITS)  # Pillow has 16 bits in 32 of some kinds of file
    levels_of(values, DatasetConfig())
    return values


def in_eight_bits(image: Image.Image, levels: ImageLevels) -> tuple[Image.Image, tuple[str, ...]]:
    """The image in mode L, LA, RGB or RGBA, and what was done to it."""
    if image.mode in DEEP:
        own = levels["floats" if image.mode == "F" else "integers"]
        return Image.fromarray(to_bytes(np.asarray(image), own)), (own.rule,) if own.rule else ()
    plain, changes = _plain(image)
    own = levels["bytes"]
    if own.rule:
        table = to_bytes(np.arange(256, dtype=np.uint16), own).tolist()
        bands = zip(plain.getbands(), plain.split(), strict=True)
        changed = [band if name == "A" else band.point(table) for name, band in bands]
        plain, changes = Image.merge(plain.mode, changed), (*changes, own.rule)
    return plain, changes


def _plain(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    mode = "L" if image.mode in GREY else "RGB"
    if image.has_transparency_data:
        image = image.convert(f"{mode}A")
        return image, (ALPHA,) if image.getextrema()[-1] != (255, 255) else ()
    return image if image.mode == mode else image.convert(mode), (CMYK,) if image.mode == "CMYK" else ()
