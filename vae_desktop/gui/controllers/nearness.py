"""How near what is decoded is to what is real: to the nearest codes, and to the images that it resembles most."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vae_desktop.data.dataset import Dataset, Images, Labels
from vae_desktop.engine.inference import InferenceThread
from vae_desktop.engine.run import Run
from vae_desktop.engine.view_requests import DistanceRequest, NearestRequest, NeighbourDistanceRequest, TypicalRequest
from vae_desktop.gui.controllers import image_texts
from vae_desktop.gui.views.stage.scatter_overlays import hole_edges, hole_level
from vae_desktop.gui.views.tools.tool_view import COUNT, NearestView
from vae_desktop.gui.widgets.terms import with_terms
from vae_desktop.gui.widgets.tile_board import SEPARATOR
from vae_desktop.language import tr
from vae_desktop.latent.codes import Codes, Floats, Picture

if TYPE_CHECKING:
    from vae_desktop.latent.one_image import Nearest

_SIDE = 512  # px, at most, of a decoded neighbour
_RENEW = 3.0  # seconds until codes that move are looked at again


class CodeDistances:
    """Mahalanobis distances of codes to the nearest code of a real image, and the median distance between neighbours.

    Parameters
    ----------
    name : str
        Names the requests.
    requests : InferenceThread
    changed : callable
        Called when `distances` or `median` are known anew.

    Attributes
    ----------
    distances : array (M,), float32, or None as long as they are not known
        Of the codes that were measured last, in σ of the nearest code's posterior; see latent.code_distances.
    median : float or None
        Median distance of the real images' codes to their nearest neighbours, in the same unit.
    """

    def __init__(self, name: str, requests: InferenceThread, changed: Callable[[], None]) -> None:
        self._distances_view, self._median_view = f"{name} distances", f"{name} median"
        self._requests = requests
        self._changed = changed
        self._run: Run | None = None
        self._codes: Codes | None = None  # that `median` is of
        self._asked = 0.0
        self.distances: Floats | None = None
        self.median: float | None = None

    def measure(self, run: Run, codes: Floats) -> None:
        """Measure codes (M, d) of a model; their distances come later."""
        real = run.all_codes
        if run is not self._run:
            self._run, self._codes, self.median = run, None, None
        self.distances = None
        if real is None:
            return
        self._requests.ask(DistanceRequest(self._distances_view, run.id, codes, real), self._take_distances)
        is_old = not run.is_in_motion or time.monotonic() - self._asked > _RENEW
        if self.median is None or (run.codes is not self._codes and is_old):
            self._codes, self._asked = run.codes, time.monotonic()
            self._requests.ask(NeighbourDistanceRequest(self._median_view, run.id, real), self._take_median)

    def forget(self) -> None:
        """Measure nothing any more."""
        self.distances = None
        self._requests.forget(self._distances_view)
        self._requests.forget(self._median_view)

    def levels(self) -> npt.NDArray[np.float64]:
        """How much each distance is to be noticed, 0 to 1; 0 for what is as near as real codes are to one another."""
        if self._run is None or self.distances is None:
            return np.empty(0)
        latent_dim = self._run.config.model.latent_dim
        scale = max(1.0, 2 * (self.median or 0.0) / float(hole_edges(latent_dim)[0]))
        return hole_level(self.distances / scale, latent_dim)

    @property
    def unit(self) -> str:
        """What distances are counted in."""
        codes = None if self._run is None else self._run.codes
        return "σ" if codes is not None and codes.log_stddev is not None else tr("spacings")

    def text(self, index: int = 0, has_median: bool = True) -> str:
        """How far one of the codes is, in words; nothing as long as it is not known."""
        distances, run = self.distances, self._run
        if run is None or distances is None or index >= len(distances) or not np.isfinite(distances[index]):
            return ""
        text = tr("nearest code: {value} {unit}").format(value=f"{distances[index]:.2f}", unit=self.unit)
        if self.median is None or not has_median:
            return text
        return text + tr(" (median {value})").format(value=f"{self.median:.2f}")

    @staticmethod
    def tip() -> str:
        """What the text means."""
        tip = tr(
            "How far it is from the nearest code of a real image, in σ of that code's own posterior; where codes "
            "have none, in units of the median distance between neighbours. In brackets: how far codes are from the "
            "nearest other one, in the median."
        )
        return with_terms(tip, "hole", "σ")

    def _take_distances(self, distances: Floats) -> None:
        self.distances = distances
        self._changed()

    def _take_median(self, median: float) -> None:
        self.median = median
        self._changed()


class NearestImages:
    """Fills a view with the real images that a picture resembles most; where none are at hand, with the nearest codes.

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
        self._view.board.set_empty_text(tr("Looking for what is near…"))  # beside a training it takes a while
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
        tests = len(dataset.test)
        places = [image_texts.place_of(dataset, tests + index) for index in nearest.indices.tolist()]
        captions = [SEPARATOR.join(filter(None, pair)) for pair in zip(places, captions, strict=True)]
        pictures = np.moveaxis(train.images[nearest.indices], 1, -1)
        self._view.show_images(tr("Nearest training images · sq. error"), pictures, captions)
        self._show_typical()

    def _take_typical(self, dataset: Dataset, typical: float) -> None:
        self._typical = dataset, typical
        self._show_typical()

    def _show_typical(self) -> None:
        if self._typical is not None:
            text = tr("median of test images: {value}").format(value=_short(self._typical[1]))
            tip = tr(
                "So far, in the median, is a test image from its nearest training image. A picture that is much "
                "nearer is close to a copy, or so blurred that it is near to many."
            )
            self._view.set_note(text, tip)

    def _show_distance(self) -> None:
        self._view.distance.set_text(self._distances.text(has_median=False))
        self._view.distance.set_tip(f"<p>{self._distances.text()}</p>{self._distances.tip()}")

    def _look_among_codes(self, run: Run, codes: Codes, code: Floats) -> None:
        self._requests.forget(self._typical_view)
        squared = ((codes.mean - code) ** 2).sum(1)
        squared[~np.isfinite(squared)] = np.inf
        nearest = np.argsort(squared, kind="stable")[:COUNT]
        distances = (f"{distance:.2f}" for distance in np.sqrt(squared[nearest]))
        captions = _captions(codes.labels, run.class_names, nearest, distances)
        show = partial(self._show_codes, run, captions)
        self._requests.ask_pictures(self._nearest_view, run.id, codes.mean[nearest], _SIDE, show)

    def _show_codes(self, run: Run, captions: list[str], pictures: Picture) -> None:
        self._view.show_images(tr("Nearest codes · distance"), pictures, captions)
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
