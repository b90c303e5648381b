"""What the checks of the lab look at, as plain values."""

import numpy as np

from vae_desktop.config import RunConfig
from vae_desktop.lab.checks import CHECKS
from vae_desktop.lab.course import read_course
from vae_desktop.lab.seen import CodedImage, Model, Seen
from vae_desktop.latent.codes import Codes

STEPS = [step for chapter in read_course("en") for step in chapter.steps]


def model(kind="vae", latent_dim=2, spread=1.0, sigma=0.1, **facts):
    """A model whose codes spread as far as is said; an autoencoder's have no σ."""
    config = RunConfig().with_settings(kind=kind, latent_dim=latent_dim, likelihood="squared-error")
    mean = np.random.default_rng(0).standard_normal((400, latent_dim)).astype(np.float32) * np.float32(spread)
    log_stddev = None if kind in ("ae", "denoising-ae") else np.full_like(mean, 0) + np.log(np.float32(sigma))
    facts = {"losses": {"reconstruction": 26.0}, "codes": Codes(mean, log_stddev, None), **facts}
    return Model(config, 100, 784, **facts)


def image(sigma=0.1, is_own=False, error=None, draws=0, **facts):
    """An image at 0 in two dimensions."""
    spread = None if sigma is None else np.full(2, sigma, np.float32)
    return CodedImage(is_own, np.zeros(2, np.float32), spread, error, None, draws, **facts)


def picture(value=0):
    return np.full((28, 28, 1), value, np.uint8)


def found(name, now, before=None):
    """What a check says of the window now; where a step has this check, it has to have words for that."""
    outcome = CHECKS[name](now, before or Seen())
    for step in STEPS:
        if step.check == name:
            assert step.outcome(outcome.key, outcome.numbers), f"no words for {outcome.key}"
            assert outcome.choice is None or outcome.choice < len(step.choices)
    return outcome


def is_missing(name, key, now, before=None):
    """A check rejects the window as it is, and says why."""
    outcome = found(name, now, before)
    return (outcome.key, outcome.is_done) == (key, False)


def is_answered(name, key, choice, now, before=None):
    """A check accepts the window as it is, with that answer."""
    outcome = found(name, now, before)
    return (outcome.key, outcome.is_done, outcome.choice) == (key, True, choice)
