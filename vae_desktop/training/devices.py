"""Which devices this machine has."""

import torch

from vae_desktop.errors import DeviceError

_TITLES = {"cuda": "CUDA (an NVIDIA graphics card)", "mps": "MPS (an Apple graphics processor)"}


def available_devices() -> tuple[str, ...]:
    """Names of the devices that are there, the quickest first."""
    found = []
    if torch.cuda.is_available():
        found.append("cuda")
    if torch.backends.mps.is_available():
        found.append("mps")
    return (*found, "cpu")


def has_bfloat16(device: torch.device) -> bool:
    """Whether a device multiplies 16-bit numbers faster than 32-bit ones.

    Of processors those with tiles of matrices (AMX). The 16-bit products of AVX-512 alone are slower than its 32-bit
    ones: a step of a fully connected model takes twice as long, of a convolutional one 1.0 to 1.2 times.
    """
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and bool(torch.cpu.get_capabilities().get("amx_bf16"))


def select_device(name: str) -> torch.device:
    """The device of that name, or the quickest for "auto".

    Raises
    ------
    DeviceError
        If this machine has no such device.
    """
    devices = available_devices()
    if name == "auto":
        return torch.device(devices[0])
    if name not in devices:
        raise DeviceError(f"{_TITLES[name]} is not available on this machine. Choose the CPU or Automatic.")
    return torch.device(name)
