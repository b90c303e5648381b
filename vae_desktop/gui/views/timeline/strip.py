"""The strip under the stage: the loss of a training in miniature, what was kept of it, and a playhead to be dragged."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from vae_desktop.gui.views.curves.value_range import good_part
from vae_desktop.gui.widgets.controls import named
from vae_desktop.gui.widgets.theme import TERM_COLOURS, current_theme
from vae_desktop.language import tr
from vae_desktop.latent.codes import Floats

_HEIGHT, _LEAST = 34, 72  # px, high and at least wide: what the smallest window has room for
_MARGIN = 7  # px at either end, for the playhead
_TICK = 4  # px high
_HANDLE = 4.5  # px, the playhead's radius
_RISE = 12  # px; so much higher than it is to be, about, a tooltip is asked for
_PERCENTILES = 1, 98  # of the losses, between which the curve is drawn; one spike would flatten the rest
_SAMPLE = 4096  # losses, from which they are taken


@dataclass(frozen=True, eq=False)
class Past:
    """What the strip shows of a training.

    Attributes
    ----------
    losses : array (n,), float32
        Of each step's batch.
    frames : sequence of int
        The steps that were kept, in their order.
    marks : sequence of int
        Steps at which a setting was changed.
    best : int, or None
        The kept step with the lowest loss on the test images.
    forks : sequence of int
        Steps at which a fork left it, or at which it left its parent.
    colour : str
        Of its curve.
    others : sequence of (str, array (m,))
        The colours and losses of the models beside it.
    are_of_one_unit : bool
        Whether the losses of those beside it are in the unit of its own; if not, each curve has a scale of its own.
    """

    losses: Floats = field(default_factory=lambda: np.empty(0, np.float32))
    frames: Sequence[int] = ()
    marks: Sequence[int] = ()
    best: int | None = None
    forks: Sequence[int] = ()
    colour: str = TERM_COLOURS["total"]
    others: Sequence[tuple[str, Floats]] = ()
    are_of_one_unit: bool = True

    @property
    def landmarks(self) -> list[int]:
        """The kept steps that are nearest to a change, to a fork or to the best."""
        wanted = [*self.marks, *self.forks, *(() if self.best is None else (self.best,))]
        return sorted({min(self.frames, key=lambda kept: abs(kept - step)) for step in wanted if self.frames})

    @property
    def curves(self) -> list[tuple[str, Floats]]:
        """The colour and the losses of each model, its own the last."""
        return [*self.others, (self.colour, self.losses)]

    @property
    def last(self) -> int:
        """The last step there is to show."""
        return max(*(len(losses) for _, losses in self.curves), self.frames[-1] if self.frames else 0, 1)


class TimelineStrip(QWidget):
    """Paints the past of a training; a click or a drag points at a step, the wheel and the arrow keys at kept ones.

    Attributes
    ----------
    past : Past
    playhead : int, or None
        The step that is shown; None while it is the newest.
    """

    pointed = Signal(int)  # at a step, which need not have been kept
    live_wanted = Signal()
    play_wanted = Signal()  # or a pause, if it is playing

    def __init__(self) -> None:
        super().__init__()
        tip = tr(
            "The training so far. Drag or click: the whole window shows the model as it was then; the training itself "
            "goes on; at the right end is now. Wheel and arrow keys: to the next kept step; Page Up and Page Down: to "
            "the next change, the next fork, or the best; Home: the first; End: now; Space: play."
        )
        named(self, "timelineStrip", tr("Timeline"), tip)
        self.setFixedHeight(_HEIGHT)
        self.setMinimumWidth(_LEAST)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.past = Past()
        self.playhead: int | None = None
        self._curves: list[tuple[str, QPolygonF]] | None = None

    def set_past(self, past: Past) -> None:
        self.past, self._curves = past, None
        self.update()

    def set_playhead(self, step: int | None) -> None:
        if step != self.playhead:
            self.playhead = step
            self.update()

    def place_of(self, step: float) -> float:
        """Where a step is, in px from the left."""
        return _MARGIN + step / self.past.last * (self.width() - 2 * _MARGIN)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter = current_theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.accent if self.hasFocus() else theme.border), 1))
        painter.setBrush(QColor(theme.surface))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        if self._curves is None:
            self._curves = list(self._painted_curves())
        bottom = self.height() - 3.0
        ticks = QColor(theme.muted)
        ticks.setAlpha(150)
        painter.setPen(QPen(ticks, 1))
        for place in sorted({round(self.place_of(step)) for step in self.past.frames}):
            painter.drawLine(QPointF(place + 0.5, bottom - _TICK), QPointF(place + 0.5, bottom))
        for colour, curve in self._curves:
            painter.setPen(QPen(QColor(colour), 1.3))
            painter.drawPolyline(curve)
        painter.setPen(QPen(QColor(theme.text), 1, Qt.PenStyle.DotLine))
        for step in self.past.marks:
            painter.drawLine(QPointF(self.place_of(step), 3), QPointF(self.place_of(step), bottom))
        self._paint_forks(painter, bottom)
        self._paint_best(painter, bottom)
        self._paint_playhead(painter)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            QToolTip.hideText()
            self.pointed.emit(self._step_at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """At the right end is now."""
        if event.button() == Qt.MouseButton.LeftButton and event.position().x() >= self.width() - 1.5 * _MARGIN:
            self.live_wanted.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.pointed.emit(self._step_at(event.position().x()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.angleDelta().y():
            self._go(self.past.frames, 1 if event.angleDelta().y() < 0 else -1)
            event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        landmarks = self.past.landmarks
        keys = Qt.Key
        match event.key():
            case keys.Key_Left | keys.Key_Down:
                self._go(self.past.frames, -1)
            case keys.Key_Right | keys.Key_Up:
                self._go(self.past.frames, 1)
            case keys.Key_PageUp:
                self._go(landmarks, -1)
            case keys.Key_PageDown:
                self._go(landmarks, 1)
            case keys.Key_Home if self.past.frames:
                self.pointed.emit(self.past.frames[0])
            case keys.Key_Space if not event.isAutoRepeat():
                self.play_wanted.emit()
            case keys.Key_End:
                self.live_wanted.emit()
            case _:
                super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Say which step lies under the mouse, below the strip: its help would cover what is dragged at."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and self.past.frames:
            step = self._step_at(event.pos().x())
            losses = self.past.losses
            text = tr("step {step}").format(step=f"{step:,}")
            if 0 < step <= len(losses):
                text = tr("step {step}: loss {loss}").format(step=f"{step:,}", loss=f"{losses[step - 1]:.4g}")
            QToolTip.showText(self.mapToGlobal(QPoint(event.pos().x(), self.height() - _RISE)), text, self)
            return True
        return super().event(event)

    def resizeEvent(self, event: object) -> None:
        self._curves = None

    def _step_at(self, x: float) -> int:
        fraction = (x - _MARGIN) / max(self.width() - 2 * _MARGIN, 1)
        return round(min(max(fraction, 0.0), 1.0) * self.past.last)

    def _go(self, steps: Sequence[int], direction: int) -> None:
        """To the next of these steps, or the one before; after the last of the kept ones comes now."""
        at = self.past.last if self.playhead is None else self.playhead
        if direction < 0:
            place = bisect_left(steps, at) - 1
            if place >= 0:
                self.pointed.emit(steps[place])
        elif self.playhead is not None:
            place = bisect_right(steps, at)
            if place < len(steps):
                self.pointed.emit(steps[place])
            else:
                self.live_wanted.emit()

    def _painted_curves(self) -> Iterator[tuple[str, QPolygonF]]:
        """Yield the colour and the curve of each model, all on one scale if their losses have one unit."""
        ranges = [_range_of(losses) for _, losses in self.past.curves]
        if self.past.are_of_one_unit and any(ranges):
            lows, highs = zip(*filter(None, ranges), strict=True)
            ranges = [(min(lows), max(highs)) if limits else None for limits in ranges]
        for (colour, losses), limits in zip(self.past.curves, ranges, strict=True):
            if limits is not None:
                yield colour, self._painted_curve(losses, *limits)

    def _painted_curve(self, losses: Floats, low: float, high: float) -> QPolygonF:
        """A point for each px, one of the losses there, between two values."""
        last = self.past.last
        columns = max(2, min(self.width() - 2 * _MARGIN, len(losses)))
        edges = np.linspace(0, len(losses), columns + 1).astype(int)
        starts = edges[:-1]
        # One of each column is enough, and takes no loop: the noise of batches is a part of the picture.
        values = losses[np.minimum((starts + edges[1:]) // 2, len(losses) - 1)]
        top, room = 5.0, self.height() - 14.0
        levels = np.clip((values - low) / max(high - low, 1e-9), 0, 1)
        places = _MARGIN + (starts + 0.5) / last * (self.width() - 2 * _MARGIN)
        return QPolygonF([
            QPointF(x, top + room * (1 - level))
            for x, level in zip(places.tolist(), levels.tolist(), strict=True)
            if np.isfinite(level)
        ])

    def _paint_forks(self, painter: QPainter, bottom: float) -> None:
        """A branch that leaves upwards to the right."""
        painter.setPen(QPen(QColor(current_theme().text), 1.3))
        for step in self.past.forks:
            x = self.place_of(step)
            painter.drawLine(QPointF(x, bottom), QPointF(x, bottom - 12))
            painter.drawLine(QPointF(x, bottom - 5), QPointF(x + 5, bottom - 10))
            painter.drawEllipse(QPointF(x + 5, bottom - 11), 1.5, 1.5)

    def _paint_best(self, painter: QPainter, bottom: float) -> None:
        if self.past.best is None:
            return
        x = self.place_of(self.past.best)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(current_theme().accent))
        painter.drawPolygon(QPolygonF([QPointF(x, bottom - 7), QPointF(x - 4, bottom), QPointF(x + 4, bottom)]))

    def _paint_playhead(self, painter: QPainter) -> None:
        theme, is_live = current_theme(), self.playhead is None
        x = self.place_of(self.past.last if self.playhead is None else self.playhead)
        painter.setPen(QPen(QColor(theme.muted if is_live else theme.accent), 1 if is_live else 2))
        painter.drawLine(QPointF(x, 2), QPointF(x, self.height() - 2))
        painter.setBrush(QColor(theme.surface if is_live else theme.accent))
        painter.drawEllipse(QPointF(x, 6), _HANDLE, _HANDLE)


def _range_of(losses: Floats) -> tuple[float, float] | None:
    """Between which values a curve is drawn; None where there are too few. What is ruined is cut off above the rest."""
    finite = losses[np.isfinite(losses)]
    if len(finite) < 2:
        return None
    low, high = np.percentile(good_part(finite[:: max(1, len(finite) // _SAMPLE)]), _PERCENTILES)
    return float(low), float(high)
