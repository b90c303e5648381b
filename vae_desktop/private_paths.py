"""Taking out of a text what it tells of the person: where their home, their data and their own files lie."""

import contextlib
import getpass
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import vae_desktop

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


def without_private_paths(text: str, private: Iterable[Path | str] = ()) -> str:
    """Return the text with ``~`` for the home folder, ``<path>`` for other paths, ``<user>`` for the person's name.

    Parameters
    ----------
    private : iterable of Path or str
        Files and folders that are the person's own, also below their home.
    """
    for path in sorted({str(path) for path in private}, key=len, reverse=True):
        if len(path) > 1 and Path(path).is_absolute():
            text = _replaced(text, path, _PATH)
    for folder, mark in _own_folders():
        text = _replaced(text, folder, mark)
    home = _home()
    if home:
        text = _replaced(text, home, "~")
    text = _IN_QUOTES.sub(rf"\g<quote>{_PATH}\g<quote>", text)
    text = _BARE.sub(_PATH, text)
    for name in _user_names(home):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "<user>", text)
    return text


def _replaced(text: str, path: str, mark: str) -> str:
    """Replace a path however it is written: with either slash, or with the backslashes of a repr."""
    for written in {path, path.replace("\\", "\\\\"), path.replace("\\", "/")}:
        flags = re.IGNORECASE if sys.platform == "win32" else re.NOFLAG
        text = re.sub(re.escape(written) + _END, lambda _: mark, text, flags=flags)
    return text


def _own_folders() -> list[tuple[str, str]]:
    """Where the program lies, which a traceback is full of and which tells nothing but its folder."""
    package = str(Path(vae_desktop.__file__).parent)
    folders = [(package, "<app>"), (sys.prefix, "<python>"), (sys.base_prefix, "<python>")]
    return [(folder, mark) for folder, mark in folders if len(Path(folder).parts) > 1]


def _home() -> str:
    with contextlib.suppress(RuntimeError):
        home = Path.home()
        if len(home.parts) > 1:
            return str(home)
    return ""


def _user_names(home: str) -> set[str]:
    names = {Path(home).name}
    with contextlib.suppress(KeyError, OSError, ImportError):
        names.add(getpass.getuser())
    return {name for name in names if len(name) > 1}
