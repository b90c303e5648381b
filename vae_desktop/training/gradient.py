"""The loss of a batch and its gradient, which ends in each parameter's `grad`: by autograd, or written out."""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from vae_desktop.config import ModelConfig
from vae_desktop.models.architecture import LEAKY_SLOPE
from vae_desktop.models.autoencoder import ACTIVATIONS, LARGEST_EXPONENT, Autoencoder, LossTerms
from vae_desktop.models.losses import is_left_out, total_loss
from vae_desktop.models.products import product
from vae_desktop.training.processes import ALONE, Processes


class Loss(NamedTuple):
    """Means over the images of a batch (): total, reconstruction, and KL or None; on the device."""

    total: Tensor
    reconstruction: Tensor
    kl: Tensor | None


# What sets each parameter's `grad` to the gradient of the loss, from
#     images : Tensor (N, C, H, W), 0 to 1
#     noise : Tensor (N, d) from N(0, I), for codes that are drawn; or None
#     inputs : Tensor (N, C, H, W), what the encoder sees, if not the images; or None
#     kl_weight : float, or Tensor () on the device; a number 0 leaves the divergence out
Gradient = Callable[[Tensor, Tensor | None, Tensor | None, float | Tensor], Loss]


class AutogradGradient:
    """The gradient of any model on any device, by torch's own differentiation.

    Parameters
    ----------
    config : ModelConfig
    model : Autoencoder
    is_mixed : bool
        Whether layers compute in bfloat16.
    processes : Processes, optional
        Those that train the model together: from the images of each it has the gradient of all.
    """

    def __init__(
        self, config: ModelConfig, model: Autoencoder, is_mixed: bool, processes: Processes = ALONE
    ) -> None:
        self._traits = config.traits
        self._terms: Callable[..., LossTerms] = model.loss_terms
        self._parameters = list(model.parameters())
        self._device_type = self._parameters[0].device.type
        self._is_mixed = is_mixed
        self._processes = processes
        if processes.are_several:
            self._terms = processes.synchronised(_LossTerms(model))
            # After its first gradient DistributedDataParallel puts the parameters in another order, in which it adds up
            # those that follow: the first one is of no image, so that those of a training that goes on are the same.
            nothing = torch.zeros(0, *model.image_shape, device=model.device)
            noise = torch.zeros(0, model.latent_dim, device=model.device)
            self(nothing, noise if config.traits.is_variational else None, None, 1.0, size=1)

    def __call__(
        self,
        images: Tensor,
        noise: Tensor | None,
        inputs: Tensor | None,
        kl_weight: float | Tensor,
        size: int | None = None,
    ) -> Loss:
        """As `Gradient` says.

        `size` is how many images all processes have together. The terms are this one's part of the means over these.
        """
        for parameter in self._parameters:
            parameter.grad = None
        # As the layers give their results: operations on two layouts take several times as long.
        images = images.contiguous(memory_format=torch.channels_last)
        with torch.autocast(self._device_type, torch.bfloat16, enabled=self._is_mixed):
            terms = self._terms(images, noise, inputs)
        errors, divergences = terms.reconstruction, None if terms.kl is None else terms.kl.sum(1)
        if size is None:
            reconstruction, kl = errors.mean(), None if divergences is None else divergences.mean()
        else:
            reconstruction, kl = errors.sum() / size, None if divergences is None else divergences.sum() / size
        total = total_loss(self._traits, reconstruction, kl, kl_weight)
        # The gradient becomes the mean over the processes, and is to be the sum of their parts.
        (total * self._processes.count if self._processes.are_several else total).backward()
        return Loss(total.detach(), reconstruction.detach(), None if kl is None else kl.detach())


class _LossTerms(nn.Module):
    """A model whose outputs are the terms of its loss."""

    def __init__(self, model: Autoencoder) -> None:
        super().__init__()
        self._model = model

    def forward(self, images: Tensor, noise: Tensor | None, inputs: Tensor | None) -> LossTerms:
        return self._model.loss_terms(images, noise, inputs)


