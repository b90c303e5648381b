"""The autoencoder and the variational autoencoder, readable from top to bottom."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from vae_desktop.config import ModelConfig
from vae_desktop.models import architecture
from vae_desktop.models.architecture import ImageShape, Layer, weight_shapes
from vae_desktop.models.losses import (
    bernoulli_cross_entropy,
    gaussian_negative_log_likelihood,
    kl_divergence,
    squared_error,
)
from vae_desktop.models.products import Linear
from vae_desktop.models.randomness import generator
from vae_desktop.models.snapshot import Weights

LARGEST_EXPONENT = 1.0  # where the encoder's output stops being log σ
_DARKEST = 1e-3  # a first pixel, where the mean is black: its logit is finite
_FIRST_LOG_STDDEV = -1.0  # of a calibrated decoder: about twice what handwritten digits end with


class Posterior(NamedTuple):
    """The posteriors of N images: means (N, d), and log σ (N, d), or None where codes are points."""

    mean: Tensor
    log_stddev: Tensor | None

    def sample(self, noise: Tensor | None) -> Tensor:
        """Codes (N, d): μ + σ·ε with noise ε (N, d) from N(0, I), or the means where noise is None."""
        if self.log_stddev is None or noise is None:
            return self.mean
        return self.mean + self.log_stddev.exp() * noise

    def to_cpu(self) -> "Posterior":
        """A copy in the main memory that shares no memory with anything."""
        mean, log_stddev = (None if part is None else part.to("cpu", copy=True).contiguous() for part in self)
        assert mean is not None
        return Posterior(mean, log_stddev)


class LossTerms(NamedTuple):
    """Reconstruction error of each image (N,), KL per image and dimension (N, d) or None, and the posterior."""

    reconstruction: Tensor
    kl: Tensor | None
    posterior: Posterior


class Autoencoder(nn.Module):
    """Codes an image as a point (Hinton & Salakhutdinov 2006) or, variational, as a normal distribution.

    A variational one's encoder gives the mean and the logarithm of the standard deviation of each latent dimension
    (Kingma & Welling 2014, arXiv 1312.6114).

    Parameters
    ----------
    config : ModelConfig
    image_shape : (C, H, W)
        Any size; pixels from 0 to 1.

    Raises
    ------
    InvalidSetting
        If images of that shape cannot pass through the hidden layers.
    """

    def __init__(self, config: ModelConfig, image_shape: ImageShape) -> None:
        super().__init__()
        self.image_shape = image_shape
        self.latent_dim = config.latent_dim
        self.is_variational = config.traits.is_variational
        self.encoder = _encoder(config, image_shape)
        self.decoder = Decoder(config, image_shape)

    @property
    def device(self) -> torch.device:
        """Where its parameters are."""
        return next(self.parameters()).device

    def weights(self) -> Weights:
        """A copy of the parameters, as a snapshot holds them."""
        return {name: parameter.detach().to("cpu", copy=True).numpy() for name, parameter in self.named_parameters()}

    def read_from(self, weights: Weights) -> None:
        """Use weights in place; they must never change."""
        for name, parameter in self.named_parameters():
            parameter.data = torch.from_numpy(weights[name])

    def encode(self, images: Tensor) -> Posterior:
        """Posterior of images (N, C, H, W)."""
        return self.posterior(self.encoder(images).float())

    def posterior(self, outputs: Tensor) -> Posterior:
        """Posterior that an encoder's outputs (N, d) or, variational, (N, 2 d) stand for."""
        if not self.is_variational:
            return Posterior(outputs, None)
        mean, raw = outputs.chunk(2, dim=1)
        # Up to σ = e the output is log σ; beyond it σ grows with the output itself, or the KL divergence of a single
        # odd image, some e⁷⁰, would freeze the optimizer for good.
        beyond = (raw - LARGEST_EXPONENT).clamp(min=0)
        return Posterior(mean, raw.clamp(max=LARGEST_EXPONENT) + beyond.log1p())

    def decode(self, codes: Tensor) -> Tensor:
        """Images (N, C, H, W), 0 to 1, of codes (N, d)."""
        return self.decoder(codes)

    def reconstruct(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W), 0 to 1, decoded from the means of their posteriors."""
        return self.decoder(self.encode(images).mean)

    def loss_terms(self, images: Tensor, noise: Tensor | None, inputs: Tensor | None = None) -> LossTerms:
        """The terms of the loss for images (N, C, H, W) and noise (N, d) from N(0, I).

        `inputs` are what the encoder sees instead of the images, where they are corrupted.
        """
        posterior = self.encode(images if inputs is None else inputs)
        reconstruction = self.decoder.reconstruction_error(images, posterior.sample(noise))
        kl = None if posterior.log_stddev is None else kl_divergence(posterior.mean, posterior.log_stddev)
        return LossTerms(reconstruction, kl, posterior)


class Decoder(nn.Module):
    """From codes (N, d) to images (N, C, H, W), 0 to 1, and to how likely given images are."""

    def __init__(self, config: ModelConfig, image_shape: ImageShape) -> None:
        super().__init__()
        self.layers = _decoder(config, image_shape)
        self.likelihood = config.likelihood
        if self.likelihood == "gaussian-calibrated":
            self.log_stddev = nn.Parameter(torch.empty(()))

    def forward(self, codes: Tensor) -> Tensor:
        return self.logits(codes).sigmoid()

    def logits(self, codes: Tensor) -> Tensor:
        """Log-odds of the pixels (N, C, H, W), in 32 bits."""
        return self.layers(codes).float()

    def reconstruction_error(self, images: Tensor, codes: Tensor) -> Tensor:
        """Reconstruction error (N,) of images (N, C, H, W) from codes (N, d), in the likelihood's unit."""
        return self.error_of(images, self.logits(codes))

    def error_of(self, images: Tensor, logits: Tensor) -> Tensor:
        """Reconstruction error (N,) of images (N, C, H, W) from the logits that their codes are decoded to."""
        if self.likelihood == "bernoulli":
            return bernoulli_cross_entropy(images, logits)
        if self.likelihood == "gaussian-calibrated":
            return gaussian_negative_log_likelihood(images, logits.sigmoid(), self.log_stddev)
        if self.likelihood == "squared-error":
            return squared_error(images, logits.sigmoid())
        raise NotImplementedError(f"a decoder's error by the likelihood {self.likelihood!r}")


