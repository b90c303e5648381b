"""Zip and tar archives of image files: read as the folder that was packed, and what archives hide."""

import gzip
import io
import os
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image

from tests.data.costs import quickly
from tests.data.custom_images import everything, fill, levels, load
from vae_desktop.config import DatasetConfig
from vae_desktop.data.load import load_dataset
from vae_desktop.errors import Cancelled, DataError
from vae_desktop.progress import Progress


def png(level: int = 0, side: int = 12) -> bytes:
    """A grey square as a file."""
    content = io.BytesIO()
    Image.fromarray(np.full((side, side), level, np.uint8)).save(content, "PNG")
    return content.getvalue()


IMAGES = {f"{name}/{number}.png": png(10 * number + len(name)) for name in ("cat", "horse") for number in range(6)}


def zipped(path, members=IMAGES, packing=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", packing) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def tarred(path, members=IMAGES, packing=""):
    with tarfile.open(path, f"w:{packing}") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


PACKED = {
    "x.zip": zipped,
    "stored.zip": lambda path: zipped(path, packing=zipfile.ZIP_STORED),
    "lzma.zip": lambda path: zipped(path, packing=zipfile.ZIP_LZMA),
    "x.tar": tarred,
    "x.tar.gz": lambda path: tarred(path, packing="gz"),
    "x.tgz": lambda path: tarred(path, packing="gz"),
    "x.tar.bz2": lambda path: tarred(path, packing="bz2"),
    "x.tar.xz": lambda path: tarred(path, packing="xz"),
    "without an ending": lambda path: tarred(path, packing="xz"),
}


@pytest.mark.parametrize("name", PACKED)
def test_an_archive_is_read_as_the_folder_would_be(tmp_path, name):
    for member, content in IMAGES.items():
        (tmp_path / "folder" / member).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "folder" / member).write_bytes(content)
    before = set(tmp_path.rglob("*"))
    archive = PACKED[name](tmp_path / name)
    packed, plain = load(archive), load(tmp_path / "folder")
    assert packed.class_names == ("cat", "horse")
    assert everything(packed) == everything(plain)
    np.testing.assert_array_equal(packed.test.images, plain.test.images)
    assert packed.report.skipped == ()
    assert packed.report.read.startswith(f"12 images in 2 classes from {name}: 12 × 12 pixels, grey")
    assert set(tmp_path.rglob("*")) == before | {archive}
    for split in (packed.train, packed.test):
        for number, level in enumerate(levels(split)):
            assert IMAGES[split.origins[number].file.removeprefix(f"{archive}/")] == png(level)


@pytest.mark.parametrize("pack", [zipped, tarred, lambda path, members: tarred(path, members, "gz")])
def test_thousands_of_empty_files_are_refused_and_a_few_are_named(tmp_path, pack):
    few = pack(tmp_path / "few", {**IMAGES, "cat/6.png": b""})
    assert load(few).report.skipped == ("cat/6.png: an empty file (copy or download it again)",)
    many = pack(tmp_path / "many", {**{f"{'x' * 80}/{number}.png": b"" for number in range(5_150)}, **IMAGES})
    with quickly(), pytest.raises(DataError, match=r"many cannot be used: it names thousands of files, most of which"):
        load(many)


def test_a_long_list_of_folders_is_refused(tmp_path):
    with quickly(), pytest.raises(DataError, match=r"names thousands of files, most of which are empty"):
        load(zipped(tmp_path / "x.zip", {f"{number}{'x' * 200}/": b"" for number in range(2500)}))


@pytest.mark.parametrize("pack", [zipped, tarred, lambda path, members: tarred(path, members, "gz")])
def test_a_split_and_wrappers_are_found_in_an_archive(tmp_path, pack):
    members = {f"set/{part}/{name}": png(20) for part in ("train", "dev") for name in IMAGES}
    members |= {"__MACOSX/set/._a.png": b"x", "set/.DS_Store": b"x", "set/readme.txt": b"text", "set/a.zip": b"PK\5\6"}
    dataset = load(pack(tmp_path / "x", members))
    assert (len(dataset.train), len(dataset.test)) == (12, 12)
    assert dataset.class_names == ("cat", "horse")
    assert set(dataset.report.skipped) == {
        "set/a.zip: a zip archive (unpack it and choose what is in it)",
        "set/readme.txt: not an image",
    }


