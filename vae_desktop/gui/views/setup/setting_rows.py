"""Where the settings stand: what matters most first, the rest in folds."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QGridLayout, QWidget

from vae_desktop.config import SETTINGS, DatasetConfig, RunConfig
from vae_desktop.dataset_catalog import DATASETS
from vae_desktop.gui.views.setup.fold import Fold, setting_grid
from vae_desktop.gui.views.setup.preset_box import PresetBox
from vae_desktop.gui.views.setup.setting_row import SettingRow, label_of
from vae_desktop.gui.views.setup.slider_row import SliderRow
from vae_desktop.gui.widgets.controls import column
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.language import tr
from vae_desktop.settings import Setting, settings_of


class SettingRows(QWidget):
    """A row for each setting of a run, made from its definition, in the place that its group has.

    Parameters
    ----------
    presets : PresetBox

    Attributes
    ----------
    by_name : dict of str to SettingRow
    folds : dict of str to Fold
        By the group of the settings in them.
    notes : QWidget
        What is wrong and what settings cannot do: below the form, so that no row moves when it appears.
    """

    folds_changed = Signal(list)  # names of those that are open
    setting_wanted = Signal(str)  # to be as on screen

    def __init__(self, presets: PresetBox) -> None:
        super().__init__()
        self._presets = presets
        keys = _alt_keys(tr("Preset"), list(SETTINGS.values()))
        defaults = RunConfig()
        parts = (defaults.dataset, defaults.model, defaults.training)
        self.by_name: dict[str, SettingRow] = {}
        for name, setting, value in (entry for part in parts for entry in settings_of(part)):
            kind = SliderRow if name == "beta" else SettingRow
            self.by_name[name] = kind(name, setting, value, keys.get(tr(setting.label), ""))
        self._label_width = max(self.fontMetrics().horizontalAdvance(entry.title) for entry in self.by_name.values())
        self.folds = {name: Fold(name, *texts, self._label_width) for name, texts in self._fold_texts().items()}
        self._preset_label = label_of(tr("Preset"), presets, keys.get(tr("Preset"), ""))
        lines = [line for entry in self.by_name.values() for line in entry.lines]
        self.notes = QWidget()
        column(*lines, spacing=SPACING // 2, margins=(SPACING, SPACING, SPACING, 0), on=self.notes)
        self._lines = lines
        main = setting_grid(self._label_width)
        self._place(main)
        self._layout = column(main, *self.folds.values(), 1, on=self)
        self.set_right_margin(SPACING)
        for name, entry in self.by_name.items():
            entry.mark.clicked.connect(partial(self.setting_wanted.emit, name))
        for name, fold in self.folds.items():
            fold.mark.clicked.connect(partial(self._want_all, name))
            fold.toggled.connect(self._tell_folds)

    @property
    def least_width(self) -> int:
        """Pixels that all settings need, in sight or not."""
        entries = [entry.entry for entry in self.by_name.values()]
        return self._label_width + max(entry.minimumSizeHint().width() for entry in entries) + 4 * SPACING

    def set_right_margin(self, pixels: int) -> None:
        self._layout.setContentsMargins(0, SPACING // 2, pixels, SPACING)

    def open_folds(self, names: Collection[str]) -> None:
        """Open these folds and shut the others."""
        for name, fold in self.folds.items():
            fold.set_open(name in names)

    def show_summaries(self, texts: Mapping[str, str]) -> None:
        """Say in a line what is in each fold."""
        for name, text in texts.items():
            self.folds[name].set_summary(text)

    def show_on_screen(self, texts: Mapping[str, str]) -> None:
        """Mark the settings that differ from the model on screen, each with what that has; and the folds of such."""
        inside: dict[str, list[str]] = {name: [] for name in self.folds}
        for name, entry in self.by_name.items():
            text = texts.get(name, "")
            entry.set_on_screen(self._on_screen(text))
            if text and entry.setting.group in inside:
                inside[entry.setting.group].append(f"{entry.title} {text}")
        for name, fold in self.folds.items():
            fold.set_on_screen(self._on_screen(", ".join(inside[name])))

    def show_relevant(self, kind: str, active_kinds: Sequence[str], compares: bool) -> None:
        """Hide what is folded and what a kind of model has no use for; grey out what acts at once.

        Parameters
        ----------
        kind : str
            Of the next model.
        active_kinds : sequence of str
            Of the models in training: what acts at once is for them too.
        compares : bool
            Whether the next models stand side by side, each of a kind of its own.
        """
        for part in (self._preset_label, self._presets):
            part.setVisible(self.folds["architecture"].is_open)
        for entry in self.by_name.values():
            setting = entry.setting
            is_open = setting.group == "main" or self.folds[setting.group].is_open
            kinds = {kind, *active_kinds} if setting.at_once else {kind}
            matters = not setting.only_for or not kinds.isdisjoint(setting.only_for)
            matters = (matters or (compares and setting.at_once)) and self._suits_images(setting)
            reason = tr("This kind of model leaves no choice.")
            if setting.at_once and setting.only_for and len(active_kinds) > 1:
                matters, reason = False, tr("Each of the compared models has its own, above its column.")
            entry.show_as_relevant(matters, is_open, reason)
            entry.set_live(setting.at_once and matters and bool(active_kinds))
        self.notes.setVisible(any(not line.isHidden() for line in self._lines))
        reason = tr("Each of the compared models is of a kind of its own: see the list of models.")
        self.by_name["kind"].enable(not compares, reason)

    def _suits_images(self, setting: Setting) -> bool:
        """Whether a setting matters for the images chosen, together with the others."""
        if setting.is_for_own and self.by_name["name"].entry.value() in DATASETS:
            return False
        return setting.only_with is None or self.by_name[setting.only_with[0]].entry.value() == setting.only_with[1]

    def _fold_texts(self) -> dict[str, tuple[str, str]]:
        """Title and tooltip of each fold, by the group of its settings."""
        return {
            "architecture": (
                tr("Architecture and images"),
                tr("What encoder and decoder are made of, how an image is judged, and how large it is."),
            ),
            "optimisation": (
                tr("Optimisation"),
                tr("How long, and in which steps, the latent space is learned."),
            ),
            "reproducibility": (
                tr("Reproducibility and device"),
                tr("What makes two latent spaces equal, and where they are computed."),
            ),
        }

    def _place(self, main: QGridLayout) -> None:
        """Put each setting into its group; of a fold those of the images come last."""
        grids = {"main": main, **{name: fold.grid for name, fold in self.folds.items()}}
        grids["architecture"].addWidget(self._preset_label, 0, 1)
        grids["architecture"].addWidget(self._presets, 0, 2)
        of_images = {name for name, setting, _ in settings_of(DatasetConfig) if setting.group != "main"}
        for entry in sorted(self.by_name.values(), key=lambda entry: entry.name in of_images):
            entry.add_to(grids[entry.setting.group])

    def _want_all(self, group: str) -> None:
        for entry in self.by_name.values():
            if entry.setting.group == group and entry.on_screen:
                self.setting_wanted.emit(entry.name)

    def _on_screen(self, text: str) -> str:
        return tr("On screen: {value}").format(value=text) if text else ""

    @Slot()
    def _tell_folds(self) -> None:
        self.folds_changed.emit([name for name, fold in self.folds.items() if fold.is_open])


def _alt_keys(preset: str, settings: Sequence[Setting]) -> dict[str, str]:
    """The first letter of each label that is still free; what is not always in sight comes last and may get none."""
    main = [tr(entry.label) for entry in settings if entry.group == "main" and not entry.only_for]
    rates = [tr(entry.label) for entry in settings if entry.at_once]
    others = [tr(entry.label) for entry in settings]
    taken = set("fvh")  # those of the menus
    keys: dict[str, str] = {}
    for text in (*main, *rates, preset, *others):
        free = [letter for letter in text.lower() if letter.isascii() and letter.isalpha() and letter not in taken]
        if free and text not in keys:
            keys[text] = free[0]
            taken.add(free[0])
    return keys
