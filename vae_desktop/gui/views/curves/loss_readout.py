"""The figures above the loss curves: of the newest step, or of the one under the mouse."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QApplication, QWidget

from vae_desktop.gui.views.curves.curve import Curve
from vae_desktop.gui.widgets.controls import explain
from vae_desktop.gui.widgets.labels import SteadyLabel
from vae_desktop.gui.widgets.terms import with_terms
from vae_desktop.gui.widgets.theme import small_font, tabular
from vae_desktop.language import tr
from vae_desktop.training.history import TERMS

_LARGE = 1e6  # from which on a loss is written in powers of ten
_BETWEEN = "&nbsp;&nbsp; "
_BETWEEN_CHINESE = re.compile("(?<=[\u2e80-\uffef])|(?=[\u2e80-\uffef])")


class LossReadout(SteadyLabel):
    """Writes the values of batch and test set beside the colour of each curve."""

    def __init__(self, lines: int, parent: QWidget | None = None) -> None:
        super().__init__(tabular(small_font(QApplication.font())), lines, parent)
        self.label.setTextFormat(Qt.TextFormat.RichText)
        tip = tr(
            "Loss of that step's batch / of all test images, when they were last judged. While β warms up, a batch is "
            "weighed by the β reached, the test images by all of it."
        )
        explain(self, with_terms(tip, "loss", "reconstruction error", "KL divergence", "β", "nat"))

    def show_step(self, curves: Sequence[Curve], step: int) -> None:
        """Show the losses of the batch of a step, and of the test images as they were then."""
        figures = [
            (_at(curve.history.training, step - 1, curve.term), _tested(curve, step))
            if step > curve.first
            else (None, None)
            for curve in curves
        ]
        self._show(curves, figures, tr("step {step} · batch / test").format(step=f"{step:,}"))

    def show_newest(self, curves: Sequence[Curve], note: str = "") -> None:
        """Show the losses of the newest batch and of the newest evaluation, and a note on what they are."""
        figures = [(_at(curve.history.training, -1, curve.term), _tested(curve)) for curve in curves]
        if any(value is not None for pair in figures for value in pair):
            self._show(curves, figures, note or tr("batch / test"))
        else:
            self.set_text(tr("Train a model, and the losses of batches and test set appear here."))

    def _show(
        self, curves: Sequence[Curve], figures: Sequence[tuple[float | None, float | None]], note: str
    ) -> None:
        parts = []
        for curve, values in zip(curves, figures, strict=True):
            if curve.is_beyond:  # it is named already
                continue
            part = f'<span style="color:{curve.colour}">●</span>&nbsp;{_unbroken(curve.name)}'
            if any(value is not None for value in values):
                shown = " / ".join("–" if value is None else _number(value) for value in values)
                part += f"&nbsp;<b>{_unbroken(shown)}</b>"
            parts.append(part)
        self.set_text(_BETWEEN.join([*parts, _unbroken(note)]))

    def _shortened(self, text: str, width: int) -> str:
        """Leave out the last curves where there is no room for all of them; a cut within the markup would show none."""
        parts, line = text.split(_BETWEEN), QTextDocument()
        line.setDefaultFont(self.label.font())
        for count in range(len(parts), 0, -1):
            shown = _BETWEEN.join([*parts[:count], *(["…"] if count < len(parts) else [])])
            line.setHtml(shown)
            if line.idealWidth() - 2 * line.documentMargin() <= width:
                return shown
        return super()._shortened(text, width) if len(parts) == 1 else parts[0]


def _number(value: float) -> str:
    """With two decimals, or in powers of ten where it is very large."""
    return f"{value:.2f}" if abs(value) < _LARGE else f"{value:.1e}".replace("e+", "e")


def _at(training: np.ndarray[Any, Any], place: int, term: str) -> float | None:
    """The value of a term in a row of the losses of batches, or None where it has none."""
    if not -len(training) <= place < len(training):
        return None
    value = float(training[place, TERMS.index(term)])
    return None if np.isnan(value) else value


def _tested(curve: Curve, step: int | None = None) -> float | None:
    """The newest value of the test images, up to a step."""
    earlier = [entry for entry in curve.history.evaluations if step is None or entry.step <= step]
    return getattr(earlier[-1], curve.term) if earlier else None


def _unbroken(text: str) -> str:
    """Rich text that stays on one line; between Chinese characters too, where Qt would break it anywhere."""
    return _BETWEEN_CHINESE.sub("\u2060", text).replace(" ", "&nbsp;")
