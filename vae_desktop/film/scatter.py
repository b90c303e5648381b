"""The codes of the test images at moments of a training, in one plane and one rectangle for all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from vae_desktop.colours import rgb
from vae_desktop.film.points import PointStyle, Rectangle, draw_points
from vae_desktop.film.sheet import SCALE, Look, font_of
from vae_desktop.latent.codes import Codes, Floats, Picture
from vae_desktop.latent.plane import Plane, axis_plane, principal_plane

PRIOR_RADII = (1.0, 2.0)  # σ
_EDGES = (0.005, 0.995)  # quantiles of the positions that are in sight
_FARTHEST = 2.0  # times what the last moment takes up, that earlier ones may
_ROOM = 0.06  # of the rectangle, around the points
_TICKS = 5  # about


def plane_of(codes: Codes) -> Plane:
    """The plane that is held along a film that ends with these codes: the axes, or where they vary most."""
    dimensions = codes.latent_dim
    return principal_plane(codes.mean) if dimensions > 2 else axis_plane(range(dimensions), dimensions)


def positions_in(plane: Plane, means: Floats, heights: Floats | None) -> Floats:
    """Positions (N, 2) of codes (N, d) in a plane; in one dimension, at heights (N,) that part the classes."""
    positions = plane.project(means)
    if heights is not None:
        positions = np.stack((positions[:, 0], heights), axis=1)
    return np.ascontiguousarray(positions, np.float32)


def view_of(positions: Sequence[Floats], least: float = 0.0) -> Rectangle:
    """The square that holds nearly all positions of each moment, the last of which sets how large it may be.

    Parameters
    ----------
    positions : sequence of array (N, 2)
    least : float
        How far from 0 all is in sight, whatever lies there.
    """
    boxes = np.array([_box(entry) for entry in positions if np.isfinite(entry).all(1).any()])  # (M, 2, 2)
    if not len(boxes):
        return -1.0, -1.0, 2.0, 2.0
    low, high = boxes[-1]
    reach = (_FARTHEST - 1) * (high - low).max() / 2
    low, high = np.maximum(boxes[:, 0].min(0), low - reach), np.minimum(boxes[:, 1].max(0), high + reach)
    low, high = np.minimum(low, -least), np.maximum(high, least)
    side = max(float((high - low).max()), 1e-6) * (1 + 2 * _ROOM)
    left, bottom = ((low + high - side) / 2).tolist()
    return left, bottom, side, side


@dataclass(frozen=True, eq=False)
class ScatterScene:
    """Draws positions of codes, coloured by their class.

    Attributes
    ----------
    positions : mapping of int to array (N, 2)
        By step.
    labels : array (N,), or None
    classes : int
    plane : Plane
    view : (left, bottom, width, height)
    has_prior : bool
        Whether there is a normal distribution that codes are drawn towards.
    glides : bool
        Whether there is something to be seen between two moments.
    """

    positions: Mapping[int, Floats]
    labels: npt.NDArray[np.int64] | None
    classes: int
    plane: Plane
    view: Rectangle
    has_prior: bool
    glides: ClassVar[bool] = True

    @property
    def steps(self) -> list[int]:
        return list(self.positions)

    def draw(self, place: float, look: Look) -> Picture:
        """The square (side, side, 3) at a place, counted in moments from 0.

        Between two moments points are on their way, straight and evenly.
        """
        side, theme = look.side * SCALE, look.theme
        picture = Image.new("RGB", (side, side), theme.surface)
        pen = ImageDraw.Draw(picture)
        self._draw_grid(pen, side, look)
        before, after = (self.positions[self.steps[number]] for number in (int(place), int(np.ceil(place))))
        positions = before + np.float32(place - int(place)) * (after - before)
        points = np.ascontiguousarray(positions.T)
        pixels = draw_points(points, self._style(look), self.view, (side, side), self._ratio(look))
        picture.paste(_image(pixels), mask=Image.fromarray((pixels >> 24).astype(np.uint8)))
        if self.has_prior:
            self._draw_prior(pen, side, look)
        pen.rectangle([0, 0, side - 1, side - 1], outline=theme.border, width=SCALE)
        small = picture.reduce(SCALE)
        self._write_ticks(small, look)
        return np.asarray(small)

    @staticmethod
    def _ratio(look: Look) -> float:
        return SCALE * max(look.side / 560, 0.5)  # in the window the plot is about so large

    def _style(self, look: Look) -> PointStyle:
        count = len(next(iter(self.positions.values())))
        if self.labels is None or not self.classes:
            return PointStyle(np.zeros(count, np.uint16), np.array([rgb(look.theme.accent)], np.uint8))
        palette = np.array([rgb(colour) for colour in look.classes(self.classes)], np.uint8)
        return PointStyle(self.labels.astype(np.uint16), palette)

    def _ticks(self, axis: int) -> list[float]:
        """Round values along an axis."""
        start, span = self.view[axis], self.view[2 + axis]
        rough = span / _TICKS
        power = 10 ** np.floor(np.log10(rough))
        step = next(float(factor * power) for factor in (1, 2, 5, 10) if factor * power >= rough)
        first = int(np.ceil(start / step))
        return [number * step for number in range(first, int((start + span) // step) + 1)]

    def _fraction(self, axis: int, value: float) -> float:
        """How far right, or down, a value lies in the square."""
        fraction = (value - self.view[axis]) / self.view[2 + axis]
        return 1 - fraction if axis else fraction

    def _axes(self) -> range:
        return range(len(self.plane.basis))  # heights of a one-dimensional space mean nothing

    def _draw_grid(self, pen: ImageDraw.ImageDraw, side: int, look: Look) -> None:
        for axis in self._axes():
            for value in self._ticks(axis):
                at = round(side * self._fraction(axis, value))
                ends = [0, at, side, at] if axis else [at, 0, at, side]
                pen.line(ends, look.theme.disabled, SCALE)

    def _draw_prior(self, pen: ImageDraw.ImageDraw, side: int, look: Look) -> None:
        """Circles, or in one dimension lines, at 1σ and 2σ of N(0, I), dashed."""
        for radius in PRIOR_RADII:
            if len(self.plane.basis) == 1:
                for value in (-radius, radius):
                    at = round(side * self._fraction(0, value))
                    for dash in range(0, side, 8 * SCALE):
                        pen.line([at, dash, at, dash + 4 * SCALE], look.theme.text, SCALE)
                continue
            left, right = (side * self._fraction(0, value) for value in (-radius, radius))
            top, bottom = (side * self._fraction(1, value) for value in (radius, -radius))
            dashes = max(round(np.pi * (right - left) / (8 * SCALE)), 8)
            for number in range(dashes):
                start = 360 * number / dashes
                pen.arc([left, top, right, bottom], start, start + 180 / dashes, look.theme.text, SCALE)

    def _write_ticks(self, picture: Image.Image, look: Look) -> None:
        pen, size = ImageDraw.Draw(picture), max(round(0.62 * look.text_size), 8)
        inset, halo = size // 3, max(size // 6, 1)
        for axis in self._axes():
            label = self.plane.labels[axis]
            taken = font_of(label, round(1.25 * size)).getlength(label) + 2 * size  # px, by the name of the axis
            place: tuple[float, float] = (inset, inset) if axis else (look.side - inset, look.side - inset)
            self._write(pen, place, label, round(1.25 * size), "la" if axis else "rs", halo, look)
            for value in self._ticks(axis):
                at = look.side * self._fraction(axis, value)
                low, high = (3.5 * size, look.side - 2 * size) if axis else (2 * size, look.side - taken)
                if not low < at < high:
                    continue
                text = f"{value:g}".replace("-", "−")
                place, anchor = ((inset, at), "lm") if axis else ((at, look.side - inset), "ms")
                self._write(pen, place, text, size, anchor, halo, look)

    @staticmethod
    def _write(
        pen: ImageDraw.ImageDraw, at: tuple[float, float], text: str, size: int, anchor: str, halo: int, look: Look
    ) -> None:
        theme = look.theme
        pen.text(at, text, theme.muted, font_of(text, size), anchor, stroke_width=halo, stroke_fill=theme.surface)


def _image(pixels: npt.NDArray[np.uint32]) -> Image.Image:
    """Opaque colours of premultiplied pixels; where nothing is they do not matter."""
    alpha = np.maximum(pixels >> 24, 1)
    parts = [((pixels >> shift & 255) * 255 // alpha).clip(0, 255).astype(np.uint8) for shift in (16, 8, 0)]
    return Image.fromarray(np.stack(parts, axis=-1))


def _box(positions: Floats) -> npt.NDArray[np.float64]:
    """Low and high corner (2, 2) of nearly all positions."""
    return np.quantile(positions[np.isfinite(positions).all(1)].astype(np.float64), _EDGES, axis=0)
