"""How much memory this process has."""

import os
from pathlib import Path


def resident_megabytes() -> float:
    """Memory that lies in the machine's, in MB of 10⁶ bytes; on Linux."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
