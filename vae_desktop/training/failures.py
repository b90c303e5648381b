"""What an error of torch or of a device means to the person."""

import re

from vae_desktop.config import TrainingConfig
from vae_desktop.errors import UserError
from vae_desktop.language import tr

_NO_MEMORY = re.compile("not enough memory|can't allocate memory|out of memory|STATUS_ALLOC_FAILED", re.IGNORECASE)
_STAYS = re.compile(
    "device-side assert|illegal memory access|misaligned address|illegal instruction|unspecified launch failure|"
    "uncorrectable ECC|GPU is lost|illegal address|launch timed out",
    re.IGNORECASE,
)
_NO_KERNELS = re.compile("no kernel image|invalid device function", re.IGNORECASE)
_PEERS = re.compile("gloo|NCCL|c10d", re.IGNORECASE)  # in the paths and names of what connects processes
_OLD_DRIVER = re.compile("driver on your system is too old|driver version is insufficient", re.IGNORECASE)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the processor's or a device's memory was full.

    The devices' allocators have a type of their own, the processor's only words, other ones on each system; cuBLAS and
    cuDNN have a status.
    """
    return isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError" or _is(_NO_MEMORY, error)


def stays(error: BaseException) -> bool:
    """Whether a device gives the same error to whatever it is asked from now on, until the process ends."""
    return _is(_STAYS, error)


def is_of_device(error: BaseException) -> bool:
    """Whether a device is to blame, in a way that is known here."""
    return is_out_of_memory(error) or stays(error) or _is(_NO_KERNELS, error)


def is_of_peers(error: BaseException) -> bool:
    """Whether another process of the training is to blame, which has ended or cannot be reached."""
    return not isinstance(error, UserError) and _is(_PEERS, error)


def device_words(error: BaseException) -> str:
    """Why a device cannot compute, and what helps: one or two sentences."""
    first = _first_sentence(error)
    if is_out_of_memory(error):
        return tr("Its memory is full, perhaps of another program's.")
    if stays(error):
        return tr("It has met an error that stays until this program is started again ({error}).").format(error=first)
    if _is(_NO_KERNELS, error):
        return tr(
            "The installed PyTorch has no kernels for this card, which is too old or too new for it. The README says "
            "how to install one that has."
        )
    if _is(_OLD_DRIVER, error):
        text = tr("{error}. Update NVIDIA's driver, or install a PyTorch built for an older CUDA.")
        return text.format(error=first)
    return f"{first}."


def out_of_memory(device: str = "", training: TrainingConfig | None = None, has_begun: bool = True) -> str:
    """What to say when memory ran out in a training, and what helps.

    Parameters
    ----------
    device : str
        The type of the device whose memory it is ("cpu", "cuda", "mps"); "" if that is not known.
    training : TrainingConfig, optional
        Settings of the training, where they are known.
    has_begun : bool
        Whether a step has been taken; before the first one images and layers did not fit into the memory.
    """
    what = {"": tr("The device ran out of memory."), "cpu": tr("The computer ran out of memory.")}
    early = {
        "": tr("The device ran out of memory before the first step."),
        "cpu": tr("The computer ran out of memory before the first step."),
    }
    others, on_cpu = tr("The graphics card ran out of memory."), device == "cpu"
    if not has_begun:
        what, others = early, tr("The graphics card ran out of memory before the first step.")
        remedy = tr("Choose a smaller image size or narrower layers, or the CPU as the device.")
        if on_cpu:
            remedy = tr("Choose a smaller image size or narrower layers.")
    elif training is None:
        remedy = tr("Choose a smaller batch or narrower layers, or the CPU as the device.")
        if on_cpu:
            remedy = tr("Choose a smaller batch or narrower layers, or close other programs.")
    elif training.batch_size > 1:
        remedy = tr("Choose a smaller batch than {size:,} or narrower layers, or the CPU as the device.")
        if on_cpu:
            remedy = tr("Choose a smaller batch than {size:,} or narrower layers, or close other programs.")
    else:
        remedy = tr("Choose narrower layers, or the CPU as the device.")
        if on_cpu:
            remedy = tr("Choose narrower layers, or close other programs.")
    remedy = remedy.format(size=0 if training is None else training.batch_size)
    return f"{what.get(device, others)} {remedy}"


def failure_words(error: BaseException, kept: str = "", full: str = "") -> str:
    """What an error of a training means.

    Parameters
    ----------
    error : Exception
    kept : str
        Which state of the model was kept, as a sentence.
    full : str
        What to say if memory ran out, where more is known of it; see :func:`out_of_memory`.
    """
    if isinstance(error, UserError):
        return str(error)
    if is_out_of_memory(error):
        return full or out_of_memory()
    if is_of_peers(error):
        text = tr("Another process of the training has ended, or cannot be reached ({error}).")
        reason = re.sub(r"^\[[^]]*\]\s*", "", _first_sentence(error))  # without the line of gloo's code
        return text.format(error=reason)
    if stays(error):
        text = tr(
            "The device has met an error that stays until the app is started again ({error}). "
            "{kept} Until then the CPU can be chosen."
        )
        return text.format(error=_first_sentence(error), kept=kept).replace("  ", " ")
    if _is(_NO_KERNELS, error):
        return tr("{fault} Until then choose the CPU.").format(fault=device_words(error))
    return tr("Training stopped because of an unexpected error: {error}").format(error=error)


def _is(pattern: re.Pattern[str], error: BaseException) -> bool:
    return pattern.search(str(error)) is not None


def _first_sentence(error: BaseException) -> str:
    text = str(error).strip() or type(error).__name__
    return re.split(r"\.\s|\n", text, maxsplit=1)[0].rstrip(".")
