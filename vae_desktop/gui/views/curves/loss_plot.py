"""Live loss curves of one to four models: total, reconstruction and KL, for training batches and the test set."""

import time
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QSignalBlocker, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from vae_desktop.config import ModelConfig
from vae_desktop.gui.views.curves.curve import GRADIENT, Curve, Mark
from vae_desktop.gui.views.curves.curve_pane import CurvePane
from vae_desktop.gui.views.curves.loss_readout import LossReadout
from vae_desktop.gui.views.curves.losses import Losses, curves_of, marks_of, term_names
from vae_desktop.gui.views.curves.units import panes_of_one, panes_of_several
from vae_desktop.gui.widgets.controls import action, column, named, row
from vae_desktop.gui.widgets.terms import with_terms
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.language import tr
from vae_desktop.progress import Pacer
from vae_desktop.training.history import TERMS, History

_TERMS = {"total": "loss", "reconstruction": "reconstruction error", "kl": "KL divergence", GRADIENT: "gradient"}
_INTERVAL, _FRACTION = 0.2, 0.04  # of redrawing, in seconds and of the time


class LossPlot(QWidget):
    """Draws histories, each unit in a pane of its own; redrawing is spaced by what it costs, so long runs stay quick.

    The curves of a single model have the colours of the terms of its loss, those of several models a colour for each
    model. A fork is drawn with those that it comes from, as models side by side are: what they share is the parent's.

    Parameters
    ----------
    compares : bool
        The plot is for models side by side: it begins with a logarithmic axis, and has names of its own.

    Attributes
    ----------
    readout : LossReadout
        The figures above the curves.
    log, gradient, spikes, parents, whole : QAction
        Entries of the context menu: a logarithmic axis, a plot of the gradient's norm, an axis that reaches every
        value, the curves of those that a fork comes from, and the curves whole again.
    marks : tuple of Mark
        The changes of settings that are marked.
    """

    step_chosen = Signal(int)  # by a click on the curves

    def __init__(self, compares: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._compares = compares
        self._given: tuple[Losses, ...] = ()
        self._models: tuple[Losses, ...] = ()  # of these, those that are drawn
        self._playhead: int | None = None
        self._pacer = Pacer(_INTERVAL, _FRACTION)
        self._later = QTimer(self, singleShot=True)
        self._later.timeout.connect(self.redraw)
        self._all_panes: list[CurvePane] = []  # some out of use
        self.panes: list[CurvePane] = []
        self.marks: tuple[Mark, ...] = ()
        self.readout = LossReadout(lines=1 if compares else 2)
        self._wants_log = compares
        label = tr("Learning curves of all models") if compares else tr("Learning curves")
        named(self, "comparisonCurves" if compares else "lossPlot", label)
        self._add_actions()
        self._row = row(spacing=SPACING // 2 if compares else SPACING)
        margins = (0, 0, 0, 0) if compares else (SPACING, 0, SPACING, SPACING)
        column(self.readout, (self._row, 1), spacing=SPACING // 2, margins=margins, on=self)
        self._explain_log()
        self.set_models(() if compares else (Losses("", ModelConfig(), History()),))

    def _add_actions(self) -> None:
        """Fill the context menu, whose entries the window's menu has too."""
        names = ("comparisonLogCheck", "comparisonGradientCheck", "comparisonSpikesCheck", "fitComparisonButton")
        if not self._compares:
            names = ("logScaleCheck", "gradientCheck", "spikesCheck", "fitCurvesButton")
        log, gradient, spikes, whole = names
        text = tr("&Log scale")
        self.log = action(self, log, text, keys="Ctrl+L", then=self._set_log, is_on=self._compares)
        tip = tr(
            "Show how large the gradient is (its L2 norm along all weights), as it is told while a model trains: a "
            "step moves the weights against it. No file keeps it."
        )
        self.gradient = action(self, gradient, tr("&Gradient"), tip, then=self._draw_given, is_on=False)
        tip = tr("Let the axis reach every value, also a single spike far above the others.")
        self.spikes = action(self, spikes, tr("All &spikes"), tip, then=self._show_spikes, is_on=False)
        tip = tr("Show the curves whole again. Wheel and drag: zoom and pan along the steps.")
        self.whole = action(self, whole, tr("&Fit"), tip, then=self.fit)
        tip = tr("Show a fork beside the model that it comes from: what they share, and what each went on to.")
        name = "comparisonParentsCheck" if self._compares else "parentsCheck"
        self.parents = action(self, name, tr("&Parent of a fork"), tip, then=self._draw_given, is_on=True)
        self.parents.setEnabled(False)
        # Side by side there is room for the losses only, and for those models.
        own = () if self._compares else (self.gradient, self.parents)
        self.addActions([self.log, *own, self.spikes, self.whole])
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def set_models(self, models: Sequence[Losses]) -> None:
        """Show the curves of these models; in a plot of one model, those after the first are where it comes from."""
        same = tuple(takewhile(lambda entry: _units(entry.model) == _units(models[0].model), models))
        self._given = tuple(models) if self._compares else same  # others would crowd it with panes of their own
        self.parents.setEnabled(not self._compares and len(self._given) > 1)
        self._draw_given()

    @Slot()
    def _draw_given(self) -> None:
        shows_all = self._compares or self.parents.isChecked()
        self._models = models = self._given if shows_all else self._given[:1]
        configs = [entry.model for entry in models]
        contents = panes_of_one(configs[0]) if len(models) == 1 else panes_of_several(configs)
        if self.gradient.isChecked() and models:
            contents.append((tr("gradient norm"), [(index, GRADIENT) for index in range(len(models))]))
        while len(self._all_panes) < len(contents):
            self._add_pane()
        self.panes = self._all_panes[: len(contents)]
        for place, pane in enumerate(self._all_panes):
            pane.setVisible(place < len(contents))
        for place, (pane, content) in enumerate(zip(self.panes, contents, strict=True)):
            self._fill(pane, *content)
            self._row.setStretch(place, 3 if len(models) == 1 and place == 0 else 2)
        self._rest()
        self._apply_log()

    @Slot()
    def fit(self) -> None:
        """Show the curves whole, and go on doing so while they grow."""
        for pane in self.panes:
            pane.fit()
        self.redraw()

    @Slot()
    def refresh(self) -> None:
        """Draw what the histories have gained, at once or when its turn comes."""
        if self._pacer.is_due(time.monotonic()):
            self.redraw()
        elif not self._later.isActive():
            self._later.start(round(1000 * _INTERVAL))

    @Slot()
    def redraw(self) -> None:
        """Draw the histories as they are now."""
        if not self.isVisible():
            return
        began = time.monotonic()
        steps = max((len(entry.history.training) for entry in self._models), default=0)
        is_lost = any(pane.is_log and not pane.can_be_log() for pane in self.panes)
        if is_lost or self.log.isEnabled() != self._can_be_log():
            self._apply_log()
        else:
            for pane in self.panes:
                pane.draw(steps)
        self._show_marks()
        if not any(pane.step for pane in self.panes):
            self._show_newest()
        self._pacer.ran(began, time.monotonic())

    def set_playhead(self, step: int | None) -> None:
        """Have the cross-hair rest at the step that the models are shown at, or nowhere."""
        if step != self._playhead:
            self._playhead = step
            self._rest()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.redraw()

    def leaveEvent(self, event: QEvent) -> None:
        self._rest()

    def _add_pane(self) -> None:
        pane = CurvePane()
        pane.scene().sigMouseMoved.connect(self._read_at)
        pane.scene().sigMouseClicked.connect(self._choose_step)
        pane.recoloured.connect(self._show_marks)
        pane.spike.clicked.connect(self.spikes.trigger)
        pane.shows_spikes = self.spikes.isChecked()
        if self._all_panes:
            pane.setXLink(self._all_panes[0])
        self._all_panes.append(pane)
        self._row.addWidget(pane)

    def _fill(self, pane: CurvePane, unit: str, entries: list[tuple[int, str]]) -> None:
        """Let a pane show a term each of some models, whose values have one unit."""
        is_alone, names = len(self._models) == 1, term_names()
        terms = ", ".join(dict.fromkeys(names[term] for _, term in entries))
        if is_alone:
            about, axis = terms, unit
        else:
            title = tr("Total loss") if entries[0][1] == "total" else terms
            about = f"{title}, {unit}; " + ", ".join(self._models[place].name for place, _ in entries)
            axis = f"{title}, {unit}"
        pane.setAccessibleName(tr("Learning curves: {terms}").format(terms=about))
        no_gradient = tr("It is told while a model trains, and no file keeps it: continue the training to see it.")
        pane.hint.setText(no_gradient if entries[0][1] == GRADIENT else "")
        pane.setLabel("left", axis)
        pane.getAxis("left").setToolTip(with_terms(about, *dict.fromkeys(_TERMS[term] for _, term in entries)))
        pane.setLabel("bottom", tr("training step"))
        pane.set_curves(unit, list(curves_of(self._models, entries, not self._compares)), is_alone)

    @Slot()
    def _show_marks(self) -> None:
        self.marks = marks_of(self._models)
        for pane in self.panes:
            pane.set_marks(self.marks, pane is self.panes[0])

    @Slot(object)
    def _read_at(self, place: QPointF) -> None:
        """Put the cross-hair under the mouse and read the values there."""
        pane = next((pane for pane in self.panes if pane.scene() is self.sender()), None)
        last = max((len(entry.history.training) for entry in self._models), default=0)
        if pane is None or not last or not pane.sceneBoundingRect().contains(place):
            self._rest()
        else:
            x = pane.getViewBox().mapSceneToView(place).x()
            self._point_at(int(np.clip(round(x), 1, last)), pane)

    def _rest(self) -> None:
        """Nobody points at a step: read the values at the playhead, or the newest."""
        self._point_at(self._playhead, self.panes[0] if self.panes else None)

    @Slot(object)
    def _choose_step(self, event: Any) -> None:
        """A click, which no mark has taken, chooses the step under the cross-hair."""
        step = next((pane.step for pane in self.panes if pane.step is not None), None)
        if step is not None and event.button() == Qt.MouseButton.LeftButton and not event.isAccepted():
            self.step_chosen.emit(step)

    def _point_at(self, step: int | None, pane: CurvePane | None = None) -> None:
        for other in self.panes:
            other.show_step(step)
        if step is None or pane is None:
            self._show_newest()
            return
        self.readout.show_step(self._curves() if len(self._models) == 1 else pane.curves, step)

    def _show_newest(self) -> None:
        if len(self._models) == 1:
            self.readout.show_newest(self._curves())
        elif not self._compares:
            note = tr("total · batch / test · dashed: what a parent went on to")
            self.readout.show_newest(self.panes[0].curves, note)
        elif self._models:
            curves = {curve.name: curve for pane in reversed(self.panes) for curve in pane.curves}
            named = [curves[entry.name] for entry in self._models if entry.name in curves]
            self.readout.show_newest(named, tr("pale: batches, strong: test images"))
        else:
            self.readout.set_text("")

    def _curves(self) -> list[Curve]:
        curves = [curve for pane in self.panes for curve in pane.curves if curve.term in TERMS]
        return sorted(curves, key=lambda curve: TERMS.index(curve.term))

    @Slot(bool)
    def _show_spikes(self, on: bool) -> None:
        for pane in self._all_panes:
            pane.shows_spikes = on
        self.fit()

    @Slot(bool)
    def _set_log(self, on: bool) -> None:
        if self.log.isEnabled():
            self._wants_log = on
        self._apply_log()

    def _can_be_log(self) -> bool:
        """Whether a pane in the unit of a likelihood has a logarithm; a KL divergence always does."""
        losses = [pane for pane in self.panes if pane.curves[-1].term not in ("kl", GRADIENT)]
        return not losses or any(pane.can_be_log() for pane in losses)

    def _apply_log(self) -> None:
        """Offer a logarithmic axis, or take it back where a loss has none, until other models are shown."""
        allowed = self._can_be_log()
        if allowed != self.log.isEnabled():
            self.log.setEnabled(allowed)
            with QSignalBlocker(self.log):
                self.log.setChecked(allowed and self._wants_log)
            self._explain_log()
        for pane in self.panes:
            pane.set_log(self.log.isChecked() and pane.can_be_log())
        self.fit()

    def _explain_log(self) -> None:
        tip = tr("Draw the losses on a logarithmic axis: late progress becomes visible.")
        if self._compares:
            tip = tr("Draw the losses on a logarithmic axis: models far apart can be seen together.")
        if not self.log.isEnabled():
            tip = tr("A loss of this run is 0 or less, which has no logarithm.")
        self.log.setToolTip(tip)
        self.log.setStatusTip(tip)


def _units(model: ModelConfig) -> tuple[str, float]:
    """What makes the losses of two models comparable: the unit of the error, and whether it counts."""
    return model.judged_by.unit, model.traits.reconstruction_weight
