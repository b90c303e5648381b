"""The workspace in which models stand side by side."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QActionGroup, QResizeEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QToolButton, QWidget

from vae_desktop.engine.run import Run
from vae_desktop.gui.views.comparison.column import ComparisonColumn
from vae_desktop.gui.views.comparison.columns_area import ColumnsArea
from vae_desktop.gui.views.comparison.table import ComparisonTable
from vae_desktop.gui.views.comparison.variants_editor import VariantsEditor
from vae_desktop.gui.views.curves.loss_plot import LossPlot
from vae_desktop.gui.views.curves.losses import Losses
from vae_desktop.gui.views.stage.scatter_tools import ScatterControls
from vae_desktop.gui.widgets.choice_box import ChoiceBox
from vae_desktop.gui.widgets.controls import (
    action,
    column,
    explain,
    label,
    named,
    push_button,
    row,
    styled,
    toggle,
    tool_button,
)
from vae_desktop.gui.widgets.decoded_image import DecodedImage
from vae_desktop.gui.widgets.labels import ElidedLabel
from vae_desktop.gui.widgets.number_field import NumberField
from vae_desktop.gui.widgets.terms import with_terms
from vae_desktop.gui.widgets.theme import MODEL_COLOURS, SPACING
from vae_desktop.language import tr
from vae_desktop.latent.verdict import QUESTION

_ORIGINAL = 56  # px
_TALL = 840  # px: from here on there is room for columns, curves and figures
_WIDE = 1000  # px: and from here on for both of these side by side


class ComparisonView(QWidget):
    """Columns over shared curves and figures, or the choice of models; setters and signals."""

    beta_changed = Signal(object, float)  # a Run, and the β that is wanted for it
    promoted = Signal(object)  # a Run, into the playground
    save_requested = Signal(object)  # a Run, in a file of its own
    views_changed = Signal()
    random_wanted = Signal()
    sample_wanted = Signal()
    image_chosen = Signal(int)
    points_changed = Signal()
    start_shown = Signal(bool)  # whether the choice of models is in front, instead of columns

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("comparisonView")
        self.columns: list[ComparisonColumn] = []
        self.editor, self.curves, self.table = VariantsEditor(), LossPlot(compares=True), ComparisonTable()
        self.controls = ScatterControls("compared")  # of the scatters of all columns
        self.controls.selection_bar.offer_no_export()
        self._toggles = {
            "codes": self._segment("codes", tr("Codes"), tr("Where the images lie.")),
            "grid": self._segment("grid", tr("Grid"), tr("What is decoded around the codes.")),
            "random": self._segment("random", tr("Random"), tr("What is decoded from random codes.")),
        }
        for button, position in zip(self._toggles.values(), ("first", "middle", "last"), strict=True):
            button.setProperty("segment", position)
        tip = tr("The same scale for all: how far do the codes of each model spread?")
        self.common_scale = action(self, "commonScaleAction", tr("Common scale"), tip, is_on=False)
        self._points = self._points_group()
        self.controls.tools.offer_for_all([*self._points.actions(), self.common_scale])
        tip = tr(
            "The cursor is the same code z in all models, instead of as many standard deviations of each model's codes "
            "from their middle. The sliders count in that unit."
        )
        self.raw_cursor = self._toggle("rawCursor", tr("raw z"), with_terms(tip, "raw z"))
        self.way = self._way_box()
        tip = tr("Other random codes, the same for all models.")
        self.redraw = tool_button("newRandomButton", "", tip, label=tip, icon="redraw", then=self.random_wanted)
        tip = tr("The test image that every model reconstructs. A click on a point chooses its image.")
        self.image = NumberField("comparedImageSpin", tr("Test image"), tip, (0, 0))
        self.image.setFixedWidth(7 * SPACING)
        tip = tr("The chosen test image itself, or the one under the mouse.")
        self.original = named(DecodedImage(), "comparedOriginal", tr("The chosen test image"), tip)
        self.original.setFixedSize(_ORIGINAL, _ORIGINAL)
        self.original.set_empty_text("")
        tip = tr(
            "Draw an ε, the same for all models: each decodes its own z = μ + σ · ε of the test image instead of μ. An "
            "autoencoder has no σ."
        )
        self.sample = tool_button("comparedSampleButton", tr("Sample again"), tip, then=self.sample_wanted)
        self._unit = label(role="muted", size="small", wraps=True)
        self.shared = QWidget(self)
        self._lay_out_shared()
        tip = tr("Choose which models to compare.")
        self.choose = push_button("chooseModelsButton", tr("Models…"), tip, then=self.show_editor)
        self._lower = {
            "curves": self._fold("curves", tr("Curves"), tr("The learning curves of all models, below.")),
            "figures": self._fold("figures", tr("Figures"), tr("The figures of all models, below.")),
        }
        for button, position in zip(self._lower.values(), ("first", "last"), strict=True):
            button.setProperty("segment", position)
        self._has_decided = False  # whether the person has folded or unfolded something
        self._below = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False, handleWidth=SPACING)
        self._area = ColumnsArea(tr("Models side by side"))
        self._stack = QStackedWidget()
        self._lay_out()
        self.image.valueChanged.connect(self._choose_image)
        self.editor.back_requested.connect(self.show_columns)
        self.editor.refused.connect(self.show_editor)

    @property
    def views(self) -> frozenset[str]:
        """Which of "codes", "grid" and "random" are shown."""
        return frozenset(name for name, button in self._toggles.items() if button.isChecked())

    def set_models(self, runs: Sequence[Run]) -> None:
        """Show these models, a column each."""
        self.columns = [
            ComparisonColumn(run, colour, self.controls)
            for run, colour in zip(runs, MODEL_COLOURS, strict=False)
        ]
        for shown in self.columns:
            shown.show_views(self.views)
            shown.beta_changed.connect(partial(self.beta_changed.emit, shown.run))
            shown.promoted.connect(partial(self.promoted.emit, shown.run))
            shown.save_requested.connect(partial(self.save_requested.emit, shown.run))
        self.curves.set_models([Losses(run.compared_title, run.config.model, run.history) for run in runs])
        self.editor.set_can_go_back(True)
        self._area.set_columns(self.columns)
        self.show_columns()

    def set_images(self, count: int) -> None:
        """Say how many test images there are to choose from."""
        self.image.setMaximum(max(0, count - 1))

    @property
    def is_at_start(self) -> bool:
        """Whether the choice of models is in front."""
        return self._stack.currentIndex() == 0

    @Slot()
    def show_columns(self) -> None:
        self._stack.setCurrentIndex(1)
        self.start_shown.emit(False)

    @Slot()
    def show_editor(self) -> None:
        self._stack.setCurrentIndex(0)
        self.start_shown.emit(True)

    @property
    def points(self) -> str:
        """What the scatters show: "means", "samples", or "fitting", which are those that say something of a model."""
        return str(self._points.checkedAction().data())

    def _points_group(self) -> QActionGroup:
        group = QActionGroup(self)
        fitting = tr("Means, but samples where all means lie on one point, as KL only has them.")
        tip = with_terms(tr("What the decoder sees in training, with one ε for each image."), "μ", "σ", "ε")
        for text, value, about in (
            (tr("Means or samples, as fits each model"), "fitting", fitting),
            (tr("Posterior means"), "means", ""),
            (tr("A sample of each posterior"), "samples", tip),
        ):
            name, is_on = f"{value}ComparedAction", value == "fitting"
            group.addAction(action(self, name, text, about, data=value, is_on=is_on))
        group.triggered.connect(self.points_changed)
        return group

    def _way_box(self) -> ChoiceBox:
        tip = tr(
            "The same noise for all: as it is, or with the mean and, dimension by dimension, the standard deviation of "
            "each model's codes, which are drawn from the posteriors."
        )
        tip = with_terms(tip, "N(0, I)", "fitted normal")
        choices = ("N(0, I)", "prior"), (tr("fitted normal"), "normal")
        return ChoiceBox("randomWayCombo", tr("How random codes are drawn"), tip, choices, letters=8)

    def _segment(self, name: str, text: str, tip: str) -> QToolButton:
        button = self._toggle(name, text, tip)
        button.setChecked(True)
        button.toggled.connect(self._show_views)
        return button

    def _fold(self, name: str, text: str, tip: str) -> QToolButton:
        button = self._toggle(name, text, tip)
        button.clicked.connect(self._decide)
        button.toggled.connect(self._show_lower)
        return button

    @Slot()
    def _decide(self) -> None:
        self._has_decided = True
        self._show_one(self.sender())

    def _show_one(self, chosen: object) -> None:
        """Fold the other one of curves and figures where there is no room for both side by side."""
        if self.width() < _WIDE and all(button.isChecked() for button in self._lower.values()):
            for button in self._lower.values():
                button.setChecked(button is chosen)

    @Slot()
    def _show_lower(self) -> None:
        """Show what is wanted of the curves and the figures."""
        wanted = {name: button.isChecked() for name, button in self._lower.items()}
        self.curves.setVisible(wanted["curves"])
        self.table.setVisible(wanted["figures"])
        self._below.setVisible(any(wanted.values()))
        if wanted["curves"]:
            self.curves.redraw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Unfold curves and figures where the columns have room enough, until the person decides."""
        super().resizeEvent(event)
        if not self._has_decided:
            for button in self._lower.values():
                button.setChecked(self.height() >= _TALL)
            self._show_lower()
        self._show_one(self._lower["figures"])

    def _toggle(self, name: str, text: str, tip: str) -> QToolButton:
        button = toggle(f"{name}ComparedButton", text, tip)
        button.setMinimumWidth(button.fontMetrics().horizontalAdvance(text) + 2 * SPACING)
        return button

    def _lay_out_shared(self) -> None:
        """What all models share stands beside the sliders of the cursor, which they share too."""
        captions = [label(text, "muted") for text in (tr("Image"), tr("Random"), tr("Cursor"))]
        column(
            row(captions[0], 1, self.image, self.original),
            row(1, self.sample),
            row(captions[1], 1, self.way, self.redraw),
            row(captions[2], 1, self.raw_cursor),
            self._unit,
            on=self.shared,
        )
        self.shared.hide()
        self.show_unit()

    def show_unit(self) -> None:
        """Say in what unit the sliders move the cursor."""
        in_stddev = tr("in standard deviations from the middle of each model's codes")
        self._unit.setText(tr("the same code z in each model") if self.raw_cursor.isChecked() else in_stddev)

    def _lay_out(self) -> None:
        question = styled(ElidedLabel(), size="heading")
        question.setObjectName("comparisonQuestion")
        question.set_text(tr(QUESTION.label))
        explain(question, tr(QUESTION.definition))
        bar = row(
            row(*self._toggles.values(), spacing=0),
            1,
            row(*self._lower.values(), spacing=0),
            self.controls.tools.buttons,
        )
        self._below.addWidget(self.curves)
        self._below.addWidget(self.table)
        self._below.setSizes([1000, 1000])
        splitter = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False, handleWidth=SPACING)
        splitter.addWidget(self._area)
        splitter.addWidget(self._below)
        splitter.setSizes([560, 210])
        splitter.setStretchFactor(0, 1)
        body = QWidget()
        margins = (SPACING, SPACING // 2, SPACING, SPACING)
        asked = row((question, 1), self.choose)
        column(bar, self.controls, asked, (splitter, 1), spacing=SPACING // 2, margins=margins, on=body)
        self.controls.card.setParent(body)
        self._stack.addWidget(self.editor)
        self._stack.addWidget(body)
        column(self._stack, on=self)

    @Slot()
    def _choose_image(self) -> None:
        self.image_chosen.emit(self.image.value())

    @Slot()
    def _show_views(self) -> None:
        for shown in self.columns:
            shown.show_views(self.views)
        self.views_changed.emit()
