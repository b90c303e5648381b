"""Shared by all tests: Qt draws offscreen, and nothing may be left behind."""

import gc
import os
import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import hypothesis
import pytest

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["LANGUAGE"] = "en"  # whatever the machine speaks
# Tests run side by side: teams of threads that spin for one another would take twice the time. Said before torch loads.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# What one process has compiled, those beside it and those that tests start need not: whatever the shell says.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# How long an example takes is the machine's affair, which has other tests to run beside.
hypothesis.settings.register_profile("busy", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("busy")


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: tests of windows wait now and then. Each loads torch, so four at most."""
    return min((os.cpu_count() or 1) + 1, 4)


# Of the window, the files that take longest; xdist would begin those of the fewest tests last.
_FIRST = ("lab_steps", "whole_app", "comparison", "files", "closing", "restart", "window_start", "crash")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Have each process read the files from another one on: each compiles a part of them for all."""
    process = getattr(config, "workerinput", None)
    if process:
        import torch  # noqa: F401 - before Qt, which then looks through the text of each module that is loaded
    if process and [Path(argument).resolve() for argument in config.args] == [Path(__file__).parent]:
        files = sorted(map(str, Path(__file__).parent.rglob("test_*.py")))
        start = int(process["workerid"].removeprefix("gw")) * len(files) // process["workercount"]
        config.args[:] = files[start:] + files[:start]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What tests and libraries are made of stays to the end: the collector need not look through it again and again."""
    gc.disable()
    result = yield
    gc.freeze()
    gc.enable()
    return result


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no process is left with it when the others are done."""
    first = [f"gui/test_{name}.py" for name in _FIRST]
    places = {item.path: "/".join(item.path.parts[-2:]) for item in items}
    ranks = {path: first.index(place) if place in first else len(first) for path, place in places.items()}
    items.sort(key=lambda item: (ranks[item.path], item.path))


@contextmanager
def _no_threads_left() -> Iterator[None]:
    """Fail where a thread is left running, one of the app's or of a library."""
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before]
    for thread in left:
        thread.join(30)  # what has begun and cannot be cancelled takes long on a busy machine
    assert not [thread.name for thread in left if thread.is_alive()]


@pytest.fixture(autouse=True, scope="module")
def _no_threads_left_by_module() -> Iterator[None]:
    with _no_threads_left():
        yield


@pytest.fixture(autouse=True)
def _no_threads_left_by_test(request: pytest.FixtureRequest) -> Iterator[None]:
    """A window that the tests of a module share keeps its threads until these are over."""
    with nullcontext() if "shared_driver" in request.fixturenames else _no_threads_left():
        yield


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Have numbers below 1e-38 again in this thread, if the test trained in it, and the usual memory for images."""
    yield
    if "torch" in sys.modules:
        sys.modules["torch"].set_flush_denormal(False)
    if "vae_desktop.data.stored.memory" in sys.modules:
        sys.modules["vae_desktop.data.stored.memory"].use_budget(None)


@pytest.fixture
def real_mnist_dir() -> Path:
    """The folder of the real MNIST that may lie beside the checkout."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not (folder / "MNIST").is_dir():
        pytest.skip("the real MNIST is not here")
    return folder
