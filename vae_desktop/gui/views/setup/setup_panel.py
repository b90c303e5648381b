"""The left side: the settings, scrolling, and below them, always in sight, what starts, holds and ends a training."""


from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QWidget

from vae_desktop.engine.run import Progress
from vae_desktop.engine.training import State
from vae_desktop.gui.views.setup.settings_form import SettingsForm
from vae_desktop.gui.widgets.controls import column, named, progress_bar, push_button, set_text, styled
from vae_desktop.gui.widgets.labels import ElidedLabel, SteadyLabel
from vae_desktop.gui.widgets.theme import SPACING, small_font, tabular

_BUSY = ("training", "paused", "stopping")


class TrainingControls(QWidget):
    """Buttons that fit the state, a bar, and progress in words."""

    train_requested = Signal()
    continue_requested = Signal()
    pause_requested = Signal()
    resume_requested = Signal()
    stop_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state: State = "idle"
        self._settings_valid = True
        self._can_continue = False
        tip = self.tr("Start a new model with fresh weights: a new latent space.")
        self.train_button = push_button("trainButton", self.tr("Train"), tip, "Ctrl+T", then=self.train_requested)
        self.train_button.setProperty("primary", True)
        tip = self.tr(
            "Train the model on screen for further epochs: its latent space goes on moving. "
            "One that was stopped goes on where it was, to the end of its epochs."
        )
        self.continue_button = push_button(
            "continueButton", self.tr("Continue"), tip, "Ctrl+Shift+T", then=self.continue_requested
        )
        tip = self.tr("Hold the training between two steps, to look around in the latent space as it is.")
        self.pause_button = push_button("pauseButton", self.tr("Pause"), tip, "Ctrl+P", then=self._pause_or_resume)
        tip = self.tr("End the training at once. The model and its latent space stay.")
        self.stop_button = push_button("stopButton", self.tr("Stop"), tip, "Ctrl+.", then=self.stop_requested)
        self._bar = progress_bar(self.tr("Progress of the training"))
        self._whose = named(ElidedLabel(), "trainedElsewhere")
        font = tabular(small_font(self.font()))
        self._where, self._pace = SteadyLabel(font), SteadyLabel(font)
        for readout in (self._where, self._pace):
            styled(readout.label, "muted")
        self._where.label.setObjectName("progressText")
        buttons = QGridLayout()
        buttons.setSpacing(SPACING)
        in_order = self.train_button, self.continue_button, self.pause_button, self.stop_button
        for index, button in enumerate(in_order):
            buttons.addWidget(button, index // 2, index % 2)
        parts = (buttons, self._bar, self._whose, self._where, self._pace)
        column(*parts, margins=(SPACING,) * 4, on=self)
        self.show_progress(None)
        self._refresh()

    def set_state(self, state: State) -> None:
        self._state = state
        self._refresh()
        if state != "training":
            self._pace.set_text("")

    def set_compares(self, compares: bool) -> None:
        """Whether the buttons are for models side by side."""
        set_text(self.train_button, self.tr("Train all") if compares else self.tr("Train"))
        set_text(self.continue_button, self.tr("Continue all") if compares else self.tr("Continue"))

    def set_settings_valid(self, valid: bool) -> None:
        """Train needs settings that can be used."""
        self._settings_valid = valid
        self._refresh()

    def set_can_continue(self, can_continue: bool) -> None:
        """Continue needs a model on screen."""
        self._can_continue = can_continue
        self._refresh()

    def show_progress(self, progress: Progress | None, title: str = "") -> None:
        """Show how far a training is, of a model that is named if it is not the one in sight."""
        self._whose.set_text(title)
        self._whose.setVisible(bool(title))
        if progress is None:
            self._bar.setValue(0)
            self._where.set_text(self.tr("Not trained yet"))
            self._pace.set_text("")
            return
        span = max(progress.last_step - progress.first_step, 1)
        self._bar.setValue(round(1000 * (progress.step - progress.first_step) / span))
        epochs = f"{progress.last_epoch:.1f}".removesuffix(".0")
        where = self.tr("Epoch {epoch} of {epochs} · step {step}")
        self._where.set_text(where.format(epoch=f"{progress.epoch:.1f}", epochs=epochs, step=f"{progress.step:,}"))
        self._pace.set_text(self._pace_text(progress))

    def _pace_text(self, progress: Progress) -> str:
        if progress.images_per_second is None or progress.seconds_left is None:
            return ""
        rate = self.tr("{rate} images/s").format(rate=f"{progress.images_per_second:,.0f}")
        if progress.step >= progress.last_step:
            return rate
        return f"{rate} · " + self.tr("{time} left").format(time=_duration(progress.seconds_left))

    def _refresh(self) -> None:
        busy = self._state in _BUSY
        self.train_button.setEnabled(self._settings_valid and self._state not in ("training", "paused"))
        self.continue_button.setEnabled(self._settings_valid and self._can_continue and not busy)
        self.pause_button.setEnabled(self._state in ("training", "paused"))
        set_text(self.pause_button, self.tr("Resume") if self._state == "paused" else self.tr("Pause"))
        self.stop_button.setEnabled(self._state in ("training", "paused", "loading"))
        set_text(self.stop_button, self.tr("Stopping…") if self._state == "stopping" else self.tr("Stop"))

    @Slot()
    def _pause_or_resume(self) -> None:
        (self.resume_requested if self._state == "paused" else self.pause_requested).emit()


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{max(seconds, 1):.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


class SetupPanel(QWidget):
    """Settings and training controls."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.form = SettingsForm()
        self.controls = TrainingControls()
        scroll = QScrollArea(widgetResizable=True)
        scroll.setAccessibleName(self.tr("Settings"))
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.form)
        scroll.setMinimumWidth(self.form.minimumSizeHint().width() + SPACING)  # it scrolls up and down only
        line = QFrame()
        line.setObjectName("rule")
        column((scroll, 1), line, self.controls, spacing=0, on=self)
