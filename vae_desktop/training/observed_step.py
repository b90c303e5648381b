"""One training step in every detail: its batch and noise, the loss before and after, and how each term pulled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vae_desktop.data.dataset import Images
from vae_desktop.latent.codes import Codes, Floats
from vae_desktop.latent.embed import to_codes
from vae_desktop.models.autoencoder import LossTerms, Posterior
from vae_desktop.models.losses import is_left_out, total_loss
from vae_desktop.training.trained_model import TrainedModel

_BYTE = 255
_LEAST = 1e-12  # of a mean that has a direction


@dataclass(frozen=True, eq=False)
class Pull:
    """How one term of the loss, with its weight in it, pulls: the negative gradient of that term.

    Attributes
    ----------
    mean : array (n, d), float32
        −∂/∂μ of each image's own term.
    log_stddev : array (n, d), float32, or None
        −∂/∂log σ of each image's own term: below 0 the term narrows the posterior. None where codes are points.
    weights : float
        L2 norm of the gradient along all of the model's weights, of the mean over the batch.
    """

    mean: Floats
    log_stddev: Floats | None
    weights: float


class Balance(NamedTuple):
    """How the two terms of the loss pulled, in means over a batch.

    Attributes
    ----------
    angle : float
        Degrees between their gradients along all weights: above 90 they are against each other.
    outwards, inwards : float
        How strongly the reconstruction pulls each μ away from 0, and KL towards it.
    narrowing, widening : float
        How strongly the reconstruction lowers log σ, and KL raises it, summed over latent dimensions.
    """

    angle: float
    outwards: float
    inwards: float
    narrowing: float
    widening: float


@dataclass(frozen=True, eq=False)
class BatchLoss:
    """The loss of a batch at given weights, and where its codes are.

    Attributes
    ----------
    total : float
        Mean over the images, as the step minimises it.
    reconstruction : array (n,), float32
        Of each image, in the likelihood's unit.
    kl : array (n,), float32, or None
        Of each image, in nats; None where codes are points.
    codes : Codes
        Of the images, with their classes.
    """

    total: float
    reconstruction: Floats
    kl: Floats | None
    codes: Codes


@dataclass(frozen=True, eq=False)
class ObservedStep:
    """What one training step did with its batch; both losses are of the same images with the same noise.

    Attributes
    ----------
    step : int
        How many steps the model has taken with this one.
    inputs : array (n, C, H, W), uint8
        What the encoder saw: the images, or the corrupted ones of a denoising model.
    noise : array (n, d), float32, or None
        ε with which the codes were drawn from the posteriors.
    before, after : BatchLoss
    reconstruction, kl : Pull
        Before the step; `kl` is None where codes are points.
    angle : float, or None
        Degrees between the two terms' gradients along all weights: above 90 they disagree. None without two terms
        that pull.
    learning_rate, kl_weight : float
        As this step used them.
    moved : float
        L2 norm of the change of all weights.
    """

    step: int
    inputs: Images
    noise: Floats | None
    before: BatchLoss
    after: BatchLoss
    reconstruction: Pull
    kl: Pull | None
    angle: float | None
    learning_rate: float
    kl_weight: float
    moved: float

    @property
    def pull(self) -> float:
        """L2 norm of the gradient of the whole loss along all weights, by the law of cosines."""
        one, other = self.reconstruction.weights, 0.0 if self.kl is None else self.kl.weights
        cosine = 0.0 if self.angle is None else math.cos(math.radians(self.angle))
        return math.sqrt(max(one**2 + other**2 + 2 * one * other * cosine, 0.0))

    def angles(self) -> Floats | None:
        """Degrees (n,) between the two terms' pulls on each image's mean; None without two terms that pull."""
        return None if self.kl is None else _degrees(self.reconstruction.mean, self.kl.mean)

    @property
    def balance(self) -> Balance | None:
        """Whether the two terms held each other up; None without two terms that pull."""
        error, kl = self.reconstruction, self.kl
        if self.angle is None or kl is None or error.log_stddev is None or kl.log_stddev is None:
            return None
        means = self.before.codes.mean
        away = means / np.linalg.norm(means, axis=1, keepdims=True).clip(min=_LEAST)
        outwards, inwards = ((pull.mean * away).sum(1).mean() for pull in (error, kl))
        narrowing, widening = (pull.log_stddev.sum(1).mean() for pull in (error, kl))  # type: ignore[union-attr]
        return Balance(self.angle, float(outwards), -float(inwards), -float(narrowing), float(widening))


def observed_step(model: TrainedModel) -> ObservedStep:
    """Take the next step of a model, the very one that it would have taken anyway, and tell what it did.

    The terms are computed once more, by automatic differentiation in 32 bits; the step itself knows nothing of that.
    Waits for the device.
    """
    trainer, batch = model.trainer, model.batches.at(model.steps)
    network, traits = trainer.model, model.config.model.traits
    noise = batch.noise(network.latent_dim) if traits.is_variational else None
    inputs = batch.corrupted(model.config.model) if traits.is_denoising else None
    kl_weight, learning_rate = trainer.kl_weight, trainer.rate
    labels = model.dataset.train.labels
    labels = None if labels is None else labels[batch.indices.cpu().numpy()]

    def loss_of(terms: LossTerms) -> BatchLoss:
        kl = None if terms.kl is None else terms.kl.detach().sum(1)
        error = terms.reconstruction.detach()
        total = total_loss(traits, error.mean(), None if kl is None else kl.mean(), kl_weight)
        mean, log_stddev = terms.posterior
        posterior = Posterior(mean.detach(), None if log_stddev is None else log_stddev.detach())
        numbers = None if kl is None else _numbers(kl)
        return BatchLoss(float(total), _numbers(error), numbers, to_codes(posterior, labels))

    parameters = list(network.parameters())
    terms = network.loss_terms(batch.images, noise, inputs)
    before = loss_of(terms)
    reconstruction, along_error = _pull(terms, traits.reconstruction_weight * terms.reconstruction, parameters)
    kl, angle = None, None
    if terms.kl is not None:
        weight = 0.0 if is_left_out(kl_weight) else kl_weight
        kl, along_kl = _pull(terms, weight * terms.kl.sum(1), parameters)
        angle = _angle(along_error, along_kl)
    old = [parameter.detach().clone() for parameter in parameters]
    model.step()
    model.drain()
    with torch.no_grad():
        moved = _norm([new - before_it for new, before_it in zip(parameters, old, strict=True)])
        after = loss_of(network.loss_terms(batch.images, noise, inputs))
    seen = batch.images if inputs is None else inputs
    pixels = (seen * _BYTE).round().to(torch.uint8).cpu().numpy()
    drawn = None if noise is None else _numbers(noise)
    return ObservedStep(
        model.steps, pixels, drawn, before, after, reconstruction, kl, angle, learning_rate, kl_weight, float(moved)
    )


def _pull(terms: LossTerms, term: Tensor, parameters: Sequence[Tensor]) -> tuple[Pull, list[Tensor]]:
    """How a term (n,) pulls, and the gradient of its mean along the parameters."""
    posterior = [part for part in terms.posterior if part is not None]
    # Each image's term depends on its own posterior alone, so the gradient of the sum is that of each.
    found = torch.autograd.grad(term.sum(), [*posterior, *parameters], retain_graph=True, materialize_grads=True)
    along = [slope / len(term) for slope in found[len(posterior) :]]
    own = [_numbers(-slope) for slope in found[: len(posterior)]]
    return Pull(own[0], own[1] if len(own) > 1 else None, float(_norm(along))), along


def _angle(first: Sequence[Tensor], second: Sequence[Tensor]) -> float | None:
    """Degrees between two gradients; None where one of them is zero."""
    product = sum(float((one.double() * other.double()).sum()) for one, other in zip(first, second, strict=True))
    lengths = float(_norm(first)) * float(_norm(second))
    return math.degrees(math.acos(max(-1.0, min(1.0, product / lengths)))) if lengths > 0 else None


def _degrees(first: Floats, second: Floats) -> Floats:
    """Degrees (n,) between the rows of two arrays (n, d); NaN where one of them is zero."""
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine: npt.NDArray[np.float32] = (first * second).sum(1) / lengths
    return np.degrees(np.arccos(cosine.clip(-1, 1)))


def _norm(tensors: Sequence[Tensor]) -> Tensor:
    return torch.linalg.vector_norm(torch.stack([tensor.norm() for tensor in tensors]))


def _numbers(tensor: Tensor) -> Floats:
    numbers: Floats = tensor.detach().float().cpu().numpy()
    return numbers
