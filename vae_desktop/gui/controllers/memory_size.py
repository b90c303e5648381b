"""How much memory the images of a data set may take: chosen in the menu, or typed, and remembered."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from vae_desktop.data.stored.memory import default_budget, memory_budget, use_budget
from vae_desktop.errors import InvalidSetting
from vae_desktop.files import bytes_of
from vae_desktop.gui.controllers.window_settings import WindowSettings
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.gui.views.window.size_window import SizeWindow
from vae_desktop.language import tr

_KEY = "memory"  # of the setting; empty for a quarter of the machine's memory


class MemorySizeController(QObject):
    """Lets the images of a data set take so many bytes of memory, from the next one that is read on."""

    def __init__(self, window: MainWindow, settings: WindowSettings) -> None:
        super().__init__(window)
        self._window, self._settings = window, settings
        self._menus = window.menus
        self._asking: SizeWindow | None = None  # made when it is first wanted
        self._take()
        self._menus.memory_chosen.connect(self._choose)

    @Slot(str)
    def _choose(self, size: str) -> None:
        """Take a size that was chosen, or have one typed."""
        if size != "other":
            self._settings.set_text(_KEY, "" if size == "auto" else size)
            self._take()
            return
        self._take()  # the menu shows what holds until there is another
        if self._asking is None:
            text = tr(
                "How much memory the images of a data set may take, such as 4 GB. Those of a larger one are kept in "
                "the app's cache on the disk, from where a training reads them."
            )
            self._asking = SizeWindow(self._window, self._read, "memorySize", tr("Memory for images"), text)
            self._asking.chosen.connect(self._choose)
        self._asking.ask(memory_budget())

    def _take(self) -> None:
        try:
            size: int | None = self._read(self._settings.text(_KEY))
        except InvalidSetting:  # none is stored, or what is makes no sense
            size = None
        use_budget(size)
        self._menus.set_memory_size(size, default_budget())

    @staticmethod
    def _read(text: str) -> int:
        return bytes_of("memory", text)
