"""What a file is that is not what it should be, told by its first bytes, and what to do about it."""

import contextlib
import os
import re
from pathlib import Path
from typing import NamedTuple

BEGINNING = 512  # bytes that tell


class Kind(NamedTuple):
    """A kind of file in words, as after "it is", and the way out."""

    what: str
    way_out: str

    def __str__(self) -> str:
        return f"{self.what} ({self.way_out})"

    @property
    def is_picture(self) -> bool:
        """Whether pictures of this kind, if they are whole, can be read."""
        return self.way_out == _FOLDER


IDX, MODEL = "an IDX file", "a model (safetensors)"

_AGAIN = "copy or download it again"
_FETCH = "download the file itself"
_CONVERT = "convert it to JPEG or PNG"
_FRAMES = "save its frames as JPEG or PNG"
_FOLDER = "choose the folder that it lies in"
_UNPACK = "unpack it and choose what is in it"
_ALONE = "choose it as a data set by itself, by a name that ends in "
_AS_ARRAYS = "save images as NumPy arrays, .npy or .npz"
_NEVER_RUN = "save images as NumPy arrays, .npy or .npz; models must be saved by this app"

_TEXT = rb"(?:\xef\xbb\xbf)?\s*"
_XML = rb"(?:<\?xml.*?\?>\s*)?(?:<!--.*?-->\s*)*"
_MEMBER = rb"PK\x03\x04.{26}"  # of a zip archive, before its name

# A pattern for the first bytes, and the kind; the first that fits.
_KINDS = (
    (rb"\Z", "an empty file", _AGAIN),
    (rb"version https://git-lfs", "a Git LFS pointer, not the file itself", "fetch that with “git lfs pull”"),
    (rb"\S*/annex/objects/", "a git-annex pointer, not the file itself", "fetch that with “git annex get”"),
    (rb"bplist00.*NSURL", "a placeholder of iCloud, not the file itself", "download that in the Finder"),
    (rb"\0\x05\x16[\0\x07]", "a resource fork of macOS, not the file itself", "choose that, whose name has no “._”"),
    (rb"L\0\0\0\x01\x14\x02\0|book\0\0\0\0mark", "a shortcut, not the file itself", "choose what it leads to"),
    (_TEXT + _XML + rb"<(?i:!doctype html|html|head)\b", "a web page (HTML), not the file itself", _FETCH),
    (_TEXT + _XML + rb"(?:<!DOCTYPE svg.*?>\s*)?<svg\b", "an SVG drawing", _CONVERT),
    (_TEXT + rb"<\?xml\b", "an XML text, as servers send with an error", _FETCH),
    (rb".{4}ftyp(?:avi[fs]|(?:mif1|msf1).{4}(?:.{4}){0,8}?avi[fs])", "an AVIF image", _CONVERT),
    (rb".{4}ftyp(?:hei|hev|mif1|msf1)", "a HEIC or HEIF photo, which cannot be read here", _CONVERT),
    (rb"\xff\x0a|\0{3}\x0cJXL ", "a JPEG XL image, which cannot be read here", _CONVERT),
    (rb"8BPS|gimp xcf", "a document of Photoshop or GIMP, which cannot be read here", _CONVERT),
    (rb"%PDF", "a PDF document", _CONVERT),
    (rb"%!PS|\xc5\xd0\xd3\xc6", "a PostScript drawing", _CONVERT),
    (
        rb".{4}ftypcrx |II\*\0.{4}CR|II[UR][\0OS]|MMOR|FUJIFILMCCD-RAW|FOVb",
        "a camera's raw photo, which cannot be read here",
        _CONVERT,
    ),
    (rb".{128}DICM", "a DICOM image, which cannot be read here", _CONVERT),
    (rb"v/1\x01|#\?RADIANCE|SIMPLE  =", "an image of high dynamic range, which cannot be read here", _CONVERT),
    (rb"\0\0\x01\0[\x01-\x20]\0", "an icon (ICO), which cannot be read here", _CONVERT),
    (rb".{4}(?:ftyp|moov|mdat)|RIFF.{4}AVI |\x1aE\xdf\xa3|FLV\x01|\0\0\x01[\xb3\xba]|0&\xb2u", "a video", _FRAMES),
    (rb"\x89PNG", "a PNG image", _FOLDER),
    (rb"\xff\xd8\xff", "a JPEG image", _FOLDER),
    (rb"GIF8[79]a", "a GIF image", _FOLDER),
    (rb"RIFF.{4}WEBP", "a WebP image", _FOLDER),
    (rb"II[*+]\0|MM\0[*+]", "a TIFF image or a camera's raw photo", _FOLDER),
    (rb"BM.{4}\0{4}", "a BMP image", _FOLDER),
    (rb"\0{3}\x0cjP  |\xff\x4f\xff\x51", "a JPEG 2000 image", _FOLDER),
    (rb"\x93NUMPY", "a NumPy array", f"{_ALONE}.npy"),
    (_MEMBER + rb"[^\0]{1,200}?\.npy", "an archive of NumPy arrays", f"{_ALONE}.npz"),
    (rb"\0\0[\x08\x09\x0b-\x0e][\x01-\x04]", IDX, f"{_ALONE}idx3-ubyte"),
    (rb".{6}\0\0\{\"", MODEL, "open it by File ▸ Open…"),
    (_MEMBER + rb"[^\0]{1,200}?/(?:data|constants)\.pkl", "a PyTorch file, a pickle that could run code", _NEVER_RUN),
    (rb"\x80[\x02-\x05]|\([dl]p\d|c[\w.]+\n\w+\n", "a Python pickle, which could run code", _NEVER_RUN),
    (rb"\x89HDF\r\n\x1a\n", "an HDF5 file", _NEVER_RUN),
    (rb"MATLAB 5\.0", "a MATLAB file", _AS_ARRAYS),
    (rb"PAR1|ARROW1", "a table (Parquet or Arrow)", _AS_ARRAYS),
    (rb"PK(?:\x03\x04|\x05\x06)", "a zip archive", _UNPACK),
    (rb".{257}ustar", "a tar archive", _UNPACK),
    (rb"\x1f\x8b", "a gzip archive", _UNPACK),
    (rb"BZh[1-9]|\xfd7zXZ\0|7z\xbc\xaf|Rar!|\x28\xb5\x2f\xfd", "an archive", _UNPACK),
    (rb"\0{64}", "a file that begins with zeros only, as a copy that broke off", _AGAIN),
)


