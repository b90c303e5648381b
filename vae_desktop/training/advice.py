"""What settings cannot do, or what fits the images badly, known before a run begins; needs no torch.

Form, commands and the description of a file all say it in these words. Only what is certain, or has been measured, is
said: a setting that does what it says is nobody's fault.
"""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

from vae_desktop.catalog import MODELS
from vae_desktop.config import SETTINGS, ModelConfig, RunConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.data.spectrum import Spectrum
from vae_desktop.errors import InvalidSetting
from vae_desktop.language import tr, tr_count
from vae_desktop.models.architecture import Dense, ImageShape, encoder_layers
from vae_desktop.models.snapshot import Span
from vae_desktop.settings import Setting, settings_of
from vae_desktop.training.causes import collapse_warning
from vae_desktop.training.schedule import rate_factor
from vae_desktop.variants import titles

_MOSTLY = 0.5  # of the pixels; 0.09 of MNIST's are shades, 0.44 of the digits', 0.9 of a photograph's
_LEAST_PEAK = 0.9  # of the learning rate, that a cycle should come to
# From these learning rates on, models with hidden layers and linear ones ended about as bad as the mean image or worse:
# AE and VAE, of digits and MNIST, fully connected and convolutional.
_TOO_FAST = {"constant": (0.1, 1.0), "one-cycle": (0.3, 1.0)}


class Advice(NamedTuple):
    """A sentence that belongs to a setting, by the name of its field."""

    setting: str
    text: str


@dataclass(frozen=True)
class Known:
    """What is known of a run beside its settings; None where nothing is.

    Attributes
    ----------
    images : int
        In the training set.
    image_shape : (C, H, W)
    spectrum : Spectrum
    epochs : float
        Passes over the images in all, from the model's first step to its last; by default those of the settings.
    """

    images: int | None = None
    image_shape: ImageShape | None = None
    spectrum: Spectrum | None = None
    epochs: float | None = None

    @classmethod
    def of(cls, dataset: Dataset | None) -> "Known":
        """What is known of a data set, without any work; nothing if none is loaded."""
        if dataset is None:
            return cls()
        return cls(len(dataset.train), dataset.image_shape, dataset.spectrum if dataset.has_spectrum else None)


_NOTHING = Known()


def advice(config: RunConfig, known: Known = _NOTHING, given: Collection[str] = ()) -> list[Advice]:
    """What settings of a run cannot do, and what fits its images badly, in the order of the settings.

    Parameters
    ----------
    config : RunConfig
    known : Known
    given : collection of str
        Settings that were asked for by name; those that this kind of model has no use for are named too. A form shows
        by itself that they are out of use.
    """
    found = []
    for part in fields(config):
        for name, setting, _ in settings_of(getattr(config, part.name)):
            if not _matters(setting, config):
                text = _useless(setting, config) if name in given else ""
            else:
                text = next(_CHECKS[name](config, known), "") if name in _CHECKS else ""
            if text:
                found.append(Advice(name, text))
    return found


def same_models(configs: Sequence[RunConfig]) -> str:
    """Which of some models, trained side by side, come out equal, in plain words; "" if all differ."""
    first: dict[tuple[Any, ...], str] = {}
    for name, config in zip(titles(configs), configs, strict=True):
        same = first.setdefault(_what_counts(config), name)
        if same is not name:
            text = tr("{first} and {second} come out equal: nothing that they compute differs.")
            return text.format(first=same, second=name)
    return ""


def _matters(setting: Setting, config: RunConfig) -> bool:
    """Whether a setting has an effect on such a model of such images."""
    if setting.only_for and config.model.kind not in setting.only_for:
        return False
    if setting.is_for_own and not config.dataset.is_custom:
        return False
    return setting.only_with is None or getattr(config.dataset, setting.only_with[0]) == setting.only_with[1]


