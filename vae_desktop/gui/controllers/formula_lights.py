"""Lights a term's number, its bar and its place in the window together, wherever one of them is pointed at."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, Slot
from PySide6.QtWidgets import QWidget

from vae_desktop.gui.controllers.latent_point import LatentPoint
from vae_desktop.gui.controllers.one_image_controller import OneImageController
from vae_desktop.gui.views.formulas.view import FormulaView
from vae_desktop.gui.views.stage.posterior_light import Lit, PosteriorLight
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.gui.widgets.decoded_image import DecodedImage
from vae_desktop.latent.codes import Floats
from vae_desktop.latent.computation import Place

if TYPE_CHECKING:
    from vae_desktop.latent.one_image import Coded

_OF_DIMENSION = ("mean", "stddev", "noise", "code", "kl")
_ALSO = {  # terms that stand for each other: a term in the loss for its own number
    "weighted_error": ("error",),
    "weighted_kl": ("kl",),
    "loss": ("weighted_error", "weighted_kl"),
    "error": ("weighted_error",),
}


class FormulaLights(QObject):
    """Keeps what is lit in the formulas, the strip, the sliders and the scatter at what is pointed at in any of them.

    Attributes
    ----------
    pointed : Place or None
    """

    def __init__(
        self, window: MainWindow, view: FormulaView, drawing: OneImageController, point: LatentPoint
    ) -> None:
        super().__init__(view)
        self._view, self._strip, self._point = view, drawing.view, point
        self._scatter, self._panel = window.stage.scatter, window.panel
        self._light = PosteriorLight()
        self._scatter.plot.addItem(self._light, ignoreBounds=True)
        self._coded: Coded | None = None
        self.pointed: Place | None = None
        view.pointed.connect(self.point_at)
        for table in self._strip.tables:
            table.pointed.connect(self.point_at)
        self._panel.sliders.dimension_pointed.connect(self._point_at_dimension)
        self._scatter.image_hovered.connect(partial(self._point_at_term, "mean"))
        self._scatter.hover_ended.connect(partial(self.point_at, None))
        self._decoded: DecodedImage = self._strip.sample  # the picture of z elsewhere in the window
        self._terms: dict[QWidget, str] = {picture: term for term, picture in view.pictures.items()}
        self._terms |= {self._strip.input: "pixels", self._strip.sample: "picture"}  # an autoencoder has no sample
        self._terms[self._strip.reconstruction] = "reconstruction"
        for picture in self._terms:
            picture.installEventFilter(self)
        view.sight_changed.connect(partial(self.point_at, None))

    def follow(self, coded: Coded, is_by_hand: bool) -> None:
        """The numbers are of this now; with the current point as z its picture is the large one of the window."""
        self._coded = coded
        strip = self._strip.reconstruction if coded.codes.log_stddev is None else self._strip.sample
        self._decoded.set_lit(False)
        self._decoded = self._panel.image if is_by_hand else strip
        if self.pointed is not None:
            self._light_scatter(self._places())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Enter:
            self._point_at_picture(self._terms[watched])  # type: ignore[index]
        elif event.type() == QEvent.Type.Leave:
            self.point_at(None)
        return False

    @Slot(object)
    def point_at(self, place: Place | None, *_: object) -> None:
        """Light a number and all that stands for it; None lights nothing."""
        place = place if self._view.isVisible() else None
        if place == self.pointed:
            return
        self.pointed = place
        places = self._places()
        terms = {each.term for each in places}
        self._view.set_lit(places)
        self._strip.numbers.set_lit(places)
        self._strip.input.set_lit(bool(terms & {"pixels", "error"}))
        self._decoded.set_lit(bool(terms & {"picture", "error"}))
        dimension = None if place is None else place.dimension
        self._panel.sliders.set_lit(frozenset() if dimension is None else frozenset({dimension}))
        self._light_scatter(places)

    def _point_at_picture(self, term: str) -> None:
        """Light what a picture is; the one that is decoded from μ is none of the computation, but of an autoencoder."""
        if term == "reconstruction":
            is_point = self._coded is not None and self._coded.codes.log_stddev is None
            self.point_at(Place("picture") if is_point else Place("mean"))
        else:
            self.point_at(Place(term))

    def _point_at_term(self, term: str, *_: object) -> None:
        has_sigma = self._coded is not None and self._coded.codes.log_stddev is not None
        self.point_at(Place(term if has_sigma else "code"))

    @Slot(object)
    def _point_at_dimension(self, dimension: int | None) -> None:
        self.point_at(None if dimension is None else Place("dimension", dimension))

    def _places(self) -> frozenset[Place]:
        """The number that is pointed at, and those that stand for it."""
        if self.pointed is None:
            return frozenset()
        term, dimension = self.pointed
        if term == "dimension":
            return frozenset(Place(each, dimension) for each in _OF_DIMENSION)
        if dimension is None and term in _OF_DIMENSION and self._coded is not None:
            count = self._coded.codes.latent_dim
            return frozenset({self.pointed, *(Place(term, each) for each in range(count))})
        return frozenset({self.pointed, *(Place(each, dimension) for each in _ALSO.get(term, ()))})

    def _light_scatter(self, places: frozenset[Place]) -> None:
        """Light the mean, the ellipses, and z, as far as they are pointed at and in sight."""
        terms, coded = {each.term for each in places}, self._coded
        if coded is None or self._scatter.has_layout or not terms:
            self._light.show_lit(Lit())
            return
        mean, code = self._position(coded.codes.mean[0]), self._position(coded.drawn[0])
        posterior = self._scatter.overlays.posterior
        has_outlines = posterior.isVisible() and bool(terms & {"stddev", "kl", "weighted_kl"})
        self._light.show_lit(
            Lit(
                mean if terms & {"mean", "noise", "kl", "weighted_kl"} else None,
                code if terms & {"code", "noise", "picture"} else None,
                (mean, code) if "noise" in terms and mean is not None and code is not None else None,
                tuple(posterior.path(radius) for radius in (1.0, 2.0)) if has_outlines else (),
            )
        )

    def _position(self, code: Floats) -> QPointF | None:
        if code.shape[0] != self._scatter.plane.latent_dim or not np.isfinite(code).all():
            return None
        x, *y = self._scatter.plane.project(code[None])[0].tolist()
        return QPointF(x, y[0] if y else 0.0)
