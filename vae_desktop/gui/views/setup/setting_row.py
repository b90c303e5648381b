"""A setting in the form: its label, its entry, and what is wrong with it or cannot be done."""

import html
from typing import Any

from PySide6.QtWidgets import QGridLayout, QLabel

from vae_desktop.gui.views.setup.row_mark import RowMark
from vae_desktop.gui.views.setup.setting_field import SettingField
from vae_desktop.gui.widgets.choice_box import ChoiceBox
from vae_desktop.gui.widgets.controls import explain, label, named, plain
from vae_desktop.gui.widgets.terms import OF_SETTINGS, with_terms
from vae_desktop.language import tr
from vae_desktop.settings import Setting

# Programs that drive the window find controls by these; the others follow from the setting's name.
_OBJECT_NAMES = {"name": "datasetCombo", "kind": "modelCombo"}


def entry_of(name: str, setting: Setting, value: Any, letters: int = 8) -> SettingField | ChoiceBox:
    """Return the entry of a setting, whose texts say what it is: a box if it has choices, else a field."""
    texts = tr(setting.label), tr(setting.help)
    if setting.choices:
        choices = [(tr(each.label), each.name, each.about) for each in setting.choices]
        box = ChoiceBox("", *texts, choices, letters=letters)
        box.set_value(value)
        return box
    field = named(SettingField(name, setting, value), "", *texts)
    field.setPlaceholderText(tr(setting.automatic) if setting.automatic else "")
    return field


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

    Attributes
    ----------
    mark : RowMark
    """

    def __init__(self, name: str, setting: Setting, default: Any, alt_key: str) -> None:
        self.name, self.setting, self._default = name, setting, default
        self.title = tr(setting.label)
        self.entry = entry_of(name, setting, default)
        camel_case = name.split("_")[0] + "".join(word.title() for word in name.split("_")[1:])
        self.entry.setObjectName(_OBJECT_NAMES.get(name, camel_case + ("Combo" if setting.choices else "Field")))
        self.mark = RowMark(f"{camel_case}Mark", self.title)
        self._label = label_of(self.title, self.entry, alt_key)
        self._error = label(role="error", size="small", wraps=True, name=f"{camel_case}Error")
        self._note = label(role="warning", size="small", wraps=True, name=f"{camel_case}Note")
        self._help = with_terms(tr(setting.help), *OF_SETTINGS.get(name, ()))
        if setting.at_once:
            at_once = tr("It acts at once on a model that trains.")
            self._help += f"<p>{at_once}</p>"
        self.explain(self._help)
        for line in (self._error, self._note):
            line.hide()

    @property
    def on_screen(self) -> str:
        """What the model on screen has in its place, in words; "" where that is the same."""
        return self.mark.on_screen

    @property
    def lines(self) -> tuple[QLabel, QLabel]:
        """What is wrong, and what the setting cannot do: to stand where nothing moves when they appear."""
        return self._error, self._note

    def add_to(self, grid: QGridLayout) -> None:
        """Stand below what is in a grid of three columns: mark, label, entry."""
        row = grid.rowCount()
        grid.addWidget(self.mark, row, 0)
        grid.addWidget(self._label, row, 1)
        grid.addWidget(self.entry, row, 2)

    def explain(self, tip: str) -> None:
        """Let the tooltips of label and entry say this, below what the setting cannot do."""
        self._tip = tip
        note = self._note.text()
        if note:
            tip = tip if tip.startswith("<p>") else f"<p>{tip}</p>"
            tip = f"<p><b>{html.escape(note)}</b></p>{tip}"
        explain(self.entry, tip)
        self._label.setToolTip(self.entry.toolTip())

    def show_value(self, value: Any) -> None:
        """Show a value as if it had always been there."""
        blocked = self.entry.blockSignals(True)
        if isinstance(self.entry, SettingField):
            self.entry.show_value(value)
        else:
            self.entry.set_value(value)
        self.entry.blockSignals(blocked)
        if isinstance(self.entry, SettingField):
            self.entry.check()

    def show_error(self) -> None:
        """Say what is wrong with the entry."""
        self._error.setText(self.entry.error)
        self._error.setVisible(bool(self.entry.error))

    def set_note(self, text: str) -> None:
        """Say what a setting cannot do together with the others; why a text is refused comes before that."""
        if text != self._note.text():
            self._note.setText(text)
            self.explain(self._tip)
        self._describe()

    def set_on_screen(self, text: str) -> None:
        """Mark the row with what the model on screen has in its place, or take the mark away."""
        self.mark.set_on_screen(text)
        self._describe()

    def set_live(self, is_live: bool) -> None:
        """Mark a setting that acts on the training that runs."""
        self.mark.set_live(is_live)

    def show_as_relevant(self, matters: bool, is_open: bool, reason: str = "") -> None:
        """Show the setting if it matters, and if its fold is open or it is wrong.

        One that acts at once stays in sight and is greyed out where it does not matter, with the reason.
        """
        if not matters and self.entry.error:
            self.entry.set_value(self._default)  # it could not be mended
        if self.setting.at_once:
            self.enable(matters, reason)
        is_visible = (matters or self.setting.at_once) and (is_open or (matters and bool(self.entry.error)))
        self._show(is_visible)
        for line in (self._error, self._note):
            line.setVisible(matters and bool(line.text()))

    def enable(self, matters: bool, reason: str) -> None:
        """Have the setting at hand, or grey it out for a reason."""
        self.entry.setEnabled(matters)
        self.explain(self._help if matters else reason)
        self._describe()

    def _show(self, is_visible: bool) -> None:
        self.mark.set_in_sight(is_visible)
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
