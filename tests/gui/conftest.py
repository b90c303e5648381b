"""A real window with real threads, training on the bundled digits, made small to be quick."""

import gc
import locale
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pyqtgraph
import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from vae_desktop.app import create_window
from vae_desktop.config import RunConfig
from vae_desktop.engine.engine import Engine
from vae_desktop.engine.run import Run
from vae_desktop.examples import examples
from vae_desktop.gui.controllers.window_settings import WindowSettings
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.libraries import keep_modules

_TIMEOUT = 180_000  # ms; what is fitted beside many other processes takes minutes
_COLLECTED_AFTER = 30_000  # objects more than there were, which are those of five windows


class Driver:
    """Uses the window as a person would, through the object names that programs may rely on."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window = window
        self.qtbot = qtbot
        self._example: tuple[str, int] | None = None  # the bundled model that was opened last, and its run

    def find(self, name: str, kind: type[QObject] = QWidget) -> QObject:
        found = self.window.findChild(kind, name)
        assert found is not None, f"no {name}"
        return found

    def click(self, name: str) -> None:
        button = self.find(name, QPushButton)
        assert button.isEnabled(), f"{name} is disabled"
        button.click()

    def type(self, name: str, text: str) -> None:
        field = self.find(name, QLineEdit)
        field.selectAll()
        self.qtbot.keyClicks(field, text)

    @property
    def engine(self) -> Engine:
        return self.window.controller.engine

    @property
    def shown(self) -> Run | None:
        """The model on screen."""
        return self.engine.project.shown

    @property
    def state(self) -> str:
        return self.window.property("state")

    def wait(self, condition: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=_TIMEOUT)

    def train(self, **texts: str) -> None:
        """Train a small model; further fields by name, without their ending."""
        for name, text in {"imageSize": "8", "hidden": "32", **texts}.items():
            self.type(f"{name}Field", text)
        runs = self.window.controller.engine.project.runs
        before = len(runs)
        self.click("trainButton")
        self.wait(lambda: len(runs) > before)  # a short one may be over before it is looked at

    def train_to_the_end(self, **texts: str) -> None:
        self.train(**{"epochs": "2", **texts})
        self.wait(lambda: self.state == "idle")

    def show(self, name: str) -> "Driver":
        """Open a bundled model, "vae-2d", "ae-2d" or "vae-20d", unless it is the one on screen."""
        session = self.window.controller.engine
        before = session.project.shown
        if before is None or self._example != (name, before.id):
            path = next(example.path for example in examples() if example.name == f"{name}.safetensors")
            self.window.controller.files.open(path)
            is_there = before is not None and (before.example, before.status) == (path, "opened")
            self.wait(lambda: (is_there or session.project.shown is not before) and self.picture)
            self._example = name, session.project.shown.id
        return self

    def decoded(self) -> None:
        """Wait for the picture of the current point, asked for anew, so that none of an earlier one can come."""
        numbers: list[int] = []
        inference = self.engine.inference
        note = inference.decoded.connect(lambda decoded: numbers.append(decoded.request_id))
        inference.decode(self.shown.id, self.window.controller.point.code)
        self.wait(lambda: inference.last_request in numbers)
        inference.decoded.disconnect(note)

    def stop(self) -> None:
        """End the training, if there is one."""
        if self.state in ("training", "paused"):
            self.click("stopButton")
        self.wait(lambda: self.state == "idle")

    @property
    def has_dataset(self) -> bool:
        return self.window.setup.form.field("batch_size").has_limit

    @property
    def picture(self) -> bytes:
        picture = self.window.panel.image.picture
        return b"" if picture is None else picture.tobytes()


@pytest.fixture(scope="session")
def _modules_left_alone() -> None:
    """What is loaded once need not be looked through at each collection."""
    import torch  # noqa: F401

    gc.collect()
    keep_modules()


@pytest.fixture(autouse=True)
def _collected_in_this_thread(_modules_left_alone: None) -> Iterator[None]:
    """As in the app: what is left of closed windows must not be freed by a training's thread."""
    gc.disable()
    yield
    if gc.get_count()[0] > _COLLECTED_AFTER:  # each time would take a minute in all
        gc.collect()


@pytest.fixture(autouse=True, scope="session")
def _the_system_speaks_english(qapp: QApplication) -> None:
    """Whatever language a test gives a window: the C library keeps what it has once translated."""
    if sys.platform != "win32":
        locale.setlocale(locale.LC_MESSAGES, "C")


