"""Which models are to be compared: up to four, each with what sets it apart from the setup."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from vae_desktop.catalog import MODELS
from vae_desktop.config import ModelConfig, TrainingConfig
from vae_desktop.errors import InvalidSetting
from vae_desktop.gui.views.setup.setting_field import SettingField
from vae_desktop.gui.widgets.choice_box import ChoiceBox, translated
from vae_desktop.gui.widgets.theme import MODEL_COLOURS, SPACING, heading_font
from vae_desktop.settings import Setting, settings_of
from vae_desktop.variants import FEWEST, KL_TERM, MOST, Variant

_SETTINGS = {
    name: entry
    for part in (ModelConfig, TrainingConfig)
    for name, entry, _ in settings_of(part)
    if name in ("kind", "beta", "latent_dim", "likelihood", "architecture")
}
_AS_IN_SETUP = "as in the setup"
_COLUMNS = ("kind", "beta", "latent_dim", "likelihood", "architecture")


class VariantsEditor(QWidget):
    """A line for each model; what is left empty is as in the setup."""

    compare_requested = Signal(object)  # list of Variant
    back_requested = Signal()
    refused = Signal()  # what is entered cannot be trained, and says why

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("variantsEditor")
        heading = QLabel(self.tr("Models side by side"))
        heading.setFont(heading_font(self.font()))
        what = QLabel(
            self.tr(
                "Two to four models train in lockstep: the same images in the same order, the same noise, equal layers "
                "with equal first weights. What differs in the end comes from what differs here. All else, the data "
                "set too, is as in the setup."
            ),
            wordWrap=True,
        )
        what.setProperty("role", "muted")
        self.note_button = QPushButton(self.tr("Compare: what the KL term does"))
        self.note_button.setObjectName("compareKlTermButton")
        self.note_button.setProperty("primary", True)
        self.note_button.setToolTip(
            f"<p>{self.tr('AE, VAE without KL, KL alone and VAE: where do holes in a latent space come from?')}</p>"
        )
        self.train_button = QPushButton(self.tr("Train these models"))
        self.train_button.setObjectName("compareVariantsButton")
        self.back_button = QPushButton(self.tr("Back to the columns"))
        self.back_button.setObjectName("backToColumnsButton")
        self._add = QPushButton(self.tr("Add a model"))
        self._add.setObjectName("addVariantButton")
        self._error = QLabel(wordWrap=True)
        self._error.setProperty("role", "error")
        self._grid = QGridLayout()
        self._grid.setSpacing(SPACING)
        self._lines: list[_Line] = []
        self._count = 0  # of lines ever made: no two have the same names
        for column, name in enumerate(_COLUMNS):
            self._grid.addWidget(QLabel(translated(_SETTINGS[name].label)), 0, column + 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACING)
        for button in (self._add, self.train_button, self.back_button):
            buttons.addWidget(button)
        buttons.addStretch()
        first = QHBoxLayout()
        first.addWidget(self.note_button)
        first.addStretch()
        inner = QVBoxLayout()
        inner.setSpacing(2 * SPACING)
        for part in (heading, what):
            inner.addWidget(part)
        inner.addLayout(first)
        own = QLabel(self.tr("Or models of your own choice:"))
        inner.addWidget(own)
        inner.addLayout(self._grid)
        inner.addWidget(self._error)
        inner.addLayout(buttons)
        inner.addStretch()
        layout = QHBoxLayout(self)
        layout.addStretch(1)
        layout.addLayout(inner, 20)
        layout.addStretch(1)
        layout.setContentsMargins(2 * SPACING, 2 * SPACING, 2 * SPACING, 2 * SPACING)
        self.set_variants(KL_TERM)
        self.back_button.hide()
        self._add.clicked.connect(self._add_line)
        self.train_button.clicked.connect(self.request)
        self.note_button.clicked.connect(self._request_note)
        self.back_button.clicked.connect(self.back_requested)

    def set_variants(self, variants: Sequence[Variant]) -> None:
        """Show these models."""
        while self._lines:
            self._drop(self._lines[-1])
        for variant in variants:
            self._append(variant)
        self._refresh()

    def variants(self) -> list[Variant]:
        """The models as they are entered; raises InvalidSetting, whose message says what is wrong."""
        return [line.variant() for line in self._lines]

    def set_can_go_back(self, can_go_back: bool) -> None:
        """Whether there are columns to go back to."""
        self.back_button.setVisible(can_go_back)

    @Slot()
    def request(self) -> None:
        """Ask for these models to be trained, if they can be."""
        try:
            variants = self.variants()
        except InvalidSetting as error:
            self._error.setText(str(error))
            self.refused.emit()
            return
        self._error.setText("")
        self.compare_requested.emit(variants)

    @Slot()
    def _request_note(self) -> None:
        self.set_variants(KL_TERM)
        self.request()

    @Slot()
    def _add_line(self) -> None:
        self._append(Variant("vae"))
        self._refresh()

    @Slot()
    def _remove_line(self) -> None:
        self._drop(next(line for line in self._lines if line.remove is self.sender()))
        self._refresh()

    def _append(self, variant: Variant) -> None:
        self._count += 1
        line = _Line(variant, self._count)
        line.remove.clicked.connect(self._remove_line)
        self._lines.append(line)
        self._place()

    def _drop(self, line: "_Line") -> None:
        self._lines.remove(line)
        for part in line.parts:
            self._grid.removeWidget(part)
            part.hide()  # the grid shows what it was given a moment later, by then as a window of its own
            part.setParent(None)
            part.deleteLater()
        self._place()

    def _place(self) -> None:
        for row, line in enumerate(self._lines, 1):
            line.dot.setStyleSheet(f"color: {MODEL_COLOURS[row - 1]};")
            for column, part in enumerate(line.parts):
                self._grid.addWidget(part, row, column)

    def _refresh(self) -> None:
        self._error.setText("")
        self._add.setEnabled(len(self._lines) < MOST)
        for line in self._lines:
            line.remove.setEnabled(len(self._lines) > FEWEST)


class _Line:
    """The entries of one model."""

    def __init__(self, variant: Variant, number: int) -> None:
        self.dot = QLabel("●")
        self._entries: dict[str, ChoiceBox | SettingField] = {name: _entry(name, number) for name in _COLUMNS}
        self.remove = QToolButton(text="✕")
        self.remove.setToolTip(translated("Leave this model out."))
        self.remove.setAccessibleName(translated("Leave this model out."))
        for name, entry in self._entries.items():
            value = getattr(variant, name)
            if isinstance(entry, ChoiceBox):
                entry.setCurrentIndex(max(0, entry.findData(value)))
            else:
                entry.set_value(value)
        kinds = self._entries["kind"]
        assert isinstance(kinds, ChoiceBox)
        kinds.currentIndexChanged.connect(self._show_relevant)
        self._show_relevant()

    @property
    def parts(self) -> list[QWidget]:
        return [self.dot, *self._entries.values(), self.remove]

    def variant(self) -> Variant:
        values: dict[str, Any] = {}
        for name, entry in self._entries.items():
            if isinstance(entry, ChoiceBox):
                values[name] = entry.currentData()
            elif entry.isEnabled():
                values[name] = entry.value()
        return Variant(**values)

    def _show_relevant(self) -> None:
        """β is for kinds that leave it free."""
        kinds = self._entries["kind"]
        assert isinstance(kinds, ChoiceBox)
        self._entries["beta"].setEnabled(MODELS[kinds.currentData()].kl_weight is None)


def _entry(name: str, number: int) -> ChoiceBox | SettingField:
    setting: Setting = _SETTINGS[name]
    entry: ChoiceBox | SettingField
    if setting.choices:
        entry = ChoiceBox()
        entry.setMinimumContentsLength(16)
        if name != "kind":
            entry.addItem(translated(_AS_IN_SETUP), None)
        for choice in setting.choices:
            entry.addItem(translated(choice.label), choice.value)
            entry.setItemData(entry.count() - 1, translated(choice.help), Qt.ItemDataRole.ToolTipRole)
    else:
        entry = SettingField(name, replace(setting, automatic=""), None)
        entry.setPlaceholderText(translated(_AS_IN_SETUP))
    entry.setObjectName(f"variant{number}{name.title().replace('_', '')}")
    entry.setAccessibleName(translated(setting.label))
    entry.setToolTip(f"<p>{translated(setting.help)}</p>")
    return entry
