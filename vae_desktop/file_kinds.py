"""What a file is that is not what it should be, told by its first bytes, and what to do about it."""

import contextlib
import os
import re
from pathlib import Path
from typing import NamedTuple

from vae_desktop.language import N_, tr

BEGINNING = 512  # bytes that tell


class Kind(NamedTuple):
    """A kind of file in words, as after "it is", and the way out, both in English; the text is translated."""

    what: str
    way_out: str

    def __str__(self) -> str:
        return tr("{what} ({way_out})").format(what=tr(self.what), way_out=tr(self.way_out))

    @property
    def is_picture(self) -> bool:
        """Whether pictures of this kind, if they are whole, can be read."""
        return self.way_out == _FOLDER

    @property
    def is_packed(self) -> bool:
        """Whether it is an archive, of which some are read and others have to be unpacked first."""
        return self.way_out == _UNPACK


IDX, MODEL, HEIC = N_("an IDX file"), N_("a model (safetensors)"), N_("a HEIC or HEIF photo")

_AGAIN = N_("copy or download it again")
_FETCH = N_("download the file itself")
_CONVERT = N_("convert it to JPEG or PNG")
_HEIF_LIBRARY = N_("“python -m pip install pillow-heif” lets this app read it; or convert it to JPEG or PNG")
_FRAMES = N_("save its frames as JPEG or PNG")
_FOLDER = N_("choose the folder that it lies in")
_UNPACK = N_("unpack it and choose what is in it")
_AS_ARRAYS = N_("save images as NumPy arrays, .npy or .npz")
_NEVER_RUN = N_("save images as NumPy arrays, .npy or .npz; models must be saved by this app")

_TEXT = rb"(?:\xef\xbb\xbf)?\s*"
_XML = rb"(?:<\?xml.*?\?>\s*)?(?:<!--.*?-->\s*)*"
_MEMBER = rb"PK\x03\x04.{26}"  # of a zip archive, before its name

