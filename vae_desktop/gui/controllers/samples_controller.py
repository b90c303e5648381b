"""Draws random codes for the model on screen, and looks what is new in what they decode to."""

import time
from functools import partial

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Slot

from vae_desktop.engine.run import Run
from vae_desktop.engine.view_requests import PlacesRequest
from vae_desktop.engine.walk_request import WalkRequest
from vae_desktop.errors import UserError
from vae_desktop.gui.controllers.image_texts import why_no_codes
from vae_desktop.gui.controllers.nearness import NearestImages
from vae_desktop.gui.controllers.sample_words import about_the_plot, reach_of_prior, where_they_lie
from vae_desktop.gui.controllers.tool_controller import ToolContext, ToolController
from vae_desktop.gui.views.tools.samples_overlay import SamplesOverlay
from vae_desktop.gui.views.tools.samples_view import SamplesView
from vae_desktop.language import sentences, tr
from vae_desktop.latent.codes import Codes, Floats, Place
from vae_desktop.latent.sampling import (
    Mixture,
    fit_mixture,
    sample_box,
    sample_mixture,
    sample_posteriors,
    sample_prior,
)
from vae_desktop.progress import Pacer
from vae_desktop.words import STEPS

_FIT = "fit a mixture"
_WALK = "walk of samples"
_PLACES = "places of samples"
_RENEW = 3.0  # seconds, at least, until codes that move are measured again


