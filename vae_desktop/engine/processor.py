"""How torch and numpy share the processor with the rest of the app."""

import os
import sys
import threading
from contextlib import suppress

_SPINS, _SPINS_ALONE = "3000", "10000"
_NICER = 10


def prepare_threads(is_alone: bool = False) -> None:
    """Let torch's threads wait for each other only briefly before they sleep, and numpy's products use one thread.

    To be said before torch is loaded. Without a window beside them (`is_alone`) they may wait longer.

    GNU OpenMP's threads spin while they wait. On a processor with something else to do, and a window is always
    something, they then wait for a thread that cannot run: a step's time grows several times. If they sleep at once
    they are woken dozens of times a step: with a third of these spins training has two thirds of the pace. What the
    person has set in the environment stays. numpy's BLAS has threads of its own, which fight with those of a training:
    a product of two small matrices then takes 40 ms instead of 0.1, in the window's thread.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", _SPINS_ALONE if is_alone else _SPINS)
    from threadpoolctl import ThreadpoolController

    ThreadpoolController().select(internal_api="openblas").limit(limits=1)


def yield_to_window() -> None:
    """Have this thread, and those that begin in it, give way to the window's thread, where the system knows how.

    Only Linux has priorities of threads that anyone may lower; they go as processes' do there. It is below whatever the
    app was started with: to raise one is refused, and no reason not to train.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + _NICER)
