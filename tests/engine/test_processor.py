"""The training thread gives way to the window's."""

import os
import subprocess
import sys

import pytest
import torch

_NICENESSES = """
import os, threading, torch
from vae_desktop.engine.processor import yield_to_window

def work():
    yield_to_window()
    torch.set_num_threads(2)
    torch.randn(512, 512) @ torch.randn(512, 512)
    threads = sorted(map(int, os.listdir("/proc/self/task")))  # the main thread is the first
    print(*(os.getpriority(os.PRIO_PROCESS, thread) for thread in threads))

thread = threading.Thread(target=work)
thread.start()
thread.join()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of threads that anyone may lower")
def test_the_thread_and_those_it_begins_have_a_lower_priority_and_no_other() -> None:
    before = os.getpriority(os.PRIO_PROCESS, 0)
    done = subprocess.run([sys.executable, "-c", _NICENESSES], capture_output=True, text=True, check=True)
    found = [int(word) for word in done.stdout.split()]
    assert found[0] == before
    assert found.count(before + 10) >= min(2, torch.get_num_threads())
