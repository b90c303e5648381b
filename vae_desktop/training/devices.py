"""Which devices this machine has, whether they work, how they are used, and by how many threads the processor is."""

import logging
import os
import sys
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vae_desktop.config import RunConfig
from vae_desktop.errors import DeviceError
from vae_desktop.language import N_, tr
from vae_desktop.models.architecture import Dense, ImageShape, decoder_layers, encoder_layers
from vae_desktop.training.failures import device_words

_TITLES = {
    "cuda": N_("CUDA (an NVIDIA graphics card)"),
    "mps": N_("MPS (an Apple graphics processor)"),
    "cpu": N_("The CPU"),
}
_LARGEST_FRACTION = 0.5  # of a device's free memory that images may take
# What the allocator keeps for later; "cpu" has none.
EMPTY_CACHE: dict[str, Callable[[], None]] = {"cuda": torch.cuda.empty_cache, "mps": torch.mps.empty_cache}

_log = logging.getLogger(__name__)


class Device(NamedTuple):
    """A device that the setting can name.

    Attributes
    ----------
    name : str
        "cuda", "cuda:1", "mps" or "cpu".
    about : str
        Which card it is; of one that is not there, why not.
    is_there : bool
    """

    name: str
    about: str
    is_there: bool = True


def find_devices() -> tuple[Device, ...]:
    """All devices, the quickest first; nothing is computed on any of them yet."""
    return (*_cuda_devices(), _mps_device(), Device("cpu", tr("The processor.")))


def _cuda_devices() -> list[Device]:
    if not torch.cuda.is_available():
        return [Device("cuda", _why_no_cuda(), is_there=False)]
    cards = [_card(index) for index in range(torch.cuda.device_count())]
    if len(cards) == 1:
        return [Device("cuda", cards[0])]
    return [
        Device("cuda", tr("The first NVIDIA graphics card.")),
        *(Device(f"cuda:{index}", card) for index, card in enumerate(cards)),
    ]


def _card(index: int) -> str:
    try:
        card = torch.cuda.get_device_properties(index)
    except Exception as error:  # noqa: BLE001 - whatever a driver says, the other cards are still there
        return device_words(error)
    text = tr("{name}, compute capability {major}.{minor}, {memory:.0f} GB")
    return text.format(name=card.name, major=card.major, minor=card.minor, memory=card.total_memory / 1e9)


def _why_no_cuda() -> str:
    if sys.platform == "darwin":
        return tr("CUDA is for NVIDIA graphics cards on Linux and Windows.")
    if torch.version.cuda is None:
        return tr(
            "This PyTorch was built without CUDA. The README says how to install the one for NVIDIA graphics cards."
        )
    try:
        torch.cuda.init()
    except Exception as error:  # noqa: BLE001 - torch and the driver have several kinds for it
        return device_words(error)
    return tr("PyTorch finds no NVIDIA graphics card.")


def _mps_device() -> Device:
    if torch.backends.mps.is_available():
        return Device("mps", tr("The graphics processor of an Apple computer."))
    if sys.platform != "darwin":
        return Device("mps", tr("MPS is for Apple computers."), is_there=False)
    if torch.backends.mps.is_built():
        return Device("mps", tr("PyTorch needs an Apple processor and a newer macOS for MPS."), is_there=False)
    return Device("mps", tr("This PyTorch was built without MPS."), is_there=False)


def run_kernel(device: torch.device) -> None:
    """Have a device compute something small, and wait for it; raises whatever the device has to say."""
    ones = torch.ones(8, 8, device=device)
    if float((ones @ ones).sum()) != 512:
        raise RuntimeError(tr("it computes wrong numbers"))


