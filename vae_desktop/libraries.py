"""Libraries that threads load while the window is already in use."""

import contextlib
import gc
import warnings
from functools import cache


def load_torch() -> None:
    """Load torch, or wait for the thread that is loading it; at once where it is there.

    scipy, and with it scikit-learn and openTSNE, look for torch among the modules that are loaded, and take one that is
    half loaded for whole ("partially initialized module"). So a thread calls this before it imports or uses them.
    """
    import torch  # noqa: F401 - Python has a second thread wait until the module is whole


@cache  # once, or what is left of closed windows would be kept too
def keep_modules() -> None:
    """Have the collector leave alone what torch has loaded: to look through it would take 150 ms each time."""
    gc.freeze()


@cache
def prepare_sklearn() -> None:
    """Load torch, and have joblib count the processor's cores quietly; to be said before scikit-learn needs them.

    Where the system does not list its cores, as in a container without ``/sys``, joblib prints a warning with a
    traceback and takes the logical ones, which is as good. What it found it remembers, so it warns only the first time.
    """
    load_torch()
    from joblib import cpu_count

    with warnings.catch_warnings(), contextlib.suppress(UserWarning):
        warnings.filterwarnings("error", "Could not find the number of physical cores")
        cpu_count(only_physical_cores=True)
