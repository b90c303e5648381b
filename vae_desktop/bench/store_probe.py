"""Measures what images in a file cost a training, beside the same ones in memory, in a process of its own."""

import tempfile
from pathlib import Path

from vae_desktop.bench.training_probe import seconds_of_steps
from vae_desktop.config import RunConfig
from vae_desktop.engine.processor import prepare_threads

_COUNT, _SHAPE = 20_000, (3, 32, 32)
_WARM_UP = 10  # steps


def paces(architecture: str, size: int, blocks: int) -> dict[str, list[float]]:
    """Images per second from a mapped file over those from memory, in blocks of so many steps, in turn."""
    prepare_threads()
    import numpy as np
    import torch

    from vae_desktop.data.dataset import Dataset, Split
    from vae_desktop.data.stored.mapped import mapped
    from vae_desktop.training.loop import TrainingLoop
    from vae_desktop.training.spinning import Spinning

    config = RunConfig().with_settings(epochs=100_000, architecture=architecture)
    images = np.random.default_rng(0).integers(0, 256, (_COUNT, *_SHAPE), np.uint8)

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, Spinning():
        images.tofile(Path(folder) / "images")
        splits = Split(images, None), Split(mapped(Path(folder) / "images", images.shape, None), None)
        tests = Split(images[:100], None)
        loops = [
            TrainingLoop([config], Dataset(config.dataset, train, tests, ()), torch.device("cpu")) for train in splits
        ]
        for loop in loops:
            seconds_of_steps(loop, _WARM_UP)
        turns = [[seconds_of_steps(loop, size) for loop in loops] for _ in range(blocks)]
    return {"ratios": [memory / file for memory, file in turns]}
