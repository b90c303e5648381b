"""Loss curves of several models in shared plots: a colour for each model, a plot for each unit."""

import time
from collections.abc import Sequence

import numpy as np
import pyqtgraph
from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from vae_desktop.engine.pacing import Pacer
from vae_desktop.engine.run import Run
from vae_desktop.gui.views.curves.change_marks import ChangeMarks, Mark, marked
from vae_desktop.gui.views.curves.curve_pane import CurvePane
from vae_desktop.gui.widgets.choice_box import translated
from vae_desktop.gui.widgets.theme import LIGHT, MODEL_COLOURS, SPACING, Theme, small_font
from vae_desktop.training.history import TERMS, Change

_INTERVAL, _SHARE = 0.25, 0.04  # of redrawing, in seconds and of the time
_FAINT = 70  # alpha of the curves of batches


class ComparisonCurves(QWidget):
    """Draws the histories of runs; units of different likelihoods never share a plot."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("comparisonCurves")
        self.setAccessibleName(self.tr("Learning curves of all models"))
        self._runs: tuple[Run, ...] = ()
        self._theme = LIGHT
        self._panes: list[_Pane] = []
        self._marks: ChangeMarks | None = None
        self._pacer = Pacer(_INTERVAL, _SHARE)
        self._later = QTimer(self, singleShot=True)
        self._later.timeout.connect(self.redraw)
        self._log = QCheckBox(self.tr("Log scale"))
        self._log.setObjectName("comparisonLogCheck")
        self._log.setChecked(True)
        self._log.setToolTip(self.tr("Draw the losses on a logarithmic axis: models far apart can be seen together."))
        self._log.toggled.connect(self._set_log)
        note = QLabel(self.tr("pale: batches, strong: test images"))
        note.setProperty("role", "muted")
        note.setFont(small_font(self.font()))
        top = QHBoxLayout()
        top.addWidget(note, 1)
        top.addWidget(self._log)
        self._row = QHBoxLayout()
        self._row.setSpacing(SPACING // 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING // 2)
        layout.addLayout(top)
        layout.addLayout(self._row, 1)

    @property
    def panes(self) -> list["_Pane"]:
        return self._panes

    @property
    def marks(self) -> tuple[Mark, ...]:
        return () if self._marks is None else self._marks.marks

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        for pane in self._panes:
            pane.set_theme(theme)

    def set_runs(self, runs: Sequence[Run]) -> None:
        """Show the curves of these runs."""
        self._runs = tuple(runs)
        for pane in self._panes:
            self._row.removeWidget(pane)
            pane.setParent(None)
            pane.deleteLater()
        self._panes = [_Pane(*content) for content in _contents(runs)]
        for pane in self._panes:
            pane.set_theme(self._theme)
            pane.setXLink(None if pane is self._panes[0] else self._panes[0])
            self._row.addWidget(pane)
        self._marks = ChangeMarks(self._panes)
        self._set_log(self._log.isChecked())

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
        steps = max((len(run.history.training) for run in self._runs), default=0)
        for pane in self._panes:
            pane.draw(steps)
        if self._marks is not None:
            colours: dict[Change, str] = {}
            for place, run in enumerate(self._runs):
                for change in set(marked(run.history.changes)):
                    # What was changed for all models at once has the colour of none.
                    colours[change] = self._theme.muted if change in colours else MODEL_COLOURS[place]
            changes = sorted(colours, key=lambda change: change.step)
            self._marks.set_marks([Mark(change, colours[change]) for change in changes])
        self._pacer.ran(began, time.monotonic())

    def showEvent(self, event: object) -> None:
        super().showEvent(event)
        self.redraw()

    @Slot(bool)
    def _set_log(self, on: bool) -> None:
        for pane in self._panes:
            pane.set_log(on and pane.allows_log)
            pane.fit()
        self.redraw()


class _Pane(CurvePane):
    """One term of those models whose values have one unit."""

    def __init__(self, term: str, title: str, unit: str, runs: Sequence[tuple[int, Run]]) -> None:
        super().__init__("")
        self.term, self.unit = term, unit
        self.setLabel("left", f"{title}, {unit}")
        names = ", ".join(run.name for _, run in runs)
        self.setAccessibleName(self.tr("Learning curves: {title}, {unit}; {models}").format(
            title=title, unit=unit, models=names
        ))
        # A density can exceed 1; its negative logarithm then has none.
        has_densities = any(run.config.model.likelihood == "gaussian-calibrated" for _, run in runs)
        self.allows_log = term == "kl" or not has_densities
        self.setMinimumHeight(70)
        self._column = TERMS.index(term)
        self._curves = []
        for place, run in runs:
            colour = QColor(MODEL_COLOURS[place])
            faint = QColor(colour)
            faint.setAlpha(_FAINT)
            self._curves.append(
                (
                    run,
                    self.plot(pen=pyqtgraph.mkPen(faint, width=1)),
                    self.plot(pen=pyqtgraph.mkPen(colour, width=2, style=Qt.PenStyle.SolidLine)),
                )
            )

    @property
    def runs(self) -> list[Run]:
        """Whose curves it shows."""
        return [run for run, _, _ in self._curves]

    def draw(self, steps: int) -> None:
        """Show the histories; room is made for so many steps."""
        lowest, highest = np.inf, -np.inf
        for run, batches, tests in self._curves:
            values = run.history.training[:, self._column]
            if len(values) and np.isfinite(values[0]):
                batches.setData(np.arange(1, len(values) + 1, dtype=np.float32), self._shown(values))
            evaluations = [entry for entry in run.history.drawn_evaluations if getattr(entry, self.term) is not None]
            tested = self._shown(np.array([getattr(entry, self.term) for entry in evaluations], np.float32))
            tests.setData(np.array([entry.step for entry in evaluations], float), tested)
            for part in (values, tested):
                known = part[np.isfinite(part)]
                known = known[known > _SMALLEST] if self._is_log else known
                if len(known):
                    lowest, highest = min(lowest, float(known.min())), max(highest, float(known.max()))
        if np.isfinite(lowest):
            self.follow(steps, lowest, highest)

    def _shown(self, values: np.ndarray) -> np.ndarray:
        """Values as they are drawn: on a logarithmic axis none is below the smallest that tells anything."""
        return np.maximum(values, _SMALLEST) if self._is_log else values


_SMALLEST = 1e-3  # nats; a collapsed model's KL divergence is some 1e-6


def _contents(runs: Sequence[Run]) -> list[tuple[str, str, str, list[tuple[int, Run]]]]:
    """(term, title, unit, models) of each plot: total and reconstruction of each likelihood, then KL."""
    numbered = list(enumerate(runs))
    result = []
    for term, title in (("total", "Total loss"), ("reconstruction", "Reconstruction")):
        units: dict[str, list[tuple[int, Run]]] = {}
        for place, run in numbered:
            if term == "total" and not run.config.model.traits.reconstruction_weight:
                continue  # KL alone: its total is its KL divergence
            units.setdefault(run.config.model.judged_by.unit, []).append((place, run))
        result += [(term, translated(title), translated(unit), models) for unit, models in units.items()]
    variational = [(place, run) for place, run in numbered if run.config.model.traits.is_variational]
    if variational:
        result.append(("kl", translated("KL"), translated("nats / image"), variational))
    return result
