"""Trains the usual loop's model by the quick preset's schedule and prints time and test loss; run by rows.py."""

import json
import sys
from pathlib import Path

from vae_desktop.bench.headless_probe import usual_setup
from vae_desktop.engine.processor import prepare_threads

_BY_THE_PRESET = ("learning_rate", "encoder_rate", "schedule", "batch_size", "epochs")


def main(arguments: list[str]) -> None:
    """Train to the end of the schedule; evaluations do not count."""
    options = dict(argument.split("=", 1) for argument in arguments[1:])
    prepare_threads()
    from vae_desktop.config import DatasetConfig, RunConfig
    from vae_desktop.data.load import load_dataset
    from vae_desktop.presets import PRESETS
    from vae_desktop.training.devices import select_device
    from vae_desktop.training.loop import TrainingLoop

    config = usual_setup(RunConfig(DatasetConfig(options["dataset"], measured_on="test")))
    recipe = PRESETS["quick"].settings_for(config.dataset.name, config.model.latent_dim)
    config = config.with_settings(seed=int(options["seed"]), **{name: recipe[name] for name in _BY_THE_PRESET})
    run = TrainingLoop([config], load_dataset(config.dataset, Path(options["data_dir"])), select_device("cpu"))
    for reports in run.epochs():
        loss = reports[0].evaluation.total
    print(json.dumps({"seconds": run.training_seconds, "test_loss": loss}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
