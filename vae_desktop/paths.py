"""Where data sets and settings live unless the person says otherwise."""

from pathlib import Path

import platformdirs

_NAME = "vae_desktop"


def default_data_dir() -> Path:
    """Folder of downloaded data sets (torchvision's root)."""
    return Path(platformdirs.user_data_dir(_NAME, appauthor=False)) / "data"


def default_cache_dir() -> Path:
    """Folder of what can be computed again, such as the classifiers that judge samples."""
    return Path(platformdirs.user_cache_dir(_NAME, appauthor=False))


def images_dir() -> Path:
    """Folder of data sets that take more than the memory they may have."""
    return default_cache_dir() / "images"


def attributes_dir() -> Path:
    """Folder of what was measured of the images of data sets."""
    return default_cache_dir() / "attributes"


def default_settings_dir() -> Path:
    """Folder of the window's settings and autosaves."""
    return Path(platformdirs.user_config_dir(_NAME, appauthor=False))


def autosave_dir(settings_dir: Path) -> Path:
    """Folder of what the app keeps by itself, beside the settings."""
    return settings_dir / "autosaves"


def marks_dir() -> Path:
    """Folder of what a person has noted of images: tags, and which are left out."""
    return default_settings_dir() / "marks"


def default_log_dir() -> Path:
    """Folder of the window's log, beside its settings."""
    return default_settings_dir() / "logs"
