"""The workspace in which models stand side by side."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from vae_desktop.engine.run import Comparison, Run
from vae_desktop.gui.views.comparison.column import ComparisonColumn
from vae_desktop.gui.views.comparison.table import ComparisonTable
from vae_desktop.gui.views.comparison.variants_editor import VariantsEditor
from vae_desktop.gui.views.curves.loss_plot import Losses, LossPlot
from vae_desktop.gui.widgets.choice_box import ChoiceBox
from vae_desktop.gui.widgets.decoded_image import DecodedImage
from vae_desktop.gui.widgets.number_field import NumberField
from vae_desktop.gui.widgets.theme import LIGHT, MODEL_COLOURS, SPACING, Theme

_ORIGINAL = 30  # px


class ComparisonView(QWidget):
    """Columns over shared curves and figures, or the choice of models; setters and signals."""

    columns_changed = Signal()  # new ones stand there
    views_changed = Signal()
    options_changed = Signal()  # scale, samples, unit of the cursor
    random_wanted = Signal()
    image_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("comparisonView")
        self._theme = LIGHT
        self.columns: list[ComparisonColumn] = []
        self.editor = VariantsEditor()
        self.curves = LossPlot(compares=True)
        self.table = ComparisonTable()
        self._toggles = {
            "codes": self._toggle("codes", self.tr("Codes"), "first", self.tr("Where the images lie.")),
            "grid": self._toggle("grid", self.tr("Grid"), "middle", self.tr("What is decoded around the codes.")),
            "random": self._toggle("random", self.tr("Random"), "last", self.tr("What is decoded from random codes.")),
        }
        self.common_scale = self._toggle(
            "commonScale",
            self.tr("Common scale"),
            "",
            self.tr("The same scale for all: how far do the codes of each model spread?"),
        )
        self.points = ChoiceBox()
        self.points.setObjectName("comparedPointsCombo")
        self.points.setAccessibleName(self.tr("What the scatters show"))
        self.points.setMinimumContentsLength(5)
        self.points.addItem(self.tr("as fits"), "fitting")
        self.points.addItem(self.tr("means"), "means")
        self.points.addItem(self.tr("samples"), "samples")
        tip = self.tr(
            "The mean of each image's posterior, or a code drawn from it. <b>As fits</b>: means, but samples of a "
            "model trained by KL alone, whose means lie on one point."
        )
        self.points.setToolTip(f"<p>{tip}</p>")
        self.raw_cursor = self._toggle(
            "rawCursor",
            self.tr("raw z"),
            "",
            self.tr("The cursor is the same code z in all models, instead of as many standard deviations of each "
                    "model's codes from their middle."),
        )
        self.way = ChoiceBox()
        self.way.setObjectName("randomWayCombo")
        self.way.setMinimumContentsLength(5)
        self.way.setAccessibleName(self.tr("How random codes are drawn"))
        self.way.addItem("N(0, I)", "prior")
        self.way.addItem(self.tr("fitted normal"), "normal")
        tip = self.tr(
            "The same noise for all: as it is, or with the mean and, dimension by dimension, the standard deviation of "
            "each model's codes, which are drawn from the posteriors."
        )
        self.way.setToolTip(f"<p>{tip}</p>")
        self.redraw = QToolButton(text="⟳")
        self.redraw.setObjectName("newRandomButton")
        self.redraw.setAccessibleName(self.tr("Other random codes"))
        self.redraw.setToolTip(self.tr("Other random codes, the same for all models."))
        tip = self.tr("The test image that every model reconstructs.")
        self.image = NumberField("comparedImageSpin", self.tr("Test image"), tip, (0, 0))
        self.original = DecodedImage()
        self.original.setObjectName("comparedOriginal")
        self.original.setMinimumSize(_ORIGINAL, _ORIGINAL)
        self.original.setMaximumSize(_ORIGINAL, _ORIGINAL)
        self.original.set_empty_text("")
        self.original.setAccessibleName(self.tr("The chosen test image"))
        self.original.setToolTip(self.tr("The chosen test image itself."))
        self.choose = QPushButton(self.tr("Models…"))
        self.choose.setObjectName("chooseModelsButton")
        self.choose.setToolTip(self.tr("Choose which models to compare."))
        self._row = QHBoxLayout()
        self._row.setSpacing(2 * SPACING)
        self._lay_out()
        self._connect()

    @property
    def views(self) -> frozenset[str]:
        """Which of "codes", "grid" and "random" are shown."""
        return frozenset(name for name, button in self._toggles.items() if button.isChecked())

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        for part in (self.curves, self.table, self.original, *self.columns):
            part.set_theme(theme)

    def set_set(self, run_set: Comparison) -> None:
        """Show these models, a column each."""
        for column in self.columns:
            self._row.removeWidget(column)
            column.setParent(None)
            column.deleteLater()
        self.columns = [ComparisonColumn(run, MODEL_COLOURS[place]) for place, run in enumerate(run_set.runs)]
        for column in self.columns:
            column.set_theme(self._theme)
            column.show_views(self.views)
            self._row.addWidget(column, 1)
        self.curves.set_models([Losses(run.name, run.config.model, run.history) for run in run_set.runs])
        self.editor.set_can_go_back(True)
        self.show_columns()
        self.columns_changed.emit()

    def column_of(self, run: Run) -> ComparisonColumn | None:
        return next((column for column in self.columns if column.run is run), None)

    def set_images(self, count: int) -> None:
        """Say how many test images there are to choose from."""
        self.image.setMaximum(max(0, count - 1))

    @Slot()
    def show_columns(self) -> None:
        self._stack.setCurrentIndex(1)

    @Slot()
    def show_editor(self) -> None:
        self._stack.setCurrentIndex(0)

    @property
    def shows_columns(self) -> bool:
        return self._stack.currentIndex() == 1

    def _toggle(self, name: str, text: str, segment: str, tip: str) -> QToolButton:
        button = QToolButton(text=text, checkable=True)
        button.setObjectName(f"{name}ComparedButton")
        if segment:
            button.setProperty("segment", segment)
            button.setChecked(True)
        button.setToolTip(f"<p>{tip}</p>")
        button.setMinimumWidth(button.fontMetrics().horizontalAdvance(text) + 3 * SPACING)
        return button

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setSpacing(SPACING)
        switch = QHBoxLayout()
        switch.setSpacing(0)
        for button in self._toggles.values():
            switch.addWidget(button)
        bar.addLayout(switch)
        for part in (self.common_scale, self.points):
            bar.addWidget(part)
        bar.addStretch(1)
        for label, parts in (
            (self.tr("Image"), (self.image, self.original)),
            (self.tr("Cursor"), (self.raw_cursor,)),
            (self.tr("Random"), (self.way, self.redraw)),
        ):
            caption = QLabel(label)
            caption.setProperty("role", "muted")
            bar.addWidget(caption)
            for part in parts:
                bar.addWidget(part)
        bar.addStretch(1)
        bar.addWidget(self.choose)
        inner = QWidget()
        inner.setLayout(self._row)
        self._row.setContentsMargins(0, 0, 0, 0)
        self.image.setFixedWidth(7 * SPACING)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setAccessibleName(self.tr("Models side by side"))
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        below = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        below.addWidget(self.curves)
        below.addWidget(self.table)
        below.setHandleWidth(SPACING)
        below.setSizes([1000, 1000])
        splitter = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
        splitter.addWidget(scroll)
        splitter.addWidget(below)
        splitter.setHandleWidth(SPACING)
        splitter.setSizes([560, 210])
        splitter.setStretchFactor(0, 1)
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(SPACING, SPACING // 2, SPACING, SPACING)
        layout.setSpacing(SPACING // 2)
        layout.addLayout(bar)
        layout.addWidget(splitter, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.editor)
        self._stack.addWidget(body)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._stack)

    def _connect(self) -> None:
        for button in self._toggles.values():
            button.toggled.connect(self._show_views)
        for option in (self.common_scale, self.raw_cursor):
            option.toggled.connect(self.options_changed)
        for box in (self.way, self.points):
            box.currentIndexChanged.connect(self.options_changed)
        self.redraw.clicked.connect(self.random_wanted)
        self.image.valueChanged.connect(self._choose_image)
        self.choose.clicked.connect(self.show_editor)
        self.editor.back_requested.connect(self.show_columns)
        self.editor.refused.connect(self.show_editor)

    @Slot()
    def _choose_image(self) -> None:
        self.image_chosen.emit(self.image.value())

    @Slot()
    def _show_views(self) -> None:
        for column in self.columns:
            column.show_views(self.views)
        self.views_changed.emit()

