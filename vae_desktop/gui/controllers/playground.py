"""The model on screen: its latent space, the picture and the sliders of the current point, and the decoded grid."""

import time
from functools import partial

import numpy as np
from PySide6.QtCore import QObject, QTimer, Slot

from vae_desktop.engine.engine import Engine
from vae_desktop.engine.inference import Decoded
from vae_desktop.engine.run import Run
from vae_desktop.gui.controllers.latent_point import LatentPoint, PointPanelController
from vae_desktop.gui.controllers.latent_space import LatentSpaceController
from vae_desktop.gui.controllers.tsne_layout import TsneController
from vae_desktop.gui.views.point.latent_panel import LatentPanel
from vae_desktop.gui.views.point.slider_groove import FRAME
from vae_desktop.gui.views.stage.stage import Stage
from vae_desktop.language import tr
from vae_desktop.latent.codes import Floats
from vae_desktop.latent.grid import coarse_first
from vae_desktop.latent.posteriors import ACTIVE, kl_by_dimension
from vae_desktop.progress import Pacer
from vae_desktop.training.causes import why_collapsed

_PANEL_INTERVAL = 0.5  # seconds; order and ranges that change more often cannot be read
_RESTS = 80  # ms after which a playhead counts as at rest


class PlaygroundController(QObject):
    """Keeps scatter, sliders and grid at one model, in one plane and at one point."""

    def __init__(self, stage: Stage, panel: LatentPanel, point: LatentPoint, engine: Engine) -> None:
        super().__init__(stage)
        self.space = LatentSpaceController(stage.scatter, point, engine)
        self._layout = TsneController(self.space, engine)
        self._stage = stage
        self._scatter, self._manifold, self._tools = stage.scatter, stage.manifold, stage.scatter.tools
        self._panel, self._sliders = panel, panel.sliders
        self._point = point
        self._engine = engine
        self._requests = engine.inference
        self._traversals: dict[str, int] = {}  # the dimension of each strip that is asked for, by the request's name
        self._panel_pacer = Pacer(_PANEL_INTERVAL, fraction=0.03)
        self._later = QTimer(self, singleShot=True, interval=_RESTS)
        self._later.timeout.connect(self._show_panel)
        self._is_in_sight = True
        engine.project.shown_changed.connect(self._show_run)
        engine.project.codes_changed.connect(self._move_codes)
        engine.datasets.loaded.connect(self._show_originals)
        engine.datasets.spectrum_found.connect(self._explain_collapse)
        engine.training_image_codes.progressed.connect(self._show_embedding)
        engine.inference.decoded.connect(self._show_picture)
        point.seen.connect(self._decode)  # before anything is painted
        self.point_panel = PointPanelController(panel, point)
        point.moved.connect(self._follow_point)
        self.space.point_followed.connect(self._follow_across_plane)
        self.space.plane_changed.connect(self._show_plane)
        self._scatter.image_hovered.connect(self._peek_at_image)
        self._scatter.hover_ended.connect(point.put_back)
        self._tools.projection_chosen.connect(self._change_projection)
        self._tools.axes_chosen.connect(self._change_projection)
        self._tools.training_images_wanted.connect(engine.training_image_codes.set_wanted)
        self._manifold.position_pointed.connect(self.space.go_to_position)
        self._manifold.grid_changed.connect(self._show_plane)
        self._manifold.board.resized.connect(self._ask_grid)
        stage.views_changed.connect(self._ask_all_in_plane)
        self._sliders.traversals_outdated.connect(self.ask_traversals)

    # The model on screen

    def _show_run(self, run: Run) -> None:
        """Begin with another model."""
        latent_dim, codes = run.config.model.latent_dim, run.codes
        self._suspend()  # until all views are of this model
        self._layout.end()
        self._tools.set_latent_dim(latent_dim)
        self._tools.set_projection("axes")
        self._tools.set_has_posteriors(run.config.model.traits.is_variational)
        if latent_dim > 2 and codes is not None and codes.log_stddev is not None and codes.are_finite:
            self._tools.set_axes(np.sort(np.argsort(-kl_by_dimension(codes), kind="stable")[:2]).tolist())
        self.space.show_run(run, "axes", self._tools.axes)
        self._manifold.set_plane(self.space.plane, self._spans())
        self._manifold.board.set_sheet(None)
        self._point.resize(latent_dim)
        if codes is not None and codes.are_finite and _is_far(self._point.code, codes.mean):
            self._point.move_to(np.zeros_like(self._point.code))  # another model's point would be nowhere in this one
        self._show_can_embed(run)
        self._show_subtitle(run)
        if self._is_in_sight:
            self._resume()

    def leave_sight(self) -> None:
        """Ask for nothing until :meth:`come_into_sight`; the sliders are for another cursor."""
        self._is_in_sight = False
        self._suspend()

    def come_into_sight(self) -> None:
        """Catch up with the model on screen."""
        self._is_in_sight = True
        if self.space.run is not None:
            self._move_codes(self.space.run)
        self._resume()

    def _resume(self) -> None:
        """Show the point in the sliders, and ask for what the views show."""
        self.point_panel.follow(self._point)
        run = self.space.run
        self._explain_collapse()
        if run is not None and run.codes is not None:
            self.point_panel.show_codes(run.codes, is_new=True)
        self.space.resume()
        self._show_plane()
        self.ask_traversals()

    def _suspend(self) -> None:
        self.space.suspend()
        for view in (*self._traversals, "grid"):
            self._requests.forget(view)
        self._traversals.clear()

    def _explain_collapse(self) -> None:
        """Say why dimensions of the model on screen have collapsed, as far as it is known by now."""
        run = self.space.run
        if run is None or not self._is_in_sight:
            return
        dataset = self._engine.datasets.held(run.config.dataset, run.images)
        spectrum = dataset.spectrum if dataset is not None and dataset.has_spectrum else None
        known = run.shown_config, spectrum, run.shown_history, run.steps_per_epoch
        variances = [0.0] if run.codes is None else np.ascontiguousarray(run.codes.mean.T, np.float64).var(1)
        largest = max((value for value in variances if value <= ACTIVE), default=0.0)
        self._sliders.set_reasons(*(why_collapsed(*known, are_all, largest) for are_all in (False, True)))

    def _move_codes(self, run: Run) -> None:
        """Follow the codes of the model on screen; a moment of its past may have none."""
        if run is not self.space.run or run.awaits_codes or not self._is_in_sight:
            return
        is_first = self._scatter.drawn is None
        has_turned = self.space.move_codes()
        if self.space.projection == "tsne":
            self._layout.describe()
        if self._point.is_peeking and self._scatter.hover.index is not None:
            self._peek_at_image(self._scatter.hover.index)
        is_past = run.moment is not None
        if is_first or self._panel_pacer.is_due(time.monotonic()) or not (run.is_in_motion or is_past):
            self._show_panel(is_first, has_turned)
        elif is_past:  # no others need come after these
            self._later.start()
        self._show_subtitle(run)

    @Slot()
    def _show_panel(self, is_first: bool = False, has_turned: bool = False) -> None:
        """Show in the sliders, and around the scatter, what the codes on screen say."""
        run, began = self.space.run, time.monotonic()
        if run is None or run.codes is None or not self._is_in_sight:
            return
        self._explain_collapse()
        self.point_panel.show_codes(run.codes, is_new=is_first)
        self._show_can_embed(run)
        if self._manifold.spans_matter() and not has_turned:
            self._show_plane()
        self._panel_pacer.ran(began, time.monotonic())

    def _show_originals(self) -> None:
        """Show the images behind the codes, as far as they are at hand."""
        if self.space.run is not None:
            self.space.show_originals()
            self._show_can_embed(self.space.run)

    def _show_can_embed(self, run: Run) -> None:
        reason = tr("Load {data} to see its training images").format(data=run.config.dataset.label)
        self._tools.set_can_embed_training(reason if self.space.dataset is None else "")

    def _show_embedding(self, run: Run, done: int, total: int) -> None:
        if run is self.space.run:
            text = tr("{run} · embedding the training images, {share}")
            self._stage.subtitle.set_text(text.format(run=run.title, share=f"{done / max(total, 1):.0%}"))

    def _show_subtitle(self, run: Run) -> None:
        text = run.title if run.moment is not None else ""
        if run.codes is not None:
            text = f"{run.title} · " + tr("{count} test images").format(count=f"{len(run.codes):,}")
            if run.train_codes is not None and run.moment is None:
                count = f"{len(run.train_codes):,}"
                text = tr("{test} and {count} training images").format(test=text, count=count)
        if run.moment is not None:
            text = tr("{images} · as at step {step}").format(images=text, step=f"{run.moment.step:,}")
        self._stage.subtitle.set_text(text)

    def _show_picture(self, decoded: Decoded) -> None:
        """Show the picture of the newest point, or of the code that is peeked at."""
        if self.space.run is None or decoded.run_id != self.space.run.id:
            return
        self._panel.image.set_picture(decoded.picture)
        if self._point.is_peeking and decoded.request_id == self._requests.last_request:
            self._scatter.hover.show_reconstruction(decoded.picture)

    # The current point

    @Slot(object)
    def _decode(self, code: Floats) -> None:
        if self.space.run is not None:
            self._requests.decode(self.space.run.id, code)

    @Slot(object)
    def _follow_point(self, code: Floats) -> None:
        if np.any(code):
            self._scatter.end_invitation()
        self._manifold.set_position(self.space.plane.project(code[None])[0])

    @Slot()
    def _follow_across_plane(self) -> None:
        """The point has moved, and with it what is drawn along other directions."""
        self.ask_traversals()
        if self.space.plane.latent_dim > len(self.space.plane.basis):
            self._ask_grid()

    @Slot(int)
    def _peek_at_image(self, image: int) -> None:
        codes = self._scatter.drawn
        if codes is not None and image < len(codes):
            self._point.peek_at(codes.mean[image])

    # The plane

    @Slot()
    def _change_projection(self) -> None:
        self._layout.end()
        if self._tools.projection == "tsne":
            self._layout.begin()
        else:
            self.space.set_projection(self._tools.projection, self._tools.axes)

    @Slot()
    def _show_plane(self) -> None:
        """Show the plane in the grid, and ask for its pictures."""
        self._manifold.set_plane(self.space.plane, self._spans())
        self._manifold.set_position(self.space.plane.project(self._point.code[None])[0])
        self._ask_grid()

    def _spans(self) -> list[tuple[float, float]]:
        """The ranges of the codes along the plane's directions; without codes, of the prior's middle."""
        run, plane = self.space.run, self.space.plane
        prior = [(-1.0, 1.0)] * len(plane.basis)
        if run is None or run.codes is None:
            return prior
        positions = plane.project(run.codes.mean)
        positions = positions[np.isfinite(positions).all(1)]
        if not len(positions):
            return prior
        return [_round_span(low, high) for low, high in zip(positions.min(0), positions.max(0), strict=True)]

    # What is asked for

    @Slot()
    def ask_traversals(self) -> None:
        """Ask for the latent traversals of the sliders in sight; moving a slider leaves its own as it is."""
        run = self.space.run
        if run is None or self.space.is_suspended:
            return
        wanted = {f"traversal {dimension}": dimension for dimension in self._sliders.visible_dimensions()}
        for view in self._traversals.keys() - wanted.keys():
            self._requests.forget(view)
        self._traversals = wanted
        side = round(FRAME * self._sliders.devicePixelRatioF())
        for view, dimension in wanted.items():
            values = self._sliders.frames(dimension)
            codes = np.repeat(self._point.code[None], len(values), axis=0)
            codes[:, dimension] = values
            self._requests.ask_pictures(view, run.id, codes, side, partial(self._sliders.set_traversal, dimension))

    @Slot()
    def _ask_grid(self) -> None:
        """Ask for the pictures of the grid, if it is in sight."""
        run = self.space.run
        if run is None or self.space.is_suspended or not self._manifold.isVisible():
            self._requests.forget("grid")
            return
        codes = self.space.plane.unproject(self._manifold.positions(), self._point.code)
        passes = coarse_first(*self._manifold.grid_shape())
        side, show = self._manifold.tile_side(), self._manifold.show_pictures
        self._requests.ask_pictures("grid", run.id, codes, side, show, passes)

    @Slot()
    def _ask_all_in_plane(self) -> None:
        self._ask_grid()
        self.space.ask_overlays()


def _is_far(code: Floats, means: Floats) -> bool:
    """Whether a code lies further beside the codes (N, d), in any dimension, than these reach."""
    low, high = means.min(0), means.max(0)
    return bool(((code < 2 * low - high) | (code > 2 * high - low)).any())


def _round_span(low: float, high: float) -> tuple[float, float]:
    """A range widened to steps, so that a grid over it does not tremble while codes move."""
    step = 2.0 ** np.floor(np.log2(max(high - low, 0.5))) / 8
    start = float(np.floor(low / step) * step)
    return start, max(float(np.ceil(high / step) * step), start + float(step))
