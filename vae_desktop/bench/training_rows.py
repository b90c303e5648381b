"""Rows of training: how quick it is, beside other ways to do the same."""

import statistics
from functools import partial
from pathlib import Path

from vae_desktop.bench.probes import Row, dataset_in, on_dataset, pace, probe, python, require_mnist
from vae_desktop.bench.summary import in_turn, spread
from vae_desktop.errors import DeviceError
from vae_desktop.language import tr

_STEPS_PER_EPOCH = 469  # of MNIST in batches of 128
_USUAL_EPOCHS, _USUAL_LOSS = 10, 105.6  # nats: what the usual loop reaches in so many
_COMPARED = ("ae", "vae-no-kl", "kl-only", "vae")


def epoch_vs_dataloader(data_dir: Path, quick: bool) -> Row:
    """Seconds of an epoch of MNIST in the usual loop (loop_probe.py), over ours with the same mathematics, in turn."""
    require_mnist(data_dir)

    def usual() -> float:
        return probe("loop.epochs", data_dir=str(data_dir), count=1)["epoch_seconds"][0]

    def ours() -> float:
        return _STEPS_PER_EPOCH / pace(data_dir, seconds=4, is_usual=True, device="cpu")

    return in_turn(1 if quick else 3, usual, ours, "seconds", is_inverse=True)


def roofline_share(data_dir: Path, quick: bool) -> Row:
    """Time that the matrix products of a step take alone, over the time of our step, in turn in one process."""
    found = probe("training.roofline", **on_dataset(data_dir), blocks=3 if quick else 15)
    products, steps = iter(found["products_ms"]), iter(found["step_ms"])
    row = in_turn(len(found["step_ms"]), partial(next, products), partial(next, steps), "step_ms", True)
    return {**row, "dataset": dataset_in(data_dir)}


def time_to_quality(data_dir: Path, quick: bool) -> Row:
    """Seconds that ten epochs of the usual loop take, over ours to the same test loss or a better one, same model.

    Ours is the schedule of the preset "quick", to its end. With `quick` the usual loop takes one epoch, whose time
    counts ten times, and its loss is taken from earlier.
    """
    require_mnist(data_dir)
    usual = probe("loop.epochs", data_dir=str(data_dir), count=1 if quick else _USUAL_EPOCHS)
    seconds = statistics.median(usual["epoch_seconds"]) * _USUAL_EPOCHS
    wanted = _USUAL_LOSS if quick else usual["test_loss"]
    ours = [probe("training.quality", **on_dataset(data_dir), seed=seed) for seed in range(1 if quick else 3)]
    losses = [run["test_loss"] for run in ours]
    return {
        **spread([seconds / run["seconds"] for run in ours]),
        "baseline": seconds,
        "seconds": statistics.median(run["seconds"] for run in ours),
        "usual_loss": wanted,
        "losses": losses,
        "is_reached": statistics.median(losses) <= wanted,
    }


def conv_epoch_vs_dataloader(_: Path, quick: bool) -> Row:
    """An epoch of 10,000 generated images 3×32×32, convolutional, 16-D: the usual loop over ours, in turn.

    Not the first epoch of a process. Beside it the share of our step that convolutions and products take alone.
    """
    count, shares = 2 if quick else 3, list[float]()

    def usual() -> float:
        return statistics.median(probe("convolution.usual", count=count)["epoch_seconds"][1:])

    def ours() -> float:
        found = probe("convolution.ours", count=count)
        shares.append(found["layers_ms"] / found["step_ms"])
        return statistics.median(found["epoch_seconds"][1:])

    row = in_turn(1 if quick else 5, usual, ours, "epoch_seconds", is_inverse=True)
    return {**row, "share_of_layers": statistics.median(shares)}


def lockstep_cost(data_dir: Path, quick: bool) -> Row:
    """Time of a step of four models that are compared, over the sum of the times of their steps alone, in turn."""

    def step_ms(*models: str) -> float:
        return 1000 / pace(data_dir, seconds=2 if quick else 6, models=models)

    def alone() -> float:
        return sum(step_ms(kind) for kind in _COMPARED)

    together = partial(step_ms, *_COMPARED)
    return {**in_turn(1 if quick else 5, alone, together, "step_ms"), "dataset": dataset_in(data_dir)}


def timeline_cost(data_dir: Path, quick: bool) -> Row:
    """Steps per second with a timeline over those without, in turn, headless and with the window; spread of medians."""
    cases = {}
    steps = {"mlp": {"first": 938, "size": 128}, "convolutional": {"first": 100, "size": 32}}
    for architecture, sizes in steps.items():
        for models in (_COMPARED[-1:], _COMPARED):
            options = {**sizes, "architecture": architecture, "models": models, "blocks": 5 if quick else 20}
            found = probe("timeline.paces", **on_dataset(data_dir), **options)
            cases[f"{architecture}_{len(models)}"] = statistics.median(found["ratios"])
            options = {"architecture": architecture, "models": models, "blocks": 3 if quick else 10, "seconds": 4}
            found = probe("timeline.paces_in_window", **on_dataset(data_dir), **options)
            cases[f"{architecture}_{len(models)}_window"] = statistics.median(found["ratios"])
    return {**spread(list(cases.values())), **cases, "dataset": dataset_in(data_dir)}


def store_images_vs_memory(data_dir: Path, quick: bool) -> Row:
    """Images per second of a training whose images are in a file over those in memory, in turn; spread of medians."""
    cases = {}
    for architecture, size in {"mlp": 100, "convolutional": 10}.items():
        found = probe("store.paces", architecture=architecture, size=size, blocks=5 if quick else 20)
        cases[architecture] = statistics.median(found["ratios"])
    return {**spread(list(cases.values())), **cases}


def cuda_epoch_ms(data_dir: Path, quick: bool) -> Row:
    """Milliseconds of an epoch of MNIST on a device of CUDA, and seconds of the usual loop's on the same, in turn.

    Of both without the evaluation, and not the first epoch of a process.
    """
    require_mnist(data_dir)
    if python("import torch; print(torch.cuda.is_available())").strip() != "True":
        raise DeviceError(tr("This is measured on CUDA (an NVIDIA graphics card), which this machine does not have."))
    options = {"seconds": 4, "is_usual": True, "device": "cuda"}
    usual, ours = [], []
    for _ in range(1 if quick else 3):
        usual.append(probe("loop.epochs", data_dir=str(data_dir), count=2, device="cuda")["epoch_seconds"][-1])
        ours.append(1000 * probe("training.headless", **on_dataset(data_dir), **options)["epoch_seconds"])
    baseline = statistics.median(usual)
    return {**spread(ours), "baseline": baseline, "times_quicker": 1000 * baseline / statistics.median(ours)}
