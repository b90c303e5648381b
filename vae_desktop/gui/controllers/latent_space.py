"""One model's latent space in one scatter: the plane that is shown, and the cursor in it.

The playground has one of them, a comparison one for each column.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.engine import Engine
from vae_desktop.engine.run import Run
from vae_desktop.gui.controllers import image_texts
from vae_desktop.gui.controllers.latent_point import LatentPoint
from vae_desktop.gui.controllers.overlay_requests import OverlayRequests
from vae_desktop.gui.views.stage.latent_scatter import LatentScatter
from vae_desktop.language import tr
from vae_desktop.latent.codes import Codes, CodeSpread, Floats, Picture
from vae_desktop.latent.plane import Plane, axis_plane, followed_plane, principal_plane

_FOLLOW_INTERVAL = 50  # ms between two requests while the point moves: a hand moves faster than one looks


class LatentSpaceController(QObject):
    """Keeps a scatter at one model and at the cursor, and moves the cursor to what is pointed at.

    Parameters
    ----------
    scatter : LatentScatter
    point : LatentPoint
        The cursor.
    engine : Engine
    name : str
        Begins the names of what is asked for.
    has_training_images : bool
        Whether the codes of training images are shown too, where there are any.

    Attributes
    ----------
    run : Run, or None
        The model that is shown.
    projection : str
        "axes", "pca" or "tsne". With t-SNE the scatter shows a layout, and the plane is that of the other views.
    is_suspended : bool
        Whether nothing is asked for.
    unit : CodeSpread
        Where the cursor's 0 and 1 lie in this latent space; the unit of N(0, I) makes the cursor the code itself.
    """

    plane_changed = Signal()
    point_followed = Signal()  # at most every 50 ms while the cursor moves

    def __init__(
        self,
        scatter: LatentScatter,
        point: LatentPoint,
        engine: Engine,
        name: str = "",
        has_training_images: bool = True,
    ) -> None:
        super().__init__(scatter)
        self.scatter = scatter
        self.run: Run | None = None
        self.projection = "axes"
        self.unit = CodeSpread.of_prior(2)
        self._has_training_images = has_training_images
        self._point = point
        self._datasets = engine.datasets
        self._overlays = OverlayRequests(scatter, engine.inference, name)
        self.is_suspended = True
        self._has_moved = False
        self._following = QTimer(self, singleShot=True, interval=_FOLLOW_INTERVAL)
        self._following.timeout.connect(self._catch_up)
        point.moved.connect(self.follow_point)
        scatter.position_pointed.connect(self.go_to_position)
        scatter.image_chosen.connect(self.go_to_image)
        scatter.plot.view_changed.connect(self.ask_overlays)
        scatter.tools.overlays_changed.connect(self.ask_overlays)

    @property
    def plane(self) -> Plane:
        """The plane of the latent space that is shown."""
        return self.scatter.plane

    @property
    def code(self) -> Floats | None:
        """The code (d,) at the cursor; None where the cursor has another number of dimensions than the model."""
        cursor = self._point.code
        return self.unit.to_codes(cursor) if len(cursor) == len(self.unit.middle) else None

    # What is shown

    def show_run(self, run: Run, projection: str = "axes", axes: Sequence[int] = (0, 1)) -> None:
        """Begin with another model; nothing is decoded before :meth:`resume`."""
        self.suspend()
        self._point.drop_peek()
        latent_dim = run.config.model.latent_dim
        self.run, self.unit = run, CodeSpread.of_prior(latent_dim)
        self.projection = projection
        self.scatter.hover.set_test_count(None if run.codes is None else len(run.codes))
        plane = axis_plane((0,) if latent_dim == 1 else axes, latent_dim)
        self.scatter.set_model(self._codes(run), run.class_names, plane)
        self.show_originals()
        if projection == "pca":
            self.set_projection(projection)

    def set_projection(self, projection: str, axes: Sequence[int] = (0, 1)) -> None:
        """Show the plane along two axes, or that in which the codes vary most."""
        if self.run is None:
            return
        latent_dim, means = self.run.config.model.latent_dim, self._means()
        self.projection = projection
        if projection == "pca" and latent_dim > 1 and means is not None:
            plane = principal_plane(means)
        else:
            plane = axis_plane((0,) if latent_dim == 1 else axes, latent_dim)
        self.scatter.set_plane(plane)
        self.plane_changed.emit()
        self.ask_overlays()

    def move_codes(self) -> bool:
        """Follow the codes of the model; return whether the plane has turned with them."""
        run = self.run
        codes = None if run is None else self._codes(run)
        if run is not None and run.moment is not None and codes is None:
            self.scatter.set_codes(None, why_none=image_texts.why_no_codes(run))
        if run is None or run.codes is None or codes is None:
            return False
        self.scatter.hover.set_test_count(len(run.codes))
        is_held = run.moment is not None  # what is looked at beside others must not move on its own, nor the axes jump
        self.scatter.plot.only_grows = is_held
        self.scatter.set_codes(codes, glide=not is_held)
        self.show_originals()
        plane, before, means = self.plane, self.plane, self._means()
        if self.projection == "pca" and means is not None and not is_held:
            # While training, only codes clearly outside it turn it.
            plane = (followed_plane if run.status == "training" else principal_plane)(means, before)
        if plane is not before:
            self.scatter.turn_to(plane)
            self.plane_changed.emit()
            self.ask_overlays()
        elif (code := self._code_to_ask_for()) is not None:
            self._overlays.follow_codes(run, plane, code)
        return plane is not before

    @property
    def dataset(self) -> Dataset | None:
        """The images behind the codes, as far as they are at hand."""
        dataset = None if self.run is None else self._datasets.of(self.run)
        codes = None if self.run is None else self.run.codes
        return dataset if dataset is not None and codes is not None and len(dataset.test) == len(codes) else None

    def show_originals(self) -> None:
        """Show the images behind the codes, or say how to get at them."""
        if self.run is not None:
            hint = tr("Load {data} to see the originals").format(data=self.run.config.dataset.label)
            if self.dataset is None:
                self.scatter.set_originals((), hint)
            else:
                texts = (partial(text_of, self.dataset) for text_of in (image_texts.place_of, image_texts.caption_of))
                self.scatter.set_originals(_Originals(self.dataset), hint, *texts)

    def _codes(self, run: Run) -> Codes | None:
        return run.all_codes if self._has_training_images else run.codes

    def _means(self) -> Floats | None:
        """The codes (N, d) of the test images as they are drawn."""
        drawn, run = self.scatter.drawn, self.run
        return None if drawn is None or run is None or run.codes is None else drawn.mean[: len(run.codes)]

    # The cursor

    @Slot()
    def follow_point(self) -> None:
        """Put the cross-hair where the cursor is, and ask for what is drawn along other directions."""
        code = self.code
        self.scatter.plot.show_cursor(code is not None)
        if code is not None:
            self.scatter.set_point(code)
        self._has_moved = True
        if not self._following.isActive():
            self._catch_up()

    def go_to(self, code: Floats) -> None:
        """Move the cursor to a code (d,)."""
        if len(self._point.code) != len(code):
            self._point.resize(len(code))
        self._point.move_to(self.unit.to_units(code))

    @Slot(object)
    def go_to_position(self, position: Floats) -> None:
        """Move the cursor to a position (k,) of the plane; across the plane it stays where it is."""
        self.scatter.set_chosen(None)
        start = self.unit.middle if self.code is None else self.code
        self._point.steer_to(self.unit.to_units(self.plane.unproject(position[None], start)[0]))

    @Slot(int)
    def go_to_image(self, image: int) -> None:
        """Move the cursor to the code of an image."""
        codes = self.scatter.drawn
        if codes is not None and image < len(codes):
            self.go_to(codes.mean[image])
            self.scatter.set_chosen(image)

    @Slot()
    def _catch_up(self) -> None:
        if not self._has_moved:
            return
        self._has_moved = False
        self._following.start()
        if self.plane.latent_dim > len(self.plane.basis):
            self.ask_overlays()
        self.point_followed.emit()

    # What is asked for

    def suspend(self) -> None:
        """Ask for nothing: the model is out of sight, or its views change one by one."""
        self.is_suspended = True
        self._overlays.forget()

    def resume(self) -> None:
        """Ask for what is in sight from now on."""
        self.is_suspended = self.run is None
        self.ask_overlays()

    @Slot()
    def ask_overlays(self) -> None:
        """Ask for what lies under the points in sight."""
        code = self._code_to_ask_for()
        if code is None or self.run is None:
            self._overlays.forget()
        else:
            self._overlays.ask(self.run, self.plane, code)

    def _code_to_ask_for(self) -> Floats | None:
        """The code through which the plane goes; None while nothing is to be laid under the points."""
        if self.is_suspended or not self.scatter.isVisible() or self.projection == "tsne":
            return None
        return self.unit.middle if self.code is None else self.code


class _Originals(Sequence[Picture]):
    """The images (H, W, C) of a data set: those of the test set, then the training images."""

    def __init__(self, dataset: Dataset) -> None:
        self._parts = dataset.test.images, dataset.train.images

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def __getitem__(self, index: int) -> Picture:  # type: ignore[override]
        test, train = self._parts
        image = test[index] if index < len(test) else train[index - len(test)]
        return np.transpose(image, (1, 2, 0))
