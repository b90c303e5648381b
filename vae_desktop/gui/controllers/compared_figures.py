"""The figures by which models side by side are judged, and whether it is too early to judge one."""

from collections.abc import Mapping
from typing import Any

from vae_desktop.engine.run import Run
from vae_desktop.latent.posteriors import figures_of
from vae_desktop.latent.verdict import Compared

_EARLY, _YOUNG = 0.02, 0.1  # of a training: nothing is said before, and not that it has collapsed
_FRESH = 0.5  # of the steps so far: codes of an earlier one are not those of the pictures
_LIVE = ("reconstruction", "kl", "mean_sigma", "spread_of_means", "active_units")


def compared_figures(run: Run, missed: float | None) -> Compared:
    """The newest of the figures that training gives, with those that were measured.

    Parameters
    ----------
    run : Run
    missed : float, optional
        The share of random codes that miss the codes, where it is known.
    """
    live = {} if run.codes is None else figures_of(run.codes)
    evaluation = run.shown_evaluation
    if evaluation is not None:
        live |= {"reconstruction": evaluation.reconstruction, "kl": evaluation.kl}
    values = {**run.measures, **{name: live[name] for name in _LIVE if name in live}}
    if (is_active(run) or run.moment is not None) and run.measured_step != run.shown_step:
        values.pop("generation", None)  # the pictures are of a later step than that verdict
    return Compared(run.config, values, missed, run.shown_step if _is_early(run, values) else None)


def is_active(run: Run) -> bool:
    """Whether a model is being trained, or held."""
    return run.status in ("training", "paused")


def _is_early(run: Run, values: Mapping[str, Any]) -> bool:
    """Whether a model in training has hardly left where it began, or its codes are far behind it.

    Each model begins like one that has collapsed: with codes near 0, and a mean image for all of them.
    """
    step = run.shown_step
    if not is_active(run):
        return False
    if step < max(run.steps_per_epoch, _EARLY * run.last_step):
        return True
    if run.codes is not None and run.codes.since is not None and run.codes.since < step * _FRESH:
        return True
    learns = run.config.model.traits.reconstruction_weight > 0
    return learns and values.get("active_units") == 0 and step < _YOUNG * run.last_step