_aten = torch.ops.aten


class DenseGradient:
    """The gradient of a model of linear layers, in 32 bits; a `Gradient`.

    Autograd's numbers with fewer and larger operations: no graph is built, no gradient is set to zero and added to. A
    step of 784-400-20-400-784 takes three quarters of the time on two processor cores.

    Parameters
    ----------
    config : ModelConfig
        One for which `is_written_out` is true.
    model : Autoencoder
        Where a recording has to find them, the parameters' `grad` are set once and written to from then on.
    """

    @staticmethod
    def is_written_out(config: ModelConfig) -> bool:
        """Whether there is a gradient here for the layers, the activation and the likelihood of such a model."""
        return config.architecture == "mlp" and config.activation in SLOPES and config.likelihood in LIKELIHOODS

    def __init__(self, config: ModelConfig, model: Autoencoder) -> None:
        for parameter in model.parameters():
            parameter.grad = torch.zeros_like(parameter)
        self._traits = config.traits
        self._encoder = _Layers(model.encoder, config.activation)
        self._decoder = _Layers(model.decoder.layers, config.activation)
        self._likelihood = LIKELIHOODS[config.likelihood]
        self._decoder_log_stddev = getattr(model.decoder, "log_stddev", torch.empty(0))

    @torch.inference_mode()
    def __call__(self, images: Tensor, noise: Tensor | None, inputs: Tensor | None, kl_weight: float | Tensor) -> Loss:
        """As `Gradient` says."""
        pixels = images.flatten(1)
        outputs = self._encoder.forward(pixels if inputs is None else inputs.flatten(1))
        posterior = None if noise is None else _Posterior(outputs, noise)
        logits = self._decoder.forward(outputs if posterior is None else posterior.codes)
        weight = self._traits.reconstruction_weight / len(images)
        reconstruction, slope = self._likelihood(self._decoder_log_stddev, logits, pixels, weight)
        slope, kl = self._decoder.backward(slope), None
        if posterior is not None:
            kl, slope = posterior.kl(), posterior.backward(slope, kl_weight / len(images))
        self._encoder.backward(slope, to_inputs=False)
        return Loss(total_loss(self._traits, reconstruction, kl, kl_weight), reconstruction, kl)


class _Layers:
    """Linear layers with an activation between them, forwards and backwards."""

    def __init__(self, layers: nn.Module, activation: str) -> None:
        linear = [layer for layer in layers.modules() if isinstance(layer, nn.Linear)]
        self._layers = [(layer.weight, layer.bias) for layer in linear]
        self._activate, self._slope = ACTIVATIONS[activation](), SLOPES[activation]
        self._inputs: list[Tensor] = []  # of each layer
        self._before: list[Tensor] = []  # of each layer, its inputs before the activation

    def forward(self, inputs: Tensor) -> Tensor:
        """Outputs (N, o) of inputs (N, i)."""
        self._inputs, self._before = [], []  # whatever a step that failed has left
        outputs = inputs
        for number, (weight, bias) in enumerate(self._layers):
            self._before.append(outputs)
            self._inputs.append(self._activate(outputs) if number else inputs)
            outputs = product(self._inputs[-1], weight.t(), bias)
        return outputs

    def backward(self, slope: Tensor, to_inputs: bool = True) -> Tensor:
        """From the loss's slope along the outputs (N, o) set the gradients, and return its slope along the inputs."""
        for number, (weight, bias) in reversed([*enumerate(self._layers)]):
            inputs, before = self._inputs.pop(), self._before.pop()
            weight.grad = product(slope.t(), inputs, out=weight.grad)
            torch.sum(slope, 0, out=bias.grad)
            if number or to_inputs:
                slope = product(slope, weight)
            if number:
                slope = self._slope(slope, before, inputs)
        return slope


