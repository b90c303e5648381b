"""The processor's cores, as scikit-learn has them counted."""

import contextlib
import warnings
from functools import cache


@cache
def count_cores() -> None:
    """Have joblib count the processor's cores now and quietly; to be said before scikit-learn needs them.

    Where the system does not list its cores, as in a container without ``/sys``, joblib prints a warning with a
    traceback and takes the logical ones, which is as good. What it found it remembers, so it warns only the first time.
    """
    from joblib import cpu_count

    with warnings.catch_warnings(), contextlib.suppress(UserWarning):
        warnings.filterwarnings("error", "Could not find the number of physical cores")
        cpu_count(only_physical_cores=True)
