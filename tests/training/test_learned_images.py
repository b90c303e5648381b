"""The hashes of the images that a model has learned, in its file."""

from dataclasses import replace

import numpy as np
import pytest
import safetensors.torch
import torch

from tests.training.test_checkpoint import joined, parts
from vae_desktop.data.fingerprint import Fingerprint
from vae_desktop.errors import CheckpointError
from vae_desktop.training.checkpoint import load_checkpoint, save_checkpoints

PARTS = ("train", "test", "train_places", "test_places")


@pytest.fixture
def images():
    random = np.random.default_rng(0)
    hashes = [np.sort(random.integers(0, 2**64, count, np.uint64)) for count in (40, 10)]
    return Fingerprint("/photos", "test", *hashes, *(random.permutation(one) for one in hashes))


@pytest.fixture
def own_file(trained, images, tmp_path):
    path = tmp_path / "model.safetensors"
    save_checkpoints(path, [replace(trained, images=images)])
    return path


def test_they_come_back(own_file, images, trained, tmp_path):
    checkpoint = load_checkpoint(own_file)
    assert checkpoint.format_version == 5
    found = checkpoint.images
    assert (found.source, found.measured_on, found.digest) == ("/photos", "test", images.digest)
    for name in PARTS:
        np.testing.assert_array_equal(getattr(found, name), getattr(images, name))
    save_checkpoints(tmp_path / "again", [checkpoint])
    assert (tmp_path / "again").read_bytes() == own_file.read_bytes()
    save_checkpoints(tmp_path / "plain", [trained])
    # 16 bytes an image, and some of the header.
    assert own_file.stat().st_size - (tmp_path / "plain").stat().st_size < 50 * 16 + 700


def test_several_models_keep_theirs(trained, images, tmp_path):
    path = tmp_path / "several.safetensors"
    from vae_desktop.training.checkpoint import load_checkpoints

    save_checkpoints(path, [replace(trained, images=images), trained])
    first, second = load_checkpoints(path)
    assert first.images.digest == images.digest
    assert second.images is None


@pytest.mark.parametrize(
    "change",
    [
        {"images.train": None},
        {"images.test_places": None},
        {"images.more": torch.zeros(3)},
        {"images.train": torch.zeros(40)},
        {"images.train": torch.zeros(39, dtype=torch.uint64)},
        {"images.train": torch.zeros(40, 1, dtype=torch.uint64)},
        {"images.train": torch.arange(40, 0, -1).to(torch.uint64)},
    ],
)
def test_damaged_ones_are_refused(own_file, change):
    data = own_file.read_bytes()
    tensors = {**safetensors.torch.load(data), **change}
    kept = {name: tensor for name, tensor in tensors.items() if tensor is not None}
    own_file.write_bytes(safetensors.torch.save(kept, parts(data)[0]["__metadata__"]))
    with pytest.raises(CheckpointError):
        load_checkpoint(own_file)


@pytest.mark.parametrize("said", ["[]", '["/photos"]', '["/photos",3]', "7", '{"a":1,"b":2,"c":3}', "null"])
def test_damaged_metadata_is_refused(own_file, said):
    header, tensors = parts(own_file.read_bytes())
    metadata = header["__metadata__"]["vae_desktop"]
    good = '"images":["/photos","test"]'
    assert good in metadata
    header["__metadata__"]["vae_desktop"] = metadata.replace(good, f'"images":{said}')
    own_file.write_bytes(joined(header, tensors))
    with pytest.raises(CheckpointError):
        load_checkpoint(own_file)
