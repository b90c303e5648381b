"""Marks on curves where a setting was changed while training."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyqtgraph
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from vae_desktop.config import TrainingConfig
from vae_desktop.gui.widgets.choice_box import translated
from vae_desktop.settings import settings_of
from vae_desktop.training.history import Change

_MOST = 30  # marks; older ones are left out, and more could not be told apart
_LABELS = {name: entry.label for name, entry, _ in settings_of(TrainingConfig)}


@dataclass(frozen=True)
class Mark:
    """A change of a setting, and the colour of the model whose it was."""

    change: Change
    colour: str


def marked(changes: Sequence[Change]) -> list[Change]:
    """Those of the changes that bend a curve."""
    return [change for change in changes if change.name in ("beta", "learning_rate")]


class ChangeMarks:
    """Draws a line with the new value across each of some plots, at the step from which it held."""

    def __init__(self, panes: Sequence[pyqtgraph.PlotWidget] = ()) -> None:
        self._panes = panes
        self._marks: tuple[Mark, ...] = ()
        self._lines: list[tuple[pyqtgraph.PlotWidget, pyqtgraph.InfiniteLine]] = []

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What is marked."""
        return self._marks

    def set_marks(self, marks: Sequence[Mark]) -> None:
        """Show the newest of these marks, which are written on the first plot only."""
        marks = tuple(marks)[-_MOST:]
        if self._marks != marks[: len(self._marks)]:  # else there are only new ones
            for pane, line in self._lines:
                pane.removeItem(line)
            self._marks, self._lines = (), []
        for number, mark in enumerate(marks[len(self._marks) :], len(self._marks)):
            for place, pane in enumerate(self._panes):
                line = self._line(mark, number, is_labelled=place == 0)
                pane.addItem(line, ignoreBounds=True)
                self._lines.append((pane, line))
        self._marks = marks

    def _line(self, mark: Mark, number: int, is_labelled: bool) -> pyqtgraph.InfiniteLine:
        colour = QColor(mark.colour)
        name = translated(_LABELS[mark.change.name]).partition(" (")[0]
        text = f"{name} {mark.change.value:g}" if is_labelled else None
        height = 0.95 - 0.12 * (number % 4)  # neighbours do not cover one another
        return pyqtgraph.InfiniteLine(
            pos=mark.change.step,
            angle=90,
            pen=pyqtgraph.mkPen(colour, width=1, style=Qt.PenStyle.DotLine),
            label=text,
            labelOpts={"position": height, "color": colour, "anchors": [(1, 0.5), (1, 0.5)]},
        )
