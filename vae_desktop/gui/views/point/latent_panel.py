"""The current latent point: its picture, and a slider for each of its coordinates."""

import math

import numpy as np
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QMenu, QWidget, QWidgetAction

from vae_desktop.gui.views.point.slider_list import SliderList
from vae_desktop.gui.widgets.controls import action, column, label, named, push_button, row
from vae_desktop.gui.widgets.decoded_image import DecodedImage
from vae_desktop.gui.widgets.number_field import NumberField
from vae_desktop.gui.widgets.split_button import SplitButton
from vae_desktop.gui.widgets.terms import with_terms
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.language import tr
from vae_desktop.latent.codes import Codes, Floats
from vae_desktop.latent.posteriors import is_active, kl_by_dimension, spread_of_means

_WIDTH, _NARROW_WIDTH = 272, 248  # px, with the picture and without
_MOST_NUMBERS = 200_000  # in the codes that are looked at: some milliseconds


class LatentPanel(QWidget):
    """Shows the current point as a picture and as numbers, and asks to move it."""

    reset_requested = Signal()
    randomise_requested = Signal(float)  # temperature

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumWidth(_WIDTH)
        self._instead: QWidget | None = None  # of the picture
        self.image = DecodedImage()
        self.sliders = SliderList()
        hint = tr("Drag a slider, or drag in the latent space")
        self._hint = label(hint, "muted", "small", wraps=True, align=Qt.AlignmentFlag.AlignCenter)
        tip = tr(
            "Draw a point from the prior N(0, I): what a generative model does. Locked coordinates stay. "
            "(Ctrl+R; Down: more)"
        )
        tip = with_terms(tip, "prior", "N(0, I)")
        self._randomise = SplitButton()
        self._randomise.setText(tr("Randomise"))
        self._randomise.setShortcut("Ctrl+R")
        named(self._randomise, "randomiseButton", tr("Randomise"), tip)
        self._randomise.clicked.connect(self._ask_to_randomise)
        self._fill_menu(self._randomise.options)
        margins = (SPACING, 0, SPACING, SPACING)
        self._layout = column(self.image, self._hint, self._randomise, (self.sliders, 1), margins=margins, on=self)
        self.set_latent_dim(0)

    def _fill_menu(self, menu: QMenu) -> None:
        """What is wanted now and then: another temperature, and the way back to 0."""
        tip = tr("Temperature: what is drawn is multiplied by it, 0.1 to 3. Below 1: typical. Above 1: unusual.")
        tip = with_terms(tip, "temperature")
        name = tr("Temperature")
        self._temperature = NumberField("temperatureSpin", name, tip, (0.1, 3.0), 1.0, decimals=1, step=0.1)
        self._temperature.setPrefix("× ")
        tip = tr("Move the point to 0, the middle of the prior; locked coordinates stay. (Ctrl+0)")
        self._reset = push_button("resetButton", tr("Reset"), tip, then=self.reset_requested)
        self._reset.clicked.connect(menu.close)
        part, entry = QWidget(), QWidgetAction(menu)
        margins = (SPACING, SPACING // 2, SPACING, SPACING // 2)
        column(row(label(name), 1, self._temperature), self._reset, margins=margins, on=part)
        entry.setDefaultWidget(part)
        menu.addAction(entry)
        self.addAction(action(self, "resetAction", tr("Reset"), "", "Ctrl+0", then=self._reset.click))

    def show_instead_of_picture(self, widget: QWidget | None) -> None:
        """Show a widget above the sliders, where pictures stand elsewhere; None brings the picture back."""
        if self._instead is not None:
            self._instead.hide()
        self._instead = widget
        self.setMinimumWidth(_WIDTH if widget is None else _NARROW_WIDTH)
        self.image.setVisible(widget is None)
        self._hint.setVisible(widget is None)
        if widget is not None:
            self._layout.insertWidget(0, widget)
            widget.show()

    def set_latent_dim(self, latent_dim: int) -> None:
        """Show as many sliders as the model has dimensions; 0 stands for no model."""
        self.sliders.set_latent_dim(latent_dim)
        self._randomise.setEnabled(latent_dim > 0)
        self._reset.setEnabled(latent_dim > 0)

    def set_point(self, code: Floats) -> None:
        """Follow the current point (d,)."""
        self.sliders.set_point(code)

    def set_can_reset(self, can_reset: bool) -> None:
        """Whether a coordinate that is not locked differs from 0."""
        self._reset.setEnabled(can_reset)

    def set_codes(self, codes: Codes, is_new: bool) -> None:
        """Let the sliders cover the codes that occur, and say how much each dimension says.

        What a dimension says is its KL divergence; where codes are points, how far they spread; of many codes of
        many dimensions, an even choice is looked at. `is_new` is True for another model, whose sliders may be folded
        away at once.
        """
        finite = _finite(codes)
        if not len(finite):
            return
        by_dimension = np.ascontiguousarray(finite.T)  # several times as quick as along the first axis
        lowest, highest = by_dimension.min(1).tolist(), by_dimension.max(1).tolist()
        ranges = [_round_range(min(low, -3.0), max(high, 3.0)) for low, high in zip(lowest, highest, strict=True)]
        self.sliders.set_ranges(ranges)
        codes = _even_choice(codes)
        if codes.log_stddev is None:
            amounts, tip = spread_of_means(_finite(codes)), tr("Standard deviation of the codes: {value:.2f}")
            active = np.ones(len(amounts), bool)
        else:
            amounts, tip = kl_by_dimension(codes), tr("KL divergence: {value:.2f} nats per image")
            active = is_active(_finite(codes))
        if np.isfinite(amounts).all():
            self.sliders.set_information(amounts, active, [tip.format(value=value) for value in amounts], is_new)

    @Slot()
    def _ask_to_randomise(self) -> None:
        self._temperature.interpretText()
        self.randomise_requested.emit(self._temperature.value())


def _finite(codes: Codes) -> Floats:
    """Those of the means whose coordinates all are numbers."""
    return codes.mean if codes.are_finite else codes.mean[np.isfinite(codes.mean).all(1)]


def _even_choice(codes: Codes) -> Codes:
    step = -(-codes.mean.size // _MOST_NUMBERS)
    log_stddev = None if codes.log_stddev is None else codes.log_stddev[::step]
    return Codes(codes.mean[::step], log_stddev, None)


def _round_range(low: float, high: float) -> tuple[float, float]:
    """The range widened to multiples of a round step, so that it does not tremble while codes move."""
    step = 10.0 ** math.floor(math.log10(high - low)) / 2
    return math.floor(low / step) * step, math.ceil(high / step) * step
