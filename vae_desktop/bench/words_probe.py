"""Measures how long words take to be fitted to a bundled model, and pictures to be drawn by them."""

import os
import tempfile
import time
from pathlib import Path
from typing import Any

from vae_desktop.engine.processor import prepare_threads

_MODEL = "models/vae-20d.safetensors"
_FEW_STEPS = 50  # how well it is fitted does not change how long it draws
_TEXT, _PICTURES = "a thick slanted seven", 36


def fit(data_dir: str, dataset: str) -> dict[str, float]:
    """Seconds of a fit as a person asks for it: images embedded, measured and captioned, none of it known before."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        parts = _prepared(data_dir, dataset)
        from vae_desktop.words.of_model import fit_to_model

        began = time.perf_counter()
        fit_to_model(*parts)
        return {"seconds": time.perf_counter() - began}


def draw(data_dir: str, dataset: str, count: int) -> dict[str, list[float]]:
    """Milliseconds from a text to 36 pictures, guided, so many times."""
    model, image_shape, snapshot, images = _prepared(data_dir, dataset)
    import torch

    from vae_desktop.latent.embed import codes_of, decode_to_pictures
    from vae_desktop.models.autoencoder import model_of
    from vae_desktop.words import fitting
    from vae_desktop.words.captions import Captions

    codes = codes_of(model, image_shape, snapshot.weights, images.train.images)
    diffusion = fitting.fit(codes, Captions.of(images), seed=0, steps=_FEW_STEPS)
    decoder = model_of(model, image_shape, snapshot.weights).decoder
    times = []
    for seed in range(count + 2):
        began = time.perf_counter()
        decode_to_pictures(decoder, torch.from_numpy(diffusion.draw(_TEXT, _PICTURES, seed=seed)[-1]))
        times.append(1000 * (time.perf_counter() - began))
    return {"ms": times[2:]}  # the first ones load what the others use


def _prepared(data_dir: str, dataset: str) -> tuple[Any, ...]:
    """Settings, image shape and state of the bundled model, and images of its size."""
    prepare_threads()
    from vae_desktop.config import DatasetConfig
    from vae_desktop.data.load import load_dataset
    from vae_desktop.resources import resource_path
    from vae_desktop.training.checkpoint import load_checkpoint
    from vae_desktop.training.devices import ALL_THREADS, use_threads

    use_threads(ALL_THREADS)
    checkpoint = load_checkpoint(resource_path(_MODEL))
    size = None if dataset == "mnist" else checkpoint.image_shape[1]
    images = load_dataset(DatasetConfig(dataset, image_size=size), Path(data_dir))
    return checkpoint.config.model, checkpoint.image_shape, checkpoint.snapshot, images
