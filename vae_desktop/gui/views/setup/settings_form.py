"""The form of a run's settings, built from the fields of the config classes."""

from __future__ import annotations

import contextlib
import html
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QWidget

from vae_desktop.config import DatasetConfig, ModelConfig, RunConfig, TrainingConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.data.torchvision_sets import TORCHVISION_SETS
from vae_desktop.dataset_catalog import describe_dataset
from vae_desktop.errors import InvalidSetting
from vae_desktop.gui.views.setup.fold_summary import fold_summaries
from vae_desktop.gui.views.setup.preset_box import PresetBox
from vae_desktop.gui.views.setup.setting_field import SettingField
from vae_desktop.gui.views.setup.setting_rows import SettingRows
from vae_desktop.gui.widgets.choice_box import ChoiceBox
from vae_desktop.gui.widgets.controls import column
from vae_desktop.language import tr
from vae_desktop.presets import Preset, preset_of
from vae_desktop.settings import settings_of
from vae_desktop.training.advice import Known, advice

if TYPE_CHECKING:
    from vae_desktop.training.devices import Device

_CONFIGS = (DatasetConfig, ModelConfig, TrainingConfig)


class SettingsForm(QWidget):
    """Shows each setting once: what matters most always, the rest in folds.

    A wrong entry is marked where it stands, with the reason below the form. What does not concern the chosen kind of
    model is out of sight; what acts at once is greyed out instead.

    Attributes
    ----------
    rows : SettingRows
        What is seen of it.
    """

    validity_changed = Signal(bool)
    settings_changed = Signal()  # any of them, or what is known of their images
    dataset_chosen = Signal(object)  # DatasetConfig
    committed = Signal(str, float)  # name and value of a setting that acts at once

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presets = PresetBox()
        self.rows = SettingRows(self._presets)
        self._rows = self.rows.by_name
        self._dataset: Dataset | None = None
        self._lowered_batch: int | None = None  # what the batch size was before a small data set lowered it
        self.is_valid = True
        self._is_filling = False
        self._active_kinds: tuple[str, ...] = ()
        self._compares = False
        column(self.rows, on=self)
        self._connect()
        self._show_relevant()
        self.refresh()

    @property
    def dataset(self) -> Dataset | None:
        """The images of the data set chosen, once they are in memory."""
        return self._dataset

    def config(self) -> RunConfig:
        """The settings entered; raises InvalidSetting for the first that is wrong."""
        dataset, model = DatasetConfig(**self._values(DatasetConfig)), ModelConfig(**self._values(ModelConfig))
        return RunConfig(dataset, model, TrainingConfig(**self._values(TrainingConfig)))

    def mended_config(self, others: RunConfig) -> RunConfig:
        """The settings entered, with those of another run in place of what is wrong."""
        config = others
        for name, entry in self._rows.items():
            with contextlib.suppress(InvalidSetting):
                config = config.with_settings(**{name: entry.entry.value()})
        return config

    def set_config(self, config: RunConfig) -> None:
        """Show the settings of a run, without loading its data set."""
        self.field("batch_size").set_limit(float("inf"), "")
        parts = (config.dataset, config.model, config.training)
        self._show_values({name: value for part in parts for name, _, value in settings_of(part)})

    def field(self, name: str) -> SettingField:
        """The entry of a setting that is typed."""
        return cast(SettingField, self._rows[name].entry)

    def box(self, name: str) -> ChoiceBox:
        """The entry of a setting that is chosen from a list."""
        return cast(ChoiceBox, self._rows[name].entry)

    def choose_dataset(self, name: str) -> None:
        """Choose a data set, by name or path, as the person would; what can be neither changes nothing."""
        try:
            DatasetConfig(name)
        except InvalidSetting:
            return
        box, before = self.box("name"), self.box("name").currentData()
        self._offer("name", name)
        box.set_value(name)
        if box.currentData() == before:  # else its own signal says so
            self._dataset_changed()

    def withdraw_dataset(self, name: str, instead: str) -> None:
        """Offer a data set no longer, and choose another one instead."""
        box = self.box("name")
        box.set_value(instead)
        box.removeItem(box.findData(name))

    def set_dataset(self, dataset: Dataset) -> None:
        """Know the images, if they are those of the data set chosen: no batch is larger than all of them."""
        if dataset.config.name != self.box("name").currentData():
            return
        self._dataset = dataset
        images, batch = len(dataset.train), self.field("batch_size")
        if not batch.was_edited and batch.error == "" and batch.value() > images:
            self._lowered_batch = batch.value()
            batch.set_value(images)
        reason = tr("the {count} training images of {title}").format(count=f"{images:,}", title=dataset.title)
        batch.set_limit(images, reason)
        self.refresh()

    def set_devices(self, devices: Sequence[Device]) -> None:
        """Offer the devices, several cards by their numbers; those that are not there are grey and say why."""
        box = self.box("device")
        before = "auto"
        for device in devices:
            box.offer(device.name, before, device.about, device.is_there)
            before = device.name
        if box.currentData() not in ["auto", *(device.name for device in devices if device.is_there)]:
            box.set_value("auto")
        missing = [f"<p>{device.name.upper()}: {device.about}</p>" for device in devices if not device.is_there]
        row = self._rows["device"]
        row.explain("".join([f"<p>{tr(row.setting.help)}</p>", *missing]))

    def set_active_models(self, kinds: Sequence[str]) -> None:
        """Say which kinds of models are in training: what acts at once is for them too."""
        if tuple(kinds) != self._active_kinds:
            self._active_kinds = tuple(kinds)
            self._presets.set_locked(bool(kinds))
            self._show_relevant()

    def _connect(self) -> None:
        self._presets.preset_chosen.connect(self._apply_preset)
        # All before the settings are no longer the recipe's.
        self.box("architecture").currentIndexChanged.connect(self._architecture_changed)
        self.field("latent_dim").checked.connect(self._latent_dim_changed)
        self.box("name").currentIndexChanged.connect(self._dataset_changed)
        for entry in self._rows.values():
            if isinstance(entry.entry, ChoiceBox):
                entry.entry.currentIndexChanged.connect(self.refresh)
                continue
            entry.entry.checked.connect(self._show_error)
            entry.entry.checked.connect(self.refresh)
            if entry.setting.at_once:
                entry.entry.committed.connect(self._commit)
        for name in ("colours", "levels", "measured_on"):
            self.box(name).currentIndexChanged.connect(self._dataset_changed)
        for name in ("image_size", "black", "white"):
            self.field(name).committed.connect(self._dataset_changed)
        self.box("kind").currentIndexChanged.connect(self._show_relevant)
        self.rows.folds_changed.connect(self._show_relevant)
        tip = tr("With another architecture it becomes automatic, unless you have typed numbers.")
        self._rows["hidden"].explain(f"<p>{tr(self._rows['hidden'].setting.help)}</p><p>{tip}</p>")
        box = self.box("name")
        box.insertSeparator(box.findData(next(iter(TORCHVISION_SETS))))  # what is familiar stands above
        tip = tr("Images of your own: File ▸ Open folder of images, or drop them on the window.")
        self._rows["name"].explain(f"<p>{tr(self._rows['name'].setting.help)}</p><p>{tip}</p>")

    def _offer(self, name: str, value: str) -> None:
        """Have a value among the choices that is not known beforehand: a path, or one of several cards."""
        box = self.box(name)
        if name == "name" and box.findData(value) < 0:
            box.addItem(describe_dataset(value).label, value)
            box.setItemData(box.count() - 1, html.escape(value), Qt.ItemDataRole.ToolTipRole)
        elif name == "device" and box.findData(value) < 0:
            box.offer(value, "cuda")

    def _values(self, kind: type) -> dict[str, Any]:
        return {name: self._rows[name].entry.value() for name, _, _ in settings_of(kind)}

    def _show_values(self, values: Mapping[str, Any]) -> None:
        """Show settings by name as if they had been there, and what follows from all of them together."""
        self._is_filling = True
        for name, value in values.items():
            if name in ("name", "device"):
                self._offer(name, value)
            self._rows[name].show_value(value)
        self._is_filling = False
        self._show_relevant()
        self.refresh()

    def set_compares(self, compares: bool) -> None:
        """Whether the settings are for models side by side."""
        self._compares = compares
        self._show_relevant()

    @Slot()
    def _show_error(self) -> None:
        self._rows[cast(SettingField, self.sender()).name].show_error()
        is_valid = not any(entry.entry.error for entry in self._rows.values())
        if is_valid != self.is_valid:
            self.is_valid = is_valid
            self.validity_changed.emit(is_valid)

    @Slot(object)
    def _commit(self, value: Any) -> None:
        self.committed.emit(cast(SettingField, self.sender()).name, float(value))

    @Slot()
    def _dataset_changed(self) -> None:
        epochs, batch = self.field("epochs"), self.field("batch_size")
        if not self._active_kinds:
            if self._presets.preset is not None:
                self._apply_preset(self._presets.preset)
            elif not epochs.was_edited:
                epochs.set_value(describe_dataset(self.box("name").currentData()).epochs)
        self._dataset = None
        batch.set_limit(float("inf"), "")
        if self._lowered_batch is not None and not batch.was_edited:
            batch.set_value(self._lowered_batch)  # it was the smaller data set's
        self._lowered_batch = None
        try:
            config = DatasetConfig(**self._values(DatasetConfig))
        except InvalidSetting:
            return  # marked where it stands
        self.dataset_chosen.emit(config)

    @Slot(object)
    def _apply_preset(self, preset: Preset) -> None:
        try:
            latent_dim = self.field("latent_dim").value()
        except InvalidSetting:
            return  # marked where it stands
        self._show_values(preset.settings_for(self.box("name").currentData(), latent_dim))

    @Slot()
    def _latent_dim_changed(self) -> None:
        if self._presets.preset is not None and not self._active_kinds and not self._is_filling:
            self._apply_preset(self._presets.preset)

    @Slot()
    def _architecture_changed(self) -> None:
        """Widths say nothing of channels: have the automatic ones, unless the person has typed some."""
        hidden = self.field("hidden")
        if not hidden.was_edited:
            hidden.set_value(None)

    @Slot()
    def refresh(self) -> None:
        """Show which preset the settings are, and beside each what it cannot do."""
        if self._is_filling:
            return
        texts: dict[str, str] = {}
        try:
            config = self.config()
        except InvalidSetting:
            pass  # marked where it stands
        else:
            preset = preset_of(config)
            self._presets.show_preset(preset)
            self.rows.show_summaries(fold_summaries(config, preset))
            is_dense = config.model.architecture == "mlp"
            self.field("hidden").set_unit(tr("units") if is_dense else tr("channels"))
            given = None if self._dataset is None else replace(self._dataset.config, excluded="")
            known = self._dataset if given == config.dataset else None
            texts = dict(advice(config, Known.of(known)))
        for name, entry in self._rows.items():
            entry.set_note(texts.get(name, ""))
        self._show_relevant()
        self.settings_changed.emit()

    @Slot()
    def _show_relevant(self) -> None:
        self.rows.show_relevant(self.box("kind").currentData(), self._active_kinds, self._compares)
