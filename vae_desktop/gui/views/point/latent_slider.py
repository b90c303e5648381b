"""A slider for one latent dimension, in the latent space's own units."""

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QEnterEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QToolButton, QWidget

from vae_desktop.gui.views.point.slider_groove import SliderGroove
from vae_desktop.gui.widgets.controls import explain, named, row
from vae_desktop.gui.widgets.number_field import NumberField
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.language import tr
from vae_desktop.latent.codes import Floats, Picture

_EXACT = 1e-9  # in latent units; the entry keeps twelve places


class LatentSlider(QWidget):
    """Name, information, handle, typed value and lock of a coordinate; the value is exact, whatever is shown.

    The lock is seen where it matters: if it is closed, or while the mouse or the keyboard is here.
    """

    value_changed = Signal(float)  # by the person or by setValue
    lock_toggled = Signal(bool)
    pointed = Signal(bool)  # whether the mouse is here

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAutoFillBackground(True)  # what lies under it is not painted for it
        self._minimum, self._maximum, self._value = -3.0, 3.0, 0.0
        self._is_behind = False  # what is shown is not the value
        self._is_lit = False
        self.head = SliderHead(name)
        self.groove = SliderGroove(name)
        tip = tr(
            "<p>Move the current point along {name}. The pictures are what the decoder draws there.</p>"
            "<p>Arrow keys and wheel: small steps. Right-click or double-click: 0.</p>"
        )
        explain(self.groove, tip.format(name=name))
        text = tr("Value of {name}").format(name=name)
        tip = tr("Type a value for {name}, also one outside the slider's range.").format(name=name)
        self._entry = NumberField(
            "", text, tip, (-1e6, 1e6), decimals=2, step=0.1, rounds=True, has_buttons=False
        )
        self._entry.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._entry.setFixedWidth(58)
        tip = tr("Hold {name} where it is: nothing moves the point along it, Randomise neither.")
        locks = tr("Lock {name}").format(name=name)
        self.lock = named(_Lock(), "", locks, f"{tip.format(name=name)} (L)")
        row(self.head, (self.groove, 1), self._entry, self.lock, spacing=SPACING // 2, on=self)
        self.setFocusProxy(self.groove)
        self.groove.valueChanged.connect(self._handle_moved)
        self.groove.zero_requested.connect(self._zero)
        self._entry.valueChanged.connect(self.setValue)
        self.lock.toggled.connect(self.lock_toggled)
        self.lock.hide()
        self._show()

    def value(self) -> float:
        return self._value

    def minimum(self) -> float:
        return self._minimum

    def maximum(self) -> float:
        return self._maximum

    @Slot(float)
    def setValue(self, value: float) -> None:
        """Move to a value in latent units; one outside the range widens it."""
        if self._follow(float(value)):
            self.value_changed.emit(self._value)

    def follow(self, value: float) -> None:
        """Show where the current point is, without asking to move it; codes have 32 bits, a value of its own 64."""
        if np.float32(value) != np.float32(self._value):
            self._follow(value)

    def set_range(self, minimum: float, maximum: float) -> None:
        """Cover the codes that really occur, and the value."""
        minimum, maximum = min(minimum, self._value), max(maximum, self._value)
        if (minimum, maximum) != (self._minimum, self._maximum):
            self._minimum, self._maximum = minimum, maximum
            self._show()

    def set_locked(self, is_locked: bool) -> None:
        """Show whether the coordinate is held."""
        with QSignalBlocker(self.lock):
            self.lock.setChecked(is_locked)
        self.show_lock()
        self.groove.setEnabled(not is_locked)
        self._entry.setEnabled(not is_locked)

    def show_lock(self) -> None:
        """Show the lock if it is closed or at hand."""
        focused = QApplication.focusWidget()
        has_focus = focused is not None and self.isAncestorOf(focused)
        self.lock.setVisible(self.lock.isChecked() or self.underMouse() or has_focus)
        # The key L closes it; closed it is the one part of the row that can have the keyboard.
        policies = Qt.FocusPolicy
        self.lock.setFocusPolicy(policies.StrongFocus if self.lock.isChecked() else policies.ClickFocus)

    def set_lit(self, is_lit: bool) -> None:
        """Stand out, or no longer."""
        if is_lit != self._is_lit:
            self._is_lit = is_lit
            self.update()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.show_lock()
        self.pointed.emit(True)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.show_lock()
        self.pointed.emit(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_L and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            self.lock.toggle()
            (self.lock if self.lock.isChecked() else self.groove).setFocus()
        else:
            super().keyPressEvent(event)

    def frames(self) -> Floats:
        """Values (n,) whose pictures the latent traversal in the groove is made of."""
        return self._minimum + (self._maximum - self._minimum) * self.groove.frame_fractions()

    def set_traversal(self, pictures: Picture) -> None:
        """Show the pictures (n, h, w, C), uint8, of the frames' values."""
        self.groove.set_traversal(np.concatenate(list(pictures), axis=1))

    def paintEvent(self, event: QPaintEvent) -> None:
        # A slider that was out of sight while the point moved catches up when it is seen: 128 of them stay quick.
        if self._is_behind:
            self._show()
        if self._is_lit:
            colour = self.palette().accent().color()
            colour.setAlphaF(0.25)
            painter = QPainter(self)
            painter.fillRect(self.rect(), colour)
            painter.end()

    def _follow(self, value: float) -> bool:
        if value == self._value:
            return False
        self._value = value
        self._minimum, self._maximum = min(self._minimum, value), max(self._maximum, value)
        if self.visibleRegion().isEmpty():
            self._is_behind = True
            self.update()
        else:
            self._show()
        return True

    def _show(self) -> None:
        self._is_behind = False
        with QSignalBlocker(self.groove), QSignalBlocker(self._entry):
            self.groove.cover(self._minimum, self._maximum)
            self.groove.setValue(self.groove.position_of(self._value))
            if abs(self._entry.value() - self._value) > _EXACT:  # else it would undo what is being typed
                self._entry.setValue(self._value)

    @Slot(int)
    def _handle_moved(self, tick: int) -> None:
        self.setValue(min(max(self.groove.value_of(tick), self._minimum), self._maximum))

    @Slot()
    def _zero(self) -> None:
        self.setValue(0.0)


class SliderHead(QWidget):
    """The name of a dimension over a bar of how much it says."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self.setAccessibleName(name)
        self.fraction = 0.0
        self.is_active = True
        self.setFixedWidth(30)

    def set_information(self, fraction: float, is_active: bool, tip: str) -> None:
        """Show how much the dimension says, as a fraction of what the most telling one does."""
        self.setToolTip(tip)
        self.setAccessibleName(f"{self._name}, {tip}")
        if (fraction, is_active) != (self.fraction, self.is_active):
            self.fraction, self.is_active = fraction, is_active
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        palette = self.palette()
        muted = palette.placeholderText().color()
        painter.setPen(palette.windowText().color() if self.is_active else muted)
        middle = self.height() / 2
        painter.drawText(QRectF(0, 0, self.width(), middle + 4), Qt.AlignmentFlag.AlignVCenter, self._name)
        bar = QRectF(0, middle + 6, self.width() - 4, 3)
        painter.fillRect(bar, palette.mid())
        bar.setWidth(bar.width() * min(max(self.fraction, 0.0), 1.0))
        painter.fillRect(bar, palette.highlight() if self.is_active else muted)
        painter.end()


class _Lock(QToolButton):
    """A padlock, closed where it is checked."""

    def __init__(self) -> None:
        super().__init__()
        self.setCheckable(True)
        self.setAutoRaise(True)
        self.setFixedWidth(20)
        policy = self.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # nothing moves when it comes
        self.setSizePolicy(policy)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        palette, is_closed = self.palette(), self.isChecked()
        colour = (palette.highlight() if is_closed else palette.placeholderText()).color()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate((self.width() - 14) // 2, (self.height() - 14) // 2)
        painter.setPen(QPen(colour, 1.5))
        lift = 0.0 if is_closed else -1.5
        painter.drawArc(QRectF(4.5, 2.0 + lift, 5, 7), 0, 180 * 16)
        for x in (4.5, 9.5) if is_closed else (4.5,):
            painter.drawLine(QPointF(x, 5.0 + lift), QPointF(x, 7.0))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRoundedRect(QRectF(3, 6.5, 8, 5.5), 1.5, 1.5)
        painter.end()
