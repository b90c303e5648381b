"""How far codes are from those of real images, in words, beside how far these are from one another."""

import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QCoreApplication

from vae_desktop.engine.inference import InferenceThread
from vae_desktop.engine.run import Run
from vae_desktop.engine.view_requests import DistanceRequest, NeighbourDistanceRequest
from vae_desktop.gui.views.stage.hole_legend import hole_edges, hole_level
from vae_desktop.latent.codes import Codes, Floats

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
        Of the codes that were measured last, in σ of the nearest code's posterior; see latent.code_distances.code_distances.
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
        is_old = run.status != "training" or time.monotonic() - self._asked > _RENEW
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

    def text(self, index: int = 0) -> str:
        """How far one of the codes is, in words; nothing as long as it is not known."""
        distances, run = self.distances, self._run
        if run is None or distances is None or index >= len(distances) or not np.isfinite(distances[index]):
            return ""
        has_posterior = run.codes is not None and run.codes.log_stddev is not None
        unit = "σ" if has_posterior else _tr("spacings")
        text = _tr("nearest code: {value} {unit}").format(value=f"{distances[index]:.2f}", unit=unit)
        return text if self.median is None else text + _tr(" (median {value})").format(value=f"{self.median:.2f}")

    @staticmethod
    def tip() -> str:
        """What the text means."""
        return _tr(
            "<p>How far it is from the nearest code of a real image, in σ of that code's own posterior; where codes "
            "have none, in units of the median distance between neighbours. In brackets: how far codes are from the "
            "nearest other one, in the median.</p>"
        )

    def _take_distances(self, distances: Floats) -> None:
        self.distances = distances
        self._changed()

    def _take_median(self, median: float) -> None:
        self.median = median
        self._changed()


def _tr(text: str) -> str:
    return QCoreApplication.translate("CodeDistances", text)
