"""One image, of a file or from the clipboard: its size from the header, and its pixels by the one rule."""

import contextlib
import functools
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.conversion import to_square
from vae_desktop.data.custom.eight_bits import DEEP, GREY, ImageLevels, image_levels, values_of
from vae_desktop.data.custom.files import File, Unreadable
from vae_desktop.data.custom.large_images import draft, in_turn, small_in_eight_bits
from vae_desktop.data.custom.levels import Values, need_values
from vae_desktop.data.custom.pages import count_pages
from vae_desktop.data.dataset import Images, channels_first
from vae_desktop.errors import DataError
from vae_desktop.file_kinds import BEGINNING, HEIC, kind_of
from vae_desktop.language import N_, tr

MAX_PIXELS = 50_000_000  # of one image; a small file can announce enough to fill any memory

# None of them runs another program or fetches anything, as others that Pillow knows may.
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM", "JPEG2000", "AVIF")
_SAMPLED = 64  # values that stand for those of an image among many
_USUAL = DatasetConfig()

UPPER_BITS = N_("16-bit colour or alpha cut to its upper 8 bits")
TURNED = N_("turned upright as their EXIF orientation says")


@dataclass(frozen=True, slots=True)
class Header:
    """What an image file says of itself.

    Attributes
    ----------
    width, height : int
        In pixels, of each page.
    may_have_colour : bool
        Whether its kind can hold colour.
    pages : int
        How many images it holds.
    remarks : tuple of str
        What else it holds, which is not read, in English words.
    values : tuple of Values
        What is known of the pixels of each page, where the levels of all images depend on that.
    fault : str
        Why there are no more pages, where there should be.
    """

    width: int
    height: int
    may_have_colour: bool
    pages: int = 1
    remarks: tuple[str, ...] = ()
    values: tuple[Values, ...] = ()
    fault: str = ""


@dataclass(frozen=True, eq=False)
class Picture:
    """An image as a square: (S, S) or (S, S, 3), uint8, and what was done to it besides, in English words."""

    pixels: Images
    changes: tuple[str, ...]


def read_header(source: str | Path | File, with_values: bool = False) -> Header:
    """Read what an image file says of itself; one of more than 8 bits is decoded, and every one `with_values`.

    Raises
    ------
    Unreadable
        If it is no image, or one of more than 50 million pixels.
    """
    file = source if isinstance(source, File) else File.at(source)
    try:
        with _opened(file) as (image, stream):
            width, height = image.size
            pages, modes, remarks = count_pages(image, stream)
        is_asked = with_values or not modes.isdisjoint(DEEP)
        values, fault = _values_of_pages(file, pages, _SAMPLED if with_values else 0) if is_asked else ((), "")
        return Header(width, height, not modes <= set(GREY), len(values) if fault else pages, remarks, values, fault)
    except Exception as error:
        raise Unreadable(_reason(file, error)) from error


def _values_of_pages(file: File, count: int, sampled: int) -> tuple[tuple[Values, ...], str]:
    """What is known of the values of each page, and why they end before all are read, if they do."""
    values: list[Values] = []
    try:
        with _opened(file) as (image, _):
            for page in range(count):
                if page:
                    image.seek(page)
                with in_turn(image):
                    values.append(values_of(image, sampled))
    except Exception as error:
        if not values:
            raise
        return tuple(values), _from_page(len(values), _reason(file, error))
    return tuple(values), ""


def _from_page(page: int, reason: str) -> str:
    return tr("from page {page:,} on: {reason}").format(page=page + 1, reason=reason)


def read_picture(source: str | Path | File, side: int, levels: ImageLevels | DatasetConfig = _USUAL) -> Picture:
    """The first page of an image file as in `read_pages`."""
    return next(read_pages(source, side, 1, levels))


def read_pages(
    source: str | Path | File, side: int, count: int, levels: ImageLevels | DatasetConfig = _USUAL
) -> Iterator[Picture]:
    """Read that many pages of an image as squares of `side` pixels: upright, by CONVERSION_RULE, in 8 bits.

    Palettes and CMYK become RGB, alpha is laid over white. 16-bit colour keeps its upper 8 bits. Other values of more
    than 8 bits become bytes by `levels`, or as settings tell for each page's own values.

    Raises
    ------
    Unreadable
        If a page cannot be decoded. None after it are read: in animations they build on it.
    """
    file = source if isinstance(source, File) else File.at(source)
    page = 0
    try:
        with _opened(file) as (image, stream):
            draft(image, stream, side)
            for page in range(count):
                if page:
                    image.seek(page)
                with in_turn(image):
                    picture = _picture(image, side, levels)
                yield picture
    except Exception as error:
        reason = _reason(file, error)
        raise Unreadable(_from_page(page, reason) if page else reason) from error


