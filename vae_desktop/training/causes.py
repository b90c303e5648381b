"""Why a training failed or a dimension collapsed, or must collapse, as far as it is known; needs no torch."""

import math

import numpy as np

from vae_desktop.config import RunConfig, TrainingConfig
from vae_desktop.data.spectrum import Spectrum
from vae_desktop.language import tr
from vae_desktop.latent.posteriors import ACTIVE
from vae_desktop.training.history import TERMS, History
from vae_desktop.training.schedule import kl_weight_after

_HARMLESS = 1e-4  # a learning rate that has made no model diverge
_FAST = 0.05  # one that has emptied all dimensions at once: deep VAEs of digits, with and without a cycle
_EXPLODED = 2.0  # times the error of the mean image, which a fresh model draws and a sound one never comes back to
_EARLY = 5  # epochs: healthy models have been seen to wake all their dimensions within two
_MANY = 1e6  # times; from here on a power of ten says it
_SMOOTHED = 64  # images: errors of smaller batches differ too much


def may_be_the_rate(training: TrainingConfig) -> bool:
    """Whether the learning rate of encoder or decoder can have made a loss infinite."""
    return training.learning_rate * max(training.encoder_rate, 1.0) >= _HARMLESS


def why_diverged(config: RunConfig, step: int) -> str:
    """Why the loss became infinite or NaN after so many steps of the model, as far as it is known, and what helps."""
    training = config.training
    if step == 0:
        return tr(
            "It was so before the first step, whatever the learning rate: train a new model, with other layers or "
            "another likelihood."
        )
    if not may_be_the_rate(training):
        text = tr("So low a learning rate, {rate:g}, is hardly the cause: try other layers or another activation.")
        return text.format(rate=training.learning_rate)
    if training.encoder_rate > 1:
        text = tr("Most likely the encoder learns too fast, at {times:g} times {rate:g}: lower its rate.")
        return text.format(times=training.encoder_rate, rate=training.learning_rate)
    text = tr("Most likely it learns too fast: try a learning rate below {rate:g}.")
    return text.format(rate=training.learning_rate)


def why_collapsed(
    config: RunConfig, spectrum: Spectrum | None, history: History, per_epoch: int, are_all: bool, variance: float
) -> str:
    """What collapsed dimensions are, why they collapsed as far as it is known, and whether anything brings them back.

    Before some epochs nobody can know whether they will come to say something: then the text is empty, unless settings
    or the curve tell the cause.

    Parameters
    ----------
    config : RunConfig
    spectrum : Spectrum, or None
        Of the images that the model has learned, if they are at hand.
    history : History
        Of the model's training.
    per_epoch : int
        The training's steps in an epoch.
    are_all : bool
        Whether no dimension is left that says anything.
    variance : float
        Of the means over the images, the largest of those of collapsed dimensions.
    """
    what = tr(
        "A collapsed dimension says nothing (the variance of its mean over the images is {variance:.1g}, less than "
        "{least:g}): its mean is nearly the same, whatever the image."
    )
    if config.kl_weight:
        what = tr(
            "A collapsed dimension says nothing (the variance of its mean over the images is {variance:.1g}, less than "
            "{least:g}): its posterior is the prior, whatever the image, and moving it changes next to nothing."
        )
    what = what.format(variance=variance, least=ACTIVE)
    if config.model.traits.kl_weight is None:  # a warm-up that is not over has not yet pressed so hard
        config = config.with_settings(beta=kl_weight_after(config, len(history.training), per_epoch))
    is_early = len(history.training) < _EARLY * per_epoch
    cause = _certain_cause(config, spectrum, history, are_all) or ("" if is_early else _likely_cause(config))
    return f"{what} {cause}" if cause else ""


def _certain_cause(config: RunConfig, spectrum: Spectrum | None, history: History, are_all: bool) -> str:
    """What settings or the curve tell, however early; "" if they do not."""
    if not config.model.traits.reconstruction_weight:
        return tr(
            "The loss of this model is the KL divergence alone, which is least where every dimension is like that."
        )
    if not len(history.training):
        return ""
    foreseen = "" if spectrum is None else collapse_warning(config, spectrum)
    return foreseen or (_fast_rate(config, history) if are_all else "")


def _likely_cause(config: RunConfig) -> str:
    """What else it can be."""
    if not config.kl_weight:
        return tr("No KL divergence is in its loss, so β is not the cause: the reconstruction does without it so far.")
    return tr("The KL term costs more there than reconstruction would gain; a smaller β can bring it back.")


def _fast_rate(config: RunConfig, history: History) -> str:
    """Say that the learning rate has silenced all units, if the curve or the rate itself tells it."""
    rates = [change.value for change in history.changes if change.name == "learning_rate"]
    rate = max([config.training.learning_rate, *rates]) * max(config.training.encoder_rate, 1.0)
    times = _rise(history, config.training.batch_size)
    advice = tr("A smaller β does not bring them back: train anew with a lower rate, such as 0.001.")
    if not config.kl_weight:
        advice = tr("Train anew with a lower rate, such as 0.001.")
    if times > _EXPLODED:
        text = tr(
            "The error rose to {times} times that of the first step: the learning rate was too high. {advice}"
        )
        return text.format(times=_factor(history), advice=advice)
    if rate >= _FAST:
        text = tr("A learning rate of {rate:g} empties all dimensions at once. {advice}")
        return text.format(rate=rate, advice=advice)
    return ""


def _rise(history: History, batch_size: int) -> float:
    """The largest reconstruction error of a training in terms of its first, each of some images; 0 if not known."""
    errors = history.training[:, TERMS.index("reconstruction")]
    window = max(1, _SMOOTHED // batch_size)
    means = errors[: len(errors) // window * window].reshape(-1, window).mean(1)
    return float(np.max(means) / means[0]) if len(means) and means[0] > 0 else 0.0


def _factor(history: History) -> str:
    """The largest reconstruction error of a step in terms of the first one's, as the curve shows both."""
    errors = history.training[:, TERMS.index("reconstruction")]
    times = float(np.max(errors) / errors[0])
    return f"{times:,.0f}" if times < _MANY else f"{times:.0e}".replace("e+", "e")


def collapse_warning(config: RunConfig, spectrum: Spectrum) -> str:
    """What β does to this model on these images, in plain words; "" if every latent dimension can hold something."""
    model, beta = config.model, config.kl_weight
    if not model.traits.is_variational or not model.traits.reconstruction_weight or not beta:
        return ""
    useful = spectrum.useful_dimensions(model.likelihood, beta, model.latent_dim)
    if useful == model.latent_dim:
        return ""
    largest = _rounded_down(spectrum.largest_beta(model.likelihood, model.latent_dim))
    remedy = tr("β up to {largest:g} keeps all").format(largest=largest)
    if not largest:
        remedy = tr("these images vary in fewer directions")
    text = tr(
        "At β = {beta:g} no latent dimension can hold anything of these images; every one collapses onto N(0, 1): "
        "{remedy}."
    )
    if useful:
        text = tr(
            "At β = {beta:g} only {useful} of the {count} latent dimensions can hold anything of these images; "
            "the rest collapses onto N(0, 1): {remedy}."
        )
    return text.format(beta=beta, useful=useful, count=model.latent_dim, remedy=remedy)


def _rounded_down(value: float) -> float:
    """Two figures, never more than the value."""
    if value <= 0:
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    return round(math.floor(value / unit) * unit, 12)