class SamplesController(ToolController[SamplesView]):
    """Keeps the sheet at what was chosen; beside a training it follows the codes, a mixture now and then.

    Attributes
    ----------
    codes : array (M, d)
        On the sheet.
    overlay : SamplesOverlay
        The crosses that stand for them in the scatter.
    """

    name = "samples"
    follow_interval = 1.0

    def __init__(self, context: ToolContext) -> None:
        view = SamplesView()
        super().__init__(view, context)
        self._nearest = NearestImages(self.name, view.nearest, self._requests)
        self.overlay = SamplesOverlay(self._scatter.plot)
        self.codes: Floats = np.empty((0, 1), np.float32)
        self._source = ""  # what is drawn from, in words
        self._places: npt.NDArray[np.int8] | None = None  # (M,) of the codes, as soon as it is known
        self._measured: tuple[Floats, Codes | None, Codes | None] | None = None  # codes, and those of real images
        self._measuring_began = 0.0
        self._mixture: Mixture | None = None
        self._fitted: tuple[int, int, int] | None = None  # components, codes and step of the mixture, or of its fit
        self._fitted_to: Codes | None = None  # which a model may have others of at the same step
        self._fit_began = 0.0
        self._walked: tuple[object, int, int] | None = None  # diffusion, count and seed of what it has drawn
        self._walk_ends: Floats | None = None
        self._is_going = False  # to a sample, because this controller wants it
        self._chosen_sources: dict[str, str] = {}  # by the person, for each kind of model
        self._fit_pacer = Pacer(self.follow_interval, fraction=0.05)
        for field in (view.components, view.temperature, view.count, view.seed):
            field.valueChanged.connect(self.refresh)
        view.source.currentIndexChanged.connect(self._choose_source)
        view.board.resized.connect(self.refresh)
        view.board.tile_chosen.connect(self._go_to)
        view.board.tile_left.connect(lambda: self._choose(None))
        view.nearest.load.clicked.connect(self.load_data)
        view.board.set_empty_text(tr("Train or open a model: random codes are decoded here."))
        self._engine.project.words_changed.connect(self._take_diffusion)
        self._point.moved.connect(self._leave_sample)
        self._scatter.plane_changed.connect(self._draw)

    def begin(self, run: Run) -> None:
        self._mixture = self._fitted = self._walked = self._measured = self._places = None
        self._engine.tasks.cancel(_FIT)
        self.view.board.set_pictures(None)
        self._choose(None)
        model = run.config.model
        first = "prior" if model.traits.is_variational else "box"  # N(0, I) is the prior of a VAE alone
        self.view.offer_diffusion(run.diffusion is not None)
        chosen = self._chosen_sources.get(model.kind, first)
        self.view.set_source(first if chosen == "diffusion" and run.diffusion is None else chosen)

    @Slot()
    def _choose_source(self) -> None:
        if self.run is not None:
            self._chosen_sources[self.run.config.model.kind] = self.view.source.currentData()
        self.refresh()

    def follow_codes(self, run: Run) -> None:
        if self.view.source.currentData() != "prior" or not self._source:
            self.refresh()
        elif self.view.is_in_sight and time.monotonic() - self._measuring_began > _RENEW:
            self._measure(run)

    def ask(self, run: Run) -> bool:
        codes = self.drawn(run)
        if codes is None:
            return False
        if self.codes.shape != codes.shape or not np.array_equal(self.codes, codes):
            self._choose(None)
            self.codes = codes
        self._ask_for_pictures(self.view.board, run, codes)
        self._measure(run)
        self._draw()
        return True

    def forget(self) -> None:
        super().forget()
        self._requests.forget(_PLACES)
        self._measured = self._places = None
        self.overlay.clear()

    def drawn(self, run: Run) -> Floats | None:
        """The codes (M, d) that are wanted; None if there are none yet, which the view then says."""
        view = self.view
        how = int(view.seed.value()), view.temperature.value()
        count, source = int(view.count.value()), view.source.currentData()
        if source == "prior":
            self._say(tr("From N(0, I)."))
            return sample_prior(count, run.config.model.latent_dim, *how)
        if source == "diffusion":
            return self._diffused(run, count, how[0])
        known = run.all_codes
        codes = np.empty((0, 1), np.float32) if known is None else sample_posteriors(known)
        if not len(codes):
            self._show_nothing(why_no_codes(run))
            return None
        if source == "box":
            self._say(tr("From the box of {count} codes.").format(count=f"{len(codes):,}"))
            return sample_box(count, codes, *how)
        self._fit_if_needed(run, codes)
        return None if self._mixture is None else sample_mixture(count, self._mixture, *how)

    def _take_diffusion(self, run: Run) -> None:
        """Offer the diffusion that the model on screen has now."""
        if run is self.run:
            self.view.offer_diffusion(run.diffusion is not None)
            self.refresh()

    def _diffused(self, run: Run, count: int, seed: int) -> Floats | None:
        """The codes that the model's diffusion draws, as soon as it has."""
        diffusion = run.diffusion
        if diffusion is None:
            self._show_nothing(tr("This model has no diffusion yet: fit one under Words."))
            return None
        wanted = diffusion, count, seed
        self._say(tr("From a diffusion fitted at step {step}.").format(step=f"{diffusion.step:,}"))
        if wanted == self._walked:
            return self._walk_ends
        self._walked, self._walk_ends = wanted, None
        request = WalkRequest(_WALK, run.id, diffusion, None, count, 1.0, STEPS, seed)
        self._requests.ask(request, self._take_walks)
        return None

    def _take_walks(self, walks: Floats) -> None:
        self._walk_ends = walks[-1]
        self.refresh()

    def _fit_if_needed(self, run: Run, codes: Floats) -> None:
        wanted = int(self.view.components.value()), len(codes), run.shown_step
        if self._fitted is not None and self._fitted[0] == wanted[0]:
            # Beside a training a fit is old as soon as it is done; it has its share of the time.
            waits = run.is_in_motion and not self._fit_pacer.is_due(time.monotonic())
            is_known = self._fitted == wanted and self._fitted_to is run.codes
            if is_known or self._engine.tasks.is_running(_FIT) or waits:
                return
        if self._mixture is None:
            self._show_nothing(tr("Fitting a mixture to {count} codes…").format(count=f"{len(codes):,}"))
        self._fitted, self._fitted_to, self._fit_began = wanted, run.codes, time.monotonic()
        self._engine.tasks.run(
            lambda _: fit_mixture(codes, wanted[0], seed=0),
            partial(self._take_mixture, wanted),
            lambda error, _: self._fit_failed(error),
            key=_FIT,
        )

    def _take_mixture(self, wanted: tuple[int, int, int], mixture: Mixture) -> None:
        self._mixture = mixture
        _, count, step = wanted
        text = tr("{components} components, fitted to {count} codes after step {step}.")
        self._say(text.format(components=len(mixture.weights), count=f"{count:,}", step=f"{step:,}"))
        self._fit_pacer.ran(self._fit_began, time.monotonic())
        self.refresh()

    def _fit_failed(self, error: Exception) -> None:
        self._mixture = None
        self._show_nothing(str(error))
        if not isinstance(error, UserError):
            raise error

    def _show_nothing(self, reason: str) -> None:
        self.forget()
        self._say(reason)
        self.view.board.set_pictures(None)
        self.view.board.set_empty_text(reason)
        self._choose(None)

    # How far they are

    @property
    def off(self) -> int:
        """How many of the codes lie off those of real images; -1 as long as nobody knows."""
        return -1 if self._places is None else int((self._places != Place.AMONG).sum())

    def _measure(self, run: Run) -> None:
        """Find out where the codes lie with respect to those of real images."""
        given = self.codes, run.codes, run.train_codes
        if self._measured is not None and all(one is other for one, other in zip(self._measured, given, strict=True)):
            return
        if self._measured is None or self._measured[0] is not self.codes:
            self._places = None
            self._say(self._source)
        self._measured, self._measuring_began = given, time.monotonic()
        real = run.all_codes
        if real is None:
            self._requests.forget(_PLACES)
        else:
            self._requests.ask(PlacesRequest(_PLACES, run.id, self.codes, real), self._take_places)

    def _take_places(self, places: npt.NDArray[np.int8]) -> None:
        if len(places) == len(self.codes):
            self._places = places
            self._say(self._source)
            self._draw()

    def _say(self, source: str) -> None:
        """Say what is drawn from and, once it is measured, where it falls."""
        self._source, run = source, self.run
        parts = [source]
        if self._places is not None and run is not None:
            parts.append(where_they_lie(self._places))
            if run.all_codes is not None and self.view.source.currentData() == "prior":
                parts.append(reach_of_prior(run.all_codes, self.view.temperature.value()))
            if (self._places != Place.AMONG).any():
                parts.append(about_the_plot(run.config.model.latent_dim))
        self.view.note.setText(sentences(*parts))

    @Slot()
    def _draw(self) -> None:
        """Show where the codes lie in the plane of the scatter, while the view is in sight; t-SNE has no place."""
        plane = self._scatter.plane
        if not self.view.is_in_sight or self._scatter.has_layout or plane.latent_dim != self.codes.shape[1]:
            self.overlay.clear()
        else:
            off = None if self._places is None else self._places != Place.AMONG
            self.overlay.set_samples(plane.project(self.codes), off)

    # One sample

    @Slot(int)
    def _go_to(self, index: int) -> None:
        if self.run is None or index >= len(self.codes):
            return
        self._is_going = True
        self._point.move_to(self.codes[index])
        self._is_going = False
        self._choose(index)

    @Slot()
    def _leave_sample(self) -> None:
        if not self._is_going and self.view.board.chosen is not None:
            self._choose(None)

    def _choose(self, index: int | None) -> None:
        """Mark a sample and look for what it resembles."""
        self.view.board.set_chosen(index)
        if index is None or self.run is None:
            self._nearest.forget(tr("Click a sample: is there a real image like it?"))
        else:
            self._nearest.look_for(self.run, self.dataset, self.codes[index])
