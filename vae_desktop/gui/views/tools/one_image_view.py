"""One image's way through the model: encoder, posterior, a sample of it, decoder, and the loss at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QLayout, QSizePolicy, QWidget

from vae_desktop.data.dataset import Images
from vae_desktop.gui.views.tools.pad_tools import PadTools
from vae_desktop.gui.views.tools.posterior_table import NumberTable, OneImageNumbers, Quantity
from vae_desktop.gui.views.tools.tool_view import NearestView, ToolView, small_picture
from vae_desktop.gui.widgets.controls import column, explain, label, named, row, styled, toggle, tool_button
from vae_desktop.gui.widgets.drawing_pad import DrawingPad
from vae_desktop.gui.widgets.flow_arrow import FlowArrow
from vae_desktop.gui.widgets.labels import Captioned, ElidedLabel, SteadyLabel
from vae_desktop.gui.widgets.terms import with_terms
from vae_desktop.gui.widgets.theme import SPACING, small_font, tabular
from vae_desktop.language import tr
from vae_desktop.latent.codes import Floats, Picture
from vae_desktop.latent.error_map import error_map

if TYPE_CHECKING:
    from vae_desktop.latent.one_image import ImageLoss

_IMAGE, _PICTURE = 120, 48  # px, at least
_INPUT = 48  # px
_POLICY = QSizePolicy.Policy


class OneImageView(ToolView):
    """A strip of stations from left to right: image, posterior, sample, picture.

    Attributes
    ----------
    pad, tools : DrawingPad, PadTools
        The first station: an image is drawn there, or that of the data set is shown.
    input, sample, reconstruction : DecodedImage
        What the encoder is given, what z decodes to, and what the mean of the posterior decodes to.
    numbers : OneImageNumbers
        μ, σ, ε and z.
    sample_button, zoom_button : QToolButton
        Want another ε; the ellipses of the posterior near.
    loss : SteadyLabel
    error_box : QCheckBox
        Shows where the reconstruction differs from the image.
    formulas_button : QToolButton
        Unfolds the strip into the whole computation.
    nearest : NearestView
    """

    def __init__(self) -> None:
        super().__init__("drawingView")
        self._is_dock_in_sight = self._is_unfolded = False
        self._decoded: tuple[Picture | None, Images | None] = None, None
        self.pad = DrawingPad()
        self.pad.setMinimumSize(_IMAGE, 88)
        self.tools = PadTools(self.pad)
        self.preprocessing_box, self.number = self.tools.preprocessing_box, self.tools.number
        self.take_button, self.error_box = self.tools.take_button, self.tools.error_box
        self.error_box.toggled.connect(self._show_reconstruction)
        self.title = self._heading("")
        tip = tr("The image that the encoder is given.")
        self.input = small_picture("drawnInput", tr("The model's input"), tip)
        self.input.setMinimumSize(_INPUT, _INPUT)
        self.input.setFixedHeight(_INPUT)
        tip = tr("What the decoder draws from z: what training compares with the image.")
        self.sample = small_picture("drawnSample", tr("Picture of the sample z"), tip)
        tip = tr("What the decoder draws from μ, the middle of the posterior: the reconstruction.")
        self.reconstruction = small_picture("drawnReconstruction", tr("Reconstruction of the image"), tip)
        for picture in (self.sample, self.reconstruction):
            picture.setMinimumSize(_PICTURE, _PICTURE)
        self.numbers = OneImageNumbers()
        self._posterior = NumberTable("posteriorTable", tr("Posterior of the image"), self.numbers, 0, 2)
        self._drawn = NumberTable("sampleTable", tr("Sample of the posterior"), self.numbers, 2, 2)
        self._posterior.scrolls_with(self._drawn)
        self.tables = self._posterior, self._drawn
        tip = tr("Draw another ε: the point glides from μ to z, and the picture follows.")
        self.sample_button = tool_button("sampleAgainButton", tr("Sample again"), tip)
        self.sample_button.setSizePolicy(_POLICY.Expanding, _POLICY.Fixed)
        self.zoom_button = toggle("zoomPosteriorButton", tr("Zoom to σ"), "")
        self.zoom_button.setSizePolicy(_POLICY.Expanding, _POLICY.Fixed)
        self._posterior_title = self._heading("")
        self._sample_title = self._heading(tr("code z = μ + σ·ε"))
        self._sample_title.set_tip(self._terms()["z"])
        self.nearest = NearestView()
        self.loss = named(SteadyLabel(tabular(small_font(self.font())), 2), "drawingFigures", tr("Loss"))
        self._from_sample = Captioned(self.sample, tr("from z"))
        self._from_mean = Captioned(self.reconstruction)
        strip = row(
            (self._image_station(), 3),
            self._encoder(),
            (self._numbers_station(), 4),
            self._arrow("decoderArrow", tr("decoder"), self._terms()["decoder"]),
            (self._picture_station(), 4),
            margins=(SPACING, 0, SPACING, SPACING // 2),
            on=self,
        )
        strip.setSpacing(SPACING - 2)
        self.main_part = self.pad
        self.set_is_variational(True)

    @Slot(bool)
    def set_in_sight(self, is_in_sight: bool) -> None:
        """Follow the dock; the strip counts as seen as long as its formulas are."""
        self._is_dock_in_sight = is_in_sight
        super().set_in_sight(is_in_sight or self._is_unfolded)

    def set_unfolded(self, is_unfolded: bool) -> None:
        """Say whether the formulas are in sight."""
        self._is_unfolded = is_unfolded
        self.set_in_sight(self._is_dock_in_sight)

    def set_image_shape(self, shape: tuple[int, int, int], paper: int) -> None:
        """Take images (C, H, W) from now on; what was drawn stays."""
        self.pad.set_image_shape(shape, paper)
        self.tools.set_image_shape(shape)

    def set_is_variational(self, is_variational: bool) -> None:
        """Show a posterior and its sample, or of an autoencoder its code, from which nothing is drawn."""
        terms = self._terms()
        signs = {"μ": "mean", "σ": "stddev", "ε": "noise", "z": "code"}
        of_point = (Quantity(tr("code"), terms["code"], "code"),)
        of_normal = tuple(Quantity(sign, terms[sign], term) for sign, term in signs.items())
        self.numbers.set_columns(of_normal if is_variational else of_point)
        self._posterior_title.set_text(tr("posterior") if is_variational else tr("code"))
        self._posterior_title.set_tip(terms["posterior" if is_variational else "code"])
        self._from_mean.set_caption(tr("from μ") if is_variational else tr("reconstruction"))
        for part in (*self._sample_parts, self._from_sample):
            part.setVisible(is_variational)

    def show_image(self, title: str, image: Images | None, text: str) -> None:
        """Name the image at hand; show it (C, H, W), or a text, in place of what was drawn."""
        self.title.set_text(title)
        self.pad.show_instead(image, text)

    def show_numbers(self, *values: Floats) -> None:
        """Show μ, σ, ε and z (d,), or a code."""
        self.numbers.set_values(values)
        self.sample_button.setEnabled(len(values) > 1)

    @Slot(bool)
    def set_can_zoom(self, can_zoom: bool) -> None:
        """Whether the plot shows the ellipses of a posterior."""
        self.zoom_button.setEnabled(can_zoom)
        tip = tr("Bring the ellipses of the posterior near: 3σ around μ. Again: all codes.")
        reason = tr("The plot shows no ellipses: t-SNE has none, and Show ▸ Posterior of an image can be off.")
        explain(self.zoom_button, with_terms(tip if can_zoom else reason, "σ"))

    def show_loss(self, loss: ImageLoss, terms: list[tuple[str, float, float]]) -> None:
        """Show a loss and the terms that it is the sum of, each by its name, weight and value, or what is known."""
        if loss.total is None or not terms:
            part = "" if loss.kl is None else tr("KL {value} nats. ").format(value=f"<b>{_short(loss.kl)}</b>")
            self.loss.set_text(part + tr("Its error needs the image."))
            return
        term = tr("{value} {term}")
        texts = [
            ("" if weight == 1 else f"{weight:g} × ") + term.format(value=f"<b>{_short(value)}</b>", term=name)
            for name, weight, value in terms
        ]
        self.loss.set_text(f"{tr('Loss')} <b>{_short(loss.total)}</b> = {' + '.join(texts)}")

    def show_reconstruction(self, reconstruction: Picture | None, image: Images | None) -> None:
        """Show a reconstruction (H, W, C), or, if that is wanted, where it differs from its image (C, H, W)."""
        self._decoded = reconstruction, image
        can_compare = reconstruction is not None and image is not None
        self.error_box.setEnabled(can_compare)
        tip = tr("Show, in place of the reconstruction, where it differs from the image: the redder, the more.")
        explain(self.error_box, tip if can_compare else tr("Its error needs the image."))
        self._show_reconstruction()

    @Slot()
    def _show_reconstruction(self) -> None:
        picture, image = self._decoded
        if self.error_box.isChecked() and picture is not None and image is not None:
            picture = error_map(image.transpose(1, 2, 0), picture)
        self.reconstruction.set_picture(picture)

    def show_nothing(self) -> None:
        """Show nothing of what a model makes of an image."""
        for picture in (self.input, self.sample):
            picture.set_picture(None)
        self.show_reconstruction(None, None)
        self.show_numbers()
        self.loss.set_text("")

    def _image_station(self) -> QLayout:
        return column(self.title, (self.pad, 1), self.tools, spacing=SPACING // 2)

    def _encoder(self) -> QWidget:
        caption = label(tr("input"), "muted", "small", align=Qt.AlignmentFlag.AlignHCenter)
        arrow = self._arrow("encoderArrow", tr("encoder"), self._terms()["encoder"])
        way = QWidget()
        way.setFixedWidth(max(arrow.sizeHint().width(), _INPUT))
        column(1, self.input, caption, (arrow, 0, Qt.AlignmentFlag.AlignHCenter), 2, spacing=2, on=way)
        return way

    def _numbers_station(self) -> QLayout:
        """Posterior and sample side by side, with the loss below."""
        half = SPACING // 2
        drawn, between = QWidget(), QWidget()
        column(self._sample_title, (self._drawn, 1), self.sample_button, spacing=half, on=drawn)
        column(1, self._arrow("samplingArrow", "", self._terms()["sampling"]), 1, on=between)
        posterior = column(self._posterior_title, (self._posterior, 1), spacing=half)
        tip = tr("Of this image and this z.")
        explain(self.loss, with_terms(tip, "loss", "reconstruction error", "KL divergence"))
        posterior.addWidget(self.zoom_button)
        self._sample_parts = (between, drawn, self.zoom_button)
        tip = tr("Show the whole computation of this image beside the codes: each term with its number. (Alt+4)")
        self.formulas_button = toggle("formulasButton", tr("Formulas"), tip)
        foot = row((self.loss, 1), self.formulas_button, spacing=half)
        return column((row((posterior, 1), between, (drawn, 1), spacing=half), 1), foot, spacing=half)

    def _picture_station(self) -> QLayout:
        pictures = row((self._from_sample, 1), (self._from_mean, 1))
        return column((pictures, 1), (self.nearest, 1), spacing=SPACING // 2)

    def _arrow(self, name: str, text: str, tip: str) -> FlowArrow:
        return FlowArrow(name, text, text or tr("sampling"), tip)

    @staticmethod
    def _heading(text: str) -> ElidedLabel:
        heading = styled(ElidedLabel(), "muted", "small", figures=True)
        heading.set_text(text)
        heading.setSizePolicy(_POLICY.Ignored, _POLICY.Fixed)
        return heading

    def _terms(self) -> dict[str, str]:
        """What the words and signs of the strip mean."""
        full = tr("A full bar is the prior's σ, 1: then this dimension says nothing of the image.")
        point = tr("An autoencoder's encoder says one point: there is no σ and nothing to sample.")
        chance = tr("A code is drawn: σ says how far from μ it may fall, ε where it does fall.")
        tips = {"σ": with_terms(full, "σ"), "code": with_terms(point, "code")}
        names = ("encoder", "decoder", "posterior", "μ", "ε", "z")
        return tips | {name: with_terms("", name) for name in names} | {"sampling": chance}


def _short(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 1e5 else f"{value:.3g}"
