"""Which models are to be compared: up to four, each with what sets it apart from the setup."""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from PySide6.QtCore import Qt, Signal, SignalInstance, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QLabel, QToolButton, QWidget

from vae_desktop.catalog import MODELS
from vae_desktop.config import SETTINGS
from vae_desktop.errors import InvalidSetting
from vae_desktop.gui.views.setup.setting_field import SettingField
from vae_desktop.gui.views.setup.setting_row import entry_of
from vae_desktop.gui.widgets.choice_box import ChoiceBox
from vae_desktop.gui.widgets.controls import column, label, push_button, row, toggle, tool_button
from vae_desktop.gui.widgets.theme import MODEL_COLOURS, SPACING, heading_font
from vae_desktop.language import N_, tr
from vae_desktop.variants import FEWEST, GENERATING_DIM, KL_TERM, MOST, Variant

_AS_IN_SETUP = N_("as in setup")
_COLUMNS = ("kind", "beta", "latent_dim", "likelihood", "architecture")


class VariantsEditor(QWidget):
    """A line for each model; what is left as it is comes from the setup."""

    compare_requested = Signal(object)  # list of Variant
    argument_requested = Signal(int)  # the models of KL_TERM with so many latent dimensions, in settings of their own
    changed = Signal()  # which models there are, or one of them
    back_requested = Signal()
    refused = Signal()  # what is entered cannot be trained, and says why

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("variantsEditor")
        tip = tr("Train an AE, a VAE without KL, KL only and a VAE: what do their random codes decode to?")
        text = tr("What the KL term does")
        self.note_button = push_button("compareKlTermButton", text, tip, then=self._request_generating)
        tip = tr("The same four models with two latent dimensions, so that all of the latent space is seen.")
        text = tr("The same in 2-D: see the codes")
        self.codes_button = push_button("compareKlTerm2dButton", text, tip, then=self._request_codes)
        for button in (self.note_button, self.codes_button):
            button.setFont(heading_font(button.font()))
            button.setMinimumHeight(9 * SPACING)
        self.note_button.setProperty("primary", True)
        self._data = label(role="muted", size="small", wraps=True)
        tip = tr("Two to four models that differ in what you choose; all else is as in the setup.")
        text = tr("Models of your own choice")
        self._fold = toggle("ownChoiceButton", text, tip, is_flat=True, then=self._unfold)
        self._fold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.train_button = push_button("compareVariantsButton", tr("Train these models"), then=self.request)
        self.back_button = push_button(
            "backToColumnsButton", tr("Back to the columns"), then=self.back_requested
        )
        self._add = push_button("addVariantButton", tr("Add a model"), then=self._add_line)
        self._error = label(role="error", name="variantsError", wraps=True)
        self._grid = QGridLayout()
        self._grid.setSpacing(SPACING)
        self._lines: list[_Line] = []
        self._count = 0  # of lines ever made: no two have the same names
        for number, name in enumerate(_COLUMNS, 1):
            self._grid.addWidget(QLabel(tr(SETTINGS[name].label)), 0, number)
        self._own = QWidget()
        column(self._grid, self._error, row(self._add, self.train_button, 1), on=self._own)
        self._beside = self._choices()
        inner = column(
            1,
            label(tr("Models side by side"), size="heading"),
            self._beside,
            self._four(),
            self._data,
            row(self._fold, 1, self.back_button),
            self._own,
            2,
            spacing=2 * SPACING,
        )
        row(1, (inner, 20), 1, margins=(2 * SPACING,) * 4, on=self)
        self.set_data("Digits")
        self._unfold(False)
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
        variants = self.checked_variants()
        if variants:
            self.compare_requested.emit(variants)

    def checked_variants(self) -> list[Variant]:
        """What is entered; none if it cannot be trained, and then it is said why."""
        try:
            variants = self.variants()
        except InvalidSetting as error:
            self._error.setText(str(error))
            self._fold.setChecked(True)
            self.refused.emit()
            return []
        self._error.setText("")
        return variants

    def set_data(self, name: str) -> None:
        """Name the data set that the two comparisons bring along."""
        text = tr(
            "Both bring their own settings and train on {data}, whatever the setup says. All four models see the same "
            "images in the same order, the same noise and equal first weights: what differs in the end comes from the "
            "loss alone."
        )
        self._data.setText(text.format(data=name))

    @Slot()
    def _request_generating(self) -> None:
        self.argument_requested.emit(GENERATING_DIM)

    @Slot()
    def _request_codes(self) -> None:
        self.argument_requested.emit(2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the two comparisons out side by side where their names have room."""
        super().resizeEvent(event)
        wide = 2 * max(button.sizeHint().width() for button in (self.note_button, self.codes_button)) + 7 * SPACING
        way = QBoxLayout.Direction.LeftToRight if self.width() >= wide else QBoxLayout.Direction.TopToBottom
        self._beside.setDirection(way)

    def _choices(self) -> QBoxLayout:
        """The two comparisons that make the argument, each over what it shows."""
        parts = []
        for button, text in (
            (
                self.note_button,
                tr(
                    "An autoencoder, a VAE without KL, KL only and a VAE, with 20 latent dimensions. Random codes "
                    "from N(0, I) are decoded by each: which of the four can generate?"
                ),
            ),
            (
                self.codes_button,
                tr(
                    "The same four with 2 latent dimensions: how far their codes spread, where holes are between "
                    "them, and where N(0, I) lies."
                ),
            ),
        ):
            about = label(text, wraps=True)
            parts.append((column(button, about, 1), 1))
        return row(*parts, spacing=3 * SPACING)

    def _four(self) -> QGridLayout:
        """What the four models of the argument are, each in the colour that it has in its column."""
        grid = QGridLayout()
        grid.setHorizontalSpacing(3 * SPACING)
        grid.setVerticalSpacing(SPACING // 2)
        for number, (variant, colour) in enumerate(zip(KL_TERM, MODEL_COLOURS, strict=True)):
            kind = MODELS[variant.kind]
            name, about = label(tr(kind.short)), label(tr(kind.help), "muted", wraps=True)
            name.setStyleSheet(f"color: {colour}; font-weight: bold;")
            about.setAlignment(Qt.AlignmentFlag.AlignTop)
            for line, part in enumerate((name, about)):
                grid.addWidget(part, line, number)
            grid.setColumnStretch(number, 1)
        return grid

    @Slot(bool)
    def _unfold(self, is_open: bool) -> None:
        self._fold.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow)
        self._own.setVisible(is_open)

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
        for signal in line.changes:
            signal.connect(self.changed)
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
        self.changed.emit()


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
                entry.setPlaceholderText(tr(_AS_IN_SETUP))
            elif name != "kind":
                entry.insertItem(0, tr(_AS_IN_SETUP), None)
                entry.setCurrentIndex(max(0, entry.findData(value)))
            self._entries[name] = entry
        tip = tr("Leave this model out.")
        self.remove: QToolButton = tool_button(f"removeVariant{number}Button", "", tip, label=tip, icon="close")
        self._kind = cast(ChoiceBox, self._entries["kind"])
        self._kind.currentIndexChanged.connect(self._show_relevant)
        self._show_relevant()

    @property
    def parts(self) -> list[QWidget]:
        return [self.dot, *self._entries.values(), self.remove]

    @property
    def changes(self) -> list[SignalInstance]:
        """What tells that an entry has another value."""
        entries = self._entries.values()
        return [each.currentIndexChanged if isinstance(each, ChoiceBox) else each.checked for each in entries]

    def variant(self) -> Variant:
        # While it closes the whole window is greyed: that says nothing of an entry.
        entries = self._entries.items()
        there = [(name, entry) for name, entry in entries if entry.isEnabledTo(entry.parentWidget() or entry)]
        return Variant(**{name: entry.value() for name, entry in there})

    def _show_relevant(self) -> None:
        """β is for kinds that leave it free."""
        self._entries["beta"].setEnabled(MODELS[self._kind.value()].kl_weight is None)
