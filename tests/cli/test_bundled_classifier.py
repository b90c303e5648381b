"""The command that makes the bundled classifier anew."""

import subprocess
import sys

import numpy as np

from vae_desktop.config import DatasetConfig
from vae_desktop.data.load import load_dataset

HEADER = 16  # bytes before the images in their file


def made(mnist_dir, path):
    """The bytes of the classifier that the command makes."""
    command = [sys.executable, "-m", "vae_desktop.latent.classifier", "--data-dir", mnist_dir, "--output", path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("MNIST 28×28 grey, conv, ")
    return path.read_bytes()


def test_it_learns_from_no_image_that_can_be_held_out_for_validation(mnist_dir, tmp_path):
    before = made(mnist_dir, tmp_path / "before.safetensors")
    held_out = load_dataset(DatasetConfig("mnist", measured_on="validation"), mnist_dir).test.images[:, 0]
    path = mnist_dir / "MNIST" / "raw" / "train-images-idx3-ubyte"
    content = bytearray(path.read_bytes())
    images = np.frombuffer(content, np.uint8, offset=HEADER).reshape(-1, 28, 28)
    chosen = (images[:, None] == held_out).all((2, 3)).any(1)
    assert chosen.sum() == 5
    images[chosen] = 255 - images[chosen]
    path.write_bytes(content)
    assert made(mnist_dir, tmp_path / "after.safetensors") == before
    images[~chosen] = 255 - images[~chosen]
    path.write_bytes(content)
    assert made(mnist_dir, tmp_path / "other.safetensors") != before
