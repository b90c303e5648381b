"""The form of a run's settings, built from the fields of the config classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from vae_desktop.catalog import describe_dataset
from vae_desktop.config import DatasetConfig, ModelConfig, RunConfig, TrainingConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.errors import InvalidSetting
from vae_desktop.gui.views.setup.dataset_box import DatasetBox
from vae_desktop.gui.views.setup.preset_box import PresetBox
from vae_desktop.gui.views.setup.setting_field import SettingField
from vae_desktop.gui.widgets.choice_box import ChoiceBox, translated
from vae_desktop.gui.widgets.theme import SPACING, heading_font, small_font
from vae_desktop.presets import Preset, preset_of
from vae_desktop.settings import Setting, settings_of
from vae_desktop.training.advice import Known, advice

if TYPE_CHECKING:
    from vae_desktop.training.devices import Device

_CONFIGS = (DatasetConfig, ModelConfig, TrainingConfig)
# Programs that drive the window find controls by these; the others follow from the setting's name.
_OBJECT_NAMES = {"name": "datasetCombo", "kind": "modelCombo"}


class SettingsForm(QWidget):
    """Shows each setting once: those of the next run first, those that act at once below.

    A wrong entry is marked where it stands, with the reason under it. What does not concern the chosen kind of model
    is out of sight, and so is what few people need until they ask for it.
    """

    validity_changed = Signal(bool)
    dataset_chosen = Signal(object)  # DatasetConfig
    images_requested = Signal(str)  # "folder" or "file": a person's own are to be asked for
    committed = Signal(str, float)  # name and value of a setting that acts at once

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._inputs: dict[str, SettingField | ChoiceBox] = {}
        self._labels: dict[str, QLabel] = {}
        self._errors: dict[str, QLabel] = {}
        self._notes: dict[str, QLabel] = {}
        self._dataset: Dataset | None = None  # the one in memory
        self._lowered_batch: int | None = None  # what the batch size was before a small data set lowered it
        self._keys = _alt_keys(self.tr("Preset"))
        self._was_valid = True
        self._is_filling = False
        self._active_kinds: tuple[str, ...] = ()
        self._presets = PresetBox()
        self._more = QToolButton(text=self.tr("More settings"), checkable=True, autoRaise=True)
        self._more.setObjectName("moreSettingsButton")
        self._more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._more.setArrowType(Qt.ArrowType.RightArrow)
        self._more.setToolTip(f"<p>{self.tr('Show settings that most latent spaces do without.')}</p>")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACING, SPACING // 2, SPACING, SPACING)
        layout.setSpacing(SPACING)
        self._add_section(layout, self.tr("Next run"), self.tr("used when you press Train"), at_once=False)
        layout.addSpacing(SPACING)
        self._add_section(layout, self.tr("Training"), self.tr("acts at once, even while training"), at_once=True)
        layout.addStretch()
        self._add_own_images()
        self._presets.preset_chosen.connect(self._apply_preset)
        self._more.toggled.connect(self._show_relevant)
        self._inputs["latent_dim"].checked.connect(self._latent_dim_changed)  # before it is no longer the recipe's
        for entry in self._inputs.values():
            changed = entry.currentIndexChanged if isinstance(entry, ChoiceBox) else entry.checked
            changed.connect(self._settings_changed)
        for name in ("colours", "measured_on"):
            self._inputs[name].currentIndexChanged.connect(self._dataset_changed)
        self._inputs["image_size"].committed.connect(self._dataset_changed)
        self._inputs["kind"].currentIndexChanged.connect(self._show_relevant)
        self._show_relevant()
        self._settings_changed()

    def config(self) -> RunConfig:
        """The settings entered; raises InvalidSetting for the first that is wrong."""
        parts = []
        for kind in _CONFIGS:
            parts.append(kind(**{name: self._value(name) for name, _, _ in settings_of(kind)}))
        return RunConfig(*parts)

    def set_config(self, config: RunConfig) -> None:
        """Show the settings of a run, without loading its data set."""
        self.field("batch_size").set_limit(float("inf"), "")
        parts = (config.dataset, config.model, config.training)
        self._show_values({name: value for part in parts for name, _, value in settings_of(part)})

    def field(self, name: str) -> SettingField:
        """The entry of a setting that is typed."""
        return self._inputs[name]

    def choose_dataset(self, name: str) -> None:
        """Choose a data set, by name or path, as the person would; what can be neither changes nothing."""
        try:
            DatasetConfig(name)
        except InvalidSetting:
            return
        box = self._inputs["name"]
        before = box.currentData()
        box.show_value(name)
        if box.currentData() == before:  # else its own signal says so
            self._dataset_changed()

    def set_dataset(self, dataset: Dataset) -> None:
        """Know the images, if they are those of the data set chosen: no batch is larger than all of them."""
        if dataset.config.name != self._inputs["name"].currentData():
            return
        self._dataset = dataset
        images, batch = len(dataset.train), self._inputs["batch_size"]
        if not batch.was_edited and batch.error == "" and batch.value() > images:
            self._lowered_batch = batch.value()
            batch.set_value(images)
        reason = self.tr("the {count} training images of {title}").format(count=f"{images:,}", title=dataset.title)
        batch.set_limit(images, reason)
        self._settings_changed()

    def spectrum_found(self) -> None:
        """Say, from now on, which settings do not fit these images."""
        self._settings_changed()

    def set_devices(self, devices: Sequence[Device]) -> None:
        """Offer the devices, several cards by their numbers; those that are not there are grey and say why."""
        box = self._inputs["device"]
        before = "auto"
        for device in devices:
            box.offer(device.name, before, device.about, device.is_there)
            before = device.name
        there = [device.name for device in devices if device.is_there]
        if box.currentData() not in ["auto", *there]:
            box.show_value("auto")
        missing = [f"<p>{device.name.upper()}: {device.about}</p>" for device in devices if not device.is_there]
        help = next(setting.help for name, setting, _ in settings_of(TrainingConfig) if name == "device")
        box.setToolTip("".join([f"<p>{translated(help)}</p>", *missing]))

    def set_active_models(self, kinds: Sequence[str]) -> None:
        """Say which kinds of models are in training: what acts at once is for them too."""
        self._active_kinds = tuple(kinds)
        self._presets.set_locked(bool(kinds))
        self._show_relevant()

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
        rows = [row for kind in _CONFIGS for row in settings_of(kind) if row[1].at_once == at_once]
        if not at_once:
            self._add_preset(grid)
        for advanced in (False, True):
            if advanced and not at_once:
                grid.addWidget(self._more, grid.rowCount(), 0, 1, 2)
            for name, setting, default in rows:
                if setting.is_advanced == advanced:
                    self._add_row(grid, name, setting, default)
        layout.addLayout(grid)

    def _add_preset(self, grid: QGridLayout) -> None:
        label = QLabel(self._with_mnemonic(self.tr("Preset")))
        label.setBuddy(self._presets)
        label.setToolTip(self._presets.toolTip())
        grid.addWidget(label, 0, 0)
        grid.addWidget(self._presets, 0, 1)

    def _add_own_images(self) -> None:
        """Offer a person's own images below the data sets known by name."""
        box = self._inputs["name"]
        box.insertSeparator(box.count())
        box.add_action(self.tr("Folder of images…"), "folder")
        box.add_action(self.tr("Array or IDX file…"), "file")
        box.action_chosen.connect(self.images_requested)
        box.currentIndexChanged.connect(self._dataset_changed)

    def _add_row(self, grid: QGridLayout, name: str, setting: Setting, default: Any) -> None:
        row = grid.rowCount()
        entry = self._choice_box(name, setting, default) if setting.kind == "choice" else self._field(
            name, setting, default
        )
        entry.setObjectName(_object_name(name, setting))
        entry.setAccessibleName(translated(setting.label))
        entry.setToolTip(f"<p>{translated(setting.help)}</p>")
        label = QLabel(self._with_mnemonic(translated(setting.label)))
        label.setBuddy(entry)
        label.setToolTip(entry.toolTip())
        grid.addWidget(label, row, 0)
        grid.addWidget(entry, row, 1)
        self._inputs[name] = entry
        self._labels[name] = label
        self._errors[name] = self._line_below(grid, row + 1, "error")
        self._notes[name] = self._line_below(grid, row + 2, "warning")
        self._notes[name].setObjectName(f"{_camel_case(name)}Note")

    def _line_below(self, grid: QGridLayout, row: int, role: str) -> QLabel:
        """A line for what is wrong with a setting, or what it cannot do; out of sight as long as there is nothing."""
        line = QLabel(wordWrap=True)
        line.setProperty("role", role)
        line.setFont(small_font(self.font()))
        line.hide()
        grid.addWidget(line, row, 0, 1, 2)
        return line

    def _with_mnemonic(self, label: str) -> str:
        """The label with its Alt key, if it has one."""
        place = label.lower().find(self._keys[label]) if label in self._keys else -1
        return label if place < 0 else f"{label[:place]}&{label[place:]}"

    def _label_width(self) -> int:
        """Width of the longest label, so that the entries of all sections stand in one column."""
        labels = [translated(setting.label) for kind in _CONFIGS for _, setting, _ in settings_of(kind)]
        return max(self.fontMetrics().horizontalAdvance(label) for label in labels)

    def _choice_box(self, name: str, setting: Setting, default: str) -> ChoiceBox:
        box = DatasetBox() if setting.takes_path else ChoiceBox()
        for index, choice in enumerate(setting.choices):
            box.addItem(translated(choice.label), choice.value)
            box.setItemData(index, translated(choice.help), Qt.ItemDataRole.ToolTipRole)
        box.setCurrentIndex(box.findData(default))
        return box

    def _field(self, name: str, setting: Setting, default: Any) -> SettingField:
        field = SettingField(name, setting, default)
        if setting.automatic is not None:
            field.setPlaceholderText(translated(setting.automatic))
        field.checked.connect(self._show_error)
        if setting.at_once:
            field.committed.connect(self._commit)
        return field

    def _value(self, name: str) -> Any:
        entry = self._inputs[name]
        return entry.currentData() if isinstance(entry, ChoiceBox) else entry.value()

    def _show_values(self, values: Mapping[str, Any]) -> None:
        """Show settings by name as if they had been there, and what follows from all of them together."""
        self._is_filling = True
        for name, value in values.items():
            entry = self._inputs[name]
            blocked = entry.blockSignals(True)
            if isinstance(entry, ChoiceBox):
                if name == "device" and entry.findData(value) < 0:
                    entry.offer(value, "cuda")  # one of several cards, before it is known how many there are
                entry.show_value(value)
            else:
                entry.set_value(value)
            entry.blockSignals(blocked)
            if isinstance(entry, SettingField):
                entry.check()
        self._is_filling = False
        self._show_relevant()
        self._settings_changed()

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
        if not self._active_kinds:
            if self._presets.preset is not None:
                self._apply_preset(self._presets.preset)
            elif not epochs.was_edited:
                epochs.set_value(describe_dataset(name).epochs)
        self._dataset = None
        self._inputs["batch_size"].set_limit(float("inf"), "")
        if self._lowered_batch is not None and not self._inputs["batch_size"].was_edited:
            self._inputs["batch_size"].set_value(self._lowered_batch)  # it was the smaller data set's
        self._lowered_batch = None
        try:
            config = DatasetConfig(**{name: self._value(name) for name, _, _ in settings_of(DatasetConfig)})
        except InvalidSetting:
            return  # marked where it stands
        self.dataset_chosen.emit(config)

    @Slot(object)
    def _apply_preset(self, preset: Preset) -> None:
        try:
            latent_dim = self._value("latent_dim")
        except InvalidSetting:
            return  # marked where it stands
        self._show_values(preset.settings_for(self._value("name"), latent_dim))

    @Slot()
    def _latent_dim_changed(self) -> None:
        if self._presets.preset is not None and not self._active_kinds and not self._is_filling:
            self._apply_preset(self._presets.preset)

    @Slot()
    def _settings_changed(self) -> None:
        """Show which preset the settings are, and beside each what it cannot do."""
        if self._is_filling:
            return
        texts: dict[str, str] = {}
        try:
            config = self.config()
        except InvalidSetting:
            pass  # marked where it stands
        else:
            self._presets.show_preset(preset_of(config))
            known = self._dataset if self._dataset is not None and self._dataset.config == config.dataset else None
            texts = dict(advice(config, Known.of(known)))
        for name, note in self._notes.items():
            note.setText(texts.get(name, ""))
            entry = self._inputs[name]
            if not getattr(entry, "error", ""):  # why a text is refused comes before what it would do
                entry.setAccessibleDescription(note.text())
        self._show_relevant()

    @Slot()
    def _show_relevant(self) -> None:
        """Hide what the chosen kind of model has no use for, or, where it acts at once, grey it out."""
        kind, more = self._value("kind"), self._more.isChecked()
        self._more.setArrowType(Qt.ArrowType.DownArrow if more else Qt.ArrowType.RightArrow)
        for part in _CONFIGS:
            for name, setting, default in settings_of(part):
                kinds = (kind, *self._active_kinds) if setting.at_once else (kind,)
                matters = not setting.only_for or any(entry in setting.only_for for entry in kinds)
                entry, label = self._inputs[name], self._labels[name]
                if setting.at_once:
                    reason = self.tr("This kind of model leaves no choice.")
                    if setting.only_for and len(self._active_kinds) > 1:
                        matters, reason = False, self.tr("Each of the compared models has its own, above its column.")
                    entry.setEnabled(matters)
                    entry.setToolTip(f"<p>{translated(setting.help) if matters else reason}</p>")
                    self._notes[name].setVisible(matters and bool(self._notes[name].text()))
                    continue
                if not matters and isinstance(entry, SettingField) and entry.error:
                    entry.set_value(default)  # out of sight, it could not be mended
                lines = (self._errors[name], self._notes[name])
                is_told = any(line.text() for line in lines)
                visible = matters and (more or not setting.is_advanced or is_told)
                for part_of_row in (entry, label):
                    part_of_row.setVisible(visible)
                for line in lines:
                    line.setVisible(visible and bool(line.text()))


def _alt_keys(*others: str) -> dict[str, str]:
    """The first letter of each label that is still free; what is not always in sight comes last and may get none."""
    rows = [setting for kind in _CONFIGS for _, setting, _ in settings_of(kind)]
    rows.sort(key=lambda setting: (not setting.at_once, setting.is_advanced or bool(setting.only_for)))
    taken = set("fvh")  # those of the menus
    keys = {}
    for label in (*others, *(translated(setting.label) for setting in rows)):
        free = [letter for letter in label.lower() if letter.isascii() and letter.isalpha() and letter not in taken]
        if free:
            keys[label] = free[0]
            taken.add(free[0])
    return keys


def _object_name(name: str, setting: Setting) -> str:
    if name in _OBJECT_NAMES:
        return _OBJECT_NAMES[name]
    return _camel_case(name) + ("Combo" if setting.kind == "choice" else "Field")


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.title() for word in others)
