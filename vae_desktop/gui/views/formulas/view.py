"""The whole computation of one image: formulas, each with its number, from pixels to the loss."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QLayout, QScrollArea, QWidget

from vae_desktop.catalog import ModelKind
from vae_desktop.config import ModelConfig
from vae_desktop.gui.views.formulas.loss_bar import LossBar
from vae_desktop.gui.views.formulas.number_columns import Head, NumberColumns
from vae_desktop.gui.views.formulas.term import FormulaLabel, Term, align
from vae_desktop.gui.views.tools.posterior_table import OneImageNumbers, Quantity, short
from vae_desktop.gui.views.tools.tool_view import small_picture
from vae_desktop.gui.widgets.controls import column, label, named, row, styled, tool_button
from vae_desktop.gui.widgets.decoded_image import DecodedImage
from vae_desktop.gui.widgets.labels import ElidedLabel
from vae_desktop.gui.widgets.terms import with_terms
from vae_desktop.gui.widgets.theme import SPACING, small_font
from vae_desktop.language import tr
from vae_desktop.latent.codes import Picture
from vae_desktop.latent.computation import Computation, Place, error_formula, loss_formulas
from vae_desktop.models.architecture import Shape

_PICTURE = (48, 72, 96)  # px: sides of pictures, as there is room
_ROOM = (460, 620)  # px of height, from which on they are larger
_HEADS = {
    "mean": Head(r"\mu_j", "", 48),
    "stddev": Head(r"\sigma_j", "", 44),
    "noise": Head(r"\varepsilon_j", r"\sim \mathcal{N}(0, 1)", 60),
    "code": Head(r"z_j", r"\mu_j + \sigma_j\,\varepsilon_j", 68),
    "kl": Head(r"\mathrm{KL}_j", r"\tfrac{1}{2}(\sigma_j^2 + \mu_j^2 - \log \sigma_j^2 - 1)", 144),
}
_POINT_HEAD = Head(r"z_j", r"\mathrm{encoder}(x)_j", 110)
_SUM = r"\mathrm{KL} = \sum_j \mathrm{KL}_j"
_LOSS, _EQUALS, _PLUS, _PIXELS = r"\mathcal{L}", "=", "+", "x"
_DECODED, _SQUARE = r"\hat{x}", r"(x - \hat{x})^2"
_SIGNS = {"mean": "μ", "stddev": "σ", "noise": "ε", "code": "z", "kl": "KL"}


def formulas_of(config: ModelConfig) -> list[str]:
    """All formulas that are shown of a kind of model, in LaTeX."""
    heads = (*_HEADS.values(), _POINT_HEAD)
    parts = [part for head in heads for part in (head.sign, head.definition)]
    parts += [_SUM, _LOSS, _EQUALS, _PLUS, _PIXELS, _DECODED, _SQUARE]
    return [part for part in (*parts, error_formula(config.likelihood), *loss_formulas(config.traits)) if part]


class Pictures(NamedTuple):
    """Pictures (H, W, C), uint8, of the computation: the image, what z decodes to, and where they differ."""

    image: Picture | None
    decoded: Picture | None

    @property
    def difference(self) -> Picture | None:
        """The square of the difference of each pixel, the largest white."""
        if self.image is None or self.decoded is None or self.image.shape != self.decoded.shape:
            return None
        squares = np.square(self.image.astype(np.float32) - self.decoded)
        return (255 * squares / max(float(squares.max()), 1.0)).astype(np.uint8)


class FormulaView(QWidget):
    """Formulas in the order in which they are computed; lights what it is told to, and tells what is pointed at.

    Attributes
    ----------
    numbers : OneImageNumbers
        μ, σ, ε, z and KL of each dimension, or an autoencoder's code.
    terms : dict of str to Term
        The other numbers, by the term of their place.
    """

    pointed = Signal(object)  # a Place, or None
    closed = Signal()
    sight_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        named(self, "formulaView", tr("Formulas of one image"))
        self.title = styled(ElidedLabel(), "muted", "small", figures=True)
        tip = tr("Show the grid or the codes alone again, as before. (Alt+1)")
        close = tool_button("closeFormulasButton", "", tip, label=tr("Close the formulas"), icon="close", is_flat=True)
        close.clicked.connect(self.closed)
        self.numbers = OneImageNumbers()
        self.table = NumberColumns("formulaTable", tr("Numbers of each latent dimension"), self.numbers)
        self._input = self._picture("formulaInput", tr("The image x"), tr("x: what the encoder is given."))
        self._decoded = self._picture("formulaDecoded", tr("The picture of z"), tr("x̂: what the decoder draws from z."))
        tip = tr("(x − x̂)² of each pixel, the largest white: where the error comes from.")
        self._difference = self._picture("formulaDifference", tr("Squared difference of each pixel"), tip)
        self._encoder, self._decoder = self._layers("formulaEncoder"), self._layers("formulaDecoder")
        self.terms = self._terms()
        self._equals = FormulaLabel(_EQUALS, tr("equals"))
        self._plus = FormulaLabel(_PLUS, tr("plus"))
        self.bar = LossBar()
        self._note = label("", "muted", "small", name="formulaNote", wraps=True)
        content = QWidget()
        half = SPACING // 2
        column(
            row(self._input, self.terms["pixels"], (self._encoder, 1)),
            (self.table, 20),
            row((self._decoder, 1), self.terms["kl"]),
            self._picture_row(),
            self._loss_row(),
            self.bar,
            self._note,
            1,
            spacing=half,
            on=content,
        )
        area = named(QScrollArea(widgetResizable=True), "formulaArea", tr("Formulas of one image"))
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(content)
        column(row((self.title, 1), close), (area, 1), spacing=0, on=self)
        self._content = content
        self.table.pointed.connect(self.pointed)
        self.bar.pointed.connect(self.pointed)
        for term in self.terms.values():
            term.pointed.connect(self.pointed)
        self._shape = ("", "", 0)

    def set_model(self, config: ModelConfig) -> None:
        """Show the formulas of a kind of model, without numbers."""
        kind = config.traits
        if (kind.name, config.likelihood, config.latent_dim) == self._shape:
            return
        self._shape = kind.name, config.likelihood, config.latent_dim
        heads = _HEADS if kind.is_variational else {"code": _POINT_HEAD}
        tips = self._tips()
        quantities = [Quantity(_SIGNS[term], tips[term], term) for term in heads]
        self.table.set_columns(quantities, list(heads.values()))
        self._set_loss(kind, config.likelihood)
        self.show_nothing("")
        self.updateGeometry()

    def show_computation(self, title: str, computation: Computation, pictures: Pictures, note: str) -> None:
        """Show the numbers of an image, its pictures, and what there is to say of them."""
        self.title.set_text(title)
        columns = [getattr(computation, quantity.term) for quantity in self.numbers.columns]
        self.numbers.set_values(tuple(values for values in columns) if all(v is not None for v in columns) else ())
        self.table.fit_rows()
        tip = tr("What goes in, and how many numbers each layer gives; of convolutions channels × height × width.")
        for part, text, shapes in (
            (self._encoder, tr("encoder {layers}"), computation.encoder),
            (self._decoder, tr("decoder {layers}"), computation.decoder),
        ):
            part.set_text(text.format(layers=_chain(shapes)))
            part.set_tip(f"<p>{tip}</p><p>{part.whole_text()}</p>")
        for name, term in self.terms.items():
            value = computation.value(Place(name))
            term.set_value(value, self._text(name, value, computation))
        self.bar.set_terms(*(computation.value(Place(term)) for term in ("weighted_error", "weighted_kl")))
        for view, picture in zip(
            (self._input, self._decoded, self._difference),
            (pictures.image, pictures.decoded, pictures.difference),
            strict=True,
        ):
            view.set_picture(picture)
        self._say(note)

    def show_nothing(self, note: str) -> None:
        """Show no numbers, and why."""
        self.title.set_text("")
        self.numbers.set_values(())
        self.table.fit_rows()
        for text in (self._encoder, self._decoder):
            text.set_text("")
        for term in self.terms.values():
            term.set_value(None, "")
        for view in (self._input, self._decoded, self._difference):
            view.set_picture(None)
        self.bar.set_terms(None, None)
        self._say(note)

    def set_lit(self, places: frozenset[Place]) -> None:
        """Light these numbers, with their formulas and pictures."""
        terms = {place.term for place in places if place.dimension is None}
        self.table.set_lit(places)
        self.bar.set_lit(places)
        for term, part in self.terms.items():
            part.set_lit(term in terms)
        self._input.set_lit(bool(terms & {"pixels", "error"}))
        self._decoded.set_lit(bool(terms & {"picture", "error"}))
        self._difference.set_lit("error" in terms)

    @property
    def pictures(self) -> dict[str, DecodedImage]:
        """The pictures that can be pointed at, by their terms."""
        return {"pixels": self._input, "picture": self._decoded, "error": self._difference}

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.sight_changed.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.sight_changed.emit(False)

    def sizeHint(self) -> QSize:
        return QSize(self._content.minimumSizeHint().width() + SPACING, super().sizeHint().height())  # and a scroll bar

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        side = _PICTURE[sum(self.height() >= height for height in _ROOM)]
        for picture in self.pictures.values():
            picture.setFixedSize(side, side)

    def _picture_row(self) -> QLayout:
        """x̂ and where it differs from x, with their formulas below, and the error."""
        font, middle = small_font(self.font()), Qt.AlignmentFlag.AlignHCenter
        captions = FormulaLabel(_DECODED, "x̂", font), FormulaLabel(_SQUARE, tr("squared difference"), font)
        align(*captions)
        parts = [
            column(picture, (caption, 0, middle), spacing=0)
            for picture, caption in zip((self._decoded, self._difference), captions, strict=True)
        ]
        return row(*parts, (self.terms["error"], 0, Qt.AlignmentFlag.AlignTop), 1)

    def _loss_row(self) -> QLayout:
        top = Qt.AlignmentFlag.AlignTop
        loss, error, divergence = (self.terms[name] for name in ("loss", "weighted_error", "weighted_kl"))
        parts = loss, self._equals, error, self._plus, divergence
        return row(*((part, 0, top) for part in parts), 1, spacing=SPACING // 2)

    def _set_loss(self, kind: ModelKind, likelihood: str) -> None:
        error, divergence = loss_formulas(kind)
        formulas = {"pixels": _PIXELS, "kl": _SUM, "error": error_formula(likelihood), "loss": _LOSS,
                    "weighted_error": error, "weighted_kl": divergence}  # fmt: skip
        for term, latex in formulas.items():
            if latex:
                self.terms[term].set_formula(latex)
        parts = [self.terms[term] for term in ("loss", "weighted_error", "weighted_kl")]
        align(*parts, self._equals, self._plus)
        for part in (self.terms["kl"], self.terms["weighted_kl"], self._plus):
            part.setVisible(kind.is_variational)

    def _text(self, term: str, value: float | None, computation: Computation) -> str:
        """A number as it stands below its formula."""
        if value is None:
            return "–"
        if term == "pixels":
            return tr("{count} pixels").format(count=f"{value:,.0f}")
        weight = {"weighted_error": computation.error_weight, "weighted_kl": computation.kl_weight}.get(term, 1.0)
        if weight == 1:
            return short(value)
        inner = computation.error if term == "weighted_error" else computation.kl_sum
        return f"{weight:g} × {short(inner or 0.0)}"

    def _terms(self) -> dict[str, Term]:
        tips = self._tips()
        labels = {
            "pixels": tr("Pixels"), "kl": tr("KL divergence"), "error": tr("Reconstruction error"), "loss": tr("Loss"),
            "weighted_error": tr("Reconstruction error in the loss"), "weighted_kl": tr("KL divergence in the loss"),
        }  # fmt: skip
        return {
            term: Term(f"{term.replace('_', ' ').title().replace(' ', '')}Term", text, tips[term], Place(term))
            for term, text in labels.items()
        }

    @staticmethod
    def _tips() -> dict[str, str]:
        tips = {term: with_terms("", sign) for term, sign in list(_SIGNS.items())[:4]}
        ours = tr("Of one dimension: how far its normal distribution N(μ, σ²) is from N(0, 1), in nats.")
        in_sum = tr("Its weight times its number: what it adds to the loss.")
        return tips | {
            "kl": with_terms(ours, "KL divergence"),
            "pixels": with_terms(tr("The image: brightness of each pixel, from 0 to 1."), "encoder"),
            "error": with_terms(tr("Summed over pixels, of this picture of z."), "reconstruction error"),
            "loss": with_terms("", "loss"),
            "weighted_error": with_terms(in_sum, "reconstruction error"),
            "weighted_kl": with_terms(in_sum, "KL divergence", "β"),
        }

    def _picture(self, name: str, text: str, tip: str) -> DecodedImage:
        picture = small_picture(name, text, tip)
        picture.setFixedSize(_PICTURE[0], _PICTURE[0])
        return picture

    @staticmethod
    def _layers(name: str) -> ElidedLabel:
        return named(styled(ElidedLabel(), "muted", "small", figures=True), name)

    @Slot(str)
    def _say(self, note: str) -> None:
        if note != self._note.text():
            self._note.setText(note)
        self._note.setVisible(bool(note))


def _chain(shapes: Sequence[Shape]) -> str:
    return " → ".join("×".join(map(str, shape)) for shape in shapes)
