"""Exported codes and paths as another program reads them."""

import csv
import io

import numpy as np
import pytest

from vae_desktop.data.origins import Origins
from vae_desktop.latent.codes import Codes
from vae_desktop.latent.export import codes_as_csv, path_as_csv

CLASSES = ("zero", 'six, or "nine"', "größer\nals eins")


@pytest.fixture
def codes():
    """Codes of four test images and three training images."""
    random = np.random.default_rng(0)
    mean, log_stddev = random.normal(size=(2, 7, 3)).astype(np.float32)
    return Codes(mean, log_stddev, np.array([0, 1, 2, 0, 1, 2, 1]))


def read(exported):
    return list(csv.DictReader(exported.decode("utf-8").splitlines(keepends=True)))


def everything(codes, class_names=CLASSES):
    return read(codes_as_csv(codes, np.arange(len(codes)), class_names, test_count=4))


def test_each_image_is_a_line_under_names(codes):
    lines = everything(codes)
    assert len(lines) == 7
    names = ["split", "image", "class", "mean_0", "mean_1", "mean_2", "sigma_0", "sigma_1", "sigma_2"]
    assert all(list(line) == names for line in lines)


def test_training_images_follow_test_images_and_are_counted_anew(codes):
    found = [(line["split"], line["image"]) for line in everything(codes)]
    tests, trains = ([(split, str(n)) for n in range(count)] for split, count in (("test", 4), ("train", 3)))
    assert found == tests + trains


def test_numbers_are_the_mean_and_sigma_itself(codes):
    for place, line in enumerate(everything(codes)):
        for dimension in range(3):
            assert float(line[f"mean_{dimension}"]) == pytest.approx(codes.mean[place, dimension], rel=1e-6)
            sigma = np.exp(codes.log_stddev[place, dimension])
            assert float(line[f"sigma_{dimension}"]) == pytest.approx(sigma, rel=1e-6)


def test_class_names_are_whole_whatever_is_in_them(codes):
    assert [line["class"] for line in everything(codes)] == [CLASSES[label] for label in codes.labels]


def test_only_the_chosen_are_written_in_their_order(codes):
    lines = read(codes_as_csv(codes, np.array([5, 0, 3]), CLASSES, test_count=4))
    assert [(line["split"], line["image"], line["class"]) for line in lines] == [
        ("train", "1", CLASSES[2]),
        ("test", "0", CLASSES[0]),
        ("test", "3", CLASSES[0]),
    ]
    assert float(lines[0]["mean_1"]) == pytest.approx(codes.mean[5, 1], rel=1e-6)


def test_none_chosen_leaves_the_names(codes):
    exported = codes_as_csv(codes, np.array([], np.int64), CLASSES, test_count=4)
    assert exported == b"split,image,class,mean_0,mean_1,mean_2,sigma_0,sigma_1,sigma_2\r\n"


@pytest.mark.parametrize("unlabelled", ["labels", "names"])
def test_unlabelled_images_have_no_class(codes, unlabelled):
    bare = Codes(codes.mean, codes.log_stddev, None) if unlabelled == "labels" else codes
    lines = everything(bare, () if unlabelled == "names" else CLASSES)
    assert len(lines) == 7
    assert all("class" not in line for line in lines)
    assert float(lines[6]["mean_0"]) == pytest.approx(codes.mean[6, 0], rel=1e-6)


def test_points_have_no_sigma(codes):
    lines = everything(Codes(codes.mean, None, codes.labels))
    assert len(lines) == 7
    assert all(list(line) == ["split", "image", "class", "mean_0", "mean_1", "mean_2"] for line in lines)


def test_every_line_ends_as_the_standard_has_it(codes):
    exported = codes_as_csv(codes, np.arange(7), ("a", "b", "c"), test_count=4)
    assert exported.count(b"\r\n") == exported.count(b"\n") == 8


# Paths


CODES = np.array([(0, 1.5, -2), (0.1, 1 / 3, 1e-9), (-123.25, 4e10, 7)], np.float32)
FRACTIONS = np.array([0, 1 / 3, 1])


def read_csv(contents):
    return list(csv.reader(io.StringIO(contents.decode("utf-8"), newline="")))


def test_a_line_for_each_step_under_a_line_of_names():
    names, *rows = read_csv(path_as_csv(CODES, FRACTIONS, None))
    assert names == ["step", "share", "z_0", "z_1", "z_2"]
    assert [row[0] for row in rows] == ["0", "1", "2"]
    numbers = np.array(rows, float)
    assert numbers[:, 1] == pytest.approx(FRACTIONS, rel=1e-6)
    assert numbers[:, 2:] == pytest.approx(CODES, rel=1e-6)


def test_distances_stand_before_the_codes():
    distances = np.array([0.25, np.inf, 3.5], np.float32)
    names, *rows = read_csv(path_as_csv(CODES, FRACTIONS, distances))
    assert names == ["step", "share", "distance", "z_0", "z_1", "z_2"]
    numbers = np.array(rows, float)
    assert numbers[:, 2].tolist() == [0.25, np.inf, 3.5]
    assert numbers[:, 3:] == pytest.approx(CODES, rel=1e-6)


def test_one_dimension_as_it_is_written():
    contents = path_as_csv(np.array([[-0.5], [2]], np.float32), np.array([0, 1.0]), None)
    assert contents == b"step,share,z_0\r\n0,0,-0.5\r\n1,1,2\r\n"


def test_each_line_names_file_and_part_where_they_are_known(codes):
    test = Origins.of_files(["/a b.png", "/c,d.tif", "/c,d.tif", "/\udcff.png"], [None, 0, 1, None])
    origins = test.followed_by(Origins.of_files(["/t.png", "/a b.png", "/u.png"]))
    lines = read(codes_as_csv(codes, np.array([6, 5, 2, 3, 0]), CLASSES, 4, origins))
    assert list(lines[0])[:5] == ["split", "image", "file", "part", "class"]
    found = [(line["file"], line["part"]) for line in lines]
    assert found == [("/u.png", ""), ("/a b.png", ""), ("/c,d.tif", "1"), ("/\\udcff.png", ""), ("/a b.png", "")]