def test_large_images_in_many_formats_are_read_from_packed_archives(tmp_path):
    members = {}
    noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    for ending in ("png", "jpg", "tif", "webp", "bmp", "gif", "jp2", "ppm"):
        content = io.BytesIO()
        Image.fromarray(noise).save(content, {"jpg": "jpeg", "tif": "tiff", "jp2": "jpeg2000"}.get(ending, ending))
        members |= {f"{n}.{ending}": content.getvalue() for n in range(2)}
    for archive in (zipped(tmp_path / "x.zip", members), tarred(tmp_path / "x.tar.gz", members, "gz")):
        dataset = load(archive)
        assert len(dataset.train) + len(dataset.test) == 16
        assert dataset.report.skipped == ()


# What must not be


HOSTILE = {  # members besides the images, and what is said of them
    "a name that leads out": ({"../../evil.png": png()}, "../../evil.png: its name leads out of the archive"),
    "one with the other slash": ({"..\\evil.png": png()}, "..\\evil.png: its name leads out of the archive"),
    "an archive in it": ({"more.zip": b"PK\3\4" + bytes(40)}, "more.zip: a zip archive (unpack it"),
}


@pytest.mark.parametrize("case", HOSTILE)
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_what_is_hostile_is_left_out_and_said(tmp_path, case, pack):
    members, reason = HOSTILE[case]
    (tmp_path / "in").mkdir()
    archive = pack(tmp_path / "in" / "x", IMAGES | members)
    dataset = load(archive)
    assert len(dataset.train) + len(dataset.test) == 12
    (line,) = dataset.report.skipped
    assert line.startswith(reason)
    assert [path.name for path in tmp_path.rglob("*")] == ["in", "x"]


def test_an_absolute_name_is_a_name(tmp_path):
    dataset = load(tarred(tmp_path / "x.tar", {f"/{name}": content for name, content in IMAGES.items()}))
    assert dataset.class_names == ("cat", "horse")


