"""What the lab sees: reads off the window's state the facts that its checks look at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget

from vae_desktop.config import RunConfig
from vae_desktop.engine.engine import Engine
from vae_desktop.engine.run import Run
from vae_desktop.gui.controllers.lab_words import WordsSight
from vae_desktop.gui.controllers.latent_point import LatentPoint
from vae_desktop.gui.controllers.nearness import CodeDistances
from vae_desktop.gui.controllers.path_controller import PathController
from vae_desktop.gui.controllers.tools import Tools
from vae_desktop.gui.controllers.workspaces import WorkspacesController
from vae_desktop.gui.views.stage.scatter_overlays import FIRST_EDGE
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.lab.seen import CodedImage, Model, Noise, Normals, Samples, Seen, Stretch
from vae_desktop.latent.codes import Floats, Picture
from vae_desktop.training.history import Evaluation, History

if TYPE_CHECKING:
    from vae_desktop.latent.one_image import Restored
    from vae_desktop.training.timeline import Frame


class Sight:
    """Looks at a window and the engine behind it; changes nothing."""

    def __init__(
        self, window: MainWindow, engine: Engine, workspaces: WorkspacesController, point: LatentPoint
    ) -> None:
        self._window, self._engine, self._workspaces, self._point = window, engine, workspaces, point
        self._words = WordsSight(engine)
        self._distances = CodeDistances("lab", engine.inference, lambda: None)
        self._rested_at: tuple[Floats, Frame | None] | None = None  # the point, and the moment shown
        self._measured: tuple[object, Floats, Floats] | None = None  # model, point and codes of the distance

    def look(self) -> Seen:
        """The window as it is now."""
        project, tools = self._engine.project, self._workspaces.tools
        shown, compared = project.shown, project.compared
        self._measure_distance(shown)
        models = {run.id: self._model(run) for run in project.runs.values()}
        seen = Seen(
            workspace=self._window.workspace,
            tool=self._tool(),
            model=None if shown is None else models.get(shown.id),
            compared=() if compared is None else tuple(models[run.id] for run in compared.runs if run.id in models),
            runs=tuple(models.values()),
            is_training=any(run.status == "training" for run in project.active),
            code=None if shown is None else self._point.code,
            steers=self._point.steers,
            jumps=self._point.jumps,
            distance=self._distance(),
            picture=self._window.panel.image.picture,
            overlays=self._window.stage.scatter.tools.overlays,
            shows_grid=self._window.stage.views in ("grid", "both"),
            shows_formulas=self._window.stage.views == "formulas",
            normals=self._normals(),
            compared_points=self._window.comparison.points,
            has_common_scale=self._window.comparison.common_scale.isChecked(),
        )
        if tools is None:
            return seen
        if shown is not None:
            asked = self._words.asked(shown, tools.words)
            seen = replace(seen, asked=asked, beside=self._engine.pixels.of(shown))
        return _with_tools(seen, tools)

    def _normals(self) -> Normals | None:
        """The window of two normal distributions, while it is open."""
        controller = self._window.controller.normals
        view = None if controller is None else controller.view
        if view is None or not view.isVisible():
            return None
        slips, (p, q) = view.slips, view.normals
        right, wrong = slips.numbers or (None, None)
        return Normals(tuple(p), tuple(q), view.divergence, slips.chosen, right, wrong, slips.shares)

    def _model(self, run: Run) -> Model:
        facts = model_of(run, self._engine.datasets.of(run) is not None)
        return replace(facts, trains=run in self._engine.project.active, diffusion=self._words.fitted(run))

    def _measure_distance(self, run: Run | None) -> None:
        """Have it measured how far the point is from the nearest code, once it and the playhead rest."""
        code, moment = self._point.code, None if run is None else run.moment
        is_at_rest = self._rested_at is not None and self._rested_at[0] is code and self._rested_at[1] is moment
        self._rested_at = code, moment
        if run is None or not is_at_rest or run.all_codes is None:
            return
        wanted = run.id, code, run.all_codes.mean
        if self._measured is None or any(one is not other for one, other in zip(wanted, self._measured, strict=True)):
            self._measured = wanted
            self._distances.measure(run, code[None])

    def _distance(self) -> float | None:
        distances, median = self._distances.distances, self._distances.median
        if distances is None or not median or self._measured is None or self._measured[1] is not self._point.code:
            return None
        return float(distances[0]) / median

    def _tool(self) -> str:
        for dock in self._window.findChildren(QDockWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
            name = dock.objectName()
            if name not in ("setupDock", "latentPointDock") and not dock.visibleRegion().isEmpty():
                return name.removesuffix("Dock")
        return ""


def model_of(run: Run, has_images: bool = True) -> Model:
    """The facts of one model."""
    judged = run.shown_evaluation
    step = run.shown_step
    return Model(
        run.config,
        step,
        int(np.prod(run.image_shape)),
        run.codes,
        {} if judged is None else _losses(judged),
        run.measures if run.measured_step == step else {},
        run.shown_config.training.beta,
        has_images=has_images,
        number=run.id,
        stretches=stretches_of(run.history, run.config),
        balance=None if run.newest_step is None else run.newest_step.balance,
    )


def stretches_of(history: History, config: RunConfig) -> tuple[Stretch, ...]:
    """The parts of a training, from one change of β to the next."""
    changes = [change for change in history.changes if change.name == "beta"]
    first = history.evaluations[0].kl_weight(config) if history.evaluations else config.kl_weight
    starts = [0, *(change.step for change in changes)]
    betas = [first, *(change.value for change in changes)]
    ends = [*starts[1:], len(history.training)]
    found = []
    for start, end, beta in zip(starts, ends, betas, strict=True):
        judged = next((each for each in reversed(history.evaluations) if start < each.step <= end), None)
        losses = None if judged is None or judged.kl is None else (judged.reconstruction, judged.kl)
        found.append(Stretch(beta, end - start, losses))
    return tuple(found)


def _losses(judged: Evaluation) -> dict[str, float]:
    known = {"total": judged.total, "reconstruction": judged.reconstruction, "kl": judged.kl}
    return {name: value for name, value in known.items() if value is not None}


def _steps_off(path: PathController) -> npt.NDArray[np.bool_] | None:
    levels = path.distances.levels()
    return None if path.path is None or not len(levels) else levels >= FIRST_EDGE


def _with_tools(seen: Seen, tools: Tools) -> Seen:
    drawing, samples = tools.drawing, tools.samples
    image = None
    if drawing.coded is not None:
        codes, loss, samples_of_it = drawing.coded.codes, drawing.coded.loss, drawing.coded.samples
        image = CodedImage(
            is_own=drawing.at_hand is None,
            mean=codes.mean[0],
            sigma=None if codes.log_stddev is None else np.exp(codes.log_stddev[0]),
            error=None if loss is None else loss.reconstruction,
            kl=None if loss is None else loss.kl,
            draws=drawing.draws,
            picture=drawing.coded.reconstruction,
            apart=None if samples_of_it is None else _apart(samples_of_it[0], drawing.coded.reconstruction),
        )
    return replace(
        seen,
        image=image,
        samples=Samples(samples.view.source.currentData(), len(samples.codes), samples.off),
        noise=None if tools.denoising.restored is None else _noise(*tools.denoising.restored),
        path_fraction=tools.path.travel.fraction,
        anchor_classes=tools.path.anchor_classes,
        steps_off=_steps_off(tools.path),
    )


def _apart(one: Picture, other: Picture) -> float:
    """Squared error of two pictures, summed over pixels from 0 to 1."""
    return float(np.square((one.astype(np.float64) - other) / 255).sum())


def _noise(strength: float, restored: Restored) -> Noise:
    return Noise(strength, restored.noisy_error, restored.restored_error, restored.reconstruction_error)
