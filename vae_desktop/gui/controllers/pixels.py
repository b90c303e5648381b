"""Opens the window in which a diffusion in pixels stands beside one in codes, and keeps it at the model on screen."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QShortcut
from PySide6.QtWidgets import QAbstractButton

from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.engine import Engine
from vae_desktop.engine.run import Run
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.language import tr
from vae_desktop.latent.measures import MEASURES

if TYPE_CHECKING:
    from vae_desktop.gui.views.lab.pixels_window import PixelsWindow
    from vae_desktop.words.pixels import Drawn


class PixelsController(QObject):
    """Makes the window when it is first wanted.

    Attributes
    ----------
    view : PixelsWindow, or None as long as nobody has wanted it
    """

    opened = Signal()

    def __init__(self, window: MainWindow, engine: Engine) -> None:
        super().__init__(window)
        self._window, self._engine = window, engine
        self.view: PixelsWindow | None = None
        window.menus.pixels_requested.connect(self.open)
        engine.pixels.ended.connect(self._show)
        engine.pixels.progressed.connect(self._show_progress)
        engine.project.shown_changed.connect(self._show_run)
        engine.project.status_changed.connect(self._show_run)
        engine.project.moment_changed.connect(self._show_run)
        engine.datasets.loaded.connect(self._show_data)

    @Slot()
    def open(self) -> None:
        """Bring the window to the front."""
        if self.view is None:
            from vae_desktop.gui.views.lab.pixels_window import PixelsWindow

            self.view = PixelsWindow(self._window, _figures())
            self.view.fit_requested.connect(self._fit)
            self.view.cancel_requested.connect(self._engine.pixels.cancel)
            lab = self._window.setup.lab
            for button in (lab.next_button, lab.back_button, lab.show_button):  # a step of the lab is taken in here
                QShortcut(button.shortcut(), self.view, partial(_press, button))
        self._show()
        self.view.show()
        self.view.raise_()
        self.view.activateWindow()
        self.opened.emit()

    @Slot()
    def _fit(self) -> None:
        run = self._engine.project.shown
        if run is not None:
            self._engine.pixels.fit(run)
            self._show()

    def _show_progress(self, done: int, total: int) -> None:
        if self.view is not None:
            self.view.show_progress(done, total)

    def _show_run(self, run: Run) -> None:
        self._show()

    def _show_data(self, dataset: Dataset) -> None:
        self._show()

    def _show(self) -> None:
        """Show what is known of the model on screen."""
        view, run, pixels = self.view, self._engine.project.shown, self._engine.pixels
        if view is None:
            return
        view.set_fitting(pixels.fitted is not None)
        if run is None:
            view.show_model(tr("Train or open a model first."), False)
            view.show_nothing(tr("There is no model on screen."))
            return
        text = tr("{title}: the same network, as many steps, once for its images and once for their codes.")
        view.show_model(text.format(title=run.title), run.snapshot is not None)
        found = pixels.of(run)
        if found is None:
            is_under_way = pixels.fitted is run
            view.show_nothing(tr("It is being fitted…") if is_under_way else tr("Nothing is fitted yet."))
            return
        heads = tr("In {count:,} pixels"), tr("In {count:,} numbers")
        for side, head, drawn in zip(("pixels", "codes"), heads, (found.pixels, found.codes), strict=True):
            view.show_side(side, head.format(count=drawn.numbers), drawn.pictures, _texts(drawn))


def _press(button: QAbstractButton) -> None:
    if button.isVisible():
        button.click()


def _figures() -> dict[str, tuple[str, str]]:
    """What is said of each side: a label, and what it means."""
    steps = tr("By the network, in all steps from noise to a picture; in codes the decoder's are among them.")
    judged = {key: MEASURES[f"sampling.{key}"] for key in ("precision", "recall")}
    return {
        "products": (tr("Multiplications"), steps),
        "seconds": (tr("Fitting"), tr("How long the fitting took on this computer.")),
        **{key: (tr(measure.label), tr(measure.definition)) for key, measure in judged.items()},
    }


def _texts(drawn: Drawn) -> dict[str, str]:
    return {
        "products": tr("{count:.1f} million a picture").format(count=drawn.products / 1e6),
        "seconds": tr("{seconds:.0f} s").format(seconds=drawn.seconds),
        "precision": f"{drawn.quality.precision:.0%}",
        "recall": f"{drawn.quality.recall:.0%}",
    }
