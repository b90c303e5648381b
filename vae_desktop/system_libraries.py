"""Libraries of a Linux system that Qt needs and a fresh machine may lack: which they are, and what installs them."""

import importlib.util
import os
import platform
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from vae_desktop.language import tr, tr_count

_REFUSED = re.compile(r"(lib[^\s:/]+\.so[.\d]*): cannot open shared object file")  # what the loader says of the first
_NO_PLATFORM = "Qt platform plugin"  # what Qt says when it could load none, without the libraries' names
_NOT_FOUND = re.compile(r"^\s*(lib\S+) => not found$", re.MULTILINE)
_NAMED = 4  # libraries in a message; the command has all
_PACKAGES = {  # of Debian, where they are not named after the library
    "libGLdispatch.so.0": "libglvnd0",
    "libbrotlicommon.so.1": "libbrotli1",
    "libbrotlidec.so.1": "libbrotli1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libz.so.1": "zlib1g",
}


def missing_libraries(message: str) -> list[str]:
    """Return the libraries whose absence `message` complains of, in order.

    The loader names only the first one it misses, and Qt none. If that one is Qt's, all that the window needs and the
    loader does not find are returned, so that one command brings them.

    Parameters
    ----------
    message : str
        What the loader or Qt said.

    Returns
    -------
    list of str
        As the loader calls them, such as ``libxcb-cursor.so.0``; empty if the message is about something else.
    """
    named = list(dict.fromkeys(_REFUSED.findall(message)))
    if not named and _NO_PLATFORM not in message:
        return []
    of_qt = _not_found(_qt_files())
    return of_qt if not named or set(named) & set(of_qt) else named


def how_to_install(libraries: Sequence[str]) -> str:
    """Say in one line that these libraries are missing and what to do."""
    names = ", ".join(libraries[:_NAMED])
    if len(libraries) > _NAMED:
        names = tr("{names} and {count} more").format(names=names, count=len(libraries) - _NAMED)
    text = tr_count(
        "A library of the system is missing: {names}. Install it with your system's package manager.",
        "Libraries of the system are missing: {names}. Install them with your system's package manager.",
        len(libraries),
    )
    if not _is_debian():
        return text.format(names=names)
    text = tr_count(
        "A library of the system is missing: {names}. Install it with: {command}",
        "Libraries of the system are missing: {names}. Install them with: {command}",
        len(libraries),
    )
    packages = " ".join(dict.fromkeys(map(debian_package, libraries)))
    command = f"{'' if os.geteuid() == 0 else 'sudo '}apt install {packages}"
    return text.format(names=names, command=command)


def debian_package(library: str) -> str:
    """Return the package of Debian and Ubuntu that holds a library, as their policy (chapter 8.1) names it.

    Name and version become one word, with a hyphen where the name ends in a digit: ``libX11.so.6`` is in libx11-6.
    """
    name, _, version = library.partition(".so.")
    hyphen = "-" if name[-1:].isdigit() else ""
    return _PACKAGES.get(library, f"{name}{hyphen}{version}".lower().replace("_", "-"))


def _is_debian() -> bool:
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return False
    return "debian" in [release["ID"], *release.get("ID_LIKE", "").split()]


def _qt_files() -> list[Path]:
    """What a window loads of Qt, which draws all other needs in: widgets, and the plugins of the platform."""
    spec = importlib.util.find_spec("PySide6")
    if spec is None or not spec.submodule_search_locations:
        return []
    folder = Path(spec.submodule_search_locations[0])
    chosen = os.environ.get("QT_QPA_PLATFORM") or ("wayland;xcb" if os.environ.get("WAYLAND_DISPLAY") else "xcb")
    plugins = [f"libq{name.partition(':')[0]}*.so" for name in chosen.split(";")]
    platforms = folder / "Qt" / "plugins" / "platforms"
    return [*folder.glob("QtWidgets*.so"), *(path for plugin in plugins for path in sorted(platforms.glob(plugin)))]


def _not_found(files: Sequence[Path]) -> list[str]:
    """The libraries that the system's loader does not find for these files, directly or through others."""
    try:
        told = subprocess.run(["ldd", *files], capture_output=True, text=True).stdout
    except OSError:
        return []
    return list(dict.fromkeys(_NOT_FOUND.findall(told)))
