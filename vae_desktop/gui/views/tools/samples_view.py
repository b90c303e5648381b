"""A sheet of random codes, decoded, and how they are drawn."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from vae_desktop.gui.views.tools.nearest_view import NearestView
from vae_desktop.gui.views.tools.tool_view import ToolView
from vae_desktop.gui.widgets.choice_box import ChoiceBox
from vae_desktop.gui.widgets.number_field import NumberField
from vae_desktop.gui.widgets.seed_box import SeedBox
from vae_desktop.gui.widgets.theme import SPACING, Theme, small_font, tabular
from vae_desktop.gui.widgets.tile_board import TileBoard

MOST = 200
_CONTROLS, _NEAREST = 168, 216  # px wide


class SamplesView(ToolView):
    """Says how codes are to be drawn and shows what they decode to."""

    way_changed = Signal()  # or any of the other choices
    tile_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("samplesView")
        self.way = ChoiceBox()
        self.way.setObjectName("samplesWayCombo")
        self.way.setAccessibleName(self.tr("Where codes are drawn from"))
        for text, way, tip in (
            (self.tr("N(0, I)"), "prior", self.tr("The prior: how a VAE is meant to be sampled.")),
            (
                self.tr("Box of codes"),
                "box",
                self.tr("Evenly in the smallest box that holds all codes, each drawn from its image's posterior."),
            ),
            (
                self.tr("Gaussian mixture"),
                "mixture",
                self.tr(
                    "Fitted to the codes, each drawn from its image's posterior: the honest way to sample an "
                    "autoencoder, which has no prior and whose codes are points."
                ),
            ),
        ):
            self.way.addItem(text, way)
            self.way.setItemData(self.way.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.way.setToolTip(
            "<p>"
            + self.tr("From where codes are drawn: the prior, the box of the codes, or a mixture fitted to them.")
            + "</p>"
        )
        tip = self.tr("How many normal distributions the mixture has.")
        self.components = NumberField("samplesComponentsSpin", self.tr("Components"), tip, (1, 50), 10)
        tip = self.tr("What is drawn is multiplied by it, around the middle that it is drawn from. Below 1: typical.")
        self.temperature = NumberField(
            "samplesTemperatureSpin", self.tr("Temperature"), tip, (0.0, 5.0), 1.0, decimals=1, step=0.1
        )
        self.temperature.setPrefix("× ")
        tip = self.tr("How many codes are drawn.")
        self.count = NumberField("samplesCountSpin", self.tr("Count"), tip, (1, MOST), 36)
        same = self.tr("The same seed draws the same codes.")
        self._seed_box = SeedBox("samplesSeedSpin", self.tr("Seed"), same)
        self.seed, renew = self._seed_box.spin, self._seed_box.renew
        renew.setObjectName("newSamplesButton")
        renew.setAccessibleName(self.tr("Other samples"))
        renew.setToolTip(self.tr("Draw other codes."))
        self.board = TileBoard()
        self.board.setObjectName("samplesBoard")
        self.board.setAccessibleName(self.tr("Samples. Arrow keys choose one; the current point goes there."))
        self.board.setToolTip(self.tr("Click: the current point goes to that code."))
        self.nearest = NearestView()
        self._note = QLabel(wordWrap=True)
        self._note.setObjectName("samplesNote")
        self._note.setProperty("role", "muted")
        self._note.setFont(tabular(small_font(self.font())))
        self._lay_out()
        self.main_part = self.board
        self._connect()
        self._show_components()

    def set_theme(self, theme: Theme) -> None:
        self.board.set_theme(theme)
        self.nearest.set_theme(theme)

    def set_note(self, text: str) -> None:
        """Say in few words what is drawn from."""
        self._note.setText(text)

    def note(self) -> str:
        return self._note.text()

    def _connect(self) -> None:
        self.way.currentIndexChanged.connect(self._show_components)
        self.way.currentIndexChanged.connect(self.way_changed)
        for field in (self.components, self.temperature, self.count, self.seed):
            field.valueChanged.connect(self.way_changed)
        self.board.tile_chosen.connect(self.tile_chosen)
        self.board.resized.connect(self.way_changed)

    def _show_components(self) -> None:
        self._form.setRowVisible(self.components, self.way.currentData() == "mixture")

    def _lay_out(self) -> None:
        controls = QWidget()
        controls.setFixedWidth(_CONTROLS)
        column = QVBoxLayout(controls)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING // 2)
        column.addWidget(self.way)
        self._form = QFormLayout()
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setSpacing(SPACING // 2)
        self._form.addRow(self.tr("Components"), self.components)
        self._form.addRow(self.tr("Temperature"), self.temperature)
        self._form.addRow(self.tr("Count"), self.count)
        self._form.addRow(self.tr("Seed"), self._seed_box)
        column.addLayout(self._form)
        column.addWidget(self._note)
        column.addStretch()
        self.nearest.setFixedWidth(_NEAREST)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACING, 0, SPACING, SPACING)
        layout.setSpacing(2 * SPACING)
        layout.addWidget(controls)
        layout.addWidget(self.board, 1)
        layout.addWidget(self.nearest)
