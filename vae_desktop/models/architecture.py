"""What encoders and decoders are made of, as data: fully connected or convolutional layers, of any size.

torch's modules, a decoder without torch and the check of a file are all made from it.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from vae_desktop.config import ModelConfig
from vae_desktop.errors import InvalidSetting
from vae_desktop.language import tr

ImageShape = tuple[int, int, int]  # (C, H, W)
Shape = tuple[int, ...]

LEAKY_SLOPE = 0.01  # of the leaky ReLU below 0
KERNEL, STRIDE, PADDING = 4, 2, 1  # of convolutions: each halves the image, or doubles it

_DEFAULT_WIDTHS = (400,)
_DEFAULT_CHANNELS = 32  # of the first stage; each further one has twice as many
_MOST_CHANNELS = 256
_COARSEST = 4  # automatic stages halve the image while its shorter side stays at least so long
_DENSE_PER_CHANNEL = 4  # units of the dense layer per channel of the last stage
_LARGEST_LAYER = 2**27  # weights, half a gigabyte; also what keeps a file from asking for more


@dataclass(frozen=True)
class Layer:
    """A layer; most have no parameters."""

    def parameter_shapes(self) -> dict[str, Shape]:
        """Shape of each parameter, by name."""
        return {}


@dataclass(frozen=True)
class Dense(Layer):
    """Fully connected: (N, inputs) to (N, outputs)."""

    inputs: int
    outputs: int

    def parameter_shapes(self) -> dict[str, Shape]:
        """As `Layer` says."""
        return {"weight": (self.outputs, self.inputs), "bias": (self.outputs,)}


@dataclass(frozen=True)
class Convolution(Layer):
    """Halves images: (N, inputs, H, W) to (N, outputs, H // 2, W // 2)."""

    inputs: int
    outputs: int

    def parameter_shapes(self) -> dict[str, Shape]:
        """As `Layer` says."""
        return {"weight": (self.outputs, self.inputs, KERNEL, KERNEL), "bias": (self.outputs,)}


@dataclass(frozen=True)
class TransposedConvolution(Layer):
    """Doubles images: (N, inputs, H, W) to (N, outputs, 2 H, 2 W), plus `extra` rows and columns."""

    inputs: int
    outputs: int
    extra: tuple[int, int]

    def parameter_shapes(self) -> dict[str, Shape]:
        """As `Layer` says."""
        return {"weight": (self.inputs, self.outputs, KERNEL, KERNEL), "bias": (self.outputs,)}


@dataclass(frozen=True)
class Activation(Layer):
    """The model's activation."""


@dataclass(frozen=True)
class Flatten(Layer):
    """Images (N, C, H, W) to (N, C H W)."""


@dataclass(frozen=True)
class Unflatten(Layer):
    """(N, C H W) to images (N, C, H, W)."""

    shape: ImageShape


def encoder_layers(config: ModelConfig, image_shape: ImageShape) -> list[Layer]:
    """From images (N, C, H, W), or flat ones where the first layer is dense, to numbers (N, outputs).

    Raises
    ------
    InvalidSetting
        If images of that shape cannot pass through the hidden layers.
    """
    outputs = 2 * config.latent_dim if config.traits.is_variational else config.latent_dim
    hidden = hidden_layers(config, image_shape)
    if config.architecture == "mlp":
        return _dense(math.prod(image_shape), *hidden, outputs)
    channels, shapes = (image_shape[0], *hidden), _stage_shapes(image_shape, hidden)
    layers: list[Layer] = []
    for before, after in itertools.pairwise(channels):
        layers += [Convolution(before, after), Activation()]
    flat = hidden[-1] * math.prod(shapes[-1])
    return [*layers, Flatten(), *_dense(flat, _dense_width(hidden), outputs)]


def decoder_layers(config: ModelConfig, image_shape: ImageShape) -> list[Layer]:
    """From codes (N, d) to images (N, C, H, W) without bounds; the encoder's, mirrored."""
    hidden = hidden_layers(config, image_shape)
    if config.architecture == "mlp":
        return [*_dense(config.latent_dim, *reversed(hidden), math.prod(image_shape)), Unflatten(image_shape)]
    channels, shapes = (image_shape[0], *hidden), _stage_shapes(image_shape, hidden)
    smallest = (hidden[-1], *shapes[-1])
    layers = [*_dense(config.latent_dim, _dense_width(hidden), math.prod(smallest)), Unflatten(smallest)]
    for (after, before), (larger, smaller) in reversed(
        list(zip(itertools.pairwise(channels), itertools.pairwise(shapes), strict=True))
    ):
        # An odd side was rounded down on the way in: one row or column more brings it back.
        extra = (larger[0] - 2 * smaller[0], larger[1] - 2 * smaller[1])
        layers += [Activation(), TransposedConvolution(before, after, extra)]
    return layers


def hidden_layers(config: ModelConfig, image_shape: ImageShape) -> tuple[int, ...]:
    """Widths or channels of the hidden layers, the automatic ones where none are given."""
    if config.hidden is not None:
        return config.hidden
    if config.architecture == "mlp":
        return _DEFAULT_WIDTHS
    stages = max(1, int(math.log2(min(image_shape[1:]) / _COARSEST)))
    return tuple(min(_DEFAULT_CHANNELS * 2**stage, _MOST_CHANNELS) for stage in range(stages))


def weight_shapes(config: ModelConfig, image_shape: ImageShape) -> dict[str, Shape]:
    """Shape of each parameter of a model, by the name that it has in `Autoencoder`."""
    parts = {"encoder": encoder_layers(config, image_shape), "decoder.layers": decoder_layers(config, image_shape)}
    shapes = {
        f"{part}.{number}.{name}": shape
        for part, layers in parts.items()
        for number, layer in enumerate(layers)
        for name, shape in layer.parameter_shapes().items()
    }
    return {**shapes, "decoder.log_stddev": ()} if config.likelihood == "gaussian-calibrated" else shapes


def _dense(*sizes: int) -> list[Layer]:
    """Dense layers of the given sizes with the activation between them."""
    layers: list[Layer] = []
    for inputs, outputs in itertools.pairwise(sizes):
        if inputs * outputs > _LARGEST_LAYER:
            raise InvalidSetting(
                "hidden",
                tr("Hidden layers: {inputs:,} × {outputs:,} weights are too many for a layer.").format(
                    inputs=inputs, outputs=outputs
                ),
            )
        layers += [Dense(inputs, outputs), Activation()]
    return layers[:-1]


def _dense_width(channels: Sequence[int]) -> int:
    return _DENSE_PER_CHANNEL * channels[-1]


def _stage_shapes(image_shape: ImageShape, channels: tuple[int, ...]) -> list[tuple[int, int]]:
    """Height and width before the first stage and after each."""
    _, height, width = image_shape
    if not channels:
        raise InvalidSetting("hidden", tr("Hidden layers: a convolutional model needs at least one stage."))
    if min(height, width) >> len(channels) == 0:
        raise InvalidSetting(
            "hidden",
            tr(
                "Hidden layers: {count} stages would halve images of {height}×{width} pixels to nothing; at most "
                "{most} fit."
            ).format(count=len(channels), height=height, width=width, most=min(height, width).bit_length() - 1),
        )
    for before, after in itertools.pairwise((image_shape[0], *channels)):
        if 16 * before * after > _LARGEST_LAYER:
            raise InvalidSetting(
                "hidden",
                tr("Hidden layers: {before:,} to {after:,} channels are too many for a stage.").format(
                    before=before, after=after
                ),
            )
    return [(height >> stage, width >> stage) for stage in range(len(channels) + 1)]
