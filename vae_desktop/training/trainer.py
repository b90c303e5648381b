"""One model and its optimizer, a step at a time; no loop and no thread of its own."""

from collections.abc import Mapping
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor

from vae_desktop.config import RunConfig
from vae_desktop.latent.evidence import mean_terms
from vae_desktop.models.autoencoder import Posterior, new_model, restored_model
from vae_desktop.models.networks import ImageShape
from vae_desktop.models.snapshot import Snapshot
from vae_desktop.training.batches import Batch
from vae_desktop.training.devices import has_bfloat16
from vae_desktop.training.history import Evaluation
from vae_desktop.training.schedule import Span, rate_factor, warm_up_factor

TermT = TypeVar("TermT", Tensor, float)


class TestPass(NamedTuple):
    """The loss on the test set and, from the same pass, the posterior of each image."""

    evaluation: Evaluation
    posterior: Posterior


class Trainer:
    """Trains one model with Adam.

    Parameters
    ----------
    config : RunConfig
    image_shape : (C, H, W)
    device : torch.device
    snapshot : Snapshot, optional
        Where to go on from; by default fresh weights from the seed.

    Attributes
    ----------
    learning_rate, beta : float
        May be changed between steps; schedule and warm-up act on them.
    span : Span
        The steps over which the schedule runs; by default all that `config` says, of one step an epoch.
    """

    def __init__(
        self,
        config: RunConfig,
        image_shape: ImageShape,
        device: torch.device,
        snapshot: Snapshot | None = None,
    ) -> None:
        training = config.training
        self.learning_rate = training.learning_rate
        self.beta = training.beta
        self.device = device
        self._config = config
        self._traits = config.model.traits
        if snapshot is None:
            model = new_model(config.model, image_shape, training.seed)
        else:
            model = restored_model(config.model, image_shape, snapshot.weights)
        # Convolutions are many times as quick with a pixel's channels side by side.
        self.model = model.to(device).to(memory_format=torch.channels_last)
        self._is_mixed = training.precision == "mixed" and has_bfloat16(device)
        self.steps = 0 if snapshot is None else snapshot.step
        self.span = Span(self.steps, self.steps + training.epochs, per_epoch=1)
        self._optimizer = torch.optim.Adam(self.model.parameters(), lr=training.learning_rate, fused=True)
        if snapshot is not None and snapshot.optimizer is not None:
            self._restore_optimizer(snapshot.optimizer)

    def step(self, batch: Batch) -> Tensor:
        """Take one step on the batch of this step.

        Returns
        -------
        Tensor (3,) on the device, not synchronised
            Total, reconstruction and KL of the batch before the step, means over its images; KL is NaN for a
            model without a posterior.
        """
        noise = batch.noise(self.model.latent_dim) if self._traits.is_variational else None
        inputs = batch.corrupted(self._config.model) if self._traits.is_denoising else None
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self._is_mixed):
            terms = self.model.loss_terms(batch.images, noise, inputs)
        reconstruction = terms.reconstruction.mean()
        kl = None if terms.kl is None else terms.kl.sum(1).mean()
        warmth = warm_up_factor(self._config.training.beta_warm_up, self.steps, self.span)
        total = self._total(reconstruction, kl, self._traits.kl_weight_at(self.beta * warmth))
        for group in self._optimizer.param_groups:
            group["lr"] = self.learning_rate * rate_factor(self._config.training.schedule, self.steps, self.span)
        self._optimizer.zero_grad(set_to_none=True)
        total.backward()
        self._optimizer.step()
        self.steps += 1
        shown_kl = reconstruction.new_tensor(float("nan")) if kl is None else kl
        return torch.stack((total, reconstruction, shown_kl)).detach()

    def evaluate(self, images: Tensor) -> TestPass:
        """Loss and codes of uint8 images (N, C, H, W) on the device, with the same noise each time.

        A denoising model is judged by how it restores corrupted images; the codes are those of the clean ones.
        """
        found = mean_terms(self._config, self.model, images)
        total = self._total(found.reconstruction, found.kl, self._traits.kl_weight_at(self.beta))
        return TestPass(
            Evaluation(self.steps, total, found.reconstruction, found.kl, found.kl_per_dimension), found.posterior
        )

    def snapshot(self, with_optimizer: bool = False) -> Snapshot:
        """Copy the state to the CPU."""
        weights = {name: _copied(tensor) for name, tensor in self.model.state_dict().items()}
        optimizer = None
        if with_optimizer:
            optimizer = {
                f"{name}.{key}": _copied(value)
                for name, parameter in self.model.named_parameters()
                for key, value in self._optimizer.state.get(parameter, {}).items()
            }
        return Snapshot(self.steps, weights, optimizer)

    def _total(self, reconstruction: TermT, kl: TermT | None, kl_weight: float) -> TermT:
        """The loss. A KL divergence of weight 0 is left out: nothing bounds it then, and 0 × ∞ is no number."""
        total = self._traits.reconstruction_weight * reconstruction
        return total + kl_weight * kl if kl is not None and kl_weight else total

    def _restore_optimizer(self, state: Mapping[str, Tensor]) -> None:
        parameters = dict(self.model.named_parameters())
        names = list(parameters)
        moments: dict[int, dict[str, Tensor]] = {}
        for path, tensor in state.items():
            name, _, key = path.rpartition(".")
            # In the parameter's own layout, which the fused optimizer relies on.
            own = torch.empty_like(parameters[name]) if tensor.shape == parameters[name].shape else tensor.clone()
            moments.setdefault(names.index(name), {})[key] = own.copy_(tensor)
        groups = self._optimizer.state_dict()["param_groups"]
        self._optimizer.load_state_dict({"state": moments, "param_groups": groups})


def _copied(tensor: Tensor) -> Tensor:
    return tensor.detach().to("cpu", copy=True)
