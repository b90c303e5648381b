"""The stage: the codes of the images in a plane, coloured by class, with the current point among them."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal, Slot
from PySide6.QtWidgets import QStackedLayout, QWidget

from vae_desktop.gui.views.stage.code_positions import CodePositions
from vae_desktop.gui.views.stage.point_colours import point_looks
from vae_desktop.gui.views.stage.point_hover import REACH, PointHover
from vae_desktop.gui.views.stage.scatter_controls import ScatterControls
from vae_desktop.gui.views.stage.scatter_overlays import ScatterOverlays
from vae_desktop.gui.views.stage.scatter_selection import ScatterSelection
from vae_desktop.gui.widgets.controls import column, label, named
from vae_desktop.gui.widgets.latent_plot import LatentPlot
from vae_desktop.gui.widgets.theme import LIGHT, SPACING, Theme
from vae_desktop.latent.codes import Codes, Floats, Picture
from vae_desktop.latent.plane import Plane, axis_plane
from vae_desktop.latent.posteriors import sampled


class LatentScatter(QWidget):
    """Shows codes in a plane, or laid out by t-SNE; with one dimension, they are spread by class over the height.

    Parameters
    ----------
    controls : ScatterControls, optional
        Those above several scatters, all of which follow them; by default the scatter has its own.

    Attributes
    ----------
    chosen : int or None
        The image whose code was last gone to, until the point leaves it.
    shows_samples : bool
        Whether samples of the posteriors are drawn instead of their means.
    """

    place_pointed = Signal(object)  # (k,) in the plane
    image_chosen = Signal(int)
    image_hovered = Signal(int)
    hover_ended = Signal()
    export_requested = Signal(object)  # places (n,) of the selected codes
    plane_changed = Signal()  # or there is a layout instead of one

    def __init__(self, controls: ScatterControls | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "latentScatter", self.tr("Latent space"))
        self._codes: Codes | None = None
        self._drawn: Codes | None = None  # means, or samples in their place
        self._code: Floats = np.zeros(2, np.float32)
        self._positions = CodePositions(axis_plane((0, 1), 2), class_count=0)
        self._minimum_view = QRectF()
        self.chosen: int | None = None
        self._given: Codes | None = None  # of an image that is none of the data set
        self._noise: Floats = np.empty((0, 0), np.float32)
        self.shows_samples = False
        self._coloured = 0  # codes whose colours are known to the plot
        self._class_names: tuple[str, ...] = ()
        self._theme = LIGHT
        self.controls = controls or ScatterControls()
        self.tools, self.legend = self.controls.tools, self.controls.legend
        self.plot = named(
            LatentPlot(has_axis_labels=controls is None),
            "",
            self.tr("Latent space. Arrow keys move the current point."),
            self.tr(
                "<p>Click or drag: the current point moves there, and the picture follows. Arrow keys do the same.</p>"
                "<p>Rest on a point: the image behind it. Space: the one nearest to the current point.</p>"
            ),
        )
        self.overlays = ScatterOverlays(self.plot)
        self.selection = ScatterSelection(self.plot, self.controls.selection_bar)
        if controls is None:
            self.controls.card.setParent(self.plot)
        self.hover = PointHover(self.plot, self.controls.card)
        self._invitation = label(self.tr("Drag here: the picture follows"), name="invitation")
        self._invitation.setParent(self.plot)
        self._invitation.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        empty = label(
            self.tr("Press Train: each image becomes a point here,\nand you can watch the latent space form."),
            "muted",
            wraps=True,
            align=Qt.AlignmentFlag.AlignCenter,
        )
        self._stack = QStackedLayout()
        self._stack.addWidget(empty)
        self._stack.addWidget(self.plot)
        parts = (self.controls, (self._stack, 1)) if controls is None else ((self._stack, 1),)
        column(*parts, spacing=SPACING // 2, on=self)
        self.hover.card.raise_()
        self._connect()
        self.set_overlays(self.tools.overlays)

    @property
    def drawn(self) -> Codes | None:
        """The codes as they are drawn: means, or samples in their place."""
        return self._drawn

    @property
    def plane(self) -> Plane:
        """The plane in which the codes are shown, unless they are laid out."""
        return self._positions.plane

    @property
    def has_layout(self) -> bool:
        return self._positions.layout is not None

    @property
    def has_stale_layout(self) -> bool:
        """Whether the layout is of other images than those that are there now."""
        layout = self._positions.layout
        return layout is not None and self._drawn is not None and len(layout) != len(self._drawn)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        for part in (self.plot, self.hover, self.overlays):
            part.set_theme(theme)
        self._draw()

    def set_model(self, codes: Codes | None, class_names: tuple[str, ...], plane: Plane) -> None:
        """Begin with the codes of another model, in a plane."""
        self._codes, self._class_names = codes, class_names
        self._positions = CodePositions(plane, len(class_names))
        self.chosen, self._given = None, None
        self._code = np.zeros(plane.latent_dim, np.float32)
        self._take_codes()
        self.hover.set_class_names(class_names)
        self.selection.clear()
        self.overlays.clear_fields()
        self.controls.set_classes(class_names)
        self._show_plane()

    def set_codes(self, codes: Codes, plane: Plane | None = None) -> None:
        """Let the points glide to new codes of the same images, in a plane that may have turned with them."""
        self._codes = codes
        self._take_codes()
        if plane is not None:
            self.turn_to(plane)
        else:
            self._draw(glide=True)

    def turn_to(self, plane: Plane) -> None:
        """Let the points glide into a plane that has turned with them."""
        self._positions.plane = plane
        self._label_axes()
        self.set_point(self._code)
        self.plane_changed.emit()
        self._draw(glide=True)

    def set_plane(self, plane: Plane) -> None:
        """Show another plane."""
        self._positions.plane, self._positions.layout = plane, None
        self._show_plane()

    def set_layout(self, positions: Floats) -> None:
        """Show the codes at positions (N, 2) in no unit, in which only codes of images can be pointed at."""
        is_new = not self.has_layout
        self._positions.layout = positions
        self._label_axes()
        self._draw(glide=not is_new)
        self.set_point(self._code)
        if is_new:
            self.overlays.clear_fields()
            self.plot.fit()
        self.plane_changed.emit()

    def set_samples(self, shows_samples: bool) -> None:
        """Show one sample of each posterior instead of its mean."""
        if shows_samples != self.shows_samples:
            self.shows_samples = shows_samples
            self._take_codes()
            self._draw(glide=True)

    def set_overlays(self, names: frozenset[str]) -> None:
        """Show these overlays."""
        self.overlays.set_shown(names)
        self._set_plot_room()
        self.overlays.draw_density()
        self._show_posterior()

    def set_minimum_view(self, rect: QRectF) -> None:
        """Keep a rectangle of the plane in sight, whatever else is there."""
        if rect != self._minimum_view:
            self._minimum_view = rect
            self._set_plot_room()
            self.plot.fit()

    def _set_plot_room(self) -> None:
        has_prior = "prior" in self.overlays.shown and not self.has_layout
        prior = QRectF(-2.2, -2.2, 4.4, 4.4) if has_prior else QRectF()
        self.plot.set_room(prior.united(self._minimum_view))

    def set_originals(self, originals: Sequence[Picture], hint: str = "") -> None:
        """Let a point under the mouse show its image (H, W, C), until another model is set.

        The hint says how to get at the images, where one is missing.
        """
        self.hover.set_originals(originals, hint)

    def set_chosen(self, image: int | None) -> None:
        """Show the posterior of an image as long as no other one is under the mouse."""
        self.chosen = image
        if image is not None:
            self._given = None
        self._show_posterior()

    def set_given(self, codes: Codes | None) -> None:
        """Show the posterior of an image that is none of the data set, until one of these is gone to."""
        self._given = codes
        if codes is not None:
            self.chosen = None
        self._show_posterior()

    def set_point(self, code: Floats) -> None:
        """Put the cross-hair at the current point (d,); in a layout, at the code nearest to it."""
        self._code = code
        position = self._positions.of_point(code, self._drawn)
        if position is not None:
            self.plot.set_cursor(*position)

    def show_holes(self, distances: Floats, rect: QRectF) -> None:
        """Show distances (rows, columns) from the nearest code, in σ, over a rectangle in the axes' units."""
        self.overlays.set_holes(distances, rect, self.plane.latent_dim)

    def end_invitation(self) -> None:
        """The person has found out that the point can be dragged."""
        self._invitation.hide()

    def _take_codes(self) -> None:
        codes = self._codes
        if codes is None or codes.log_stddev is None or not self.shows_samples:
            self._drawn = codes
            return
        if self._noise.shape != codes.mean.shape:
            self._noise = np.random.default_rng(0).standard_normal(codes.mean.shape, np.float32)
        self._drawn = sampled(codes, self._noise)

    def _show_plane(self) -> None:
        self._label_axes()
        self.overlays.set_prior(len(self.plane.basis))
        self.set_overlays(self.overlays.shown)
        self._draw()
        self.set_point(self._code)
        self.plot.fit()
        self.plane_changed.emit()

    def _label_axes(self) -> None:
        self.plot.set_has_units(not self.has_layout)
        has_sigma = self._codes is None or self._codes.log_stddev is not None
        self.overlays.set_space(not self.has_layout, self.plane.latent_dim, has_sigma)
        if self.has_layout:
            self.plot.set_axis_labels("", "")
        elif len(self.plane.labels) > 1:
            self.plot.set_axis_labels(*self.plane.labels)
        else:
            by_class, at_random = self.tr("spread by class, to see more"), self.tr("spread at random, to see more")
            self.plot.set_axis_labels(self.plane.labels[0], by_class if self._class_names else at_random)

    def _draw(self, glide: bool = False) -> None:
        codes = self._drawn
        self._stack.setCurrentIndex(0 if codes is None else 1)
        if codes is None:
            return
        positions = self._positions.of_codes(codes)
        hidden = self.legend.hidden(codes)
        self.selection.set_images(~hidden, codes.labels, self._class_names)
        if not glide or len(codes) != self._coloured:  # codes that only move look as they did
            self._set_looks()
        self.plot.set_points(positions, glide)
        found = np.where(hidden[:, None], np.float32(np.inf), positions) if hidden.any() else positions
        self.hover.set_points(found, codes.labels)
        self.overlays.draw_density()
        self._show_posterior()

    @Slot()
    def _hide_classes(self) -> None:
        self._draw()

    @Slot()
    def _set_looks(self) -> None:
        codes = self._drawn
        if codes is not None:
            self._coloured = len(codes)
            hidden = self.legend.hidden(codes)
            self.plot.set_looks(
                point_looks(codes, len(self._class_names), hidden, self.selection.images, self._theme)
            )

    @Slot()
    def _show_posterior(self) -> None:
        """Of the image under the mouse, else of the one that was given, else of the one whose code was gone to."""
        image, codes = self.hover.index, self._codes
        if image is None and self._given is not None:
            image, codes = 0, self._given
        elif image is None:
            image = self.chosen
        self.overlays.set_posterior(*(self._positions.posterior(codes, image) or (None, None)))

    @Slot(float, float)
    def _choose(self, x: float, y: float) -> None:
        """A click on a point means its image, elsewhere the place."""
        self._go_to(x, y, REACH)

    @Slot(float, float)
    def _point(self, x: float, y: float) -> None:
        """A drag means the place."""
        self._go_to(x, y, 0.0)

    def _go_to(self, x: float, y: float, reach: float) -> None:
        """Ask for the image within so many pixels of a place, else for the place; a layout has only images."""
        self.end_invitation()
        image = None
        if reach or self.has_layout:
            where = self.plot.getViewBox().mapViewToScene(QPointF(x, y))
            image = self.hover.nearest(where, np.inf if self.has_layout else reach)
        self.hover.hide()
        if image is not None:
            self.image_chosen.emit(image)
        elif not self.has_layout:
            self.place_pointed.emit(np.array((x, y)[: len(self.plane.basis)], np.float32))

    @Slot()
    def _place_labels(self) -> None:
        box = self.plot.getViewBox().sceneBoundingRect()
        self._invitation.adjustSize()
        left = box.center().x() - self._invitation.width() / 2
        self._invitation.move(round(left), round(box.bottom() - self._invitation.height() - 2 * SPACING))
        self.overlays.hole_legend.move_into(box)

    def _connect(self) -> None:
        self.tools.fit_requested.connect(self.plot.fit)
        self.tools.lasso_toggled.connect(self.plot.set_lasso)
        self.tools.overlays_changed.connect(self.set_overlays)
        self.tools.samples_wanted.connect(self.set_samples)
        self.legend.hidden_changed.connect(self._hide_classes)
        self.selection.changed.connect(self._set_looks)
        self.selection.export_requested.connect(self.export_requested)
        for changed, told in ((self.hover.hovered, self.image_hovered), (self.hover.ended, self.hover_ended)):
            changed.connect(self._show_posterior)
            changed.connect(told)
        self.plot.clicked.connect(self._choose)
        self.plot.dragged.connect(self._point)
        self.plot.getViewBox().sigResized.connect(self._place_labels)
