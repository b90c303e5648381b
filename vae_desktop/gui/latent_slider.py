"""A slider for one latent dimension, in the latent space's own units."""

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QSlider, QWidget

from vae_desktop.gui.theme import SPACING, tabular

_TICKS = 2000  # positions of the handle


class LatentSlider(QWidget):
    """Name, handle and typed value of a coordinate; its value is exact, whatever the handle can show."""

    value_changed = Signal(float)  # by the person or by setValue

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._minimum, self._maximum, self._value = -3.0, 3.0, 0.0
        label = QLabel(name)
        label.setMinimumWidth(28)
        self._handle = _Handle(Qt.Orientation.Horizontal, minimum=0, maximum=_TICKS)
        self._handle.setPageStep(_TICKS // 10)
        self._handle.setSingleStep(_TICKS // 100)
        self._handle.setToolTip(
            self.tr("Move the current point along {name}. Arrow keys and wheel: small steps. Double-click: 0.").format(
                name=name
            )
        )
        self._handle.setAccessibleName(name)
        self._entry = QDoubleSpinBox(decimals=2, singleStep=0.1, keyboardTracking=False)
        self._entry.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        self._entry.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._entry.setRange(-1e6, 1e6)
        self._entry.setFont(tabular(self.font()))
        self._entry.setFixedWidth(68)
        tip = self.tr("Type a value for {name}, also one outside the slider's range.")
        self._entry.setToolTip(tip.format(name=name))
        self._entry.setAccessibleName(self.tr("Value of {name}").format(name=name))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING)
        layout.addWidget(label)
        layout.addWidget(self._handle, 1)
        layout.addWidget(self._entry)
        self.setFocusProxy(self._handle)
        self._handle.valueChanged.connect(self._handle_moved)
        self._handle.double_clicked.connect(self._zero)
        self._entry.valueChanged.connect(self.setValue)
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
        """Show where the current point is, without asking to move it."""
        self._follow(value)

    def set_range(self, minimum: float, maximum: float) -> None:
        """Cover the codes that really occur, and the value."""
        self._minimum, self._maximum = min(minimum, self._value), max(maximum, self._value)
        self._show()

    def _follow(self, value: float) -> bool:
        if value == self._value:
            return False
        self._value = value
        self._minimum, self._maximum = min(self._minimum, value), max(self._maximum, value)
        self._show()
        return True

    def _show(self) -> None:
        share = (self._value - self._minimum) / (self._maximum - self._minimum)
        with QSignalBlocker(self._handle), QSignalBlocker(self._entry):
            self._handle.setValue(round(share * _TICKS))
            if not self._entry.hasFocus() or self._entry.value() != round(self._value, 2):
                self._entry.setValue(self._value)

    @Slot(int)
    def _handle_moved(self, tick: int) -> None:
        self.setValue(self._minimum + (self._maximum - self._minimum) * tick / _TICKS)

    @Slot()
    def _zero(self) -> None:
        self.setValue(0.0)


class _Handle(QSlider):
    double_clicked = Signal()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.double_clicked.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        # A press anywhere in the groove goes there at once, and the drag goes on from there.
        if event.button() == Qt.MouseButton.LeftButton:
            self._go_to(event)
            self.setSliderDown(True)
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self._go_to(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.setSliderDown(False)

    def wheelEvent(self, event: QWheelEvent) -> None:
        # Without the focus the wheel scrolls the panel; it must not change a coordinate in passing.
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def _go_to(self, event: QMouseEvent) -> None:
        margin = 7  # half of the handle
        share = (event.position().x() - margin) / max(self.width() - 2 * margin, 1)
        self.setValue(round(min(max(share, 0.0), 1.0) * _TICKS))