@pytest.fixture(autouse=True)
def _no_windows_left(qapp: QApplication, _collected_in_this_thread: None) -> Iterator[None]:
    """Fail a test that leaves a window behind, or a mouse button down: each move would be taken for a drag."""
    windows = set(_windows_in_sight())
    buttons = QApplication.mouseButtons()
    yield
    assert not [window for window in _windows_in_sight() if window not in windows]
    assert QApplication.mouseButtons() == buttons


def _windows_in_sight() -> list[QWidget]:
    """What is closed may stay a while, until its Python objects are collected."""
    return [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()]


@pytest.fixture(scope="session")
def classifiers(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Where what judges images is kept, for all processes: to train it for each test would take a minute in all."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "classifiers"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(autouse=True, scope="module")
def _judged_soon() -> Iterator[None]:
    """What judges images learns in a quarter of the steps: no test of a window asks how well it does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vae_desktop.latent.classifier.STEPS", 120)
        yield


@pytest.fixture
def expect_error() -> Callable[[str], None]:
    """Declare an error that a test brings about by a part of its text; it must be logged, others must not."""
    texts: list[str] = []

    def expect(text: str) -> None:
        texts.append(text)

    expect.texts = texts
    return expect


def _opened(qtbot: QtBot, data_dir: Path, settings_dir: Path, classifiers: Path) -> MainWindow:
    if not (settings_dir / "settings.ini").exists():  # at a first start the lab would be in front
        WindowSettings(settings_dir).set_text("face", "setup")
    window = create_window(data_dir, settings_dir, classifiers)
    window.resize(1280, 800)
    with qtbot.waitExposed(window):
        window.show()
    return window


def _close(qtbot: QtBot, windows: list[MainWindow]) -> None:
    for window in windows:
        window.close()
        qtbot.waitUntil(lambda window=window: window.controller.closer.is_closed, timeout=_TIMEOUT)
        window.deleteLater()
    # Only an event loop would do so by itself. Whatever is left is styled anew, twice, with each window that opens.
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    if not _windows_in_sight():
        QApplication.instance().setStyleSheet("")


@pytest.fixture
def _only_declared_errors(
    caplog: pytest.LogCaptureFixture, expect_error: Callable[[str], None]
) -> Iterator[None]:
    yield
    records = [*caplog.get_records("setup"), *caplog.get_records("call"), *caplog.records]
    errors = [record.getMessage() for record in records if record.levelno >= logging.ERROR]
    assert not [error for error in errors if not any(text in error for text in expect_error.texts)]
    assert not [text for text in expect_error.texts if not any(text in error for error in errors)]


@pytest.fixture
def open_window(
    _only_declared_errors: None, qtbot: QtBot, tmp_path: Path, classifiers: Path
) -> Iterator[Callable[..., Driver]]:
    """Open windows on one settings folder; at the end they close, and only declared errors may have been logged."""
    windows: list[MainWindow] = []

    def open_one(data_dir: Path | None = None) -> Driver:
        windows.append(_opened(qtbot, data_dir or tmp_path / "data", tmp_path / "settings", classifiers))
        return Driver(windows[-1], qtbot)

    yield open_one
    _close(qtbot, windows)


@pytest.fixture(scope="module")
def _shared_driver(
    request: pytest.FixtureRequest, qapp: QApplication, tmp_path_factory: pytest.TempPathFactory, classifiers: Path
) -> Iterator[Driver]:
    qtbot, folder = QtBot(request), tmp_path_factory.mktemp("shared")
    window = _opened(qtbot, folder / "data", folder / "settings", classifiers)
    driver = Driver(window, qtbot)
    driver.wait(lambda: driver.has_dataset)
    yield driver
    _close(qtbot, [window])


@pytest.fixture
def shared_driver(_shared_driver: Driver, _only_declared_errors: None) -> Driver:
    """One window for all tests of a module, each of which has to begin with what it needs."""
    return _shared_driver


@pytest.fixture(scope="module")
def first_settings(_shared_driver: Driver) -> RunConfig:
    """What the form of the shared window shows at first."""
    return _shared_driver.window.setup.form.config()


@pytest.fixture
def driver(open_window: Callable[..., Driver]) -> Driver:
    """One window, ready for use: the digits are loaded behind it."""
    result = open_window()
    result.wait(lambda: result.has_dataset)
    return result


@pytest.fixture
def every_mouse_move() -> Iterator[None]:
    """Quick moves are left out otherwise."""
    limit = pyqtgraph.getConfigOption("mouseRateLimit")
    pyqtgraph.setConfigOption("mouseRateLimit", 0)
    yield
    pyqtgraph.setConfigOption("mouseRateLimit", limit)


@pytest.fixture
def show(driver, every_mouse_move):
    """Open a bundled model: "vae-2d", "ae-2d" or "vae-20d"; the driver is returned."""
    return driver.show
