"""Pictures as files: a sheet for people, or one array for programs."""

import io

import numpy as np
import pytest
from PIL import Image

from vae_desktop.latent.picture_files import file_of, npy_parts

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize(("channels", "shape"), [(1, (5, 4, 6)), (3, (5, 4, 6, 3))])
@pytest.mark.parametrize("name", ["pictures.npy", "PICTURES.NPY"])
def test_an_array_holds_all_pictures(tmp_path, channels, shape, name):
    pictures = RANDOM.integers(0, 256, (5, 4, 6, channels), np.uint8)
    content = b"".join(file_of(tmp_path / name, pictures))
    loaded = np.load(io.BytesIO(content), allow_pickle=False)
    assert (loaded.dtype, loaded.shape) == (np.uint8, shape)
    np.testing.assert_array_equal(loaded.reshape(pictures.shape), pictures)


def test_pictures_that_are_made_one_by_one_are_not_held():
    alive = []

    def pictures():
        for number in range(3):
            alive.append(number)
            yield np.full((2, 2, 3), number, np.uint8)

    parts = npy_parts(pictures(), 3)
    next(parts)
    assert alive == [0]  # whose shape the header needs
    assert np.load(io.BytesIO(b"".join(npy_parts(pictures(), 3))))[2].max() == 2


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_any_other_name_is_a_sheet(tmp_path, channels, mode):
    pictures = RANDOM.integers(0, 256, (3, 4, 6, channels), np.uint8)
    with Image.open(io.BytesIO(b"".join(file_of(tmp_path / "sheet.png", pictures)))) as sheet:
        assert (sheet.format, sheet.mode, sheet.size) == ("PNG", mode, (14, 10))
        np.testing.assert_array_equal(np.asarray(sheet)[:4, :6].reshape(4, 6, channels), pictures[0])
