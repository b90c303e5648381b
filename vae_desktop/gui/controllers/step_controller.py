"""Shows the training step that was taken singly: its batch, its numbers, and its arrows in the scatter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Signal, Slot

from vae_desktop.engine.run import Run
from vae_desktop.gui.controllers.step_words import about_batch, about_image
from vae_desktop.gui.controllers.tool_controller import ToolContext, ToolController
from vae_desktop.gui.views.tools.step_overlay import MOST, StepOverlay
from vae_desktop.gui.views.tools.step_view import StepView, TermNumbers
from vae_desktop.language import sentences, tr

if TYPE_CHECKING:
    from vae_desktop.training.observed_step import ObservedStep


class StepController(ToolController[StepView]):
    """Follows the model on screen; as soon as it trains on, there is nothing to show.

    Attributes
    ----------
    observed : ObservedStep, or None
        What is on show.
    overlay : StepOverlay
    """

    name = "step"

    has_step_changed = Signal(bool)

    def __init__(self, context: ToolContext) -> None:
        view = StepView()
        super().__init__(view, context)
        self.observed: ObservedStep | None = None
        self.overlay = StepOverlay(self._scatter)
        view.arrows.currentIndexChanged.connect(self.refresh)
        view.board.tile_chosen.connect(self._choose)
        view.board.tile_left.connect(self._show_all)
        project = self._engine.project
        project.step_observed.connect(self._take)
        project.moment_changed.connect(self._note_moment)
        project.status_changed.connect(self._note_status)

    def begin(self, run: Run) -> None:
        self._show_step(run)

    def ask(self, run: Run) -> bool:
        self.overlay.show(self.observed, self.view.arrows.value(), self.view.board.chosen)
        return True

    def forget(self) -> None:
        self.overlay.show(None, self.view.arrows.value())

    def _take(self, run: Run) -> None:
        if run is self.run:
            self._show_step(run)
            self.refresh()

    def _note_status(self, run: Run) -> None:
        if run is self.run and run.status == "training" and self.observed is not None:
            self._show_step(run)
            self.refresh()

    def _note_moment(self, run: Run) -> None:
        """Show nothing at an earlier step: arrows of the newest would not be of the codes there."""
        if run is self.run and (run.moment is None) != (self.observed is not None):
            self._show_step(run)
            self.refresh()

    def _show_step(self, run: Run) -> None:
        """Show the newest step of a model, if it was taken singly."""
        newest, view = run.newest_step, self.view
        self.observed = observed = newest if run.moment is None else None
        self.has_step_changed.emit(newest is not None)
        if observed is None:
            view.show_nothing(is_earlier=newest is not None)
            return
        view.board.set_chosen(None)
        labels = observed.before.codes.labels
        names = [] if labels is None else [run.class_names[label] for label in labels[:MOST]]
        view.set_batch(np.ascontiguousarray(observed.inputs[:MOST].transpose(0, 2, 3, 1)), names)
        epoch = tr("Step {step}, epoch {epoch}.").format(
            step=f"{observed.step:,}", epoch=-(-observed.step // run.steps_per_epoch)
        )
        rate = tr("Learning rate {rate}, weight of KL {weight}.").format(
            rate=f"{observed.learning_rate:.3g}", weight=f"{observed.kl_weight:.3g}"
        )
        view.where.setText(sentences(epoch, rate))
        self._show_numbers(run, None)

    @Slot(int)
    def _choose(self, number: int) -> None:
        """Show one image alone, and put the current point where its code was drawn."""
        run, observed = self.run, self.observed
        if run is None or observed is None:
            return
        codes = observed.before.codes
        code = codes.mean[number]
        if observed.noise is not None and codes.log_stddev is not None:
            code = code + np.exp(codes.log_stddev[number]) * observed.noise[number]
        self._point.move_to(code)
        self._show_numbers(run, number)
        self.refresh()

    @Slot()
    def _show_all(self) -> None:
        """Show the whole batch again."""
        if self.run is not None and self.observed is not None:
            self._show_numbers(self.run, None)
            self.refresh()

    def _show_numbers(self, run: Run, number: int | None) -> None:
        observed = self.observed
        assert observed is not None
        chosen = slice(None) if number is None else slice(number, number + 1)
        before, after = observed.before, observed.after
        weight = run.config.model.traits.reconstruction_weight

        def row(term: str) -> TermNumbers:
            values = [getattr(loss, term) for loss in (before, after)]
            pull = observed.kl if term == "kl" else observed.reconstruction
            if values[0] is None or pull is None:
                return TermNumbers(None, None, None)
            strength = pull.weights if number is None else float(np.linalg.norm(pull.mean[number]))
            return TermNumbers(float(values[0][chosen].mean()), float(values[1][chosen].mean()), strength)

        error, kl = row("reconstruction"), row("kl")
        pulls = observed.reconstruction.mean if observed.kl is None else observed.reconstruction.mean + observed.kl.mean
        if number is None:
            total = TermNumbers(before.total, after.total, observed.pull)
            self.view.note.setText(about_batch(observed))
        else:
            sums = [
                weight * (part or 0.0) + observed.kl_weight * (other or 0.0)
                for part, other in ((error.before, kl.before), (error.after, kl.after))
            ]
            total = TermNumbers(sums[0], sums[1], float(np.linalg.norm(pulls[number])))
            self.view.note.setText(about_image(observed, number, run.class_names))
        self.view.set_numbers({"total": total, "reconstruction": error, "kl": kl})
