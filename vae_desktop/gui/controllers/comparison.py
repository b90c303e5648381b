"""Models side by side: one image, one cursor and the same random codes in the latent space of each."""

import time
from collections import Counter

import numpy as np
from PySide6.QtCore import QObject, QRectF, Slot

from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.engine import Engine
from vae_desktop.engine.processor import Pacer
from vae_desktop.engine.run import Comparison, Run
from vae_desktop.gui.controllers.compared_model import ComparedModel
from vae_desktop.gui.controllers.latent_point import LatentPoint
from vae_desktop.gui.controllers.linked_scatters import LinkedScatters
from vae_desktop.gui.controllers.point_panel import PointPanelController
from vae_desktop.gui.views.comparison.view import ComparisonView
from vae_desktop.gui.widgets.point_raster import bounds_of
from vae_desktop.latent.codes import Codes
from vae_desktop.latent.measures import COMPARED
from vae_desktop.latent.table import comparison_rows

_FIGURES_INTERVAL = 0.5  # seconds; figures that change more often cannot be read


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
        self._figures_pacer = Pacer(_FIGURES_INTERVAL, fraction=0.03)
        self.cursor.seen.connect(self._ask_all)
        point_panel.sliders_changed.connect(self._begin_sliders)
        self._links.image_changed.connect(self._show_image)
        view.image_chosen.connect(self._links.choose)
        view.common_scale.toggled.connect(self._change_options)
        view.points.currentIndexChanged.connect(self._change_options)
        view.raw_cursor.toggled.connect(self._change_unit)
        view.way.currentIndexChanged.connect(self._ask_all)
        view.views_changed.connect(self._ask_all)
        view.random_wanted.connect(self._draw_anew)
        view.table.measure_requested.connect(self._measure)
        view.table.cancel_requested.connect(engine.measurements.cancel)

    def model_of(self, run: Run) -> ComparedModel | None:
        """One of the models on show."""
        return next((model for model in self.models if model.run is run), None)

    # The models

    def show_models(self, comparison: Comparison) -> None:
        """Begin with other models, or with the same ones trained on."""
        self.leave_sight()
        if tuple(model.run for model in self.models) == comparison.runs:
            self._view.show_columns()
        else:
            self._view.set_models(comparison.runs)
            columns = self._view.columns
            self.models = [ComparedModel(column, self._view, self.cursor, self._engine.inference) for column in columns]
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
        self._show_slider_ranges(is_new=True)
        if self.models:
            self.show_originals(self._engine.datasets.held(self.models[0].run.config.dataset))
        self._view.curves.redraw()
        self.show_figures()
        self.measure_trained()

    def move_codes(self, run: Run) -> None:
        """Follow the codes of one of the models."""
        moved = self.model_of(run)
        if moved is None or run.codes is None or not self._view.isVisible():
            return
        moved.take_codes()
        self._view.set_images(len(run.codes))
        self._links.show_rings()
        if self._view.original.picture is None:  # the first codes say how many images there are
            self.show_originals(self._engine.datasets.held(run.config.dataset))
        if self._view.common_scale.isChecked():
            self._show_scale()
            self._ask_all()
        else:
            self._ask(moved)
        self.refresh_figures()

    def show_originals(self, dataset: Dataset | None) -> None:
        """Show the images behind the points, and the chosen one, if the data set is at hand."""
        for model in self.models:
            model.space.show_originals(dataset if dataset is not None and _is_of(model.run, dataset) else None)
        self._show_original(dataset)

    def _show_original(self, dataset: Dataset | None) -> None:
        image, picture = self._links.image, None
        if dataset is not None and self.models and _is_of(self.models[0].run, dataset) and image < len(dataset.test):
            picture = dataset.test.images[image].transpose(1, 2, 0)
        self._view.original.set_picture(picture)

    # What is shown of them

    @Slot()
    def _change_options(self) -> None:
        for model in self.models:
            model.take_codes()
            model.show_status()
            if model.run.codes is not None:
                self._view.set_images(len(model.run.codes))
        self._show_scale()
        self._ask_all()

    @Slot()
    def _change_unit(self) -> None:
        """Keep the cursor of the first model that has one where it is."""
        model = next((model for model in self.models if model.space.code is not None), None)
        code = None if model is None else model.space.code
        for entry in self.models:
            entry.take_codes()
        if model is not None and code is not None:
            model.space.go_to(code)
        self._view.show_unit()
        self._show_slider_ranges(is_new=True)
        self._change_options()

    @Slot()
    def _draw_anew(self) -> None:
        self._seed += 1
        self._ask_all()

    @Slot(int)
    def _show_image(self) -> None:
        self._view.image.setValue(self._links.chosen)
        if self.models:
            self._show_original(self._engine.datasets.held(self.models[0].run.config.dataset))
        self._ask_all()

    def _show_scale(self) -> None:
        """Show all codes on one scale, or each model's on its own."""
        rect = QRectF()
        if self._view.common_scale.isChecked():
            for model in self.models:
                rect = rect.united(bounds_of(model.column.plot.places))
        for model in self.models:
            model.column.scatter.set_minimum_view(rect)

    def _show_slider_ranges(self, is_new: bool) -> None:
        """Let the sliders cover the codes of all models that the cursor goes through, in its unit."""
        units = [
            model.space.unit.to_units(model.run.codes.mean)
            for model in self.models
            if model.space.code is not None and model.run.codes is not None
        ]
        if units and self._view.isVisible():
            self._point_panel.show_codes(Codes(np.concatenate(units), None, None), is_new)

    @Slot()
    def _begin_sliders(self) -> None:
        self._show_slider_ranges(is_new=True)

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

    def show_status(self, run: Run) -> None:
        """Say how one of the models is getting on."""
        model = self.model_of(run)
        if model is not None:
            model.show_status()

    def metrics_arrived(self, run: Run) -> None:
        """Losses of one of the models have come."""
        if self.model_of(run) is not None and self._view.isVisible():
            self._view.curves.refresh()
            self.refresh_figures()

    def refresh_figures(self) -> None:
        """Show the figures, not more often than can be read."""
        now = time.monotonic()
        if self._figures_pacer.is_due(now):
            self.show_figures()
            self._show_slider_ranges(is_new=False)
            self._figures_pacer.ran(now, time.monotonic())

    def show_figures(self) -> None:
        """Show the figures as they are now, with what has been measured."""
        if not self._view.isVisible():
            return
        runs = [model.run for model in self.models]
        rows = comparison_rows([model.figures() for model in self.models])
        steps = {run.measured_step for run in runs if run.measures}
        text = self.tr("neighbours and drawn images measured after step {steps}")
        self._view.table.set_rows([run.name for run in runs], rows)
        self._view.table.set_note(text.format(steps=", ".join(f"{step:,}" for step in sorted(steps))) if steps else "")
        for model in self.models:
            model.show_status()

    def measure_trained(self) -> None:
        """Measure models on show that have been trained since they were last measured."""
        trained = [model.run for model in self.models if model.run.status in ("finished", "stopped", "diverged")]
        stale = [run for run in trained if run.measured_step != run.progress.step]
        if stale and self._view.isVisible() and not self._engine.project.active:
            self._engine.measurements.start(stale, COMPARED)

    @Slot()
    def _measure(self) -> None:
        self._engine.measurements.start([model.run for model in self.models], COMPARED)


def _is_of(run: Run, dataset: Dataset) -> bool:
    """Whether a run's codes are those of a data set's test images."""
    is_same = dataset.config == run.config.dataset and dataset.image_shape == run.image_shape
    return is_same and run.codes is not None and len(run.codes) == len(dataset.test)
