"""Draws what a text asks for by the diffusion of the model on screen, and shows how its codes come about."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PySide6.QtCore import Slot

from vae_desktop.engine.run import Run
from vae_desktop.engine.walk_request import StepRequest, WalkRequest
from vae_desktop.gui.controllers.tool_controller import ToolContext, ToolController
from vae_desktop.gui.controllers.traveller import Traveller
from vae_desktop.gui.controllers.words_fit import WordsFit
from vae_desktop.gui.controllers.words_shown import shown_word, telling_examples
from vae_desktop.gui.views.tools.walk_overlay import WalkOverlay
from vae_desktop.gui.views.tools.words_view import WordsView
from vae_desktop.language import tr
from vae_desktop.latent.codes import Floats

if TYPE_CHECKING:
    from vae_desktop.words.latent_diffusion import LatentDiffusion

COUNT = 36  # pictures
_WALK, _STEPS = "walk of words", "steps of the walk"  # requests
_STEP_SECONDS = 0.1  # that a step takes in play


class Wanted(NamedTuple):
    """What is drawn."""

    diffusion: LatentDiffusion
    text: str  # without spaces around it; "" is without words
    guidance: float
    steps: int
    seed: int


class WordsController(ToolController[WordsView]):
    """Keeps the pictures at the newest text.

    Attributes
    ----------
    drawn : Wanted, or None
        What `walks` are of.
    walks : array (S + 1, N, d), float32, or None
        The codes on their way, noise first.
    step : int
        Which of these steps is shown.
    travel : Traveller
    overlay : WalkOverlay
    """

    name = "words"
    follow_interval = 1.0

    def __init__(self, context: ToolContext) -> None:
        view = WordsView()
        super().__init__(view, context)
        self.drawn: Wanted | None = None
        self.walks: Floats | None = None
        self.step = 0
        self._asked: Wanted | None = None
        self._offered: LatentDiffusion | None = None  # whose examples are offered
        self.overlay = WalkOverlay(self._scatter.plot)
        self.travel = Traveller(view.travel, self._point)
        self.fit = WordsFit(view, context.engine)
        self.fit.changed.connect(self.refresh)
        view.text_entered.connect(self.refresh)
        for field in (view.guidance, view.steps, view.seed):
            field.valueChanged.connect(self.refresh)
        for board in (view.board, view.walk):
            board.resized.connect(self.refresh)
        view.board.tile_chosen.connect(self._go_to)
        view.board.tile_left.connect(partial(self._choose, None))
        view.walk.tile_chosen.connect(self._go_to_step)
        self.travel.travelled.connect(self._travel)
        self._scatter.plane_changed.connect(self._draw)
        self._point.moved.connect(self._leave)

    def begin(self, run: Run) -> None:
        self._drop()
        self.fit.show(run)

    def follow_codes(self, run: Run) -> None:
        if run.diffusion is None:
            self.refresh()  # there may be codes by now
        elif self.view.is_in_sight:
            self.fit.show(run)  # a model that goes on leaves its diffusion behind

    def ask(self, run: Run) -> bool:
        self.fit.show(run)
        diffusion = run.diffusion
        self.view.set_usable(diffusion is not None, self.fit.reason)
        if diffusion is None:
            self._offered = None
            self._drop()
            return False
        view = self.view
        if diffusion is not self._offered:
            self._offered = diffusion
            view.examples.set_texts(telling_examples(diffusion))
        text = view.line.text().strip()
        wanted = Wanted(diffusion, text, view.guidance.value(), int(view.steps.value()), int(view.seed.value()))
        if (self._asked is None or self._asked[:2] != wanted[:2]) and not self._understand(diffusion, text):
            self._drop()
            return False
        if wanted == self.drawn:
            self._show()
        elif wanted != self._asked or self._requests.newest(_WALK) is None:
            self._asked = wanted
            request = WalkRequest(_WALK, run.id, diffusion, text or None, COUNT, *wanted[2:])
            self._requests.ask(request, partial(self._take, wanted))
        return True

    def forget(self) -> None:
        super().forget()
        for request in (_WALK, _STEPS):
            self._requests.forget(request)
        self.travel.stop()
        self.overlay.clear()

    def _understand(self, diffusion: LatentDiffusion, text: str) -> bool:
        """Show what is understood of a text; return whether it can be drawn."""
        if not text:
            self.view.show_examples(tr("Drawn without words. Try:"))
            return True
        understood = diffusion.understand(text)
        if understood.reason:
            self.view.show_examples(tr("Try:"))
            self.view.show_nothing(understood.reason)
            return False
        words = [shown_word(word) for word in understood.words]
        self.view.show_understood(words, tr("Understood:"), understood.facts)
        return True

    def _drop(self) -> None:
        """Have drawn nothing."""
        self.travel.stop()
        self.drawn = self._asked = self.walks = None
        self._choose(None)
        self.view.board.set_pictures(None)

    def _take(self, wanted: Wanted, walks: Floats) -> None:
        """Show what was drawn, at the end of the walk."""
        self.drawn, self.walks = wanted, walks
        self._choose(None)
        self.travel.set_way(_STEP_SECONDS * wanted.steps)
        self.view.travel.set_usable(True)
        self.travel.go_to(1.0)
        self._show()

    # Along the walk

    @Slot(float)
    def _travel(self, fraction: float) -> None:
        """Be at another step, and with a chosen code there."""
        if self.walks is None:
            return
        step, before = round(fraction * (len(self.walks) - 1)), self.step
        self.step = step
        if step != before:
            self._lead()
            self._show()

    def _lead(self) -> None:
        """Have the current point where the chosen code is."""
        chosen = self.view.board.chosen
        if self.walks is not None and chosen is not None:
            self._scatter.set_chosen(None)
            self.travel.lead_to(self.walks[self.step, chosen])

    def _show(self) -> None:
        """Show the pictures at this step, and where their codes are."""
        run, walks = self.run, self.walks
        if run is None or walks is None or not self.view.is_in_sight:
            return
        board = self.view.board
        board.set_tiles(walks.shape[1], run.image_shape[1:])
        request = StepRequest(self.name, run.id, walks[self.step], board.tile_side())
        self._requests.ask(request, board.set_pictures)
        steps = len(walks) - 1
        self.view.travel.where.set_text(f"{self.step} / {steps}")
        chosen = board.chosen
        if chosen is not None:
            board = self.view.walk
            board.set_tiles(len(walks), run.image_shape[1:])
            board.set_chosen(self.step)
            self._requests.ask_pictures(_STEPS, run.id, walks[:, chosen], board.tile_side(), board.set_pictures)
        self._draw()

    @Slot()
    def _draw(self) -> None:
        """Draw where the codes are, while the view is in sight, if the plane has them; t-SNE has no place for them."""
        plane, walks = self._scatter.plane, self.walks
        is_drawn = walks is not None and self.view.is_in_sight and not self._scatter.has_layout
        if walks is None or not is_drawn or plane.latent_dim != walks.shape[2]:
            self.overlay.clear()
            return
        chosen = self.view.board.chosen
        way = walks[:, chosen] if chosen is not None else np.empty((0, walks.shape[2]), np.float32)
        self.overlay.set_walk(plane.project(walks[self.step]), plane.project(way))

    # One of the pictures

    @Slot(int)
    def _go_to(self, index: int) -> None:
        """Go to the code of a picture, as far as it has come, and show its walk."""
        if self.walks is None or index >= self.walks.shape[1]:
            return
        self._choose(index)
        self._lead()
        self._show()

    @Slot(int)
    def _go_to_step(self, step: int) -> None:
        if self.walks is not None:
            self.travel.go_to(step / (len(self.walks) - 1))

    @Slot()
    def _leave(self) -> None:
        """Somebody else moves the point."""
        if not self.travel.is_leading and self.view.board.chosen is not None:
            self._choose(None)

    def _choose(self, index: int | None) -> None:
        """Mark a picture."""
        self.view.board.set_chosen(index)
        if index is None:
            self._requests.forget(_STEPS)
            self.view.walk.set_pictures(None)
            is_drawn = self.walks is not None
            self.view.walk.set_empty_text(tr("Click a picture: how it came about, step by step.") if is_drawn else "")
            self._draw()
