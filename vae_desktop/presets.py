"""Settings that go well together: each a recipe for architecture and training, for any data set and kind of model.

They were chosen on 5,000 validation images of MNIST's training set, never on test images (`--measured-on validation`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vae_desktop.config import RunConfig
from vae_desktop.dataset_catalog import describe_dataset
from vae_desktop.language import N_
from vae_desktop.settings import Choice, by_name

_FEW = 8  # latent dimensions; more of them repay a costlier recipe


@dataclass(frozen=True)
class Preset(Choice):
    """A recipe, whose help tells what it costs and gives; what it does not name stays as it is.

    Attributes
    ----------
    settings : mapping of name to value
        Of model and training; epochs as a fraction of the data set's own number.
    settings_of_many : mapping of name to value
        In their place where there are many latent dimensions.
    """

    settings: Mapping[str, Any]
    settings_of_many: Mapping[str, Any] = field(default_factory=dict)

    def settings_for(self, dataset: str, latent_dim: int) -> dict[str, Any]:
        """Each setting that the recipe decides, by name."""
        values = {**self.settings, **(self.settings_of_many if latent_dim > _FEW else {})}
        return {**values, "epochs": max(1, round(values["epochs"] * describe_dataset(dataset).epochs))}

    def applied_to(self, config: RunConfig) -> RunConfig:
        """The settings of a run with those of the recipe in their place."""
        return config.with_settings(**self.settings_for(config.dataset.name, config.model.latent_dim))


_PLAIN = {
    "epochs": 1.0,
    "architecture": "mlp",
    "hidden": None,
    "activation": "relu",
    "learning_rate": 1e-3,
    "encoder_rate": 1.0,
    "schedule": "constant",
    "beta_warm_up": 0.0,
    "precision": "single",
    "batch_size": 128,
}
_DEEP = {
    **_PLAIN,
    "hidden": (512, 256, 128),
    "activation": "gelu",
    "learning_rate": 2e-3,
    "schedule": "one-cycle",
    "precision": "mixed",
}

PRESETS = by_name(
    Preset(
        "quick",
        N_("Quick"),
        N_(
            "Four epochs of MNIST with two latent dimensions, three with twenty: ten seconds and five on two processor "
            "cores. Negative ELBO 141 and 105 nats (Bernoulli, validation images)."
        ),
        {**_DEEP, "epochs": 0.2, "learning_rate": 8e-3, "batch_size": 256},
        {"epochs": 0.15, "hidden": (640,), "activation": "silu", "learning_rate": 2e-2, "encoder_rate": 0.25},
    ),
    Preset(
        "note",
        N_("Simple"),
        N_(
            "One hidden layer of 400 units, squared error, a constant learning rate: quick to understand, far from the "
            "best. As in the note on autoencoders and VAEs whose argument Compare follows."
        ),
        {**_PLAIN, "likelihood": "squared-error"},
    ),
    Preset(
        "best",
        N_("Best"),
        N_(
            "Sixty epochs of MNIST: some ten minutes on one processor core with two latent dimensions, half an hour "
            "with twenty. Negative ELBO 133 and 92 nats (Bernoulli); squared error + KL a third below that of the "
            "linear VAE that is best on the training images."
        ),
        {**_DEEP, "epochs": 3.0},
        {"architecture": "convolutional", "hidden": None, "beta_warm_up": 5.0},
    ),
)


def preset_of(config: RunConfig) -> Preset | None:
    """The recipe that a run follows exactly, if one does."""
    return next((preset for preset in PRESETS.values() if preset.applied_to(config) == config), None)
