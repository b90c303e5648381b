"""What lies in place of an image, an array, an IDX file or a model is called by its name, with the way out."""

import bz2
import gzip
import io
import lzma
import pickle
import struct
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.image_file import image_of_file
from vae_desktop.data.load import load_dataset
from vae_desktop.errors import CheckpointError, DataError
from vae_desktop.file_kinds import kind_of, kind_of_file
from vae_desktop.training.checkpoint import load_checkpoint


def zipped(*names):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, b"something")
    return stream.getvalue()


def tarred():
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.png"), io.BytesIO())
    return stream.getvalue()


def npy():
    stream = io.BytesIO()
    np.save(stream, np.zeros((20, 9, 9), np.uint8))
    return stream.getvalue()


def npz():
    stream = io.BytesIO()
    np.savez(stream, images=np.zeros((20, 9, 9), np.uint8))
    return stream.getvalue()


def box(brand, *compatible):
    """The beginning of a file of ISO's family: HEIC, AVIF, MP4."""
    content = b"ftyp" + brand + bytes(4) + b"".join(compatible)
    return struct.pack(">I", 4 + len(content)) + content + b"\0\0\0\x10meta" + bytes(300)


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'

INSTEAD = {  # what lies there, what it is called, and the way out
    "nothing": (b"", "an empty file", "download it again"),
    "LFS pointer": (LFS + b"size 12345\n", "a Git LFS pointer", "git lfs pull"),
    "git-annex": (b"/annex/objects/SHA256E-s31390--f50d7ac4c.png\n", "a git-annex pointer", "git annex get"),
    "iCloud": (b"bplist00\xd3\x01\x02\x03_\x10\x11NSURLNameKey", "a placeholder of iCloud", "download that"),
    "resource fork": (b"\0\x05\x16\x07\0\x02\0\0Mac OS X        ", "a resource fork of macOS", "choose that"),
    "shortcut": (b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0", "a shortcut", "choose what it leads to"),
    "web page": (b"\n<!DOCTYPE html>\n<html><body>404</body></html>", "a web page (HTML)", "download the file itself"),
    "old web page": (b"\xef\xbb\xbf<HTML><BODY>Sign in</BODY></HTML>", "a web page (HTML)", "download the file itself"),
    "error of a server": (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "an XML text", "download"),
    "SVG": (SVG, "an SVG drawing", "JPEG or PNG"),
    "SVG with a head": (b'<?xml version="1.0"?>\n<!-- made by hand -->\n' + SVG, "an SVG drawing", "JPEG or PNG"),
    "HEIC": (box(b"heic", b"mif1", b"heic"), "a HEIC or HEIF photo", "convert it to JPEG or PNG"),
    "HEIF": (box(b"mif1", b"mif1", b"heic"), "a HEIC or HEIF photo", "convert it to JPEG or PNG"),
    "AVIF, broken": (box(b"mif1", b"mif1", b"avif"), "an AVIF image", "JPEG or PNG"),
    "JPEG XL": (b"\xff\x0a\xfa\x1f\x01\x91\x08\x06\x01\x00", "a JPEG XL image", "JPEG or PNG"),
    "JPEG XL in boxes": (b"\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl ", "a JPEG XL image", "JPEG or PNG"),
    "PSD": (b"8BPS\0\x01" + bytes(20), "a document of Photoshop", "JPEG or PNG"),
    "PDF": (b"%PDF-1.7\n", "a PDF document", "JPEG or PNG"),
    "EPS": (b"%!PS-Adobe-3.0 EPSF-3.0\n", "a PostScript drawing", "JPEG or PNG"),
    "CR2": (b"II*\0\x10\0\0\0CR\x02\0" + bytes(300), "a camera's raw photo", "JPEG or PNG"),
    "CR3": (box(b"crx ", b"crx ", b"isom"), "a camera's raw photo", "JPEG or PNG"),
    "RAF": (b"FUJIFILMCCD-RAW 0201FF383501", "a camera's raw photo", "JPEG or PNG"),
    "DICOM": (bytes(128) + b"DICM" + bytes(50), "a DICOM image", "JPEG or PNG"),
    "ICO": (b"\0\0\x01\0\x01\0\x10\x10\0\0", "an icon", "JPEG or PNG"),
    "MP4": (box(b"isom", b"isom", b"mp41"), "a video", "frames"),
    "MOV": (box(b"qt  "), "a video", "frames"),
    "AVI": (b"RIFF\x10\0\0\0AVI LIST", "a video", "frames"),
    "Matroska": (b"\x1aE\xdf\xa3\x01", "a video", "frames"),
    "pickle": (pickle.dumps({"x": 1}, 4), "a Python pickle", "NumPy arrays"),
    "old pickle": (pickle.dumps({"x": 1}, 0), "a Python pickle", "NumPy arrays"),
    "PyTorch": (zipped("archive/data.pkl", "archive/version"), "a PyTorch file", "saved by this app"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(40), "an HDF5 file", "ends in .h5"),
    "MATLAB": (b"MATLAB 5.0 MAT-file, Platform: GLNXA64", "a MATLAB file", "ends in .mat"),
    "Parquet": (b"PAR1\x15\x04\x15", "a Parquet file", "ends in .parquet"),
    "Arrow": (b"ARROW1\0\0", "an Arrow file", "NumPy arrays"),
    "zip": (zipped("a.png"), "a zip archive", "unpack it"),
    "tar": (tarred(), "a tar archive", "unpack it"),
    "bzip2": (bz2.compress(b"x"), "an archive", "unpack it"),
    "xz": (lzma.compress(b"x"), "an archive", "unpack it"),
    "7z": (b"7z\xbc\xaf\x27\x1c\0\x04", "an archive", "unpack it"),
    "RAR": (b"Rar!\x1a\x07\0", "an archive", "unpack it"),
    "zeros": (bytes(4000), "a file that begins with zeros only", "download it again"),
}
ENDINGS = (".png", ".npy", ".npz", "-idx3-ubyte", ".safetensors")
READ_AS_SUCH = {(".npz", "zip"), (".npz", "PyTorch")}


@pytest.fixture(autouse=True)
def without_heic(monkeypatch):
    """As where the library that reads such photos is not installed."""
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    monkeypatch.delitem(Image.OPEN, "HEIF", raising=False)


def said_of(path):
    """The message in which the reader of such a file ends."""
    name = path.name
    try:
        if name.endswith(".safetensors"):
            load_checkpoint(path)
        elif name.endswith(".png"):
            image_of_file(path, (1, 8, 8))
        else:
            load_dataset(DatasetConfig(str(path)), Path("no data folder"))
    except (DataError, CheckpointError) as error:
        return str(error)
    pytest.fail(f"{path} was read")


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_reader_says_what_lies_there_and_the_way_out(tmp_path, ending):
    path = tmp_path / f"holiday{ending}"
    for case, (content, what, way_out) in INSTEAD.items():
        if (ending, case) not in READ_AS_SUCH:
            path.write_bytes(content)
            said = said_of(path)
            assert path.name in said, case
            assert what in said, case
            assert way_out in said, case


def test_a_file_chosen_as_a_data_set_is_called_by_its_name(tmp_path):
    for case, (content, what, way_out) in INSTEAD.items():
        if case in ("zip", "tar"):  # which are read
            continue
        (tmp_path / "download").write_bytes(content)
        with pytest.raises(DataError, match="cannot be used as a data set: it is ") as caught:
            load_dataset(DatasetConfig(str(tmp_path / "download")), Path("no data folder"))
        assert what in str(caught.value), case
        assert way_out in str(caught.value), case


def test_each_file_of_a_folder_is_told_its_reason(tmp_path):
    for number in range(10):
        Image.new("L", (9, 9), number).save(tmp_path / f"{number}.png")
    (tmp_path / "big.png").write_bytes(LFS)
    (tmp_path / ".IMG_2.jpg.icloud").write_bytes(INSTEAD["iCloud"][0])
    (tmp_path / "locked.jpg").symlink_to(".git/annex/objects/f8/7X/SHA256E-s31--f5.jpg/SHA256E-s31--f5.jpg")
    assert set(load_dataset(DatasetConfig(str(tmp_path)), Path("no data folder")).report.skipped) == {
        "big.png: a Git LFS pointer, not the file itself (fetch that with “git lfs pull”)",
        ".IMG_2.jpg.icloud: a placeholder of iCloud, not the file itself (download that in the Finder)",
        "locked.jpg: a git-annex pointer, not the file itself (fetch that with “git annex get”)",
    }


@pytest.mark.parametrize("name", ["x.npy", "x.safetensors"])
def test_a_link_of_git_annex_without_its_file_is_called_so(tmp_path, name):
    (tmp_path / name).symlink_to(f"../.git/annex/objects/f8/7X/{name}")
    assert "a git-annex pointer, not the file itself (fetch that with “git annex get”)" in said_of(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.npz", npy(), "a NumPy array (choose it as a data set by itself, by a name that ends in .npy)"),
        ("x.npy", npz(), "an archive of NumPy arrays (choose it as a data set by itself, by a name that ends in .npz)"),
        ("x-idx3-ubyte", npy(), "a NumPy array ("),
        ("x.npy", b"\0\0\x08\x03\0\0\0\x14", "an IDX file ("),
        ("x.npy", gzip.compress(b"x", mtime=0), "a gzip archive (unpack it"),
        ("x-idx3-ubyte", gzip.compress(tarred(), mtime=0), "a tar archive (unpack it"),
        ("x.npy", (100).to_bytes(8, "little") + b'{"__metadata__":{}}', "a model (safetensors) (open it by File"),
        ("x.safetensors", npz(), "an archive of NumPy arrays ("),
        ("x.safetensors", b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG image ("),
        ("x.safetensors", (100).to_bytes(8, "little") + b'{"a":', "not a safetensors file, or it is cut off"),
        ("x.npz", npz()[:100], "it is cut off"),
        ("x.png", b"\x89PNG\r\n\x1a\n" + bytes(50), "a PNG image that is damaged"),
        ("x.png", b"BMW, Audi, Opel", "not an image"),
        ("x.npy", b"label,pixel0,pixel1\n", "not a NumPy array"),
    ],
)
def test_what_is_read_elsewhere_or_is_damaged_is_told_apart(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    assert said in said_of(tmp_path / name)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP", "JPEG2000", "AVIF"])
def test_what_pillow_reads_is_read(tmp_path, kind):
    Image.init()
    if kind not in Image.SAVE:
        pytest.skip("Pillow was built without it")
    Image.new("RGB", (16, 16), (10, 20, 30)).save(tmp_path / "x", kind)
    assert image_of_file(tmp_path / "x", (3, 16, 16)).shape == (3, 16, 16)
    assert kind_of_file(tmp_path / "x") is not None


def test_what_is_not_known_has_no_name(tmp_path):
    assert kind_of(b"some text") is None
    assert kind_of_file(tmp_path) is None
    assert kind_of_file(tmp_path / "gone") is None
    (tmp_path / "link").symlink_to("PAR1/gone")
    assert kind_of_file(tmp_path / "link") is None
    assert kind_of(b"P5 9 9 255\n") is None