class _Posterior:
    """From an encoder's outputs (N, 2 d) to codes (N, d), and back: what `Autoencoder.posterior` says.

    Attributes
    ----------
    codes : Tensor (N, d)
    """

    def __init__(self, outputs: Tensor, noise: Tensor) -> None:
        self._noise = noise
        self._mean, raw = outputs.chunk(2, dim=1)
        bounded = raw.clamp(max=LARGEST_EXPONENT)
        self._beyond = raw - bounded
        self._log_stddev = self._beyond.log1p().add_(bounded)
        self._stddev = self._log_stddev.exp()
        self.codes = torch.addcmul(self._mean, self._stddev, noise)

    def kl(self) -> Tensor:
        """The KL divergence, as `losses.kl_divergence` says, summed over dimensions: the mean (), over images."""
        terms = self._mean.square().addcmul_(self._stddev, self._stddev).sub_(self._log_stddev, alpha=2)
        return 0.5 * (terms.sum(1).mean() - terms.shape[1])

    def backward(self, slope: Tensor, kl_weight: float | Tensor) -> Tensor:
        """The loss's slope along the outputs, of the reconstruction's along the codes and the weight of KL's sum."""
        log_stddev_slope = (slope * self._noise).mul_(self._stddev)
        if not is_left_out(kl_weight):
            slope = slope.add_(self._mean * kl_weight)
            log_stddev_slope.addcmul_(self._stddev, self._stddev * kl_weight).sub_(kl_weight)
        return torch.cat((slope, log_stddev_slope.div_(self._beyond.add_(1))), dim=1)


# Of each activation the slope before it, from the slope after it, its input and its output.
SLOPES: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "relu": lambda slope, _, after: _aten.threshold_backward(slope, after, 0),
    "leaky-relu": lambda slope, before, _: _aten.leaky_relu_backward(slope, before, LEAKY_SLOPE, False),
    "gelu": lambda slope, before, _: _aten.gelu_backward(slope, before),
    "silu": lambda slope, before, _: _aten.silu_backward(slope, before),
    "tanh": lambda slope, _, after: _aten.tanh_backward(slope, after),
}


def _bernoulli(_: Tensor, logits: Tensor, pixels: Tensor, weight: float) -> tuple[Tensor, Tensor]:
    """Mean cross-entropy, and the slope of `weight` times its sum along the logits; likewise below."""
    # log(1 + eˣ) = max(x, 0) − log σ(|x|), and σ(|x|) = |σ(x) − ½| + ½: half the time of the left side.
    probabilities = logits.sigmoid()
    surprise = (probabilities - 0.5).abs_().add_(0.5).log_()
    error = logits.relu().addcmul_(logits, pixels, value=-1).sub_(surprise).sum(1).mean()
    return error, probabilities.sub_(pixels).mul_(weight)


def _squared_error(_: Tensor, logits: Tensor, pixels: Tensor, weight: float) -> tuple[Tensor, Tensor]:
    reconstructions = logits.sigmoid_()
    difference = reconstructions - pixels
    error = difference.square().sum(1).mean()
    return error, _aten.sigmoid_backward(difference.mul_(2 * weight), reconstructions)


def _calibrated(log_stddev: Tensor, logits: Tensor, pixels: Tensor, weight: float) -> tuple[Tensor, Tensor]:
    precision = (-2 * log_stddev).exp()
    error, slope = _squared_error(log_stddev, logits, pixels, weight)
    scaled, count = precision * error, pixels.shape[1]
    torch.mul(count - scaled, weight * len(pixels), out=log_stddev.grad)
    return 0.5 * scaled + count * (log_stddev + 0.5 * math.log(math.tau)), slope.mul_(0.5 * precision)


LIKELIHOODS = {"bernoulli": _bernoulli, "squared-error": _squared_error, "gaussian-calibrated": _calibrated}
