"""The entry of a setting that is typed: checked at each key, and stepped."""

import math
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from vae_desktop.errors import InvalidSetting
from vae_desktop.gui.widgets.number_field import answers_refused, mark_refused
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.language import tr
from vae_desktop.settings import Setting

_DECADE = (1.0, 2.0, 5.0)  # the steps of a logarithmic setting


class SettingField(QLineEdit):
    """Holds the text of a setting, knows whether it is valid, and steps with Up, Down and the wheel.

    Steps of a logarithmic setting go 1, 2, 5, 10, …; those of another add or subtract 1. Enter, and leaving the
    entry, write a valid value in the one way that all numbers are written; Escape brings back what stood there.
    """

    checked = Signal()  # the text, or what counts as valid, has changed
    committed = Signal(object)  # a valid value that the person has finished entering

    def __init__(self, name: str, setting: Setting, value: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self.setting = setting
        self.error = ""
        self._limit = math.inf
        self._limit_reason = ""
        self._kept = ""  # text, for Escape
        self._touched = self._is_pending = False
        self._show_unit(setting.unit)
        self.textEdited.connect(self._note_touch)
        self.textChanged.connect(self.check)
        self.editingFinished.connect(self.commit)
        self.set_value(value)

    @property
    def was_edited(self) -> bool:
        """Whether the person has entered something."""
        return self._touched

    @property
    def has_limit(self) -> bool:
        """Whether something beside the setting itself bounds the value."""
        return self._limit < math.inf

    def value(self) -> Any:
        """The checked value; raises InvalidSetting, whose message says what is wrong."""
        value = self.setting.parse(self.name, self.text())
        if isinstance(value, int) and value > self._limit:
            raise InvalidSetting(self.name, f"{self.setting.label}: {value:,} is more than {self._limit_reason}.")
        return value

    def set_value(self, value: Any) -> None:
        self._kept = self.setting.format(value)
        self._is_pending = False
        self.setText(self._kept)

    def show_value(self, value: Any) -> None:
        """Have a value that nobody has entered."""
        self.set_value(value)
        self._touched = False

    def set_limit(self, limit: float, reason: str) -> None:
        """Refuse values above `limit`, with the reason for it ("the 1,437 training images")."""
        self._limit, self._limit_reason = limit, reason
        self.check()

    @Slot()
    def check(self) -> None:
        """Mark the entry if its text is no value of the setting."""
        try:
            self.value()
            self.error = ""
        except InvalidSetting as error:
            self.error = str(error)
        mark_refused(self, self.error)
        self.checked.emit()

    def step(self, direction: int) -> None:
        """Go to the next larger (+1) or smaller (-1) round value, within the range."""
        if self.setting.kind not in ("integer", "number"):
            return
        try:
            value = self.value()
        except InvalidSetting:
            return
        if value is None:
            return
        stepped = _log_step(value, direction) if self.setting.logarithmic else value + direction
        stepped = min(max(stepped, self.setting.minimum), self.setting.maximum, self._limit)
        self.enter(int(stepped) if self.setting.kind == "integer" else stepped)
        self.commit()

    def enter(self, value: Any) -> None:
        """Take a value as if the person had typed it, without Enter."""
        self.set_value(value)
        self._note_touch()

    @Slot()
    def commit(self) -> None:
        """Tell of a valid value that the person has finished entering, and write it in the usual way."""
        if not self.error:
            value, is_new = self.value(), self._is_pending
            self.set_value(value)
            if is_new:  # to go through an entry says nothing: the training that runs may have another value
                self.committed.emit(value)

    def event(self, event: QEvent) -> bool:
        return answers_refused(event, self, self.error, self.text() != self._kept) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text() != self._kept:
            self.setText(self._kept)
            self._is_pending = False
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.step(1 if event.key() == Qt.Key.Key_Up else -1)
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        # Only an entry that has the focus: scrolling past must not change settings.
        if self.hasFocus() and event.angleDelta().y():
            self.step(1 if event.angleDelta().y() > 0 else -1)
        else:
            event.ignore()

    def _show_unit(self, unit: str) -> None:
        """Write the unit into the entry's right end."""
        if not unit:
            return
        self._unit = label = QLabel(tr(unit))
        label.setProperty("role", "muted")
        label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, SPACING, 0)
        layout.addWidget(label, alignment=Qt.AlignmentFlag.AlignRight)
        self.set_unit(label.text())

    def set_unit(self, unit: str) -> None:
        """Write another unit, where that follows from other settings."""
        self._unit.setText(unit)
        self.setTextMargins(0, 0, self._unit.sizeHint().width() + SPACING // 2, 0)

    @Slot()
    def _note_touch(self) -> None:
        self._touched = self._is_pending = True


def _log_step(value: float, direction: int) -> float:
    """The next of …, 0.1, 0.2, 0.5, 1, 2, 5, 10, … above or below a value; 0.001 above 0, and 0 below that."""
    if value <= 0:
        return 1e-3 if direction > 0 else 0.0
    exponent = math.floor(math.log10(value))
    steps = [factor * 10.0**power for power in (exponent - 1, exponent, exponent + 1) for factor in _DECADE]
    if direction > 0:
        return next(step for step in steps if step > value * (1 + 1e-9))
    below = next(step for step in reversed(steps) if step < value * (1 - 1e-9))
    return round(below, 12)
