"""Drives a real window and prints what it measured as JSON; run by rows.py in its own process.

Latencies end at the paint of the picture that answers the very request, not when it is decoded.
"""

import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, QTimer
from PySide6.QtGui import QAction, QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from vae_desktop.app import create_window, make_application
from vae_desktop.bench.memory import resident_megabytes
from vae_desktop.engine.inference import Decoded
from vae_desktop.engine.view_requests import ViewRequest
from vae_desktop.gui.views.point.latent_slider import LatentSlider
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.gui.widgets.choice_box import ChoiceBox

_DRAG_INTERVAL = 16  # ms: a slider dragged at about 60 Hz
_WARM_UP, _CALM = 2.0, 0.5  # seconds
_STROKE = 90  # moves of the mouse
_OVERLAYS = ("points", "posterior", "prior", "density", "manifold", "holes")


class Probe(QObject):
    """One measurement in one window."""

    def __init__(self, window: MainWindow, options: dict[str, str]) -> None:
        super().__init__(window)
        self._window = window
        self._engine = window.controller.engine
        self._seconds = float(options.get("seconds", "5"))
        self._drag = QTimer(self, interval=_DRAG_INTERVAL)
        self._drag.timeout.connect(self._drag_slider)
        self._slider: LatentSlider | None = None
        self._strokes = 0
        self._newest: list[object] = []
        self._asked: dict[int, float] = {}
        self._shown_request, self._wanted = -1, -2
        self._latencies: list[float] = []
        self._turn = QTimer(self, interval=1, timerType=Qt.TimerType.PreciseTimer)
        self._turn.timeout.connect(self._note_turn)
        self._turned, self._gaps = 0.0, list[float]()
        self._began = 0.0
        self._first_step = 0
        form = window.setup.form
        form.choose_dataset(options["dataset"])
        form.field("epochs").set_value(100_000)
        form.field("latent_dim").set_value(int(options.get("latent_dim", "2")))
        if "image_size" in options:
            form.field("image_size").set_value(int(options["image_size"]))
        window.findChild(ChoiceBox, "architectureCombo").show_value(options.get("architecture", "mlp"))

    def first_paint(self) -> None:
        """Report when the window was painted first."""
        self._window.first_painted.connect(lambda: self._finish({"painted_at": time.time()}))

    def first_decode(self) -> None:
        """Report when the picture of the bundled model has followed a slider."""
        self._window.controller.open_last_model()
        self._window.panel.image.painted.connect(self._note_first_picture)
        self._note_pictures()
        wait = QTimer(self, interval=1)

        def move() -> None:
            if self._engine.project.shown is not None:
                wait.stop()
                self._window.findChild(QObject, "latentSlider0").setValue(1.0)
                self._wanted = self._engine.inference.last_request

        wait.timeout.connect(move)
        wait.start()

    def _note_first_picture(self) -> None:
        if self._shown_request == self._wanted:
            self._finish({"painted_at": time.time()})

    def memory(self) -> None:
        """Report the memory while training."""
        self._when_training(lambda: QTimer.singleShot(round(1000 * self._seconds), self._report_memory))

    def _report_memory(self) -> None:
        self._finish({"megabytes": resident_megabytes()})

    def training_share(self) -> None:
        """Report the steps per second with everything live."""
        self._when_training(self._count_steps)

    def gaps(self) -> None:
        """Report how long the event loop does not turn, with everything shown that can be."""
        self._window.stage.show_views("both")
        for name in _OVERLAYS:
            self._window.findChild(QAction, f"{name}OverlayAction").setChecked(True)
        self._when_training(self._time_gaps)

    def latency(self, while_training: bool) -> None:
        """Report how long a slider's move takes to the screen."""
        self._when_training(self._time_drags if while_training else partial(self._when_paused, self._time_drags))

    def drawing(self, while_training: bool) -> None:
        """Report how long a stroke on the pad takes to its reconstruction on the screen."""
        self._window.show_tool("drawing")
        self._drag.timeout.disconnect()
        self._drag.timeout.connect(self._draw)
        self._when_training(self._time_strokes if while_training else partial(self._when_paused, self._time_strokes))

    def _time_strokes(self) -> None:
        self._asked.clear()
        self._engine.inference.answered.connect(self._note_answer)
        self._window.tools["drawing"].reconstruction.painted.connect(self._note_painted)
        QTimer.singleShot(round(1000 * self._seconds), self._report_latencies)

    def _draw(self) -> None:
        """Move the mouse on along an endless stroke; now and then the pad is cleared."""
        pad, began = self._window.tools["drawing"].pad, time.perf_counter()
        middle = pad.canvas_rect().center()
        angle = 4 * began
        place = middle + QPointF(math.cos(angle), math.sin(1.3 * angle)) * 0.35 * pad.canvas_rect().width()
        left = Qt.MouseButton.LeftButton
        if self._strokes % _STROKE == 0:
            pad.clear()
            _send(pad, QEvent.Type.MouseButtonPress, place, left, left)
        _send(pad, QEvent.Type.MouseMove, place, Qt.MouseButton.NoButton, left)
        self._strokes += 1
        if self._strokes % _STROKE == 0:
            _send(pad, QEvent.Type.MouseButtonRelease, place, left, Qt.MouseButton.NoButton)
        newest = self._window.controller.engine.inference.newest("drawing")
        self._newest.append(newest)  # kept, so that no later one can have its number
        self._asked[id(newest)] = began

    def _when_training(self, then: Callable[[], None]) -> None:
        def begin() -> None:
            self._window.setup.controls.train_button.click()
            self._when_state("training", warm_up)

        def warm_up() -> None:
            self._drag.start()
            QTimer.singleShot(round(1000 * _WARM_UP), then)

        self._when_state("idle", begin)

    def _when_paused(self, then: Callable[[], None]) -> None:
        """Pause, which embeds the test images first, and wait until the threads of training sleep."""
        self._engine.training.pause()
        self._when_state("paused", lambda: QTimer.singleShot(round(1000 * _CALM), then))

    def _when_state(self, state: str, then: Callable[[], None]) -> None:
        wait = QTimer(self, interval=50)

        def look() -> None:
            if self._window.property("state") == state:
                wait.stop()
                then()

        wait.timeout.connect(look)
        wait.start()

    def _count_steps(self) -> None:
        self._began, self._first_step = time.perf_counter(), self._step()
        QTimer.singleShot(round(1000 * self._seconds), self._report_steps)

    def _report_steps(self) -> None:
        seconds = time.perf_counter() - self._began
        self._finish({"steps_per_second": (self._step() - self._first_step) / seconds})

    def _step(self) -> int:
        run = next(iter(self._engine.project.active), None)
        return 0 if run is None else len(run.history.training)

    def _time_gaps(self) -> None:
        self._turned = time.perf_counter()
        self._turn.start()
        QTimer.singleShot(round(1000 * self._seconds), self._report_gaps)

    def _note_turn(self) -> None:
        now = time.perf_counter()
        self._gaps.append(1000 * (now - self._turned) - self._turn.interval())
        self._turned = now

    def _report_gaps(self) -> None:
        self._finish(_quantiles(self._gaps, (0.5, 0.99, 0.999)))

    def _time_drags(self) -> None:
        self._asked.clear()
        self._note_pictures()
        self._window.panel.image.painted.connect(self._note_painted)
        QTimer.singleShot(round(1000 * self._seconds), self._report_latencies)

    def _note_pictures(self) -> None:
        """Know which request the picture on show answers."""
        self._engine.inference.decoded.connect(self._note_picture)

    def _note_answer(self, request: ViewRequest, _: object) -> None:
        if request.view == "drawing":
            self._shown_request = id(request)

    def _note_picture(self, decoded: Decoded) -> None:
        self._shown_request = decoded.request_id

    def _drag_slider(self) -> None:
        began = time.perf_counter()
        if self._slider is None:
            self._slider = self._window.findChild(LatentSlider, "latentSlider0")
        self._slider.setValue(2 * math.sin(2 * began))
        self._asked[self._engine.inference.last_request] = began

    def _note_painted(self) -> None:
        began = self._asked.pop(self._shown_request, None)
        if began is not None:
            self._latencies.append(1000 * (time.perf_counter() - began))

    def _report_latencies(self) -> None:
        found = _quantiles(self._latencies, (0.5, 0.95, 0.99))
        self._finish({**found, "unanswered": len(self._asked), "painted": len(self._latencies)})

    def _finish(self, result: dict[str, float]) -> None:
        self._drag.stop()
        print(json.dumps(result), flush=True)
        self._window.close()
        QApplication.quit()