_MISREAD = Kind("a file or folder whose name is not valid UTF-8", "rename it")


def kind_of(beginning: bytes) -> Kind | None:
    """What a file is by its first BEGINNING bytes, or all of them where there are fewer; None if that is not known."""
    for pattern, what, way_out in _KINDS:
        if re.match(pattern, beginning, re.DOTALL):
            return Kind(what, way_out)
    return None


def kind_of_file(path: str | Path) -> Kind | None:
    """What a file is, or why it is not there; None if that is not known or it cannot be read."""
    try:
        with open(path, "rb") as file:
            return kind_of(file.read(BEGINNING))
    except FileNotFoundError:
        return _kind_of_missing(Path(path))
    except (OSError, ValueError):
        return None


def _kind_of_missing(path: Path) -> Kind | None:
    with contextlib.suppress(OSError, ValueError):
        target = os.fsencode(os.readlink(path)).replace(b"\\", b"/")
        return kind_of(target) if b"/annex/objects/" in target else None  # git-annex has its files there
    for place in (path, *path.parents):
        with contextlib.suppress(OSError):  # the folder is missing too
            misread = {lost for name in os.listdir(place.parent) for lost in _misread(name)}
            return _MISREAD if place.name in misread else None
    return None


def _misread(name: str) -> set[str]:
    """What others, such as Qt, make of a name with bytes that are no UTF-8, which is not its own then."""
    return {readable_name(name), readable_name(name, "")} if readable_name(name) != name else set()


def readable_name(name: str, mark: str = "�") -> str:
    """The name with a mark for each byte that is not valid UTF-8, which Python keeps as half a surrogate pair."""
    return re.sub("[\ud800-\udfff]", mark, name)
