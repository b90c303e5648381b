"""Live loss curves: total, reconstruction and KL, for training batches and the test set."""

import time

import numpy as np
import pyqtgraph
from PySide6.QtCore import QEvent, QPointF, Qt, QTimer, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from vae_desktop.config import ModelConfig
from vae_desktop.engine.pacing import Pacer
from vae_desktop.gui.views.curves.change_marks import ChangeMarks, Mark, marked
from vae_desktop.gui.views.curves.curve_pane import CurvePane
from vae_desktop.gui.widgets.choice_box import translated
from vae_desktop.gui.widgets.steady_label import SteadyLabel
from vae_desktop.gui.widgets.theme import LIGHT, SPACING, TERM_COLOURS, Theme, small_font, tabular
from vae_desktop.training.history import TERMS, History

_INTERVAL, _SHARE = 0.2, 0.04  # of redrawing, in seconds and of the time
_MOST_MARKS = 40  # evaluations that are marked as points; more would hide the line


class LossPlot(QWidget):
    """Draws a run's history; redrawing is spaced by what it costs, so long runs stay quick."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("lossPlot")
        self.setAccessibleName(self.tr("Learning curves"))
        self._history = History()
        self._terms: tuple[tuple[str, ...], ...] = ()  # of each pane
        self._drawn_evaluations = -1
        self._pacer = Pacer(_INTERVAL, _SHARE)
        self._later = QTimer(self, singleShot=True)
        self._later.timeout.connect(self._redraw)
        self._names = {
            "total": self.tr("Total"),
            "reconstruction": self.tr("Reconstruction"),
            "kl": self.tr("KL"),
        }
        self._panes = [CurvePane(self.tr("training step")) for _ in range(2)]
        self._panes[1].setXLink(self._panes[0])
        self._train: dict[str, pyqtgraph.PlotDataItem] = {}
        self._test: dict[str, pyqtgraph.PlotDataItem] = {}
        self._cross_hairs = [pyqtgraph.InfiniteLine(angle=90) for _ in self._panes]
        for pane, line in zip(self._panes, self._cross_hairs, strict=True):
            line.hide()
            pane.addItem(line, ignoreBounds=True)
            pane.scene().sigMouseMoved.connect(self._read_at)
        self._marks = ChangeMarks(self._panes)
        self._muted = LIGHT.muted
        self._readout = SteadyLabel(tabular(small_font(self.font())), lines=2)
        self._readout.label.setTextFormat(Qt.TextFormat.RichText)
        self._readout.setToolTip(
            self.tr(
                "Loss of that step's batch / of all test images, when they were last judged. While β warms up, a batch "
                "is weighed by the β reached, the test images by all of it."
            )
        )
        self._log = QCheckBox(self.tr("Log scale"))
        self._log.setObjectName("logScaleCheck")
        self._log.setShortcut("Ctrl+L")
        self._log.setAccessibleName(self._log.text())
        self._log.toggled.connect(self._set_log)
        self._wants_log = False
        self._lay_out()
        self._allow_log(True)
        self._place_curves(ModelConfig())
        self._show_newest()

    def set_theme(self, theme: Theme) -> None:
        for pane in self._panes:
            pane.set_theme(theme)
        for line in self._cross_hairs:
            line.setPen(pyqtgraph.mkPen(theme.muted, style=Qt.PenStyle.DashLine))
        self._muted = theme.muted
        self._show_marks()

    def set_history(self, history: History, model: ModelConfig | None = None) -> None:
        """Show the curves of another run, of such a model; by default a VAE judged by squared error."""
        self._history = history
        self._place_curves(model or ModelConfig())
        self._hide_cross_hairs()
        self._drawn_evaluations = -1
        self.fit()

    @Slot()
    def fit(self) -> None:
        """Show the curves whole, and go on doing so while they grow."""
        for pane in self._panes:
            pane.fit()
        self._redraw()

    @Slot()
    def refresh(self) -> None:
        """Draw what the history has gained, at once or when its turn comes."""
        now = time.monotonic()
        if self._pacer.is_due(now):
            self._redraw()
        elif not self._later.isActive():
            self._later.start(round(1000 * _INTERVAL))

    @Slot()
    def _redraw(self) -> None:
        began = time.monotonic()
        rows = self._history.training
        steps = np.arange(1, len(rows) + 1, dtype=np.float32)
        for column, term in enumerate(TERMS):
            if len(rows) and not np.isnan(rows[0, column]):
                self._train[term].setData(steps, rows[:, column])
            else:
                self._train[term].clear()
        if self._drawn_evaluations != len(self._history.evaluations):
            self._redraw_evaluations()
        self._show_marks()
        bounds = [self._bounds(terms) for terms in self._terms]
        self._allow_log(not bounds[0][0] <= 0)
        for pane, (lowest, highest) in zip(self._panes, bounds, strict=True):
            pane.follow(len(rows), lowest, highest)
        if not self._cross_hairs[0].isVisible():
            self._show_newest()
        self._pacer.ran(began, time.monotonic())

    def _show_marks(self) -> None:
        self._marks.set_marks([Mark(change, self._muted) for change in marked(self._history.changes)])

    def _redraw_evaluations(self) -> None:
        self._drawn_evaluations = len(self._history.evaluations)
        evaluations = self._history.drawn_evaluations
        steps = np.array([entry.step for entry in evaluations], float)
        for term, curve in self._test.items():
            values = [getattr(entry, term) for entry in evaluations]
            if values and values[0] is not None:
                curve.setData(steps, np.array(values, float))
                curve.setSymbol("o" if len(values) <= _MOST_MARKS else None)
            else:
                curve.clear()

    def _bounds(self, terms: tuple[str, ...]) -> tuple[float, float]:
        """Smallest and largest value of the terms' curves; not finite where there is none."""
        values: list[float] = []
        for term in terms:
            column = self._history.training[:, TERMS.index(term)]
            if len(column) and np.isfinite(column[0]):
                values += [float(np.nanmin(column)), float(np.nanmax(column))]
            values += [getattr(entry, term) for entry in self._history.drawn_evaluations]
        known = [value for value in values if value is not None and np.isfinite(value)]
        return (min(known), max(known)) if known else (np.nan, np.nan)

    def _add_curves(self, pane: CurvePane, term: str) -> None:
        colour = QColor(TERM_COLOURS[term])
        faint = QColor(colour)
        faint.setAlpha(110)
        self._train[term] = pane.plot(pen=pyqtgraph.mkPen(faint, width=1))
        self._test[term] = pane.plot(
            pen=pyqtgraph.mkPen(colour, width=2), symbol="o", symbolSize=5, symbolBrush=colour, symbolPen=None
        )

    def _place_curves(self, model: ModelConfig) -> None:
        """Part by unit: the likelihood's in one pane, nats of KL in the other; units never share an axis."""
        self._model = model
        self._panes[0].setLabel("left", translated(model.judged_by.unit))
        for pane, pane_terms in zip(self._panes, _terms_of_panes(model), strict=True):
            names = ", ".join(self._names[term] for term in pane_terms)
            pane.setAccessibleName(self.tr("Learning curves: {terms}").format(terms=names))
        self._panes[1].setVisible(model.traits.is_variational)
        terms = _terms_of_panes(model)
        if terms == self._terms:
            return
        self._terms = terms
        for pane, pane_terms in zip(self._panes, terms, strict=True):
            for curve in pane.listDataItems():
                pane.removeItem(curve)
            for term in pane_terms:
                self._add_curves(pane, term)

    @Slot(object)
    def _read_at(self, place: QPointF) -> None:
        """Put the cross-hair under the mouse and read the values there."""
        pane = next((pane for pane in self._panes if pane.scene() is self.sender()), None)
        inside = pane is not None and pane.sceneBoundingRect().contains(place) and len(self._history.training) > 0
        for line in self._cross_hairs:
            line.setVisible(inside)
        if not inside:
            self._show_newest()
            return
        x = pane.getViewBox().mapSceneToView(place).x()
        step = int(np.clip(round(x), 1, len(self._history.training)))
        for line in self._cross_hairs:
            line.setValue(step)
        row = self._history.training[step - 1]
        earlier = [entry for entry in self._history.evaluations if entry.step <= step]
        note = self.tr("step {step} · batch / test").format(step=f"{step:,}")
        self._show_values(note, row, earlier[-1] if earlier else None)

    def leaveEvent(self, event: QEvent) -> None:
        self._hide_cross_hairs()
        self._show_newest()

    def _hide_cross_hairs(self) -> None:
        for line in self._cross_hairs:
            line.hide()

    def _show_newest(self) -> None:
        rows = self._history.training
        self._show_values(self.tr("batch / test"), rows[-1] if len(rows) else None, self._history.last_evaluation)

    def _show_values(self, note: str, row: np.ndarray | None, evaluation: object) -> None:
        if row is None and evaluation is None:
            self._readout.set_text(self.tr("Train a model, and the losses of batches and test set appear here."))
            return
        parts = []
        for column, term in enumerate(TERMS):
            if term == "kl" and not self._model.traits.is_variational:
                continue
            name = f'<span style="color:{TERM_COLOURS[term]}">●</span>&nbsp;{_unbroken(self._name(term))}'
            train = None if row is None or np.isnan(row[column]) else float(row[column])
            test = None if evaluation is None else getattr(evaluation, term)
            if train is not None or test is not None:
                shown = " / ".join("–" if value is None else f"{value:.2f}" for value in (train, test))
                parts.append(f"{name}&nbsp;<b>{_unbroken(shown)}</b>")
            else:
                parts.append(name)
        self._readout.set_text("&nbsp;&nbsp; ".join([*parts, _unbroken(note)]))

    def _name(self, term: str) -> str:
        """A term's name; one that is measured but has no weight in the loss says so."""
        traits = self._model.traits
        weights = {"reconstruction": traits.reconstruction_weight, "kl": traits.kl_weight}
        name = self._names[term]
        return self.tr("{name} (weight 0)").format(name=name) if weights.get(term) == 0 else name

    @Slot(bool)
    def _set_log(self, on: bool) -> None:
        if self._log.isEnabled():
            self._wants_log = on
        for pane in self._panes:
            pane.set_log(on)
        self.fit()

    def _allow_log(self, allowed: bool) -> None:
        """Offer a logarithmic axis, or take it back where a loss has none, until another run is shown."""
        tip = self.tr("Draw the losses on a logarithmic axis: late progress becomes visible. (Ctrl+L)")
        if not allowed:
            tip = self.tr("A loss of this run is 0 or less, which has no logarithm.")
        self._log.setToolTip(tip)
        if allowed != self._log.isEnabled():
            self._log.setEnabled(allowed)
            self._log.setChecked(allowed and self._wants_log)

    def _lay_out(self) -> None:
        self._panes[1].setLabel("left", self.tr("nats / image"))
        top = QHBoxLayout()
        top.addWidget(self._readout, 1)
        top.addWidget(self._log)
        fit = QToolButton(text=self.tr("Fit"))
        fit.setObjectName("fitCurvesButton")
        fit.setAccessibleName(self.tr("Fit the learning curves"))
        fit.setToolTip(self.tr("Show the curves whole again. Wheel and drag: zoom and pan along the steps."))
        fit.clicked.connect(self.fit)
        top.addWidget(fit)
        panes = QHBoxLayout()
        panes.setSpacing(SPACING)
        panes.addWidget(self._panes[0], 3)
        panes.addWidget(self._panes[1], 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACING, 0, SPACING, SPACING)
        layout.setSpacing(SPACING // 2)
        layout.addLayout(top)
        layout.addLayout(panes, 1)


def _terms_of_panes(model: ModelConfig) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The terms in the likelihood's unit, and those in nats of KL; a total without reconstruction is one of these."""
    if model.traits.reconstruction_weight == 0:
        return ("reconstruction",), ("total", "kl")
    return ("total", "reconstruction"), ("kl",)


def _unbroken(text: str) -> str:
    """Rich text that stays on one line."""
    return text.replace(" ", "&nbsp;")
