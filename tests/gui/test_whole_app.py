"""The app in a process of its own, mostly as its command runs it: how it ends, and what the next one says."""

import json
import os
import select
import shutil
import signal
import subprocess
import sys

import pytest
from PySide6.QtGui import QImage

from vae_desktop.examples import examples
from vae_desktop.training.checkpoint import load_checkpoint

FOLDERS = ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "APPDATA", "LOCALAPPDATA")


# Prints how each program ended that a line describes. Each is a child, which begins with torch, Qt and the digits.
FORKS = """
import json, os, signal, sys
import vae_desktop.training.loop
from vae_desktop import __main__, app
from vae_desktop.config import DatasetConfig
from vae_desktop.data.load import load_digits
load_digits(DatasetConfig("digits"))
signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background ignores it
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # what is begun with nohup
for line in sys.stdin:
    code, arguments, environment, folder = json.loads(line)
    child = os.fork()
    if child == 0:
        break
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
else:
    sys.exit()
os.environ |= environment
for number, name in enumerate(("stdin", "stdout", "stderr")):
    os.dup2(os.open(f"{folder}/{name}", os.O_RDWR | os.O_CREAT | os.O_TRUNC), number)
sys.argv = ["vae-desktop", *arguments]
exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})
"""
STEPPED = """
import os, signal, sys
from PySide6.QtCore import QTimer
from vae_desktop import __main__, app
create = app.create_window
def create_window(*arguments, **options):
    window = create(*arguments, **options)
    QTimer.singleShot(300, lambda: step(window))
    return window
{step}
app.create_window = create_window
__main__.run()
"""


@pytest.fixture
def environment(tmp_path):
    """Folders of its own."""
    return {"QT_QPA_PLATFORM": "offscreen", **{name: str(tmp_path) for name in FOLDERS}}


@pytest.fixture
def run_alone(environment):
    """Run code in a new process, and return it when it has ended."""

    def run(code: str, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            capture_output=True,
            text=True,
            env={**os.environ, **environment},
            timeout=120,
        )

    return run


@pytest.fixture(scope="module")
def forks():
    """A process whose children begin with all libraries loaded, which takes seconds each time."""
    with subprocess.Popen(
        [sys.executable, "-c", FORKS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},  # a child has none of the threads of its parent
        start_new_session=True,
    ) as process:
        yield process
        process.stdin.close()


@pytest.fixture
def run_code(request, run_alone, environment, tmp_path_factory):
    """The same, quicker: torch is there before the window is."""
    if sys.platform != "linux":  # Qt must not be loaded before a fork elsewhere
        return run_alone
    process = request.getfixturevalue("forks")

    def run(code: str, *arguments: str) -> subprocess.CompletedProcess:
        folder = tmp_path_factory.mktemp("told")
        print(json.dumps((code, arguments, environment, str(folder))), file=process.stdin, flush=True)
        (ended, _, _) = select.select([process.stdout], [], [], 120)
        if not ended:
            os.killpg(process.pid, signal.SIGKILL)
            pytest.fail("it does not end")
        status = int(process.stdout.readline())
        told = ((folder / name).read_text(encoding="utf-8") for name in ("stdout", "stderr"))
        return subprocess.CompletedProcess((), status, *told)

    return run


@pytest.fixture
def run_app(run_code):
    """Run the whole app until `step(window)` ends it."""
    return lambda step, *arguments: run_code(STEPPED.format(step=step), *arguments)


def test_it_says_what_a_slot_raises_and_ends_as_it_should(run_app, tmp_path) -> None:
    done = run_app("""
def step(window):
    QTimer.singleShot(0, fail)
    QTimer.singleShot(200, lambda: look(window))
def fail():
    raise ValueError("the knob is loose")
def look(window):
    if not window.banner.text():
        QTimer.singleShot(50, lambda: look(window))
        return
    print(window.banner.text(), flush=True)
    window.close()
""")
    assert done.returncode == 0, done.stderr
    assert "the knob is loose" in done.stdout
    log = next(tmp_path.rglob("vae_desktop.log"))
    assert "ValueError: the knob is loose" in log.read_text(encoding="utf-8")
    assert list(tmp_path.rglob("window-*")) == []  # nothing that would tell of a crash


def test_a_crash_is_told_by_the_next_window_once(run_app, tmp_path) -> None:
    step = """
def step(window):
    message = window.banner.message
    if message is None:
        signal.raise_signal(signal.SIGSEGV)
    print(message.text, message.details, flush=True)
    window.close()
"""
    assert run_app(step).returncode != 0
    second = run_app(step)
    assert second.returncode == 0, second.stderr
    assert "ended unexpectedly last time" in second.stdout
    assert "Segmentation fault" in second.stdout
    assert "Segmentation fault" in next(tmp_path.rglob("vae_desktop.log")).read_text(encoding="utf-8")
    assert run_app(step).returncode != 0  # it finds no message


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system cannot say which core to use")
@pytest.mark.parametrize("times", [1, pytest.param(20, marks=pytest.mark.slow)])
def test_it_starts_on_one_core_without_a_word(run_alone, tmp_path, times) -> None:
    """With a data set that is given, and with one that is remembered."""
    step = """
os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
def step(window):
    if window.banner.message is not None:
        print(window.banner.message.text, flush=True)
        window.close()
    elif window.controller.engine.tracker.devices and window.setup.form.field("batch_size").has_limit:
        window.close()
    else:
        QTimer.singleShot(20, lambda: step(window))
"""
    for arguments in [("--dataset", "digits"), ()] * times:
        done = run_alone(STEPPED.format(step=step), *arguments)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.rglob("settings.ini"))


