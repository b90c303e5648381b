"""A setting in the form: its label, its entry, checked as it is typed, and what is wrong with it or cannot be done."""

import math
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QLineEdit, QWidget

from vae_desktop.errors import InvalidSetting
from vae_desktop.gui.views.setup.row_mark import RowMark
from vae_desktop.gui.widgets.choice_box import ChoiceBox, translated
from vae_desktop.gui.widgets.controls import explain, label, named, plain
from vae_desktop.gui.widgets.number_field import answers_refused, mark_refused
from vae_desktop.gui.widgets.terms import OF_SETTINGS, with_terms
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.settings import Setting

# Programs that drive the window find controls by these; the others follow from the setting's name.
_OBJECT_NAMES = {"name": "datasetCombo", "kind": "modelCombo"}
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
        label = QLabel(translated(unit))
        label.setProperty("role", "muted")
        label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, SPACING, 0)
        layout.addWidget(label, alignment=Qt.AlignmentFlag.AlignRight)
        self.setTextMargins(0, 0, label.sizeHint().width() + SPACING // 2, 0)

    @Slot()
    def _note_touch(self) -> None:
        self._touched = self._is_pending = True


def entry_of(name: str, setting: Setting, value: Any, letters: int = 8) -> SettingField | ChoiceBox:
    """Return the entry of a setting, whose texts say what it is: a box if it has choices, else a field."""
    texts = translated(setting.label), translated(setting.help)
    if setting.choices:
        choices = [(translated(each.label), each.name, translated(each.help)) for each in setting.choices]
        box = ChoiceBox("", *texts, choices, letters=letters)
        box.set_value(value)
        return box
    field = named(SettingField(name, setting, value), "", *texts)
    field.setPlaceholderText(translated(setting.automatic or ""))
    return field


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


class SettingRow:
    """The widgets of one setting, made from its definition.

    Parameters
    ----------
    name : str
        Of the field in its config class.
    setting : Setting
    default : object
        The value that the entry begins with.
    alt_key : str
        The letter that leads to the entry together with Alt, or "".
    """

    def __init__(self, name: str, setting: Setting, default: Any, alt_key: str) -> None:
        self.name, self.setting, self._default = name, setting, default
        self.title = translated(setting.label)
        self.entry = entry_of(name, setting, default)
        camel_case = name.split("_")[0] + "".join(word.title() for word in name.split("_")[1:])
        self.entry.setObjectName(_OBJECT_NAMES.get(name, camel_case + ("Combo" if setting.choices else "Field")))
        self._mark = RowMark(f"{camel_case}Mark", self.title)
        self._label = label_of(self.title, self.entry, alt_key)
        self._error = label(role="error", size="small", wraps=True, name=f"{camel_case}Error")
        self._note = label(role="warning", size="small", wraps=True, name=f"{camel_case}Note")
        self._help = with_terms(translated(setting.help), *OF_SETTINGS.get(name, ()))
        if setting.at_once:
            at_once = QCoreApplication.translate("SettingRow", "It acts at once on a model that trains.")
            self._help += f"<p>{at_once}</p>"
        self.explain(self._help)
        for line in (self._error, self._note):
            line.hide()

    @property
    def says_something(self) -> bool:
        """Whether there is an error, or something that the setting cannot do."""
        return bool(self._error.text() or self._note.text())

    @property
    def on_screen(self) -> str:
        """What the model on screen has in its place, in words; "" where that is the same."""
        return self._mark.on_screen

    def add_to(self, grid: QGridLayout) -> None:
        """Stand below what is in a grid of three columns: mark, label, entry."""
        row = grid.rowCount()
        grid.addWidget(self._mark, row, 0)
        grid.addWidget(self._label, row, 1)
        grid.addWidget(self.entry, row, 2)
        grid.addWidget(self._error, row + 2, 1, 1, 2)
        grid.addWidget(self._note, row + 3, 1, 1, 2)

    def explain(self, tip: str) -> None:
        """Let the tooltips of label and entry say this."""
        explain(self.entry, tip)
        self._label.setToolTip(self.entry.toolTip())

    def show_value(self, value: Any) -> None:
        """Show a value as if it had always been there."""
        blocked = self.entry.blockSignals(True)
        self.entry.set_value(value)
        self.entry.blockSignals(blocked)
        if isinstance(self.entry, SettingField):
            self.entry.check()

    def show_error(self) -> None:
        """Say below the entry what is wrong with it."""
        self._error.setText(self.entry.error)
        self._error.setVisible(bool(self.entry.error))

    def set_note(self, text: str) -> None:
        """Say what a setting cannot do together with the others; why a text is refused comes before that."""
        self._note.setText(text)
        self._describe()

    def set_on_screen(self, text: str) -> None:
        """Mark the row with what the model on screen has in its place, or take the mark away."""
        self._mark.set_on_screen(text)
        self._describe()

    def set_live(self, is_live: bool) -> None:
        """Mark a setting that acts on the training that runs."""
        self._mark.set_live(is_live)

    def show_as_relevant(self, matters: bool, is_open: bool, reason: str = "") -> None:
        """Show the setting if it matters, and if its fold is open or it says something.

        One that acts at once stays in sight and is greyed out where it does not matter, with the reason.
        """
        if not matters and self.entry.error:
            self.entry.set_value(self._default)  # it could not be mended
        if self.setting.at_once:
            self.enable(matters, reason)
        is_visible = (matters or self.setting.at_once) and (is_open or (matters and self.says_something))
        self._show(is_visible)
        for line in (self._error, self._note):
            line.setVisible(is_visible and matters and bool(line.text()))

    def enable(self, matters: bool, reason: str) -> None:
        """Have the setting at hand, or grey it out for a reason."""
        self.entry.setEnabled(matters)
        self.explain(self._help if matters else reason)
        self._describe()

    def _show(self, is_visible: bool) -> None:
        self._mark.set_in_sight(is_visible)
        for part in (self._label, self.entry):
            part.setVisible(is_visible)

    def _describe(self) -> None:
        wrong = self.entry.error or self._note.text()
        text = wrong or " ".join(part for part in (plain(self.entry.toolTip()), self.on_screen) if part)
        self.entry.setAccessibleDescription(text)


def label_of(text: str, entry: SettingField | ChoiceBox, alt_key: str) -> QLabel:
    """Return the label of an entry, with its Alt key underlined if it has one."""
    place = text.lower().find(alt_key) if alt_key else -1
    result = label(text if place < 0 else f"{text[:place]}&{text[place:]}")
    result.setBuddy(entry)
    result.setToolTip(entry.toolTip())
    return result
