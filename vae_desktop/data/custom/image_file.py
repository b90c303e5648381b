"""One image, of a file or from the clipboard: its size from the header, and its pixels by the one rule."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.conversion import to_square
from vae_desktop.data.custom.levels import BYTES, Levels, Values, bounds_of, levels_of, to_bytes
from vae_desktop.data.dataset import Images, channels_first
from vae_desktop.errors import DataError
from vae_desktop.file_kinds import kind_of_file
from vae_desktop.language import N_, tr

MAX_PIXELS = 50_000_000  # of one image; a small file can announce enough to fill any memory

# None of them runs another program or fetches anything, as others that Pillow knows may.
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM", "JPEG2000", "AVIF")
_DEEP = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")  # one channel of more than 8 bits
_GREY = ("1", "L", "LA", "La", *_DEEP)
_SIXTEEN_BITS = (0, 65_535)
_SAMPLED = 64  # values that stand for those of an image among many
_DRAFT = 3  # times the side: a JPEG decoded this much larger is still averaged well

CMYK = N_("CMYK turned into RGB")
ALPHA = N_("alpha laid over white")
TURNED = N_("turned upright as their EXIF orientation says")


class Unreadable(Exception):
    """A file that is left out; ``str(error)`` is the reason in a few words."""


@dataclass(frozen=True)
class Header:
    """What an image says of itself: its size in pixels, and whether its kind can hold colour.

    Attributes
    ----------
    values : Values or None
        What is known of its pixels, where the levels of all images depend on that.
    """

    width: int
    height: int
    may_have_colour: bool
    values: Values | None = None


@dataclass(frozen=True, eq=False)
class Picture:
    """An image as a square: (S, S) or (S, S, 3), uint8, and what was done to it besides, in English words."""

    pixels: Images
    changes: tuple[str, ...]


def read_header(path: str | Path, with_values: bool = False) -> Header:
    """Read what an image says of itself; one of more than 8 bits is decoded, and every one `with_values`.

    Raises
    ------
    Unreadable
        If it is no image, or one of more than 50 million pixels.
    """
    try:
        with _open(path) as image:
            is_asked = with_values or image.mode in _DEEP
            values = _values(image, _SAMPLED if with_values else 0) if is_asked else None
            return Header(image.width, image.height, image.mode not in _GREY, values)
    except Exception as error:
        raise Unreadable(_reason(path, error)) from error


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
    if config.levels == "bounds":
        return dict.fromkeys(_KINDS, bounds_of(config))
    if config.levels == "percentiles":
        mixed = [replace(part, are_floats=False) for part in parts]
        return dict.fromkeys(_KINDS, levels_of(Values.together(mixed), config))
    by_kind: dict[str, list[Values]] = {}
    for part in parts:
        by_kind.setdefault("floats" if part.are_floats else "integers", []).append(part)
    levels = {kind: levels_of(Values.together(some), config) for kind, some in by_kind.items()}
    return {"bytes": BYTES, **levels}


def read_picture(path: str | Path, side: int, levels: ImageLevels | None = None) -> Picture:
    """Read an image as a square of `side` pixels: upright, by CONVERSION_RULE, in 8 bits.

    Of an animation it is the first frame. Palettes and CMYK become RGB, alpha is laid over white. 16-bit colour keeps
    its upper 8 bits. Other values of more than 8 bits become bytes by `levels`, or without them by the image's own.

    Raises
    ------
    Unreadable
        If it cannot be decoded.
    """
    try:
        with _open(path) as image:
            image.draft(None, (side * _DRAFT, side * _DRAFT))
            image.load()
            if levels is None:
                levels = image_levels([_values(image)] if image.mode in _DEEP else [], DatasetConfig())
            plain, changes = _in_eight_bits(image, levels)
            pixels = to_square(plain, side)
            orientation = _orientation(image)
            if orientation in range(2, 9):  # what is cut from the middle may be turned after it
                square = Image.fromarray(pixels)
                square.getexif()[ExifTags.Base.Orientation] = orientation
                pixels = np.asarray(ImageOps.exif_transpose(square))
                changes = (*changes, TURNED)
            return Picture(pixels, changes)
    except Exception as error:
        raise Unreadable(_reason(path, error)) from error


def image_of_file(path: Path, image_shape: tuple[int, int, int]) -> Images:
    """Read an image file that a person chose as an image (C, H, W), by the rules for custom data sets.

    It becomes a square as large as the longer of H and W, of which the middle is cut out; grey if C is 1.

    Raises
    ------
    DataError
        If it is no image that can be read; the message names the file and the reason.
    """
    try:
        if path.exists() and not path.is_file():  # opening a pipe would wait for ever
            raise Unreadable(tr("it is a folder, a device or a pipe"))
        pixels = read_picture(path, max(image_shape[1:])).pixels
    except Unreadable as error:
        raise DataError(tr("{name} cannot be put on the pad: {error}.").format(name=path.name, error=error)) from error
    return _fitted(pixels, image_shape)


def image_of_pixels(pixels: Images, image_shape: tuple[int, int, int]) -> Images:
    """As `image_of_file`, of pixels (h, w, 4), uint8: red, green, blue, and alpha, which is laid over white."""
    return _fitted(to_square(Image.fromarray(pixels, "RGBA"), max(image_shape[1:])), image_shape)


def _fitted(square: Images, image_shape: tuple[int, int, int]) -> Images:
    """A square (S, S) or (S, S, 3) as an image (C, H, W), the longer side of which is S."""
    channels, height, width = image_shape
    top, left = (square.shape[0] - height) // 2, (square.shape[1] - width) // 2
    middle = Image.fromarray(square).crop((left, top, left + width, top + height))
    return channels_first(np.asarray(middle.convert("L" if channels == 1 else "RGB")))


@functools.cache
def prepare() -> tuple[str, ...]:
    """Load Pillow's formats, which several threads would otherwise load at once; those that this Pillow reads."""
    Image.init()
    return tuple(name for name in _FORMATS if name in Image.OPEN)  # some are not in every build


