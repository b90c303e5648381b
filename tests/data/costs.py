"""What reading a data set may cost."""

import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

MB = 1 << 20


@contextmanager
def little_memory(most: float) -> Iterator[None]:
    """Check that what follows takes less than so many bytes at a time."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < most


@contextmanager
def quickly(most: float = 50 * MB) -> Iterator[None]:
    """Check that what follows takes little memory and computes for little time, most of which is to note the former."""
    start = time.process_time()  # whatever else the machine does
    with little_memory(most):
        yield
    assert time.process_time() - start < 6  # three of a processor that others share
