"""How the app ended last time, and the models that it kept then."""

from vae_desktop.engine.engine import Engine
from vae_desktop.engine.messages import Message
from vae_desktop.gui.controllers.process import Instance
from vae_desktop.gui.controllers.window_settings import WindowSettings
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.language import tr


class LastTime:
    """Offers what was kept by a window that is gone."""

    def __init__(self, window: MainWindow, engine: Engine, settings: WindowSettings) -> None:
        self._window, self._engine, self._settings = window, engine, settings
        self._library, self._autosaves = engine.library, engine.saver.autosaves

    def tell(self, instance: Instance) -> None:
        """Say how the app ended last, and offer what it kept, unless that was declined."""
        words = "\n\n".join(crash.words for crash in instance.crashes if crash.words)
        kept_in_crash = self._autosaves.files_of(crash.name for crash in instance.crashes)
        if kept_in_crash:
            self._library.offer(kept_in_crash[-1], True, words)
            return
        if words:
            text = tr(
                "The app ended unexpectedly last time. Details say what is known of it; Help ▸ Copy diagnostics "
                "copies that for a report."
            )
            self._engine.messages.posted.emit(Message("error", text, words, is_added=True))
        kept = self._autosaves.latest()
        if kept and kept[-1].name != self._settings.text("declined_autosave"):
            self._library.offer(kept[-1], False)

    def recover(self, goes_on: bool) -> None:
        """Open what is offered, and go on with its training if that is wished."""
        self._window.show_workspace("playground")  # a comparison brings up the other one
        self._library.recover(goes_on)

    def decline(self) -> None:
        """Offer it no longer, at the next start either."""
        path = self._library.take_offered()
        if path is not None:
            self._settings.set_text("declined_autosave", path.name)
