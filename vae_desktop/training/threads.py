"""How many threads share the operations of a training step on the processor."""

import torch

from vae_desktop.config import RunConfig
from vae_desktop.models.architecture import Dense, ImageShape, decoder_layers, encoder_layers

ALL_THREADS = torch.get_num_threads()  # as many as torch itself would use
# Multiplications and additions of a step's largest product that are worth a thread. Measured on two cores of an AMD
# EPYC: with 7 million a second thread takes 9 % off a step, with 10 million 20 %, with 80 million 33 %; with less
# it gives nothing.
_WORTH_A_THREAD = 4e6


def use_threads(count: int) -> None:
    """Have operations of this thread shared by `count` threads, with numbers below 1e-38 taken as zero.

    Adam's moments of a unit that no longer learns decay to such numbers, which processors work with many times more
    slowly: after five epochs of MNIST a step takes a third longer. Threads take the setting over from the one that
    they begin in, so it must be said before the first large operation; the number of threads may change later.
    """
    torch.set_flush_denormal(True)
    torch.set_num_threads(count)


def threads_for(config: RunConfig, image_shape: ImageShape, most: int = ALL_THREADS) -> int:
    """The number for a model: a function of its settings and the machine alone.

    Were it chosen by the clock, as it could be, no run would repeat another: how a product of matrices is split among
    threads decides how its sums are rounded.
    """
    return max(1, int(min(_largest_product(config, image_shape) / _WORTH_A_THREAD, most)))


def _largest_product(config: RunConfig, image_shape: ImageShape) -> float:
    if config.model.architecture == "convolutional":
        return float("inf")  # a convolution's is large at any size of images
    layers = encoder_layers(config.model, image_shape) + decoder_layers(config.model, image_shape)
    return max(
        2.0 * config.training.batch_size * layer.inputs * layer.outputs for layer in layers if isinstance(layer, Dense)
    )
