"""The command that makes the bundled classifier anew."""

import os
import shutil
import subprocess
import sys

import numpy as np

from vae_desktop.config import DatasetConfig
from vae_desktop.data.load import load_dataset

HEADER = 16  # bytes before the images in their file
# The command for each data folder, in one process: most of the time goes into loading torch.
COMMANDS = """
import runpy, sys
for folder in sys.argv[1:]:
    sys.argv[1:] = ["--data-dir", folder, "--output", f"{folder}/classifier.safetensors"]
    runpy.run_module("vae_desktop.latent.classifier", run_name="__main__")
"""


def images_file(folder):
    """The path of the training images in a data folder."""
    return folder / "MNIST" / "raw" / "train-images-idx3-ubyte"


def test_it_learns_from_no_image_that_can_be_held_out_for_validation(make_mnist, tmp_path):
    mnist_dir = make_mnist(24)
    held_out = load_dataset(DatasetConfig("mnist", measured_on="validation"), mnist_dir).test.images[:, 0]
    content = images_file(mnist_dir).read_bytes()
    images = np.frombuffer(content, np.uint8, offset=HEADER).reshape(-1, 28, 28)
    chosen = (images[:, None] == held_out).all((2, 3)).any(1)
    assert chosen.sum() == 2
    folders = [mnist_dir, tmp_path / "held out changed", tmp_path / "others changed"]
    for folder, changed in zip(folders[1:], (chosen, ~chosen), strict=True):
        shutil.copytree(mnist_dir, folder)
        inverted = np.where(changed[:, None, None], 255 - images, images)
        images_file(folder).write_bytes(content[:HEADER] + inverted.tobytes())
    command, alone = [sys.executable, "-c", COMMANDS, *folders], {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=alone, capture_output=True, text=True, check=True)
    assert [line.startswith("MNIST 28×28 grey, conv, ") for line in done.stdout.splitlines()] == [True] * 3
    before, after, other = ((folder / "classifier.safetensors").read_bytes() for folder in folders)
    assert after == before != other