def test_links_and_devices_in_a_tar_are_not_followed(tmp_path):
    path = tarred(tmp_path / "x.tar")
    with tarfile.open(path, "a") as archive:
        for name, kind in (("s.png", tarfile.SYMTYPE), ("h.png", tarfile.LNKTYPE), ("d.png", tarfile.CHRTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    assert load(path).report.skipped == (
        "s.png: a link, which is not followed in an archive",
        "h.png: a link, which is not followed in an archive",
        "d.png: no ordinary file",
    )


def test_links_in_a_zip_are_not_followed(tmp_path):
    path = zipped(tmp_path / "x.zip")
    with zipfile.ZipFile(path, "a") as archive:
        info = zipfile.ZipInfo("s.png")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    assert load(path).report.skipped == ("s.png: a link, which is not followed in an archive",)


def test_what_is_encrypted_is_said(tmp_path):
    path = zipped(tmp_path / "x.zip")
    content = path.read_bytes()
    for magic, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = content.index(magic) + place
        content = content[:at] + b"\1" + content[at + 1 :]
    path.write_bytes(content)
    assert load(path).report.skipped == ("cat/0.png: encrypted (unpack the archive and choose the folder)",)


def test_a_member_that_is_a_bomb_is_left_out(tmp_path):
    path = zipped(tmp_path / "x.zip")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("bomb.png", "w") as member:
        member.write(png())
        for _ in range(40):
            member.write(bytes(1 << 20))
    with quickly():
        (line,) = load(path).report.skipped
    assert line.startswith("bomb.png: it would unpack from 4")
    assert line.endswith(" kB to 41.94 MB")


@pytest.mark.parametrize("packing", ["gz", "bz2", "xz"])
def test_a_packed_tar_that_is_a_bomb_is_refused(tmp_path, packing):
    info = tarfile.TarInfo("bomb.png")
    info.size = 10**12
    path = tmp_path / "x.tar"
    with tarfile.open(path, f"w:{packing}") as archive:
        archive.addfile(tarfile.TarInfo("a.txt"))
        archive.fileobj.write(info.tobuf())
    said = r"x\.tar cannot be used: it would unpack from .* to 1,000 GB\. Choose another"
    with quickly(), pytest.raises(DataError, match=said):
        load(path)


def test_a_name_of_a_gigabyte_takes_no_memory(tmp_path):
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 10**9
    (tmp_path / "x.tar").write_bytes(info.tobuf() + bytes(4096))
    with quickly(), pytest.raises(DataError, match="is cut off or damaged"):
        load(tmp_path / "x.tar")


@pytest.mark.parametrize("name", ["d/" * 60_000 + "x.png", "d" * 60_000 + "/x.png"])
def test_names_that_no_disk_takes_take_no_memory(tmp_path, name):
    archive = tarred(tmp_path / "x.tar.gz", {**IMAGES, **{f"{n}{name}": png() for n in range(5)}}, "gz")
    with quickly():
        dataset = load(archive)
    assert len(dataset.train) + len(dataset.test) == 12
    assert len(dataset.report.skipped) == 5
    assert all(line.endswith(": its name is too long") for line in dataset.report.skipped)


def test_sizes_that_lie_spoil_one_image(tmp_path):
    path = zipped(tmp_path / "x.zip")
    content = bytearray(path.read_bytes())
    for magic, place in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):  # of the size once it is unpacked
        at = content.index(magic) + place
        content[at : at + 4] = (30).to_bytes(4, "little")
    path.write_bytes(content)
    dataset = load(path)
    assert len(dataset.train) + len(dataset.test) == 11
    assert dataset.report.skipped[0].startswith("cat/0.png: ")


def test_members_of_one_name_are_told(tmp_path):
    path = zipped(tmp_path / "x.zip")
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("cat/0.png", png(200))
    dataset = load(path)
    assert dataset.report.skipped == ("cat/0.png: the archive holds another file of that name",)
    assert 200 not in everything(dataset)


@pytest.mark.parametrize("packing", ["", "gz"])
def test_a_tar_that_is_cut_off_gives_what_is_there(tmp_path, packing):
    noise = np.random.default_rng(0)
    members = {f"{n}.bmp": None for n in range(40)}
    for name in members:
        content = io.BytesIO()
        Image.fromarray(noise.integers(0, 256, (12, 12), np.uint8)).save(content, "BMP")
        members[name] = content.getvalue()
    path = tarred(tmp_path / "x.tar", members, packing)
    os.truncate(path, path.stat().st_size * 6 // 10)
    dataset = load(path)
    assert 15 < len(dataset.train) + len(dataset.test) < 35
    assert "x.tar: cut off or damaged: what may have followed is missing" in dataset.report.skipped


@pytest.mark.parametrize("name", ["x.zip", "x.tar.gz"])
def test_an_archive_that_is_cut_off_at_once_is_refused(tmp_path, name):
    path = PACKED[name](tmp_path / name)
    os.truncate(path, 60)
    with pytest.raises(DataError, match=rf"{name} cannot be used"):
        load(path)


def test_an_archive_without_images_is_refused_with_the_first_reasons(tmp_path):
    path = zipped(tmp_path / "x.zip", {"a.txt": b"text", "b.txt": b"text"})
    with pytest.raises(DataError, match=r"No image could be read in .*x\.zip \(a\.txt: not an image; b\.txt: not an"):
        load(path)
    with pytest.raises(DataError, match=r"No image could be read in .*y\.zip\. At least 10"):
        load(zipped(tmp_path / "y.zip", {}))


def test_thousands_of_members_that_are_no_images_are_soon_done(tmp_path):
    path = zipped(tmp_path / "x.zip", IMAGES | {f"{n}.txt": b"text" for n in range(3000)}, zipfile.ZIP_STORED)
    dataset = load(path)
    assert len(dataset.train) + len(dataset.test) == 12
    assert dataset.report.skipped[-1] == "and 2,800 more"


@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tar.gz"])
@pytest.mark.parametrize("done", [0, 3, 6])
def test_reading_an_archive_can_be_cancelled(tmp_path, name, done):
    path = PACKED[name](tmp_path / name)
    asked = []

    def is_cancelled():
        asked.append(1)
        return len(asked) > done

    with pytest.raises(Cancelled):
        load_dataset(DatasetConfig(str(path)), tmp_path, Progress(is_cancelled=is_cancelled))
    assert len(asked) == done + 1


def test_a_folder_packed_by_the_system_keeps_its_empty_classes(tmp_path):
    fill(tmp_path / "set" / "cat")
    (tmp_path / "set" / "dog").mkdir()
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for path in (tmp_path / "set").rglob("*"):
            archive.write(path, path.relative_to(tmp_path))
    assert load(tmp_path / "x.zip").report.skipped == ("set/dog: a class folder without images",)


def test_a_zip_of_arrays_is_read_as_an_npz(tmp_path):
    np.savez(tmp_path / "x.npz", images=np.zeros((12, 9, 9), np.uint8), labels=np.arange(12) % 3)
    (tmp_path / "x.npz").rename(tmp_path / "x.zip")
    assert load(tmp_path / "x.zip").class_names == ("0", "1", "2")


@pytest.mark.parametrize("pack", [zipped, tarred])
@pytest.mark.parametrize("name", ["data/x.csv", "x.npz", "x.mat"])
def test_an_archive_around_a_data_set_says_to_unpack_it(tmp_path, pack, name):
    path = pack(tmp_path / "x.packed", {name: b"1,2,3", "readme.txt": b"text"})
    with pytest.raises(DataError, match=rf"x\.packed holds no images, but {name}. Unpack it and choose that file"):
        load(path)


@pytest.mark.parametrize("ending", [".zip", ".tar", ".tar.gz"])
def test_a_folder_of_archives_is_read_as_their_folders(tmp_path, ending):
    pack = {".zip": zipped, ".tar": tarred}.get(ending, lambda path, members: tarred(path, members, "gz"))
    for part, first in (("train", 0), ("test", 100)):
        pack(tmp_path / f"{part}{ending}", {f"{part}/{n}.png": png(first + n) for n in range(10)})
    (tmp_path / "labels.csv").write_text("".join(f"{n}.png,{'odd' if n % 2 else 'even'}\n" for n in range(10)))
    (tmp_path / "readme.txt").write_text("text")
    dataset = load(tmp_path)
    assert sorted(levels(dataset.test)) == list(range(100, 110))
    assert dataset.report.converted == ("training images from train, test images from test",)
    assert set(dataset.report.skipped) == {"labels.csv: not an image", "readme.txt: not an image"}
    assert dataset.train.origins[0].file == f"{tmp_path}/train{ending}/train/0.png"


def test_an_archive_beside_what_was_unpacked_from_it_is_not_read_again(tmp_path):
    zipped(tmp_path / "set.zip")
    fill(tmp_path / "set" / "cat")
    dataset = load(tmp_path)
    assert len(dataset.train) + len(dataset.test) == 10
    assert dataset.report.skipped == ("set.zip: a zip archive (unpack it and choose what is in it)",)


def test_a_broken_archive_in_a_folder_is_named(tmp_path):
    zipped(tmp_path / "a.zip")
    (tmp_path / "b.zip").write_bytes(b"PK\3\4 and no more")
    with pytest.raises(DataError, match=r"b\.zip cannot be used: it is cut off or damaged"):
        load(tmp_path)


def test_shards_of_webdataset_have_their_classes(tmp_path):
    members = {f"{n:04}.png": png(n) for n in range(12)} | {f"{n:04}.cls": str(n % 3).encode() for n in range(12)}
    dataset = load(tarred(tmp_path / "x.tar.gz", dict(sorted(members.items())), "gz"))
    assert everything(dataset) == {n: n % 3 for n in range(12)}
    assert dataset.class_names == ("0", "1", "2")
    assert dataset.report.converted == ("classes from *.cls: 12 images",)
    assert dataset.report.skipped == ()


@pytest.mark.parametrize("packing", ["", "gz"])
def test_a_size_that_leads_back_ends_the_reading(tmp_path, packing):
    tarred(tmp_path / "x.tar")
    info = tarfile.TarInfo("back.png")
    header = bytearray(info.tobuf())
    header[124:136] = (-1024).to_bytes(12, "big", signed=True)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    content = (tmp_path / "x.tar").read_bytes().rstrip(b"\0")
    content += bytes(-len(content) % 512) + bytes(header) * 3
    (tmp_path / "x.tar").write_bytes(gzip.compress(content) if packing else content)
    with quickly():
        dataset = load(tmp_path / "x.tar")
    assert len(dataset.train) + len(dataset.test) == 12
    assert dataset.report.skipped == ("x.tar: cut off or damaged: what may have followed is missing",)
