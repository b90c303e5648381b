"""An image, with noise, and restored, side by side."""

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from vae_desktop.config import ModelConfig
from vae_desktop.gui.views.tools.tool_view import ToolView
from vae_desktop.gui.widgets.captioned import Captioned
from vae_desktop.gui.widgets.choice_box import ChoiceBox, translated
from vae_desktop.gui.widgets.decoded_image import DecodedImage
from vae_desktop.gui.widgets.number_field import NumberField
from vae_desktop.gui.widgets.seed_box import SeedBox
from vae_desktop.gui.widgets.theme import SPACING, Theme, small_font, tabular
from vae_desktop.gui.widgets.value_slider import ValueSlider
from vae_desktop.latent.codes import Picture
from vae_desktop.settings import settings_of

_CONTROLS = 168  # px wide
_HUNDREDTHS = 100
PICTURES = ("clean", "noisy", "restored", "reconstruction")


class DenoisingView(ToolView):
    """Says which image gets which noise, and shows what the model makes of it."""

    changed = Signal()
    data_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("denoisingView")
        self.source = ChoiceBox()
        self.source.setObjectName("noisySourceCombo")
        self.source.setAccessibleName(self.tr("Which image"))
        self.source.addItem(self.tr("Test image"), "test")
        self.source.addItem(self.tr("Drawing"), "drawing")
        self.source.setToolTip(self.tr("The test image that was clicked last, or of this number; or what was drawn."))
        tip = self.tr("Number of the test image; a click on a code takes its image.")
        self.number = NumberField("noisyImageSpin", self.tr("Number of a test image"), tip, (0, 0))
        self.kind = ChoiceBox()
        self.kind.setObjectName("noiseKindCombo")
        self.kind.setAccessibleName(self.tr("Kind of noise"))
        for choice in _noise_choices():
            self.kind.addItem(translated(choice.label), choice.value)
            self.kind.setItemData(self.kind.count() - 1, translated(choice.help), Qt.ItemDataRole.ToolTipRole)
        self.kind.setToolTip(self.tr("What is done to the image before it is encoded."))
        self._strength = ValueSlider(
            self.tr("Strength of the noise"), (0, _HUNDREDTHS), per_unit=_HUNDREDTHS, words="{:.2f}"
        )
        self._strength.setObjectName("noiseStrengthSlider")
        self._strength.setValue(50)
        self._strength.setToolTip(
            "<p>" + self.tr("Standard deviation of Gaussian noise, or the share of the pixels that is hit.") + "</p>"
        )
        self._value = QLabel()
        same = self.tr("The same seed draws the same noise.")
        self._seed_box = SeedBox("noiseSeedSpin", self.tr("Seed of the noise"), same)
        self.seed, renew = self._seed_box.spin, self._seed_box.renew
        renew.setObjectName("newNoiseButton")
        renew.setAccessibleName(self.tr("Other noise"))
        renew.setToolTip(self.tr("Draw other noise."))
        self._value.setFont(tabular(self.font()))
        self._pictures = {name: DecodedImage(fills_height=True) for name in PICTURES}
        self._captions = {name: Captioned(view) for name, view in self._pictures.items()}
        tips = {
            "clean": self.tr("The image without noise."),
            "noisy": self.tr("What the encoder is given."),
            "restored": self.tr("Decoded from the mean of the noisy image's code."),
            "reconstruction": self.tr("For comparison: what the model makes of the image without noise."),
        }
        names = {
            "clean": self.tr("Image without noise"),
            "noisy": self.tr("Image with noise"),
            "restored": self.tr("Restored image"),
            "reconstruction": self.tr("Reconstruction of the image without noise"),
        }
        for name, view in self._pictures.items():
            view.setObjectName(f"{name}Picture")
            view.setToolTip(tips[name])
            view.setAccessibleName(names[name])
            view.setMinimumSize(56, 56)
            view.set_empty_text("")
        self._reason = QLabel(wordWrap=True)
        self._reason.setProperty("role", "muted")
        self._reason.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._load = QToolButton()
        self._load.setObjectName("loadNoisyDataButton")
        self._load.setToolTip(self.tr("Load the data set: its test images can then be given noise."))
        self._note = QLabel(wordWrap=True)
        self._note.setObjectName("denoisingNote")
        self._note.setProperty("role", "muted")
        self._note.setFont(small_font(self.font()))
        self._note.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._lay_out()
        self.main_part = self.source
        self._connect()
        self._show_strength()

    @property
    def strength(self) -> float:
        """0 to 1."""
        return self._strength.value_of(self._strength.value())

    def set_theme(self, theme: Theme) -> None:
        for view in self._pictures.values():
            view.set_theme(theme)

    def set_noise(self, kind: str, strength: float) -> None:
        """Begin with a noise, without telling."""
        self.blockSignals(True)
        self.kind.show_value(kind)
        self._strength.setValue(self._strength.position_of(strength))
        self.blockSignals(False)

    def set_note(self, text: str) -> None:
        """Say what may be expected of the model."""
        self._note.setText(text)

    def note(self) -> str:
        return self._note.text()

    def show_pictures(self, pictures: Mapping[str, Picture | None], captions: Mapping[str, str]) -> None:
        """Show pictures (H, W, C), uint8, and what to write under them, by the names in PICTURES."""
        self._stack.setCurrentIndex(1)
        for name in PICTURES:
            self._pictures[name].set_picture(pictures.get(name))
            self._captions[name].set_caption(captions.get(name, ""))

    def show_nothing(self, reason: str, data: str = "") -> None:
        """Say why there is nothing to see, and offer to load a data set of that name."""
        self.show_pictures({}, {})
        self._reason.setText(reason)
        self._load.setText(self.tr("Load {data}").format(data=data))
        self._load.setVisible(bool(data))
        self._stack.setCurrentIndex(0)

    def reason(self) -> str:
        """Why there is nothing to see."""
        return self._reason.text() if self._stack.currentIndex() == 0 else ""

    def caption(self, name: str) -> str:
        return self._captions[name].caption()

    def picture(self, name: str) -> Picture | None:
        return self._pictures[name].picture

    def _connect(self) -> None:
        for field in (self.source, self.kind):
            field.currentIndexChanged.connect(self._change)
        for field in (self.number, self._strength, self.seed):
            field.valueChanged.connect(self._change)
        self._load.clicked.connect(self.data_wanted)

    @Slot()
    def _change(self) -> None:
        self._show_strength()
        self.number.setEnabled(self.source.currentData() == "test")
        self.changed.emit()

    def _show_strength(self) -> None:
        self._value.setText(f"{self.strength:.2f}")

    def _lay_out(self) -> None:
        controls = QWidget()
        controls.setFixedWidth(_CONTROLS)
        form = QFormLayout(controls)
        form.setContentsMargins(0, 0, 0, 0)
        form.setSpacing(SPACING // 2)
        strength = QHBoxLayout()
        strength.setSpacing(SPACING // 2)
        strength.addWidget(self._strength, 1)
        strength.addWidget(self._value)
        form.addRow(self.source)
        form.addRow(self.tr("Number"), self.number)
        form.addRow(self.kind)
        form.addRow(strength)
        form.addRow(self.tr("Seed"), self._seed_box)
        pictures = QHBoxLayout()
        pictures.setSpacing(2 * SPACING)
        for name in PICTURES:
            pictures.addWidget(self._captions[name], 1)
        nothing, something = QWidget(), QWidget()
        empty = QVBoxLayout(nothing)
        empty.addStretch()
        empty.addWidget(self._reason)
        empty.addWidget(self._load, 0, Qt.AlignmentFlag.AlignHCenter)
        empty.addStretch()
        body = QVBoxLayout(something)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(SPACING // 2)
        body.addLayout(pictures, 1)
        body.addWidget(self._note)
        self._stack = QStackedWidget()
        self._stack.addWidget(nothing)
        self._stack.addWidget(something)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACING, 0, SPACING, SPACING)
        layout.setSpacing(2 * SPACING)
        layout.addWidget(controls)
        layout.addWidget(self._stack, 1)


def _noise_choices() -> tuple:
    return next(entry.choices for name, entry, _ in settings_of(ModelConfig) if name == "noise")
