"""What starts, holds and ends a training; it stays where it is, whatever it shows."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QPushButton, QSizePolicy, QStackedWidget, QWidget

from vae_desktop.engine.pace import Progress
from vae_desktop.engine.training import State
from vae_desktop.gui.widgets.click_guard import ClickGuard
from vae_desktop.gui.widgets.controls import column, explain, progress_bar, push_button, row, set_text, styled
from vae_desktop.gui.widgets.labels import SteadyLabel, duration_text
from vae_desktop.gui.widgets.theme import SPACING, line_height, small_font, tabular
from vae_desktop.language import tr

_HELD = ("training", "paused")
_BUSY = ("training", "paused", "stopping")
_LINES = 5  # of the sentence that says what Train does
_FORK_LINES = 3  # that are free for what a fork is; one with more gets them


class Transport(QWidget):
    """Three buttons in fixed places, what they act on, a bar, and progress in words."""

    focus_dropped = Signal()  # by a button that was greyed out, to one that would begin a training, or to none
    train_requested = Signal()
    continue_requested = Signal()
    pause_requested = Signal()
    resume_requested = Signal()
    stop_requested = Signal()
    step_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state: State = "idle"
        self._is_beginning = False
        self._settings_valid = True
        self._can_continue, self._why_not_continue = False, ""
        self._make_buttons()
        self._bar = progress_bar(tr("Progress of the training"))
        font = tabular(small_font(self.font()))
        lines = _LINES * QFontMetrics(font).lineSpacing() // line_height(font)  # higher ones say as much in fewer
        self._plan = SteadyLabel(font, lines=lines)
        self._plan.label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom)
        self._fork = SteadyLabel(font, lines=_FORK_LINES, grows=True)
        self._fork.label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom)
        self._fork.hide()
        self._target, self._where, self._pace = SteadyLabel(self.font()), SteadyLabel(font), SteadyLabel(font)
        self._pace.label.setAlignment(Qt.AlignmentFlag.AlignRight)
        for readout, name in (
            (self._fork, "forkText"),
            (self._plan, "nextRunText"),
            (self._target, "actsOnText"),
            (self._where, "progressText"),
            (self._pace, "timeLeftText"),
        ):
            readout.label.setObjectName(name)
            if readout is not self._target:
                styled(readout.label, "muted")
        self._lay_out()
        self.show_progress(None)
        self._refresh()

    def set_state(self, state: State, is_beginning: bool) -> None:
        """Show what fits the state; something may be about to begin, which can be stopped too."""
        self._state, self._is_beginning = state, is_beginning
        self._refresh()
        if state != "training":
            self._pace.set_text("")

    def set_compares(self, compares: bool) -> None:
        """Whether the buttons are for models side by side."""
        set_text(self.train_button, tr("Train all") if compares else tr("Train"))

    def set_is_main(self, is_main: bool) -> None:
        """Whether Train is what one presses here, or something else is."""
        self.train_button.setProperty("primary", is_main)
        self.train_button.style().unpolish(self.train_button)
        self.train_button.style().polish(self.train_button)

    def set_settings_valid(self, valid: bool) -> None:
        """Train needs settings that can be used."""
        self._settings_valid = valid
        self._refresh()

    def set_can_continue(self, can_continue: bool, why_not: str = "") -> None:
        """Continue needs a model on screen, unless there is another reason why not."""
        self._can_continue, self._why_not_continue = can_continue, why_not
        self._refresh()

    def show_plan(self, text: str) -> None:
        """Say what Train will do."""
        self._plan.set_text(text)

    def show_fork(self, text: str, has_place: bool) -> None:
        """Say what Fork will do; it has its place where there can be one, so that nothing around it moves."""
        self._fork.setVisible(has_place)
        self._fork.set_text(text)

    def show_target(self, text: str) -> None:
        """Say which models the other buttons act on."""
        self._target.set_text(text)

    def show_progress(self, progress: Progress | None) -> None:
        """Show how far a training is."""
        if progress is None:
            self._bar.setValue(0)
            self._where.set_text(tr("Not trained yet"))
            self._pace.set_text("")
            return
        span = max(progress.last_step - progress.first_step, 1)
        self._bar.setValue(round(1000 * (progress.step - progress.first_step) / span))
        epochs = f"{progress.last_epoch:.1f}".removesuffix(".0")
        where = tr("Epoch {epoch} of {epochs} · step {step}")
        self._where.set_text(where.format(epoch=f"{progress.epoch:.1f}", epochs=epochs, step=f"{progress.step:,}"))
        self._show_pace(progress)

    def _make_buttons(self) -> None:
        tip = tr("Start a new model with fresh weights: a new latent space.")
        self.train_button = push_button("trainButton", tr("Train"), tip, "Ctrl+T", then=self.train_requested)
        self.train_button.setProperty("primary", True)
        tip = tr(
            "Train the model on screen for further epochs: its latent space goes on moving. "
            "One that was stopped goes on where it was, to the end of its epochs."
        )
        self.continue_button = push_button(
            "continueButton", tr("Continue"), tip, "Ctrl+Shift+T", then=self.continue_requested
        )
        tip = tr("Hold the training between two steps, to look around in the latent space as it is.")
        self.pause_button = push_button("pauseButton", tr("Pause"), tip, "Ctrl+P", then=self._pause_or_resume)
        tip = tr("Take one training step and wait: what it does to the codes is shown in every detail.")
        then = self.step_requested
        self.step_button = push_button("singleStepButton", tr("One step"), f"{tip} (Ctrl+Shift+P)", then=then)
        tip = tr("End the training at once. The model and its latent space stay.")
        self.stop_button = push_button("stopButton", tr("Stop"), tip, "Ctrl+.", then=self.stop_requested)
        buttons = (
            self.train_button, self.step_button, self.continue_button, self.pause_button, self.stop_button
        )  # fmt: skip
        self._tips = {button: button.toolTip() for button in buttons}
        for button in buttons:  # of equal width, whatever is written on them
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            button.setProperty("compact", True)
        policy = self.stop_button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # the others stay where they are
        self.stop_button.setSizePolicy(policy)

    def _lay_out(self) -> None:
        self._first = _Faces(self.train_button, self.step_button)
        self._middle = _Faces(self.continue_button, self.pause_button)
        buttons = row((self._first, 1), (self._middle, 1), (self.stop_button, 1))
        progress = row((self._where, 3), (self._pace, 1), spacing=0)
        acting = column(self._bar, self._target, progress, spacing=SPACING // 2)
        column(self._fork, self._plan, buttons, acting, margins=(SPACING,) * 4, on=self)

    def _show_pace(self, progress: Progress) -> None:
        """Show how long it takes yet; how quick it is stands in the tooltip."""
        if progress.images_per_second is None or progress.seconds_left is None:
            self._pace.set_text("")
            return
        rate = tr("{rate} images/s").format(rate=f"{progress.images_per_second:,.0f}")
        self._pace.setToolTip(rate)
        is_over = progress.step >= progress.last_step
        left = tr("{time} left").format(time=duration_text(progress.seconds_left))
        self._pace.set_text("" if is_over or self._state != "training" else left)

    def _refresh(self) -> None:
        state, focused = self._state, self.window().focusWidget()
        is_held, trains = state in _HELD, state in _BUSY
        none = tr("No model is being trained.")
        self._allow(self.pause_button, "" if is_held else none)
        self._allow(self.stop_button, "" if is_held or (state == "loading" and self._is_beginning) else none)
        self.stop_button.setVisible(self.stop_button.isEnabled() or state == "stopping")
        self._middle.guard.set_text(self.pause_button, tr("Resume") if state == "paused" else tr("Pause"))
        set_text(self.stop_button, tr("Stopping…") if state == "stopping" else tr("Stop"))
        self._middle.show_face(self.pause_button if trains else self.continue_button)
        self._allow(self.step_button, "" if state == "paused" else tr("Pause the training first."))
        self._first.show_face(self.step_button if state == "paused" else self.train_button)
        wrong = "" if self._settings_valid else tr("A setting is marked: mend it first.")
        busy = tr("A model is being trained: stop it first.")
        no_model = "" if self._can_continue else self._why_not_continue or tr("There is no trained model on screen.")
        self._allow(self.continue_button, wrong or no_model or (busy if trains else ""))
        self._allow(self.train_button, wrong or (busy if is_held else ""))
        self._keep_focus(focused)

    def _keep_focus(self, focused: QWidget | None) -> None:
        """Have the focus go to a neighbour from a button that was greyed out, not to whatever comes next."""
        buttons = (self._middle.face, self._first.face, self.stop_button)
        if focused is not None and focused in self._tips and not focused.isEnabled():
            neighbour = next((button for button in buttons if button.isEnabled()), None)
            if neighbour is not None:
                neighbour.setFocus(Qt.FocusReason.OtherFocusReason)
            if neighbour is not self.pause_button:
                self.focus_dropped.emit()

    def _allow(self, button: QPushButton, reason_not: str) -> None:
        """Grey a button out for a reason, which its tooltip says; or have it at hand, if that is ""."""
        button.setEnabled(not reason_not)
        explain(button, self._tips[button] + (f"<p>{reason_not}</p>" if reason_not else ""))

    @Slot()
    def _pause_or_resume(self) -> None:
        (self.resume_requested if self._state == "paused" else self.pause_requested).emit()


class _Faces(QStackedWidget):
    """Two buttons in one place, of which one shows.

    Attributes
    ----------
    face : QPushButton
        The one that shows.
    guard : ClickGuard
    """

    def __init__(self, *buttons: QPushButton) -> None:
        super().__init__()
        for button in buttons:
            self.addWidget(button)
        self.face = buttons[0]
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.guard = ClickGuard(*buttons)

    def show_face(self, face: QPushButton) -> None:
        """Show one of the buttons; it has the focus if the other one had it."""
        if self.face is not face:
            had_focus = self.face.hasFocus()
            self.face = face
            self.setCurrentWidget(face)
            self.guard.restart()
            if had_focus and face.isEnabled():
                face.setFocus()
