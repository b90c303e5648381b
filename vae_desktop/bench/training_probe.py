"""Measures training without a window, in a process of its own.

torch is loaded by each probe itself: the threads are to be prepared before.
"""

import itertools
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vae_desktop.config import DatasetConfig, ModelConfig, RunConfig
from vae_desktop.engine.processor import prepare_threads
from vae_desktop.presets import PRESETS
from vae_desktop.variants import Variant

if TYPE_CHECKING:
    from vae_desktop.training.loop import TrainingLoop

_BY_THE_PRESET = ("learning_rate", "encoder_rate", "schedule", "batch_size", "epochs")
_WARM_UP, _BLOCK = 100, 50  # steps
_LAYERS = ((784, 400), (400, 40), (20, 400), (400, 784))  # inputs and outputs of each one of the usual model
_DIGITS = 1000  # images that the bundled set has for a step
_SMALL, _REPEATS = (1, 8, 8), 3  # shape of the images whose number grows


def usual_setup(base: RunConfig) -> RunConfig:
    """The model and the training of the usual loop: 784-400-20-400-784, Bernoulli, Adam, batches of 128."""
    model = {"latent_dim": 20, "hidden": (400,), "likelihood": "bernoulli", "activation": "relu"}
    return base.with_settings(**model, batch_size=128, learning_rate=1e-3, precision="single")


def headless(
    data_dir: str,
    dataset: str,
    seconds: float,
    is_usual: bool = False,
    device: str = "auto",
    models: Sequence[str] = ("vae",),
) -> dict[str, Any]:
    """Steps per second, each of all models, and seconds of an epoch, for some seconds after a warm-up of two.

    The latter are the median of whole epochs, evaluation not counted; None if there was none after the first.
    """
    base = RunConfig(DatasetConfig(dataset)).with_settings(epochs=100_000)
    if is_usual:
        base = usual_setup(base)
    loop = _loop([Variant(kind).applied_to(base) for kind in models], data_dir, device)
    began = time.perf_counter()
    first: list[tuple[float, int]] = []  # when the warm-up was over, and after how many steps
    found: dict[str, Any] = {}

    def on_step() -> None:
        now = time.perf_counter()
        if not first and now - began > 2.0:
            first.append((now, loop.steps))
        elif first and now - first[0][0] > seconds:
            found["steps_per_second"] = (loop.steps - first[0][1]) / (now - first[0][0])
            loop.stop()

    ends = [loop.training_seconds for _ in loop.epochs(on_step)]
    epochs = [later - earlier for earlier, later in itertools.pairwise(ends)]
    return {**found, "epoch_seconds": statistics.median(epochs) if epochs else None}


def quality(data_dir: str, dataset: str, seed: int) -> dict[str, Any]:
    """Seconds and test loss of the usual loop's model trained by the quick preset; evaluations do not count."""
    config = usual_setup(RunConfig(DatasetConfig(dataset)))
    recipe = PRESETS["quick"].settings_for(config.dataset.name, config.model.latent_dim)
    config = config.with_settings(seed=seed, **{name: recipe[name] for name in _BY_THE_PRESET})
    loop = _loop([config], data_dir)
    for _ in loop.epochs():
        pass
    return {"seconds": loop.training_seconds, "test_loss": loop.models[0].evaluation.total}


def roofline(data_dir: str, dataset: str, blocks: int) -> dict[str, Any]:
    """Median milliseconds of a training step and of the products of matrices in it, in turn, in each block."""
    config = usual_setup(RunConfig(DatasetConfig(dataset))).with_settings(epochs=100_000)
    (model,) = _loop([config], data_dir).models
    needed = products(_LAYERS, config.training.batch_size)
    del needed[2]  # the first layer's inputs need no gradient

    def multiply() -> None:
        for multiplied in needed:
            multiplied()

    for _ in range(_WARM_UP):
        multiply()
        model.step()
    times = [(_median_ms(multiply), _median_ms(model.step)) for _ in range(blocks)]
    products_ms, step_ms = zip(*times, strict=True)
    return {"products_ms": products_ms, "step_ms": step_ms}


def seconds_of_steps(loop: "TrainingLoop", count: int) -> float:
    """Take so many steps of a training, to the end of what is queued on its device; seconds."""
    from vae_desktop.training.trained_model import TrainedModel

    began = time.perf_counter()
    for _ in range(count):
        loop.step()
    loop.each(TrainedModel.drain)
    return time.perf_counter() - began


def products(layers: Sequence[tuple[int, int]], batch_size: int) -> list[Callable[[], object]]:
    """The products of matrices in a step, three for each layer of so many inputs and outputs.

    They give its outputs, and the gradients of its weights and of its inputs.
    """
    import torch

    from vae_desktop.models.products import product

    found: list[Callable[[], object]] = []
    for inputs, outputs in layers:
        x, weight, slope = (
            torch.randn(*shape) for shape in ((batch_size, inputs), (outputs, inputs), (batch_size, outputs))
        )
        found += [partial(product, x, weight.T), partial(product, slope.T, x), partial(product, slope, weight)]
    return found


def growth(images: Sequence[int]) -> dict[int, float]:
    """Median seconds of an epoch by number of images, all numbers in turn."""
    prepare_threads()
    import numpy as np
    import torch

    from vae_desktop.data.dataset import Dataset, Split
    from vae_desktop.training.loop import TrainingLoop

    config = RunConfig(model=ModelConfig("vae", 2, hidden=(64,))).with_settings(epochs=100_000)
    random = np.random.default_rng(0)
    seconds: dict[int, list[float]] = {count: [] for count in images}
    for _ in range(_REPEATS):
        for count, times in seconds.items():
            drawn = random.integers(0, 256, (count, *_SMALL), dtype=np.uint8)
            dataset = Dataset(config.dataset, Split(drawn, None), Split(drawn[:100], None), ())
            (model,) = TrainingLoop([config], dataset, torch.device("cpu")).models
            for _ in range(20):
                model.step()
            began = time.perf_counter()
            for _ in range(model.batches.per_epoch):
                model.step()
            model.drain()
            times.append(time.perf_counter() - began)
    return {count: statistics.median(times) for count, times in seconds.items()}


def steps_by_images(data_dir: str, dataset: str, preset: str, shares: Sequence[int], steps: int) -> dict[str, Any]:
    """Seconds of steps by their number of images, and bytes of each parameter's gradient, the last layer's first."""
    from vae_desktop.presets import PRESETS

    base = RunConfig().with_settings(name=dataset, latent_dim=20, device="auto")
    recipe, seconds = PRESETS[preset].applied_to(base), dict[int, list[float]]()
    for images in shares:
        loop = _loop([recipe.with_settings(batch_size=min(images, _DIGITS), epochs=100_000)], data_dir)
        seconds_of_steps(loop, 10)  # the first steps of all take longer
        seconds[images] = [seconds_of_steps(loop, 3) / 3 for _ in range(steps)]
    parameters = reversed(list(loop.models[0].trainer.model.parameters()))
    return {"seconds": seconds, "gradients": [4 * parameter.numel() for parameter in parameters]}


def _loop(configs: Sequence[RunConfig], data_dir: str, device: str = "cpu") -> "TrainingLoop":
    prepare_threads()
    from vae_desktop.data.load import load_dataset
    from vae_desktop.training.devices import select_device
    from vae_desktop.training.loop import TrainingLoop

    dataset = load_dataset(configs[0].dataset, Path(data_dir))
    return TrainingLoop(configs, dataset, select_device(device))


def _median_ms(call: Callable[[], None]) -> float:
    times = []
    for _ in range(_BLOCK):
        began = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)
