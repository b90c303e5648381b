"""The two workspaces: the model on screen with its tools, and models side by side; only the one in front is kept up."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Slot

from vae_desktop.engine.engine import Engine
from vae_desktop.engine.run import Comparison, Run
from vae_desktop.gui.controllers.comparison import ComparisonController
from vae_desktop.gui.controllers.latent_point import LatentPoint
from vae_desktop.gui.controllers.playground import PlaygroundController
from vae_desktop.gui.views.window.main_window import MainWindow

if TYPE_CHECKING:
    from vae_desktop.gui.controllers.tools import Tools


class WorkspacesController(QObject):
    """Makes what drives the workspaces, and has the one that comes to the front follow its models."""

    def __init__(self, window: MainWindow, engine: Engine, point: LatentPoint) -> None:
        super().__init__(window)
        self._window = window
        self._engine = engine
        self._point = point
        self.playground = PlaygroundController(window.stage, window.panel, point, engine)
        self.comparison = ComparisonController(window.comparison, self.playground.point_panel, engine)
        self.tools: Tools | None = None  # until the window has been painted
        engine.project.compared_changed.connect(self._show_comparison)
        window.workspace_changed.connect(self._change_workspace)
        window.comparison.promoted.connect(self._promote)
        window.comparison.start_shown.connect(self._fit_to_start)

    def make_tools(self) -> Tools:
        """Make the tools of the playground and their views, for which the first picture need not wait."""
        from vae_desktop.gui.controllers.tools import Tools

        self.tools = Tools.of(self._window, self._engine, self._point)
        self._engine.project.shown_changed.connect(self._offer_denoising)
        self.tools.denoising.view.denoiser_button.clicked.connect(self._set_up_denoiser)
        self.tools.images.wanted.connect(partial(self._window.show_tool, "images"))
        self.tools.images.view.setup_requested.connect(self._go_to_image_settings)
        self.tools.step.has_step_changed.connect(self._window.docks.set_has_step)
        self.tools.step.view.step_button.clicked.connect(self._window.setup.controls.step_requested)
        return self.tools

    def _offer_denoising(self, run: Run) -> None:
        """Offer the tool for what a denoising autoencoder is made for."""
        if run.config.model.kind == "denoising-ae":
            self._window.docks.offer("denoising")

    @Slot()
    def _set_up_denoiser(self) -> None:
        """Choose the kind of model that learns to take noise out."""
        kind = self._window.setup.form.box("kind")
        kind.set_value("denoising-ae")
        kind.setFocus(Qt.FocusReason.OtherFocusReason)

    def undo_exclusion(self) -> None:
        """Take back what was excluded, or taken back, last."""
        if self.tools is not None:
            self.tools.images.actions.notes.undo()

    @Slot()
    def _go_to_image_settings(self) -> None:
        """Show the settings that make the images what they are."""
        form = self._window.setup.form
        levels = form.box("levels")
        form.rows.folds["architecture"].set_open(True)
        self._window.setup.go_to_setting(form.field("image_size") if levels.isHidden() else levels)

    def _show_comparison(self, comparison: Comparison) -> None:
        self._window.show_workspace("comparison")
        self.comparison.show_models(comparison)
        self._fit_to_start()

    @Slot(object)
    def _promote(self, run: Run) -> None:
        self._engine.project.show(run)
        self._window.show_workspace("playground")
        self._window.stage.scatter.plot.setFocus()

    @Slot(str)
    def _change_workspace(self, workspace: str) -> None:
        """Bring the workspace that comes to the front up to date."""
        if workspace == "comparison":
            self.playground.leave_sight()
            if self.tools is not None:
                self.tools.path.travel.stop()
                self.tools.words.travel.stop()
            self.comparison.come_into_sight()
        else:
            self.comparison.leave_sight()
            self.playground.come_into_sight()
        self._fit_to_start()

    @Slot()
    def _fit_to_start(self) -> None:
        """Before models are chosen there is one main button, and no cursor to move."""
        compares = self._window.workspace == "comparison"
        self._window.setup.controls.set_is_main(not (compares and self._window.comparison.is_at_start))
        if compares:
            self._window.docks.point_column.set_wanted(bool(self.comparison.models))
