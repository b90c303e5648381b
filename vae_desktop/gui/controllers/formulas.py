"""Shows the whole computation of the image at hand beside the codes, and follows whatever changes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, QTimer, Slot

from vae_desktop.engine.engine import Engine
from vae_desktop.engine.run import Run
from vae_desktop.engine.view_requests import CodeRequest, PosteriorRequest
from vae_desktop.gui.controllers.latent_point import LatentPoint
from vae_desktop.gui.controllers.one_image_controller import OneImageController
from vae_desktop.gui.controllers.window_settings import WindowSettings
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.language import tr

if TYPE_CHECKING:
    from vae_desktop.gui.controllers.formula_lights import FormulaLights
    from vae_desktop.gui.views.formulas.view import FormulaView
    from vae_desktop.latent.one_image import Coded

_INTERVAL = 100  # ms at least from one look at the numbers to the next: quicker ones cannot be read
_KEY = "formulas"  # of the settings, and of the request
_LEAST = 1e-12  # of a σ that an ε can be made from


class FormulasController(QObject):
    """Makes the view when it is first wanted, and keeps its numbers at those of the strip *One image*.

    While the current point is moved away from the image's code, it is taken for z, and ε is what would have been drawn.

    Attributes
    ----------
    view : FormulaView, or None as long as nobody has wanted it
    shown : Coded, or None
        What the numbers are of.
    """

    def __init__(
        self, window: MainWindow, engine: Engine, drawing: OneImageController, point: LatentPoint,
        settings: WindowSettings,
    ) -> None:  # fmt: skip
        super().__init__(window)
        self._window, self._engine, self._drawing = window, engine, drawing
        self._point, self._settings = point, settings
        self._stage = window.stage
        self.view: FormulaView | None = None
        self.lights: FormulaLights | None = None
        self.shown: Coded | None = None
        self._run: Run | None = None
        self._has_moved = self._is_by_hand = False
        self._pause = QTimer(self, singleShot=True, interval=_INTERVAL)
        self._pause.timeout.connect(self._follow)
        drawing.coded_changed.connect(self._begin_pause)
        point.moved.connect(self._note_point)
        engine.project.shown_changed.connect(self._begin_model)
        button = drawing.view.formulas_button
        button.toggled.connect(self._stage.toggle_formulas)
        self._stage.views_changed.connect(self._change_views)
        self._stage.formulas_action.triggered.connect(self._show_strip)
        if settings.text(_KEY):
            self._stage.toggle_formulas(True)
        self._change_views(self._stage.views)

    @Slot(str)
    def _change_views(self, views: str) -> None:
        """Make the view, or put it away."""
        is_on = views == "formulas"
        self._drawing.view.formulas_button.setChecked(is_on)
        self._settings.set_text(_KEY, "yes" if is_on else "")
        if is_on and self.view is None:
            # To load what sets formulas takes half a second.
            self._engine.tasks.run(lambda task: _set_all(), self._make_view, key=_KEY)

    @Slot()
    def _show_strip(self) -> None:
        """From the menu, bring up what the formulas are of, too."""
        if self._window.workspace != "playground" or not self._drawing.view.is_in_sight:
            self._window.show_tool("drawing")

    @Slot(object)
    def _make_view(self, _: Any) -> None:
        if self.view is not None:
            return
        from vae_desktop.gui.controllers.formula_lights import FormulaLights
        from vae_desktop.gui.views.formulas.view import FormulaView

        self.view = FormulaView()
        self.view.closed.connect(lambda: self._stage.toggle_formulas(False))
        self.view.sight_changed.connect(self._change_sight)
        self.lights = FormulaLights(self._window, self.view, self._drawing, self._point)
        self._stage.set_formulas(self.view)
        self._follow()

    @Slot(bool)
    def _change_sight(self, is_in_sight: bool) -> None:
        self._drawing.view.set_unfolded(is_in_sight)
        if is_in_sight:
            self._follow()
        else:
            self._engine.inference.forget(_KEY)

    @Slot()
    def _begin_pause(self) -> None:
        if self.view is not None and self.view.isVisible() and not self._pause.isActive():
            self._pause.start()

    def _begin_model(self, run: Run) -> None:
        """Whoever has moved the point did so in another model."""
        self._run = None
        self._begin_pause()

    @Slot()
    def _note_point(self) -> None:
        self._has_moved = True
        self._begin_pause()

    @Slot()
    def _follow(self) -> None:
        """Look at what is at hand now."""
        view, run, coded = self.view, self._drawing.run, self._drawing.coded
        if view is None or run is None or not view.isVisible():
            return
        if run is not self._run:
            self._run, self._has_moved, self._is_by_hand = run, False, False
            view.set_model(run.config.model)
        self._is_by_hand = not self._drawing.image_point.has_point and (self._is_by_hand or self._has_moved)
        self._has_moved = False
        if coded is None or coded.loss is None:
            self.shown = None
            view.show_nothing(tr("Draw something, or click a point: its numbers appear here."))
        elif self._drawing.coded_image != self._drawing.at_hand:
            return  # the answer is under way: the numbers of one image never stand under the title of another
        elif self._is_by_hand and self._drawing.at_hand == self._drawing.number and coded.codes.log_stddev is not None:
            self._ask(run, coded)
        else:
            self._engine.inference.forget(_KEY)
            self._show(coded, is_by_hand=False)

    def _ask(self, run: Run, coded: Coded) -> None:
        """Ask for the computation with the current point as z."""
        assert coded.codes.log_stddev is not None
        stddev = np.exp(coded.codes.log_stddev[0]).clip(min=_LEAST)
        if self._point.code.shape != stddev.shape:
            return
        noise = ((self._point.code - coded.codes.mean[0]) / stddev).astype(np.float32)[None]
        image = self._drawing.pixels()
        request: CodeRequest | PosteriorRequest
        if image is not None:
            request = CodeRequest(_KEY, run.id, run.shown_config, image, noise)
        else:
            request = PosteriorRequest(_KEY, run.id, run.shown_config, coded.codes, noise)
        self._engine.inference.ask(request, self._show_by_hand)

    @Slot(object)
    def _show_by_hand(self, coded: Coded) -> None:
        if coded.loss is not None and self._is_by_hand:
            self._show(coded, is_by_hand=True)

    def _show(self, coded: Coded, is_by_hand: bool) -> None:
        from vae_desktop.gui.views.formulas.view import Pictures
        from vae_desktop.latent.computation import computation_of

        run, strip = self._run, self._drawing.view
        if self.view is None or run is None:
            return
        self.shown = coded
        decoded = None if coded.samples is None else coded.samples[0]
        pictures = Pictures(strip.input.picture, decoded)
        computation = computation_of(coded, run.config.model, run.image_shape)
        self.view.show_computation(strip.title.whole_text(), computation, pictures, self._note(coded, run, is_by_hand))
        if self.lights is not None:
            self.lights.follow(coded, is_by_hand)

    def _note(self, coded: Coded, run: Run, is_by_hand: bool) -> str:
        """What there is to say of the numbers."""
        assert coded.loss is not None
        if coded.loss.reconstruction is None:
            return tr("Load {data}: E needs the image's pixels.").format(data=run.config.dataset.label)
        if is_by_hand:
            return tr("z is the current point, which you have moved; ε is what would have led there.")
        if coded.loss.pixel_stddev is not None:
            return tr("s = {value}: the one standard deviation of all pixels, which is learned.").format(
                value=f"{coded.loss.pixel_stddev:.3f}"
            )
        return ""


def _set_all() -> None:
    from vae_desktop.catalog import LIKELIHOODS, MODELS
    from vae_desktop.config import ModelConfig
    from vae_desktop.gui.views.formulas.view import formulas_of
    from vae_desktop.typeset import typeset_all

    for kind in MODELS:
        for likelihood in LIKELIHOODS:
            typeset_all(formulas_of(ModelConfig(kind, likelihood=likelihood)))