def _open(path: str | Path) -> Image.Image:
    image = Image.open(path, formats=prepare())
    if image.width * image.height > MAX_PIXELS:
        image.close()
        raise Unreadable(_too_large())
    return image


def _values(image: Image.Image, sampled: int = 0) -> Values:
    """What is known of the pixels of an image; raises ValueError, in words, if they are mostly no numbers."""
    if image.mode not in _DEEP:
        values = Values.of(np.asarray(image if image.mode in ("L", "RGB") else image.convert("RGB")), sampled)
    else:
        values = Values.of(np.asarray(image), sampled)
        if image.mode == "I" and values.lowest >= 0 and values.highest <= _SIXTEEN_BITS[1]:
            values = replace(values, type_range=_SIXTEEN_BITS)  # Pillow has 16 bits in 32 of some kinds of file
    levels_of(values, DatasetConfig())
    return values


def _in_eight_bits(image: Image.Image, levels: ImageLevels) -> tuple[Image.Image, tuple[str, ...]]:
    """The image in mode L, LA, RGB or RGBA, and what was done to it."""
    if image.mode in _DEEP:
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
    mode = "L" if image.mode in _GREY else "RGB"
    if image.has_transparency_data:
        image = image.convert(f"{mode}A")
        return image, (ALPHA,) if image.getextrema()[-1] != (255, 255) else ()
    return image if image.mode == mode else image.convert(mode), (CMYK,) if image.mode == "CMYK" else ()


def _orientation(image: Image.Image) -> object:
    """EXIF's number for how the camera was held."""
    try:
        return image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # noqa: BLE001 - a broken remark fails in many ways, and does not spoil the image
        return None


def _too_large() -> str:
    return tr("more than {count} million pixels").format(count=MAX_PIXELS // 10**6)


_COMMON = tuple(f"a {name} image" for name in ("PNG", "JPEG", "GIF", "BMP"))  # of which every kind can be read


def _reason(path: str | Path, error: Exception) -> str:
    """Why a file could not be read, in a few words."""
    if isinstance(error, Unreadable):
        return str(error)
    if isinstance(error, Image.DecompressionBombError):
        return _too_large()
    if isinstance(error, UnidentifiedImageError | FileNotFoundError) and (kind := kind_of_file(path)) is not None:
        if kind.what in _COMMON:
            return tr("{kind} that is damaged").format(kind=tr(kind.what))
        damaged = tr("{kind} that is damaged or of a rare kind (convert it to JPEG or PNG)").format(kind=tr(kind.what))
        return damaged if kind.is_picture else str(kind)
    if isinstance(error, UnidentifiedImageError):
        return tr("not an image")
    if isinstance(error, MemoryError):
        return tr("does not fit into memory")
    if isinstance(error, OSError) and error.strerror:
        return tr("cannot be read: {reason}").format(reason=error.strerror)
    return tr("broken: {reason}").format(reason=str(error) or type(error).__name__)
