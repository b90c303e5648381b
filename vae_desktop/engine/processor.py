"""How torch shares the processor with the rest of the app; to be said before torch is loaded."""

import os


def prepare_threads() -> None:
    """Let torch's threads wait for each other only briefly before they sleep.

    GNU OpenMP's threads spin while they wait. On a processor with something else to do, and a window is always
    something, they then wait for a thread that cannot run: a step's time grows several times. What the person
    has set in the environment stays.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
