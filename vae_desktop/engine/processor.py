"""How torch and numpy share processor and memory with the rest of the app."""

import ctypes
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

from vae_desktop.training.spinning import WAITS

_SWITCH_INTERVAL = 0.0002  # seconds
_NICER = 10


def share_lock() -> None:
    """Have a thread that holds Python's lock give it up to another soon; for a window.

    By default it may keep it for 5 ms each time. A step of training needs it some sixty times: with a slider dragged
    training then has five sixths of the pace. A window's first paint takes twice as long beside a thread that loads.
    """
    sys.setswitchinterval(_SWITCH_INTERVAL)


def prepare_threads() -> None:
    """Have numpy's and scipy's products use one thread; to be said before torch is loaded.

    Their BLAS, one copy each, has threads of its own, which fight with those of a training: a product of two small
    matrices then takes 40 ms instead of 0.1, in the window's thread. Scikit-learn multiplies matrices within OpenMP's
    threads, where OpenBLAS must not begin any: it could hang, and warns of it each time. The limits that scikit-learn
    sets meanwhile do nothing once another thread than its own has set one (threadpoolctl 3.8), so this one has to hold
    for good, and for libraries that are loaded later. Where `Spinning` cannot see whether the processor is shared,
    OpenMP's threads spin only briefly, unless the person has said otherwise in the environment.

    And have glibc keep 32 MB of freed memory for the next tensors. By default each large one's goes back to the system,
    which clears every page that the next step touches: 2,000 of them, 4 ms of a convolutional model's step.
    """
    if not WAITS.exists():
        os.environ.setdefault("GOMP_SPINCOUNT", "3000")
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # scipy's is loaded later
    from threadpoolctl import ThreadpoolController

    ThreadpoolController().select(internal_api="openblas").limit(limits=1)
    if _set_option is not None:
        _set_option(_TRIM_THRESHOLD, _KEPT_FREE)
        _set_option(_MMAP_THRESHOLD, _KEPT_FREE)


def yield_to_window() -> None:
    """Have this thread, and those that begin in it, give way to the window's thread, where the system knows how.

    Only Linux has priorities of threads that anyone may lower; they go as processes' do there. It is below whatever the
    app was started with: to raise one is refused, and no reason not to train.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + _NICER)


_glibc = ctypes.CDLL(None) if sys.platform == "linux" else None
_trim: Callable[[int], int] | None = getattr(_glibc, "malloc_trim", None)
_set_option: Callable[[int, int], int] | None = getattr(_glibc, "mallopt", None)
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # malloc.h's numbers of the options
_KEPT_FREE = 1 << 25  # bytes; the most that the second takes


def give_back_memory() -> None:
    """Have the system take back the pages that hold nothing any more, where the C library is glibc; a few ms.

    It would keep them: tensors are aligned, and memory for the next one is often not found among what the last have
    left (glibc's bugs 14581 and 30723). A training of MNIST on two cores so held 20 to 60 MB that nobody used.
    """
    if _trim is not None:
        _trim(0)
