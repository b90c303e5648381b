"""What stands in the folds of the form while they are shut, each in a line."""


from vae_desktop.config import SETTINGS, RunConfig
from vae_desktop.language import tr
from vae_desktop.presets import Preset


def fold_summaries(config: RunConfig, preset: Preset | None) -> dict[str, str]:
    """Name what matters most in each fold, and besides what is not as usual, by the folds' names."""
    parts = {
        "architecture": _architecture(config, preset),
        "optimisation": _optimisation(config),
        "reproducibility": _reproducibility(config),
    }
    return {name: " · ".join(part for part in texts if part) for name, texts in parts.items()}


def _architecture(config: RunConfig, preset: Preset | None) -> list[str]:
    model, dataset = config.model, config.dataset
    layers = [
        "" if model.hidden is None else SETTINGS["hidden"].format(model.hidden),
        "" if model.activation == "relu" else _chosen("activation", model.activation),
    ]
    return [
        "" if preset is None else tr(preset.label),
        _chosen("architecture", model.architecture),
        *(layers if preset is None else ()),
        _chosen("likelihood", model.likelihood).lower(),
        "" if dataset.image_size is None else f"{dataset.image_size} px",
        "" if dataset.colours == "auto" else _chosen("colours", dataset.colours).lower(),
        "" if dataset.levels == "auto" or not dataset.is_custom else _chosen("levels", dataset.levels).lower(),
    ]


def _optimisation(config: RunConfig) -> list[str]:
    training = config.training
    return [
        (tr("{count} epochs") if training.epochs > 1 else tr("{count} epoch")).format(count=f"{training.epochs:,}"),
        tr("rate {rate}").format(rate=f"{training.learning_rate:g}"),
        tr("batch {count}").format(count=f"{training.batch_size:,}"),
        "" if training.schedule == "constant" else _chosen("schedule", training.schedule).lower(),
        "" if training.encoder_rate == 1 else tr("encoder × {rate}").format(rate=f"{training.encoder_rate:g}"),
        "" if not training.beta_warm_up else tr("warm-up {epochs}").format(epochs=f"{training.beta_warm_up:g}"),
        "" if training.precision == "single" else tr("16 bits"),
    ]


def _reproducibility(config: RunConfig) -> list[str]:
    training = config.training
    device = tr("automatic device") if training.device == "auto" else training.device.upper()
    measured = _chosen("measured_on", config.dataset.measured_on).lower()
    return [tr("seed {seed}").format(seed=training.seed), device, measured]


def _chosen(name: str, value: str) -> str:
    """The label of a value of a setting that is chosen from a list."""
    return next((tr(choice.label) for choice in SETTINGS[name].choices if choice.name == value), value)
