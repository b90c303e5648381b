"""Times a training step and the products of matrices in it, in turn; run by rows.py in its own process."""

import json
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from vae_desktop.bench.headless_probe import usual_setup
from vae_desktop.engine.processor import prepare_threads

_WARM_UP, _BLOCK = 100, 50  # steps
# Inputs and outputs of each layer; a first layer needs no gradient of its inputs.
_LAYERS = ((784, 400), (400, 40), (20, 400), (400, 784))


def main(arguments: list[str]) -> None:
    """Print the median milliseconds of both in each block."""
    options = dict(argument.split("=", 1) for argument in arguments[1:])
    prepare_threads()
    import torch

    from vae_desktop.config import DatasetConfig, RunConfig
    from vae_desktop.data.load import load_dataset
    from vae_desktop.training.batches import Batches
    from vae_desktop.training.trainer import Trainer

    config = usual_setup(RunConfig(DatasetConfig(options["dataset"])))
    dataset = load_dataset(config.dataset, Path(options["data_dir"]))
    device = torch.device("cpu")
    batch_size = config.training.batch_size
    trainer = Trainer(config, dataset.image_shape, device, None)
    batches = Batches(dataset.train.images, batch_size, 0, device)

    products: list[Callable[[], object]] = []
    for place, (inputs, outputs) in enumerate(_LAYERS):
        x, weight, gradient = (
            torch.randn(*shape) for shape in ((batch_size, inputs), (outputs, inputs), (batch_size, outputs))
        )
        products.append(partial(torch.mm, x, weight.T))
        products.append(partial(torch.mm, gradient.T, x))
        if place:
            products.append(partial(torch.mm, gradient, weight))

    def multiply() -> None:
        for product in products:
            product()

    def step() -> None:
        trainer.step(batches.at(trainer.steps))

    for _ in range(_WARM_UP):
        multiply()
        step()
    blocks = [(_median_ms(multiply), _median_ms(step)) for _ in range(int(options["blocks"]))]
    products_ms, step_ms = zip(*blocks, strict=True)
    print(json.dumps({"products_ms": products_ms, "step_ms": step_ms}), flush=True)


def _median_ms(call: Callable[[], None]) -> float:
    times = []
    for _ in range(_BLOCK):
        began = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


if __name__ == "__main__":
    main(sys.argv[1:])
