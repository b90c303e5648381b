"""How far places are from the codes of real images, in words, beside how far these are from one another."""

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


class Farness:
    """Measures codes against those of the model on screen.

    Parameters
    ----------
    name : str
        Names its requests.
    requests : ViewRequests
    changed : callable
        Called when `distances` or `usual` are known anew.
    """

    def __init__(self, name: str, requests: InferenceThread, changed: Callable[[], None]) -> None:
        self._view, self._usual_view = f"{name} distances", f"{name} usual"
        self._requests = requests
        self._changed = changed
        self._run: Run | None = None
        self._codes: Codes | None = None  # that `usual` is of
        self._asked = 0.0
        self.distances: Floats | None = None
        self.usual: float | None = None

    def measure(self, run: Run, places: Floats) -> None:
        """Measure codes (M, d); their distances (M,) come later."""
        codes = run.all_codes
        if run is not self._run:
            self._run, self._codes, self.usual = run, None, None
        self.distances = None
        if codes is None:
            return
        self._requests.ask(DistanceRequest(self._view, run.id, places, codes), self._take_distances)
        is_old = run.status != "training" or time.monotonic() - self._asked > _RENEW
        if self.usual is None or (run.codes is not self._codes and is_old):
            self._codes, self._asked = run.codes, time.monotonic()
            self._requests.ask(NeighbourDistanceRequest(self._usual_view, run.id, codes), self._take_usual)

    def forget(self) -> None:
        """Nothing is measured any more."""
        self.distances = None
        for view in (self._view, self._usual_view):
            self._requests.forget(view)

    def levels(self) -> npt.NDArray[np.float64]:
        """How much each distance is to be noticed, 0 to 1: nothing that is as near as codes are to one another."""
        latent_dim = self._run.config.model.latent_dim
        times = max(1.0, 2 * (self.usual or 0.0) / float(hole_edges(latent_dim)[0]))
        return hole_level(self.distances / times, latent_dim)

    def text(self, place: int = 0) -> str:
        """How far one of the codes is, in words; nothing as long as it is not known."""
        if self.distances is None or place >= len(self.distances) or not np.isfinite(self.distances[place]):
            return ""
        codes = self._run.codes
        unit = "σ" if codes is not None and codes.log_stddev is not None else _tr("spacings")
        text = _tr("nearest code: {value} {unit}").format(value=f"{self.distances[place]:.2f}", unit=unit)
        return text if self.usual is None else text + _tr(" (usual {value})").format(value=f"{self.usual:.2f}")

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

    def _take_usual(self, usual: float) -> None:
        self.usual = usual
        self._changed()


def _tr(text: str) -> str:
    return QCoreApplication.translate("Farness", text)
