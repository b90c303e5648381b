"""One model and its optimizer, a step at a time; no loop and no thread of its own."""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from vae_desktop.config import RunConfig
from vae_desktop.latent.embed import CHUNK, joined, to_unit
from vae_desktop.models.autoencoder import ImageShape, Posterior, new_model, restored_model
from vae_desktop.models.randomness import derive_seed, generator
from vae_desktop.models.snapshot import Snapshot
from vae_desktop.training.history import Evaluation


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
    """

    def __init__(
        self,
        config: RunConfig,
        image_shape: ImageShape,
        device: torch.device,
        snapshot: Snapshot | None = None,
    ) -> None:
        self.seed = config.training.seed
        self.beta = config.training.beta
        self.device = device
        if snapshot is None:
            model = new_model(config.model, image_shape, self.seed)
        else:
            model = restored_model(config.model, image_shape, snapshot.weights)
        self.model = model.to(device)
        self.steps = 0 if snapshot is None else snapshot.step
        self._noise = torch.Generator(device)
        self._optimizer = torch.optim.Adam(
            self.model.parameters(), lr=config.training.learning_rate, fused=True
        )
        if snapshot is not None and snapshot.optimizer is not None:
            self._restore_optimizer(snapshot.optimizer)

    def step(self, images: Tensor) -> Tensor:
        """Take one step on a batch (n, C, H, W), 0 to 1.

        Returns
        -------
        Tensor (3,) on the device, not synchronised
            Total, reconstruction and KL of the batch before the step, means over its images; KL is NaN for a
            model without a posterior.
        """
        self._noise.manual_seed(derive_seed(self.seed, "noise", self.steps))
        noise = torch.randn(len(images), self.model.latent_dim, generator=self._noise, device=self.device)
        terms = self.model.loss_terms(images, noise)
        reconstruction = terms.reconstruction.mean()
        if terms.kl is None:
            kl = reconstruction.new_tensor(float("nan"))
            total = reconstruction
        else:
            kl = terms.kl.sum(1).mean()
            total = reconstruction + self.beta * kl
        self._optimizer.zero_grad(set_to_none=True)
        total.backward()
        self._optimizer.step()
        self.steps += 1
        return torch.stack((total, reconstruction, kl)).detach()

    def set_learning_rate(self, learning_rate: float) -> None:
        """Use another learning rate from the next step on."""
        for group in self._optimizer.param_groups:
            group["lr"] = learning_rate

    @torch.inference_mode()
    def evaluate(self, images: Tensor) -> TestPass:
        """Loss and codes of uint8 images (N, C, H, W) on the device, with the same noise each time."""
        random = generator(self.seed, "evaluation", device=self.device)
        reconstruction = 0.0
        kl: Tensor | None = None
        posteriors = []
        for chunk in images.split(CHUNK):
            noise = torch.randn(len(chunk), self.model.latent_dim, generator=random, device=self.device)
            terms = self.model.loss_terms(to_unit(chunk), noise)
            posteriors.append(terms.posterior)
            reconstruction += float(terms.reconstruction.sum())
            if terms.kl is not None:
                part = terms.kl.sum(0).double().cpu()
                kl = part if kl is None else kl + part
        count = len(images)
        return TestPass(
            self._evaluation(reconstruction / count, None if kl is None else kl / count),
            joined(posteriors),
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

    def _evaluation(self, reconstruction: float, kl_per_dimension: Tensor | None) -> Evaluation:
        if kl_per_dimension is None:
            return Evaluation(self.steps, reconstruction, reconstruction, None, None)
        kl = float(kl_per_dimension.sum())
        total = reconstruction + self.beta * kl
        return Evaluation(self.steps, total, reconstruction, kl, tuple(kl_per_dimension.tolist()))

    def _restore_optimizer(self, state: Mapping[str, Tensor]) -> None:
        names = [name for name, _ in self.model.named_parameters()]
        moments: dict[int, dict[str, Tensor]] = {}
        for path, tensor in state.items():
            name, _, key = path.rpartition(".")
            moments.setdefault(names.index(name), {})[key] = tensor.clone()
        groups = self._optimizer.state_dict()["param_groups"]
        self._optimizer.load_state_dict({"state": moments, "param_groups": groups})


def _copied(tensor: Tensor) -> Tensor:
    return tensor.detach().to("cpu", copy=True)
