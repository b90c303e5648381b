"""A setting that is dragged as well as typed: β, on which the argument turns."""

from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QGridLayout

from vae_desktop.errors import InvalidSetting
from vae_desktop.gui.views.setup.setting_field import SettingField
from vae_desktop.gui.views.setup.setting_row import SettingRow
from vae_desktop.gui.widgets.controls import column, explain
from vae_desktop.gui.widgets.value_slider import LogSlider, SliderScale
from vae_desktop.settings import Setting

_SETTLED = 300  # ms after the last key or turn of the wheel; each change that acts leaves a mark in the curves
_SCALE = (0.0, 0.1, 1.0, 10.0, 100.0)


class SliderRow(SettingRow):
    """A setting whose entry has a logarithmic slider below it; a change acts when the slider is let go."""

    slider: LogSlider | None = None  # until what it moves is there

    def __init__(self, name: str, setting: Setting, default: Any, alt_key: str) -> None:
        super().__init__(name, setting, default, alt_key)
        assert isinstance(self.entry, SettingField)
        self._field = self.entry
        self._slider = self.slider = LogSlider(f"{name}Slider", self.title, self._help)
        self._scale = SliderScale(self._slider, self.title, _SCALE)
        self._settling = QTimer(self._slider, singleShot=True, interval=_SETTLED)
        self._settling.timeout.connect(self._field.commit)
        self._slider.valueChanged.connect(self._enter)
        self._slider.sliderReleased.connect(self._field.commit)
        self._field.checked.connect(self._follow)
        self._follow()

    def add_to(self, grid: QGridLayout) -> None:
        row = grid.rowCount()
        super().add_to(grid)
        grid.addLayout(column(self._slider, self._scale, spacing=0), row + 1, 1, 1, 2)

    def explain(self, tip: str) -> None:
        super().explain(tip)
        if self.slider is not None:
            explain(self.slider, self.entry.toolTip())

    def show_value(self, value: Any) -> None:
        super().show_value(value)
        self._follow()

    def enable(self, matters: bool, reason: str) -> None:
        super().enable(matters, reason)
        self._slider.setEnabled(matters)

    def _enter(self, position: int) -> None:
        self._field.enter(self._slider.value_of(position))
        if not self._slider.isSliderDown():
            self._settling.start()

    def _follow(self) -> None:
        """Show a value that was typed; while it cannot be read, the slider stays."""
        try:
            self._slider.show_value(self._field.value())
        except InvalidSetting:
            return

    def _show(self, is_visible: bool) -> None:
        super()._show(is_visible)
        for part in (self._slider, self._scale):
            part.setVisible(is_visible)
