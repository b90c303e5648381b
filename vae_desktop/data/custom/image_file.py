"""One image, of a file or from the clipboard: its size from the header, and its pixels by the one rule."""

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from vae_desktop.data.custom.conversion import SIXTEEN_BITS, levels_of, to_bytes, to_square
from vae_desktop.data.dataset import Images, channels_first
from vae_desktop.errors import DataError
from vae_desktop.file_kinds import kind_of_file
from vae_desktop.language import N_, tr

MAX_PIXELS = 50_000_000  # of one image; a small file can announce enough to fill any memory

# None of them runs another program or fetches anything, as others that Pillow knows may.
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM", "JPEG2000", "AVIF")
_DEEP = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")  # one channel of more than 8 bits
_GREY = ("1", "L", "LA", "La", *_DEEP)
_DRAFT = 3  # times the side: a JPEG decoded this much larger is still averaged well

CMYK = N_("CMYK turned into RGB")
ALPHA = N_("alpha laid over white")
TURNED = N_("turned upright as their EXIF orientation says")


class Unreadable(Exception):
    """A file that is left out; ``str(error)`` is the reason in a few words."""


@dataclass(frozen=True)
class Header:
    """What an image says of itself: its size in pixels, and whether its kind can hold colour."""

    width: int
    height: int
    may_have_colour: bool


@dataclass(frozen=True, eq=False)
class Picture:
    """An image as a square: (S, S) or (S, S, 3), uint8, and what was done to it besides, in English words."""

    pixels: Images
    changes: tuple[str, ...]


def read_header(path: str | Path) -> Header:
    """Read what an image says of itself, without decoding it.

    Raises
    ------
    Unreadable
        If it is no image, or one of more than 50 million pixels.
    """
    try:
        with _open(path) as image:
            return Header(image.width, image.height, image.mode not in _GREY)
    except Exception as error:
        raise Unreadable(_reason(path, error)) from error


def read_picture(path: str | Path, side: int) -> Picture:
    """Read an image as a square of `side` pixels: upright, by CONVERSION_RULE, in 8 bits.

    Of an animation it is the first frame. Palettes and CMYK become RGB, alpha is laid over white. 16-bit grey is
    divided by 257, which also takes 32-bit integers if they lie in 0 to 65,535; 16-bit colour keeps its upper
    8 bits. Float pixels are 0 to 1, or 0 to 255 if the maximum is above 1, or else scaled from the image's own
    minimum and maximum.

    Raises
    ------
    Unreadable
        If it cannot be decoded.
    """
    try:
        with _open(path) as image:
            image.draft(None, (side * _DRAFT, side * _DRAFT))
            image.load()
            plain, changes = _in_eight_bits(image)
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


def _in_eight_bits(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    """The image in mode L, LA, RGB or RGBA, and what was done to it."""
    if image.mode in _DEEP:
        return _from_numbers(image)
    mode = "L" if image.mode in _GREY else "RGB"
    if image.has_transparency_data:
        image = image.convert(f"{mode}A")
        return image, (ALPHA,) if image.getextrema()[-1] != (255, 255) else ()
    return image if image.mode == mode else image.convert(mode), (CMYK,) if image.mode == "CMYK" else ()


def _from_numbers(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    values = np.asarray(image)
    lowest, highest = values.min().item(), values.max().item()
    if image.mode == "F":
        levels = levels_of([lowest, highest], are_floats=True)
    elif lowest < 0 or highest > SIXTEEN_BITS.white:
        raise Unreadable(
            tr("its pixels, from {lowest} to {highest}, have more than 16 bits").format(lowest=lowest, highest=highest)
        )
    else:
        levels = SIXTEEN_BITS
    return Image.fromarray(to_bytes(values, levels)), (levels.rule,)


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