@pytest.mark.skipif(sys.platform == "win32", reason="no process can send these signals there")
@pytest.mark.parametrize("kind", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_a_window_in_which_nothing_happens_closes_at_a_signal(run_app, tmp_path, kind) -> None:
    done = run_app(f"""
import threading
def step(window):
    threading.Timer(1, lambda: os.kill(os.getpid(), signal.{kind})).start()  # in the midst of Qt's waiting
""")
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.rglob("window-*")) == []


@pytest.mark.skipif(sys.platform == "win32", reason="no process can send these signals there")
def test_a_training_is_kept_when_the_system_ends_the_app(run_app, tmp_path) -> None:
    step = """
def step(window):
    window.setup.form.field("epochs").set_value(200)
    timer = QTimer(window, interval=20)
    timer.timeout.connect(lambda: look(window, timer))
    timer.start()
def look(window, timer):
    run = next(iter(window.controller.engine.project.active), None)
    if window.property("state") == "idle":
        window.setup.controls.train_button.click()
    elif run is not None and len(run.history.training) > 20:
        timer.stop()
        os.kill(os.getpid(), signal.SIGTERM)
"""
    done = run_app(step)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(list(tmp_path.rglob("autosave-*.safetensors"))) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="no process can send these signals there")
def test_a_second_signal_ends_what_does_not_close(run_app) -> None:
    done = run_app("""
def step(window):
    window.may_close = lambda: bool(os.kill(os.getpid(), signal.SIGTERM))
    os.kill(os.getpid(), signal.SIGTERM)
""")
    assert done.returncode == -signal.SIGTERM


SLOW_SAVE = """
import threading
from pathlib import Path
synced, begun = os.fsync, threading.Event()
def fsync(file):
    begun.set()
    threading.Event().wait({seconds})  # a slow disk
    synced(file)
def step(window):
    if window.controller.engine.project.shown is None:
        QTimer.singleShot(50, lambda: step(window))
        return
    os.fsync = fsync
    window.controller.engine.training.save(Path({target!r}), [window.controller.engine.project.shown])
    QTimer.singleShot(0, lambda: end(window))
"""


@pytest.fixture
def target(tmp_path):
    """A file that is saved over: the one that a first start shows, without its last byte."""
    path = tmp_path / "models" / "saved.safetensors"
    path.parent.mkdir()
    shutil.copy(examples()[0].path, path)
    os.truncate(path, path.stat().st_size - 1)
    return path


@pytest.mark.parametrize("end", ["window.close()", "os.kill(os.getpid(), signal.SIGTERM)"])
@pytest.mark.skipif(sys.platform == "win32", reason="no process can send these signals there")
def test_a_save_that_takes_a_second_is_whole_after_closing(run_app, target, end) -> None:
    done = run_app(SLOW_SAVE.format(seconds=1.0, target=str(target)) + f"def end(window):\n    {end}\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert load_checkpoint(target).snapshot.step > 0
    assert list(target.parent.iterdir()) == [target]


def test_a_save_on_a_disk_that_does_not_answer_can_be_given_up(run_app, target) -> None:
    before = target.read_bytes()
    give_up = """
def end(window):
    begun.wait(30)
    window.close()
    window.findChild(QPushButton, "giveUpButton").click()
from PySide6.QtWidgets import QPushButton
"""
    done = run_app(SLOW_SAVE.format(seconds=3600, target=str(target)) + give_up)
    assert (done.returncode, done.stderr) == (0, "")
    assert target.read_bytes() == before
    assert list(target.parent.iterdir()) == [target]


def test_the_process_ends_cleanly_when_closed_in_mid_training(run_code, tmp_path) -> None:
    done = run_code(f"""
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from vae_desktop.app import create_window
application = QApplication([])
window = create_window(*[Path({str(tmp_path)!r})] * 3)
def look():
    run = next(iter(window.controller.engine.project.active), None)
    if window.property("state") == "idle":
        window.setup.controls.train_button.click()
    elif run is not None and len(run.history.training) > 20:
        timer.stop()
        window.close()
timer = QTimer(interval=20)
timer.timeout.connect(look)
timer.start()
window.show()
sys.exit(application.exec())
""")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(list((tmp_path / "autosaves").glob("*.safetensors"))) == 1


def test_the_screenshot_command_takes_a_picture_of_a_training_window(run_code, tmp_path) -> None:
    target = tmp_path / "window.png"
    arguments = ["screenshot", "--dataset", "digits", "--image-size", "8", "--after", "1", "--output", str(target)]
    done = run_code("from vae_desktop.__main__ import run; run()", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert QImage(str(target)).width() > 900