def _send(
    pad: QWidget, kind: QEvent.Type, place: QPointF, button: Qt.MouseButton, buttons: Qt.MouseButton
) -> None:
    where = pad.mapToGlobal(place)
    QApplication.sendEvent(pad, QMouseEvent(kind, place, where, button, buttons, Qt.KeyboardModifier.NoModifier))


def _quantiles(values: list[float], shares: tuple[float, ...]) -> dict[str, float]:
    ordered = sorted(values)
    return {**{f"p{100 * share:g}": ordered[int(share * (len(ordered) - 1))] for share in shares}, "max": ordered[-1]}


def main(arguments: list[str]) -> None:
    """Open a window with fresh settings and measure what the first argument names."""
    what, options = arguments[0], dict(argument.split("=", 1) for argument in arguments[1:])
    application = make_application()
    with tempfile.TemporaryDirectory() as settings_dir:
        window = create_window(Path(options["data_dir"]), Path(settings_dir))
        probe = Probe(window, options)
        if what == "first-paint":
            probe.first_paint()
        elif what == "first-decode":
            probe.first_decode()
        elif what == "memory":
            probe.memory()
        elif what == "window":
            probe.training_share()
        elif what == "gaps":
            probe.gaps()
        elif what == "drawing":
            probe.drawing(while_training=options["training"] == "1")
        else:
            probe.latency(while_training=options["training"] == "1")
        window.show()
        application.exec()
    os._exit(0)  # as the command does: torch may still be loading in its thread, which Python cannot end cleanly


if __name__ == "__main__":
    main(sys.argv[1:])
