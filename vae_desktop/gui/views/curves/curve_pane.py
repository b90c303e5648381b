"""One plot of curves over the training steps, which makes room as they grow."""

import math
from collections.abc import Sequence

import numpy as np
import pyqtgraph
from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QColor

from vae_desktop.gui.views.curves.axes import LossAxis, StepAxis
from vae_desktop.gui.views.curves.curve import GRADIENT, MARKED, Array, Curve, Mark
from vae_desktop.gui.views.curves.spike_arrow import SpikeArrow
from vae_desktop.gui.views.curves.value_range import RUINED, ValueRange
from vae_desktop.gui.widgets.controls import column, label
from vae_desktop.gui.widgets.plot import Plot
from vae_desktop.gui.widgets.theme import SPACING, current_theme
from vae_desktop.training.history import Change

_SMALLEST = 1e-3  # on a logarithmic axis, in the unit of the loss; a collapsed model's KL divergence is some 1e-6 nats
_MOST_MARKED = 40  # evaluations that are marked as points; more would hide the line
_RISEN = 50.0  # spans that may be right for a KL divergence, as with a lower β
_ROOMY = 1.8  # times the range that is wanted: from here on the axis is laid out anew
_AHEAD = 1.2  # room to the right, so that axes are laid out anew only now and then, not at each redraw


