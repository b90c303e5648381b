"""Encoders and decoders as torch's modules."""

from collections.abc import Callable
from functools import partial

from torch import Tensor, nn

from vae_desktop.config import ModelConfig
from vae_desktop.models import architecture
from vae_desktop.models.architecture import ImageShape, Layer

# What they compute without torch is in latent.plain_decoder, their derivatives in training.gradient.
ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": partial(nn.ReLU, inplace=True),
    "leaky-relu": partial(nn.LeakyReLU, architecture.LEAKY_SLOPE),
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
}


def encoder(config: ModelConfig, image_shape: ImageShape) -> nn.Module:
    """Layers from images (N, C, H, W) to numbers (N, outputs).

    Raises
    ------
    InvalidSetting
        If images of that shape cannot pass through the hidden layers.
    """
    modules = [_module(layer, config) for layer in architecture.encoder_layers(config, image_shape)]
    return _FlatMlp(*modules) if config.architecture == "mlp" else nn.Sequential(*modules)


def decoder(config: ModelConfig, image_shape: ImageShape) -> nn.Module:
    """Layers from codes (N, d) to images (N, C, H, W) without bounds; the encoder's, mirrored."""
    return nn.Sequential(*(_module(layer, config) for layer in architecture.decoder_layers(config, image_shape)))


class _FlatMlp(nn.Sequential):
    """Fully connected layers that take images."""

    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images.flatten(1))


def _module(layer: Layer, config: ModelConfig) -> nn.Module:
    shape = architecture.KERNEL, architecture.STRIDE, architecture.PADDING
    match layer:
        case architecture.Dense(inputs, outputs):
            return nn.Linear(inputs, outputs)
        case architecture.Convolution(inputs, outputs):
            return nn.Conv2d(inputs, outputs, *shape)
        case architecture.TransposedConvolution(inputs, outputs, extra):
            return nn.ConvTranspose2d(inputs, outputs, *shape, output_padding=extra)
        case architecture.Flatten():
            return nn.Flatten()
        case architecture.Unflatten(image_shape):
            return nn.Unflatten(1, image_shape)
    return ACTIVATIONS[config.activation]()
