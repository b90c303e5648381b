"""Models side by side: one image, one cursor and the same random codes in the latent space of each."""

import time
from collections import Counter
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QObject, QRectF, QTimer, Slot

from vae_desktop.config import DatasetConfig
from vae_desktop.dataset_catalog import describe_dataset
from vae_desktop.engine.engine import Engine
from vae_desktop.engine.run import Comparison, Run
from vae_desktop.gui.controllers.compared_model import ComparedModel
from vae_desktop.gui.controllers.latent_point import LatentPoint, PointPanelController
from vae_desktop.gui.controllers.linked_scatters import LinkedScatters
from vae_desktop.gui.views.comparison.view import ComparisonView
from vae_desktop.gui.widgets.point_raster import bounds_of
from vae_desktop.language import tr
from vae_desktop.latent.codes import Codes
from vae_desktop.latent.comparison import comparison_rows
from vae_desktop.latent.measures import COMPARED
from vae_desktop.progress import Pacer

_FIGURES_INTERVAL = 0.5  # seconds; figures that change more often cannot be read
_RESTS = 80  # ms after which a playhead counts as at rest


class ComparisonController(QObject):
    """Keeps the columns at one image and one cursor, and shows the models' figures."""

    def __init__(self, view: ComparisonView, point_panel: PointPanelController, engine: Engine) -> None:
        super().__init__(view)
        self._view = view
        self._point_panel = point_panel
        self._engine = engine
        self.models: list[ComparedModel] = []
        self.cursor = LatentPoint(self)  # in standard deviations from the middle of each model's codes, or in z itself
        self._links = LinkedScatters(self)
        self._seed = 0
        # Once all columns have their size: each shows as many pictures as the others.
        self._resizing = QTimer(self, singleShot=True, interval=0)
        self._resizing.timeout.connect(self._ask_all)
        self._figures_pacer = Pacer(_FIGURES_INTERVAL, fraction=0.03)
        self._later = QTimer(self, singleShot=True, interval=_RESTS)
        self._later.timeout.connect(self._refresh_figures)
        project, measurements = engine.project, engine.measurements
        project.codes_changed.connect(self._move_codes)
        project.metrics_changed.connect(self._show_losses)
        project.measures_changed.connect(self._refresh_figures)
        project.runs_changed.connect(self._show_statuses)
        project.step_observed.connect(self._show_statuses, max_args=0)
        engine.datasets.loaded.connect(self._show_originals)
        engine.training.state_changed.connect(self._measure_trained)
        measurements.progressed.connect(view.table.show_progress)
        measurements.ended.connect(view.table.end_progress)
        measurements.ended.connect(self._show_figures)
        self.cursor.seen.connect(self._ask_all)
        point_panel.sliders_changed.connect(self._show_slider_ranges)
        self._links.image_changed.connect(self._show_image)
        view.image_chosen.connect(self._links.choose)
        view.common_scale.toggled.connect(self._change_options)
        view.points_changed.connect(self._change_options)
        view.raw_cursor.toggled.connect(self._change_unit)
        view.way.currentIndexChanged.connect(self._ask_all)
        view.way.currentIndexChanged.connect(self._show_figures)
        view.views_changed.connect(self._ask_all)
        view.random_wanted.connect(self._draw_anew)
        view.sample_wanted.connect(self._sample_again)
        view.table.measure_requested.connect(self._measure)
        view.table.cancel_requested.connect(measurements.cancel)

    # The models

    def show_models(self, comparison: Comparison) -> None:
        """Begin with other models, or with the same ones trained on."""
        self.leave_sight()
        if tuple(model.run for model in self.models) == comparison.runs:
            self._view.show_columns()
        else:
            self._view.set_models(comparison.runs)
            columns = self._view.columns
            self.models = [ComparedModel(column, self._view, self.cursor, self._engine) for column in columns]
            for column in columns:
                for board in (column.grid, column.random):
                    board.resized.connect(self._resizing.start)
            self._links.link([column.scatter for column in columns])
            dimensions = Counter(model.latent_dim for model in self.models)
            self.cursor.resize(dimensions.most_common(1)[0][0])
            self.cursor.move_to(np.zeros_like(self.cursor.code))
        self.come_into_sight()

    def leave_sight(self) -> None:
        """Nothing more is wanted for the columns."""
        for model in self.models:
            model.leave_sight()

    def come_into_sight(self) -> None:
        """The workspace is shown: what has changed meanwhile is shown too."""
        self._point_panel.follow(self.cursor, self._view.shared)
        for model in self.models:
            model.space.resume()
        self._change_options()
        self._show_slider_ranges()
        self._show_originals()
        self._show_data()
        self._view.curves.redraw()
        self._show_figures()
        self._measure_trained()

    def _move_codes(self, run: Run) -> None:
        """Follow the codes of one of the models."""
        moved = next((model for model in self.models if model.run is run), None)
        if moved is None or run.awaits_codes or not self._view.isVisible():
            return
        moved.take_codes()
        self._links.show_rings()
        self._show_original()  # the first codes say how many images there are
        if self._view.common_scale.isChecked():
            self._show_scale()
            self._ask_all()
        else:
            self._ask(moved)
        self._refresh_figures()

    def _show_originals(self) -> None:
        """Show the images behind the points, and the chosen one, if the data set is at hand."""
        for model in self.models:
            model.space.show_originals()
        self._show_original()
        self._show_data()

    def _show_data(self) -> None:
        """Say which data set the comparisons with settings of their own would take."""
        if self._view.isVisible():
            name = "mnist" if self._engine.datasets.is_there(DatasetConfig("mnist")) else "digits"
            self._view.editor.set_data(tr(describe_dataset(name).label))

    def _show_original(self) -> None:
        dataset, image = self.models[0].space.dataset if self.models else None, self._links.image
        picture = None
        if dataset is not None and image < len(dataset.test):
            picture = dataset.test.images[image].transpose(1, 2, 0)
        self._view.original.set_picture(picture)

    # What is shown of them

    @Slot()
    def _change_options(self) -> None:
        for model in self.models:
            model.take_codes()
            model.show_status()
        self._show_scale()
        self._ask_all()

    @Slot()
    def _change_unit(self) -> None:
        """Keep the cursor of the first model that has one where it is."""
        model = next((model for model in self.models if model.space.code is not None), None)
        code = None if model is None else model.space.code
        self._change_options()
        if model is not None and code is not None:
            model.space.go_to(code)
        self._view.show_unit()
        self._show_slider_ranges()

    @Slot()
    def _draw_anew(self) -> None:
        self._seed += 1
        self._ask_all()

    @Slot()
    def _sample_again(self) -> None:
        """Decode another sample of the image's posterior in each model, with the same ε."""
        for model in self.models:
            model.draw += 1
            self._ask(model)

    @Slot(int)
    def _show_image(self) -> None:
        self._view.image.setValue(self._links.chosen)
        for model in self.models:
            model.draw = 0
        self._show_original()
        self._ask_all()

    def _show_scale(self) -> None:
        """Show all codes on one scale, or each model's on its own."""
        rect = QRectF()
        if self._view.common_scale.isChecked():
            for model in self.models:
                rect = rect.united(bounds_of(model.column.plot.positions))
        for model in self.models:
            model.column.scatter.set_minimum_view(rect)

    @Slot()
    def _show_slider_ranges(self, is_new: bool = True) -> None:
        """Let the sliders cover the codes of all models that the cursor goes through, in its unit."""
        units = [
            model.space.unit.to_units(model.run.codes.mean)
            for model in self.models
            if model.space.code is not None and model.run.codes is not None
        ]
        if units and self._view.isVisible():
            self._point_panel.show_codes(Codes(np.concatenate(units), None, None), is_new)

    @Slot()
    def _ask_all(self) -> None:
        for model in self.models:
            self._ask(model)

    def _ask(self, model: ComparedModel) -> None:
        """Ask for what is in sight of a model, its grid around its own codes or on a scale the same for all."""
        middle, reach = model.region()
        if self._view.common_scale.isChecked():
            widest = max(float((np.abs(at) + by).max()) for at, by in (entry.region() for entry in self.models))
            middle, reach = np.zeros_like(middle), np.full_like(reach, widest)
        model.ask(self._links.image, self._seed, middle, reach)

    # Figures

    def _show_statuses(self) -> None:
        for model in self.models:
            model.show_status()

    def _show_losses(self, run: Run) -> None:
        if any(model.run is run for model in self.models):
            self._view.curves.refresh()
            self._refresh_figures()

    @Slot()
    def _refresh_figures(self) -> None:
        """Show the figures, not more often than can be read."""
        now = time.monotonic()
        if self._figures_pacer.is_due(now):
            self._show_figures()
            self._show_slider_ranges(is_new=False)
            self._figures_pacer.ran(now, time.monotonic())
        elif self._view.isVisible():  # no others need come after these
            self._later.start()

    def _show_figures(self) -> None:
        """Show the figures as they are now, with what has been measured."""
        if not self._view.isVisible():
            return
        runs = [model.run for model in self.models]
        rows = comparison_rows([model.figures() for model in self.models])
        self._view.table.set_rows([run.compared_title for run in runs], rows)
        for model in self.models:
            model.show_caption()
        self._view.table.set_note(_steps_of_figures(runs))
        self._show_statuses()

    def _measure_trained(self) -> None:
        """Measure models on show that have been trained since they were last measured."""
        trained = [model.run for model in self.models if model.run.status in ("finished", "stopped", "diverged")]
        datasets = self._engine.datasets  # images that are elsewhere are not asked for
        trained = [run for run in trained if run.followed is None or datasets.of(run) is not None]
        stale = [run for run in trained if run.progress.step not in run.measured]
        if stale and self._view.isVisible() and self._engine.training.state in ("idle", "failed"):
            self._engine.measurements.start(stale, COMPARED, of_now=True)

    @Slot()
    def _measure(self) -> None:
        self._engine.measurements.start([model.run for model in self.models], COMPARED)


def _steps_of_figures(runs: Sequence[Run]) -> str:
    """Say of which steps the measured figures are, and the losses where they are of others than the one on screen."""
    judged = [run.shown_evaluation for run in runs if run.moment is not None]
    found = {
        tr("losses after step {steps}"): {entry.step for entry in judged if entry is not None},
        tr("measured after step {steps}"): {run.measured_step for run in runs if run.measures},
    }
    listed = {text: ", ".join(f"{step:,}" for step in sorted(steps)) for text, steps in found.items() if steps}
    return " · ".join(text.format(steps=steps) for text, steps in listed.items())
