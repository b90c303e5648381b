"""Whether a step was done, and what came of it: small functions of what the window shows, by their names.

Each is given the window now and as it was when the step began, and says one of the outcomes for which the step has
words. Its numbers are those of the window; nothing is true because a step says so. A module holds the checks of one or
two chapters.
"""

from collections.abc import Mapping

from vae_desktop.lab.checks import both, formulas, kl, onward, sampling, squeezing, trouble
from vae_desktop.lab.outcome import Check, Outcome

__all__ = ["CHECKS", "Check", "Outcome"]

_MODULES = squeezing, trouble, sampling, kl, both, formulas, onward
CHECKS: Mapping[str, Check] = {check.__name__: check for module in _MODULES for check in module.CHECKS}
