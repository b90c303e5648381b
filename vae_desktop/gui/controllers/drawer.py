"""Sends what lies on the pad through the model on screen, at every stroke."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QTimer, Slot
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog

from vae_desktop.catalog import describe_dataset
from vae_desktop.data.custom.image_file import image_of_file, image_of_pixels
from vae_desktop.data.dataset import Dataset, Images
from vae_desktop.data.drawing_preprocessing import image_of_drawing, paper_of
from vae_desktop.engine.engine import Engine
from vae_desktop.engine.inference import InferenceThread
from vae_desktop.engine.run import Run
from vae_desktop.engine.view_requests import CodeRequest
from vae_desktop.errors import DataError
from vae_desktop.gui.controllers.latent_point import LatentPoint
from vae_desktop.gui.controllers.neighbours import Neighbours
from vae_desktop.gui.controllers.tool import Tool
from vae_desktop.gui.views.stage.latent_scatter import LatentScatter
from vae_desktop.gui.views.tools.drawing_view import DrawingView
from vae_desktop.latent.codes import Floats

if TYPE_CHECKING:
    from vae_desktop.latent.one_image import Coded, ImageLoss

_CODED = "drawing"
_SAMPLES, _ACROSS = 9, 3
_REST = 250  # ms without a stroke until real images are looked for


class Drawer(Tool):
    """The current point goes where the drawing's code is, and the drawing's posterior is shown there."""

    def __init__(
        self, view: DrawingView, scatter: LatentScatter, session: Engine, point: LatentPoint, requests: InferenceThread
    ) -> None:
        super().__init__(view, session, point, requests)
        self._view = view
        self._scatter = scatter
        self._neighbours = Neighbours(_CODED, view.nearest, requests)
        self._image: Images | None = None  # as the model is given it
        self._shape: tuple[int, int, int] | None = None
        self._coded: Coded | None = None
        self._moves_point = False  # with the next answer: a hand has drawn
        self._moved_to: Floats | None = None  # as long as the point stays there, it goes on with the drawing's code
        self._rest = QTimer(self, interval=_REST, singleShot=True)
        self._rest.timeout.connect(self._look_for_neighbours)
        view.pad.changed.connect(self._take_drawing)
        view.pad.image_offered.connect(self._take_offered)
        view.framing_toggled.connect(self._take_drawing)
        view.image_wanted.connect(self._take_test_image)
        view.file_wanted.connect(self._ask_for_file)
        view.nearest.data_wanted.connect(self.load_data)
        self._show_nothing()

    @property
    def image(self) -> Images | None:
        """What lies on the pad (C, H, W), as the model is given it; None while it is empty."""
        return self._image

    def begin(self) -> None:
        run, view = self.run, self._view
        if run.image_shape != self._shape:
            self._shape, self._image = run.image_shape, None
            view.set_image_shape(run.image_shape, view.pad.paper)
        self._coded = None
        preprocessing = describe_dataset(run.config.dataset.name).preprocessing
        tip = ""
        if preprocessing is not None:
            middle = self.tr("its centre of mass") if preprocessing.by_mass else self.tr("its middle")
            tip = self.tr(
                "As the images of {data} were made: the longer side of the ink becomes {share} of the image's, and "
                "{middle} is moved to the middle. Source: {source}."
            ).format(
                data=run.config.dataset.label,
                share=f"{preprocessing.fraction:.0%}",
                middle=middle,
                source=preprocessing.source,
            )
        view.set_framing(tip)
        hint = self.tr("Load {data} to pick from its images.").format(data=run.config.dataset.label)
        view.set_image_count(0, hint)
        self._show_nothing()
        if not view.pad.is_empty:  # the same drawing, through another model
            self._prepare()

    def set_dataset(self, dataset: Dataset | None) -> None:
        if dataset is self.dataset:
            return
        if dataset is not None:
            self._view.set_image_count(len(dataset.test), "")
            paper = paper_of(dataset.train.images[:1000])
            if self._view.pad.is_empty and paper != self._view.pad.paper:
                self._view.set_image_shape(dataset.image_shape, paper)
        super().set_dataset(dataset)

    def move_codes(self, run: Run) -> None:
        """The model follows by itself; what its loss is made of may have been changed."""
        asked = self._requests.newest(_CODED)
        if isinstance(asked, CodeRequest) and asked.config is not run.config:
            self.refresh()

    @Slot()
    def refresh(self) -> None:
        run = self.run
        if run is None or self._image is None or not self.is_in_sight:
            self._requests.forget(_CODED)
            self._scatter.set_given(None)
            return
        noise = np.random.default_rng(0).standard_normal((_SAMPLES, run.config.model.latent_dim), np.float32)
        self._requests.ask(CodeRequest(_CODED, run.id, run.config, self._image, noise), self._show)
        self._rest.start()

    @Slot()
    def _take_drawing(self) -> None:
        if self.run is None:
            return
        self._prepare()
        self._moves_point = True
        self.refresh()

    def _prepare(self) -> None:
        """Make an image of what lies on the pad."""
        pad = self._view.pad
        if pad.is_empty:
            self._image = None
            self._show_nothing()
            return
        preprocessing = describe_dataset(self.run.config.dataset.name).preprocessing
        uses_framing = preprocessing is not None and pad.is_drawing and self._view.frames.isChecked()
        self._image = image_of_drawing(
            pad.pixels(), pad.paper, self.run.image_shape, preprocessing if uses_framing else None
        )
        self._view.input.set_picture(np.ascontiguousarray(self._image.transpose(1, 2, 0)))

    def _show(self, coded: Coded) -> None:
        """Show what is known of an image; its first part may have been overtaken by all of it."""
        if self._coded is None or coded.codes is not self._coded.codes:
            self._show_reconstruction(coded, is_first=self._coded is None)
        self._coded = coded
        if coded.loss is None or coded.samples is None:
            return
        view = self._view
        view.samples.set_tiles(len(coded.samples), self.run.image_shape[1:], columns=_ACROSS)
        view.samples.set_pictures(coded.samples)
        has_posterior = coded.codes.log_stddev is not None
        several = self.tr("from {count} samples").format(count=len(coded.samples))
        view.set_samples_caption(several if has_posterior else self.tr("its one code"))
        self._show_figures(self.run, coded.loss)

    def _show_reconstruction(self, coded: Coded, is_first: bool) -> None:
        """Show what a hand waits for, and move the point there, if it was a hand that asked."""
        self._view.reconstruction.set_picture(coded.reconstruction)
        self._view.reconstruction.repaint()  # at once: the scatter takes longer, and would be painted before it
        stays = self._moved_to is not None and np.array_equal(self._point.code, self._moved_to)
        if self._moves_point or is_first or stays:
            self._moves_point = False
            self._scatter.set_given(coded.codes)
            self._point.move_to(coded.codes.mean[0])
            self._moved_to = self._point.code

    def _show_figures(self, run: Run, loss: ImageLoss) -> None:
        """The terms with their weights, which add up to the loss."""
        likelihood = run.config.model.judged_by
        terms = [(likelihood.quantity.capitalize(), loss.kind.reconstruction_weight, loss.reconstruction)]
        if loss.kl is not None:
            terms.append((self.tr("KL (nats)"), loss.kl_weight, loss.kl))
        rows = [(name, "" if weight == 1 else f"{weight:g} ×", _figure(value)) for name, weight, value in terms]
        rows.append((self.tr("Loss"), "", _figure(loss.total)))
        several = self.tr("mean of the {count} samples:").format(count=_SAMPLES)
        self._view.set_figures(rows, several if loss.kl is not None else "")

    def _show_nothing(self) -> None:
        self._coded = None
        view = self._view
        view.input.set_picture(None)
        view.reconstruction.set_picture(None)
        view.samples.set_pictures(None)
        view.set_samples_caption("")
        view.set_figures([])
        self._neighbours.forget(self.tr("Draw something: what becomes of it appears here."))
        self._scatter.set_given(None)

    @Slot()
    def _look_for_neighbours(self) -> None:
        if self.is_in_sight and self._image is not None and self._coded is not None:
            self._neighbours.look_for(self.run, self.dataset, self._coded.codes.mean[0], self._image)

    # Images that come from elsewhere

    @Slot(int)
    def _take_test_image(self, number: int) -> None:
        if self.dataset is not None and number < len(self.dataset.test):
            self._view.pad.lay_image(self.dataset.test.images[number])

    @Slot(object)
    def _take_offered(self, offered: Path | QImage) -> None:
        if self.run is None:
            self.failed.emit(self.tr("Train or open a model first: its images say what becomes of this one."))
            return
        try:
            if isinstance(offered, QImage):
                image = image_of_pixels(_pixels(offered), self.run.image_shape)
            else:
                image = image_of_file(offered, self.run.image_shape)
        except DataError as error:
            self.failed.emit(str(error))
            return
        self._view.pad.lay_image(image)

    @Slot()
    def _ask_for_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self._view, self.tr("Lay a picture on the pad"))
        if name:
            self._take_offered(Path(name))


def _figure(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 1e5 else f"{value:.3g}"


def _pixels(image: QImage) -> Images:
    """The pixels (h, w, 4) of a picture from the clipboard."""
    image = image.convertToFormat(QImage.Format.Format_RGBA8888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 4 * image.width()].reshape(image.height(), image.width(), 4).copy()
