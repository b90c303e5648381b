"""What is explored of the model on screen: the plane, and what its views need decoded at the current point."""

import os
import time
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QObject, Slot

from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.engine import Engine
from vae_desktop.engine.inference import Decoded
from vae_desktop.engine.pacing import Pacer
from vae_desktop.engine.run import Run
from vae_desktop.engine.tasks import Task
from vae_desktop.errors import UserError
from vae_desktop.gui.controllers.latent_point import LatentPoint
from vae_desktop.gui.controllers.view_feeds import ViewFeeds
from vae_desktop.gui.views.point.latent_panel import LatentPanel
from vae_desktop.gui.views.stage.stage import Stage
from vae_desktop.latent.codes import Codes, Floats, Picture
from vae_desktop.latent.plane import Plane, axis_plane, followed_plane, principal_plane
from vae_desktop.latent.posteriors import kl_by_dimension
from vae_desktop.training.causes import why_collapsed

_PANEL_INTERVAL = 0.5  # seconds; order and ranges that change more often cannot be read


class Explorer(QObject):
    """Keeps scatter, sliders and grid in one plane and at one point, and asks the session for what they show."""

    def __init__(
        self, stage: Stage, panel: LatentPanel, point: LatentPoint, session: Engine
    ) -> None:
        super().__init__(stage)
        self._scatter, self._manifold, self._tools = stage.scatter, stage.manifold, stage.scatter.tools
        self._panel = panel
        self._point = point
        self._session = session
        self._plane: Plane = axis_plane((0, 1), 2)
        self._layout_step = -1  # of the model whose codes are laid out
        self.feeds = ViewFeeds(stage, panel.sliders, point, session, session.inference)
        self._panel_pacer = Pacer(_PANEL_INTERVAL, fraction=0.03)
        self._connect()

    # What the session says of the run on screen

    def show_run(self, run: Run) -> None:
        """Begin with another model."""
        latent_dim = run.config.model.latent_dim
        self.feeds.suspend()  # until all views are of this model
        self._point.drop_peek()
        self._end_layout()
        self._tools.set_latent_dim(latent_dim)
        self._tools.set_has_posteriors(run.config.model.traits.is_variational)
        self._tools.set_projection("axes")
        self._tools.note.set_text("")
        codes = run.codes
        if latent_dim > 2 and codes is not None and codes.log_stddev is not None and codes.are_finite:
            self._tools.set_axes(np.sort(np.argsort(-kl_by_dimension(codes), kind="stable")[:2]).tolist())
        self._plane = self._chosen_plane(latent_dim, None)
        self._scatter.hover.set_test_count(None if codes is None else len(codes))
        self._scatter.set_model(run.all_codes, run.class_names, self._plane)
        self._manifold.set_plane(self._plane, self._spans())
        self._panel.set_latent_dim(latent_dim)
        self._panel.sliders.clear_films()
        self._manifold.board.set_sheet(None)
        self._point.resize(latent_dim)
        self.explain_collapse(run)
        if codes is not None:
            self._panel.set_codes(codes, is_new=True)
        self._show_in_grid()

    def explain_collapse(self, run: Run) -> None:
        """Say why dimensions of the model on screen have collapsed, as far as it is known by now."""
        dataset = self._session.datasets.held(run.config.dataset)
        spectrum = dataset.spectrum if dataset is not None and dataset.has_spectrum else None
        known = run.config, spectrum, run.history, run.steps_per_epoch
        self._panel.sliders.set_reasons(*(why_collapsed(*known, are_all) for are_all in (False, True)))

    def move_codes(self, run: Run) -> None:
        """Follow the codes of the model on screen."""
        codes = run.all_codes
        if codes is None or run.codes is None:
            return
        is_first = self._scatter.drawn is None
        has_turned = self._tools.projection == "pca" and self._turn_plane(run)
        self._scatter.hover.set_test_count(len(run.codes))
        self._scatter.set_codes(codes, self._plane if has_turned else None)
        if self._tools.projection == "tsne":
            self._describe_layout(run)
        if self._point.is_peeking and self._scatter.hover.index is not None:
            self._peek_at_image(self._scatter.hover.index)
        now = time.monotonic()
        if is_first or run.status != "training" or self._panel_pacer.is_due(now):
            self.explain_collapse(run)
            self._panel.set_codes(run.codes, is_new=is_first)
            self._panel_pacer.ran(now, time.monotonic())
            if self._manifold.spans_matter() and not has_turned:
                self._show_in_grid(with_fields=False)
        if has_turned:
            self._show_in_grid()
        self.feeds.follow_codes(run)

    def come_into_sight(self) -> None:
        """Ask for what the views show, after they were out of sight."""
        self._show_in_grid()
        self.feeds.ask_films()

    def show_originals(self, run: Run, dataset: Dataset | None) -> None:
        """Show the images behind the codes, as far as they are at hand."""
        is_there = dataset is not None and run.codes is not None and len(dataset.test) == len(run.codes)
        self._scatter.set_originals(
            _Originals(dataset) if is_there else (),
            self.tr("Load {data} to see the originals").format(data=run.config.dataset.label),
        )
        is_same = is_there and dataset.image_shape == run.image_shape
        reason = self.tr("Load {data} to see its training images").format(data=run.config.dataset.label)
        self._tools.set_can_embed_training("" if is_same else reason)

    def show_picture(self, decoded: Decoded) -> None:
        """Show the picture of the newest point, or of the code that is peeked at."""
        self._panel.image.set_picture(decoded.picture)
        if self._point.is_peeking and decoded.request_id == self._session.inference.last_request:
            self._scatter.hover.show_reconstruction(decoded.picture)

    # The current point

    @Slot(object)
    def _decode(self, code: Floats) -> None:
        if self._session.project.shown is not None:
            self._session.inference.decode(self._session.project.shown.id, code)

    @Slot(object)
    def _follow_point(self, code: Floats) -> None:
        """The point has moved; what is drawn along other directions has changed with it."""
        if np.any(code):
            self._scatter.end_invitation()
        self._scatter.set_point(code)
        self._manifold.set_place(self._plane.project(code[None])[0])
        self.feeds.follow_point()
        self._show_can_reset()

    @Slot(object)
    def _show_locks(self, locked: frozenset[int]) -> None:
        self._panel.sliders.set_locked(locked)
        self._show_can_reset()

    def _show_can_reset(self) -> None:
        code = self._point.code
        free = [dimension for dimension in range(len(code)) if dimension not in self._point.locked]
        self._panel.set_can_reset(bool(np.any(code[free] != 0)))

    @Slot(object)
    def _go_to_place(self, place: Floats) -> None:
        self._scatter.set_chosen(None)
        self._point.move_to(self._plane.unproject(place[None], self._point.code)[0])

    @Slot(int)
    def _go_to_image(self, image: int) -> None:
        codes = self._scatter.drawn
        if codes is not None and image < len(codes):
            self._point.move_to(codes.mean[image])
            self._scatter.set_chosen(image)
            if self._tools.projection == "tsne":
                self._tools.note.set_text(
                    self.tr("at image {number}, the nearest code: t-SNE has no inverse").format(number=f"{image:,}")
                )

    @Slot(int)
    def _peek_at_image(self, image: int) -> None:
        codes = self._scatter.drawn
        if codes is not None and image < len(codes):
            self._point.peek_at(codes.mean[image])

    @Slot(int, float)
    def _set_coordinate(self, dimension: int, value: float) -> None:
        self._point.set_coordinate(dimension, value)

    @Slot()
    def _reset_point(self) -> None:
        self._point.move_to(np.zeros_like(self._point.code))

    @Slot(float)
    def _randomise_point(self, temperature: float) -> None:
        self._point.move_to(temperature * np.random.default_rng().standard_normal(len(self._point.code)))

    # The plane

    def _chosen_plane(self, latent_dim: int, codes: Codes | None) -> Plane:
        if latent_dim == 1:
            return axis_plane((0,), 1)
        if self._tools.projection == "pca" and codes is not None:
            return principal_plane(codes.mean)
        return axis_plane(self._tools.axes, latent_dim)

    def _turn_plane(self, run: Run) -> bool:
        """Follow the principal components of codes that have moved, once these lie clearly outside the plane."""
        is_training = run.status == "training"
        plane = (followed_plane if is_training else principal_plane)(run.codes.mean, self._plane)
        has_turned = plane is not self._plane
        self._plane = plane
        return has_turned

    @Slot()
    def _change_plane(self) -> None:
        run = self._session.project.shown
        self._end_layout()
        self._tools.note.set_text("")
        if run is None:
            return
        if self._tools.projection == "tsne":
            self._lay_out()
            return
        self._plane = self._chosen_plane(run.config.model.latent_dim, run.codes)
        self._scatter.set_plane(self._plane)
        self._show_in_grid()

    @Slot()
    def _lay_out(self) -> None:
        """Begin t-SNE of the codes as they are now; until there is a layout, the plane stays in sight."""
        run, codes = self._session.project.shown, self._scatter.drawn
        if run is None or codes is None:
            self._tools.set_projection("axes")
            return
        self._layout_step = len(run.history.training)
        self._tools.show_progress(0, 1)
        self._tools.note.set_text(self.tr("looking for neighbours…"))
        # Beside a training one thread is all that it may have.
        threads = 1 if self._session.project.active else max(1, (os.cpu_count() or 1) - 1)

        def work(task: Task) -> Floats:
            from vae_desktop.latent.tsne import neighbour_map

            return neighbour_map(codes.mean, threads, task.progress, task.found)

        self._session.tasks.run(
            work,
            self._finish_layout,
            lambda error, _: self._layout_ended(error),
            on_progress=self._layout_progressed,
            on_part=self._show_layout,
            key="t-SNE",
        )

    def _finish_layout(self, places: Floats) -> None:
        self._show_layout(places)
        self._layout_ended(None)

    def _show_layout(self, places: Floats) -> None:
        if self._scatter.drawn is not None and len(places) == len(self._scatter.drawn):
            self._scatter.set_layout(places)

    def _layout_progressed(self, done: int, total: int) -> None:
        self._tools.show_progress(done, total)
        if done:
            self._tools.note.set_text(self.tr("t-SNE, step {done} of {total}").format(done=done, total=total))

    def _layout_ended(self, error: Exception | None) -> None:
        self._tools.end_progress(can_update=error is None)
        run = self._session.project.shown
        if error is None and run is not None:
            self._describe_layout(run)
            return
        self._tools.set_projection("axes")
        self._change_plane()
        self._tools.note.set_text(str(error) if isinstance(error, UserError) else "")
        if error is not None and not isinstance(error, UserError):
            raise error

    def _describe_layout(self, run: Run) -> None:
        if self._session.tasks.is_running("t-SNE"):
            return
        if self._scatter.has_stale_layout:
            self._tools.note.set_text(self.tr("other images than were laid out: press Update"))
        else:
            has_moved = len(run.history.training) != self._layout_step
            self._tools.note.set_text(
                self.tr("codes after step {step}; they have moved since").format(step=f"{self._layout_step:,}")
                if has_moved
                else self.tr("neighbourhoods, without a scale")
            )

    @Slot()
    def _cancel_layout(self) -> None:
        has_places = self._scatter.has_layout
        self._end_layout()
        if has_places:
            self._tools.end_progress(can_update=True)
            self._tools.note.set_text(self.tr("t-SNE, ended before it was done"))
        else:
            self._tools.set_projection("axes")
            self._change_plane()

    def _end_layout(self) -> None:
        self._session.tasks.cancel("t-SNE")
        self._tools.end_progress()

    @Slot()
    def _show_in_grid(self, with_fields: bool = True) -> None:
        """Show the plane in the grid, and what has to be decoded for it and under the points."""
        self._manifold.set_plane(self._plane, self._spans())
        self._manifold.set_place(self._plane.project(self._point.code[None])[0])
        self.feeds.set_plane(self._plane)
        if with_fields:
            self.feeds.ask_plane()
        else:
            self.feeds.ask_grid()

    def _spans(self) -> list[tuple[float, float]]:
        """The ranges of the codes along the plane's directions; without codes, of the prior's middle."""
        run = self._session.project.shown
        prior = [(-1.0, 1.0)] * len(self._plane.basis)
        if run is None or run.codes is None:
            return prior
        places = self._plane.project(run.codes.mean)
        places = places[np.isfinite(places).all(1)]
        if not len(places):
            return prior
        return [_round_span(low, high) for low, high in zip(places.min(0), places.max(0), strict=True)]

    def _connect(self) -> None:
        point, scatter, tools, sliders = self._point, self._scatter, self._tools, self._panel.sliders
        point.seen.connect(self._decode)
        point.seen.connect(self._panel.set_point)
        point.moved.connect(self._follow_point)
        point.locks_changed.connect(self._show_locks)
        scatter.place_pointed.connect(self._go_to_place)
        scatter.image_chosen.connect(self._go_to_image)
        scatter.image_hovered.connect(self._peek_at_image)
        scatter.hover_ended.connect(point.put_back)
        self._manifold.place_pointed.connect(self._go_to_place)
        self._manifold.grid_changed.connect(self._show_in_grid)
        tools.projection_chosen.connect(self._change_plane)
        tools.axes_chosen.connect(self._change_plane)
        tools.cancel_requested.connect(self._cancel_layout)
        tools.update_requested.connect(self._lay_out)
        tools.training_images_wanted.connect(self._session.training_image_codes.set_wanted)
        sliders.coordinate_changed.connect(self._set_coordinate)
        sliders.lock_toggled.connect(point.set_locked)
        self._panel.reset_requested.connect(self._reset_point)
        self._panel.randomise_requested.connect(self._randomise_point)


class _Originals(Sequence[Picture]):
    """The images (H, W, C) of a data set: those of the test set, then the training images."""

    def __init__(self, dataset: Dataset) -> None:
        self._parts = dataset.test.images, dataset.train.images

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def __getitem__(self, place: int) -> Picture:  # type: ignore[override]
        test, train = self._parts
        image = test[place] if place < len(test) else train[place - len(test)]
        return image.transpose(1, 2, 0)


def _round_span(low: float, high: float) -> tuple[float, float]:
    """A range widened to steps, so that a grid over it does not tremble while codes move."""
    step = 2.0 ** np.floor(np.log2(max(high - low, 0.5))) / 8
    start = float(np.floor(low / step) * step)
    return start, max(float(np.ceil(high / step) * step), start + float(step))
