"""How torch and numpy share the processor with the rest of the app."""

import os
import sys
import threading
from contextlib import suppress

from vae_desktop.training.spinning import WAITS

_SWITCH_INTERVAL = 0.0002  # seconds
_NICER = 10


def prepare_threads() -> None:
    """Let threads share Python's lock fairly, and have numpy's products use one thread.

    To be said before torch is loaded. A step of training is some sixty operations, and after each one its thread needs
    Python's lock again. A thread that holds it gives it up after 5 ms unless it is told otherwise; with a slider
    dragged, training then has five sixths of the pace. numpy's BLAS has threads of its own, which fight with those of
    a training: a product of two small matrices then takes 40 ms instead of 0.1, in the window's thread.

    Where `Spinning` cannot see whether the processor is shared, OpenMP's threads spin only briefly, unless the person
    has said otherwise in the environment.
    """
    sys.setswitchinterval(_SWITCH_INTERVAL)
    if not WAITS.exists():
        os.environ.setdefault("GOMP_SPINCOUNT", "3000")
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
