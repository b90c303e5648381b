"""The list of models, and the curves and figures of the one on screen."""

from collections.abc import Sequence
from itertools import zip_longest

from PySide6.QtCore import QObject, Slot

from vae_desktop.engine.engine import Engine
from vae_desktop.engine.known_figures import known_figures
from vae_desktop.engine.messages import Message
from vae_desktop.engine.run import Run
from vae_desktop.gui.views.curves.losses import Losses
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.gui.widgets.theme import MODEL_COLOURS
from vae_desktop.language import sentences, tr
from vae_desktop.latent.measures import Extent


class RunsController(QObject):
    """Lets models be shown, measured and taken off the list, and back."""

    def __init__(self, window: MainWindow, engine: Engine) -> None:
        super().__init__(window)
        self._window = window
        self._project, self._library = engine.project, engine.library
        self._measurements = engine.measurements
        self._drawn: tuple[Run, ...] = ()  # those whose curves are shown
        self._past = set[int]()  # ids of those that are shown as they were earlier
        window.runs.run_chosen.connect(self._show)
        window.runs.removal_requested.connect(self._remove)
        window.runs.undo_requested.connect(self.undo_removal)
        window.measures.measure_requested.connect(self._measure)
        window.measures.cancel_requested.connect(self._measurements.cancel)
        self._project.runs_changed.connect(self._list)
        engine.following.changed.connect(self._list, max_args=0)
        self._project.shown_changed.connect(self._follow_shown)
        self._project.metrics_changed.connect(self._refresh_curves)
        self._project.measures_changed.connect(self._show_figures)
        self._project.moment_changed.connect(self._follow_moment)
        self._measurements.progressed.connect(window.measures.show_progress)
        self._measurements.ended.connect(window.measures.end_progress, max_args=0)
        window.measures.set_can_measure(False)
        window.losses.gradient.toggled.connect(engine.training.follow_gradient)

    def _list(self) -> None:
        self._window.runs.set_runs(self._project.runs.values(), self._project.shown)
        self._window.runs.set_can_undo(self._project.can_undo_removal)
        shown = self._project.shown
        if shown is not None and self._project.lineage(shown) != self._drawn:
            self._show_curves()  # a parent was taken off the list, or is back

    def _follow_shown(self, run: Run) -> None:
        self._show_curves()
        self._window.measures.set_can_measure(True)
        self._show_figures(run)
        self._list()

    def _show_curves(self) -> None:
        """Show the curves of the model on screen, with those of the models that it comes from."""
        run = self._project.shown
        if run is not None:
            self._drawn = self._project.lineage(run)
            self._window.losses.set_models(_losses(self._drawn))

    def _refresh_curves(self, run: Run) -> None:
        if run in self._drawn:
            self._window.losses.refresh()
        if run is self._project.shown:
            self._window.measures.set_current_step(run.shown_step)

    @Slot(object)
    def _measure(self, extent: Extent) -> None:
        if self._project.shown is not None:
            self._measurements.start([self._project.shown], extent)

    def _show_figures(self, run: Run) -> None:
        if run is self._project.shown:
            known, past = known_figures(run), None if run.moment is None else run.moment.step
            self._window.measures.set_figures(run.shown_config, known.values, known.steps, past)
            self._window.measures.set_current_step(run.shown_step)

    def _follow_moment(self, run: Run) -> None:
        """Figures are those of the moment; the list says that its own are not."""
        self._show_figures(run)
        past = {run.id for run in self._project.runs.values() if run.moment is not None}
        if past != self._past:
            self._past = past
            self._list()

    @Slot(int)
    def _show(self, run_id: int) -> None:
        run = self._project.runs[run_id]
        if run is not self._project.shown:
            self._project.show(run)

    @Slot(int)
    def _remove(self, run_id: int) -> None:
        run = self._project.runs[run_id]
        text = f"{run.title}: {self._library.why_not_removed(run)}"
        self._library.remove(run)
        if run_id not in self._project.runs:
            text = tr("{title} is off the list.").format(title=run.title)
            if not run.is_saved:
                text = sentences(text, tr("It was not saved: File ▸ Open recent still has it."))
            self._offer_undo(text)
        self._tell(text)

    def _offer_undo(self, text: str) -> None:
        """Offer to undo a removal, unless something more urgent is offered; Ctrl+Z does it all the same."""
        shown = self._window.banner.message
        if shown is None or shown.action in ("", "undo_removal"):
            is_error = shown is not None and shown.level == "error"
            self._window.banner.show_message(Message("info", text, action="undo_removal", is_added=is_error))

    @Slot()
    def undo_removal(self) -> None:
        shown = self._window.banner.message
        if shown is not None and shown.action == "undo_removal":
            self._window.banner.clear()
        back = self._project.undo_removal()
        if back:
            titles = " · ".join(run.title for run in back)
            self._tell(tr("{title} is in the list again.").format(title=titles))

    def _tell(self, text: str) -> None:
        self._window.statusBar().showMessage(text, 6000)


def _losses(lineage: Sequence[Run]) -> list[Losses]:
    """What the curves of a model are drawn of, and those of as many that it comes from as there are colours for."""
    result: list[Losses] = []
    left_at: int | None = None
    for run, parent in zip_longest(lineage[: len(MODEL_COLOURS)], lineage[1 : len(MODEL_COLOURS)]):
        name = tr("#{id}")
        if result:
            name = tr("#{id} (parent)") if len(result) == 1 else tr("#{id} (parent of #{child})")
        name = name.format(id=run.id, child=lineage[len(result) - 1].id)
        forked_at, origin = 0, ""
        if run.forked_from is not None:
            origin, forked_at = tr("#{id}").format(id=run.forked_from[0]), run.forked_from[1]
            if parent is not None:
                forked_at = run.history.shared_steps(parent.history, forked_at)
        result.append(Losses(name, run.config.model, run.history, forked_at, origin, left_at))
        left_at = forked_at
    return result
