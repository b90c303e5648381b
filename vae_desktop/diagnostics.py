"""What an engineer asks for first, as one text that tells nothing private."""

import os
import platform
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from vae_desktop import __version__
from vae_desktop.private_paths import without_private_paths

_LIBRARIES = ("numpy", "torch", "PySide6", "pyqtgraph")


def diagnostics(
    facts: Mapping[str, str], sections: Mapping[str, str], private: Iterable[Path | str] = ()
) -> str:
    """Return versions and the machine, then what the caller knows, without personal paths.

    Parameters
    ----------
    facts : mapping
        Further lines, by what they tell.
    sections : mapping
        Longer texts by their headings; empty ones are left out.
    private : iterable of Path or str
        Files and folders that are not to be named.
    """
    lines = {
        "vae-desktop": __version__,
        "Python": sys.version.split()[0],
        **{name: _version(name) for name in _LIBRARIES},
        "System": f"{platform.platform()}, {platform.machine()}",
        "Processors": str(os.cpu_count()),
        **facts,
    }
    text = "\n".join(f"{name}: {value}" for name, value in lines.items())
    for heading, section in sections.items():
        if section:
            text += f"\n\n## {heading}\n{section.strip()}"
    return without_private_paths(text, private) + "\n"


def _version(name: str) -> str:
    """The version of a library that is loaded; to ask must not load one."""
    return str(getattr(sys.modules.get(name), "__version__", "not loaded"))