class CurvePane(Plot):
    """Follows the curves until the person zooms or pans; the wheel and a drag move along the steps only.

    The axis of the losses leaves out a spike that would flatten all else, and an arrow at its edge says where it is.

    Attributes
    ----------
    shows_spikes : bool
        The axis reaches every value.
    spike : SpikeArrow
        Points at the highest value where the axis does not reach it.
    """

    def __init__(self) -> None:
        super().__init__(enableMenu=False, axisItems={"left": LossAxis("left"), "bottom": StepAxis("bottom")})
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)  # but that of the plot around it
        self.unit = ""
        self.curves: list[Curve] = []
        self.step: int | None = None  # where the cross-hair stands
        self._items: list[tuple[Curve, pyqtgraph.PlotDataItem, pyqtgraph.PlotDataItem]] = []
        self._marked: tuple[Sequence[Mark], list[str | None], list[bool]] = (), [], []
        self._mark_lines: list[pyqtgraph.InfiniteLine] = []
        self._has_points = False
        self._following = True
        self._room = 0.0
        self._low, self._high = 0.0, 0.0
        self.is_log = self.shows_spikes = False
        self.spike = SpikeArrow()
        self.addItem(self.spike, ignoreBounds=True)
        self._cross_hair = pyqtgraph.InfiniteLine(angle=90)
        self._cross_hair.hide()
        self.addItem(self._cross_hair, ignoreBounds=True)
        self.hint = label("", "muted", "small", wraps=True, align=Qt.AlignmentFlag.AlignCenter)
        self.hint.hide()
        self.hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        column((self.hint, 1), margins=(6 * SPACING, SPACING, SPACING, 6 * SPACING), on=self)  # beside the axes
        self.setMinimumHeight(70)
        self.setDownsampling(auto=True, mode="peak")
        self.setClipToView(True)
        self.setMouseEnabled(x=True, y=False)
        self.getPlotItem().layout.setContentsMargins(1, self.fontMetrics().height() // 2, 1, 1)  # for the highest label
        box = self.getPlotItem().getViewBox()
        box.disableAutoRange()
        box.sigRangeChangedManually.connect(self._stop_following)
        self.recoloured.connect(self._recolour)
        self._recolour()

    @Slot()
    def _recolour(self) -> None:
        super()._recolour()
        self._cross_hair.setPen(pyqtgraph.mkPen(current_theme().muted, style=Qt.PenStyle.DashLine))

    def set_curves(self, unit: str, curves: Sequence[Curve], are_of_one: bool) -> None:
        """Show other curves, all in one unit: pale those of batches, strong those of the test images."""
        self.unit, self.curves, self._has_points = unit, list(curves), are_of_one
        for _, *items in self._items:
            for item in items:
                self.removeItem(item)
        self._items = []
        for place, curve in enumerate(curves):
            colour, faint = QColor(curve.colour), QColor(curve.colour)
            if curve.term != GRADIENT:  # which is not judged on test images, so that nothing stands out from it
                faint.setAlpha(110 if are_of_one else 70)
            if curve.is_beyond:
                faint.setAlpha(faint.alpha() // 3)
                colour.setAlpha(130)
            batches = self.plot(pen=pyqtgraph.mkPen(faint, width=1))
            dashes = Qt.PenStyle.DashLine if curve.is_beyond else Qt.PenStyle.SolidLine
            pen = pyqtgraph.mkPen(colour, width=1 if curve.is_beyond else 2, style=dashes)
            tests = self.plot(pen=pen, symbolSize=5, symbolBrush=colour, symbolPen=None)
            # A fork above what its parent went on to, which may be nearly the same; test images above batches.
            depth = 2 * len(curves) * curve.is_beyond + place
            batches.setZValue(-1000 - depth)
            tests.setZValue(-depth)
            self._items.append((curve, batches, tests))

    def set_marks(self, marks: Sequence[Mark], are_labelled: bool) -> None:
        """Draw a line at each step from which a setting had another value, perhaps with that value."""
        sides = [mark.change.step < self._room / 2 for mark in marks]  # on which a text has room
        labels = [self._label_of(mark) if are_labelled else None for mark in marks]
        if (marks, labels, sides) == self._marked:
            return
        self._marked = marks, labels, sides
        for line in self._mark_lines:
            self.removeItem(line)
        self._mark_lines = []
        plate = QColor(current_theme().surface)
        plate.setAlpha(210)
        for number, ((change, colour, text), words) in enumerate(zip(marks, labels, strict=True)):
            height = 0.76 - 0.13 * (number % 4)  # neighbours do not cover one another, nor the arrow of a spike
            anchor = (0, 0.5) if sides[number] else (1, 0.5)
            style = Qt.PenStyle.DotLine if text is None else Qt.PenStyle.SolidLine
            line = pyqtgraph.InfiniteLine(
                pos=change.step,
                angle=90,
                pen=pyqtgraph.mkPen(colour, width=1, style=style),
                label=words,
                labelOpts={"position": height, "color": colour, "fill": plate, "anchors": [anchor, anchor]},
            )
            self.addItem(line, ignoreBounds=True)
            self._mark_lines.append(line)

    def _label_of(self, mark: Mark) -> str | None:
        """What stands beside a mark: of a change no more than its value where there is no room for more."""
        if mark.text is not None:
            return mark.text or None
        words, value = mark.in_words
        fraction = max(mark.change.step, self._room - mark.change.step) / self._room if self._room else 1.0
        room = fraction * self.getViewBox().width() - SPACING
        return words if self.fontMetrics().horizontalAdvance(words) <= room else value

    def drawn(self, name: str) -> tuple[pyqtgraph.PlotDataItem, pyqtgraph.PlotDataItem]:
        """The lines of batches and of test images of the curve of that name."""
        return next((batches, tests) for curve, batches, tests in self._items if curve.name == name)

    def show_step(self, step: int | None) -> None:
        """Put the cross-hair at a step, or take it away."""
        self.step = step
        self._cross_hair.setVisible(step is not None)
        if step is not None:
            self._cross_hair.setValue(step)

    def can_be_log(self) -> bool:
        """Whether all values have a logarithm; those of a KL divergence that has collapsed are drawn at a floor."""
        is_kl = any(curve.term == "kl" for curve in self.curves)
        drawn = (values for curve in self.curves for _, values in (curve.batches(), curve.tests()))
        return is_kl or not any((values <= 0).any() for values in drawn)

    def set_log(self, on: bool) -> None:
        self.is_log = on
        self.setLogMode(y=on)

    def fit(self) -> None:
        """Follow the curves again, from the next time that they are drawn."""
        self._following = True
        self._room = 0.0
        self._low, self._high = math.inf, -math.inf

    def draw(self, steps: int) -> None:
        """Draw the histories as they are now; room is made for so many steps."""
        is_robust, least = not (self.is_log or self.shows_spikes), _SMALLEST if self.is_log else None
        wanted, beyond = ValueRange(is_robust, least), ValueRange(is_robust, least)
        for curve, batches, tests in self._items:
            (at, values), (tested_at, tested) = curve.batches(), curve.tests()
            own = beyond if curve.is_beyond else wanted
            ruined = _RISEN if curve.term in ("kl", GRADIENT) else RUINED
            own.add(at, values, curve.colour, ruined)
            own.add(tested_at, tested, curve.colour, ruined)
            floor = _SMALLEST if self.is_log else -math.inf
            if len(values) and np.isfinite(values[0]):
                batches.setData(at, np.maximum(values, floor))
            else:
                batches.clear()
            has_points = self._has_points and len(tested) <= _MOST_MARKED
            data = _broken(tested_at, np.maximum(tested, floor), curve.history.changes)
            _set_data(tests, data, "o" if has_points else None)
        wanted.stretch_to(beyond)
        self.hint.setVisible(wanted.is_empty and bool(self.hint.text()))  # others are not laid out anew for it
        if not wanted.is_empty:
            self._follow(steps, wanted)

    def _follow(self, steps: int, wanted: ValueRange) -> None:
        """Make room for so many steps and for values in that range, if following and if it is not there yet."""
        lowest, highest = wanted.limits()
        if self._following:
            if not steps <= self._room:
                self._room = max(steps * _AHEAD, 10)
                self.setXRange(0, self._room, padding=0)
            margin = 0.05 * max(highest - lowest, 1e-6)
            is_too_large = self._high - self._low > _ROOMY * (highest - lowest + 2 * margin) and wanted.is_robust
            if lowest < self._low or highest > self._high or is_too_large:
                self._low, self._high = lowest - margin, highest + margin
                if self.is_log:
                    self.setYRange(math.log10(lowest) - 0.05, math.log10(self._high) + 0.05, padding=0)
                else:
                    self.setYRange(self._low, self._high, padding=0)
        is_out = wanted.is_robust and wanted.peak > self._high
        self.spike.point_at(wanted, self._high, self._room) if is_out else self.spike.hide()

    def _stop_following(self) -> None:
        self._following = False


def _set_data(item: pyqtgraph.PlotDataItem, data: tuple[Array, Array], symbol: str | None) -> None:
    """Draw a curve anew where it has changed: that of the test images does so once in an epoch."""
    drawn = item.getOriginalDataset()
    is_same = drawn[0] is not None and all(
        np.array_equal(old, new, equal_nan=True) for old, new in zip(drawn, data, strict=True)
    )
    if not is_same or item.opts["symbol"] != symbol:
        item.setData(*data, symbol=symbol)


def _broken(steps: Array, values: Array, changes: Sequence[Change]) -> tuple[Array, Array]:
    """Steps and values with a gap at each marked change: what was measured on either side of it is not joined."""
    at = sorted({change.step for change in changes if change.name in MARKED})
    places = np.searchsorted(steps, at, side="right")  # an evaluation at the step of a change was made before it
    gaps = {place: step for place, step in zip(places, at, strict=True) if 0 < place < len(steps)}
    return np.insert(steps, list(gaps), list(gaps.values())), np.insert(values, list(gaps), np.nan)
