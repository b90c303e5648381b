"""Leads the current point along a path, and keeps the path at the codes that it goes through."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal, Slot

from vae_desktop.engine.engine import Engine
from vae_desktop.engine.inference import InferenceThread
from vae_desktop.engine.pacing import Pacer
from vae_desktop.engine.path_export import PathExport
from vae_desktop.engine.run import Run
from vae_desktop.engine.view_requests import SheetRequest
from vae_desktop.gui.controllers.farness import Farness
from vae_desktop.gui.controllers.latent_point import LatentPoint
from vae_desktop.gui.controllers.tool import Tool
from vae_desktop.gui.views.stage.latent_scatter import LatentScatter
from vae_desktop.gui.views.tools.path_overlay import PathOverlay
from vae_desktop.gui.views.tools.path_view import PathView
from vae_desktop.latent.codes import Floats
from vae_desktop.latent.path import Path

_SHEET = "path"
_FRAME = 16  # ms
_FOLLOW = 0.5  # seconds between two looks at codes that move


@dataclass(eq=False)
class Anchor:
    """A point, or the code of an image or of a class's mean, which move with training.

    Attributes
    ----------
    kind : {"point", "image", "class"}
    code : array (d,)
        As it was last known.
    index : int
        Of the image or the class.
    """

    kind: Literal["point", "image", "class"]
    code: Floats
    index: int = -1


class PathGuide(Tool):
    """Owns anchors and path; playing moves the current point, and whoever else moves it stops the play."""

    export_wanted = Signal(str, object)  # the kind of file, and what makes it

    def __init__(
        self, view: PathView, scatter: LatentScatter, session: Engine, point: LatentPoint, requests: InferenceThread
    ) -> None:
        super().__init__(view, session, point, requests)
        self._view = view
        self._scatter = scatter
        self._overlay = PathOverlay(scatter.plot)
        self._anchors: list[Anchor] = []
        self._data: object = None  # that the anchors are of
        self._path: Path | None = None
        self._farness = Farness(_SHEET, requests, self._show_distances)
        view.set_where_tip(self._farness.tip())
        self._share = 0.0
        self._is_leading = False  # the point, by our own wish
        self._ticked = 0.0
        self._timer = QTimer(self, interval=_FRAME, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._pacer = Pacer(_FOLLOW, share=0.1)
        self._connect()

    @property
    def path(self) -> Path | None:
        """The path, if there are anchors for one."""
        return self._path

    def set_theme(self, theme: object) -> None:
        self._overlay.set_theme(theme)

    def begin(self) -> None:
        """Images and class means stay anchors where the next model has the same data; points are of the one before."""
        data = self.run.config.dataset, self.run.class_names
        nowhere = np.zeros(self.run.config.model.latent_dim, np.float32)  # until there are codes
        before = self._anchors
        kept = [anchor for anchor in before if anchor.kind != "point"] if data == self._data else []
        self._anchors = [Anchor(anchor.kind, nowhere, anchor.index) for anchor in kept]
        self._data = data
        self._share = 0.0
        self._view.set_classes(self.run.class_names)
        has_lost = bool(before) and not kept
        self._view.set_note(self.tr("The path was of another model's codes.") if has_lost else "")
        self._renew()

    def move_codes(self, run: Run) -> None:
        now = time.monotonic()
        if self._anchors and (run.status != "training" or self._pacer.is_due(now)):
            self._renew()
            self._pacer.ran(now, time.monotonic())

    @Slot()
    def refresh(self) -> None:
        run, path = self.run, self._path
        if run is None or path is None or not self.is_in_sight:
            self._requests.forget(_SHEET)
            self._farness.forget()
            return
        board, codes = self._view.board, path.codes(self._view.steps.value())
        board.set_tiles(len(codes), run.image_shape[1:], has_captions=True)
        self._requests.ask(SheetRequest(_SHEET, run.id, codes, board.tile_side()), board.set_pictures)
        self._farness.measure(run, codes)

    # Anchors

    @Slot()
    def _add_point(self) -> None:
        """Make the current point an anchor: the image that it is at, or the place."""
        if self.run is None:
            return
        image, codes = self._scatter.chosen, self._scatter.drawn
        code = self._point.code
        is_image = image is not None and codes is not None and np.array_equal(codes.mean[image], code)
        self._add(Anchor("image", code, image) if is_image else Anchor("point", code))

    @Slot(int)
    def _add_class(self, index: int) -> None:
        code = self._class_mean(index)
        if code is None:
            name = self.run.class_names[index]
            self._view.set_note(self.tr("No image of class {name} has a code here.").format(name=name))
        else:
            self._add(Anchor("class", code, index))

    @Slot()
    def _add_all_classes(self) -> None:
        """Those that have codes and are not anchors yet, in their order."""
        there = {anchor.index for anchor in self._anchors if anchor.kind == "class"}
        wanted = [index for index in range(len(self.run.class_names)) if index not in there]
        codes = [(index, self._class_mean(index)) for index in wanted]
        self._add(*(Anchor("class", code, index) for index, code in codes if code is not None))
        missing = [self.run.class_names[index] for index, code in codes if code is None]
        if missing:
            self._view.set_note(self.tr("No image has a code here of: {names}.").format(names=", ".join(missing)))

    def _add(self, *anchors: Anchor) -> None:
        self._view.set_note("")
        self._anchors.extend(anchors)
        self._renew()

    @Slot(int)
    def _remove(self, place: int) -> None:
        del self._anchors[place]
        self._renew()

    @Slot(object)
    def _order(self, places: list[int]) -> None:
        self._anchors = [self._anchors[place] for place in places]
        self._renew()

    @Slot()
    def _clear(self) -> None:
        self._anchors.clear()
        self._view.set_note("")
        self._renew()

    @Slot(int, object)
    def _drag(self, number: int, place: Floats) -> None:
        """An anchor that is dragged becomes a point, of which only what lies in the plane has changed."""
        plane, code = self._scatter.plane, self._anchors[number].code
        self._anchors[number] = Anchor("point", plane.unproject(place[None, : len(plane.basis)], code)[0])
        self._renew()

    def _class_mean(self, index: int) -> Floats | None:
        codes = None if self.run is None else self.run.codes
        if codes is None or codes.labels is None:
            return None
        means = codes.mean[codes.labels == index]
        means = means[np.isfinite(means).all(1)]
        return means.mean(0) if len(means) else None

    def _code_of(self, anchor: Anchor) -> Floats:
        """Where an anchor is now; where that is not known any more, it stays."""
        codes = self.run.codes
        if anchor.kind == "class":
            mean = self._class_mean(anchor.index)
            return anchor.code if mean is None else mean
        if anchor.kind == "image" and codes is not None and anchor.index < len(codes):
            return codes.mean[anchor.index] if np.isfinite(codes.mean[anchor.index]).all() else anchor.code
        return anchor.code

    def _label(self, anchor: Anchor) -> str:
        names, codes = self.run.class_names, self.run.codes
        if anchor.kind == "class":
            return self.tr("mean of {name}").format(name=names[anchor.index])
        if anchor.kind == "image":
            label = self.tr("image {number}").format(number=f"{anchor.index:,}")
            has_class = codes is not None and codes.labels is not None and anchor.index < len(codes) and names
            return f"{label} ({names[codes.labels[anchor.index]]})" if has_class else label
        if len(anchor.code) > 2:
            return self.tr("point")
        return self.tr("point") + f" ({', '.join(f'{value:.1f}' for value in anchor.code.tolist())})"

    @Slot()
    def _renew(self) -> None:
        """Lay the path anew through where the anchors are now."""
        for anchor in self._anchors:
            anchor.code = self._code_of(anchor)
        self._path = None
        self._view.set_anchors([self._label(anchor) for anchor in self._anchors])
        if len(self._anchors) > 1:
            codes = np.stack([anchor.code for anchor in self._anchors])
            self._path = Path(codes, self._view.shape.currentData(), self._view.loop.isChecked())
            self._share = self._share % 1.0 if self._path.is_loop else self._share
        else:
            self.stop()
            self._share = 0.0
        self._draw()
        self.refresh()
        self._show_place()

    @Slot()
    def _draw(self) -> None:
        """Draw path and anchors where the plane has them; t-SNE has no place for what lies between images."""
        self._view.set_hint(self._hint())
        if not self._anchors or self._scatter.has_layout:
            self._overlay.clear()
            return
        if self._scatter.plane.latent_dim != len(self._anchors[0].code):
            return  # of another model, which is just coming on screen
        outline = np.empty((0, 2), np.float32)
        if self._path is not None:
            outline = self._places(self._path.outline())
        self._overlay.set_path(outline, self._places(np.stack([anchor.code for anchor in self._anchors])))

    def _hint(self) -> str:
        """What is not seen of the path, and why."""
        if self._anchors and self._scatter.has_layout:
            return self.tr("t-SNE has no place for what lies between images: the path is not drawn there.")
        if len(self._anchors) > self._view.steps.value():
            return self.tr("Fewer steps than anchors: some anchors are skipped.")
        return ""

    def _places(self, codes: Floats) -> Floats:
        places = self._scatter.plane.project(codes)
        return places if places.shape[1] == 2 else np.column_stack((places, np.zeros(len(places), np.float32)))

    # Along the path

    @Slot(bool)
    def _toggle_play(self, plays: bool) -> None:
        if not plays or self._path is None:
            self.stop()
            return
        if self._share >= 1.0:
            self._share = 0.0
        self._ticked = time.monotonic()
        self._view.set_playing(True)
        self._timer.start()

    def stop(self) -> None:
        """End the play, if there is one."""
        self._timer.stop()
        self._view.set_playing(False)

    @Slot()
    def _tick(self) -> None:
        now = time.monotonic()
        share = self._share + (now - self._ticked) / self._seconds
        self._ticked = now
        if share >= 1.0:
            share = share % 1.0 if self._view.loop.isChecked() else 1.0
        self._lead(share)
        if share >= 1.0:
            self.stop()

    @Slot(float)
    def _scrub(self, share: float) -> None:
        self.stop()
        self._lead(share)

    @Slot(int)
    def _go_to_step(self, step: int) -> None:
        self._scrub(step / self._last_step)

    def _lead(self, share: float) -> None:
        """Move the current point along the path."""
        if self._path is None:
            return
        self._share = share
        self._is_leading = True
        self._scatter.set_chosen(None)
        self._point.move_to(self._path.at(share))
        self._is_leading = False
        self._show_place()

    @Slot()
    def _give_way(self) -> None:
        """Somebody else moves the point."""
        if not self._is_leading:
            self.stop()

    @property
    def _seconds(self) -> float:
        """How long the whole path takes."""
        return self._view.pace.value() * (len(self._anchors) - (0 if self._view.loop.isChecked() else 1))

    @property
    def _last_step(self) -> int:
        """Steps from the beginning of the path to its end."""
        steps = self._view.steps.value()
        return steps if self._view.loop.isChecked() else steps - 1

    def _show_place(self) -> None:
        if self._path is None:
            return
        steps = self._view.steps.value()
        step = round(self._share * self._last_step) % steps
        self._view.set_share(self._share, step)
        parts = [self.tr("step {step} of {steps}").format(step=step + 1, steps=steps), self._farness.text(step)]
        self._view.set_where(" · ".join(filter(None, parts)))

    def _show_distances(self) -> None:
        distances = self._farness.distances
        if distances is not None and self._path is not None:
            self._view.set_distances([f"{value:.1f}" for value in distances], self._farness.levels())
            self._show_place()

    # Files

    @Slot(str)
    def _export(self, kind: str) -> None:
        run, path = self.run, self._path
        snapshot = None if run is None else self._session.training.newest_snapshot(run)
        if run is None or path is None or snapshot is None:
            return
        steps = self._view.steps.value()
        export = PathExport(run.config.model, run.image_shape, snapshot, path.codes(steps), run.all_codes)
        shares = np.arange(steps) / self._last_step
        makers: dict[str, Callable[[], bytes]] = {
            "gif": partial(export.gif, self._seconds),
            "png": export.strip,
            "csv": partial(export.csv, shares),
        }
        self.export_wanted.emit(kind, makers[kind])

    def _connect(self) -> None:
        view, scatter = self._view, self._scatter
        view.point_wanted.connect(self._add_point)
        view.class_wanted.connect(self._add_class)
        view.all_classes_wanted.connect(self._add_all_classes)
        view.anchor_removed.connect(self._remove)
        view.anchor_chosen.connect(self._overlay.set_chosen)
        view.anchors_ordered.connect(self._order)
        view.cleared.connect(self._clear)
        view.changed.connect(self._renew)
        view.play_toggled.connect(self._toggle_play)
        view.share_chosen.connect(self._scrub)
        view.tile_chosen.connect(self._go_to_step)
        view.export_wanted.connect(self._export)
        self._overlay.anchor_dragged.connect(self._drag)
        scatter.plane_changed.connect(self._draw)
        self._point.moved.connect(self._give_way)
