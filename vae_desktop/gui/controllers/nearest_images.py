"""Looks for the real images that a picture resembles most, or, where these are not at hand, for the nearest codes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QCoreApplication

from vae_desktop.data.dataset import Dataset, Images, Labels
from vae_desktop.engine.inference import InferenceThread
from vae_desktop.engine.run import Run
from vae_desktop.engine.view_requests import NearestRequest, SheetRequest, TypicalRequest
from vae_desktop.gui.controllers.code_distances import CodeDistances
from vae_desktop.gui.views.tools.nearest_view import COUNT, NearestView
from vae_desktop.gui.widgets.tile_board import SEPARATOR
from vae_desktop.latent.codes import Codes, Floats, Picture

if TYPE_CHECKING:
    from vae_desktop.latent.one_image import Nearest

_SIDE = 512  # px, at most, of a decoded neighbour


class NearestImages:
    """Fills a view with the neighbours of one picture at a time.

    Parameters
    ----------
    name : str
        Names the requests.
    view : NearestView
    requests : InferenceThread
    """

    def __init__(self, name: str, view: NearestView, requests: InferenceThread) -> None:
        self._nearest_view, self._typical_view = f"{name} nearest", f"{name} typical"
        self._view = view
        self._requests = requests
        self._typical: tuple[Dataset, float] | None = None  # how far a test image is from the nearest training image
        self._distances = CodeDistances(name, requests, self._show_distance)
        view.distance.set_tip(self._distances.tip())

    def look_for(self, run: Run, dataset: Dataset | None, code: Floats, image: Images | None = None) -> None:
        """Show the neighbours of an image (C, H, W), by default of the picture that is decoded from a code (d,)."""
        self._distances.measure(run, code[None])
        self._view.board.set_empty_text(_tr("Looking for what is near…"))  # beside a training it takes a while
        if dataset is not None:
            self._look_among_images(run, dataset, code, image)
        elif run.all_codes is not None and len(run.all_codes):
            self._look_among_codes(run, run.all_codes, code)
        else:
            self.forget("")

    def forget(self, reason: str) -> None:
        """Look for nothing, and say why."""
        self._requests.forget(self._nearest_view)
        self._requests.forget(self._typical_view)
        self._distances.forget()
        self._view.clear(reason)

    def _look_among_images(self, run: Run, dataset: Dataset, code: Floats, image: Images | None) -> None:
        images = dataset.train.images
        self._requests.ask(
            NearestRequest(self._nearest_view, run.id, code, images, COUNT, image), partial(self._show_images, dataset)
        )
        if self._typical is None or self._typical[0] is not dataset:
            self._typical = None
            self._requests.ask(
                TypicalRequest(self._typical_view, run.id, dataset.test.images, images),
                partial(self._take_typical, dataset),
            )

    def _show_images(self, dataset: Dataset, nearest: Nearest) -> None:
        train = dataset.train
        captions = _captions(train.labels, dataset.class_names, nearest.indices, map(_short, nearest.squared))
        pictures = np.moveaxis(train.images[nearest.indices], 1, -1)
        self._view.show_images(_tr("Nearest images · sq. error"), pictures, captions)
        self._show_typical()

    def _take_typical(self, dataset: Dataset, typical: float) -> None:
        self._typical = dataset, typical
        self._show_typical()

    def _show_typical(self) -> None:
        if self._typical is not None:
            text = _tr("median for test images: {value}").format(value=_short(self._typical[1]))
            tip = _tr(
                "So far is a real image that was not learned from its nearest training image. A picture that is much "
                "nearer is close to a copy, or so blurred that it is near to many."
            )
            self._view.set_note(text, tip)

    def _show_distance(self) -> None:
        self._view.distance.set_text(self._distances.text())

    def _look_among_codes(self, run: Run, codes: Codes, code: Floats) -> None:
        self._requests.forget(self._typical_view)
        squared = ((codes.mean - code) ** 2).sum(1)
        squared[~np.isfinite(squared)] = np.inf
        nearest = np.argsort(squared, kind="stable")[:COUNT]
        distances = (f"{distance:.2f}" for distance in np.sqrt(squared[nearest]))
        captions = _captions(codes.labels, run.class_names, nearest, distances)
        request = SheetRequest(self._nearest_view, run.id, codes.mean[nearest], _SIDE)
        self._requests.ask(request, partial(self._show_codes, run, captions))

    def _show_codes(self, run: Run, captions: list[str], pictures: Picture) -> None:
        self._view.show_images(_tr("Nearest codes, decoded · distance"), pictures, captions)
        self._view.set_note("")
        self._view.offer_data(run.config.dataset.label)


def _captions(
    labels: Labels | None, class_names: Sequence[str], indices: Labels, figures: Iterable[str]
) -> list[str]:
    """A line for each of some images: the image's class, where it has one, and a figure."""
    if labels is None or not class_names:
        return list(figures)
    return [class_names[labels[index]] + SEPARATOR + figure for index, figure in zip(indices, figures, strict=True)]


def _short(value: float) -> str:
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}" if value < 99.95 else f"{value:.0f}"


def _tr(text: str) -> str:
    return QCoreApplication.translate("NearestImages", text)
