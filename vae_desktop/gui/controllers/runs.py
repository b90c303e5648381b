"""The list of models, and the curves and figures of the one on screen."""

from PySide6.QtCore import QObject, Slot

from vae_desktop.engine.engine import Engine
from vae_desktop.engine.known_figures import known_figures
from vae_desktop.engine.messages import Message
from vae_desktop.engine.run import Run
from vae_desktop.gui.views.curves.loss_plot import Losses
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.language import sentences, tr
from vae_desktop.latent.measures import Extent


class RunsController(QObject):
    """Lets models be shown, measured and taken off the list, and back."""

    def __init__(self, window: MainWindow, engine: Engine) -> None:
        super().__init__(window)
        self._window = window
        self._project, self._library = engine.project, engine.library
        self._measurements = engine.measurements
        window.runs.run_chosen.connect(self._show)
        window.runs.removal_requested.connect(self._remove)
        window.runs.undo_requested.connect(self.undo_removal)
        window.measures.measure_requested.connect(self._measure)
        window.measures.cancel_requested.connect(self._measurements.cancel)
        self._project.runs_changed.connect(self._list)
        self._project.shown_changed.connect(self._follow_shown)
        self._project.metrics_changed.connect(self._refresh_curves)
        self._project.measures_changed.connect(self._show_figures)
        self._project.moment_changed.connect(self._show_figures)
        self._measurements.progressed.connect(window.measures.show_progress)
        self._measurements.ended.connect(window.measures.end_progress, max_args=0)
        window.measures.set_can_measure(False)
        window.losses.gradient.toggled.connect(engine.training.follow_gradient)

    def _list(self) -> None:
        self._window.runs.set_runs(self._project.runs.values(), self._project.shown)
        self._window.runs.set_can_undo(self._project.can_undo_removal)

    def _follow_shown(self, run: Run) -> None:
        self._window.losses.set_models([Losses(run.name, run.config.model, run.history)])
        self._window.measures.set_can_measure(True)
        self._show_figures(run)
        self._list()

    def _refresh_curves(self, run: Run) -> None:
        if run is self._project.shown:
            self._window.losses.refresh()
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
