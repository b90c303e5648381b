"""Trains without a window for some seconds and prints its pace as JSON; run by rows.py in its own process."""

import json
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from vae_desktop.engine.processor import prepare_threads

if TYPE_CHECKING:
    from vae_desktop.config import RunConfig


def main(arguments: list[str]) -> None:
    """Measure the loop that the command line uses: steps per second, each of all models, and seconds of an epoch.

    The latter are of whole epochs, evaluation not counted; null if there was none after the first.
    """
    options = dict(argument.split("=", 1) for argument in arguments[1:])
    prepare_threads()
    from vae_desktop.config import DatasetConfig, RunConfig
    from vae_desktop.data.load import load_dataset
    from vae_desktop.training.devices import select_device
    from vae_desktop.training.loop import TrainingLoop
    from vae_desktop.variants import Variant

    base = RunConfig(DatasetConfig(options["dataset"])).with_settings(epochs=100_000)
    if options.get("setup") == "usual":
        base = usual_setup(base)
    configs = [Variant(kind).applied_to(base) for kind in options.get("models", "vae").split("+")]
    device = select_device(options.get("device", "auto"))
    run = TrainingLoop(configs, load_dataset(base.dataset, Path(options["data_dir"])), device)
    warm_up, seconds = 2.0, float(options["seconds"])
    began = time.perf_counter()
    first: tuple[float, int] | None = None
    epochs: list[float] = []

    def on_step() -> None:
        nonlocal first
        now = time.perf_counter()
        if first is None and now - began > warm_up:
            first = now, run.steps
        elif first is not None and now - first[0] > seconds:
            pace = (run.steps - first[1]) / (now - first[0])
            epoch_seconds = statistics.median(epochs[1:]) if epochs[1:] else None
            print(json.dumps({"steps_per_second": pace, "epoch_seconds": epoch_seconds}), flush=True)
            run.stop()

    trained = 0.0
    for _ in run.epochs(on_step):
        epochs.append(run.training_seconds - trained)
        trained = run.training_seconds


def usual_setup(base: "RunConfig") -> "RunConfig":
    """The model and the training of the usual loop: 784-400-20-400-784, Bernoulli, Adam, batches of 128."""
    from dataclasses import replace

    model = replace(base.model, latent_dim=20, hidden=(400,), likelihood="bernoulli", activation="relu")
    return replace(base, model=model).with_settings(batch_size=128, learning_rate=1e-3, precision="single")


if __name__ == "__main__":
    main(sys.argv[1:])
