"""One model and its optimizer, a step at a time; no loop and no thread of its own."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vae_desktop.config import RunConfig
from vae_desktop.latent.evidence import ChunkTerms, chunk_terms, mean_of
from vae_desktop.models.architecture import ImageShape
from vae_desktop.models.autoencoder import Posterior, new_model, restored_model
from vae_desktop.models.losses import total_loss
from vae_desktop.models.optimizer import Adam
from vae_desktop.models.snapshot import Snapshot, Span
from vae_desktop.training.batches import Batch
from vae_desktop.training.devices import EMPTY_CACHE, has_bfloat16, threads_for, use_threads
from vae_desktop.training.failures import is_out_of_memory
from vae_desktop.training.gradient import AutogradGradient, DenseGradient, Gradient
from vae_desktop.training.history import Evaluation
from vae_desktop.training.processes import ALONE, Processes
from vae_desktop.training.recorded_step import RECORDERS, DeviceQueue, RecordedStep, Step
from vae_desktop.training.schedule import rate_factor, warm_up_factor

Result = TypeVar("Result")


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
    mean_image : array (C, H, W), float32, 0 to 1, optional
        Where pictures of fresh weights start.
    processes : Processes, optional
        Those that train the model together, each on its share of a batch.

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
        mean_image: npt.NDArray[np.float32] | None = None,
        processes: Processes = ALONE,
    ) -> None:
        training = config.training
        self._threads = threads_for(config, image_shape)
        use_threads(self._threads)
        self.learning_rate = training.learning_rate
        self.beta = training.beta
        self.device = device
        self._config = config
        self._processes = processes
        self._traits = config.model.traits
        if snapshot is None:
            model = new_model(config.model, image_shape, training.seed, mean_image)
        else:
            model = restored_model(config.model, image_shape, snapshot.weights)
        # Convolutions are many times as quick with a pixel's channels side by side.
        self.model = model.to(device).to(memory_format=torch.channels_last)
        is_mixed = training.precision == "mixed" and has_bfloat16(device)
        self.steps = 0 if snapshot is None else snapshot.step
        self.span = Span(self.steps, self.steps + training.epochs, per_epoch=1)
        is_dense = DenseGradient.is_written_out(config.model) and not is_mixed and not processes.are_several
        self._gradient: Gradient = (
            DenseGradient(config.model, self.model)
            if is_dense
            else AutogradGradient(config.model, self.model, is_mixed, processes)
        )
        self._optimizer = Adam(self.model, training.encoder_rate)
        self._recorded: RecordedStep | None = None
        self._queue = DeviceQueue(device)
        self._take: Step = partial(take_step, self._gradient, self._optimizer)
        if device.type in RECORDERS and not processes.are_several:
            state = [*self.model.parameters(), *self._optimizer.tensors]
            self._take = self._recorded = RecordedStep(self._take, state, RECORDERS[device.type]())
        if snapshot is not None and snapshot.optimizer is not None:
            self._optimizer.restore(snapshot.optimizer)

    @property
    def kl_weight(self) -> float:
        """Weight of the KL divergence in the next step."""
        warmth = warm_up_factor(self._config.training.beta_warm_up, self.steps, self.span)
        return self._traits.kl_weight_at(self.beta * warmth)

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        return self.learning_rate * rate_factor(self._config.training.schedule, self.steps, self.span)

    def step(self, batch: Batch) -> Tensor:
        """Take one step on the batch of this step.

        Returns
        -------
        Tensor (3,) on the device, not synchronised
            Total, reconstruction and KL of the batch before the step, means over its images; KL is NaN for a
            model without a posterior. Of several processes each has its part of them, and the sum is the mean.
        """
        use_threads(self._threads)
        self._queue.make_room()
        row = self.with_memory(partial(self._computed, batch))
        self._queue.add()
        self.steps += 1
        return row

    def gradient_norm(self) -> float:
        """The L2 norm of the last step's gradient along all parameters; waits for the device."""
        gradients = [parameter.grad for parameter in self.model.parameters() if parameter.grad is not None]
        with torch.inference_mode():
            return float(torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients))))

    def evaluate(self, images: Tensor) -> TestPass:
        """Loss and codes of uint8 images (N, C, H, W), with the same noise each time.

        A denoising model is judged by how it restores corrupted images; the codes are those of the clean ones. Several
        processes share the images, and each has the codes of all.
        """
        use_threads(self._threads)
        found = self.with_memory(lambda: mean_of(self._chunk_terms(images), len(images)))
        total = total_loss(self._traits, found.reconstruction, found.kl, self._traits.kl_weight_at(self.beta))
        return TestPass(
            Evaluation(self.steps, total, found.reconstruction, found.kl, found.kl_per_dimension), found.posterior
        )

    def with_memory(self, work: Callable[[], Result]) -> Result:
        """Do what can be done again; where the device's memory runs out, once more with all that can be freed.

        Freed is what the device's allocator keeps for later, and the memory of recorded steps, in whose place usual
        ones are taken from then on. Several processes cannot: the others wait elsewhere.
        """
        try:
            return work()
        except Exception as error:
            can_retry = self.device.type in EMPTY_CACHE and not self._processes.are_several
            if not can_retry or not is_out_of_memory(error):
                raise
            reason = str(error)
        # Outside the except block, which holds the memory of what failed.
        if self._recorded is not None:
            self._recorded.give_up(reason)
        EMPTY_CACHE[self.device.type]()
        return work()

    def _computed(self, batch: Batch) -> Tensor:
        """Compute what `step` returns; nothing has changed if this raises an error."""
        noise = batch.noise(self.model.latent_dim) if self._traits.is_variational else None
        inputs = batch.corrupted(self._config.model) if self._traits.is_denoising else None
        take, gradient = self._take, self._gradient
        if isinstance(gradient, AutogradGradient) and self._processes.are_several:
            take = partial(take_step, partial(gradient, size=batch.size), self._optimizer)
        return take(self.kl_weight, self.rate, batch.images, noise, inputs)

    def _chunk_terms(self, images: Tensor) -> list[ChunkTerms]:
        """Terms of the loss of images (N, C, H, W), chunk by chunk; of those of other processes in the main memory."""
        found = chunk_terms(self._config, self.model, images, share=self._processes.share)
        if not self._processes.are_several:
            return found
        own = [chunk._replace(posterior=chunk.posterior.to_cpu()) for chunk in found]
        return [chunk for chunks in self._processes.gathered(own) for chunk in chunks]

    def snapshot(self, with_optimizer: bool = False) -> Snapshot:
        """Copy the state to the CPU."""
        optimizer = self._optimizer.state() if with_optimizer else None
        return Snapshot(self.steps, self.model.weights(), optimizer, self.span)

    def restore_weights(self, snapshot: Snapshot) -> None:
        """Have the weights of a snapshot again."""
        self.model.load_state_dict({name: torch.from_numpy(values) for name, values in snapshot.weights.items()})


def take_step(
    gradient: Gradient,
    optimizer: Adam,
    kl_weight: float | Tensor,
    learning_rate: float | Tensor,
    images: Tensor,
    noise: Tensor | None,
    inputs: Tensor | None,
) -> Tensor:
    """What a step computes on the device, and nothing that changes with its number: it may be recorded.

    The function belongs to no trainer, so that a trainer that is no longer used gives its memory back at once.
    """
    loss = gradient(images, noise, inputs, kl_weight)
    kl = torch.full_like(loss.reconstruction, torch.nan) if loss.kl is None else loss.kl
    row = torch.stack((loss.total, loss.reconstruction, kl))
    optimizer.step(learning_rate)  # last: before it anything may fail, and the step be taken again
    return row
