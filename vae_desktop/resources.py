"""The one way to a file in ``resources/``: in a checkout, an editable install or a wheel alike."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource_path(name: str) -> Path:
    """Return the path of a bundled resource.

    Parameters
    ----------
    name : str
        Path below ``resources/``, with forward slashes.

    Raises
    ------
    FileNotFoundError
        If no such resource is bundled.
    """
    # A wheel carries the folder inside the package; a checkout has it beside the package.
    for root in (_PACKAGE / "_resources", _PACKAGE.parent / "resources"):
        path = root / name
        if path.exists():
            return path
    raise FileNotFoundError(f"The resource {name!r} is not part of this installation.")
