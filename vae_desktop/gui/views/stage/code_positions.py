"""Where codes lie in the scatter: projected into a plane, or laid out by t-SNE."""

import numpy as np
import numpy.typing as npt

from vae_desktop.latent.codes import Codes, Floats
from vae_desktop.latent.plane import Plane, axis_plane, class_heights
from vae_desktop.latent.posteriors import sampled

_Numbers = npt.NDArray[np.floating]


class CodePositions:
    """Turns codes into positions in the plot, in the axes' units.

    Attributes
    ----------
    codes : Codes or None
        Of the images, as they are drawn: the means of their posteriors, or a sample of each.
    plane : Plane
        The codes are projected into it, unless there is a layout.
    layout : array (N, 2), float32, or None
        Positions in no unit, by t-SNE: only codes of images have one.
    """

    def __init__(self) -> None:
        self.codes: Codes | None = None
        self.plane: Plane = axis_plane((0, 1), 2)
        self.layout: Floats | None = None
        self._class_count = 0
        self._heights: Floats = np.empty(0, np.float32)
        self._noise: Floats = np.empty((0, 0), np.float32)

    def begin(self, plane: Plane, class_count: int) -> None:
        """Begin with the codes of another model, in a plane."""
        self.plane, self.layout, self._class_count = plane, None, class_count
        self._heights = np.empty(0, np.float32)

    def set_codes(self, codes: Codes | None, shows_samples: bool) -> None:
        """Draw codes, or samples of the posteriors whose means these are, always with the same noise."""
        if codes is None or codes.log_stddev is None or not shows_samples:
            self.codes = codes
            return
        if self._noise.shape != codes.mean.shape:
            self._noise = np.random.default_rng(0).standard_normal(codes.mean.shape, np.float32)
        self.codes = sampled(codes, self._noise)

    @property
    def has_stale_layout(self) -> bool:
        """Whether the layout is of other images than those that are drawn."""
        return self.layout is not None and self.codes is not None and len(self.layout) != len(self.codes)

    def of_codes(self, codes: Codes) -> Floats:
        """Positions (N, 2) of the codes of images.

        With one dimension classes are parted by heights that mean nothing else. All positions are NaN where the layout
        is of other images, and about to be made anew.
        """
        if self.layout is not None:
            is_stale = len(self.layout) != len(codes)
            return np.full((len(codes), 2), np.nan, np.float32) if is_stale else self.layout
        positions = self.plane.project(codes.mean)
        if positions.shape[1] == 2:
            return positions
        if len(self._heights) != len(codes):
            self._heights = class_heights(codes.labels, len(codes), self._class_count)
        return np.column_stack((positions, self._heights))

    def of_point(self, code: Floats) -> tuple[float, float] | None:
        """Position of a code (d,), in a layout that of the nearest of the images' codes; None if there is none."""
        if self.layout is None:
            x, *y = self.plane.project(code[None])[0].tolist()
            return x, y[0] if y else 0.0
        image = nearest_image(code, self.codes)
        if image is None or not np.isfinite(self.layout[image]).all():
            return None
        x, y = self.layout[image].tolist()
        return x, y

    def posterior(self, codes: Codes | None, image: int | None) -> tuple[_Numbers, _Numbers] | None:
        """Mean (k,) and covariance (k, k) in the plane of the posterior of an image; None if it has none there."""
        if image is None or codes is None or codes.log_stddev is None or self.layout is not None:
            return None
        if image >= len(codes) or not np.isfinite(codes.log_stddev[image]).all():
            return None
        mean = self.plane.project(codes.mean[image][None])[0]
        return mean, self.plane.covariance(np.exp(codes.log_stddev[image].astype(np.float64)))


def nearest_image(code: Floats, codes: Codes | None) -> int | None:
    """The image whose code lies nearest to a code (d,)."""
    if codes is None or not len(codes):
        return None
    distances = ((codes.mean - code) ** 2).sum(1)
    return int(np.nanargmin(distances)) if np.isfinite(distances).any() else None
