"""A setting in the form: its label, its entry, and below these what is wrong with it and what it cannot do."""

from typing import Any

from PySide6.QtWidgets import QGridLayout, QLabel

from vae_desktop.gui.views.setup.setting_field import SettingField
from vae_desktop.gui.widgets.choice_box import ChoiceBox, translated
from vae_desktop.gui.widgets.controls import explain, label, named, plain
from vae_desktop.settings import Setting

# Programs that drive the window find controls by these; the others follow from the setting's name.
_OBJECT_NAMES = {"name": "datasetCombo", "kind": "modelCombo"}


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
        choices = [(translated(each.label), each.name, translated(each.help)) for each in setting.choices]
        self.entry: SettingField | ChoiceBox = (
            ChoiceBox(choices=choices) if setting.kind == "choice" else SettingField(name, setting, default)
        )
        if isinstance(self.entry, ChoiceBox):
            self.entry.setCurrentIndex(self.entry.findData(default))
        elif setting.automatic is not None:
            self.entry.setPlaceholderText(translated(setting.automatic))
        camel_case = name.split("_")[0] + "".join(word.title() for word in name.split("_")[1:])
        object_name = _OBJECT_NAMES.get(name, camel_case + ("Combo" if setting.kind == "choice" else "Field"))
        named(self.entry, object_name, translated(setting.label), translated(setting.help))
        self._label = label_of(translated(setting.label), self.entry, alt_key)
        self._error = label(role="error", size="small", wraps=True, name=f"{camel_case}Error")
        self._note = label(role="warning", size="small", wraps=True, name=f"{camel_case}Note")
        for line in (self._error, self._note):
            line.hide()

    def add_to(self, grid: QGridLayout) -> None:
        """Stand below what is in a grid of two columns."""
        row = grid.rowCount()
        grid.addWidget(self._label, row, 0)
        grid.addWidget(self.entry, row, 1)
        grid.addWidget(self._error, row + 1, 0, 1, 2)
        grid.addWidget(self._note, row + 2, 0, 1, 2)

    @property
    def error(self) -> str:
        """Why what stands in the entry cannot be taken, or ""."""
        return self.entry.error if isinstance(self.entry, SettingField) else ""

    def value(self) -> Any:
        """The value entered; raises InvalidSetting, whose message says what is wrong."""
        return self.entry.currentData() if isinstance(self.entry, ChoiceBox) else self.entry.value()

    def show_value(self, value: Any) -> None:
        """Show a value as if it had always been there."""
        blocked = self.entry.blockSignals(True)
        if isinstance(self.entry, ChoiceBox):
            self.entry.show_value(value)
        else:
            self.entry.set_value(value)
        self.entry.blockSignals(blocked)
        if isinstance(self.entry, SettingField):
            self.entry.check()

    def show_error(self) -> None:
        """Say below the entry what is wrong with it."""
        self._error.setText(self.error)
        self._error.setVisible(bool(self.error))

    def set_note(self, text: str) -> None:
        """Say what a setting cannot do together with the others; why a text is refused comes before that."""
        self._note.setText(text)
        self._describe()

    def show_as_relevant(self, matters: bool, shows_all: bool) -> None:
        """Show a setting of the next run if it matters, and if it is not one that few people need or says something."""
        if not matters and self.error and isinstance(self.entry, SettingField):
            self.entry.set_value(self._default)  # out of sight, it could not be mended
        says_something = bool(self._error.text() or self._note.text())
        is_visible = matters and (shows_all or not self.setting.is_advanced or says_something)
        for part in (self._label, self.entry):
            part.setVisible(is_visible)
        for line in (self._error, self._note):
            line.setVisible(is_visible and bool(line.text()))

    def enable_as_relevant(self, matters: bool, reason: str) -> None:
        """Grey out a setting that acts at once while it does not matter, and say why."""
        self.entry.setEnabled(matters)
        explain(self.entry, translated(self.setting.help) if matters else reason)
        self._describe()
        self._note.setVisible(matters and bool(self._note.text()))

    def _describe(self) -> None:
        text = self.error or self._note.text() or plain(self.entry.toolTip())
        self.entry.setAccessibleDescription(text)


def label_of(text: str, entry: SettingField | ChoiceBox, alt_key: str) -> QLabel:
    """Return the label of an entry, with its Alt key underlined if it has one."""
    place = text.lower().find(alt_key) if alt_key else -1
    result = label(text if place < 0 else f"{text[:place]}&{text[place:]}")
    result.setBuddy(entry)
    result.setToolTip(entry.toolTip())
    return result
