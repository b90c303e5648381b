"""What the window remembers from one start to the next."""

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from vae_desktop.errors import InvalidSetting
from vae_desktop.files import bytes_of
from vae_desktop.training.timeline import DEFAULT_BUDGET

_RECENT = 8  # files


class WindowSettings:
    """Typed access to the settings file; values that make no sense count as missing.

    Parameters
    ----------
    folder : Path
        Where the file lies; it is made on the first write.

    Attributes
    ----------
    path : Path
        The file.
    on_unwritable : callable
        Called the first time that a change could not be written; it is tried again with each later change.
    is_reset : bool
        Whether the file was damaged, so that every setting has its default.
    backup : Path, or None
        The copy of the damaged file.
    """

    def __init__(self, folder: Path) -> None:
        self.path = file = folder / "settings.ini"
        self.on_unwritable: Callable[[], object] = lambda: None
        self._has_failed = False
        self.backup: Path | None = None
        self._store = QSettings(str(file), QSettings.Format.IniFormat)
        self._store.allKeys()  # it reads a section when it is first asked for, and tells of damage only then
        self.is_reset = self._store.status() == QSettings.Status.FormatError
        if self.is_reset:
            with contextlib.suppress(OSError):
                self.backup = Path(shutil.copyfile(file, file.with_name("settings.ini.bak")))
            self._store.clear()
            self._store.sync()
            self._store = QSettings(str(file), QSettings.Format.IniFormat)  # the other one's status stays

    def text(self, key: str, default: str = "") -> str:
        value = self._store.value(key, default)
        return value if isinstance(value, str) else default

    def set_text(self, key: str, value: str) -> None:
        if self._store.value(key) != value:
            self._store.setValue(key, value)
            self.flush()

    @property
    def timeline_budget(self) -> int:
        """Bytes that the frames of a run may take."""
        try:
            return bytes_of("timeline", self.text("timeline"))
        except InvalidSetting:  # none is stored, or what is makes no sense
            return DEFAULT_BUDGET

    def set_timeline_budget(self, size: int) -> None:
        self.set_text("timeline", str(size))

    def layout(self) -> tuple[QByteArray, QByteArray]:
        """Geometry of the window and places of its docks; empty at the first start."""
        values = [self._store.value(f"window/{name}") for name in ("geometry", "docks")]
        geometry, docks = (value if isinstance(value, QByteArray) else QByteArray() for value in values)
        return geometry, docks

    def set_layout(self, geometry: QByteArray, docks: QByteArray) -> None:
        self._store.setValue("window/geometry", geometry)
        self._store.setValue("window/docks", docks)

    def flush(self) -> None:
        """Write what has changed to the file now."""
        self._store.sync()
        if self._store.status() == QSettings.Status.AccessError and not self._has_failed:
            self._has_failed = True
            self.on_unwritable()

    def recent_files(self) -> list[Path]:
        """Models opened or saved, the newest first."""
        value = self._store.value("recent", [])
        names = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        return [Path(name) for name in names if isinstance(name, str) and name][:_RECENT]

    def add_recent(self, path: Path) -> None:
        """Put a file first in the list."""
        path = path.absolute()
        self._store.sync()  # another window may have added one
        others = [other for other in self.recent_files() if other != path]
        self._store.setValue("recent", [str(entry) for entry in (path, *others)][:_RECENT])
        self.flush()
