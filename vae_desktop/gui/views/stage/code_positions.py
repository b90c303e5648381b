"""Where codes lie in the scatter: projected into a plane, or laid out by t-SNE."""

import numpy as np

from vae_desktop.latent.codes import Codes, Floats
from vae_desktop.latent.plane import Plane, class_heights


class CodePositions:
    """Turns codes into positions in the plot, in the axes' units.

    Attributes
    ----------
    plane : Plane
        The codes are projected into it, unless there is a layout.
    layout : array (N, 2), float32, or None
        Positions in no unit, by t-SNE: only codes of images have one.
    """

    def __init__(self, plane: Plane, class_count: int) -> None:
        self.plane = plane
        self.layout: Floats | None = None
        self._class_count = class_count
        self._heights: Floats = np.empty(0, np.float32)

    def of_codes(self, codes: Codes) -> Floats:
        """Positions (N, 2) of the codes of images.

        With one dimension classes are parted by heights that mean nothing else. All positions are NaN where the layout
        is of other images, and about to be made anew.
        """
        if self.layout is not None:
            is_theirs = len(self.layout) == len(codes)
            return self.layout if is_theirs else np.full((len(codes), 2), np.nan, np.float32)
        positions = self.plane.project(codes.mean)
        if positions.shape[1] == 2:
            return positions
        if len(self._heights) != len(codes):
            self._heights = class_heights(codes.labels, len(codes), self._class_count)
        return np.column_stack((positions, self._heights))

    def of_point(self, code: Floats, codes: Codes | None) -> tuple[float, float] | None:
        """Position of a code (d,), in a layout that of the nearest of the images' codes; None if there is none."""
        if self.layout is None:
            x, *y = self.plane.project(code[None])[0].tolist()
            return x, y[0] if y else 0.0
        image = nearest_image(code, codes)
        if image is None or not np.isfinite(self.layout[image]).all():
            return None
        x, y = self.layout[image].tolist()
        return x, y

    def posterior(self, codes: Codes | None, image: int | None) -> tuple[Floats, Floats] | None:
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
