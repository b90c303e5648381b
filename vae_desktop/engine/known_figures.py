"""The figures of a model that were known at the step it is shown at, each with the step that it is of."""

from dataclasses import dataclass
from typing import Any

from vae_desktop.engine.run import Run


@dataclass(frozen=True)
class KnownFigures:
    """Figures by the keys of latent.measures.MEASURES.

    Attributes
    ----------
    values : dict of str to object
    steps : dict of str to int
        After how many steps of the training each of them was found.
    """

    values: dict[str, Any]
    steps: dict[str, int]


def known_figures(run: Run) -> KnownFigures:
    """What was last measured by the step that is shown; at an earlier one also the loss on the test images of then."""
    values, steps = dict(run.measures), dict.fromkeys(run.measures, run.measured_step)
    judged = None if run.moment is None else run.shown_evaluation
    if judged is not None and judged.step > run.measured_step:
        found = {
            "test_loss": judged.total,
            "reconstruction": judged.reconstruction,
            "kl": judged.kl,
            "kl_per_dimension": judged.kl_per_dimension,
            "negative_elbo": None if judged.kl is None else judged.reconstruction + judged.kl,
        }
        values |= found
        steps |= dict.fromkeys(found, judged.step)
    return KnownFigures(values, steps)
