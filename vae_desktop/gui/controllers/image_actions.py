"""What is done with the images chosen on the sheet: noted, exported, shown where they lie, left out of a new model."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices

from vae_desktop.engine.engine import Engine
from vae_desktop.gui.controllers import image_texts
from vae_desktop.gui.controllers.image_notes import ABOUT, ImageNotes
from vae_desktop.gui.controllers.image_orders import ImageOrders
from vae_desktop.gui.views.tools.chosen_image import ChosenImage
from vae_desktop.language import tr

Indices = npt.NDArray[np.int64]


class ImageActions(QObject):
    """Does what the buttons beside the image chosen say, and says which of them can be used.

    Attributes
    ----------
    notes : ImageNotes
    """

    export_wanted = Signal(object, object, object)  # a Dataset, numbers of images, and what is noticed of each

    def __init__(self, view: ChosenImage, orders: ImageOrders, engine: Engine) -> None:
        super().__init__(view)
        self._view, self._orders, self._engine = view, orders, engine
        self.notes = ImageNotes(engine)
        self._chosen: Indices = np.empty(0, np.int64)
        self._number: int | None = None  # of the image that is shown large
        view.exclusion_requested.connect(self._exclude)
        view.tag_requested.connect(self._tag)
        view.reveal_requested.connect(self._reveal)
        view.export_requested.connect(self._export)
        view.return_requested.connect(self._take_back)
        view.training_requested.connect(self._train_without)

    def show(self, chosen: Indices, number: int | None) -> None:
        """Show what is noted of images, and what can be done with them; one of them, `number`, is shown large."""
        self._chosen, self._number = chosen, number
        dataset, view, excluded = self._orders.dataset, self._view, self._orders.excluded
        others = "" if self._orders.run is not None else tr("The model on screen learns from other images.")
        tags = [(tag, bool(np.isin(chosen, images).all())) for tag, images in self._orders.tags.items()]
        view.set_marks(len(chosen), len(chosen) > 0 and bool(np.isin(chosen, excluded).all()), tags)
        if number is not None and dataset is not None:
            view.set_can_go(others)
            has_file = image_texts.file_on_disk(dataset, number) is not None
            view.set_can_reveal("" if has_file else tr("This image is in no file of yours."))
        reason = "" if len(excluded) else tr("None of its images is excluded.")
        view.set_excluded(0 if dataset is None else max(len(excluded), self._orders.excluded_count), others or reason)

    @Slot(bool)
    def _exclude(self, is_excluded: bool) -> None:
        if self._orders.dataset is not None:
            self.notes.exclude(self._orders.dataset, self._chosen.tolist(), is_excluded)

    @Slot(str, bool)
    def _tag(self, tag: str, is_tagged: bool) -> None:
        if self._orders.dataset is not None:
            self.notes.tag(self._orders.dataset, self._chosen.tolist(), tag, is_tagged)

    @Slot()
    def _take_back(self) -> None:
        if self._orders.dataset is not None:
            self.notes.take_back_all(self._orders.dataset)

    @Slot()
    def _train_without(self) -> None:
        if self._orders.run is not None:
            self._engine.messages.withdrawn.emit(ABOUT)  # what it offers is being done
            self._engine.starter.train_without(self._orders.run, self._orders.excluded.tolist())

    @Slot()
    def _export(self) -> None:
        if self._orders.dataset is not None:
            notes = [self._orders.why(number) for number in self._chosen.tolist()]
            self.export_wanted.emit(self._orders.dataset, self._chosen, notes)

    @Slot()
    def _reveal(self) -> None:
        """Have the system show the folder of the file of the image that is shown large."""
        dataset = self._orders.dataset
        path = None if dataset is None or self._number is None else image_texts.file_on_disk(dataset, self._number)
        if path is not None and not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent))):
            text = tr("The system has no file manager that opens {folder}. The file there is {name}.")
            self._engine.messages.complain(text.format(folder=path.parent, name=path.name))
