"""The images of the data set that was loaded last, or that the model on screen learns from, as the model gets them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Signal, Slot

from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.run import Run
from vae_desktop.engine.view_requests import CodeRequest
from vae_desktop.gui.controllers import image_texts
from vae_desktop.gui.controllers.image_actions import ImageActions
from vae_desktop.gui.controllers.image_orders import BY_MODEL, ImageOrders
from vae_desktop.gui.controllers.images_on_sheet import ImagesOnSheet
from vae_desktop.gui.controllers.pad_images import picture_of, pixels_of
from vae_desktop.gui.controllers.tool_controller import ToolContext, ToolController
from vae_desktop.gui.views.tools.images_view import ImagesView
from vae_desktop.language import tr
from vae_desktop.latent.error_map import error_map

if TYPE_CHECKING:
    from vae_desktop.latent.one_image import Coded


class ImagesController(ToolController[ImagesView]):
    """Shows a data set on a sheet, and what is known of the image chosen there.

    Attributes
    ----------
    images : Dataset or None
        That is shown.
    sheet : ImagesOnSheet
        Those of its images that are on the sheet.
    actions : ImageActions
    """

    wanted = Signal()  # it has something to show that was asked for elsewhere
    name = "images"

    def __init__(self, context: ToolContext) -> None:
        super().__init__(ImagesView(), context)
        self.images: Dataset | None = None
        self._orders = ImageOrders(self._engine, self._scatter)
        self.sheet = ImagesOnSheet(self.view, self._orders)
        self.actions = ImageActions(self.view.chosen, self._orders, self._engine)
        self._coded: Coded | None = None  # of the image chosen
        self._is_outdated = False
        view = self.view
        self.sheet.chosen_changed.connect(self._show_chosen)
        view.sheet.activated.connect(self._go)
        view.sheet.undo_requested.connect(self.actions.notes.undo)
        view.chosen.go_requested.connect(self._go)
        view.load.clicked.connect(self.load_data)
        self._scatter.selection.bar.images_requested.connect(self._show_selection)
        self._scatter.selection.changed.connect(self._follow_selection)
        self._scatter.image_chosen.connect(self._choose)
        self._show_none()

    def start(self) -> None:
        super().start()
        self._engine.datasets.loaded.connect(self._show)
        self._engine.marks.changed.connect(self._follow_marks)
        self._engine.findings.found.connect(self._refill)
        self._engine.findings.failed.connect(self.sheet.show_failure)
        self._engine.findings.progressed.connect(self.sheet.show_progress)

    @property
    def are_learned(self) -> bool:
        """Whether the images are those that the model on screen learns from."""
        return self.images is not None and self.dataset is self.images

    def begin(self, run: Run) -> None:
        dataset = self._engine.datasets.of(run)
        self._is_outdated = True
        if dataset is not None:
            self._show(dataset)
        elif self.images is None:
            self._show_none()

    def ask(self, run: Run) -> bool:
        """Ask for the reconstruction of the image chosen."""
        self._catch_up_with_images()
        number, view = self.sheet.number, self.view.chosen
        image = None if number is None else pixels_of(self.images, number)
        if image is None or not self.are_learned:
            reason = "" if image is None else tr("not of the model on screen")
            view.show_reconstruction(None, None, reason)
            return False
        noise = np.zeros((1, run.config.model.latent_dim), np.float32)
        self._requests.ask(CodeRequest(self.name, run.id, run.shown_config, image, noise), self._take_coded)
        return True

    def follow_codes(self, run: Run) -> None:
        """Ask again where the settings of the model have changed."""
        if self.view.is_in_sight and self.view.order.value() in BY_MODEL and self.are_learned and not run.is_in_motion:
            self._refill()
        asked = self._requests.newest(self.name)
        if not isinstance(asked, CodeRequest) or asked.config != run.shown_config:
            self.refresh()

    # The sheet

    def _show(self, dataset: Dataset) -> None:
        """Show another data set, once it can be seen."""
        self._is_outdated = self._is_outdated or dataset is not self.images
        self.images = dataset
        self._catch_up_with_images()

    @Slot()
    def refresh(self) -> None:
        if self.run is None and self.view.is_in_sight:
            self._catch_up_with_images()
        super().refresh()

    def _catch_up_with_images(self) -> None:
        if self.images is None or not self._is_outdated or not self.view.is_in_sight:
            return
        self._is_outdated = False
        self._orders.dataset, self._orders.run = self.images, self.run if self.are_learned else None
        self._orders.take_marks()
        self.sheet.show_reasons()
        self._show_note()
        self.view.show_report(*image_texts.report_lines(self.images))
        self.sheet.fill()

    def _show_note(self) -> None:
        """Say how the images differ from those of the model on screen; a person's own are read where they are not."""
        run, known, is_own = self.run, self._engine.known_images, False
        if self.are_learned and run is not None and self.images is not None:
            self.view.show_note(known.difference(run, self.images))
        else:
            self.view.show_note("")
            is_own = run is not None and run.config.dataset.is_custom
        self.view.offer_load(run.config.dataset.label if run is not None and is_own else "")

    def _show_none(self) -> None:
        text = tr("No images are loaded. Choose a data set in Setup, or your own by File ▸ Open folder of images.")
        if self.run is not None:
            data = replace(self.run.config.dataset, excluded="")
            text = tr("Choose {data} in Setup to see the images that the model on screen learns from.")
            if data.is_custom:  # its path came with the model: nobody has asked for it to be read
                text = tr("The images of the model on screen have not been read.")
            text = text.format(data=data.label)
        self._show_note()
        self.view.about.set_text("")
        self.view.sheet.set_empty_text(text)
        self.view.chosen.show_nothing("")

    # The image chosen

    @Slot()
    def _show_chosen(self) -> None:
        """Show what is known of the image chosen."""
        dataset, number, view = self._orders.dataset, self.sheet.number, self.view.chosen
        self._coded = None
        if dataset is None or number is None:
            view.show_nothing(tr("Click an image to see it here."))
        else:
            title, place = image_texts.title_of(dataset, number), image_texts.place_of(dataset, number)
            count = len(self.sheet.chosen)
            if count > 1:
                title = tr("{count:,} chosen · {image}").format(count=count, image=title)
            view.show_image(picture_of(dataset, number), title, place, self._orders.why(number))
        self.actions.show(self.sheet.chosen, number)
        self.refresh()

    @Slot(int)
    def _choose(self, number: int) -> None:
        """Choose the image whose code was clicked in the plot, if it is on the sheet."""
        places = np.flatnonzero(self.sheet.numbers == number)
        if self.view.is_in_sight and self.are_learned and len(places) and number != self.sheet.number:
            self.view.sheet.choose(places[:1], int(places[0]))

    def _take_coded(self, coded: Coded) -> None:
        """Show what the model makes of the image chosen."""
        dataset, number = self._orders.dataset, self.sheet.number
        if dataset is not None and number is not None:
            self._coded = coded
            error = error_map(picture_of(dataset, number), coded.reconstruction)
            self.view.chosen.show_reconstruction(coded.reconstruction, error)

    @Slot()
    def _go(self) -> None:
        """Put the current point where the code of the image chosen is."""
        number, drawn = self.sheet.number, self._scatter.drawn
        if number is None or self._coded is None or not self.are_learned:
            return
        if drawn is not None and number < len(drawn):
            self._scatter.image_chosen.emit(number)
        else:
            self._point.move_to(self._coded.codes.mean[0])

    # What may change of the images

    @Slot()
    def _refill(self) -> None:
        """Show what is known by now."""
        if self.view.is_in_sight and not self._is_outdated:
            self.sheet.fill_again()

    def _follow_marks(self, source: str) -> None:
        if self.images is not None and source == self.images.config.name:
            self._orders.take_marks()
            self._refill()

    @Slot()
    def _show_selection(self) -> None:
        """Show the images that are selected in the plot."""
        self.wanted.emit()
        self._catch_up_with_images()
        self.sheet.show_reasons()
        self.view.order.set_value("selection")

    @Slot()
    def _follow_selection(self) -> None:
        if self.view.is_in_sight and not self._is_outdated and self.images is not None:
            if self.view.order.value() == "selection":
                self._refill()
            else:
                self.sheet.show_reasons()
