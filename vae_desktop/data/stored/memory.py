"""How much memory a data set may take: what is larger lives in the app's cache."""

import os

_FRACTION = 4  # of the machine's memory, one in so many parts
_UNKNOWN = 16 * 10**9  # bytes that a machine is taken to have that does not tell

_chosen: list[int] = []


def default_budget() -> int:
    """A quarter of the machine's memory, in bytes."""
    return _machine_bytes() // _FRACTION


def memory_budget() -> int:
    """Bytes that the pixels of a data set may take in memory."""
    return _chosen[-1] if _chosen else default_budget()


def use_budget(size: int | None) -> None:
    """Let the pixels of a data set take so many bytes of memory, from the next one on; None is the default."""
    _chosen[:] = [] if size is None else [size]


def _machine_bytes() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return _windows_bytes() or _UNKNOWN


def _windows_bytes() -> int:
    """The memory of a machine with Windows in bytes; 0 elsewhere."""
    import ctypes

    kilobytes = ctypes.c_ulonglong(0)
    try:
        ctypes.windll.kernel32.GetPhysicallyInstalledSystemMemory(ctypes.byref(kilobytes))  # type: ignore[attr-defined]
    except (AttributeError, OSError):
        return 0
    return kilobytes.value * 1024
