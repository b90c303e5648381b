"""A decoder that needs no torch: for one picture at a time, at once, while torch may still be loading."""

from collections.abc import Callable

import numpy as np

from vae_desktop.config import ModelConfig
from vae_desktop.latent.codes import Floats, Picture
from vae_desktop.models import architecture
from vae_desktop.models.architecture import ImageShape, Layer
from vae_desktop.models.snapshot import Weights


class PlainDecoder:
    """Decodes one code after another, to what `Autoencoder.decode` gives within rounding.

    Parameters
    ----------
    config : ModelConfig
    image_shape : (C, H, W)
    """

    def __init__(self, config: ModelConfig, image_shape: ImageShape) -> None:
        self._layers = architecture.decoder_layers(config, image_shape)
        self._activate = _ACTIVATIONS[config.activation]

    def decode(self, weights: Weights, code: Floats) -> Picture:
        """Picture (H, W, C), uint8, contiguous, of a code (d,), by a whole model's weights."""
        values = code.astype(np.float32)
        for number, layer in enumerate(self._layers):
            prefix = f"decoder.layers.{number}."
            parameters = [weights[prefix + name] for name in layer.parameter_shapes()]
            values = self._through(layer, values, parameters)
        pixels = np.rint(255 * _sigmoid(values)).astype(np.uint8)
        return np.ascontiguousarray(pixels.transpose(1, 2, 0))

    def _through(self, layer: Layer, values: Floats, parameters: list[Floats]) -> Floats:
        match layer:
            case architecture.Dense():
                weight, bias = parameters
                return weight @ values + bias
            case architecture.TransposedConvolution():
                return _doubled(layer, values, *parameters)
            case architecture.Unflatten(shape):
                return values.reshape(shape)
        return self._activate(values)


def _doubled(layer: architecture.TransposedConvolution, values: Floats, weight: Floats, bias: Floats) -> Floats:
    """A transposed convolution of an image (C, H, W): every pixel adds its part of the kernel around its position."""
    kernel, stride, padding = architecture.KERNEL, architecture.STRIDE, architecture.PADDING
    channels, height, width = values.shape
    parts = weight.reshape(channels, -1).T @ values.reshape(channels, -1)
    parts = parts.reshape(layer.outputs, kernel, kernel, height, width)
    size = [stride * side + more for side, more in zip((height, width), layer.extra, strict=True)]
    image = np.zeros((layer.outputs, *(side + 2 * padding for side in size)), np.float32)
    for top in range(kernel):
        for left in range(kernel):
            rows = slice(top, top + stride * height, stride)
            columns = slice(left, left + stride * width, stride)
            image[:, rows, columns] += parts[:, top, left]
    return image[:, padding : padding + size[0], padding : padding + size[1]] + bias[:, None, None]


def _sigmoid(values: Floats) -> Floats:
    return 0.5 * (1 + np.tanh(0.5 * values))  # of any number without overflow


def _gelu(values: Floats) -> Floats:
    """With the error function by formula 7.1.26 of Abramowitz & Stegun 1964, which is right to 2 in ten million."""
    x = np.abs(values) * np.float32(np.sqrt(0.5))
    t = 1 / (1 + 0.3275911 * x)
    polynomial = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    error = np.copysign(1 - polynomial * np.exp(-x * x), values)
    return 0.5 * values * (1 + error)


_ACTIVATIONS: dict[str, Callable[[Floats], Floats]] = {
    "relu": lambda values: np.maximum(values, 0),
    "leaky-relu": lambda values: np.maximum(values, architecture.LEAKY_SLOPE * values),
    "gelu": _gelu,
    "silu": lambda values: values * _sigmoid(values),
    "tanh": np.tanh,
}
