"""Codes and paths as files that any program reads: tables of comma-separated values in UTF-8, and pictures."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from vae_desktop.config import ModelConfig
from vae_desktop.data.origins import Origins
from vae_desktop.latent.codes import Codes, Floats, Picture
from vae_desktop.models.architecture import ImageShape
from vae_desktop.models.snapshot import Snapshot


def codes_as_csv(
    codes: Codes,
    chosen: npt.NDArray[np.int64],
    class_names: Sequence[str],
    test_count: int,
    origins: Origins | None = None,
) -> bytes:
    """Some codes, a line per image.

    Parameters
    ----------
    codes : Codes
        Of the test images first, then of training images.
    chosen : array (n,)
        Indices among them.
    class_names : sequence of str
        Empty for unlabelled images, whose lines name no class.
    test_count : int
        How many of the codes are of test images.
    origins : Origins, optional
        Where the images of the codes came from: the file, and the row or page of it, counted from 0, in columns.
    """
    columns: dict[str, Iterable[Any]] = {
        "split": np.where(chosen < test_count, "test", "train"),
        "image": np.where(chosen < test_count, chosen, chosen - test_count),
    }
    if origins is not None:
        columns |= origin_columns(origins.chosen(chosen))
    if codes.labels is not None and class_names:
        columns["class"] = [class_names[label] for label in codes.labels[chosen]]
    columns |= _by_dimension("mean", codes.mean[chosen])
    if codes.log_stddev is not None:
        columns |= _by_dimension("sigma", np.exp(codes.log_stddev[chosen]))
    return as_csv(columns)


def origin_columns(origins: Origins) -> dict[str, Iterable[Any]]:
    """Columns that say where images came from: the file, and the row or page of it, counted from 0."""
    found = [origins[number] for number in range(len(origins))]
    return {"file": [origin.file for origin in found], "part": ["" if o.part is None else o.part for o in found]}


def path_as_csv(codes: Floats, fractions: npt.NDArray[np.float64], distances: Floats | None) -> bytes:
    """The codes (N, d) of a path, a line per step.

    `fractions` (N,) say how far along the path a step is, `distances` (N,) how far from the nearest code of the data,
    as latent.code_distances has it.
    """
    columns: dict[str, Iterable[Any]] = {"step": range(len(codes)), "share": _numbers(fractions)}
    if distances is not None:
        columns["distance"] = _numbers(distances)
    return as_csv(columns | _by_dimension("z", codes))


def _by_dimension(name: str, values: Floats) -> dict[str, Iterable[Any]]:
    return {f"{name}_{dimension}": _numbers(column) for dimension, column in enumerate(values.T)}


def _numbers(values: npt.NDArray[Any]) -> list[str]:
    return [f"{value:.7g}" for value in values.tolist()]


def as_csv(columns: dict[str, Iterable[Any]]) -> bytes:
    """A table of columns by their names."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")  # as RFC 4180 has it
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue().encode(errors="backslashreplace")  # names of files need be no UTF-8


_GIF_SIDE, _STRIP_SIDE = 256, 112  # px, that a small picture is enlarged to, about
_WIDEST = 16_384  # px, of a strip whose pictures are enlarged
_LEAST_PAUSE = 20  # ms; many programs slow down what is meant to be quicker


def as_gif(pictures: Picture, seconds: float) -> bytes:
    """An endless GIF animation of pictures (N, H, W, C), uint8, that takes so many seconds.

    Each is a frame; one that equals the frame before makes that one stay longer. Small pictures are enlarged with
    square pixels. Grey ones keep all their levels; colours are reduced to 256.
    """
    scale = max(1, _GIF_SIDE // max(pictures.shape[1:3]))
    frames = [_image(picture.repeat(scale, 0).repeat(scale, 1)) for picture in pictures]
    pause = max(_LEAST_PAUSE, round(1000 * seconds / len(frames) / 10) * 10)  # the format counts in hundredths
    target = io.BytesIO()
    frames[0].save(target, "GIF", save_all=True, append_images=frames[1:], duration=pause, loop=0, optimize=False)
    return target.getvalue()


def as_strip(pictures: Picture) -> bytes:
    """A PNG picture of pictures (N, H, W, C), uint8, in a row; small ones are enlarged with square pixels."""
    count, height, width, channels = pictures.shape
    scale = max(1, min(_STRIP_SIDE // max(height, width), _WIDEST // (count * width)))
    row = pictures.swapaxes(0, 1).reshape(height, count * width, channels)
    target = io.BytesIO()
    _image(row.repeat(scale, 0).repeat(scale, 1)).save(target, "PNG")
    return target.getvalue()


def _image(pixels: Picture) -> Image.Image:
    """An image of pixels (H, W, C), grey or colour; of other numbers of channels the first is shown."""
    return Image.fromarray(np.ascontiguousarray(pixels if pixels.shape[2] == 3 else pixels[..., 0]))


@dataclass(frozen=True, eq=False)
class PathExport:
    """The steps (N, d) of a path, the model that decodes them, and the codes that they are measured against.

    The methods are for a thread in the background.
    """

    config: ModelConfig
    image_shape: ImageShape
    snapshot: Snapshot
    steps: Floats
    codes: Codes | None

    def gif(self, seconds: float) -> bytes:
        """An animation that takes so many seconds."""
        return as_gif(self._pictures(), seconds)

    def strip(self) -> bytes:
        """All steps in a row, as PNG."""
        return as_strip(self._pictures())

    def csv(self, fractions: npt.NDArray[np.float64]) -> bytes:
        """The codes, with how far along the path (N,) they are."""
        from vae_desktop.latent.code_distances import code_distances

        distances = None
        if self.codes is not None:
            distances = np.concatenate(list(code_distances(self.steps, self.codes)))
        return path_as_csv(self.steps, fractions, distances)

    def _pictures(self) -> Picture:
        from vae_desktop.latent.embed import decode_all
        from vae_desktop.models.autoencoder import model_of

        return decode_all(model_of(self.config, self.image_shape, self.snapshot.weights).decoder, self.steps)
