"""Libraries that read further formats, imported when a file of such a format is chosen."""

import importlib
from pathlib import Path
from typing import Any

from vae_desktop.errors import DataError
from vae_desktop.language import tr


def load_extra(module: str, path: Path, what: str) -> Any:
    """A library that reads a file, by the name under which it is imported and installed.

    Raises
    ------
    DataError
        If it is not installed or broken; the message says that the file is `what`, and the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        text = tr("{path} is {what}, which needs {package}. Install that and start again: {command}")
        command = f"python -m pip install {package}"
        raise DataError(text.format(path=path, what=what, package=package, command=command)) from error