def new_model(
    config: ModelConfig, image_shape: ImageShape, seed: int, mean_image: npt.NDArray[np.float32] | None = None
) -> Autoencoder:
    """A model with fresh weights; equal layers of different models start equal under the same seed.

    Weights and biases are uniform within ±1/√inputs, PyTorch's default for linear and convolutional layers. With a
    mean image (C, H, W), 0 to 1, the decoder's last bias is its logit, a channel's mean where that bias is a
    channel's: pictures start as the mean image, which the first hundred steps would otherwise be spent on.
    """
    shapes = weight_shapes(config, image_shape)
    model = _with_weights(config, image_shape, {name: torch.empty(shape) for name, shape in shapes.items()})
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            random = generator(seed, "weights", name)
            bound = 1 / math.sqrt(math.prod(module.weight.shape[1:]))
            for parameter in module.parameters():
                nn.init.uniform_(parameter, -bound, bound, generator=random)
        elif isinstance(module, Decoder) and module.likelihood == "gaussian-calibrated":
            nn.init.constant_(module.log_stddev, _FIRST_LOG_STDDEV)
    if mean_image is not None:
        last_bias = [parameter for name, parameter in model.decoder.layers.named_parameters() if "bias" in name][-1]
        means = mean_image.reshape(len(last_bias), -1).mean(1).clip(_DARKEST, 1 - _DARKEST)
        last_bias.data.copy_(torch.from_numpy(means).logit())
    return model


def restored_model(config: ModelConfig, image_shape: ImageShape, weights: Weights) -> Autoencoder:
    """A model with its own copy of the given weights."""
    return _with_weights(config, image_shape, {name: torch.tensor(values) for name, values in weights.items()})


def model_of(config: ModelConfig, image_shape: ImageShape, weights: Weights) -> Autoencoder:
    """A model that reads the given weights in place; they must never change."""
    tensors = {name: torch.from_numpy(values) for name, values in weights.items()}
    return _with_weights(config, image_shape, tensors).requires_grad_(False)


def _with_weights(config: ModelConfig, image_shape: ImageShape, weights: Mapping[str, Tensor]) -> Autoencoder:
    # `to_empty` would do for fresh ones, and load half a second of algebra.
    with torch.device("meta"):
        model = Autoencoder(config, image_shape)
    model.load_state_dict(weights, assign=True)
    return model


# What they compute without torch is in latent.plain_decoder, their derivatives in training.gradient.
ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": partial(nn.ReLU, inplace=True),
    "leaky-relu": partial(nn.LeakyReLU, architecture.LEAKY_SLOPE),
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
}


def _encoder(config: ModelConfig, image_shape: ImageShape) -> nn.Module:
    """Layers from images (N, C, H, W) to numbers (N, outputs).

    Raises
    ------
    InvalidSetting
        If images of that shape cannot pass through the hidden layers.
    """
    modules = [_module(layer, config) for layer in architecture.encoder_layers(config, image_shape)]
    return _FlatMlp(*modules) if config.architecture == "mlp" else nn.Sequential(*modules)


def _decoder(config: ModelConfig, image_shape: ImageShape) -> nn.Module:
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
            return Linear(inputs, outputs)
        case architecture.Convolution(inputs, outputs):
            return nn.Conv2d(inputs, outputs, *shape)
        case architecture.TransposedConvolution(inputs, outputs, extra):
            return nn.ConvTranspose2d(inputs, outputs, *shape, output_padding=extra)
        case architecture.Flatten():
            return nn.Flatten()
        case architecture.Unflatten(image_shape):
            return nn.Unflatten(1, image_shape)
    return ACTIVATIONS[config.activation]()
