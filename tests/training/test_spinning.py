"""Threads of a step spin for each other, unless something else needs the processor."""

import os
import subprocess
import sys
import threading
import time

import pytest
import torch

from vae_desktop.training import spinning
from vae_desktop.training.devices import ALL_THREADS
from vae_desktop.training.spinning import WAITS, Spinning

_CAN_SEE = pytest.mark.skipif(not WAITS.exists(), reason="only Linux tells how long a thread waited for a processor")
# Processor time of OpenMP's second thread after operations that left it nothing to do: all of it is spinning.
_SPUN = """
import os, time, torch

def seconds():
    return sum(int(open(f"/proc/self/task/{task}/schedstat").read().split()[0]) for task in tasks) / 1e9

from vae_desktop.training import spinning
spinning.INTERVAL = 1e9
waits, clock = [0.0], [0.0]
spinning.seconds_waited, spinning.time.monotonic = lambda _: waits[0], lambda: clock[0]
watch = spinning.Spinning().__enter__()
before = set(os.listdir("/proc/self/task"))
torch.set_num_threads(2)
work = torch.zeros(2 * 32768)
work.add_(1)
tasks = set(os.listdir("/proc/self/task")) - before

def spun():
    began = seconds()
    for _ in range(10):
        work.add_(1)
        time.sleep(0.05)
    return seconds() - began

print("libgomp" in open("/proc/self/maps").read(), spun())
clock[0], waits[0] = 1, 0.9
watch.look()
time.sleep(0.2)
print(spun())
clock[0] = 2
watch.look()
time.sleep(0.2)
print(spun())
"""


@pytest.fixture
def clock(monkeypatch):
    """Let the time pass by hand: `clock(seconds, share)` of which a share was waited for a processor."""
    now, waited = [0.0], [0.0]
    monkeypatch.setattr(spinning.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(spinning, "seconds_waited", lambda _: waited[0])
    monkeypatch.setattr(spinning, "INTERVAL", 1e6)  # looks are taken by hand

    def passes(seconds, share):
        now[0] += seconds
        waited[0] += seconds * share

    return passes


def test_a_thread_that_waits_for_a_processor_half_the_time_has_threads_spin_briefly(clock) -> None:
    with Spinning() as found:
        for share, is_brief in ((0.28, False), (0.5, True), (0.37, True), (0.1, False), (0.45, True)):
            clock(0.6, share)
            found.look()
            assert found.is_brief == is_brief
    assert not found.is_brief


@_CAN_SEE
def test_time_that_a_virtual_machine_was_not_there_counts_as_waited(monkeypatch, tmp_path) -> None:
    ticks = os.sysconf("SC_CLK_TCK")
    stat = tmp_path / "stat"
    monkeypatch.setattr(spinning, "STOLEN", stat)
    schedstat = tmp_path / "schedstat"
    schedstat.write_text("5000000000 3000000000 17\n")
    assert spinning.seconds_waited(schedstat) == 3  # a system that does not tell
    for stolen in (0, 7):
        stat.write_text(f"cpu  10 20 30 40 50 60 70 {stolen * ticks} 80 90\ncpu0 1 2 3 4 5 6 7 8 9 10\n")
        assert spinning.seconds_waited(schedstat) == pytest.approx(3 + stolen / os.cpu_count())


def test_the_crowd_ends_with_the_training_and_leaves_no_setting_behind(clock) -> None:
    before = torch.get_num_threads()
    with Spinning() as found:
        clock(1, 0.9)
        found.look()
        crowd = next(thread for thread in threading.enumerate() if thread.name == "idle")
    crowd.join(10)
    assert not crowd.is_alive()
    assert "spinning" not in [thread.name for thread in threading.enumerate()]
    assert torch.get_num_threads() == before
    elsewhere: list[int] = []
    other = threading.Thread(target=lambda: elsewhere.append(torch.get_num_threads()))
    other.start()
    other.join()
    assert elsewhere == [ALL_THREADS]


@_CAN_SEE
def test_the_thread_that_entered_is_watched_while_it_works(monkeypatch) -> None:
    monkeypatch.setattr(spinning, "INTERVAL", 0.01)
    monkeypatch.setattr(spinning, "CROWDED", -1.0)  # whatever it waits
    with Spinning() as found:
        for _ in range(500):
            if found.is_brief:
                break
            time.sleep(0.01)
        assert found.is_brief


@_CAN_SEE
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one thread waits for nobody")
@pytest.mark.skipif("GOMP_SPINCOUNT" in os.environ, reason="the person has said how long threads spin")
def test_openmp_stops_spinning_and_begins_again() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    command = [sys.executable, "-c", _SPUN]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    first, second, third = done.stdout.splitlines()
    is_gnu, alone = first.split()
    if is_gnu == "False":
        pytest.skip("this torch does not use GNU OpenMP's threads")
    assert float(second) < 0.5 * float(alone)
    assert float(third) > 2 * float(second)
