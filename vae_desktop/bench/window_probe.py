"""Drives a real window and measures it, in a process of its own.

Latencies end at the paint of the picture that answers the very request, not when it is decoded.
"""

import itertools
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QPointF, Qt, QTimer
from PySide6.QtGui import QAction, QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from vae_desktop.bench.latencies import Found, Latencies, quantiles
from vae_desktop.bench.memory import resident_megabytes
from vae_desktop.driver import WindowDriver, fresh_window
from vae_desktop.engine.run import Run
from vae_desktop.gui.views.point.latent_slider import LatentSlider
from vae_desktop.gui.views.tools.one_image_view import OneImageView
from vae_desktop.gui.widgets.choice_box import ChoiceBox

_DRAG_INTERVAL = 16  # ms: a slider dragged at about 60 Hz
_WARM_UP, _CALM = 2.0, 0.5  # seconds
_WINDOW = 1360, 860
_STROKE = 90  # moves of the mouse
_SCRUBBED = 12  # kept steps
_FITTED = 1 / 3  # of the work, when all is known of the images
_OVERLAYS = ("points", "posterior", "prior", "density", "manifold", "holes")


def first_paint(driver: WindowDriver) -> Found:
    """When the window was painted first."""
    painted: list[float] = []
    driver.window.first_painted.connect(lambda: painted.append(time.time()))
    driver.window.show()
    driver.wait_until(lambda: painted)
    return {"painted_at": painted[0]}


def first_decode(driver: WindowDriver) -> Found:
    """When the picture of the bundled model has followed a slider."""
    latencies = Latencies()
    driver.engine.inference.decoded.connect(latencies.show_picture)
    driver.window.panel.image.painted.connect(latencies.note_paint)
    driver.window.controller.open_last_model()
    driver.window.show()
    driver.wait_until(lambda: driver.engine.project.shown is not None, 0.001)
    driver.find(LatentSlider, "latentSlider0").setValue(1.0)
    latencies.asked[driver.engine.inference.last_request] = time.perf_counter()
    driver.wait_until(lambda: latencies.painted_at, 0.001)
    return {"painted_at": latencies.painted_at}


def memory(driver: WindowDriver, seconds: float) -> Found:
    """The memory after some seconds of training."""
    train(driver, drag_slider(driver, Latencies()))
    driver.wait(seconds)
    return {"megabytes": resident_megabytes()}


def training_share(driver: WindowDriver, seconds: float, is_fitting: bool = False) -> Found:
    """The steps per second with everything live."""
    train(driver, drag_slider(driver, Latencies()))
    if is_fitting:
        fit_words(driver, 0)
    (run,) = driver.engine.project.active
    began, first_step = time.perf_counter(), len(run.history.training)
    driver.wait(seconds)
    return {"steps_per_second": (len(run.history.training) - first_step) / (time.perf_counter() - began)}


def gaps(driver: WindowDriver, seconds: float) -> Found:
    """How long the event loop does not turn, in ms, with everything shown that can be."""
    driver.window.stage.show_views("both")
    for name in _OVERLAYS:
        driver.find(QAction, f"{name}OverlayAction").setChecked(True)
    train(driver, drag_slider(driver, Latencies()))
    turn = QTimer(driver.window, interval=1, timerType=Qt.TimerType.PreciseTimer)
    turns: list[float] = []
    turn.timeout.connect(lambda: turns.append(1000 * time.perf_counter()))
    turn.start()
    driver.wait(seconds)
    times = [after - before - turn.interval() for before, after in itertools.pairwise(turns)]
    return quantiles(times, (0.5, 0.99, 0.999))


def slider_latency(driver: WindowDriver, seconds: float, is_training: bool, is_fitting: bool = False) -> Found:
    """How long a slider's move takes to the screen, in ms."""
    latencies = Latencies()
    driver.engine.inference.decoded.connect(latencies.show_picture)
    train(driver, drag_slider(driver, latencies), goes_on=is_training)
    if is_fitting:
        fit_words(driver)
    driver.window.panel.image.painted.connect(latencies.note_paint)
    return latencies.collected(driver, seconds)


def drawing_latency(driver: WindowDriver, seconds: float, is_training: bool) -> Found:
    """How long a stroke on the pad takes to its reconstruction on the screen, in ms."""
    latencies = Latencies()
    driver.window.resize(*_WINDOW)  # the whole strip is in sight
    driver.window.show_tool("drawing")
    driver.engine.inference.answered.connect(latencies.show_answer)
    train(driver, draw(driver, latencies), goes_on=is_training)
    drawing_view(driver).reconstruction.painted.connect(latencies.note_paint)
    return latencies.collected(driver, seconds)


def scrub_latency(driver: WindowDriver, seconds: float, from_disk: bool = False) -> Found:
    """How long the playhead's move takes until scatter and picture are on the screen, in ms, while it trains."""
    latencies, steps = Latencies(), list[int]()
    train(driver, scrub(driver, latencies, steps))
    (run,) = driver.engine.project.active
    driver.wait_until(lambda: run.timeline is not None and len(run.timeline.steps) > _SCRUBBED)
    assert run.timeline is not None
    if from_disk:
        driver.engine.timelines.most_held = 0
    scrubbed = run.timeline.steps[1 : _SCRUBBED + 1]
    for step in scrubbed:  # their codes are there from now on
        driver.engine.playhead.go_to([run], step)
        driver.wait_until(partial(_has_codes, driver, run, step))
    decoded, painted = [0], dict[str, int]()

    def note(part: str, step: int) -> None:
        painted[part] = step
        if painted.get("picture") == painted.get("scatter"):
            latencies.note_answer(step)

    driver.engine.inference.decoded.connect(lambda answer: decoded.append(answer.step))
    driver.window.panel.image.painted.connect(lambda: note("picture", decoded[-1]))
    driver.window.stage.scatter.plot.points_painted.connect(lambda: note("scatter", run.shown_step))
    steps += scrubbed
    return latencies.collected(driver, seconds)