def _picture(image: Image.Image, side: int, levels: ImageLevels | DatasetConfig) -> Picture:
    is_deep = any(";16" in str(tile[3]) for tile in getattr(image, "tile", ())) and image.mode not in DEEP
    image.load()
    _check_size(image)
    if isinstance(levels, DatasetConfig):
        values = [values_of(image, _SAMPLED)] if image.mode in DEEP or need_values(levels) else []
        levels = image_levels(values, levels)
    plain, changes = small_in_eight_bits(image, side, levels)
    pixels = to_square(plain, side)
    orientation = _orientation(image)
    if orientation in range(2, 9):  # what is cut from the middle may be turned after it
        square = Image.fromarray(pixels)
        square.getexif()[ExifTags.Base.Orientation] = orientation
        pixels = np.asarray(ImageOps.exif_transpose(square))
        changes = (*changes, TURNED)
    return Picture(pixels, (*changes, UPPER_BITS) if is_deep else changes)


def image_of_file(path: Path, image_shape: tuple[int, int, int], settings: DatasetConfig = _USUAL) -> Images:
    """Read an image file that a person chose as an image (C, H, W), by the rules for custom data sets.

    It becomes a square as large as the longer of H and W, of which the middle is cut out; grey if C is 1. Its levels
    are those that the settings of a person's own data set name; where they follow from values, from the image's own.

    Raises
    ------
    DataError
        If it is no image that can be read; the message names the file and the reason.
    """
    try:
        if path.exists() and not path.is_file():  # opening a pipe would wait for ever
            raise Unreadable(tr("it is a folder, a device or a pipe"))
        pixels = read_picture(path, max(image_shape[1:]), settings if settings.is_custom else _USUAL).pixels
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


@contextlib.contextmanager
def _opened(file: File) -> Iterator[tuple[Image.Image, BinaryIO]]:
    """An image at its first page, and the stream that it is read from."""
    with file.open() as stream, _open(stream) as image:
        _check_size(image)
        yield image, stream


def _open(stream: BinaryIO) -> Image.Image:
    try:
        return Image.open(stream, formats=prepare())
    except UnidentifiedImageError:
        stream.seek(0)
        kind = kind_of(stream.read(BEGINNING))
        if kind is None or kind.what != HEIC or not _reads_heic():
            raise
        return Image.open(stream, formats=("HEIF",))


def _reads_heic() -> bool:
    """Whether the optional library for HEIC is there; from then on Pillow reads it too."""
    if "HEIF" not in Image.OPEN:
        with contextlib.suppress(ImportError):
            importlib.import_module("pillow_heif").register_heif_opener()
    return "HEIF" in Image.OPEN


def _check_size(image: Image.Image) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise Unreadable(_too_large())


def _orientation(image: Image.Image) -> object:
    """EXIF's number for how the camera was held."""
    try:
        return image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # noqa: BLE001 - a broken remark fails in many ways, and does not spoil the image
        return None


def _too_large() -> str:
    return tr("more than {count} million pixels").format(count=MAX_PIXELS // 10**6)


_COMMON = tuple(f"a {name} image" for name in ("PNG", "JPEG", "GIF", "BMP"))  # of which every kind can be read


def _reason(file: File, error: Exception) -> str:
    """Why a file could not be read, in a few words."""
    if isinstance(error, Unreadable):
        return str(error)
    if isinstance(error, Image.DecompressionBombError):
        return _too_large()
    if isinstance(error, UnidentifiedImageError | FileNotFoundError) and (kind := file.kind) is not None:
        if kind.what in _COMMON or (kind.what == HEIC and _reads_heic()):
            return tr("{kind} that is damaged").format(kind=tr(kind.what))
        damaged = tr("{kind} that is damaged or of a rare kind (convert it to JPEG or PNG)").format(kind=tr(kind.what))
        return damaged if kind.is_picture else str(kind)
    if isinstance(error, UnidentifiedImageError):
        return tr("not an image")
    if isinstance(error, MemoryError):
        return tr("does not fit into memory")
    if isinstance(error, EOFError):
        return tr("it ends too soon")
    if isinstance(error, OSError) and error.strerror:
        return tr("cannot be read: {reason}").format(reason=error.strerror)
    return tr("broken: {reason}").format(reason=str(error) or type(error).__name__)
