"""How the learning rate and β move over a run: functions of the step, with no state of their own."""

import math

from vae_desktop.config import RunConfig
from vae_desktop.models.snapshot import Span

_RISE = 0.1  # fraction of a cycle in which the rate grows
_START = 0.04  # the first rate of a cycle, as a fraction of the highest


def rate_factor(schedule: str, step: int, span: Span) -> float:
    """Share of the learning rate that the step after `step` steps uses, 0 to 1.

    "one-cycle" rises linearly over the first tenth of the span and falls to 0 along half a cosine (after Smith 2018,
    arXiv 1803.09820, without the momentum's cycle).
    """
    if schedule == "constant":
        return 1.0
    position = min(max((step - span.first) / max(span.last - span.first, 1), 0.0), 1.0)
    if position < _RISE:
        return _START + (1 - _START) * position / _RISE
    return 0.5 * (1 + math.cos(math.pi * (position - _RISE) / (1 - _RISE)))


def warm_up_factor(epochs: float, step: int, span: Span) -> float:
    """Share of β that the step after `step` steps uses: grows linearly from 0 to 1 over the model's first epochs."""
    return min(step / (epochs * span.per_epoch), 1.0) if epochs > 0 else 1.0


def kl_weight_after(config: RunConfig, step: int, per_epoch: int) -> float:
    """Weight of the KL divergence in the loss of the step after `step` steps, as far as its warm-up has come."""
    warmth = warm_up_factor(config.training.beta_warm_up, step, Span(0, 0, per_epoch))
    return config.model.traits.kl_weight_at(config.training.beta * warmth)
