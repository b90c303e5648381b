"""The current latent point: its picture, and a slider for each of its coordinates."""

import math

import numpy as np
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from vae_desktop.gui.decoded_image import DecodedImage
from vae_desktop.gui.latent_slider import LatentSlider
from vae_desktop.gui.theme import SPACING, small_font
from vae_desktop.latent.codes import Codes, Floats
from vae_desktop.latent.names import dimension_name


class LatentPanel(QWidget):
    """Shows the current point as a picture and as numbers, and asks to move it."""

    coordinate_changed = Signal(int, float)
    reset_requested = Signal()
    randomise_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumWidth(264)
        self.image = DecodedImage()
        self._sliders: list[LatentSlider] = []
        self._hint = QLabel(self.tr("Drag a slider, or click in the latent space"))
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.setProperty("role", "muted")
        self._hint.setFont(small_font(self.font()))
        self._reset = self._button(
            "resetButton", self.tr("Reset"), "Ctrl+0", self.tr("Move the point to 0, the middle of the prior.")
        )
        self._randomise = self._button(
            "randomiseButton",
            self.tr("Randomise"),
            "Ctrl+R",
            self.tr("Draw a point from the prior N(0, I): what a generative model does."),
        )
        self._rows = QVBoxLayout()
        self._rows.setContentsMargins(0, 0, SPACING, 0)
        self._rows.setSpacing(SPACING // 2)
        self._rows.addStretch()
        self._lay_out()
        self._reset.clicked.connect(self.reset_requested)
        self._randomise.clicked.connect(self.randomise_requested)
        self.set_latent_dim(0)

    def set_latent_dim(self, latent_dim: int) -> None:
        """Show as many sliders as the model has dimensions; 0 stands for no model."""
        while len(self._sliders) > latent_dim:
            self._sliders.pop().deleteLater()
        while len(self._sliders) < latent_dim:
            self._add_slider(len(self._sliders))
        self._randomise.setEnabled(latent_dim > 0)
        self._reset.setEnabled(latent_dim > 0)

    def set_point(self, code: Floats) -> None:
        """Follow the current point (d,)."""
        for slider, value in zip(self._sliders, code.tolist(), strict=True):
            slider.follow(value)
        self._reset.setEnabled(bool(np.any(code != 0)))

    def set_code_ranges(self, codes: Codes) -> None:
        """Let each slider cover the codes that occur, from one round value to another, and the prior's ±3."""
        lowest, highest = np.nan_to_num(codes.mean.min(0)), np.nan_to_num(codes.mean.max(0))
        for slider, low, high in zip(self._sliders, lowest.tolist(), highest.tolist(), strict=True):
            slider.set_range(*_round_range(min(low, -3.0), max(high, 3.0)))

    def _add_slider(self, dimension: int) -> None:
        slider = LatentSlider(dimension_name(dimension))
        slider.setObjectName(f"latentSlider{dimension}")
        slider.setAccessibleName(dimension_name(dimension))
        slider.value_changed.connect(self._tell_changed)
        self._rows.insertWidget(dimension, slider)
        self._sliders.append(slider)

    @Slot(float)
    def _tell_changed(self, value: float) -> None:
        self.coordinate_changed.emit(self._sliders.index(self.sender()), value)

    def _button(self, name: str, text: str, keys: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAccessibleName(text)
        button.setShortcut(keys)
        button.setToolTip(f"<p>{tip} ({keys})</p>")
        return button

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACING)
        buttons.addWidget(self._randomise)
        buttons.addWidget(self._reset)
        holder = QWidget()
        holder.setLayout(self._rows)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(holder)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACING, 0, SPACING, SPACING)
        layout.setSpacing(SPACING)
        layout.addWidget(self.image)
        layout.addWidget(self._hint)
        layout.addLayout(buttons)
        layout.addWidget(scroll, 1)


def _round_range(low: float, high: float) -> tuple[float, float]:
    """The range widened to multiples of a round step, so that it does not tremble while codes move."""
    step = 10.0 ** math.floor(math.log10(high - low)) / 2
    return math.floor(low / step) * step, math.ceil(high / step) * step
