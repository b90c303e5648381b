"""Uses a real window from a script, as a person would: for pictures of it, for measurements and for long tests."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
from PySide6.QtCore import QEventLoop, QObject, QTimer
from PySide6.QtGui import QImage

from vae_desktop import language
from vae_desktop.app import create_window, make_application
from vae_desktop.engine.engine import Engine
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.latent.codes import Picture

_PartT = TypeVar("_PartT", bound=QObject)


class WindowDriver:
    """Finds what is in a window, and waits while the window lives."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window

    @property
    def engine(self) -> Engine:
        """The state of the app behind the window."""
        return self.window.controller.engine

    @property
    def state(self) -> str:
        """What the window does: "idle", "training", "paused" and so on."""
        return str(self.window.property("state"))

    def picture(self) -> Picture:
        """The window as it looks now (H, W, 3), in its own pixels."""
        image = self.window.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
        lines = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
        return lines[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()

    def find(self, kind: type[_PartT], name: str) -> _PartT:
        """Return a part of the window by its object name.

        Raises
        ------
        LookupError
            If there is none.
        """
        part = self.window.findChild(kind, name)
        if part is None:
            raise LookupError(name)
        return part

    def wait(self, seconds: float) -> None:
        """Let the window live for a while."""
        loop = QEventLoop()
        QTimer.singleShot(round(1000 * seconds), loop.quit)
        loop.exec()

    def wait_until(self, condition: Callable[[], object], interval: float = 0.05) -> None:
        """Let the window live until something holds, which is looked at every `interval` seconds.

        Raises
        ------
        RuntimeError
            If somebody closes the window meanwhile.
        """
        while not condition():
            if not self.window.isVisible():
                raise RuntimeError("the window was closed")
            self.wait(interval)


@contextlib.contextmanager
def fresh_window(data_dir: Path) -> Iterator[WindowDriver]:
    """Make a window, not yet shown, whose settings and models are in a folder that goes with it.

    It speaks the language that was chosen before.

    Parameters
    ----------
    data_dir : Path
        Folder of data sets.
    """
    make_application()
    with tempfile.TemporaryDirectory() as settings_dir:
        window = create_window(data_dir, Path(settings_dir), chosen_language=language.current())
        try:
            yield WindowDriver(window)
        finally:
            window.close()
