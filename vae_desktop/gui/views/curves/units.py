"""Which terms of the loss share a plot: those in one unit."""

from collections.abc import Sequence

from vae_desktop.config import ModelConfig
from vae_desktop.language import tr


def panes_of_one(model: ModelConfig) -> list[tuple[str, list[tuple[int, str]]]]:
    """(unit, [(0, term), ...]) of each pane: terms in the likelihood's unit, then those in nats of KL divergence."""
    likelihoods, nats = ["total", "reconstruction"], ["kl"]
    if model.traits.reconstruction_weight == 0:  # the total is then the KL divergence
        likelihoods, nats = ["reconstruction"], ["total", "kl"]
    panes = [(tr(model.judged_by.unit), likelihoods), (tr("nats / image"), nats)]
    return [(unit, [(0, term) for term in terms]) for unit, terms in panes[: 1 + model.traits.is_variational]]


def panes_of_several(models: Sequence[ModelConfig]) -> list[tuple[str, list[tuple[int, str]]]]:
    """(unit, [(model, term), ...]) of each pane: total and reconstruction of each likelihood, then KL."""
    panes: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for term in ("total", "reconstruction", "kl"):
        for place, model in enumerate(models):
            has_term = {"total": model.traits.reconstruction_weight, "kl": model.traits.is_variational}.get(term, True)
            unit = "nats / image" if term == "kl" else model.judged_by.unit
            if has_term:
                panes.setdefault((term, unit), []).append((place, term))
    return [(tr(unit), entries) for (_, unit), entries in panes.items()]
