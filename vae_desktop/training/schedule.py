"""How the learning rate and β move over a run: functions of the step, with no state of their own."""

from vae_desktop.config import RunConfig
from vae_desktop.models.snapshot import Span, one_cycle


def rate_factor(schedule: str, step: int, span: Span) -> float:
    """Fraction of the learning rate that the step after `step` steps uses, 0 to 1; a cycle lasts for the span."""
    if schedule == "constant":
        return 1.0
    return one_cycle(min(max((step - span.first) / max(span.last - span.first, 1), 0.0), 1.0))


def warm_up_factor(epochs: float, step: int, span: Span) -> float:
    """Fraction of β that the step after `step` steps uses: grows linearly from 0 to 1 over the model's first epochs."""
    return min(step / (epochs * span.per_epoch), 1.0) if epochs > 0 else 1.0


def kl_weight_after(config: RunConfig, step: int, per_epoch: int) -> float:
    """Weight of the KL divergence in the loss of the step after `step` steps, as far as its warm-up has come."""
    warmth = warm_up_factor(config.training.beta_warm_up, step, Span(0, 0, per_epoch))
    return config.model.traits.kl_weight_at(config.training.beta * warmth)
