"""How much the timeline of each model may take: chosen in the menu, or typed, and remembered."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from vae_desktop.engine.engine import Engine
from vae_desktop.errors import InvalidSetting
from vae_desktop.files import bytes_of
from vae_desktop.gui.controllers.window_settings import WindowSettings
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.gui.views.window.size_window import SizeWindow
from vae_desktop.language import tr
from vae_desktop.training.frames import FrameLayout, check_budget


class TimelineSizeController(QObject):
    """Lets the timeline of each model take so many bytes, from its next training on."""

    def __init__(self, window: MainWindow, engine: Engine, settings: WindowSettings) -> None:
        super().__init__(window)
        self._window, self._engine, self._settings = window, engine, settings
        self._menus = window.menus
        self._asking: SizeWindow | None = None  # made when it is first wanted
        self._take(settings.timeline_budget)
        self._menus.timeline_chosen.connect(self._choose)

    @Slot(str)
    def _choose(self, size: str) -> None:
        """Take a size that was chosen, or have one typed."""
        if size != "other":
            self._settings.set_timeline_budget(int(size))
            self._take(int(size))
            return
        self._take(self._engine.timelines.budget)  # the menu shows what holds until there is another
        if self._asking is None:
            text = tr("How much the kept steps of a model may take on disk, such as 256 MB; 0 keeps none.")
            self._asking = SizeWindow(self._window, self._read, "timelineSize", tr("Timeline keeps"), text)
            self._asking.chosen.connect(self._choose)
        self._asking.ask(self._engine.timelines.budget)

    def _take(self, size: int) -> None:
        self._engine.timelines.budget = size
        self._menus.set_timeline_size(size)

    def _read(self, text: str) -> int:
        """A size in words; raises InvalidSetting if it is none, or too small for the next model."""
        size = bytes_of("timeline", text)
        if size:
            check_budget(size, self._layouts())
        return size

    def _layouts(self) -> list[FrameLayout]:
        """What a frame holds of the model that the form would train, and of the one on screen, as far as known."""
        found, shown = [], self._engine.project.shown
        if shown is not None:
            found.append(FrameLayout.of(shown.config.model, shown.image_shape))
        try:
            config = self._window.setup.form.config()
        except InvalidSetting:  # marked where it stands
            return found
        dataset = self._engine.datasets.held(config.dataset)
        return found if dataset is None else [*found, FrameLayout.of(config.model, dataset.image_shape)]
