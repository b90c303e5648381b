"""A picture of the real window in a real training, for the README and for looking at the design."""

import tempfile
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QApplication

from vae_desktop.app import create_window, make_application
from vae_desktop.config import RunConfig
from vae_desktop.engine.run import Run
from vae_desktop.errors import UserError
from vae_desktop.gui.views.point.latent_slider import LatentSlider
from vae_desktop.gui.views.window.main_window import MainWindow

_POINT = (-0.6, 0.8)  # where the current point stands


class _Photographer(QObject):
    """Presses Train, waits for so many epochs, moves the point, and takes the picture of the window."""

    def __init__(self, window: MainWindow, epochs: float, output: Path) -> None:
        super().__init__(window)
        self._window = window
        self._epochs = epochs
        self._output = output
        self.error = ""
        self._look = QTimer(self, interval=50)
        self._look.timeout.connect(self._look_at_state)
        self._look.start()

    @Slot()
    def _look_at_state(self) -> None:
        engine = self._window.controller.engine
        shown = engine.project.shown
        if self._window.banner.text():
            self.error = self._window.banner.text()
            self._end()
        elif shown is None:
            if engine.training.state == "idle":
                self._window.setup.controls.train_button.click()
        elif not engine.project.active or len(shown.history.training) >= self._steps(shown):
            self._look.stop()
            for slider, value in zip(self._window.panel.sliders.findChildren(LatentSlider), _POINT, strict=False):
                slider.setValue(value)
            QTimer.singleShot(700, self._take)

    def _steps(self, run: Run) -> float:
        return self._epochs * run.steps_per_epoch

    @Slot()
    def _take(self) -> None:
        if not self._window.grab().save(str(self._output), "PNG"):
            self.error = f"Cannot write {self._output}."
        self._end()

    def _end(self) -> None:
        self._look.stop()
        self._window.close()
        QApplication.quit()


def take_screenshot(
    config: RunConfig, data_dir: Path, epochs: float, size: tuple[int, int], theme: str, output: Path
) -> None:
    """Train in a window with fresh settings and save its picture while it still trains.

    Parameters
    ----------
    config : RunConfig
        What to train; the picture is taken `epochs` epochs after the start.
    size : (width, height)
        Of the window, in logical pixels.
    theme : {"system", "light", "dark"}

    Raises
    ------
    UserError
        If the training cannot begin or the picture cannot be written.
    """
    application = make_application()
    with tempfile.TemporaryDirectory() as settings_dir:
        window = create_window(data_dir, Path(settings_dir))
        window.controller.choose_theme(theme)
        window.setup.form.choose_dataset(config.dataset.name)
        window.setup.form.set_config(config)
        window.resize(*size)
        photographer = _Photographer(window, epochs, output)
        window.show()
        application.exec()
    if photographer.error:
        raise UserError(photographer.error)
