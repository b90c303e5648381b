"""The strip with what belongs to it: play, the step that is shown, a fork from there, and the way back to now."""

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QWidget

from vae_desktop.gui.views.timeline.play_button import PlayButton
from vae_desktop.gui.views.timeline.strip import Past, TimelineStrip
from vae_desktop.gui.widgets.controls import action, explain, named, row, toggle
from vae_desktop.gui.widgets.number_field import NumberField
from vae_desktop.gui.widgets.split_button import SplitButton
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.language import tr


class TimelinePanel(QWidget):
    """The strip with the step that is shown, and a way back to now; it is there as soon as steps were kept.

    Attributes
    ----------
    strip : TimelineStrip
    play : PlayButton
    step : NumberField
    live : QToolButton
        Down while the models are shown as they are now.
    """

    pointed = Signal(int)
    live_wanted = Signal()
    return_wanted = Signal()  # to the step that is shown, and to train on from there
    fork_wanted = Signal(bool)  # whether beside what the training itself would have gone on to

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("timelinePanel")
        self.strip = TimelineStrip()
        tip = tr("The training step that is shown. Type another one: the nearest that was kept is shown.")
        self.step = NumberField("timelineStepSpin", tr("Step shown"), tip, (0, 10**9), has_buttons=False)
        self.step.setFixedWidth(76)
        self.play = PlayButton()
        tip = tr(
            "Train another model on from the step that is shown, with what of the setup its weights allow: above Train "
            "stands what that is. This one stays as it is; a training that runs is stopped. The arrow: beside the "
            "unchanged training."
        )
        self.fork = SplitButton()
        named(self.fork, "timelineForkButton", tr("Fork"), tip)
        self.fork.setText(tr("Fork"))
        text = tr("Fork and compare")
        tip = tr("Train the unchanged continuation beside it, on the same batches.")
        self.compare = action(self, "forkAndCompareAction", text, tip, then=lambda: self.fork_wanted.emit(True))
        tip = tr(
            "Train this very model on from here, with rate and β as they were: what came later is forgotten, and kept "
            "in a file of the app's own. A training that runs is stopped."
        )
        text, then = tr("Go back and train on"), self.return_wanted
        self.go_back = action(self, "goBackAction", text, tip, then=lambda: then.emit())
        self.fork.options.addActions([self.compare, self.go_back])
        tip = tr("Show the models as they are now, and follow their training.")
        self.live = toggle("timelineLiveButton", tr("Live"), tip, is_on=True)
        parts = (self.play, self.strip, self.step, self.fork, self.live)
        row(*parts, spacing=SPACING, margins=(SPACING, 0, SPACING, SPACING // 2), on=self)
        self.strip.pointed.connect(self.pointed)
        self.strip.live_wanted.connect(self.live_wanted)
        self.step.valueChanged.connect(self._point)
        self.live.clicked.connect(self._leave_or_return)
        self.strip.play_wanted.connect(self.play.toggle)
        self.fork.clicked.connect(lambda: self.fork_wanted.emit(False))
        self._fork_tip = self.fork.toolTip()
        self._allow_fork(False)
        self.hide()

    def show_past(self, past: Past) -> None:
        """Show what there is to be played; without any kept step the panel is not there."""
        self.strip.set_past(past)
        self.setVisible(bool(past.frames))

    def show_step(self, step: int, is_live: bool, can_fork: bool = False, can_go_back: bool = True) -> None:
        """Show at which step the models are, and what can be done from there."""
        self.fork.setVisible(can_fork)
        self.go_back.setVisible(can_go_back)
        if self.fork.isEnabled() == is_live:
            self._allow_fork(not is_live)
        self.strip.set_playhead(None if is_live else step)
        self.strip.setAccessibleDescription(tr("step {step}").format(step=f"{step:,}"))
        self.live.setChecked(is_live)
        if not self.step.hasFocus() or not is_live:
            with QSignalBlocker(self.step):
                self.step.setValue(step)

    def _allow_fork(self, can_fork: bool) -> None:
        """Have the button at hand or greyed out, in its place at all times: the strip must not move under the mouse."""
        self.fork.setEnabled(can_fork)
        why = tr("That needs an earlier step on screen: point at one in the timeline.")
        explain(self.fork, self._fork_tip + ("" if can_fork else f"<p>{why}</p>"))

    @Slot()
    def _point(self) -> None:
        self.pointed.emit(int(self.step.value()))

    @Slot()
    def _leave_or_return(self) -> None:
        """Back to now; from now, to hold what is shown as it is."""
        if self.live.isChecked():
            self.live_wanted.emit()
        elif self.strip.past.frames:
            self.pointed.emit(self.strip.past.frames[-1])
