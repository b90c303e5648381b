"""Draws random codes for the model on screen, and looks what is new in what they decode to."""

import time
from functools import partial

import numpy as np
from PySide6.QtCore import Slot

from vae_desktop.engine.engine import Engine
from vae_desktop.engine.inference import InferenceThread
from vae_desktop.engine.pacing import Pacer
from vae_desktop.engine.run import Run
from vae_desktop.engine.view_requests import SheetRequest
from vae_desktop.errors import UserError
from vae_desktop.gui.controllers.latent_point import LatentPoint
from vae_desktop.gui.controllers.neighbours import Neighbours
from vae_desktop.gui.controllers.tool import Tool
from vae_desktop.gui.views.tools.samples_view import SamplesView
from vae_desktop.latent.codes import Floats
from vae_desktop.latent.mixture import Mixture, fit_mixture
from vae_desktop.latent.sampling import sample_box, sample_mixture, sample_posteriors, sample_prior

_SHEET = "samples"
_FOLLOW = 1.0  # seconds between two looks at codes that move


class Sampler(Tool):
    """Keeps the sheet at what was chosen; beside a training it follows the codes, a mixture now and then."""

    def __init__(self, view: SamplesView, session: Engine, point: LatentPoint, requests: InferenceThread) -> None:
        super().__init__(view, session, point, requests)
        self._view = view
        self._neighbours = Neighbours(_SHEET, view.nearest, requests)
        self._codes: Floats = np.empty((0, 1), np.float32)
        self._mixture: Mixture | None = None
        self._fitted: tuple[int, int, int] | None = None  # components, codes and step of the mixture, or of its fit
        self._fit_began = 0.0
        self._is_going = False  # to a sample, by our own wish
        self._pacer, self._fit_pacer = Pacer(_FOLLOW, share=0.1), Pacer(_FOLLOW, share=0.05)
        view.way_changed.connect(self.refresh)
        view.tile_chosen.connect(self._go_to)
        view.nearest.data_wanted.connect(self.load_data)
        view.board.set_empty_text(self.tr("Train or open a model: random codes are decoded here."))
        point.moved.connect(self._leave_sample)

    def begin(self) -> None:
        self._mixture = self._fitted = None
        self._session.tasks.cancel("mixture")
        self._view.board.set_pictures(None)
        self._choose(None)

    def move_codes(self, run: Run) -> None:
        if self._view.way.currentData() == "prior" and self._view.note():
            return
        now = time.monotonic()
        if run.status != "training" or self._pacer.is_due(now):
            self.refresh()
            self._pacer.ran(now, time.monotonic())

    @Slot()
    def refresh(self) -> None:
        run = self.run
        if run is None or not self.is_in_sight:
            self._requests.forget(_SHEET)
            return
        codes = self._drawn(run)
        if codes is None:
            return
        board = self._view.board
        if self._codes.shape != codes.shape or not np.array_equal(self._codes, codes):
            self._choose(None)
        self._codes = codes
        board.set_tiles(len(codes), run.image_shape[1:])
        self._requests.ask(SheetRequest(_SHEET, run.id, codes, board.tile_side()), board.set_pictures)

    def _drawn(self, run: Run) -> Floats | None:
        """The codes (M, d) that are wanted; None if there are none yet, which the view then says."""
        view = self._view
        how = view.seed.value(), view.temperature.value()
        count, way = view.count.value(), view.way.currentData()
        if way == "prior":
            has_prior = run.config.kl_weight > 0
            warning = self.tr("Without a KL divergence the codes are not drawn towards N(0, I): expect holes.")
            view.set_note(self.tr("The prior of a VAE.") if has_prior else warning)
            return sample_prior(count, run.config.model.latent_dim, *how)
        known = run.all_codes
        codes = np.empty((0, 1), np.float32) if known is None else sample_posteriors(known)
        if not len(codes):
            self._show_nothing(self.tr("There are no codes yet: train, or open a model."))
            return None
        if way == "box":
            view.set_note(self.tr("The box of {count} codes.").format(count=f"{len(codes):,}"))
            return sample_box(count, codes, *how)
        self._fit_if_needed(run, codes)
        if self._mixture is None:
            return None
        return sample_mixture(count, self._mixture, *how)

    def _fit_if_needed(self, run: Run, codes: Floats) -> None:
        wanted = self._view.components.value(), len(codes), len(run.history.training)
        if self._fitted is not None and self._fitted[0] == wanted[0]:
            # Beside a training a fit is old as soon as it is done; it has its share of the time.
            waits = run.status == "training" and not self._fit_pacer.is_due(time.monotonic())
            if self._fitted == wanted or self._session.tasks.is_running("mixture") or waits:
                return
        if self._mixture is None:
            self._show_nothing(self.tr("Fitting a mixture to {count} codes…").format(count=f"{len(codes):,}"))
        self._fitted, self._fit_began = wanted, time.monotonic()
        self._session.tasks.run(
            lambda _: fit_mixture(codes, wanted[0], seed=0),
            partial(self._take_mixture, run, wanted),
            lambda error, _: self._fit_failed(error),
            key="mixture",
        )

    def _take_mixture(self, run: Run, wanted: tuple[int, int, int], mixture: Mixture) -> None:
        if run is not self.run:
            return
        self._mixture = mixture
        _, count, step = wanted
        self._view.set_note(
            self.tr("{components} components, fitted to {count} codes after step {step}.").format(
                components=len(mixture.weights), count=f"{count:,}", step=f"{step:,}"
            )
        )
        self._fit_pacer.ran(self._fit_began, time.monotonic())
        self.refresh()

    def _fit_failed(self, error: Exception) -> None:
        self._mixture = None
        self._show_nothing(str(error))
        if not isinstance(error, UserError):
            raise error

    def _show_nothing(self, reason: str) -> None:
        self._requests.forget(_SHEET)
        self._view.set_note(reason)
        self._view.board.set_pictures(None)
        self._view.board.set_empty_text(reason)
        self._choose(None)

    # One sample

    @Slot(int)
    def _go_to(self, index: int) -> None:
        if self.run is None or index >= len(self._codes):
            return
        self._is_going = True
        self._point.move_to(self._codes[index])
        self._is_going = False
        self._choose(index)

    @Slot()
    def _leave_sample(self) -> None:
        if not self._is_going and self._view.board.chosen is not None:
            self._choose(None)

    def _choose(self, index: int | None) -> None:
        """Mark a sample and look for what it resembles."""
        self._view.board.set_chosen(index)
        if index is None or self.run is None:
            self._neighbours.forget(self.tr("Click a sample: is there a real image like it?"))
            return
        self._neighbours.look_for(self.run, self.dataset, self._codes[index])
