"""The autoencoder and the variational autoencoder, readable from top to bottom."""

import itertools
import math
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from vae_desktop.config import ModelConfig
from vae_desktop.models.losses import kl_divergence, squared_error
from vae_desktop.models.randomness import generator

ImageShape = tuple[int, int, int]  # (C, H, W)


class Posterior(NamedTuple):
    """What an encoder says of N images: means (N, d), and log σ (N, d), or None where codes are points."""

    mean: Tensor
    log_stddev: Tensor | None

    def sample(self, noise: Tensor | None) -> Tensor:
        """Codes (N, d): μ + σ·ε with noise ε (N, d) from N(0, I), or the means where noise is None."""
        if self.log_stddev is None or noise is None:
            return self.mean
        return self.mean + self.log_stddev.exp() * noise


class LossTerms(NamedTuple):
    """Reconstruction error of each image (N,), KL per image and dimension (N, d) or None, and the posterior."""

    reconstruction: Tensor
    kl: Tensor | None
    posterior: Posterior


class Autoencoder(nn.Module):
    """Codes an image as a point (Hinton & Salakhutdinov 2006), trained by reconstruction alone.

    Parameters
    ----------
    config : ModelConfig
    image_shape : (C, H, W)
        Any size; pixels from 0 to 1.
    """

    outputs_per_dimension = 1

    def __init__(self, config: ModelConfig, image_shape: ImageShape) -> None:
        super().__init__()
        pixels = math.prod(image_shape)
        self.image_shape = image_shape
        self.latent_dim = config.latent_dim
        self.encoder = mlp(pixels, *config.hidden, self.outputs_per_dimension * config.latent_dim)
        self.decoder = Decoder(config, image_shape)

    def encode(self, images: Tensor) -> Posterior:
        """Posterior of images (N, C, H, W)."""
        return Posterior(self.encoder(images.flatten(1)), None)

    def decode(self, codes: Tensor) -> Tensor:
        """Images (N, C, H, W), 0 to 1, of codes (N, d)."""
        return self.decoder(codes)

    def loss_terms(self, images: Tensor, noise: Tensor | None) -> LossTerms:
        """The terms of the loss for images (N, C, H, W) and noise (N, d) from N(0, I)."""
        posterior = self.encode(images)
        reconstructions = self.decode(posterior.sample(noise))
        kl = None if posterior.log_stddev is None else kl_divergence(posterior.mean, posterior.log_stddev)
        return LossTerms(squared_error(images, reconstructions), kl, posterior)


class VariationalAutoencoder(Autoencoder):
    """Codes an image as a normal distribution (Kingma & Welling 2014, arXiv 1312.6114).

    The encoder gives the mean and the logarithm of the standard deviation of each latent dimension.
    """

    outputs_per_dimension = 2

    def encode(self, images: Tensor) -> Posterior:
        mean, log_stddev = self.encoder(images.flatten(1)).chunk(2, dim=1)
        return Posterior(mean, log_stddev)


class Decoder(nn.Module):
    """From codes (N, d) to images (N, C, H, W), 0 to 1."""

    def __init__(self, config: ModelConfig, image_shape: ImageShape) -> None:
        super().__init__()
        self.image_shape = image_shape
        self.layers = mlp(config.latent_dim, *reversed(config.hidden), math.prod(image_shape))

    def read_from(self, weights: Mapping[str, Tensor]) -> None:
        """Use the decoder's part of a model's weights in place; they must never change."""
        for name, parameter in self.named_parameters():
            parameter.data = weights[f"decoder.{name}"]

    def forward(self, codes: Tensor) -> Tensor:
        return self.layers(codes).sigmoid().unflatten(1, self.image_shape)


def mlp(*sizes: int) -> nn.Sequential:
    """Linear layers of the given sizes with ReLU between them."""
    layers: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


_KINDS = {"ae": Autoencoder, "vae": VariationalAutoencoder}


def empty_model(config: ModelConfig, image_shape: ImageShape) -> Autoencoder:
    """A model whose weights have shapes but no memory: for checking and for loading into."""
    with torch.device("meta"):
        return _KINDS[config.kind](config, image_shape)


def new_model(config: ModelConfig, image_shape: ImageShape, seed: int) -> Autoencoder:
    """A model with fresh weights; equal layers of different models start equal under the same seed.

    Weights and biases are uniform within ±1/√inputs, PyTorch's default for linear layers.
    """
    model = empty_model(config, image_shape).to_empty(device="cpu")
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear):
            random = generator(seed, "weights", name)
            bound = 1 / math.sqrt(module.in_features)
            nn.init.uniform_(module.weight, -bound, bound, generator=random)
            nn.init.uniform_(module.bias, -bound, bound, generator=random)
    return model


def restored_model(config: ModelConfig, image_shape: ImageShape, weights: Mapping[str, Tensor]) -> Autoencoder:
    """A model with its own copy of the given weights."""
    model = empty_model(config, image_shape)
    model.load_state_dict({name: tensor.clone() for name, tensor in weights.items()}, assign=True)
    return model


def decoder_of(config: ModelConfig, image_shape: ImageShape, weights: Mapping[str, Tensor]) -> Decoder:
    """A decoder that reads the given weights in place; they must never change."""
    decoder = empty_model(config, image_shape).decoder.to_empty(device="cpu").requires_grad_(False)
    decoder.read_from(weights)
    return decoder
