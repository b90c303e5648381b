"""The combo box of recipes for a run's settings."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QWidget

from vae_desktop.gui.widgets.choice_box import ChoiceBox
from vae_desktop.gui.widgets.controls import explain, named
from vae_desktop.language import tr
from vae_desktop.presets import PRESETS, Preset


class PresetBox(ChoiceBox):
    """Tells which recipe the person chose, and shows which one the settings are."""

    preset_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        named(self, "presetCombo", tr("Preset"))
        self.preset: Preset | None = None
        self.addItem(tr("Custom"))
        self.items.item(0).setEnabled(False)  # it is what one comes to, not what one chooses
        for preset in PRESETS.values():
            self.addItem(tr(preset.label), preset.name)
            self.setItemData(self.count() - 1, tr(preset.help), Qt.ItemDataRole.ToolTipRole)
        self.activated.connect(self._choose)
        self.show_preset(None)

    def show_preset(self, preset: Preset | None) -> None:
        """Show a recipe, or None for settings of the person's own, without telling anybody."""
        self.preset = preset
        self.setCurrentIndex(0 if preset is None else self.findData(preset.name))
        self._explain()

    def set_locked(self, locked: bool) -> None:
        """While a training runs none can be chosen, since its rates act at once."""
        self.setEnabled(not locked)
        self._explain()

    def _explain(self) -> None:
        what = tr("Architecture and training that go well together.")
        cost = tr("Settings of your own.") if self.preset is None else tr(self.preset.help)
        why = tr("A training runs, whose rates a preset would change: stop it first.")
        explain(self, "".join(f"<p>{text}</p>" for text in (what, cost, "" if self.isEnabled() else why) if text))

    @Slot(int)
    def _choose(self, index: int) -> None:
        if self.itemData(index) is not None:
            self.preset_chosen.emit(PRESETS[self.itemData(index)])
