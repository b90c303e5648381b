"""An image, with noise, and restored, side by side."""

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QStackedWidget, QWidget

from vae_desktop.config import ModelConfig
from vae_desktop.gui.views.tools.tool_view import ToolView, form, small_picture, with_redraw
from vae_desktop.gui.widgets.choice_box import ChoiceBox
from vae_desktop.gui.widgets.controls import column, label, literal, row, tool_button
from vae_desktop.gui.widgets.decoded_image import DecodedImage
from vae_desktop.gui.widgets.labels import Captioned
from vae_desktop.gui.widgets.number_field import NumberField
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.gui.widgets.value_slider import ValueSlider
from vae_desktop.language import tr
from vae_desktop.latent.codes import Picture
from vae_desktop.settings import settings_of

_MODERATE = 20  # hundredths: a model that was not trained to take noise out still sees the same digit


class DenoisingView(ToolView):
    """Says which image gets which noise, and shows what the model makes of it.

    Attributes
    ----------
    pictures, captions : dict
        What is on show, by name: "clean", "noisy", "restored" and "reconstruction".
    reason : QLabel
        Why there is nothing to see.
    load : QToolButton
        Offers to load the data set.
    note : QLabel
        What may be expected of the model.
    verdict : QLabel
        Whether the restored image is nearer to the clean one than the noisy one is.
    denoiser_button : QToolButton
        Wants a denoising autoencoder to be set up.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__("denoisingView")
        sources = ((tr("Test image"), "test"), (tr("Drawing"), "drawing"))
        tip = tr("The test image that was clicked last, or of this number; or what was drawn.")
        self.source = ChoiceBox("noisySourceCombo", tr("Which image"), tip, sources)
        tip = tr("Number of the test image; a click on a code takes its image.")
        self.number = NumberField("noisyImageSpin", tr("Number of a test image"), tip, (0, 0))
        tip = tr("What is done to the image before it is encoded.")
        self.kind = ChoiceBox("noiseKindCombo", tr("Kind of noise"), tip, _noise_choices())
        tip = tr("Standard deviation of Gaussian noise, or the fraction of the pixels that is hit.")
        self._strength = ValueSlider(
            "noiseStrengthSlider", tr("Strength of the noise"), tip, (0, 100), per_unit=100, words="{:.2f}"
        )
        self._strength.setValue(_MODERATE)
        self._value = label(figures=True)
        tip = tr("The same seed draws the same noise.")
        self.seed = NumberField("noiseSeedSpin", tr("Seed of the noise"), tip, (0, 999_999))
        self.pictures: dict[str, DecodedImage] = {}
        self.captions: dict[str, Captioned] = {}
        self._texts: dict[str, str] = {}  # of the captions, without the error
        for name, text, picture_label, tip in self._picture_texts():
            picture = small_picture(f"{name}Picture", picture_label, tip)
            self.pictures[name], self.captions[name], self._texts[name] = picture, Captioned(picture), text
        self.reason = label("", "muted", wraps=True, align=Qt.AlignmentFlag.AlignCenter)
        tip = tr("Load the data set: its test images can then be given noise.")
        self.load = tool_button("loadNoisyDataButton", "", tip)
        middle = Qt.AlignmentFlag.AlignHCenter
        self.note = label("", "muted", "small", name="denoisingNote", wraps=True, align=middle)
        self.verdict = label("", "", "small", name="denoisingVerdict", wraps=True, align=middle, figures=True)
        tip = tr("Choose the denoising autoencoder under Setup: it learns to take noise out. Then press Train.")
        self.denoiser_button = tool_button("setUpDenoiserButton", tr("Set up a denoising autoencoder"), tip)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._nothing())
        self._stack.addWidget(self._something())
        strength = row((self._strength, 1), self._value, spacing=SPACING // 2)
        redraw = with_redraw(self.seed, "newNoiseButton", tr("Other noise"), tr("Draw other noise."))
        controls = form((self.source,), (tr("Number"), self.number), (self.kind,), (strength,), (tr("Seed"), redraw))
        self._lay_out(controls, (self._stack, 1))
        self.main_part = self.source
        for choice in (self.source, self.kind):
            choice.currentIndexChanged.connect(self._change)
        for field in (self.number, self._strength, self.seed):
            field.valueChanged.connect(self._change)
        self._change()

    @property
    def strength(self) -> float:
        """0 to 1."""
        return self._strength.value_of(self._strength.value())

    def set_noise(self, kind: str, strength: float) -> None:
        """Begin with a noise, without telling."""
        with QSignalBlocker(self):
            self.kind.set_value(kind)
            self._strength.setValue(self._strength.position_of(strength))

    def show_picture(self, name: str, picture: Picture, error: float | None = None) -> None:
        """Show a picture (H, W, C), uint8, and under it the squared error, where there is one."""
        self._stack.setCurrentIndex(1)
        self.pictures[name].set_picture(picture)
        text = self._texts[name]
        self.captions[name].set_caption(text if error is None else f"{text} · {error:.1f}")

    def show_nothing(self, reason: str, data: str = "") -> None:
        """Say why there is nothing to see, and offer to load a data set of that name."""
        for name, picture in self.pictures.items():
            picture.set_picture(None)
            self.captions[name].set_caption("")
        self.reason.setText(reason)
        self.load.setText(literal(tr("Load {data}").format(data=data)))
        self.load.setVisible(bool(data))
        self._stack.setCurrentIndex(0)

    @Slot()
    def _change(self) -> None:
        self._value.setText(f"{self.strength:.2f}")
        self.number.setEnabled(self.source.currentData() == "test")
        self.changed.emit()

    def _picture_texts(self) -> tuple[tuple[str, str, str, str], ...]:
        """Name, caption, accessible name and tooltip of each picture."""
        clean = tr("Image without noise"), tr("The image without noise.")
        noisy = tr("Image with noise"), tr("What the encoder is given.")
        restored = tr("Restored image"), tr("Decoded from the mean of the noisy image's code.")
        compared = (
            tr("Reconstruction of the image without noise"),
            tr("For comparison: what the model makes of the image without noise."),
        )
        return (
            ("clean", tr("clean"), *clean),
            ("noisy", tr("noisy"), *noisy),
            ("restored", tr("restored"), *restored),
            ("reconstruction", tr("from clean"), *compared),
        )

    def _nothing(self) -> QWidget:
        """What is there instead of pictures."""
        empty = QWidget()
        column(1, self.reason, (self.load, 0, Qt.AlignmentFlag.AlignHCenter), 1, on=empty)
        return empty

    def _something(self) -> QWidget:
        body = QWidget()
        pictures = row(*((caption, 1) for caption in self.captions.values()), spacing=2 * SPACING)
        column(
            (pictures, 1),
            self.verdict,
            self.note,
            (self.denoiser_button, 0, Qt.AlignmentFlag.AlignHCenter),
            spacing=SPACING // 2,
            on=body,
        )
        return body


def _noise_choices() -> list[tuple[str, str, str]]:
    choices = next(entry.choices for name, entry, _ in settings_of(ModelConfig) if name == "noise")
    return [(tr(choice.label), choice.name, tr(choice.help)) for choice in choices]
