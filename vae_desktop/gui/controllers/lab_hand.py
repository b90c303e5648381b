"""The hand of the lab: does in the window what a step asks for, where and as a person would, so that it is seen."""

import math
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import cast

from PySide6.QtCore import QEasingCurve, QEvent, QObject, QPoint, QPointF, Qt, QTimer, QVariantAnimation, Signal, Slot
from PySide6.QtGui import QAction, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QApplication, QDockWidget, QLineEdit, QWidget

from vae_desktop.config import DatasetConfig
from vae_desktop.examples import examples
from vae_desktop.gui.controllers.files import FilesController
from vae_desktop.gui.controllers.lab_hand_training import DIGITS, have_diffusion, words_of_training
from vae_desktop.gui.controllers.latent_point import LatentPoint
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.gui.widgets.choice_box import ChoiceBox
from vae_desktop.gui.widgets.drawing_pad import DrawingPad
from vae_desktop.gui.widgets.number_field import NumberField

_PAUSE = 700  # ms from one movement to the next
_GLIDE = 1400  # ms for a slider from one place to the other
_NOTCH = 120  # of a wheel, in eighths of a degree
_PATIENCE = 180.0  # seconds that a movement waits for what it needs
_MANY = 8  # latent dimensions


class Hand(QObject):
    """Makes one movement after the other. A movement is a word and what it takes, as in "move 0 1.5".

    Attributes
    ----------
    outcome : str
        What the step in sight has come to, as whoever looks at it says.
    is_done : bool
        Whether that is its answer.

    ====================  ==========================================================================
    example NAME          open a bundled model, unless it is on screen
    workspace NAME        bring the playground or the comparison to the front
    tool NAME             bring a tool to the front: the name of its dock without "Dock"
    face NAME             bring the lab or the setup to the front
    click NAME            press the button of that object name, or choose that entry of a menu
    choose NAME VALUE     choose a value in a list
    switch NAME on|off    set what can be on or off: a box, a fold, an entry of a menu
    slide NAME POSITION   set a slider, in its own steps
    wheel NOTCHES         zoom in on the current point in the latent space
    draw CORNERS          empty the drawing pad and draw on it, one stroke: "0.3,0.2 0.7,0.2 0.4,0.8"
    wait                  until nothing trains any more
    number NAME VALUE     set a number, step by step where it is near
    type NAME TEXT        type a text into a field
    move DIMENSION VALUE  move the current point along a latent dimension
    side-by-side          train the models that show what the KL term does, unless they are there
    steps NUMBER          wait until what trains has come so far
    stop                  end a training of models side by side, if there is one
    measure               have all models side by side measured, unless they are
    images                have a model of many dimensions on screen whose images are at hand
    diffusion             have a diffusion fitted to it, unless it has one
    until OUTCOME         until the step comes to that, or is done
    ====================  ==========================================================================
    """

    moved_to = Signal(object)  # the part of the window where the hand is, or None

    def __init__(self, window: MainWindow, point: LatentPoint, files: FilesController) -> None:
        super().__init__(window)
        self._window, self._point, self._files = window, point, files
        self._movements: list[str] = []
        self._began = 0.0
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE)
        self._pause.timeout.connect(self._go_on)
        self._glide = QVariantAnimation(self, duration=_GLIDE)
        self._glide.setEasingCurve(QEasingCurve.Type.InOutSine)
        self._glide.valueChanged.connect(self._move)
        self._glide.finished.connect(self._pause.start)
        self._dimension = 0
        self._opened: Path | None = None  # since these movements began
        self.outcome, self.is_done = "", False  # what the step has come to
        self._words: dict[str, Callable[..., bool]] = {
            "example": self._open_example,
            "workspace": self._show_workspace,
            "tool": self._show_tool,
            "face": self._show_face,
            "click": self._click,
            "choose": self._choose,
            "switch": self._switch,
            "slide": self._slide,
            "wheel": self._turn_wheel,
            "draw": self._draw,
            "wait": self._has_trained,
            "number": self._set_number,
            "type": self._type,
            "move": self._glide_to,
            "images": self._have_images,
            "diffusion": partial(have_diffusion, window, self._part),
            "until": self._has_come_to,
            **words_of_training(window, self._part),
        }

    @property
    def words(self) -> frozenset[str]:
        """What it knows to do."""
        return frozenset(self._words)

    def set_pace(self, pause: int, glide: int) -> None:
        """Go from one movement to the next, and from one place of a slider to the other, in so many ms."""
        self._pause.setInterval(pause)
        self._glide.setDuration(glide)

    @property
    def is_busy(self) -> bool:
        """Whether a movement is under way or to come."""
        return bool(self._movements) or self._pause.isActive() or self._glide.state() == self._glide.State.Running

    def do(self, movements: Iterable[str]) -> None:
        """Make these movements from now on, instead of those that are left."""
        self.stop()
        self._movements, self._opened = list(movements), None
        self._began = time.monotonic()
        self._go_on()

    @Slot()
    def stop(self) -> None:
        """Let go."""
        self._movements = []
        self._pause.stop()
        self._glide.stop()
        self.moved_to.emit(None)

    @Slot()
    def _go_on(self) -> None:
        """Make the next movement; one that lacks something yet, as a model that is being read, is tried again."""
        if not self._movements:
            self.moved_to.emit(None)
            return
        word, *what = self._movements[0].split()
        if self._words[word](*what) or time.monotonic() - self._began > _PATIENCE:
            self._movements.pop(0)
            self._began = time.monotonic()
        if self._glide.state() != self._glide.State.Running:
            self._pause.start()

    def _part(self, name: str) -> QWidget | None:
        """The part of that object name that can be seen."""
        for part in self._window.findChildren(QWidget, name):
            if part.isVisible():
                self.moved_to.emit(part)
                return part
        return None

    def _open_example(self, name: str) -> bool:
        path = next(example.path for example in examples() if example.name == f"{name}.safetensors")
        shown = self._window.controller.engine.project.shown
        if shown is not None and shown.example == path:
            return True
        if self._opened != path:
            self._files.open(path)
            self._opened = path
        return False  # what comes next is meant for the model that is being read

    def _show_workspace(self, name: str) -> bool:
        self._window.show_workspace(name)
        return True

    def _show_tool(self, name: str) -> bool:
        self._window.show_workspace("playground")
        dock = cast(QDockWidget, self._window.findChild(QDockWidget, f"{name}Dock"))
        dock.show()
        dock.raise_()
        self.moved_to.emit(dock)
        return True

    def _show_face(self, name: str) -> bool:
        self._window.setup.show_face(name)
        return True

    def _click(self, name: str) -> bool:
        entry = self._window.findChild(QAction, name)
        if entry is not None:
            if entry.isEnabled():
                entry.trigger()
            return entry.isEnabled()
        part = self._part(name)
        if not isinstance(part, QAbstractButton) or not part.isEnabled():
            return False
        part.animateClick()
        return True

    def _switch(self, name: str, state: str) -> bool:
        entry = self._window.findChild(QAction, name)
        part = self._part(name) if entry is None else entry
        if not isinstance(part, QAbstractButton | QAction) or not part.isEnabled():
            return False
        if part.isChecked() != (state == "on"):
            part.trigger() if isinstance(part, QAction) else part.click()
        return True

    def _slide(self, name: str, position: str) -> bool:
        part = self._part(name)
        if not isinstance(part, QAbstractSlider) or not part.isEnabled():
            return False
        part.setValue(int(position))
        return True

    def _turn_wheel(self, notches: str) -> bool:
        plot = self._window.stage.scatter.plot
        self._part("latentScatter")
        place = QPointF(plot.mapFromScene(plot.cross_hair.scenePos()))
        turn = QPoint(0, int(notches) * _NOTCH)
        where = place, plot.viewport().mapToGlobal(place)
        still, no_keys = Qt.ScrollPhase.NoScrollPhase, Qt.KeyboardModifier.NoModifier
        event = QWheelEvent(*where, QPoint(), turn, Qt.MouseButton.NoButton, no_keys, still, False)
        QApplication.sendEvent(plot.viewport(), event)
        return True

    def _draw(self, *corners: str) -> bool:
        pad = self._part("drawingPad")
        if not isinstance(pad, DrawingPad):
            return False
        pad.clear()
        rect = pad.canvas_rect()
        for number, corner in enumerate(corners):
            x, y = map(float, corner.split(","))
            place = QPointF(rect.x() + x * rect.width(), rect.y() + y * rect.height())
            _move_mouse(pad, QEvent.Type.MouseMove if number else QEvent.Type.MouseButtonPress, place)
        _move_mouse(pad, QEvent.Type.MouseButtonRelease, place)
        return True

    def _have_images(self) -> bool:
        engine = self._window.controller.engine
        shown, datasets = engine.project.shown, engine.datasets
        if shown is not None and shown.config.model.latent_dim >= _MANY and datasets.of(shown) is not None:
            return True
        if datasets.is_there(DatasetConfig("mnist")):
            self._open_example("vae-20d")
            return False  # until it is there with its images
        self._movements[1:1] = DIGITS
        return True

    def _has_come_to(self, outcome: str) -> bool:
        return self.is_done or self.outcome == outcome

    def _has_trained(self) -> bool:
        engine = self._window.controller.engine
        return not engine.project.active and not engine.starter.is_beginning

    def _choose(self, name: str, value: str) -> bool:
        part = self._part(name)
        if not isinstance(part, ChoiceBox) or part.findData(value) < 0:
            return False
        part.set_value(value)
        return True

    def _set_number(self, name: str, value: str) -> bool:
        part = self._part(name)
        if not isinstance(part, NumberField) or not part.isEnabled() or float(value) > part.maximum():
            return False
        part.setValue(float(value))
        return True

    def _type(self, name: str, *words: str) -> bool:
        text = " ".join(words)
        part = self._part(name)
        if not isinstance(part, QLineEdit):
            return False
        part.setFocus()
        part.selectAll()
        part.insert(text)
        part.returnPressed.emit()
        part.editingFinished.emit()
        return True

    def _glide_to(self, dimension: str, value: str) -> bool:
        self._dimension = int(dimension)
        if self._dimension >= len(self._point.code):
            return False
        self._part("sliderList")
        self._glide.setStartValue(float(self._point.code[self._dimension]))
        self._glide.setEndValue(float(value))
        self._glide.start()
        return True

    @Slot(object)
    def _move(self, value: float) -> None:
        if self._dimension < len(self._point.code) and math.isfinite(value):
            self._point.set_coordinate(self._dimension, value)


def _move_mouse(part: QWidget, kind: QEvent.Type, place: QPointF) -> None:
    """Have a part of the window take an event of the left button for a person's."""
    left = Qt.MouseButton.LeftButton
    held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else left
    event = QMouseEvent(kind, place, part.mapToGlobal(place), left, held, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(part, event)
