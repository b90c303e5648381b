"""The training thread gives way to the window's, and what multiplies matrices beside it has no threads of its own."""

import os
import subprocess
import sys

import pytest

_NICEST = 19
_NICENESSES = """
import os, threading, torch
from vae_desktop.engine.processor import yield_to_window

def work():
    yield_to_window()
    torch.set_num_threads(2)
    torch.randn(512, 512) @ torch.randn(512, 512)
    threads = sorted(map(int, os.listdir("/proc/self/task")))  # the main thread is the first
    print(*(os.getpriority(os.PRIO_PROCESS, thread) for thread in threads))

for more in (0, 15):
    os.nice(more)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
"""
_BLAS_THREADS = """
import sys, threading
from vae_desktop.engine.processor import prepare_threads

thread = threading.Thread(target=prepare_threads)  # whoever limits OpenBLAS first may keep others from doing so
thread.start()
thread.join()
assert "scipy" not in sys.modules
import scipy.linalg
from threadpoolctl import threadpool_info

print(*(found["num_threads"] for found in threadpool_info() if found["internal_api"] == "openblas"))
"""


@pytest.mark.parametrize("wished", [None, "3"])
def test_a_library_that_is_loaded_later_multiplies_with_one_thread_too(wished) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    if wished is not None:
        environment["OPENBLAS_NUM_THREADS"] = wished
    command = [sys.executable, "-c", _BLAS_THREADS]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"1"}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of threads that anyone may lower")
def test_the_thread_and_those_it_begins_have_a_lower_priority_and_no_other() -> None:
    before = os.getpriority(os.PRIO_PROCESS, 0)
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    command = [sys.executable, "-c", _NICENESSES]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    for more, line in zip((0, 15), done.stdout.splitlines(), strict=True):
        main, *others = map(int, line.split())
        assert main == min(_NICEST, before + more)
        assert others.count(min(_NICEST, main + 10)) >= min(2, os.cpu_count() or 1)
