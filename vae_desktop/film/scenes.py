"""The scenes of a film, made from a model with its timeline."""

from collections.abc import Callable
from typing import Literal

import numpy as np

from vae_desktop.data.dataset import Split
from vae_desktop.errors import UserError
from vae_desktop.film.decoded import DecodedScene, columns_for, grid_codes
from vae_desktop.film.film import Moments, Scene
from vae_desktop.film.points import Rectangle
from vae_desktop.film.scatter import PRIOR_RADII, ScatterScene, plane_of, positions_in, view_of
from vae_desktop.film.sheet import Look
from vae_desktop.language import tr
from vae_desktop.latent.codes import Codes, Floats
from vae_desktop.latent.plane import class_heights
from vae_desktop.models.snapshot import Weights
from vae_desktop.progress import Progress, ignore
from vae_desktop.training.checkpoint import Checkpoint
from vae_desktop.training.timeline import Frame

_MOST_POINTS, _MOST_EMBEDDED = 10_000, 4000  # images whose codes are drawn, and computed for each frame without any
_HEIGHTS = 1.3  # times the heights of a one-dimensional space, that the rectangle is high
_GAP = 2  # px, between pictures that have nothing to do with one another

TestImages = Callable[[], Split]  # loads them when they are needed
Of = Literal["scatter", "grid", "samples", "point"]


def make_scene(
    of: Of,
    checkpoint: Checkpoint,
    look: Look,
    codes: Floats | None,
    test_images: TestImages,
    progress: Progress = ignore,
) -> tuple[Scene, list[str]]:
    """One of the scenes below, by its name; `codes` (N, d) are those of samples, or of the one point."""
    if of == "scatter":
        return scatter_scene(checkpoint, test_images, progress)
    if of == "grid":
        return grid_scene(checkpoint, look, progress)
    assert codes is not None, "samples and points are pictures of codes"
    if of == "samples":
        return samples_scene(checkpoint, codes, progress)
    return point_scene(checkpoint, codes[0], progress)


def scatter_scene(
    checkpoint: Checkpoint, test_images: TestImages, progress: Progress = ignore
) -> tuple[ScatterScene, list[str]]:
    """The codes of the test images at each kept moment, in the plane and the rectangle of all of them.

    Parameters
    ----------
    checkpoint : Checkpoint
        The model at its end, with its timeline.
    test_images : callable
        Loads the images that codes are computed of where frames have none.

    Returns
    -------
    scene, left_out
        The second are messages about moments that cannot be shown.

    Raises
    ------
    UserError
        If no moment can be shown.
    """
    last = checkpoint.codes
    if last is None or not last.are_finite:
        last = _embedded(checkpoint, checkpoint.snapshot.weights, test_images())
    classes = len(checkpoint.class_names)
    points = _Points(last, classes)
    moments = Moments.of(checkpoint, points.look_at, progress)
    if points.missing:
        try:
            test = points.part_of(test_images())
        except UserError as error:
            text = tr("{count} steps are left out, as no codes of theirs were kept: {reason}")
            moments.left_out.append(text.format(count=len(points.missing), reason=error))
        else:
            for done, step in enumerate(points.missing):
                progress(done, len(points.missing))
                points.place(step, _embedded(checkpoint, moments.frame(step).snapshot.weights, test).mean)
    if not points.positions:
        text = tr("No moment of this training can be shown. {reason}")
        raise UserError(text.format(reason=" ".join(moments.left_out)))
    has_prior = checkpoint.config.kl_weight > 0
    labels = None if last.labels is None else last.labels[points.chosen]
    scene = ScatterScene(points.in_order(), labels, classes, points.plane, points.view(has_prior), has_prior)
    return scene, moments.left_out


