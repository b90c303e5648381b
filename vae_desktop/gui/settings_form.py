"""The form of a run's settings, built from the fields of the config classes."""

from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from vae_desktop.config import DATASETS, DatasetConfig, ModelConfig, RunConfig, Setting, TrainingConfig, settings_of
from vae_desktop.errors import InvalidSetting
from vae_desktop.gui.choice_box import ChoiceBox, translated
from vae_desktop.gui.setting_field import SettingField
from vae_desktop.gui.theme import SPACING, heading_font, small_font

_CONFIGS = (DatasetConfig, ModelConfig, TrainingConfig)
# Programs that drive the window find controls by these; the others follow from the setting's name.
_OBJECT_NAMES = {"name": "datasetCombo", "kind": "modelCombo"}


class SettingsForm(QWidget):
    """Shows each setting once: those of the next run first, those that act at once below.

    A wrong entry is marked where it stands, with the reason under it.
    """

    validity_changed = Signal(bool)
    dataset_chosen = Signal(object)  # DatasetConfig
    committed = Signal(str, float)  # name and value of a setting that acts at once

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._inputs: dict[str, SettingField | ChoiceBox] = {}
        self._errors: dict[str, QLabel] = {}
        self._mnemonics = set("fvh")  # those of the menus
        self._was_valid = True
        self._active_kind: str | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACING, SPACING // 2, SPACING, SPACING)
        layout.setSpacing(SPACING)
        self._add_section(layout, self.tr("Next run"), self.tr("used when you press Train"), at_once=False)
        layout.addSpacing(SPACING)
        self._add_section(layout, self.tr("Training"), self.tr("acts at once, even while training"), at_once=True)
        layout.addStretch()
        dataset_box = self._inputs["name"]
        dataset_box.currentIndexChanged.connect(self._dataset_changed)
        self._inputs["image_size"].committed.connect(self._dataset_changed)
        self._inputs["kind"].currentIndexChanged.connect(self._model_changed)

    def config(self) -> RunConfig:
        """The settings entered; raises InvalidSetting for the first that is wrong."""
        parts = []
        for kind in _CONFIGS:
            parts.append(kind(**{name: self._value(name) for name, _, _ in settings_of(kind)}))
        return RunConfig(*parts)

    def set_config(self, config: RunConfig) -> None:
        """Show the settings of a run, without loading its data set."""
        self.field("batch_size").set_limit(float("inf"), "")
        for part in (config.dataset, config.model, config.training):
            for name, _, value in settings_of(part):
                self._show_value(name, value)

    def field(self, name: str) -> SettingField:
        """The entry of a setting that is typed."""
        return self._inputs[name]

    def choose_dataset(self, name: str) -> None:
        """Choose a data set as the person would; an unknown name changes nothing."""
        if name in DATASETS:
            self._inputs["name"].setCurrentIndex(self._inputs["name"].findData(name))

    def set_dataset_size(self, name: str, images: int, title: str) -> None:
        """Let no batch be larger than the training images there are, if that data set is the one chosen."""
        if name != self._inputs["name"].currentData():
            return
        reason = self.tr("the {count} training images of {title}").format(count=f"{images:,}", title=title)
        self._inputs["batch_size"].set_limit(images, reason)

    def set_devices(self, devices: tuple[str, ...]) -> None:
        """Grey out the devices that this machine lacks."""
        box = self._inputs["device"]
        for index in range(box.count()):
            present = box.itemData(index) in (*devices, "auto")
            box.model().item(index).setEnabled(present)
            if not present:
                box.setItemData(index, self.tr("Not available on this machine."), Qt.ItemDataRole.ToolTipRole)

    def set_active_model(self, kind: str | None) -> None:
        """Say which kind of model is in training, or None: what acts at once is for that one too."""
        self._active_kind = kind
        self._model_changed()

    @property
    def is_valid(self) -> bool:
        return not any(isinstance(entry, SettingField) and entry.error for entry in self._inputs.values())

    def _add_section(self, layout: QVBoxLayout, title: str, hint: str, at_once: bool) -> None:
        header = QHBoxLayout()
        heading = QLabel(title)
        heading.setFont(heading_font(self.font()))
        explanation = QLabel(hint)
        explanation.setProperty("role", "muted")
        explanation.setFont(small_font(self.font()))
        header.addWidget(heading)
        header.addStretch()
        header.addWidget(explanation, alignment=Qt.AlignmentFlag.AlignBottom)
        layout.addLayout(header)
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACING)
        grid.setVerticalSpacing(SPACING // 2)
        grid.setColumnStretch(1, 1)
        grid.setColumnMinimumWidth(0, self._label_width())
        for kind in _CONFIGS:
            for name, setting, default in settings_of(kind):
                if setting.at_once == at_once:
                    self._add_row(grid, name, setting, default)
        layout.addLayout(grid)

    def _add_row(self, grid: QGridLayout, name: str, setting: Setting, default: Any) -> None:
        row = grid.rowCount()
        entry = self._choice_box(setting, default) if setting.kind == "choice" else self._field(name, setting, default)
        entry.setObjectName(_object_name(name, setting))
        entry.setAccessibleName(translated(setting.label))
        entry.setToolTip(f"<p>{translated(setting.help)}</p>")
        label = QLabel(self._with_mnemonic(translated(setting.label)))
        label.setBuddy(entry)
        label.setToolTip(entry.toolTip())
        error = QLabel()
        error.setProperty("role", "error")
        error.setFont(small_font(self.font()))
        error.setWordWrap(True)
        error.hide()
        grid.addWidget(label, row, 0)
        grid.addWidget(entry, row, 1)
        grid.addWidget(error, row + 1, 0, 1, 2)
        self._inputs[name] = entry
        self._errors[name] = error

    def _with_mnemonic(self, label: str) -> str:
        """The label with the first letter that is still free as its Alt key."""
        for index, letter in enumerate(label.lower()):
            if letter.isascii() and letter.isalpha() and letter not in self._mnemonics:
                self._mnemonics.add(letter)
                return f"{label[:index]}&{label[index:]}"
        return label

    def _label_width(self) -> int:
        """Width of the longest label, so that the entries of all sections stand in one column."""
        labels = [translated(setting.label) for kind in _CONFIGS for _, setting, _ in settings_of(kind)]
        return max(self.fontMetrics().horizontalAdvance(label) for label in labels)

    def _choice_box(self, setting: Setting, default: str) -> ChoiceBox:
        box = ChoiceBox()
        for index, choice in enumerate(setting.choices):
            box.addItem(translated(choice.label), choice.value)
            box.setItemData(index, translated(choice.help), Qt.ItemDataRole.ToolTipRole)
        box.setCurrentIndex(box.findData(default))
        return box

    def _field(self, name: str, setting: Setting, default: Any) -> SettingField:
        field = SettingField(name, setting, default)
        if setting.optional:
            field.setPlaceholderText(translated(setting.automatic))
        field.checked.connect(self._show_error)
        if setting.at_once:
            field.committed.connect(self._commit)
        return field

    def _value(self, name: str) -> Any:
        entry = self._inputs[name]
        return entry.currentData() if isinstance(entry, ChoiceBox) else entry.value()

    def _show_value(self, name: str, value: Any) -> None:
        entry = self._inputs[name]
        blocked = entry.blockSignals(True)
        if isinstance(entry, ChoiceBox):
            index = entry.findData(value)
            if entry.model().item(index).isEnabled():  # a device that this machine lacks is not chosen
                entry.setCurrentIndex(index)
        else:
            entry.set_value(value)
        entry.blockSignals(blocked)
        if isinstance(entry, SettingField):
            entry.check()
        if name == "kind":
            self._model_changed()

    @Slot()
    def _show_error(self) -> None:
        field = self.sender()
        self._errors[field.name].setText(field.error)
        self._errors[field.name].setVisible(bool(field.error))
        if self.is_valid != self._was_valid:
            self._was_valid = self.is_valid
            self.validity_changed.emit(self.is_valid)

    @Slot(object)
    def _commit(self, value: Any) -> None:
        self.committed.emit(self.sender().name, float(value))

    @Slot()
    def _dataset_changed(self) -> None:
        name = self._inputs["name"].currentData()
        epochs = self._inputs["epochs"]
        if not epochs.was_edited and self._active_kind is None:
            epochs.set_value(DATASETS[name].epochs)
        self._inputs["batch_size"].set_limit(float("inf"), "")
        try:
            config = replace(DatasetConfig(), name=name, image_size=self._value("image_size"))
        except InvalidSetting:
            return  # marked where it stands
        self.dataset_chosen.emit(config)

    @Slot()
    def _model_changed(self) -> None:
        beta = self._inputs["beta"]
        has_kl = self._value("kind") != "ae" or self._active_kind not in (None, "ae")
        beta.setEnabled(has_kl)
        help_text = translated(beta.setting.help)
        beta.setToolTip(f"<p>{help_text if has_kl else self.tr('An autoencoder has no KL term.')}</p>")


def _object_name(name: str, setting: Setting) -> str:
    if name in _OBJECT_NAMES:
        return _OBJECT_NAMES[name]
    first, *others = name.split("_")
    return first + "".join(word.title() for word in others) + ("Combo" if setting.kind == "choice" else "Field")
