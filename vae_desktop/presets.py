"""Settings that go well together: each a recipe for architecture and training, for any data set and kind of model.

They were chosen on 5,000 validation images of MNIST's training set, never on test images (`--measured-on validation`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from vae_desktop.catalog import describe_dataset
from vae_desktop.config import RunConfig


@dataclass(frozen=True)
class Preset:
    """A recipe; what it does not name stays as it is.

    Attributes
    ----------
    help : str
        What it costs and what it gives.
    epochs : float
        As a share of the data set's own number of epochs.
    model, training : mapping of setting to value
    """

    name: str
    label: str
    help: str
    epochs: float
    model: Mapping[str, Any]
    training: Mapping[str, Any]

    def epochs_on(self, dataset: str) -> int:
        """How many epochs the recipe takes on a data set."""
        return max(1, round(self.epochs * describe_dataset(dataset).epochs))

    def applied_to(self, config: RunConfig) -> RunConfig:
        """The settings of a run with those of the recipe in their place."""
        return replace(
            config,
            model=replace(config.model, **self.model),
            training=replace(config.training, epochs=self.epochs_on(config.dataset.name), **self.training),
        )


PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            "quick",
            "Quick",
            "Half a minute on MNIST.",
            0.5,
            {"architecture": "mlp", "hidden": (512, 256), "activation": "relu"},
            {"learning_rate": 2e-3, "schedule": "one-cycle", "beta_warm_up": 0.0, "batch_size": 256},
        ),
        Preset(
            "note",
            "As in the note",
            "One hidden layer of 400 units and a constant learning rate.",
            1.0,
            {"architecture": "mlp", "hidden": None, "activation": "relu", "likelihood": "squared-error"},
            {"learning_rate": 1e-3, "schedule": "constant", "beta_warm_up": 0.0, "batch_size": 128},
        ),
        Preset(
            "best",
            "Best",
            "Many minutes on MNIST.",
            5.0,
            {"architecture": "mlp", "hidden": (512, 256), "activation": "gelu"},
            {"learning_rate": 2e-3, "schedule": "one-cycle", "beta_warm_up": 0.0, "batch_size": 256},
        ),
    )
}


def preset_of(config: RunConfig) -> Preset | None:
    """The recipe that a run follows exactly, if one does."""
    return next((preset for preset in PRESETS.values() if preset.applied_to(config) == config), None)
