"""What is told to the person, on the banner and in the log, and what can be done about it."""

from __future__ import annotations

import logging
from dataclasses import replace

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QGuiApplication

from vae_desktop.engine.engine import Engine
from vae_desktop.engine.messages import Message
from vae_desktop.gui.controllers.diagnostics import window_diagnostics
from vae_desktop.gui.controllers.window_settings import WindowSettings
from vae_desktop.gui.views.window.main_window import MainWindow

_log = logging.getLogger(__name__)


class MessagesController(QObject):
    """Shows and logs messages, and puts diagnostics on the clipboard."""

    def __init__(self, window: MainWindow, engine: Engine, settings: WindowSettings) -> None:
        super().__init__(window)
        self._window = window
        self._engine = engine
        self._settings = settings
        engine.messages.posted.connect(self.show)
        engine.messages.withdrawn.connect(window.banner.withdraw)
        window.banner.diagnostics_requested.connect(self.copy_diagnostics)
        window.menus.diagnostics_requested.connect(self._copy_diagnostics_in_sight)
        settings.on_unwritable = self._tell_of_unwritable_settings

    def show(self, message: Message) -> None:
        if message.level == "error":  # with details: not what a person could have done otherwise
            level = logging.ERROR if message.details else logging.WARNING
            _log.log(level, "%s\n%s" if message.details else "%s%s", message.text, message.details)
        self._window.banner.show_message(message)
        if message.about:  # what was written before must not be read as the answer
            self._window.statusBar().clearMessage()

    def add(self, message: Message) -> None:
        """Show a message below the one on show."""
        self._window.banner.show_message(replace(message, is_added=True))

    @Slot(str)
    def complain(self, text: str) -> None:
        self._window.banner.show_message(Message("error", text))

    def tell_of_lost_settings(self) -> None:
        if self._settings.is_reset:
            text = self.tr("The file of settings was damaged, so that everything is at its default again.")
            if self._settings.backup is not None:
                text += " " + self.tr("The damaged file is kept as {path}.").format(path=self._settings.backup)
            self.add(Message("error", text))

    def _tell_of_unwritable_settings(self) -> None:
        text = self.tr(
            "Changes of settings are not kept: {path} cannot be written. Unless the file and its folder can be "
            "written to and the disk has room, what you change is forgotten when the window closes."
        )
        self.add(Message("info", text.format(path=self._settings.path)))

    @Slot()
    def _copy_diagnostics_in_sight(self) -> None:
        self.copy_diagnostics(self._window.banner.message)

    @Slot(object)
    def copy_diagnostics(self, message: Message | None) -> None:
        """Put what an engineer asks for first on the clipboard, with a message's details but no personal paths."""
        QGuiApplication.clipboard().setText(window_diagnostics(self._engine, self._settings, message))
        self._window.statusBar().showMessage(self.tr("Diagnostics copied, without personal paths"), 6000)
