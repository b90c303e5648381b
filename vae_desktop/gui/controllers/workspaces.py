"""The two workspaces: the model on screen with its tools, and models side by side; only the one in front is kept up."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.engine import Engine
from vae_desktop.engine.run import Comparison, Run
from vae_desktop.gui.controllers.comparison import ComparisonController
from vae_desktop.gui.controllers.latent_point import LatentPoint
from vae_desktop.gui.controllers.playground import PlaygroundController
from vae_desktop.gui.views.window.main_window import MainWindow

if TYPE_CHECKING:
    from vae_desktop.gui.controllers.tools import Tools


class WorkspacesController(QObject):
    """Gives models, their codes and their images to the views of the workspace in front."""

    def __init__(self, window: MainWindow, engine: Engine, point: LatentPoint) -> None:
        super().__init__(window)
        self._window = window
        self._engine = engine
        self._project = engine.project
        self._point = point
        self.playground = PlaygroundController(window.stage, window.panel, point, engine)
        self.comparison = ComparisonController(window.comparison, self.playground.point_panel, engine)
        self.tools: Tools | tuple[()] = ()  # until the window has been painted
        project = self._project
        project.shown_changed.connect(self._show_run)
        project.compared_changed.connect(self._show_comparison)
        project.codes_changed.connect(self._move_codes)
        project.metrics_changed.connect(self.comparison.metrics_arrived)
        project.measures_changed.connect(self.comparison.refresh_figures, max_args=0)
        project.runs_changed.connect(self._show_statuses)
        engine.datasets.loaded.connect(self._take_dataset)
        engine.datasets.spectrum_found.connect(self._explain_collapse, max_args=0)
        engine.training.state_changed.connect(self._measure_trained)
        engine.training_image_codes.progressed.connect(self._show_embedding)
        engine.measurements.progressed.connect(self._show_measuring)
        engine.measurements.ended.connect(self._end_measuring, max_args=0)
        window.workspace_changed.connect(self._change_workspace)
        window.comparison.columns_changed.connect(self._connect_columns)

    def make_tools(self) -> Tools:
        """Make the tools of the playground and their views, for which the first picture need not wait."""
        from vae_desktop.gui.controllers.tools import Tools

        self.tools = Tools.of(self._window, self._engine, self._point)
        if self._project.shown is not None:
            for tool in self.tools:
                tool.show_run(self._project.shown)
            self._show_originals(self._project.shown)
        return self.tools

    def _show_run(self, run: Run) -> None:
        self.playground.show_run(run)
        for tool in self.tools:
            tool.show_run(run)
        self._show_originals(run)
        self._show_subtitle(run)

    def _show_comparison(self, comparison: Comparison) -> None:
        self._window.show_workspace("comparison")
        self.comparison.show_models(comparison)
        dataset = self._engine.datasets.held(comparison.runs[0].config.dataset)
        if dataset is not None:
            self.comparison.show_originals(dataset)

    def _move_codes(self, run: Run) -> None:
        self.comparison.move_codes(run)
        if run is not self._project.shown or run.codes is None or self._window.workspace != "playground":
            return
        self.playground.move_codes(run)
        for tool in self.tools:
            tool.move_codes(run)
        self._show_originals(run)
        self._show_subtitle(run)

    def _take_dataset(self, dataset: Dataset) -> None:
        shown = self._project.shown
        if shown is not None and shown.config.dataset == dataset.config:
            self._show_originals(shown)
        self.comparison.show_originals(dataset)

    def _explain_collapse(self) -> None:
        if self._project.shown is not None:
            self.playground.explain_collapse(self._project.shown)

    def _measure_trained(self, state: str) -> None:
        if state in ("idle", "failed"):
            self.comparison.measure_trained()

    def _show_statuses(self) -> None:
        for run in self._project.runs.values():
            self.comparison.show_status(run)

    def _show_measuring(self, run: Run, done: int, total: int) -> None:
        self._window.comparison.table.show_progress(run.title, done, total)

    def _end_measuring(self) -> None:
        self._window.comparison.table.end_progress()
        self.comparison.show_figures()

    @Slot()
    def _connect_columns(self) -> None:
        """Columns come and go with the models that are compared."""
        for column in self._window.comparison.columns:
            column.promoted.connect(partial(self._promote, column.run))

    def _promote(self, run: Run) -> None:
        self._project.show(run)
        self._window.show_workspace("playground")
        self._window.stage.scatter.plot.setFocus()

    @Slot(str)
    def _change_workspace(self, workspace: str) -> None:
        """Bring the workspace that comes to the front up to date."""
        if workspace == "comparison":
            self.playground.leave_sight()
            if self.tools:
                self.tools.path.stop()
            self.comparison.come_into_sight()
        else:
            self.comparison.leave_sight()
            if self._project.shown is not None:
                self._move_codes(self._project.shown)
            self.playground.come_into_sight()
        self._window.setup.controls.set_compares(workspace == "comparison")

    def _show_originals(self, run: Run) -> None:
        """Give the images that the model on screen learns from, as far as they are at hand, to who shows them."""
        dataset = self._engine.datasets.held(run.config.dataset)
        self.playground.show_originals(run, dataset)
        fits = dataset is not None and dataset.image_shape == run.image_shape
        for tool in self.tools:
            tool.set_dataset(dataset if fits else None)

    def _show_embedding(self, run: Run, done: int, total: int) -> None:
        if run is self._project.shown:
            self._window.stage.set_subtitle(
                self.tr("{run} · embedding the training images, {share}").format(
                    run=run.title, share=f"{done / max(total, 1):.0%}"
                )
            )

    def _show_subtitle(self, run: Run) -> None:
        if run.codes is None:
            self._window.stage.set_subtitle("")
            return
        text = self.tr("{count} test images").format(count=f"{len(run.codes):,}")
        if run.train_codes is not None:
            count = f"{len(run.train_codes):,}"
            text = self.tr("{test} and {count} training images").format(test=text, count=count)
        self._window.stage.set_subtitle(f"{run.title} · {text}")
