"""Sends what lies on the pad through the model on screen, at every stroke."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QTimer, Slot

from vae_desktop.catalog import describe_dataset
from vae_desktop.data.custom.image_file import image_of_file, image_of_pixels
from vae_desktop.data.dataset import Dataset, Images
from vae_desktop.data.drawing_preprocessing import image_of_drawing, paper_of
from vae_desktop.engine.run import Run
from vae_desktop.engine.view_requests import CodeRequest
from vae_desktop.errors import DataError
from vae_desktop.gui.controllers.nearness import NearestImages
from vae_desktop.gui.controllers.tool_controller import ToolContext, ToolController
from vae_desktop.gui.views.tools.drawing_view import DrawingView
from vae_desktop.latent.codes import Floats

if TYPE_CHECKING:
    from vae_desktop.latent.one_image import Coded, ImageLoss

_SAMPLES, _ACROSS = 9, 3
_REST = 250  # ms without a stroke until real images are looked for


class DrawingController(ToolController[DrawingView]):
    """The current point goes where the drawing's code is, and the drawing's posterior is shown there.

    Attributes
    ----------
    image : array (C, H, W), uint8, or None while the pad is empty
        What lies on the pad, as the model is given it.
    coded : Coded or None
        What the model makes of the image, as far as it is known.
    """

    name = "drawing"

    def __init__(self, context: ToolContext) -> None:
        view = DrawingView()
        super().__init__(view, context)
        self.image: Images | None = None
        self.coded: Coded | None = None
        self._nearest = NearestImages(self.name, view.nearest, self._requests)
        self._shape: tuple[int, int, int] | None = None
        self._moves_point = False  # with the next answer: a hand has drawn
        self._moved_to: Floats | None = None  # as long as the point stays there, it goes on with the drawing's code
        self._rest = QTimer(self, interval=_REST, singleShot=True)
        self._rest.timeout.connect(self._look_for_nearest)
        view.pad.changed.connect(self._take_drawing)
        view.pad.image_offered.connect(self._take_offered)
        view.preprocessing_box.toggled.connect(self._take_drawing)
        view.number.valueChanged.connect(self._take_test_image)
        view.take_button.clicked.connect(self._take_test_image)
        view.nearest.load.clicked.connect(self.load_data)
        self._show_nothing()

    def begin(self, run: Run) -> None:
        view, dataset = self.view, run.config.dataset
        if run.image_shape != self._shape:
            self._shape, self.image = run.image_shape, None
            view.set_image_shape(run.image_shape, view.pad.paper)
        rule = describe_dataset(dataset.name).preprocessing
        tip = ""
        if rule is not None:
            middle = self.tr("its centre of mass") if rule.by_mass else self.tr("its middle")
            tip = self.tr(
                "As the images of {data} were made: the longer side of the ink becomes {fraction} of the image's, and "
                "{middle} is moved to the middle. Source: {source}."
            ).format(data=dataset.label, fraction=f"{rule.fraction:.0%}", middle=middle, source=rule.source)
        view.set_preprocessing(tip)
        view.set_image_count(0, self.tr("Load {data} to pick from its images.").format(data=dataset.label))
        self._show_nothing()
        if not view.pad.is_empty:  # the same drawing, through another model
            self._prepare(run)

    def take_images(self, dataset: Dataset) -> None:
        self.view.set_image_count(len(dataset.test), "")
        paper = paper_of(dataset.train.images[:1000])
        if self.view.pad.is_empty and paper != self.view.pad.paper:
            self.view.set_image_shape(dataset.image_shape, paper)

    def follow_codes(self, run: Run) -> None:
        """Ask again where what the loss is made of has been changed."""
        asked = self._requests.newest(self.name)
        if isinstance(asked, CodeRequest) and asked.config is not run.config:
            self.refresh()

    def ask(self, run: Run) -> bool:
        if self.image is None:
            return False
        noise = np.random.default_rng(0).standard_normal((_SAMPLES, run.config.model.latent_dim), np.float32)
        self._requests.ask(CodeRequest(self.name, run.id, run.config, self.image, noise), self._show)
        self._rest.start()
        return True

    def forget(self) -> None:
        super().forget()
        self._scatter.set_given(None)

    @Slot()
    def _take_drawing(self) -> None:
        if self.run is not None:
            self._prepare(self.run)
            self._moves_point = True
            self.refresh()

    def _prepare(self, run: Run) -> None:
        """Make an image of what lies on the pad."""
        pad = self.view.pad
        if pad.is_empty:
            self.image = None
            self._show_nothing()
            return
        follows_rule = pad.is_drawing and self.view.preprocessing_box.isChecked()
        rule = describe_dataset(run.config.dataset.name).preprocessing if follows_rule else None
        self.image = image_of_drawing(pad.pixels(), pad.paper, run.image_shape, rule)
        self.view.input.set_picture(np.ascontiguousarray(self.image.transpose(1, 2, 0)))

    def _show(self, coded: Coded) -> None:
        """Show what is known of an image; its first part may have been overtaken by all of it."""
        if self.coded is None or coded.codes is not self.coded.codes:
            self._show_reconstruction(coded, is_first=self.coded is None)
        self.coded = coded
        if coded.loss is None or coded.samples is None:
            return
        samples = self.view.samples
        samples.set_tiles(len(coded.samples), coded.samples.shape[1:3], columns=_ACROSS)
        samples.set_pictures(coded.samples)
        has_posterior = coded.codes.log_stddev is not None
        several = self.tr("from {count} samples").format(count=len(coded.samples))
        self.view.samples_caption.set_caption(several if has_posterior else self.tr("its one code"))
        self._show_loss(coded.loss)

    def _show_reconstruction(self, coded: Coded, is_first: bool) -> None:
        """Show what a hand waits for, and move the point there, if it was a hand that asked."""
        self.view.reconstruction.set_picture(coded.reconstruction)
        self.view.reconstruction.repaint()  # at once: the scatter takes longer, and would be painted before it
        stays = self._moved_to is not None and np.array_equal(self._point.code, self._moved_to)
        if self._moves_point or is_first or stays:
            self._moves_point = False
            self._scatter.set_given(coded.codes)
            self._point.move_to(coded.codes.mean[0])
            self._moved_to = self._point.code

    def _show_loss(self, loss: ImageLoss) -> None:
        """Show the terms with their weights, which add up to the loss."""
        if self.run is None:
            return
        quantity = self.run.config.model.judged_by.quantity.capitalize()
        terms = [(quantity, loss.kind.reconstruction_weight, loss.reconstruction)]
        if loss.kl is not None:
            terms.append((self.tr("KL (nats)"), loss.kl_weight, loss.kl))
        several = self.tr("mean of the {count} samples:").format(count=_SAMPLES)
        self.view.show_loss(terms, loss.total, several if loss.kl is not None else "")

    def _show_nothing(self) -> None:
        self.coded = None
        self.view.show_nothing()
        self._nearest.forget(self.tr("Draw something: what becomes of it appears here."))
        self._scatter.set_given(None)

    @Slot()
    def _look_for_nearest(self) -> None:
        if self.run is not None and self.view.is_in_sight and self.image is not None and self.coded is not None:
            self._nearest.look_for(self.run, self.dataset, self.coded.codes.mean[0], self.image)

    # Images that come from elsewhere

    @Slot()
    def _take_test_image(self) -> None:
        number = int(self.view.number.value())
        if self.dataset is not None and number < len(self.dataset.test):
            self.view.pad.lay_image(self.dataset.test.images[number])

    @Slot(object)
    def _take_offered(self, offered: Path | Images) -> None:
        """Lay a picture file on the pad, or the pixels (h, w, 4) of a picture from the clipboard."""
        if self.run is None:
            text = self.tr("Train or open a model first: its images say what becomes of this one.")
            self._engine.messages.complain(text)
            return
        shape = self.run.image_shape
        try:
            image = image_of_file(offered, shape) if isinstance(offered, Path) else image_of_pixels(offered, shape)
        except DataError as error:
            self._engine.messages.complain(str(error))
            return
        self.view.pad.lay_image(image)