def _useless(setting: Setting, config: RunConfig) -> str:
    if setting.only_with is not None and config.dataset.is_custom:
        other, value = setting.only_with
        wanted = next(choice.label for choice in SETTINGS[other].choices if choice.name == value)
        text = tr("{setting} has no effect unless {other} is “{value}”.")
        return text.format(setting=tr(setting.label), other=tr(SETTINGS[other].label), value=tr(wanted))
    if setting.is_for_own:
        text = tr("{setting} has no effect on {dataset}, only on images of your own.")
        return text.format(setting=tr(setting.label), dataset=config.dataset.label)
    kinds = ", ".join(tr(MODELS[kind].short) for kind in setting.only_for)
    text = tr("{setting} has no effect on the model {model}, only on {kinds}.")
    return text.format(setting=tr(setting.label), model=tr(config.model.traits.short), kinds=kinds)


def _grey_in_colour(config: RunConfig, known: Known) -> Iterator[str]:
    if config.dataset.colours == "colour" and known.spectrum is not None and known.spectrum.is_grey:
        yield tr("All images are grey: learned in colour, each pixel counts three times and shows nothing more.")


def _more_than_there_is(config: RunConfig, known: Known) -> Iterator[str]:
    latent_dim, images = config.model.latent_dim, known.images
    if known.image_shape is None or not config.model.traits.reconstruction_weight:
        return
    numbers = math.prod(known.image_shape)
    if latent_dim >= numbers:
        text = tr("An image is {numbers} numbers: a code of {size} can copy it, and has nothing to leave out.")
        yield text.format(numbers=numbers, size=latent_dim)
    if images is not None and latent_dim >= images:
        text = tr("{images} training images lie in {dimensions} dimensions: a code of {size} can learn them by heart.")
        yield text.format(images=images, dimensions=images - 1, size=latent_dim)


def _corruption(config: RunConfig, known: Known) -> Iterator[str]:
    noise, strength = config.model.noise, config.model.noise_strength
    if strength == 0:
        yield tr("At noise strength 0 no image is corrupted: the model is a plain autoencoder.")
    if strength == 1 and noise != "gaussian":
        yield tr("At noise strength 1 every pixel is hit: the model sees nothing of an image and learns their mean.")


def _bottleneck(config: RunConfig, known: Known) -> Iterator[str]:
    """A layer that is narrower than the code, or one that these images cannot pass."""
    model = config.model
    if known.image_shape is None:
        return
    try:
        dense = [layer for layer in encoder_layers(model, known.image_shape) if isinstance(layer, Dense)]
    except InvalidSetting as error:
        yield str(error)
        return
    own = dense[1:] if model.architecture == "mlp" else dense  # the first one's inputs are the pixels
    width = min((layer.inputs for layer in own), default=model.latent_dim)
    if width < model.latent_dim:
        text = tr(
            "{width} numbers pass the narrowest hidden layer: {count} latent dimensions cannot hold more than these."
        )
        yield text.format(width=width, count=model.latent_dim)


def _nothing_to_activate(config: RunConfig, known: Known) -> Iterator[str]:
    if _is_linear(config) and config.model.activation != ModelConfig.activation:
        yield tr("Without hidden layers there is nothing to activate: the model is linear.")


def _likelihood(config: RunConfig, known: Known) -> Iterator[str]:
    likelihood = config.model.likelihood
    if not config.model.traits.reconstruction_weight:
        if likelihood != ModelConfig.likelihood:
            yield tr(
                "KL only leaves the reconstruction out: its likelihood changes a figure, and nothing of the model."
            )
    elif likelihood == "bernoulli" and known.spectrum is not None:
        if known.spectrum.shades > _MOSTLY:
            text = tr(
                "Bernoulli takes each pixel for the chance of white or black, as of strokes like MNIST's; here "
                "{part:.0%} of the pixels are shades between: squared error or the calibrated likelihood fits better."
            )
            yield text.format(part=known.spectrum.shades)
    elif likelihood == "bernoulli" and known.images is None and known.image_shape and known.image_shape[0] >= 3:
        yield tr(  # nothing is about to measure them
            "Bernoulli takes each pixel for the chance of white or black, as of strokes like MNIST's; photographs are "
            "shades between. If these are any, squared error or the calibrated likelihood fits better."
        )


