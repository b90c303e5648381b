"""The whole computation of one image's loss, from pixels to the weighted sum, as the numbers that stand in it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from vae_desktop.catalog import ModelKind
from vae_desktop.config import ModelConfig
from vae_desktop.latent.codes import Floats
from vae_desktop.models.architecture import (
    Convolution,
    Dense,
    ImageShape,
    Layer,
    Shape,
    TransposedConvolution,
    Unflatten,
    decoder_layers,
    encoder_layers,
)

if TYPE_CHECKING:
    from vae_desktop.latent.one_image import Coded


class Place(NamedTuple):
    """A number of the computation: of which term, and in which latent dimension, or of none.

    Terms: "pixels", "mean", "stddev", "noise", "code", "kl" (each dimension's, or without a dimension their sum),
    "picture", "error", "weighted_error", "weighted_kl", "loss".
    """

    term: str
    dimension: int | None = None


@dataclass(frozen=True, eq=False)
class Computation:
    """What stands in the formulas of one image; what is not known is None.

    Attributes
    ----------
    pixels : int
    encoder, decoder : sequence of shapes
        What goes in, and what each layer with weights gives.
    mean, stddev, noise, code, kl : array (d,), or None
        μ, σ, ε, z = μ + σ·ε and each dimension's KL divergence; an autoencoder has but a code.
    error : float, or None
        The reconstruction error of the picture of z, in the likelihood's unit.
    error_weight, kl_weight : float
        In the loss.
    pixel_stddev : float, or None
        Of a calibrated decoder.
    total : float, or None
    """

    pixels: int
    encoder: Sequence[Shape]
    decoder: Sequence[Shape]
    mean: Floats | None
    stddev: Floats | None
    noise: Floats | None
    code: Floats
    kl: Floats | None
    error: float | None
    error_weight: float
    kl_weight: float
    pixel_stddev: float | None
    total: float | None

    @property
    def kl_sum(self) -> float | None:
        """The image's KL divergence, in nats."""
        return None if self.kl is None else float(self.kl.sum(dtype=np.float64))

    def value(self, place: Place) -> float | None:
        """The number at a place; None where there is none, or nobody knows it."""
        if place.dimension is not None:
            column: Floats | None = getattr(self, place.term)
            return None if column is None or place.dimension >= len(column) else float(column[place.dimension])
        kl, error = self.kl_sum, self.error
        return {
            "pixels": float(self.pixels),
            "kl": kl,
            "error": error,
            "weighted_error": None if error is None else self.error_weight * error,
            "weighted_kl": None if kl is None else self.kl_weight * kl,
            "loss": self.total,
        }.get(place.term)


def computation_of(coded: Coded, config: ModelConfig, image_shape: ImageShape) -> Computation:
    """The computation of an image that has been sent through a model with one ε."""
    loss, log_stddev, kind = coded.loss, coded.codes.log_stddev, config.traits
    stddev = None if log_stddev is None else np.exp(log_stddev[0])
    return Computation(
        pixels=math.prod(image_shape),
        encoder=layer_shapes(encoder_layers(config, image_shape), _first_shape(config, image_shape)),
        decoder=layer_shapes(decoder_layers(config, image_shape), (config.latent_dim,)),
        mean=None if stddev is None else coded.codes.mean[0],
        stddev=stddev,
        noise=None if stddev is None else coded.noise[0],
        code=coded.drawn[0],
        kl=None if loss is None else loss.kl_per_dimension,
        error=None if loss is None else loss.reconstruction,
        error_weight=kind.reconstruction_weight,
        kl_weight=0.0 if loss is None else loss.kl_weight,
        pixel_stddev=None if loss is None else loss.pixel_stddev,
        total=None if loss is None else loss.total,
    )


def layer_shapes(layers: Sequence[Layer], inputs: Shape) -> list[Shape]:
    """What goes into layers, and what each with weights gives: numbers, or channels, height and width."""
    shapes, now = [inputs], inputs
    for layer in layers:
        match layer:
            case Dense(_, outputs):
                now = (outputs,)
            case Convolution(_, channels):
                now = (channels, now[1] // 2, now[2] // 2)
            case TransposedConvolution(_, channels, (rows, columns)):
                now = (channels, 2 * now[1] + rows, 2 * now[2] + columns)
            case Unflatten(shape):
                now = shape
                continue
            case _:
                continue
        shapes.append(now)
    return shapes


def error_formula(likelihood: str) -> str:
    """The reconstruction error by a likelihood, in LaTeX; i counts pixels."""
    return {
        "squared-error": r"E = \sum_i (x_i - \hat{x}_i)^2",
        "bernoulli": r"E = -\sum_i \left[x_i \log \hat{x}_i + (1 - x_i) \log(1 - \hat{x}_i)\right]",
        "gaussian-calibrated": r"E = \sum_i \left[\frac{(x_i - \hat{x}_i)^2}{2 s^2}"
        r" + \log s + \tfrac{1}{2} \log 2\pi\right]",
    }[likelihood]


def loss_formulas(kind: ModelKind) -> tuple[str, str]:
    """The terms of a kind's loss with their weights, in LaTeX: of the error, and of the KL divergence or ""."""
    error = _weighted(kind.reconstruction_weight, "E")
    if not kind.is_variational:
        return error, ""
    divergence = r"\mathrm{KL}"
    return error, rf"\beta \cdot {divergence}" if kind.kl_weight is None else _weighted(kind.kl_weight, divergence)


def _weighted(weight: float, term: str) -> str:
    return term if weight == 1 else rf"{weight:g} \cdot {term}"


def _first_shape(config: ModelConfig, image_shape: ImageShape) -> Shape:
    return (math.prod(image_shape),) if config.architecture == "mlp" else image_shape
