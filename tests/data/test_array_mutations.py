"""Bytes of good files of arrays are changed at random: they are read, or refused in words, and nothing else."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.data.custom_images import load
from vae_desktop.errors import DataError
from vae_desktop.libraries import load_torch

IMAGES = np.random.default_rng(0).integers(0, 256, (20, 9, 9), np.uint8)
LABELS = np.arange(20) % 2


def as_npz(path):
    np.savez_compressed(path, images=IMAGES, labels=LABELS)


def as_csv(path):
    names = np.array(['"cat"', "dog"])[LABELS]
    rows = zip(names, IMAGES.reshape(20, -1), strict=True)
    path.write_text("\n".join(",".join([name, *map(str, row)]) for name, row in rows))


def as_mat(path):
    load_torch()  # before SciPy
    from scipy.io import savemat

    savemat(path, {"images": IMAGES, "labels": LABELS}, do_compression=True)


def as_h5(path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        file.create_dataset("images", data=IMAGES, compression="gzip")
        file["labels"] = LABELS


def as_parquet(path):
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    rows = []
    for image in IMAGES:
        stream = io.BytesIO()
        Image.fromarray(image).save(stream, "PNG")
        rows.append({"bytes": stream.getvalue(), "path": None})
    parquet.write_table(arrow.table({"image": rows, "label": LABELS}), path)


def as_numbers(path):
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = arrow.table({"pixels": IMAGES.tolist(), "label": LABELS, "Usage": ["Training"] * 15 + ["PrivateTest"] * 5})
    parquet.write_table(table, path)


@pytest.mark.parametrize("save", [as_npz, as_csv, as_mat, as_h5, as_parquet, as_numbers])
def test_a_file_that_is_changed_at_random_is_read_or_refused(tmp_path, save):
    path = tmp_path / f"x.{save.__name__[3:].replace('numbers', 'parquet')}"
    save(path)
    whole, random = path.read_bytes(), np.random.default_rng(0)
    refusals = []
    for _ in range(60):
        content = bytearray(whole)
        for place in random.integers(0, len(content), random.integers(1, 6)):
            content[place] = random.integers(0, 256)
        cut = int(random.integers(0, len(content)))
        path.write_bytes(content if random.random() < 0.8 else content[:cut] + content[cut + 7 :])
        try:
            load(path)
        except DataError as error:
            refusals.append(str(error))
    assert refusals
    assert all(path.name in text for text in refusals)