def _rate(config: RunConfig, known: Known) -> Iterator[str]:
    training = config.training
    slower_one = training.learning_rate * min(training.encoder_rate, 1.0)
    if slower_one >= _TOO_FAST[training.schedule][_is_linear(config)]:
        text = tr(
            "At a learning rate of {rate:g} Adam overshoots: such models end about as bad as the mean image, or worse. "
            "0.001 is usual."
        )
        yield text.format(rate=training.learning_rate)


def _short_cycle(config: RunConfig, known: Known) -> Iterator[str]:
    training = config.training
    if training.schedule != "one-cycle" or known.images is None:
        return
    per_epoch = -(-known.images // training.batch_size)
    steps = training.epochs * per_epoch
    first = range(min(steps, 10))  # of a longer run, one of the first ten or a later one comes to the full rate
    peak = max(rate_factor(training.schedule, step, Span(0, steps, per_epoch)) for step in first)
    if steps == len(first) and peak < _LEAST_PEAK:
        rate = training.learning_rate
        text = tr_count(
            "The learning rate reaches {reached:.2g} of {rate:g}: a run of {count} step is too short for a cycle.",
            "The learning rate reaches {reached:.2g} of {rate:g}: a run of {count} steps is too short for a cycle.",
            steps,
        )
        yield text.format(reached=peak * rate, rate=rate, count=steps)


def _collapse(config: RunConfig, known: Known) -> Iterator[str]:
    if known.spectrum is not None:
        yield collapse_warning(config.with_settings(beta=_beta_reached(config, known)), known.spectrum)


def _warm_up(config: RunConfig, known: Known) -> Iterator[str]:
    beta, warm_up = config.training.beta, config.training.beta_warm_up
    reached = _beta_reached(config, known)
    if warm_up and not beta:
        yield tr("β is 0: a warm-up has nothing to raise.")
    elif reached != beta:
        epochs = _epochs(config, known)
        text = tr("β reaches {reached:.3g} of {beta:g}: the warm-up takes {warm_up:g} epochs, the run {epochs:.4g}.")
        yield text.format(reached=reached, beta=beta, warm_up=warm_up, epochs=epochs)


def _is_linear(config: RunConfig) -> bool:
    return config.model.architecture == "mlp" and config.model.hidden == ()


def _epochs(config: RunConfig, known: Known) -> float:
    return config.training.epochs if known.epochs is None else known.epochs


def _beta_reached(config: RunConfig, known: Known) -> float:
    warm_up, epochs = config.training.beta_warm_up, _epochs(config, known)
    return config.training.beta if warm_up <= epochs else config.training.beta * epochs / warm_up


# What each setting is checked for, by its name; of several sentences the first counts.
_CHECKS = {
    "colours": _grey_in_colour,
    "latent_dim": _more_than_there_is,
    "noise_strength": _corruption,
    "hidden": _bottleneck,
    "activation": _nothing_to_activate,
    "likelihood": _likelihood,
    "learning_rate": _rate,
    "schedule": _short_cycle,
    "beta": _collapse,
    "beta_warm_up": _warm_up,
}


def _what_counts(config: RunConfig) -> tuple[Any, ...]:
    """All that decides what a model computes; what its kind has no use for is left out."""
    model, training, traits = config.model, config.training, config.model.traits
    noise = (model.noise, model.noise_strength) if traits.is_denoising else None
    warm_up = training.beta_warm_up if traits.kl_weight is None and training.beta else 0.0
    return (
        (traits.is_variational, traits.reconstruction_weight, config.kl_weight, warm_up, noise),
        config.dataset,
        replace(model, kind="vae", noise=type(model).noise, noise_strength=type(model).noise_strength),
        replace(training, beta=type(training).beta, beta_warm_up=type(training).beta_warm_up),
    )
