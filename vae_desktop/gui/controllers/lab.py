"""Takes a person through the lab: which step, what it finds in the window, and what was predicted."""

import json
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, QRect, QTimer, Slot
from PySide6.QtWidgets import QDockWidget, QMenuBar, QTabBar, QWidget

from vae_desktop.gui.controllers.lab_hand import Hand
from vae_desktop.gui.controllers.window_settings import WindowSettings
from vae_desktop.gui.views.lab.ring import Ring
from vae_desktop.gui.views.window.docks import tab_of
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.lab.checks import CHECKS, Outcome
from vae_desktop.lab.course import Step, read_course
from vae_desktop.lab.seen import Seen
from vae_desktop.language import tr

_LOOK = 250  # ms between two looks at the window
_KEY = "lab"  # of the settings


class LabController(QObject):
    """Shows the steps, looks a few times a second whether the one in sight is done, and keeps how far a person is.

    Attributes
    ----------
    hand : Hand
        Does what *Show me* promises.
    chapters : tuple of Chapter
    found : Outcome, or None
        What the check of the step in sight said last.
    """

    def __init__(self, window: MainWindow, settings: WindowSettings, look: Callable[[], Seen], hand: Hand) -> None:
        super().__init__(window)
        self._window, self._settings, self._look, self.hand = window, settings, look, hand
        self._view = window.setup.lab
        self._ring = Ring(window)
        self.chapters = read_course()
        self._places = {
            step.name: (number, index)
            for number, chapter in enumerate(self.chapters)
            for index, step in enumerate(chapter.steps)
        }
        self._place = 0, 0
        self._before = Seen()
        self._number: int | None = None  # of the model that was on screen at the last look
        self._predicted: dict[str, int] = {}
        self._done: frozenset[str] = frozenset()
        self.found: Outcome | None = None
        self._clock = QTimer(self, interval=_LOOK)
        self._clock.timeout.connect(self.look)
        view = self._view
        view.step_chosen.connect(self.go_to)
        view.predicted.connect(self._predict)
        view.show_requested.connect(self._show)
        view.back_requested.connect(self._go_back)
        view.next_requested.connect(self._go_on)
        view.restart_requested.connect(self._begin_again)
        hand.moved_to.connect(self._follow_hand)
        window.setup.face_changed.connect(self._change_face)
        if not self.chapters:
            window.setup.leave_out_lab()
            return
        self._read_progress()
        window.setup.show_face(settings.text("face", "lab"))
        self.go_to(*self._place)
        self._change_face()

    @property
    def step(self) -> Step:
        """The step in sight."""
        chapter, index = self._place
        return self.chapters[chapter].steps[index]

    @Slot(int, int)
    def go_to(self, chapter: int, index: int) -> None:
        """Show a step; what is looked for happens from now on."""
        self.hand.stop()
        self._place = chapter, index
        self._before, self.found = self._look(), None
        self._view.set_chapters(self.chapters, self._done)
        self._view.show_step(chapter, index, self._done)
        self._view.set_prediction(self._predicted.get(self.step.name))
        self._write_progress()
        self.look()

    @Slot()
    def look(self) -> None:
        """See whether the step in sight is done, and say what came of it."""
        if not self.chapters or not self._view.isVisible():
            self._ring.surround(None)
            return
        now = self._look()
        self._begin_anew(now)
        self.found = found = CHECKS[self.step.check](now, self._before)
        self.hand.outcome, self.hand.is_done = found.key, found.is_done
        if found.is_done and self.step.name not in self._done:
            self._done = self._done | {self.step.name}
            self._view.set_chapters(self.chapters, self._done)
            self._write_progress()
        waits = bool(self.step.choices) and self.step.name not in self._predicted
        text = self.step.outcome(found.key, found.numbers)
        if found.is_done and waits:  # first the prediction, then the answer
            text = tr("It is done. What would you have said? Choose an answer above.")
        said = "" if waits else "\n".join(filter(None, (self._verdict(found), self._end(found))))
        self._view.show_found(text, found.is_done and not waits, said)
        if not self.hand.is_busy:
            self._ring.surround(*((None,) if found.is_done else self._control()))

    def _begin_anew(self, now: Seen) -> None:
        """Let what counts as done begin now where what was seen before says nothing of it."""
        before, number = self._before, None if now.model is None else now.model.number
        if before.model is None and now.model is not None:  # it began before there was anything to see
            self._before = now
        elif number is not None and number != self._number:  # what another model drew says nothing of it
            self._before = replace(
                before, code=now.code, picture=now.picture, image=now.image, steers=now.steers, jumps=now.jumps
            )
        elif now.jumps != before.jumps or now.steers == before.steers:  # the way by hand begins where a jump ended
            self._before = replace(before, code=now.code, picture=now.picture, steers=now.steers, jumps=now.jumps)
        self._number = number

    def _verdict(self, found: Outcome) -> str:
        """Whether the window bears out what was predicted."""
        said = self._predicted.get(self.step.name)
        if said is None or found.choice is None or not found.is_done:
            return ""
        if said == found.choice:
            return tr("As you said.")
        return tr("You said: {said}. Here it is: {answer}.").format(
            said=self.step.choices[said], answer=self.step.choices[found.choice]
        )

    def _end(self, found: Outcome) -> str:
        """What is said at the end of the course, once its last step is done."""
        names = list(self._places)
        if not found.is_done or self.step.name != names[-1]:
            return ""
        if self._done.issuperset(names):
            return tr("The course is done, all of its steps.")
        return tr("The course ends here. Chapters without a ✓ have steps that are not done yet.")

    def _control(self) -> tuple[QWidget | None, QRect | None]:
        """The first control of the step that can be used, or the tab that brings a tool to the front."""
        first = () if self.found is None else self.step.ring_for.get(self.found.key, ())
        for name in (*first, *self.step.ring):
            name, _, number = name.partition(".")
            for part in self._window.findChildren(QWidget, name):
                if number and part.isVisible():
                    return part, _place_in(part, int(number))
                if part.isVisible() and part.isEnabled() and not part.visibleRegion().isEmpty():
                    return part, None
                tab = tab_of(part) if isinstance(part, QDockWidget) else None
                if tab is not None:
                    return tab
        return None, None

    @Slot(int)
    def _predict(self, number: int) -> None:
        self._predicted[self.step.name] = number
        self._write_progress()
        self.look()

    @Slot()
    def _show(self) -> None:
        self.hand.do(self.step.show)

    @Slot(object)
    def _follow_hand(self, part: QWidget | None) -> None:
        self._ring.surround(part)

    @Slot()
    def _go_on(self) -> None:
        self._go_by(1)

    @Slot()
    def _go_back(self) -> None:
        self._go_by(-1)

    def _go_by(self, count: int) -> None:
        places = list(self._places.values())
        number = places.index(self._place) + count
        if 0 <= number < len(places):
            self.go_to(*places[number])

    @Slot()
    def _begin_again(self) -> None:
        self._done, self._predicted = frozenset(), {}
        self.go_to(0, 0)

    @Slot()
    def _change_face(self) -> None:
        face = self._window.setup.face
        self._settings.set_text("face", face)
        if face == "lab" and self.chapters:
            self._clock.start()
        else:
            self._clock.stop()
            if not self.hand.is_busy:  # else it has turned the face itself, and will turn it back
                self.hand.stop()
        self.look()

    # How far a person is

    def _read_progress(self) -> None:
        places = self._places
        try:
            kept = json.loads(self._settings.text(_KEY) or "{}")
            self._done = frozenset(name for name in kept.get("done", ()) if name in places)
            said = dict(kept.get("predicted", {}))
            self._predicted = {name: int(number) for name, number in said.items() if name in places}
            self._place = places.get(str(kept.get("step")), (0, 0))
        except (ValueError, TypeError, AttributeError):
            self._done, self._predicted, self._place = frozenset(), {}, (0, 0)

    def _write_progress(self) -> None:
        kept = {"step": self.step.name, "done": sorted(self._done), "predicted": self._predicted}
        self._settings.set_text(_KEY, json.dumps(kept))


def _place_in(bar: QWidget, number: int) -> QRect | None:
    """Where a tab or a menu of a bar is."""
    if isinstance(bar, QTabBar):
        return bar.tabRect(number)
    return bar.actionGeometry(bar.actions()[number]) if isinstance(bar, QMenuBar) else None
