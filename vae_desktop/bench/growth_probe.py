"""Times an epoch of more and more images and prints the seconds as JSON; run by rows.py in its own process."""

import json
import statistics
import sys
import time

from vae_desktop.engine.processor import prepare_threads

_REPEATS = 3
_SHAPE = (1, 8, 8)


def main(arguments: list[str]) -> None:
    """Print the median seconds of an epoch by number of images, all numbers in turn."""
    options = dict(argument.split("=", 1) for argument in arguments[1:])
    prepare_threads()
    import numpy as np
    import torch

    from vae_desktop.config import ModelConfig, RunConfig
    from vae_desktop.training.batches import Batches
    from vae_desktop.training.trainer import Trainer

    config = RunConfig(model=ModelConfig("vae", 2, hidden=(64,)))
    device = torch.device("cpu")
    counts = [int(count) for count in options["images"].split("+")]
    random = np.random.default_rng(0)
    seconds: dict[int, list[float]] = {count: [] for count in counts}
    trainer = Trainer(config, _SHAPE, device)
    for _ in range(_REPEATS):
        for count in counts:
            images = random.integers(0, 256, (count, *_SHAPE), dtype=np.uint8)
            batches = Batches(images, config.training.batch_size, 0, device)
            for step in range(20):
                trainer.step(batches.at(step % batches.per_epoch))
            began = time.perf_counter()
            for step in range(batches.per_epoch, 2 * batches.per_epoch):
                trainer.step(batches.at(step))
            seconds[count].append(time.perf_counter() - began)
    print(json.dumps({count: statistics.median(times) for count, times in seconds.items()}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
