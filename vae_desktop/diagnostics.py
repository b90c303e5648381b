"""What an engineer asks for first, as one text that tells nothing of the person: no name and no folder of theirs."""

import contextlib
import getpass
import os
import platform
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import vae_desktop

_LIBRARIES = ("numpy", "torch", "PySide6", "pyqtgraph")
_PATH = "<path>"
_END = r"(?![\w.-])"  # of a folder's name
_NAME = r"[^/\\\n\t'\"<>|:*?]"
# What is left over: a whole path in quotes, which may hold blanks; else blanks count within names of folders only, and
# in a file's name up to its ending.
_IN_QUOTES = re.compile(r"""(?P<quote>['"])(?:/|[A-Za-z]:[\\/]|\\\\)[^'"\n]+(?P=quote)""")
_BARE = re.compile(
    rf"(?<![\w/\\>~.:-])(?:/|[A-Za-z]:\\{{1,2}}|[A-Za-z]:/|\\\\)(?![\s/])(?:{_NAME}+(?:/|\\{{1,2}}))+"
    rf"(?:{_NAME}*?\.\w+|[^\s/\\'\"<>|:*?,;)]*)"
)


def diagnostics(facts: Mapping[str, str], sections: Mapping[str, str], private: Iterable[Path | str] = ()) -> str:
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
        "vae-desktop": vae_desktop.__version__,
        "Python": sys.version.split()[0],
        # Only of libraries that are loaded: to ask must not load one.
        **{name: str(getattr(sys.modules.get(name), "__version__", "not loaded")) for name in _LIBRARIES},
        "System": f"{platform.platform()}, {platform.machine()}",
        "Processors": str(os.cpu_count()),
        **facts,
    }
    text = "\n".join(f"{name}: {value}" for name, value in lines.items())
    for heading, section in sections.items():
        if section:
            text += f"\n\n## {heading}\n{section.strip()}"
    return without_private_paths(text, private) + "\n"


def without_private_paths(text: str, private: Iterable[Path | str] = ()) -> str:
    """Return the text with ``~`` for the home folder, ``<path>`` for other paths, ``<user>`` for the person's name.

    Parameters
    ----------
    private : iterable of Path or str
        Files and folders that are the person's own, also below their home.
    """
    home = ""
    with contextlib.suppress(RuntimeError):  # it cannot be determined
        home = str(Path.home())
    folders = [(str(path), _PATH) for path in sorted(private, key=lambda path: len(str(path)), reverse=True)]
    # Where the program lies, which a traceback is full of: below it, names tell nothing of the person.
    folders += [(str(Path(vae_desktop.__file__).parent), "<app>"), (sys.prefix, "<python>")]
    folders += [(sys.base_prefix, "<python>"), (home, "~")]
    for folder, mark in folders:
        if Path(folder).is_absolute() and len(Path(folder).parts) > 1:
            text = _replaced(text, folder, mark)
    text = _IN_QUOTES.sub(rf"\g<quote>{_PATH}\g<quote>", text)
    text = _BARE.sub(_PATH, text)
    names = {Path(home).name}
    with contextlib.suppress(KeyError, OSError, ImportError):  # the system has no name for the person
        names.add(getpass.getuser())
    for name in names:
        if len(name) > 1:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "<user>", text)
    return text


def _replaced(text: str, path: str, mark: str) -> str:
    """Replace a path however it is written: with either slash, or with the backslashes of a repr."""
    for written in {path, path.replace("\\", "\\\\"), path.replace("\\", "/")}:
        flags = re.IGNORECASE if sys.platform == "win32" else re.NOFLAG
        text = re.sub(re.escape(written) + _END, lambda _: mark, text, flags=flags)
    return text
