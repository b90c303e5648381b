"""The stage: the codes of the images in a plane, coloured by class, with the current point among them."""

from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import QRectF, Qt, Signal, Slot
from PySide6.QtWidgets import QStackedLayout, QWidget

from vae_desktop.gui.views.stage.class_labels import ClassLabels
from vae_desktop.gui.views.stage.class_legend import point_style
from vae_desktop.gui.views.stage.code_positions import CodePositions
from vae_desktop.gui.views.stage.plot_hints import LassoHint
from vae_desktop.gui.views.stage.point_hover import PointHover, ScatterPointing
from vae_desktop.gui.views.stage.posterior_labels import PosteriorLabels
from vae_desktop.gui.views.stage.scatter_overlays import ScatterOverlays
from vae_desktop.gui.views.stage.scatter_selection import ScatterSelection
from vae_desktop.gui.views.stage.scatter_tools import ScatterControls
from vae_desktop.gui.widgets.controls import column, label, named
from vae_desktop.gui.widgets.latent_plot import LatentPlot
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.language import tr
from vae_desktop.latent.codes import Codes, Floats, Picture
from vae_desktop.latent.plane import Plane


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

    plane_changed = Signal()  # or there is a layout instead of one

    def __init__(self, controls: ScatterControls | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "latentScatter", tr("Latent space"))
        self._codes: Codes | None = None
        self._code: Floats = np.zeros(2, np.float32)
        self._positions = CodePositions()
        self._minimum_view = QRectF()
        self.chosen: int | None = None
        self._given: Codes | None = None  # of an image that is none of the data set
        self.shows_samples = False
        self._coloured = 0  # codes whose colours are known to the plot
        self._class_names: tuple[str, ...] = ()
        self.controls = controls or ScatterControls()
        self.tools, self.legend = self.controls.tools, self.controls.legend
        self.plot = named(
            LatentPlot(has_axis_labels=controls is None),
            "",
            tr("Latent space. Arrow keys move the current point."),
            tr(
                "<p>Click or drag: the current point moves there, and the picture follows. Arrow keys do the same.</p>"
                "<p>Rest on a point: the image behind it. Space: the one nearest to the current point.</p>"
            ),
        )
        self.overlays = ScatterOverlays(self.plot)
        self.class_labels = ClassLabels(self.plot, self.overlays.label_rects)
        self.posterior_labels = PosteriorLabels(self.plot, self.overlays.posterior, self._labels_of_others)
        self.selection = ScatterSelection(self.plot, self.controls.selection_bar)
        if controls is None:
            self.controls.card.setParent(self.plot)
        self.hover = PointHover(self.plot, self.controls.card)
        self._pointing = ScatterPointing(self.plot, self.hover, self._positions)
        self._pointing.invitation.setVisible(controls is None)
        # Signals of the parts: a place in the plane (k,), an image, the images selected (n,).
        self.position_pointed, self.image_chosen = self._pointing.position_pointed, self._pointing.image_chosen
        self.image_hovered, self.hover_ended = self.hover.hovered, self.hover.ended
        self.export_requested = self.selection.export_requested
        self._stack = QStackedLayout()
        self._empty = label(_empty_text(controls is None), "muted", wraps=True, align=Qt.AlignmentFlag.AlignCenter)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.plot)
        parts = (self.controls, (self._stack, 1)) if controls is None else ((self._stack, 1),)
        column(*parts, spacing=SPACING // 2, on=self)
        self.hover.card.raise_()
        self.tools.fit_requested.connect(self.plot.fit)
        self.tools.zoom_requested.connect(self.posterior_labels.zoom)
        self.tools.lasso_toggled.connect(self.plot.set_lasso)
        self.tools.lasso_toggled.connect(LassoHint(self.plot).set_lasso)
        self.plot.lasso_ended.connect(self.tools.end_lasso)
        self.tools.overlays_changed.connect(self.set_overlays)
        self.tools.samples_wanted.connect(self.set_samples)
        self.legend.hidden_changed.connect(self._draw)  # a bound method ends with this scatter
        self.selection.changed.connect(self._set_point_style)
        self.plot.recoloured.connect(self._set_point_style)
        self.hover.hovered.connect(self._show_posterior)
        self.hover.ended.connect(self._show_posterior)
        self.set_overlays(self.tools.overlays)

    @property
    def drawn(self) -> Codes | None:
        """The codes as they are drawn: means, or samples in their place."""
        return self._positions.codes

    @property
    def plane(self) -> Plane:
        """The plane in which the codes are shown, unless they are laid out."""
        return self._positions.plane

    @property
    def has_layout(self) -> bool:
        return self._positions.layout is not None

    @property
    def has_stale_layout(self) -> bool:
        return self._positions.has_stale_layout

    def set_model(self, codes: Codes | None, class_names: tuple[str, ...], plane: Plane) -> None:
        """Begin with the codes of another model, in a plane."""
        self._codes, self._class_names = codes, class_names
        self._empty.setText(_empty_text(is_first=False))
        self._positions.begin(plane, len(class_names))
        self.chosen, self._given = None, None
        self._code = np.zeros(plane.latent_dim, np.float32)
        self._positions.set_codes(self._codes, self.shows_samples)
        self.hover.set_class_names(class_names)
        self.selection.clear()
        self.overlays.clear_fields()
        self.controls.set_classes(class_names)
        self.class_labels.set_classes(class_names)
        self._show_plane()

    def set_codes(self, codes: Codes | None, glide: bool = True, why_none: str = "") -> None:
        """Let the points glide to new codes of the same images, or be there at once, or not, and say why."""
        self._codes = codes
        self._empty.setText(why_none)
        self._positions.set_codes(self._codes, self.shows_samples)
        self._draw(glide=glide, moves=True)

    def turn_to(self, plane: Plane) -> None:
        """Let the points glide into a plane that has turned with them."""
        self._positions.plane = plane
        self._label_axes()
        self.set_point(self._code)
        self.plane_changed.emit()
        self._draw(glide=True, moves=True)

    def set_plane(self, plane: Plane) -> None:
        """Show another plane."""
        self._positions.plane, self._positions.layout = plane, None
        self._show_plane()

    def set_layout(self, positions: Floats) -> None:
        """Show the codes at positions (N, 2) in no unit, in which only codes of images can be pointed at."""
        is_new = not self.has_layout
        self._positions.layout = positions
        self._label_axes()
        self._draw(glide=not is_new, moves=not is_new)
        self.set_point(self._code)
        if is_new:
            self.overlays.clear_fields()
            self.plot.fit()
        self.plane_changed.emit()

    def set_samples(self, shows_samples: bool) -> None:
        """Show one sample of each posterior instead of its mean."""
        if shows_samples != self.shows_samples:
            self.shows_samples = shows_samples
            self._positions.set_codes(self._codes, self.shows_samples)
            self._draw(glide=True, moves=True)

    def set_overlays(self, names: frozenset[str]) -> None:
        """Show these overlays."""
        self.overlays.set_shown(names)
        has_prior = "prior" in names and not self.has_layout
        prior = QRectF(-2.2, -2.2, 4.4, 4.4) if has_prior else QRectF()
        self.plot.set_minimum_view(prior.united(self._minimum_view))
        self.overlays.draw_density()
        self._show_posterior()

    def set_minimum_view(self, rect: QRectF) -> None:
        """Keep a rectangle of the plane in sight, whatever else is there."""
        if rect != self._minimum_view:
            self._minimum_view = rect
            self.set_overlays(self.overlays.shown)
            self.plot.fit()

    def set_originals(
        self,
        originals: Sequence[Picture],
        hint: str = "",
        place_of: Callable[[int], str] = lambda image: "",
        caption_of: Callable[[int], str] = lambda image: "",
    ) -> None:
        """Let a point under the mouse show its image (H, W, C), until another model is set.

        The hint says how to get at the images, where one is missing; `place_of` where one came from, `caption_of` what
        the person says of it.
        """
        self.hover.set_originals(originals, hint, place_of, caption_of)

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
        position = self._positions.of_point(code)
        if position is not None:
            self.plot.set_cursor(*position)

    def show_holes(self, distances: Floats, rect: QRectF) -> None:
        """Show distances (rows, columns) from the nearest code, in σ, over a rectangle in the axes' units."""
        self.overlays.set_holes(distances, rect, self.plane.latent_dim)

    def end_invitation(self) -> None:
        """The person has found out that the point can be dragged."""
        self._pointing.invitation.hide()

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
            by_class, at_random = tr("spread by class, to see more"), tr("spread at random, to see more")
            self.plot.set_axis_labels(self.plane.labels[0], by_class if self._class_names else at_random)

    @Slot()
    def _draw(self, glide: bool = False, moves: bool = False) -> None:
        """Draw the codes anew; those that only move, gliding or at once, look as they did."""
        codes = self.drawn
        self._stack.setCurrentIndex(0 if codes is None else 1)
        if codes is None:
            return
        positions = self._positions.of_codes(codes)
        hidden = self.legend.hidden(codes)
        self.selection.set_images(~hidden, codes.labels, self._class_names)
        if not moves or len(codes) != self._coloured:
            self._set_point_style()
        self.plot.set_points(positions, glide)
        self.class_labels.set_positions(positions, codes.labels, hidden, moves, jumps=moves and not glide)
        self.hover.set_codes(self._codes)
        found = np.where(hidden[:, None], np.float32(np.inf), positions) if hidden.any() else positions
        self.hover.set_points(found, codes.labels)
        self.overlays.draw_density()
        self._show_posterior()

    @Slot()
    def _set_point_style(self) -> None:
        codes = self.drawn
        if codes is not None:
            self._coloured = len(codes)
            hidden = self.legend.hidden(codes)
            self.plot.set_point_style(point_style(codes, len(self._class_names), hidden, self.selection.images))

    @Slot()
    def _show_posterior(self) -> None:
        """Of the image under the mouse, else of the one that was given, else of the one whose code was gone to."""
        image, codes = self.hover.index, self._codes
        if image is None and self._given is not None:
            image, codes = 0, self._given
        elif image is None:
            image = self.chosen
        self.overlays.set_posterior(*(self._positions.posterior(codes, image) or (None, None)))
        self.posterior_labels.place()

    def _labels_of_others(self) -> list[QRectF]:
        return [*self.overlays.label_rects(), *self.class_labels.rects]


def _empty_text(is_first: bool) -> str:
    """What stands where codes will be: of the first model, or of one that is there."""
    if is_first:
        return tr("Press Train: each image becomes a point here,\nand you can watch the latent space form.")
    return tr("Waiting for the first codes")
