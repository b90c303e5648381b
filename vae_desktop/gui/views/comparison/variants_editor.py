"""Which models are to be compared: up to four, each with what sets it apart from the setup."""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QGridLayout, QLabel, QToolButton, QWidget

from vae_desktop.catalog import MODELS
from vae_desktop.config import SETTINGS
from vae_desktop.errors import InvalidSetting
from vae_desktop.gui.views.setup.setting_row import SettingField, entry_of
from vae_desktop.gui.widgets.choice_box import ChoiceBox, translated
from vae_desktop.gui.widgets.controls import column, label, push_button, row, tool_button
from vae_desktop.gui.widgets.theme import MODEL_COLOURS, SPACING
from vae_desktop.variants import FEWEST, KL_TERM, MOST, Variant

_AS_IN_SETUP = "as in the setup"
_COLUMNS = ("kind", "beta", "latent_dim", "likelihood", "architecture")


class VariantsEditor(QWidget):
    """A line for each model; what is left as it is comes from the setup."""

    compare_requested = Signal(object)  # list of Variant
    back_requested = Signal()
    refused = Signal()  # what is entered cannot be trained, and says why

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("variantsEditor")
        text, tip = (
            self.tr("Compare: what the KL term does"),
            self.tr("AE, VAE without KL, KL alone and VAE: where do holes in a latent space come from?"),
        )
        self.note_button = push_button("compareKlTermButton", text, tip, then=self._request_note)
        self.note_button.setProperty("primary", True)
        self.train_button = push_button("compareVariantsButton", self.tr("Train these models"), then=self.request)
        self.back_button = push_button(
            "backToColumnsButton", self.tr("Back to the columns"), then=self.back_requested
        )
        self._add = push_button("addVariantButton", self.tr("Add a model"), then=self._add_line)
        self._error = label(role="error", name="variantsError", wraps=True)
        self._grid = QGridLayout()
        self._grid.setSpacing(SPACING)
        self._lines: list[_Line] = []
        self._count = 0  # of lines ever made: no two have the same names
        for number, name in enumerate(_COLUMNS, 1):
            self._grid.addWidget(QLabel(translated(SETTINGS[name].label)), 0, number)
        about = self.tr(
            "Two to four models train together: the same images in the same order, the same noise, equal layers with "
            "equal first weights. What differs in the end comes from what differs here. All else, the data set too, is "
            "as in the setup."
        )
        inner = column(
            label(self.tr("Models side by side"), size="heading"),
            label(about, "muted", wraps=True),
            row(self.note_button, 1),
            label(self.tr("Or models of your own choice:")),
            self._grid,
            self._error,
            row(self._add, self.train_button, self.back_button, 1),
            1,
            spacing=2 * SPACING,
        )
        row(1, (inner, 20), 1, margins=(2 * SPACING,) * 4, on=self)
        self.set_variants(KL_TERM)
        self.back_button.hide()

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
        for number, (line, colour) in enumerate(zip(self._lines, MODEL_COLOURS, strict=False), 1):
            line.dot.setStyleSheet(f"color: {colour};")
            for position, part in enumerate(line.parts):
                self._grid.addWidget(part, number, position)

    def _refresh(self) -> None:
        self._error.setText("")
        self._add.setEnabled(len(self._lines) < MOST)
        for line in self._lines:
            line.remove.setEnabled(len(self._lines) > FEWEST)


class _Line:
    """The entries of one model."""

    def __init__(self, variant: Variant, number: int) -> None:
        self.dot = QLabel("●")
        self._entries: dict[str, SettingField | ChoiceBox] = {}
        for name in _COLUMNS:
            value = getattr(variant, name)
            entry = entry_of(name, replace(SETTINGS[name], automatic=""), value, letters=16)
            entry.setObjectName(f"variant{number}{name.title().replace('_', '')}")
            if isinstance(entry, SettingField):
                entry.setPlaceholderText(translated(_AS_IN_SETUP))
            elif name != "kind":
                entry.insertItem(0, translated(_AS_IN_SETUP), None)
                entry.setCurrentIndex(max(0, entry.findData(value)))
            self._entries[name] = entry
        tip = translated("Leave this model out.")
        self.remove: QToolButton = tool_button(f"removeVariant{number}Button", "✕", tip, label=tip)
        self._kind = cast(ChoiceBox, self._entries["kind"])
        self._kind.currentIndexChanged.connect(self._show_relevant)
        self._show_relevant()

    @property
    def parts(self) -> list[QWidget]:
        return [self.dot, *self._entries.values(), self.remove]

    def variant(self) -> Variant:
        return Variant(**{name: entry.value() for name, entry in self._entries.items() if entry.isEnabled()})

    def _show_relevant(self) -> None:
        """β is for kinds that leave it free."""
        self._entries["beta"].setEnabled(MODELS[self._kind.value()].kl_weight is None)
