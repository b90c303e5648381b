"""Draws random codes for the model on screen, and looks what is new in what they decode to."""

import time
from functools import partial

import numpy as np
from PySide6.QtCore import Slot

from vae_desktop.engine.processor import Pacer
from vae_desktop.engine.run import Run
from vae_desktop.errors import UserError
from vae_desktop.gui.controllers.nearness import NearestImages
from vae_desktop.gui.controllers.tool_controller import ToolContext, ToolController
from vae_desktop.gui.views.tools.samples_view import SamplesView
from vae_desktop.latent.codes import Floats
from vae_desktop.latent.sampling import (
    Mixture,
    fit_mixture,
    sample_box,
    sample_mixture,
    sample_posteriors,
    sample_prior,
)

_FIT = "fit a mixture"


class SamplesController(ToolController[SamplesView]):
    """Keeps the sheet at what was chosen; beside a training it follows the codes, a mixture now and then."""

    name = "samples"
    follow_interval = 1.0

    def __init__(self, context: ToolContext) -> None:
        view = SamplesView()
        super().__init__(view, context)
        self._nearest = NearestImages(self.name, view.nearest, self._requests)
        self.codes: Floats = np.empty((0, 1), np.float32)  # (M, d), on the sheet
        self._mixture: Mixture | None = None
        self._fitted: tuple[int, int, int] | None = None  # components, codes and step of the mixture, or of its fit
        self._fit_began = 0.0
        self._is_going = False  # to a sample, because this controller wants it
        self._fit_pacer = Pacer(self.follow_interval, fraction=0.05)
        for field in (view.components, view.temperature, view.count, view.seed):
            field.valueChanged.connect(self.refresh)
        view.source.currentIndexChanged.connect(self.refresh)
        view.board.resized.connect(self.refresh)
        view.board.tile_chosen.connect(self._go_to)
        view.nearest.load.clicked.connect(self.load_data)
        view.board.set_empty_text(self.tr("Train or open a model: random codes are decoded here."))
        self._point.moved.connect(self._leave_sample)

    def begin(self, run: Run) -> None:
        self._mixture = self._fitted = None
        self._engine.tasks.cancel(_FIT)
        self.view.board.set_pictures(None)
        self._choose(None)

    def follow_codes(self, run: Run) -> None:
        if self.view.source.currentData() != "prior" or not self.view.note.text():
            self.refresh()

    def ask(self, run: Run) -> bool:
        codes = self._drawn(run)
        if codes is None:
            return False
        if self.codes.shape != codes.shape or not np.array_equal(self.codes, codes):
            self._choose(None)
        self.codes = codes
        self._ask_for_pictures(self.view.board, run, codes)
        return True

    def _drawn(self, run: Run) -> Floats | None:
        """The codes (M, d) that are wanted; None if there are none yet, which the view then says."""
        view = self.view
        how = int(view.seed.value()), view.temperature.value()
        count, source = int(view.count.value()), view.source.currentData()
        if source == "prior":
            has_prior = run.config.kl_weight > 0
            warning = self.tr("Without a KL divergence the codes are not drawn towards N(0, I): expect holes.")
            view.note.setText(self.tr("The prior of a VAE.") if has_prior else warning)
            return sample_prior(count, run.config.model.latent_dim, *how)
        known = run.all_codes
        codes = np.empty((0, 1), np.float32) if known is None else sample_posteriors(known)
        if not len(codes):
            self._show_nothing(self.tr("There are no codes yet: train, or open a model."))
            return None
        if source == "box":
            view.note.setText(self.tr("The box of {count} codes.").format(count=f"{len(codes):,}"))
            return sample_box(count, codes, *how)
        self._fit_if_needed(run, codes)
        return None if self._mixture is None else sample_mixture(count, self._mixture, *how)

    def _fit_if_needed(self, run: Run, codes: Floats) -> None:
        wanted = int(self.view.components.value()), len(codes), len(run.history.training)
        if self._fitted is not None and self._fitted[0] == wanted[0]:
            # Beside a training a fit is old as soon as it is done; it has its share of the time.
            waits = run.status == "training" and not self._fit_pacer.is_due(time.monotonic())
            if self._fitted == wanted or self._engine.tasks.is_running(_FIT) or waits:
                return
        if self._mixture is None:
            self._show_nothing(self.tr("Fitting a mixture to {count} codes…").format(count=f"{len(codes):,}"))
        self._fitted, self._fit_began = wanted, time.monotonic()
        self._engine.tasks.run(
            lambda _: fit_mixture(codes, wanted[0], seed=0),
            partial(self._take_mixture, wanted),
            lambda error, _: self._fit_failed(error),
            key=_FIT,
        )

    def _take_mixture(self, wanted: tuple[int, int, int], mixture: Mixture) -> None:
        self._mixture = mixture
        _, count, step = wanted
        self.view.note.setText(
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
        self.forget()
        self.view.note.setText(reason)
        self.view.board.set_pictures(None)
        self.view.board.set_empty_text(reason)
        self._choose(None)

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
            self._nearest.forget(self.tr("Click a sample: is there a real image like it?"))
        else:
            self._nearest.look_for(self.run, self.dataset, self.codes[index])
