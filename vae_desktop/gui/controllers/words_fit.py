"""Fitting a diffusion to the model on screen, and what is said of the one that it has."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from vae_desktop.engine.engine import Engine
from vae_desktop.engine.pace import Progress
from vae_desktop.engine.run import Run
from vae_desktop.gui.controllers.image_texts import why_no_codes
from vae_desktop.gui.views.tools.words_view import WordsView
from vae_desktop.gui.widgets.labels import duration_text
from vae_desktop.gui.widgets.terms import with_terms
from vae_desktop.language import sentences, tr
from vae_desktop.latent.posteriors import active_units


class WordsFit(QObject):
    """Keeps button, progress and note at the model on screen.

    Attributes
    ----------
    reason : str
        Why nothing can be drawn for it, as long as it has no diffusion.
    """

    changed = Signal()  # the model on screen has another diffusion

    def __init__(self, view: WordsView, engine: Engine) -> None:
        super().__init__(view)
        self._view, self._engine, self._words = view, engine, engine.words
        self._run: Run | None = None
        self._far: tuple[float, str] = (0.0, "")  # how far the fit is that is under way, and what is said of it
        self.reason = tr("Train or open a model: then type what it is to draw.")
        view.set_usable(False, self.reason)
        view.set_fit(tr("Fit to this model"), self.reason, False, "")
        view.fit_button.clicked.connect(self._fit)
        view.cancel_button.clicked.connect(self._words.cancel)
        self._words.progressed.connect(self._show_progress)
        self._words.ended.connect(self._end)
        engine.project.words_changed.connect(self._take)

    def show(self, run: Run) -> None:
        """Say what there is of a model, or what is missing."""
        self._run = run
        obstacle = self._obstacle(run)
        begin = tr("Fit it, and type what this model is to draw: which class, how thick, how large, where.")
        if self._words.fitted is run:
            begin = tr("The diffusion and its words are being learned. Then what you type is drawn.")
        self.reason = obstacle or begin
        tip = tr(
            "Train a small network that turns noise into codes of this latent space, as words ask for, with captions "
            "made of what is known of the training images. In the background; it is kept with the model."
        )
        text = tr("Fit to this model") if run.diffusion is None else tr("Fit anew")
        about = obstacle or with_terms(tip, "latent space", "code")
        self._view.set_fit(text, about, not obstacle, self._note(run), is_first=run.diffusion is None)
        self._view.show_progress(*self._far if self._words.fitted is run else (None, ""))

    def _obstacle(self, run: Run) -> str:
        """Why nothing can be fitted to a model."""
        if run.codes is None or self._engine.training.newest_snapshot(run) is None:
            return why_no_codes(run)
        if not run.codes.are_finite or not active_units(run.codes.mean):
            return tr("This latent space has collapsed: all codes say the same, so words have nothing to choose from.")
        return ""

    def _note(self, run: Run) -> str:
        diffusion, data, other = run.diffusion, run.config.dataset.label, self._words.fitted
        if other not in (None, run):
            return tr("{model} is being fitted; to fit this one ends that.").format(model=f"#{other.id}")
        if diffusion is None:
            return tr("Needs the images of {data}. Takes up to a minute.").format(data=data)
        then, now = f"{diffusion.step:,}", f"{run.shown_step:,}"
        if diffusion.step != run.shown_step:
            return tr("Of step {then}; step {now} is shown: its pictures may be off.").format(then=then, now=now)
        one_class = tr("All images are of one class: its name changes nothing.") if len(run.class_names) == 1 else ""
        return sentences(tr("Fitted at step {then}.").format(then=then), one_class)

    @Slot()
    def _fit(self) -> None:
        if self._run is not None:
            self._words.fit(self._run)
            self.changed.emit()

    def _show_progress(self, run: Run, progress: Progress) -> None:
        if run is not self._run:
            return
        left, note = progress.seconds_left, tr("Learning the words…")
        if left is not None:
            note = tr("{time} left").format(time=duration_text(left))
        self._far = progress.step / max(progress.last_step, 1), note
        self._view.show_progress(*self._far)

    def _end(self, run: Run) -> None:
        self.changed.emit()  # what is said of another model too

    def _take(self, run: Run) -> None:
        if run is self._run:
            self.changed.emit()
            if self._view.fit_button.hasFocus():  # whoever has begun the fit wants to type now
                self._view.line.setFocus()
