"""One plot of curves over the training steps, which makes room as they grow."""

import math

import pyqtgraph

from vae_desktop.gui.widgets.theme import Theme

_LABEL_HEIGHT = 20  # px, with some space
_LONGEST_UNIT = 20  # letters that fit along an axis; a longer unit takes two lines
_AHEAD = 1.2  # room to the right, so that axes are laid out anew only now and then, not at each redraw


class CurvePane(pyqtgraph.PlotWidget):
    """Follows the curves until the person zooms or pans; the wheel and a drag move along the steps only."""

    def __init__(self, step_label: str) -> None:
        super().__init__(enableMenu=False, axisItems={"left": _LossAxis("left")})
        self._following = True
        self._room = 0.0
        self._low, self._high = 0.0, 0.0
        self._is_log = False
        self.setMinimumHeight(90)
        self.hideButtons()
        self.setDownsampling(auto=True, mode="peak")
        self.setClipToView(True)
        self.setMouseEnabled(x=True, y=False)
        self.setLabel("bottom", step_label)
        self.getPlotItem().layout.setContentsMargins(1, self.fontMetrics().height() // 2, 1, 1)  # for the highest label
        for side in ("left", "bottom"):
            self.getAxis(side).enableAutoSIPrefix(False)
        box = self.getPlotItem().getViewBox()
        box.disableAutoRange()
        box.sigRangeChangedManually.connect(self._stop_following)

    def set_theme(self, theme: Theme) -> None:
        self.setBackground(theme.surface)
        for side in ("left", "bottom"):
            self.getAxis(side).setPen(theme.border)
            self.getAxis(side).setTextPen(theme.muted)

    def set_log(self, on: bool) -> None:
        self._is_log = on
        self.setLogMode(y=on)

    def fit(self) -> None:
        """Follow the curves again, from the next call of `follow`."""
        self._following = True
        self._room = 0.0
        self._low, self._high = math.inf, -math.inf

    def follow(self, steps: int, lowest: float, highest: float) -> None:
        """Make room for so many steps and for values in that range, if following and if it is not there yet."""
        if not self._following or not math.isfinite(lowest):
            return
        if not steps <= self._room:
            self._room = max(steps * _AHEAD, 10)
            self.setXRange(0, self._room, padding=0)
        if lowest < self._low or highest > self._high:
            margin = 0.05 * max(highest - lowest, 1e-6)
            self._low, self._high = min(lowest - margin, self._low), max(highest + margin, self._high)
            self._show_values(lowest)

    def _show_values(self, lowest: float) -> None:
        if not self._is_log:
            self.setYRange(self._low, self._high, padding=0)
        elif lowest > 0:
            self.setYRange(math.log10(lowest) - 0.05, math.log10(self._high) + 0.05, padding=0)
        else:  # a logarithm begins above zero
            top = math.log10(max(self._high, 1e-6))
            self.setYRange(top - 3, top + 0.05, padding=0)

    def _stop_following(self) -> None:
        self._following = False


class _LossAxis(pyqtgraph.AxisItem):
    """An axis whose logarithmic ticks are 1, 2, 5, 10, … as far as there is room for their labels."""

    def labelString(self) -> str:
        label = super().labelString()
        return label.replace(" / ", "<br>/ ") if len(self.labelText) > _LONGEST_UNIT else label

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        if not self.logMode:
            return super().tickValues(low, high, size)
        decades = range(math.floor(low), math.ceil(high) + 1)
        for factors in ((1, 2, 5), (1, 3), (1,)):
            ticks = [decade + math.log10(factor) for decade in decades for factor in factors]
            ticks = [tick for tick in ticks if low <= tick <= high]
            if len(ticks) * _LABEL_HEIGHT <= size:
                break
        return [(1.0, ticks)]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        return [f"{10**value:.3g}" for value in values] if self.logMode else super().tickStrings(values, scale, spacing)
