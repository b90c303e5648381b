"""What encoders and decoders are made of: fully connected or convolutional layers, of any size."""

import itertools
import math
from collections.abc import Callable

from torch import Tensor, nn

from vae_desktop.config import ModelConfig
from vae_desktop.errors import InvalidSetting

ImageShape = tuple[int, int, int]  # (C, H, W)

_DEFAULT_WIDTHS = (400,)
_DEFAULT_CHANNELS = 32  # of the first stage; each further one has twice as many
_MOST_CHANNELS = 256
_COARSEST = 4  # automatic stages halve the image while its shorter side stays at least so long
_DENSE_PER_CHANNEL = 4  # units of the dense layer per channel of the last stage
_LARGEST_LAYER = 2**27  # weights, half a gigabyte; also what keeps a file from asking for more

_ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky-relu": nn.LeakyReLU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
}


def encoder(config: ModelConfig, image_shape: ImageShape, outputs: int) -> nn.Module:
    """Layers from images (N, C, H, W) to numbers (N, outputs).

    Raises
    ------
    InvalidSetting
        If images of that shape cannot pass through the hidden layers.
    """
    activation = _ACTIVATIONS[config.activation]
    hidden = hidden_layers(config, image_shape)
    if config.architecture == "mlp":
        return _FlatMlp(*_dense(activation, math.prod(image_shape), *hidden, outputs))
    channels, shapes = (image_shape[0], *hidden), _stage_shapes(image_shape, hidden)
    layers: list[nn.Module] = []
    for before, after in itertools.pairwise(channels):
        layers += [nn.Conv2d(before, after, kernel_size=4, stride=2, padding=1), activation()]
    flat = hidden[-1] * math.prod(shapes[-1])
    return nn.Sequential(*layers, nn.Flatten(), *_dense(activation, flat, _dense_width(hidden), outputs))


def decoder(config: ModelConfig, image_shape: ImageShape) -> nn.Module:
    """Layers from codes (N, d) to images (N, C, H, W) without bounds; the encoder's, mirrored."""
    activation = _ACTIVATIONS[config.activation]
    hidden = hidden_layers(config, image_shape)
    if config.architecture == "mlp":
        widths = (config.latent_dim, *reversed(hidden), math.prod(image_shape))
        return nn.Sequential(*_dense(activation, *widths), nn.Unflatten(1, image_shape))
    channels, shapes = (image_shape[0], *hidden), _stage_shapes(image_shape, hidden)
    smallest = (hidden[-1], *shapes[-1])
    layers = _dense(activation, config.latent_dim, _dense_width(hidden), math.prod(smallest))
    layers.append(nn.Unflatten(1, smallest))
    for (after, before), (larger, smaller) in reversed(
        list(zip(itertools.pairwise(channels), itertools.pairwise(shapes), strict=True))
    ):
        # An odd side was rounded down on the way in: one row or column more brings it back.
        extra = (larger[0] - 2 * smaller[0], larger[1] - 2 * smaller[1])
        layers += [
            activation(),
            nn.ConvTranspose2d(before, after, kernel_size=4, stride=2, padding=1, output_padding=extra),
        ]
    return nn.Sequential(*layers)


def hidden_layers(config: ModelConfig, image_shape: ImageShape) -> tuple[int, ...]:
    """Widths or channels of the hidden layers, the automatic ones where none are given."""
    if config.hidden is not None:
        return config.hidden
    if config.architecture == "mlp":
        return _DEFAULT_WIDTHS
    stages = max(1, int(math.log2(min(image_shape[1:]) / _COARSEST)))
    return tuple(min(_DEFAULT_CHANNELS * 2**stage, _MOST_CHANNELS) for stage in range(stages))


class _FlatMlp(nn.Sequential):
    """Fully connected layers that take images."""

    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images.flatten(1))


def _dense(activation: Callable[[], nn.Module], *sizes: int) -> list[nn.Module]:
    """Linear layers of the given sizes with the activation between them."""
    layers: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise(sizes):
        if inputs * outputs > _LARGEST_LAYER:
            raise InvalidSetting("hidden", f"Hidden layers: {inputs:,} × {outputs:,} weights are too many for a layer.")
        layers += [nn.Linear(inputs, outputs), activation()]
    return layers[:-1]


def _dense_width(channels: tuple[int, ...]) -> int:
    return _DENSE_PER_CHANNEL * channels[-1]


def _stage_shapes(image_shape: ImageShape, channels: tuple[int, ...]) -> list[tuple[int, int]]:
    """Height and width before the first stage and after each."""
    _, height, width = image_shape
    if not channels:
        raise InvalidSetting("hidden", "Hidden layers: a convolutional model needs at least one stage.")
    if min(height, width) >> len(channels) == 0:
        raise InvalidSetting(
            "hidden",
            f"Hidden layers: {len(channels)} stages would halve images of {height}×{width} pixels to nothing; "
            f"at most {min(height, width).bit_length() - 1} fit.",
        )
    for before, after in itertools.pairwise((image_shape[0], *channels)):
        if 16 * before * after > _LARGEST_LAYER:
            raise InvalidSetting("hidden", f"Hidden layers: {before:,} to {after:,} channels are too many for a stage.")
    return [(height >> stage, width >> stage) for stage in range(len(channels) + 1)]
