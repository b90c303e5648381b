"""How long the threads of a training step wait for each other before they sleep."""

import os
import threading
import time
from pathlib import Path

WAITS = Path("/proc/self/schedstat")  # Linux: nanoseconds that a thread ran, and that it waited for a processor
STOLEN = Path("/proc/stat")  # Linux: among others ticks that a virtual machine's processors were not there
INTERVAL = 0.3  # seconds between two looks
# Fractions of the time that a thread lacks a processor. On two cores beside a window in use they are 0.1 to 0.28,
# beside a process that never rests 0.44 to 0.6. Of stolen time some may count twice, which only is the sooner enough.
CROWDED, FREE = 0.4, 0.33
_GRAIN = 32768  # numbers that torch gives to a thread at least


class Spinning:
    """Some milliseconds as long as the processor is theirs, next to nothing beside other work.

    GNU OpenMP's threads spin before they sleep, because waking them costs more than most operations take. Beside a
    process that needs a processor for itself, though, or on a virtual machine whose processors work for others too,
    they spin for one that cannot run: a training then takes three steps a second instead of a hundred. OpenMP itself
    all but stops spinning where it has more threads than there are processors (libgomp's manual, on GOMP_SPINCOUNT),
    so some that do nothing make it do so, for as long as the thread that trains lacks a processor too often. No number
    depends on it.

    To be entered, as a context, by the thread that trains. Another one watches it: a step may take seconds by then.
    """

    def __enter__(self) -> "Spinning":
        self._schedstat = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._end = threading.Event()
        self._end_of_crowd: threading.Event | None = None
        self._looked, self._waited = time.monotonic(), seconds_waited(self._schedstat)
        self._watcher = threading.Thread(target=self._watch, name="spinning", daemon=True)
        if WAITS.exists():
            self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        if self._watcher.is_alive():
            self._watcher.join()
        self._disperse()

    @property
    def is_brief(self) -> bool:
        """Whether threads are kept from spinning for long."""
        return self._end_of_crowd is not None

    def look(self) -> None:
        """Adapt the spinning to how often the thread has lacked a processor since the last look."""
        now, waited = time.monotonic(), seconds_waited(self._schedstat)
        fraction = (waited - self._waited) / (now - self._looked)
        self._looked, self._waited = now, waited
        if not self.is_brief and fraction > CROWDED:
            self._end_of_crowd = threading.Event()
            threading.Thread(target=_crowd, args=(self._end_of_crowd,), name="idle", daemon=True).start()
        elif self.is_brief and fraction < FREE:
            self._disperse()

    def _watch(self) -> None:
        while not self._end.wait(INTERVAL):
            self.look()

    def _disperse(self) -> None:
        if self._end_of_crowd is not None:
            self._end_of_crowd.set()
            self._end_of_crowd = None


def seconds_waited(schedstat: Path) -> float:
    """How long this system had no processor for a thread, or, on the average, no machine for a processor.

    Parameters
    ----------
    schedstat : Path
        Where Linux tells it of the thread; 0 where it does not.
    """
    try:
        waited = int(schedstat.read_text().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0
    try:
        with STOLEN.open() as file:  # proc_stat(5): after the name, the 8th; of all processors together
            stolen = int(file.readline().split()[8]) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        stolen = 0.0
    return waited + stolen / (os.cpu_count() or 1)


def _crowd(end: threading.Event) -> None:
    """Be a team of more threads than processors until the end."""
    import torch

    from vae_desktop.training.devices import ALL_THREADS

    count = 1 + (os.cpu_count() or 1)
    torch.set_num_threads(count)
    torch.empty(count * _GRAIN, dtype=torch.uint8).fill_(0)  # one operation makes the team
    torch.set_num_threads(ALL_THREADS)  # what threads that begin later take over
    end.wait()
