"""Models that are compared: how each differs from one run's settings, and what all of them must share."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from vae_desktop.catalog import LIKELIHOODS
from vae_desktop.config import SETTINGS, DatasetConfig, ModelConfig, RunConfig, TrainingConfig, values_of
from vae_desktop.dataset_catalog import describe_dataset
from vae_desktop.errors import InvalidSetting
from vae_desktop.language import N_, tr
from vae_desktop.presets import PRESETS

FEWEST, MOST = 2, 4  # models in a comparison
_SHARED = ("epochs", "batch_size", "seed", "device")


@dataclass(frozen=True)
class Variant:
    """One model of a comparison; what is None is as in the settings that all share.

    Attributes
    ----------
    kind : str
        A key of catalog.MODELS.
    beta, latent_dim, likelihood, architecture
        As in TrainingConfig and ModelConfig.
    """

    kind: str
    beta: float | None = None
    latent_dim: int | None = None
    likelihood: str | None = None
    architecture: str | None = None

    def applied_to(self, config: RunConfig) -> RunConfig:
        """The settings of a run with those of this variant in their place.

        Raises
        ------
        InvalidSetting
            If a value is not what its setting can take.
        """
        changes: dict[str, Any] = {name: getattr(self, name) for name in self.given}
        if self.architecture not in (None, config.model.architecture):
            changes["hidden"] = None  # widths of one architecture mean nothing in another
        return config.with_settings(**changes)

    @property
    def given(self) -> frozenset[str]:
        """Names of what sets it apart from the settings that all share."""
        return frozenset(entry.name for entry in fields(self) if getattr(self, entry.name) is not None)

    @classmethod
    def of(cls, config: RunConfig) -> "Variant":
        """The variant that gives these settings, whatever those are that all share."""
        model = config.model
        beta = config.training.beta if model.traits.kl_weight is None else None
        return cls(model.kind, beta, model.latent_dim, model.likelihood, model.architecture)

    @classmethod
    def parse(cls, text: str) -> "Variant":
        """The variant that a text such as "vae:beta=4,latent-dim=10" means.

        Raises
        ------
        InvalidSetting
            If there is no such kind or setting, or a value is not what its setting can take.
        """
        kind, _, rest = text.partition(":")
        values: dict[str, Any] = {"kind": SETTINGS["kind"].parse("kind", kind)}
        known = [entry.name for entry in fields(cls) if entry.name != "kind"]
        for part in rest.split(",") if rest else []:
            name, _, value = part.partition("=")
            key = name.strip().replace("-", "_")
            if key not in known:
                names = ", ".join(known).replace("_", "-")
                message = tr("{text!r}: models are not compared by {name!r}, but by {names}.")
                raise InvalidSetting("compare", message.format(text=text, name=name, names=names))
            values[key] = SETTINGS[key].parse(key, value)
        return cls(**values)


# The argument of the study note, side by side.
KL_TERM = (Variant("ae"), Variant("vae-no-kl"), Variant("kl-only"), Variant("vae"))

GENERATING_DIM = 20  # latent dimensions in which a decoder draws well, so that what random codes lack is seen


def kl_term_configs(latent_dim: int, has_mnist: bool, device: str = "auto") -> list[RunConfig]:
    """The settings of the four models of KL_TERM that show what the KL term does, whatever else is set up.

    Of images decoded from N(0, I) with 20 latent dimensions, this fraction looked real: on MNIST 16 % of the AE's and
    53 % of the VAE's, on Digits 38 % and 67 % (seed 0). By cross-entropy instead of squared error MNIST's VAE has 38 %:
    there the KL divergence weighs less.
    """
    model = ModelConfig(latent_dim=latent_dim, likelihood="squared-error")
    if has_mnist:
        base = PRESETS["quick"].applied_to(RunConfig(DatasetConfig("mnist"), model))
    else:
        base = RunConfig(DatasetConfig("digits"), model, TrainingConfig(epochs=200))
    return [variant.applied_to(base).with_settings(device=device) for variant in KL_TERM]


def check_comparison(configs: Sequence[RunConfig], fewest: int = 1) -> None:
    """See to it that models, of which there are at least `fewest`, can be trained on the same batches.

    Raises
    ------
    InvalidSetting
        If they are too few or more than four, or differ in what they must share.
    """
    if not fewest <= len(configs) <= MOST:
        text = tr("Between {fewest} and {most} models can be compared, not {count}.")
        raise InvalidSetting("compare", text.format(fewest=FEWEST, most=MOST, count=len(configs)))
    for config in configs[1:]:
        differing = [name for name in _SHARED if getattr(config.training, name) != getattr(configs[0].training, name)]
        if config.dataset != configs[0].dataset:
            differing.insert(0, "dataset")
        if differing:
            text = tr("Models that train together must agree in: {names}.")
            names = ["name" if entry == "dataset" else entry for entry in differing]
            words = tr(", ").join(_inside(setting_in_words(name)) for name in names)
            raise InvalidSetting(differing[0], text.format(names=words))


def titles(configs: Sequence[RunConfig], in_language: Callable[[str], str] = tr) -> list[str]:
    """A short name for each model of a comparison: its kind, any β but the usual 1, and what not all have in common.

    For what programs read, `in_language` is :func:`vae_desktop.language.N_`, which leaves the English words.
    """
    models = [config.model for config in configs]
    betas = {config.training.beta for config in configs if config.model.traits.kl_weight is None}
    result = []
    for config in configs:
        model = config.model
        parts = [in_language(model.traits.short)]
        if model.traits.kl_weight is None and betas != {1.0}:
            parts.append(f"β={config.training.beta:g}")
        if _differ(entry.latent_dim for entry in models):
            parts.append(in_language(N_("{count}-D")).format(count=model.latent_dim))
        if _differ(entry.likelihood for entry in models):
            parts.append(in_language(LIKELIHOODS[model.likelihood].label))
        if _differ((entry.architecture, entry.hidden) for entry in models):
            parts.append(in_language(N_("MLP") if model.architecture == "mlp" else N_("Conv.")))
        result.append(" ".join(parts))
    return [
        title if result.count(title) == 1 else f"{title} ({result[:index].count(title) + 1})"
        for index, title in enumerate(result)
    ]


def _differ(values: Any) -> bool:
    return len(set(values)) > 1


def setting_in_words(name: str) -> str:
    """What a setting is called, in a word or two."""
    return re.split(" ?[(\uff08]", tr(SETTINGS[name].label))[0]


def value_in_words(name: str, value: object) -> str:
    """A value of a setting as the form writes it."""
    setting = SETTINGS[name]
    if name == "name":
        return describe_dataset(str(value)).label
    labels = {choice.name: choice.label for choice in setting.choices}
    return tr(labels[str(value)]) if str(value) in labels else setting.format(value)


def changed_settings(before: RunConfig, after: RunConfig) -> dict[str, Any]:
    """The settings in which a model differs from another one, but for length and device, with its own values."""
    old, new = values_of(before), values_of(after)
    kinds = {name: SETTINGS[name].only_for for name in new}
    matters = {name for name, only_for in kinds.items() if not only_for or after.model.kind in only_for}
    return {name: new[name] for name in new if name in matters - {"epochs", "device"} and new[name] != old[name]}


def changes_in_words(before: RunConfig, changes: Mapping[str, Any]) -> str:
    """What some settings are changed to, and from what."""
    values, text = values_of(before), tr("{setting} {new} instead of {old}")
    parts = []
    for name, value in changes.items():
        new, old = value_in_words(name, value), value_in_words(name, values[name])
        parts.append(text.format(setting=_inside(setting_in_words(name)), new=new, old=old))
    return tr(", ").join(parts)


def _inside(name: str) -> str:
    """A name as it stands within a sentence: without its capital, unless it is all capitals."""
    return name[:1].lower() + name[1:] if name[1:2].islower() else name
