"""What the decoder makes of the same codes at moments of a training: a grid of them, random ones, or one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from PIL import Image

from vae_desktop.config import ModelConfig
from vae_desktop.film.scatter import plane_of, positions_in, view_of
from vae_desktop.film.sheet import Look
from vae_desktop.latent.codes import Codes, Floats, Picture
from vae_desktop.latent.grid import evenly, grid_positions, quantiles
from vae_desktop.latent.plane import axis_plane
from vae_desktop.models.architecture import ImageShape
from vae_desktop.models.snapshot import Weights

_MOST_COLUMNS, _FEWEST_COLUMNS = 16, 4
_EXTENT = 3.0  # of a grid about its middle, where nothing is known of the codes
_WHOLE_FROM = 3  # times as large, from where on pixels stay squares of one size
_LEAST_TILE = 26  # px, of pictures that are not smaller themselves


@dataclass(frozen=True, eq=False)
class DecodedScene:
    """Draws pictures that are decoded from the same codes at every moment, side by side.

    Attributes
    ----------
    steps : list of int
    codes : array (N, d)
    columns : int
    gap : int
        Pixels between two pictures; 0 where neighbours pass into one another.
    glides : bool
        Whether there is something to be seen between two moments.
    """

    steps: list[int]
    codes: Floats
    columns: int
    gap: int
    _config: ModelConfig
    _image_shape: ImageShape
    _weights_of: Callable[[int], Weights]
    glides: ClassVar[bool] = False

    def draw(self, place: float, look: Look) -> Picture:
        """The square (side, side, 3) at a place, counted in moments from 0; UserError if the frame is damaged."""
        from vae_desktop.latent.embed import decode_all
        from vae_desktop.models.autoencoder import model_of

        decoder = model_of(self._config, self._image_shape, self._weights_of(self.steps[int(place)])).decoder
        pictures = decode_all(decoder, self.codes)
        return laid_out(pictures, self.columns, self.gap, look)


def laid_out(pictures: Picture, columns: int, gap: int, look: Look) -> Picture:
    """Pictures (N, H, W, C) in rows, as large as they fit into a square (side, side, 3)."""
    count, height, width, channels = pictures.shape
    rows = -(-count // columns)
    across, down = ((look.side - gap * (number - 1)) // number for number in (columns, rows))
    scale = min(across / width, down / height)
    is_whole = scale >= _WHOLE_FROM or 1 <= scale < 1.15 * int(scale)
    scale = int(scale) if is_whole else scale
    size = max(int(width * scale), 1), max(int(height * scale), 1)
    how = Image.Resampling.NEAREST if is_whole else Image.Resampling.BICUBIC
    used = [number * (length + gap) - gap for number, length in zip((columns, rows), size, strict=True)]
    left, top = ((look.side - length) // 2 for length in used)
    sheet = Image.new("RGB", (look.side, look.side), look.theme.window if gap else look.theme.surface)
    for number, picture in enumerate(pictures):
        image = Image.fromarray(picture if channels == 3 else picture[..., 0]).resize(size, how)
        row, column = divmod(number, columns)
        sheet.paste(image, (left + column * (size[0] + gap), top + row * (size[1] + gap)))
    return np.asarray(sheet)


def columns_for(image_shape: ImageShape, look: Look) -> int:
    """How many pictures stand side by side, so that each is large enough and of whole pixels where it can be."""
    longer = max(image_shape[1:])
    tile = longer * max(1, -(-_LEAST_TILE // longer))
    return max(_FEWEST_COLUMNS, min(_MOST_COLUMNS, look.side // tile))


def grid_codes(config: ModelConfig, is_drawn_to_prior: bool, last: Codes | None, count: int) -> Floats:
    """Codes (count², d), row by row, of a grid in the plane that is held along a film.

    Where codes are drawn towards N(0, I), equal shares of it lie between two neighbours; else the grid is even over
    where the codes of the last moment lie, or over ±3 where these are not known. In one dimension the rows follow one
    another.
    """
    dimensions = config.latent_dim
    if last is None or (dimensions <= 2 and is_drawn_to_prior):
        plane = axis_plane(range(min(dimensions, 2)), dimensions)
        middle = np.zeros(dimensions, np.float32)
    else:
        plane = plane_of(last)
        middle = last.mean[np.isfinite(last.mean).all(1)].mean(0)
    is_line = len(plane.basis) == 1
    centre, number = plane.project(middle[None])[0], count**2 if is_line else count
    if is_drawn_to_prior:
        lines = [quantiles(number) + value for value in centre]
    elif last is None:
        lines = [evenly(number, value - _EXTENT, value + _EXTENT) for value in centre]
    else:
        positions = positions_in(plane, last.mean, np.zeros(len(last), np.float32) if is_line else None)
        left, bottom, side, _ = view_of([positions])
        lines = [evenly(number, low, low + side) for low in (left, bottom)[: len(plane.basis)]]
    return plane.unproject(grid_positions(lines[0], None if is_line else lines[1]).astype(np.float32), middle)