def _has_codes(driver: WindowDriver, run: Run, step: int) -> bool:
    frame = driver.engine.timelines.frame(run, step)
    return frame is not None and frame.codes is not None


def train(driver: WindowDriver, hand: QTimer, goes_on: bool = True) -> None:
    """Train until all is warm, with a hand that moves something; pause then, unless it `goes_on`."""
    driver.window.show()
    driver.wait_until(lambda: driver.state == "idle")
    driver.window.setup.controls.train_button.click()
    driver.wait_until(lambda: driver.state == "training")
    hand.start()
    driver.wait(_WARM_UP)
    if not goes_on:  # the test images are embedded first, and then the threads of training fall asleep
        driver.engine.training.pause()
        driver.wait_until(lambda: driver.state == "paused")
        driver.wait(_CALM)


def fit_words(driver: WindowDriver, fraction: float = _FITTED) -> None:
    """Have words fitted to the model that is trained, and wait until so much of the work is done."""
    words, (run,) = driver.engine.words, driver.engine.project.active
    done = [0.0]
    words.progressed.connect(lambda run, pace: done.append(pace.step / pace.last_step))
    words.fit(run)
    driver.wait_until(lambda: words.fitted is None or done[-1] > fraction)


def drag_slider(driver: WindowDriver, latencies: Latencies) -> QTimer:
    """The hand that drags the first slider."""

    slider = cache(partial(driver.find, LatentSlider, "latentSlider0"))  # to look for it takes a millisecond

    def move() -> None:
        began = time.perf_counter()
        slider().setValue(2 * math.sin(2 * began))
        latencies.asked[driver.engine.inference.last_request] = began

    return _hand(driver, move)


def scrub(driver: WindowDriver, latencies: Latencies, steps: Sequence[int]) -> QTimer:
    """The hand that drags the playhead back and forth over kept steps, as soon as there are some."""
    count = itertools.count()

    def move() -> None:
        if steps:
            step = steps[abs(next(count) % (2 * len(steps) - 2) - len(steps) + 1)]
            latencies.asked[step] = time.perf_counter()
            driver.window.timeline.strip.pointed.emit(step)

    return _hand(driver, move)


def draw(driver: WindowDriver, latencies: Latencies) -> QTimer:
    """The hand that moves the mouse along an endless stroke; now and then the pad is cleared."""
    moves = itertools.cycle(range(_STROKE))

    def move() -> None:
        pad, began, number = drawing_view(driver).pad, time.perf_counter(), next(moves)
        canvas, angle = pad.canvas_rect(), 4 * began
        position = canvas.center() + QPointF(math.cos(angle), math.sin(1.3 * angle)) * 0.35 * canvas.width()
        left = Qt.MouseButton.LeftButton
        if number == 0:
            pad.clear()
            _send(pad, QEvent.Type.MouseButtonPress, position, left, left)
        _send(pad, QEvent.Type.MouseMove, position, Qt.MouseButton.NoButton, left)
        if number == _STROKE - 1:
            _send(pad, QEvent.Type.MouseButtonRelease, position, left, Qt.MouseButton.NoButton)
        latencies.asked[driver.engine.inference.newest("drawing")] = began

    return _hand(driver, move)


def _hand(driver: WindowDriver, move: Callable[[], None]) -> QTimer:
    timer = QTimer(driver.window, interval=_DRAG_INTERVAL)
    timer.timeout.connect(move)
    return timer


def drawing_view(driver: WindowDriver) -> OneImageView:
    """The tool One image."""
    view = driver.window.tools["drawing"]
    assert isinstance(view, OneImageView)
    return view


def _send(pad: QWidget, kind: QEvent.Type, position: QPointF, button: Qt.MouseButton, buttons: Qt.MouseButton) -> None:
    event = QMouseEvent(kind, position, pad.mapToGlobal(position), button, buttons, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(pad, event)


def measure(what: str, data_dir: str, dataset: str, **options: Any) -> Found:
    """Open a window as `opened` does, if it is told what to train, and measure what one of the functions above does."""
    starts = {probe.__name__: probe for probe in (first_paint, first_decode)}
    if what in starts:  # as a person starts it: a setting that is given has its data set loaded before the paint
        with fresh_window(Path(data_dir)) as driver:
            return starts[what](driver)
    probes = (memory, training_share, gaps, slider_latency, drawing_latency, scrub_latency)
    given = {name: options.pop(name) for name in ("latent_dim", "image_size", "architecture") if name in options}
    with opened(data_dir, dataset, **given) as driver:
        return {probe.__name__: probe for probe in probes}[what](driver, **options)


@contextmanager
def opened(
    data_dir: str, dataset: str, latent_dim: int = 2, image_size: int | None = None, architecture: str = "mlp"
) -> Iterator[WindowDriver]:
    """A window with fresh settings, some of which are given, in which nothing ends a training."""
    with fresh_window(Path(data_dir)) as driver:
        form = driver.window.setup.form
        form.choose_dataset(dataset)
        for name, value in {"epochs": 100_000, "latent_dim": latent_dim, "image_size": image_size}.items():
            form.field(name).set_value(value)
        driver.find(ChoiceBox, "architectureCombo").set_value(architecture)
        yield driver
