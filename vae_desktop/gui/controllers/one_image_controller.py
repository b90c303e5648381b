"""Sends one image through the model on screen: what lies on the pad, at every stroke, or one of the data set."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QTimer, Signal, Slot

from vae_desktop.data.dataset import Dataset, Images
from vae_desktop.data.drawing_preprocessing import paper_of
from vae_desktop.engine.run import Run
from vae_desktop.engine.view_requests import CodeRequest, PosteriorRequest
from vae_desktop.errors import DataError
from vae_desktop.gui.controllers import pad_images
from vae_desktop.gui.controllers.image_point import ImagePoint
from vae_desktop.gui.controllers.nearness import NearestImages
from vae_desktop.gui.controllers.posterior_zoom import PosteriorZoom
from vae_desktop.gui.controllers.tool_controller import ToolContext, ToolController
from vae_desktop.gui.views.tools.one_image_view import OneImageView
from vae_desktop.language import tr

if TYPE_CHECKING:
    from vae_desktop.latent.one_image import Coded

_REST = 250  # ms without another image until real ones are looked for


class OneImageController(ToolController[OneImageView]):
    """Shows the way of one image, and puts the current point where its code is, or the code that was drawn.

    The image is that of the point under the mouse; else what was last asked for: a drawing, or an image of the data set
    by a click or by its number. One whose pixels are not at hand is shown from its posterior on.

    Attributes
    ----------
    image : array (C, H, W), uint8, or None while the pad is empty
        What lies on the pad, as the model is given it.
    coded : Coded or None
        What the model makes of the image at hand, as far as it is known.
    coded_image : int or None
        The image that `coded` is of: the one at hand, or until the answer comes the one before.
    number : int or None
        The image of the data set that was asked for; None while what lies on the pad is.
    image_point : ImagePoint
        Puts the current point where the image's code is.
    draws : int
        How often it was sampled again.
    """

    coded_changed = Signal()  # more is known of the image at hand, or of another one
    name = "drawing"

    def __init__(self, context: ToolContext) -> None:
        view = OneImageView()
        super().__init__(view, context)
        self.image: Images | None = None
        self.coded: Coded | None = None
        self.number: int | None = None
        self._hovered: int | None = None
        self.coded_image: int | None = None
        self.draws = 0  # the number of ε
        self._nearest = NearestImages(self.name, view.nearest, self._requests)
        self.image_point = ImagePoint(self._point, self)
        self._shape: tuple[int, int, int] | None = None
        self._marks_image = False  # its posterior is in the scatter because of the strip alone
        self._rest = QTimer(self, interval=_REST, singleShot=True)
        self._rest.timeout.connect(self._look_for_nearest)
        view.pad.changed.connect(self._take_drawing)
        view.pad.image_offered.connect(self._take_offered)
        view.preprocessing_box.toggled.connect(self._take_drawing)
        view.tools.number_chosen.connect(self._take_number)
        view.take_button.clicked.connect(self._lay_image)
        view.sample_button.clicked.connect(self._sample_again)
        view.nearest.load.clicked.connect(self.load_data)
        self._scatter.image_chosen.connect(self._choose)
        self._scatter.image_hovered.connect(self._hover)
        self._scatter.hover_ended.connect(self._hover)
        self._zoom = PosteriorZoom(view, self._scatter)
        self._show_nothing()

    @property
    def at_hand(self) -> int | None:
        """The image of the data set that is shown; None if it is what lies on the pad."""
        return self.number if self._hovered is None else self._hovered

    def pixels(self) -> Images | None:
        """The image (C, H, W) that is shown, if it is at hand."""
        return self.image if self.at_hand is None else pad_images.pixels_of(self.dataset, self.at_hand)

    def begin(self, run: Run) -> None:
        view = self.view
        self._hovered = None
        self.image_point.stop()
        if run.image_shape != self._shape:
            self._shape, self.image = run.image_shape, None
            view.set_image_shape(run.image_shape, view.pad.paper)
        view.tools.set_preprocessing(pad_images.preprocessing_tip(run.config.dataset))
        view.set_is_variational(run.config.model.traits.is_variational)
        self._show_nothing()
        if self.number is None and not view.pad.is_empty:  # the same drawing, through another model
            self._prepare(run)
        else:
            self.number = self.number or 0
        self._show_count(run)
        self._show_image()

    def take_images(self, dataset: Dataset) -> None:
        paper = paper_of(dataset.train.images[:1000])
        if self.view.pad.is_empty and paper != self.view.pad.paper:
            self.view.set_image_shape(dataset.image_shape, paper)
        if self.run is not None:
            self._show_count(self.run)
            self._show_image()

    def follow_codes(self, run: Run) -> None:
        """Ask again where what is shown depends on codes or weights that have changed."""
        self._show_title()  # the first codes say of which class the image is
        asked = self._requests.newest(self.name)
        is_outdated = isinstance(asked, PosteriorRequest) or (
            isinstance(asked, CodeRequest) and asked.config != run.shown_config
        )
        if asked is None or is_outdated:  # there may not have been any codes
            self._show_count(run)
            self._show_image()
            self.refresh()

    def ask(self, run: Run) -> bool:
        latent_dim, number = run.config.model.latent_dim, self.at_hand
        noise = np.random.default_rng(self.draws).standard_normal((1, latent_dim), np.float32)
        image = self.pixels()
        request: CodeRequest | PosteriorRequest
        if image is not None:
            request = CodeRequest(self.name, run.id, run.shown_config, image, noise)
        else:
            codes = None if number is None else pad_images.codes_of(run, number)
            if codes is None:
                self._show_nothing()
                return False
            request = PosteriorRequest(self.name, run.id, run.shown_config, codes, noise)
        self._requests.ask(request, partial(self._show, number))
        self._rest.start()
        if number is not None and number == self.number and self._scatter.chosen is None:
            self._scatter.set_chosen(number)  # its ellipses belong to the strip, wherever the point is
            self._marks_image = True
        return True

    def forget(self) -> None:
        super().forget()
        self.image_point.stop()
        self._scatter.set_given(None)
        if self._marks_image:
            self._marks_image = False
            self._scatter.set_chosen(None)

    # Which image

    @Slot()
    def _take_drawing(self) -> None:
        self.number = self._hovered = None
        if self.run is not None:
            self._prepare(self.run)
            self._show_image()
            self._begin_at_mean()

    @Slot(int)
    def _take_number(self, number: int) -> None:
        self.number, self._hovered, self._marks_image = number, None, False
        self._scatter.set_chosen(number)
        self._show_image()
        self._begin_at_mean()

    @Slot(int)
    def _choose(self, number: int) -> None:
        """The image of a point was clicked: the current point is there already."""
        self._take_number(number)

    @Slot()
    @Slot(int)
    def _hover(self, number: int | None = None) -> None:
        """Look at the image of a point, and go back to what was there."""
        self._hovered = number
        if self.view.is_in_sight:
            self._show_image()
            self.refresh()

    @Slot()
    def _lay_image(self) -> None:
        pixels = None if self.number is None else pad_images.pixels_of(self.dataset, self.number)
        if pixels is not None:
            self.view.pad.lay_image(pixels)

    @Slot(object)
    def _take_offered(self, offered: Path | Images) -> None:
        """Lay a picture file on the pad, or the pixels (h, w, 4) of a picture from the clipboard."""
        if self.run is None:
            self._engine.messages.complain(tr("Train or open a model first: its images say what becomes of this."))
            return
        try:
            image = pad_images.image_of_offered(offered, self.run)
        except DataError as error:
            self._engine.messages.complain(str(error))
            return
        self.view.pad.lay_image(image)

    @Slot()
    def _sample_again(self) -> None:
        self.draws += 1
        self.image_point.sample()
        self.refresh()

    def _begin_at_mean(self) -> None:
        """Another image has been asked for: the point goes to its mean."""
        self.image_point.begin()
        self.refresh()

    def _prepare(self, run: Run) -> None:
        """Make an image of what lies on the pad."""
        self.image = pad_images.image_on(self.view.pad, run, self.view.preprocessing_box.isChecked())
        if self.image is None:
            self._show_nothing()

    # What is shown

    def _show_count(self, run: Run) -> None:
        dataset, codes = self.dataset, run.codes
        count = len(dataset.test) if dataset is not None else 0 if codes is None else len(codes)
        hint = tr("Load {data} to draw on its images.").format(data=run.config.dataset.label)
        self.view.tools.set_image_count(count, dataset is not None, hint)
        if self.number is not None and count:
            known = count if run.all_codes is None else max(count, len(run.all_codes))
            self.number = self.number if self.number < known else 0

    def _show_image(self) -> None:
        """Show the image at hand at the first station, or say how to get it."""
        number, run = self.at_hand, self.run
        image = self.pixels()
        self._show_title()
        if number is None or run is None:
            self.view.pad.show_instead(None, "")
        else:
            text = tr("Load {data} to see this image. All else is here.").format(data=run.config.dataset.label)
            self.view.pad.show_instead(image, text if image is None else "")
        self.view.input.set_picture(None if image is None else np.ascontiguousarray(image.transpose(1, 2, 0)))

    def _show_title(self) -> None:
        number, run = self.at_hand, self.run
        title, of_test = tr("your image"), None
        if number is not None and run is not None:
            title, of_test = pad_images.title_of(run, number), pad_images.test_number(run, number)
        self.view.title.set_text(title)
        self.view.tools.show_number(of_test, self.number is None)

    def _show(self, number: int | None, coded: Coded) -> None:
        """Show what is known of an image; its first part may have been overtaken by all of it."""
        before = self.coded
        is_first = before is None or number != self.coded_image
        self.coded_image = number
        if before is None or coded.codes is not before.codes:
            self._show_reconstruction(number, coded, is_first and number is None)
        self.coded = coded
        if before is None:
            self._rest.start()
        if coded.loss is not None and coded.samples is not None:
            self.view.sample.set_picture(coded.samples[0])
            terms = [] if self.run is None else pad_images.terms_of(self.run, coded.loss)
            self.view.show_loss(coded.loss, terms)
            self.coded_changed.emit()

    def _show_reconstruction(self, number: int | None, coded: Coded, is_first: bool) -> None:
        """Show what a hand waits for, and move the point there, if it was a hand that asked."""
        self.view.show_reconstruction(coded.reconstruction, self.pixels())
        self.view.reconstruction.repaint()  # at once: the scatter takes longer, and would be painted before it
        follows = self._hovered is None and self.image_point.follow(coded.codes.mean[0], coded.drawn[0], is_first)
        if follows and number is None:
            self._scatter.set_given(coded.codes)
        mean, log_stddev = coded.codes.mean[0], coded.codes.log_stddev
        if log_stddev is None:
            self.view.show_numbers(mean)
        else:
            self.view.show_numbers(mean, np.exp(log_stddev[0]), coded.noise[0], coded.drawn[0])

    def _show_nothing(self) -> None:
        self.coded = None
        self.coded_changed.emit()
        self.view.show_nothing()
        self._nearest.forget(tr("Draw something, or click a point: what becomes of it appears here."))
        self._scatter.set_given(None)

    @Slot()
    def _look_for_nearest(self) -> None:
        number = self.at_hand
        if self.run is None or not self.view.is_in_sight or self.coded is None:
            return
        image = self.pixels()
        self.view.nearest.distance.setVisible(number is None)  # an image of the data set is its own nearest
        if image is not None or number is not None:
            self._nearest.look_for(self.run, self.dataset, self.coded.codes.mean[0], image)