def select_device(name: str, tell: Callable[[str], object] = _log.warning) -> torch.device:
    """The device of that name, or the quickest that works for "auto"; of several cards the thread's own from now on.

    Parameters
    ----------
    name : str
        "auto", "cuda", "cuda:1", ..., "mps" or "cpu".
    tell : callable
        Is given why "auto" passed over a device, in words for the person.

    Raises
    ------
    DeviceError
        If this machine has no such device, or nothing can be computed on it.
    """
    devices = {device.name: device for device in find_devices()}
    if name == "auto":
        there = [device.name for device in devices.values() if device.is_there]
        for candidate in [each for each in there if each != "cuda" or "cuda:0" not in there]:
            fault = _fault_of(candidate)
            if not fault:
                return _used(candidate)
            tell(tr("{device} is not used: {fault}").format(device=_title_of(candidate), fault=fault))
        raise DeviceError(tr("No device of this machine can compute."))
    if name not in devices and name == "cuda:0":  # the only card has no number
        name = "cuda"
    if name not in devices or not devices[name].is_there:
        why = devices[name].about if name in devices else tr("There is no graphics card of that number.")
        text = tr("{device} is not available on this machine. {why} Choose the CPU or Automatic.")
        raise DeviceError(text.format(device=_title_of(name), why=why))
    fault = _fault_of(name)
    if fault:
        text = tr("{device} cannot be used: {fault} Choose the CPU or Automatic.")
        raise DeviceError(text.format(device=_title_of(name), fault=fault))
    return _used(name)


def name_of(device: torch.device) -> str:
    """The name of a device in the settings: a card alone has no number."""
    if device.type == "cuda" and torch.cuda.device_count() > 1:
        return str(device)
    return device.type


def has_bfloat16(device: torch.device) -> bool:
    """Whether a device multiplies 16-bit numbers faster than 32-bit ones.

    Of processors those with tiles of matrices (AMX). The 16-bit products of AVX-512 alone are slower than its 32-bit
    ones: a step of a fully connected model takes twice as long, of a convolutional one 1.0 to 1.2 times.
    """
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and bool(torch.cpu.get_capabilities().get("amx_bf16"))


def placed(images: npt.NDArray[np.uint8], device: torch.device) -> Tensor:
    """Images (N, C, H, W) as a tensor on the device, or in the main memory where they would fill the device's."""
    tensor = torch.from_numpy(images)
    free = free_memory(device)
    if free is not None and tensor.nbytes > _LARGEST_FRACTION * free:
        _log.info("%.1f GB of images stay in the main memory", tensor.nbytes / 1e9)
        return tensor
    return tensor.to(device)


def to_device(images: Tensor, device: torch.device) -> Tensor:
    """On the device, a batch of images that :func:`placed` has left in the main memory."""
    if images.device.type == device.type:
        return images
    # torch frees pinned memory only when the device is done with it.
    return images.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else images.to(device)


def free_memory(device: torch.device) -> int | None:
    """Bytes that are free on a device with a memory of its own limits; None on the processor."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    if device.type == "mps":
        return torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
    return None


def give_back_device_memory() -> None:
    """Let other programs have the device memory that no tensor needs any more."""
    used = {"cuda": torch.cuda.is_initialized(), "mps": torch.backends.mps.is_available()}
    for kind in [kind for kind, is_used in used.items() if is_used]:
        try:
            EMPTY_CACHE[kind]()
        except RuntimeError:  # after an error that stays
            _log.warning("%s gives no memory back", kind, exc_info=True)


def _fault_of(name: str) -> str:
    device = _device_of(name)
    if device.type == "cuda":  # cuBLAS reads it once, at its first product
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    try:
        run_kernel(device)
    except Exception as error:  # noqa: BLE001 - drivers, cards and torch's builds fail in many ways
        _log.info("%s cannot compute", name, exc_info=True)  # for the window's log: a terminal gets one line
        return device_words(error)
    return ""


def _title_of(name: str) -> str:
    kind, _, number = name.partition(":")
    title = tr(_TITLES[kind])
    return tr("{device}, number {number},").format(device=title, number=number) if number else title


def _device_of(name: str) -> torch.device:
    """The device of a name; "cuda" is the first card, not the one that the thread has used last."""
    return torch.device("cuda", 0) if name == "cuda" else torch.device(name)


def _used(name: str) -> torch.device:
    device = _device_of(name)
    if device.type == "cuda":
        torch.cuda.set_device(device)  # graphs, events and streams are those of the thread's own card
        # The same numbers each time, and 32 bits where 32 are asked for: by default convolutions round to 19 (TF32)
        # and may be computed in another order each time. torch's notes on reproducibility name all of these.
        torch.backends.cudnn.deterministic = True
        torch.backends.cudnn.benchmark = False
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    return device


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
