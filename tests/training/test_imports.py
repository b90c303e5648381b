"""What a window shows before torch is there needs no torch, and training needs no compiler."""

import subprocess
import sys

CODE = """
import sys
from pathlib import Path

import numpy as np

import vae_desktop.latent.measures
import vae_desktop.latent.posteriors
from vae_desktop.examples import examples
from vae_desktop.latent.plain_decoder import PlainDecoder
from vae_desktop.training.checkpoint import load_checkpoint

checkpoint = load_checkpoint(examples()[0].path)
model = checkpoint.config.model
decoder = PlainDecoder(model, checkpoint.image_shape)
print(decoder.decode(checkpoint.snapshot.weights, np.zeros(model.latent_dim, np.float32)).max() > 100)
print("torch" in sys.modules)

import torch

from vae_desktop.config import RunConfig
from vae_desktop.data.load import load_dataset
from vae_desktop.training.batches import Batches
from vae_desktop.training.trainer import Trainer

config = RunConfig()
dataset = load_dataset(config.dataset, Path())
trainer = Trainer(config, dataset.image_shape, torch.device("cpu"))
trainer.step(Batches(dataset.train.images, 32, 0, trainer.device).at(0))
trainer.evaluate(torch.from_numpy(dataset.test.images))
print("torch._dynamo" in sys.modules)
"""


def test_a_file_is_read_and_decoded_without_torch_and_a_model_trained_without_its_compiler():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False", "False"]