# A pattern for the first bytes, and the kind; the first that fits.
_KINDS = (
    (rb"\Z", N_("an empty file"), _AGAIN),
    (rb"version https://git-lfs", N_("a Git LFS pointer, not the file itself"), N_("fetch that with “git lfs pull”")),
    (rb"\S*/annex/objects/", N_("a git-annex pointer, not the file itself"), N_("fetch that with “git annex get”")),
    (rb"bplist00.*NSURL", N_("a placeholder of iCloud, not the file itself"), N_("download that in the Finder")),
    (
        rb"\0\x05\x16[\0\x07]",
        N_("a resource fork of macOS, not the file itself"),
        N_("choose that, whose name has no “._”"),
    ),
    (rb"L\0\0\0\x01\x14\x02\0|book\0\0\0\0mark", N_("a shortcut, not the file itself"), N_("choose what it leads to")),
    (_TEXT + _XML + rb"<(?i:!doctype html|html|head)\b", N_("a web page (HTML), not the file itself"), _FETCH),
    (_TEXT + _XML + rb"(?:<!DOCTYPE svg.*?>\s*)?<svg\b", N_("an SVG drawing"), _CONVERT),
    (_TEXT + rb"<\?xml\b", N_("an XML text, as servers send with an error"), _FETCH),
    (rb".{4}ftyp(?:avi[fs]|(?:mif1|msf1).{4}(?:.{4}){0,8}?avi[fs])", N_("an AVIF image"), _CONVERT),
    (rb".{4}ftyp(?:hei|hev|mif1|msf1)", HEIC, _HEIF_LIBRARY),
    (rb"\xff\x0a|\0{3}\x0cJXL ", N_("a JPEG XL image, which cannot be read here"), _CONVERT),
    (rb"8BPS|gimp xcf", N_("a document of Photoshop or GIMP, which cannot be read here"), _CONVERT),
    (rb"%PDF", N_("a PDF document"), _CONVERT),
    (rb"%!PS|\xc5\xd0\xd3\xc6", N_("a PostScript drawing"), _CONVERT),
    (
        rb".{4}ftypcrx |II\*\0.{4}CR|II[UR][\0OS]|MMOR|FUJIFILMCCD-RAW|FOVb",
        N_("a camera's raw photo, which cannot be read here"),
        _CONVERT,
    ),
    (rb".{128}DICM", N_("a DICOM image, which cannot be read here"), _CONVERT),
    (rb"v/1\x01|#\?RADIANCE|SIMPLE  =", N_("an image of high dynamic range, which cannot be read here"), _CONVERT),
    (rb"\0\0\x01\0[\x01-\x20]\0", N_("an icon (ICO), which cannot be read here"), _CONVERT),
    (rb".{4}(?:ftyp|moov|mdat)|RIFF.{4}AVI |\x1aE\xdf\xa3|FLV\x01|\0\0\x01[\xb3\xba]|0&\xb2u", N_("a video"), _FRAMES),
    (rb"\x89PNG", N_("a PNG image"), _FOLDER),
    (rb"\xff\xd8\xff", N_("a JPEG image"), _FOLDER),
    (rb"GIF8[79]a", N_("a GIF image"), _FOLDER),
    (rb"RIFF.{4}WEBP", N_("a WebP image"), _FOLDER),
    (rb"II[*+]\0|MM\0[*+]", N_("a TIFF image or a camera's raw photo"), _FOLDER),
    (rb"BM.{4}\0{4}", N_("a BMP image"), _FOLDER),
    (rb"\0{3}\x0cjP  |\xff\x4f\xff\x51", N_("a JPEG 2000 image"), _FOLDER),
    (rb"\x93NUMPY", N_("a NumPy array"), N_("choose it as a data set by itself, by a name that ends in .npy")),
    (
        _MEMBER + rb"[^\0]{1,200}?\.npy",
        N_("an archive of NumPy arrays"),
        N_("choose it as a data set by itself, by a name that ends in .npz"),
    ),
    (
        rb"\0\0[\x08\x09\x0b-\x0e][\x01-\x04]",
        IDX,
        N_("choose it as a data set by itself, by a name that ends in idx3-ubyte"),
    ),
    (rb".{6}\0\0\{\"", MODEL, N_("open it by File ▸ Open…")),
    (
        _MEMBER + rb"[^\0]{1,200}?/(?:data|constants)\.pkl",
        N_("a PyTorch file, a pickle that could run code"),
        _NEVER_RUN,
    ),
    (rb"\x80[\x02-\x05]|\([dl]p\d|c[\w.]+\n\w+\n", N_("a Python pickle, which could run code"), _NEVER_RUN),
    (rb"\x89HDF\r\n\x1a\n", N_("an HDF5 file"), N_("choose it as a data set by itself, by a name that ends in .h5")),
    (rb"MATLAB [57]\.", N_("a MATLAB file"), N_("choose it as a data set by itself, by a name that ends in .mat")),
    (rb"PAR1", N_("a Parquet file"), N_("choose it as a data set by itself, by a name that ends in .parquet")),
    (rb"ARROW1", N_("an Arrow file"), _AS_ARRAYS),
    (rb"PK(?:\x03\x04|\x05\x06)", N_("a zip archive"), _UNPACK),
    (rb".{257}ustar", N_("a tar archive"), _UNPACK),
    (rb"\x1f\x8b", N_("a gzip archive"), _UNPACK),
    (rb"BZh[1-9]|\xfd7zXZ\0|7z\xbc\xaf|Rar!|\x28\xb5\x2f\xfd", N_("an archive"), _UNPACK),
    (rb"\0{64}", N_("a file that begins with zeros only, as a copy that broke off"), _AGAIN),
)


_MISREAD = Kind(N_("a file or folder whose name is not valid UTF-8"), N_("rename it"))


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
