"""Opens the window of two normal distributions, and computes what stands in it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QShortcut
from PySide6.QtWidgets import QAbstractButton

from vae_desktop.engine.engine import Engine
from vae_desktop.gui.controllers.one_image_controller import OneImageController
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.libraries import load_torch

if TYPE_CHECKING:
    from vae_desktop.gui.views.formulas.normals_window import NormalsWindow
    from vae_desktop.latent.normals import Normal

_KEY = "normals"  # of the task
_ERROR, _DIVERGENCE, _PIXELS = 40.0, 5.0, 784  # of an image, where none is at hand: about a digit's


class NormalsController(QObject):
    """Makes the window when it is first wanted.

    Attributes
    ----------
    view : NormalsWindow, or None as long as nobody has wanted it
    """

    opened = Signal()

    def __init__(self, window: MainWindow, engine: Engine, drawing: OneImageController) -> None:
        super().__init__(window)
        self._window, self._engine, self._drawing = window, engine, drawing
        self.view: NormalsWindow | None = None
        window.menus.normals_requested.connect(self.open)
        drawing.coded_changed.connect(self._show_image)

    @Slot()
    def open(self) -> None:
        """Bring the window to the front."""
        if self.view is None:
            self._engine.tasks.run(lambda task: _set_all(), self._make_view, key=_KEY)
            return
        self.view.show()
        self.view.raise_()
        self.view.activateWindow()
        self._show_image()
        self.opened.emit()

    @Slot(object)
    def _make_view(self, _: Any) -> None:
        if self.view is None:
            from vae_desktop.gui.views.formulas.normals_window import NormalsWindow

            self.view = NormalsWindow(self._window)
            self.view.changed.connect(self._compute)
            lab = self._window.setup.lab
            for button in (lab.next_button, lab.back_button, lab.show_button):  # steps of the lab are taken in here
                QShortcut(button.shortcut(), self.view, partial(_press, button))
            self._compute(*self.view.normals)
        self.open()

    @Slot(object, object)
    def _compute(self, p: Normal, q: Normal) -> None:
        from vae_desktop.gui.views.formulas.normals_window import Divergences
        from vae_desktop.latent import normals

        if self.view is None:
            return
        closed = normals.kl_by_closed_form(p) if q == normals.PRIOR else None
        found = Divergences(normals.kl_terms(p, q), closed, normals.kl_by_torch(p, q), normals.kl_by_draws(p, q, 1))
        self.view.show_divergences(found)
        self.view.slips.set_normal(p)

    @Slot()
    def _show_image(self) -> None:
        """What a mean over pixels would do to the loss of the image at hand, or to that of a usual one."""
        if self.view is None or not self.view.isVisible():
            return
        from vae_desktop.latent.normals import mean_over_pixels

        error, divergence, pixels = _ERROR, _DIVERGENCE, _PIXELS
        coded, run = self._drawing.coded, self._drawing.run
        loss = None if coded is None else coded.loss
        if run is not None and loss is not None and loss.reconstruction is not None and loss.kl:
            size = run.image_shape
            error, divergence, pixels = loss.reconstruction, loss.kl, size[0] * size[1] * size[2]
        if error > 0:
            self.view.slips.set_mean(mean_over_pixels(error, divergence, pixels), pixels)


def _press(button: QAbstractButton) -> None:
    if button.isVisible():
        button.click()


def _set_all() -> None:
    from vae_desktop.gui.views.formulas.normals_window import formulas_of_normals
    from vae_desktop.typeset import typeset_all

    load_torch()
    typeset_all(formulas_of_normals())
