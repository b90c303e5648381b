"""What an error of torch or of a device means to the person."""

import re

_NO_MEMORY = re.compile("not enough memory|can't allocate memory|out of memory|STATUS_ALLOC_FAILED", re.IGNORECASE)
_STAYS = re.compile(
    "device-side assert|illegal memory access|misaligned address|illegal instruction|unspecified launch failure|"
    "uncorrectable ECC|GPU is lost|illegal address|launch timed out",
    re.IGNORECASE,
)
_FULL = "The device ran out of memory. Choose a smaller batch or narrower layers, or the CPU as the device."
_NO_KERNELS = re.compile("no kernel image|invalid device function", re.IGNORECASE)
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


def device_words(error: BaseException) -> str:
    """Why a device cannot compute, and what helps: one or two sentences."""
    first = _first_sentence(error)
    if is_out_of_memory(error):
        return "Its memory is full, perhaps of another program's."
    if stays(error):
        return f"It has met an error that stays until this program is started again ({first})."
    if _is(_NO_KERNELS, error):
        return (
            "The installed PyTorch has no kernels for this card, which is too old or too new for it. The README says "
            "how to install one that has."
        )
    if _is(_OLD_DRIVER, error):
        return f"{first}. Update NVIDIA's driver, or install a PyTorch built for an older CUDA."
    return f"{first}."


def failure_words(error: BaseException, kept: str = "", out_of_memory: str = _FULL) -> str:
    """What an unexpected error of a training means.

    Parameters
    ----------
    kept : str
        Which state of the model was kept, as a sentence.
    out_of_memory : str
        What to say if it was memory, where more is known of what took it.
    """
    if is_out_of_memory(error):
        return out_of_memory
    if stays(error):
        return (
            f"The device has met an error that stays until the app is started again ({_first_sentence(error)}). "
            f"{kept} Until then the CPU can be chosen.".replace("  ", " ")
        )
    if _is(_NO_KERNELS, error):
        return device_words(error) + " Until then choose the CPU."
    return f"Training stopped because of an unexpected error: {error}"


def _is(pattern: re.Pattern[str], error: BaseException) -> bool:
    return pattern.search(str(error)) is not None


def _first_sentence(error: BaseException) -> str:
    text = str(error).strip() or type(error).__name__
    return re.split(r"\.\s|\n", text, maxsplit=1)[0].rstrip(".")