class _Points:
    """Positions of the same test images at moments of a training, in the plane of the last one.

    Attributes
    ----------
    plane : Plane
    chosen : array (n,)
        Which of the images they are of.
    positions : dict of int to array (n, 2)
        By step.
    missing : list of int
        Steps whose frames have no codes.
    """

    def __init__(self, last: Codes, classes: int) -> None:
        self.plane = plane_of(last)
        self.chosen = _choice(len(last), _MOST_POINTS)
        self.positions: dict[int, Floats] = {}
        self.missing: list[int] = []
        self._count = len(last)
        self._heights = class_heights(last.labels, len(last), classes) if last.latent_dim == 1 else None

    def look_at(self, frame: Frame) -> None:
        """Take in the codes of a frame, if it has any."""
        if frame.codes is None or len(frame.codes) != self._count:
            self.missing.append(frame.step)
        else:
            self.place(frame.step, frame.codes.mean[self.chosen])

    def place(self, step: int, means: Floats) -> None:
        """Take in the codes (n, d) of a moment."""
        heights = None if self._heights is None else self._heights[self.chosen]
        self.positions[step] = positions_in(self.plane, means, heights)

    def part_of(self, test: Split) -> Split:
        """Those images that there is time to embed at each moment; from now on positions are of these."""
        fewer = _choice(len(self.chosen), _MOST_EMBEDDED)
        self.chosen = self.chosen[fewer]
        self.positions = {step: positions[fewer] for step, positions in self.positions.items()}
        return Split(test.images[self.chosen], None if test.labels is None else test.labels[self.chosen])

    def in_order(self) -> dict[int, Floats]:
        """The positions in the order of their steps."""
        return {step: self.positions[step] for step in sorted(self.positions)}

    def view(self, has_prior: bool) -> Rectangle:
        """The rectangle that all moments are seen in."""
        left, bottom, side, _ = view_of(list(self.in_order().values()), PRIOR_RADII[-1] if has_prior else 0.0)
        if self._heights is None:
            return left, bottom, side, side
        reach = _HEIGHTS * float(np.abs(self._heights).max(initial=1e-6))  # heights have no unit of their own
        return left, -reach, side, 2 * reach


def grid_scene(checkpoint: Checkpoint, look: Look, progress: Progress = ignore) -> tuple[DecodedScene, list[str]]:
    """Pictures across the latent space at each kept moment; otherwise as `scatter_scene`."""
    columns = columns_for(checkpoint.image_shape, look)
    codes = grid_codes(checkpoint.config.model, checkpoint.config.kl_weight > 0, checkpoint.codes, columns)
    return _decoded(checkpoint, codes, columns, 0, progress)


def samples_scene(
    checkpoint: Checkpoint, codes: Floats, progress: Progress = ignore
) -> tuple[DecodedScene, list[str]]:
    """Pictures of the same random codes (N, d) at each kept moment; otherwise as `scatter_scene`."""
    return _decoded(checkpoint, codes, int(np.ceil(np.sqrt(len(codes)))), _GAP, progress)


def point_scene(checkpoint: Checkpoint, code: Floats, progress: Progress = ignore) -> tuple[DecodedScene, list[str]]:
    """The picture of a code (d,) at each kept moment; otherwise as `scatter_scene`."""
    return _decoded(checkpoint, code[None], 1, 0, progress)


def _decoded(
    checkpoint: Checkpoint, codes: Floats, columns: int, gap: int, progress: Progress
) -> tuple[DecodedScene, list[str]]:
    moments = Moments.of(checkpoint, progress=progress)
    config, shape = checkpoint.config.model, checkpoint.image_shape

    def weights_of(step: int) -> Weights:
        return moments.frame(step).snapshot.weights

    return DecodedScene(moments.steps, codes, columns, gap, config, shape, weights_of), moments.left_out


def _embedded(checkpoint: Checkpoint, weights: Weights, test: Split) -> Codes:
    from vae_desktop.latent.embed import codes_of

    return codes_of(checkpoint.config.model, checkpoint.image_shape, weights, test.images, test.labels)


def _choice(count: int, most: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Indices of at most so many, evenly chosen."""
    return np.arange(0, count, max(1, -(-count // most)))
