"""Leads the current point along a path, and keeps the path at the codes that it goes through."""

from collections.abc import Callable
from functools import partial

import numpy as np
from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAction

from vae_desktop.engine.run import Run
from vae_desktop.gui.controllers.nearness import CodeDistances
from vae_desktop.gui.controllers.path_anchor import Anchor, NextAnchor, anchor_at
from vae_desktop.gui.controllers.tool_controller import ToolContext, ToolController
from vae_desktop.gui.controllers.traveller import Traveller
from vae_desktop.gui.views.tools.path_overlay import PathOverlay
from vae_desktop.gui.views.tools.path_view import PathView
from vae_desktop.language import tr
from vae_desktop.latent.codes import Floats
from vae_desktop.latent.export import PathExport
from vae_desktop.latent.path import Path

_ANCHORS = "anchors of the path"  # the pictures that are asked for


class PathController(ToolController[PathView]):
    """Owns anchors and path; playing moves the current point, and whoever else moves it stops the play.

    Attributes
    ----------
    path : Path or None
        The path, if there are anchors for one.
    travel : Traveller
        How far along the path the current point is.
    distances : CodeDistances
        Of its steps from the codes of real images.
    overlay : PathOverlay
        Draws path and anchors on the scatter.
    """

    @property
    def anchor_classes(self) -> tuple[str, ...]:
        """The class of each point that the path goes through; "" where it has none."""
        return () if self.run is None else tuple(anchor.class_name(self.run) for anchor in self._anchors)

    name = "path"
    follow_interval = 0.5

    export_wanted = Signal(str, object)  # the kind of file, and what makes its bytes

    def __init__(self, context: ToolContext) -> None:
        view = PathView()
        super().__init__(view, context)
        self.path: Path | None = None
        self.travel = Traveller(view.travel, self._point)
        self.overlay = PathOverlay(self._scatter.plot)
        self._anchors: list[Anchor] = []
        self._data: object = None  # data set and classes that the anchors are of
        self._warning = ""
        self.distances = CodeDistances(self.name, self._requests, self._show_distances)
        view.travel.where.set_tip(self.distances.tip())
        self.travel.travelled.connect(self._lead)
        view.add_button.clicked.connect(self._add_point)
        view.class_menu.triggered.connect(self._add_class)
        view.anchors.order_wanted.connect(self._keep)
        view.anchors.currentRowChanged.connect(self.overlay.set_chosen)
        for field in (view.steps, view.pace):
            field.valueChanged.connect(self._renew)
        for changed in (view.shape.currentIndexChanged, view.loop.toggled, view.board.resized):
            changed.connect(self._renew)
        view.board.tile_chosen.connect(self._go_to_step)
        view.export_menu.triggered.connect(self._export)
        self.overlay.anchor_dragged.connect(self._drag)
        self._scatter.plane_changed.connect(self._draw)
        view.sight_changed.connect(self._draw)
        NextAnchor(view, self._scatter, self._point)

    def begin(self, run: Run) -> None:
        """Images and class means stay anchors where the next model has the same data; points are of the one before."""
        data = run.config.dataset, run.class_names
        nowhere = np.zeros(run.config.model.latent_dim, np.float32)  # until there are codes
        before = self._anchors
        kept = [anchor for anchor in before if anchor.kind != "point"] if data == self._data else []
        self._anchors = [Anchor(anchor.kind, nowhere, anchor.index) for anchor in kept]
        self._data = data
        self.travel.fraction = 0.0
        self.view.set_classes(run.class_names)
        some = tr("Points of the other model are left out.")
        all_of_it = tr("The path was of another model's codes.")
        self._warning = (some if kept else all_of_it) if len(kept) < len(before) else ""
        self._renew()

    def follow_codes(self, run: Run) -> None:
        if self._anchors:
            self._renew()

    def ask(self, run: Run) -> bool:
        if self._anchors:
            anchors, side = np.stack([anchor.code for anchor in self._anchors]), max(run.image_shape[1:])
            self._requests.ask_pictures(_ANCHORS, run.id, anchors, side, self.view.anchors.set_pictures)
        if self.path is None:
            return False
        codes = self.path.codes(self.view.step_count)
        self._ask_for_pictures(self.view.board, run, codes, has_captions=True)
        self.distances.measure(run, codes)
        return True

    def forget(self) -> None:
        super().forget()
        self.distances.forget()
        if not self._anchors or not self.view.is_in_sight:
            self._requests.forget(_ANCHORS)

    # Anchors

    @Slot()
    def _add_point(self) -> None:
        """Make the current point an anchor: the image that it is at, or the point itself."""
        if self.run is None:
            return
        self._anchors.append(anchor_at(self._scatter, self._point.code))
        self._warning = ""
        self._renew()

    @Slot(QAction)
    def _add_class(self, chosen: QAction) -> None:
        """Make the mean of a class an anchor; or those of all classes that are not anchors yet, in their order."""
        if self.run is None:
            return
        index = chosen.data()
        present = {anchor.index for anchor in self._anchors if anchor.kind == "class"}
        names, missing = self.run.class_names, []
        for wanted in [index] if index >= 0 else sorted(set(range(len(names))) - present):
            anchor = Anchor("class", self._point.code, wanted)
            if anchor.follow(self.run.codes):
                self._anchors.append(anchor)
            else:
                missing.append(names[wanted])
        text = tr("No image has a code here of: {names}.").format(names=", ".join(missing))
        self._warning = text if missing else ""
        self._renew()

    @Slot(object)
    def _keep(self, numbers: list[int]) -> None:
        """Keep only these anchors, in this order."""
        self._anchors = [self._anchors[number] for number in numbers]
        self._warning = ""
        self._renew()

    @Slot(int, object)
    def _drag(self, number: int, position: Floats) -> None:
        """An anchor that is dragged becomes a point, of which only what lies in the plane has changed."""
        plane, code = self._scatter.plane, self._anchors[number].code
        self._anchors[number] = Anchor("point", plane.unproject(position[None, : len(plane.basis)], code)[0])
        self._renew()

    @Slot()
    def _renew(self) -> None:
        """Lay the path anew through where the anchors are now."""
        if self.run is None:
            return
        for anchor in self._anchors:
            anchor.follow(self.run.codes)
        self.view.set_anchors([anchor.label(self.run) for anchor in self._anchors])
        if len(self._anchors) > 1:
            codes = np.stack([anchor.code for anchor in self._anchors])
            self.path = Path(codes, self.view.shape.currentData(), self.view.loop.isChecked())
            if self.path.is_loop:
                self.travel.fraction %= 1.0
            self.travel.set_way(self._seconds, self.path.is_loop)
        else:
            self.path = None
            self.travel.go_to(0.0)
        self._draw()
        self.refresh()
        self._show_step()

    @Slot()
    def _draw(self) -> None:
        """Draw path and anchors, while the tool is in sight, where the plane has them; t-SNE has no place for them."""
        self.view.set_note(self._warning or self._hint())
        if not self._anchors or self._scatter.has_layout or not self.view.is_in_sight:
            self.overlay.clear()
            return
        if self._scatter.plane.latent_dim != len(self._anchors[0].code):
            return  # of another model, which is just coming on screen
        anchors = np.stack([anchor.code for anchor in self._anchors])
        outline = anchors if self.path is None else self.path.outline()
        project, run = self._scatter.plane.project, self.run
        names = [anchor.class_name(run) for anchor in self._anchors] if run is not None else []
        self.overlay.set_path(project(outline), project(anchors), names)

    def _hint(self) -> str:
        """What is not seen of the path, and why."""
        if self._anchors and self._scatter.has_layout:
            return tr("t-SNE has no place for what lies between images: the path is not drawn there.")
        if len(self._anchors) > self.view.step_count:
            return tr("Fewer steps than anchors: some anchors are skipped.")
        return ""

    # Along the path

    @Slot(int)
    def _go_to_step(self, step: int) -> None:
        self.travel.go_to(step / self.view.last_step)

    @Slot(float)
    def _lead(self, fraction: float) -> None:
        """Move the current point along the path."""
        if self.path is not None:
            self._scatter.set_chosen(None)
            self.travel.lead_to(self.path.at(fraction))
            self._show_step()

    @property
    def _seconds(self) -> float:
        """How long the whole path takes."""
        return self.view.pace.value() * (len(self._anchors) - (0 if self.view.loop.isChecked() else 1))

    def _show_step(self) -> None:
        if self.path is None:
            return
        steps = self.view.step_count
        step = round(self.travel.fraction * self.view.last_step) % steps
        self.view.travel.set_fraction(self.travel.fraction)
        self.view.board.set_chosen(step)
        parts = [tr("step {step} of {steps}").format(step=step + 1, steps=steps), self.distances.text(step)]
        self.view.travel.where.set_text(" · ".join(filter(None, parts)))

    def _show_distances(self) -> None:
        distances = self.distances.distances
        if distances is not None and self.path is not None:
            self.view.board.set_captions([f"{value:.1f}" for value in distances], self.distances.levels().tolist())
            self.view.set_unit(self.distances.unit)
            self._show_step()

    # Files

    @Slot(QAction)
    def _export(self, chosen: QAction) -> None:
        run, path = self.run, self.path
        snapshot = None if run is None else self._engine.training.newest_snapshot(run)
        if run is None or path is None or snapshot is None:
            return
        steps = self.view.step_count
        export = PathExport(run.config.model, run.image_shape, snapshot, path.codes(steps), run.all_codes)
        makers: dict[str, Callable[[], bytes]] = {
            "gif": partial(export.gif, self._seconds),
            "png": export.strip,
            "csv": partial(export.csv, np.arange(steps) / self.view.last_step),
        }
        self.export_wanted.emit(chosen.data(), makers[chosen.data()])
