"""How the window closes: not before what must be written is, which the person can wait for or give up."""

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QSessionManager
from PySide6.QtWidgets import QMessageBox

from vae_desktop.engine.engine import Engine
from vae_desktop.gui.controllers.process import Instance
from vae_desktop.gui.controllers.window_settings import WindowSettings
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.language import tr

_PATIENCE = 0.3  # seconds for which nothing need be said
LOG_OUT_PATIENCE = 4.0  # seconds; the system itself asks the person after some five
_LONGEST = 30_000  # ms that a signal to end waits for files; systems kill after some 90 s


class Closer(QObject):
    """Ends the engine when the window is to close.

    First the files are waited for that the person asked for, while all goes on, so that one that cannot be written
    leaves everything as it is. Then the threads end, and models that would be lost are kept.

    Attributes
    ----------
    is_closed : bool
        Whether the engine has ended.
    """

    closed = Signal()
    stayed = Signal()  # it was to close, and does not

    def __init__(self, window: MainWindow, engine: Engine, settings: WindowSettings, instance: Instance) -> None:
        super().__init__(window)
        self.is_closed = False
        self._window = window
        self._engine = engine
        self._settings = settings
        self._instance = instance
        self._is_wanted = False
        self._is_urgent = False  # the system wants the end, and nobody may be there to answer
        window.may_close = self.close
        window.closing.given_up.connect(self._give_up)
        window.closing.stay_requested.connect(self._stay)
        engine.tasks.written.connect(self._note)

    def close(self) -> bool:
        """Close if nothing has to be waited for, and return whether that is so; else it closes by itself later."""
        if not self._is_wanted and not self.is_closed:
            self._is_wanted = True
            self._engine.finish_writing(_PATIENCE)
            self._proceed()
        return self.is_closed

    @Slot()
    def close_for_system(self) -> None:
        """Close as by hand, but for no file for ever: a model that cannot be saved is kept by the app."""
        self._is_urgent = True
        QTimer.singleShot(_LONGEST, self, self._give_up)
        self._window.close()

    @Slot(QSessionManager)
    def hold_session_end(self, manager: QSessionManager) -> None:
        """Have the system's session last until all is written; where that takes long, ask for it not to end."""
        self._engine.finish_writing(LOG_OUT_PATIENCE)
        if self._engine.writing:
            manager.cancel()

    def _note(self, path: Path, is_whole: bool) -> None:
        """Stay open for a file that could not be written; what the app keeps for itself has a question of its own."""
        if not (is_whole or self._is_urgent or path == self._engine.saver.autosaves.folder):
            self._is_wanted = False
            self.stayed.emit()
        QTimer.singleShot(0, self, self._resume)  # later: the engine is in the midst of a call

    @Slot()
    def _resume(self) -> None:
        if self._is_wanted:
            self._proceed()
            self._end_window()
        elif not self.is_closed:
            self._window.closing.end()

    @Slot()
    def _give_up(self) -> None:
        """Close without what is being written."""
        if not self._is_wanted:
            return
        self._engine.give_up_writing()
        if self._engine.is_halted:
            self._end(may_lose=True)
        else:
            self._proceed()
        self._end_window()

    @Slot()
    def _stay(self) -> None:
        self._is_wanted = False
        self.stayed.emit()
        self._window.closing.end()
        if self._engine.is_halted:
            self._engine.go_on()

    def _proceed(self) -> None:
        """Go on with closing as far as it can be done now."""
        if not self._is_wanted:
            return
        if not self._engine.writing and not self._engine.is_halted:
            self._engine.halt()
            self._engine.finish_writing(_PATIENCE)
        writing = self._engine.writing
        if not writing:
            self._end()
        elif self._engine.is_halted:
            self._window.closing.show_keeping()
        else:
            self._window.closing.show_files(writing)

    def _end(self, may_lose: bool = False) -> None:
        """End the engine; only if models cannot be kept is there a question."""
        self._is_wanted = False
        error = self._engine.close(may_lose=may_lose)
        if error is not None:
            self._window.closing.end()
            if not self._may_lose(error):
                self.stayed.emit()
                return
            self._engine.close(may_lose=True)
        self.is_closed = True
        self.closed.emit()
        self._settings.set_layout(self._window.saveGeometry(), self._window.docks.state())
        self._settings.flush()
        self._instance.end()

    def _end_window(self) -> None:
        if self.is_closed:
            self._window.close()

    def _may_lose(self, error: Exception) -> bool:
        """Ask whether to close though the models could not be kept."""
        answer = QMessageBox.warning(
            self._window,
            tr("The model could not be kept"),
            f"{error}\n\n" + tr("Close all the same? Models that are not saved will be lost."),
            QMessageBox.StandardButton.Close | QMessageBox.StandardButton.Cancel,
        )
        return answer == QMessageBox.StandardButton.Close
