"""The images on the sheet: those of the part and the class that are asked for, in one of several orders."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal, Slot

from vae_desktop.data.dataset import Dataset
from vae_desktop.gui.controllers import image_texts
from vae_desktop.gui.controllers.image_orders import ImageOrders
from vae_desktop.gui.controllers.pad_images import picture_of
from vae_desktop.gui.views.tools.images_view import ImagesView
from vae_desktop.language import tr
from vae_desktop.latent.codes import Picture

Indices = npt.NDArray[np.int64]


class ImagesOnSheet(QObject):
    """Fills the sheet with images of the data set of the orders, and says which of them are chosen.

    Attributes
    ----------
    numbers : array (n,)
        Which images are on the sheet, in their order, numbered as codes are: the test images first.
    """

    chosen_changed = Signal()  # or the sheet was filled anew

    def __init__(self, view: ImagesView, orders: ImageOrders) -> None:
        super().__init__(view)
        self._view, self._orders = view, orders
        self.numbers: Indices = np.empty(0, np.int64)
        self._is_awaited = False  # the order that is asked for is being found out
        view.order.currentIndexChanged.connect(self.fill)
        view.part.currentIndexChanged.connect(self.fill)
        view.classes.row_chosen.connect(self.fill)
        view.sheet.chosen_changed.connect(self.chosen_changed)

    @property
    def number(self) -> int | None:
        """The image that was chosen last, as codes are numbered."""
        current = self._view.sheet.current
        return None if current is None else int(self.numbers[current])

    @property
    def chosen(self) -> Indices:
        """All images that are chosen."""
        return self.numbers[self._view.sheet.chosen]

    @Slot()
    def fill(self) -> None:
        """Show those images that are asked for, in their order."""
        dataset, view = self._orders.dataset, self._view
        if dataset is None or not view.is_in_sight:
            return
        ordered = self._orders.ordered(view.order.value())
        self._is_awaited = ordered is None
        sheet = view.sheet
        text = tr("Being looked for…") if ordered is None else tr("There is no such image.")
        if ordered is not None and not len(ordered.numbers) and view.order.value() == "duplicates":
            text = tr("No image nearly equals another one.")
        sheet.set_empty_text(text)
        order = np.empty(0, np.int64) if ordered is None else self._in_part(dataset, ordered.numbers)
        labels = _labels(dataset)
        row = max(0, view.classes.currentRow())
        self._show_counts(dataset, order, labels, row)
        if labels is not None and row:
            order = order[labels[order] == row - 1]
        self.numbers = order
        sheet.set_pictures(len(order), dataset.image_shape[1:], self._picture)
        caption = None if ordered is None else ordered.caption
        sheet.set_texts(self._tip, None if caption is None else lambda index: caption(int(self.numbers[index])))
        sheet.set_crossed(np.isin(order, self._orders.excluded))
        view.about.set_text(image_texts.about(dataset, len(order)))
        self.chosen_changed.emit()

    def fill_again(self) -> None:
        """Show what is known by now, with the same images chosen."""
        chosen, number, bar = self.chosen, self.number, self._view.sheet.verticalScrollBar()
        scrolled = bar.value()
        self.show_reasons()
        self.fill()
        bar.setValue(scrolled)
        places = np.flatnonzero(np.isin(self.numbers, chosen))
        if len(places):
            current = next((int(place) for place in places if self.numbers[place] == number), int(places[0]))
            self._view.sheet.choose(places, current)

    def show_reasons(self) -> None:
        """Grey out the orders that cannot be shown; one that was shown gives way."""
        reasons = self._orders.reasons()
        self._view.set_reasons(reasons)
        if self._view.order.value() in reasons:
            self._view.order.set_value("files")

    def show_progress(self, done: int, total: int) -> None:
        """Say how much of what is looked for has been found."""
        text = tr("Being looked for… {share}").format(share=f"{done / max(total, 1):.0%}")
        if not self._view.sheet.count:
            self._view.sheet.set_empty_text(text)

    def show_failure(self) -> None:
        """Say that what is looked for is not looked for any longer."""
        if self._is_awaited:
            self._view.sheet.set_empty_text(tr("The search has failed: choose another order."))

    def _in_part(self, dataset: Dataset, order: Indices) -> Indices:
        """Those of some images that are in the part chosen."""
        part, tests = self._view.part.value(), len(dataset.test)
        return order if part == "all" else order[order < tests] if part == "test" else order[order >= tests]

    def _show_counts(self, dataset: Dataset, order: Indices, labels: Indices | None, row: int) -> None:
        classes = self._view.classes
        classes.setVisible(labels is not None)
        if labels is None:
            classes.set_counts([], [], -1)
            return
        counts = np.bincount(labels[order], minlength=len(dataset.class_names)).tolist()
        names = [tr("All classes"), *map(tr, dataset.class_names)]
        classes.set_counts(names, [len(order), *counts], row if row < len(names) else 0)

    def _picture(self, index: int) -> Picture:
        assert self._orders.dataset is not None
        return picture_of(self._orders.dataset, int(self.numbers[index]))

    def _tip(self, index: int) -> str:
        dataset, number = self._orders.dataset, int(self.numbers[index])
        assert dataset is not None
        lines = image_texts.title_of(dataset, number), image_texts.place_of(dataset, number), self._orders.why(number)
        return "\n".join(filter(None, lines))


def _labels(dataset: Dataset) -> Indices | None:
    """The labels (N,) of all images, test images first, if they have any."""
    test, train = dataset.test.labels, dataset.train.labels
    return None if test is None or train is None or not dataset.class_names else np.concatenate((test, train))
