"""The KL divergence between two normal distributions, dragged: by formula, by torch and by draws side by side."""

from functools import partial
from typing import NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QLayout, QWidget

from vae_desktop.gui.views.formulas.normals_plot import FAR, LEAST, MOST, NAMES, NormalsPlot
from vae_desktop.gui.views.formulas.slips_view import SlipsView
from vae_desktop.gui.views.formulas.term import FormulaLabel, Term, align
from vae_desktop.gui.views.tools.posterior_table import short
from vae_desktop.gui.widgets.controls import column, label, named, row, tool_button
from vae_desktop.gui.widgets.number_field import NumberField
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.language import tr
from vae_desktop.latent.computation import Place
from vae_desktop.latent.normals import SLIPS, Estimate, Normal

_WIDTH, _HEIGHT = 620, 660  # px
_DIVERGENCE = r"\mathrm{KL}(P\,\|\,Q)"
_TERMS = (r"\log\frac{\sigma_Q}{\sigma_P}", r"\frac{\sigma_P^2 + (\mu_P - \mu_Q)^2}{2\sigma_Q^2}", r"\frac{1}{2}")
_CLOSED = r"\tfrac{1}{2}(\sigma_P^2 + \mu_P^2 - \log \sigma_P^2 - 1)"
_MEAN, _SUM = r"\mathcal{L} = \frac{1}{D} \sum_i (x_i - \hat{x}_i)^2 + \mathrm{KL}", (
    r"\mathcal{L} = \sum_i (x_i - \hat{x}_i)^2 + \mathrm{KL}"
)
_MINUS = "-"


class Divergences(NamedTuple):
    """The KL divergence of P from Q in several ways, in nats.

    Attributes
    ----------
    terms : (float, float, float)
        Those of the general formula.
    closed : float, or None
        By the closed form, where Q is N(0, 1).
    torch : float
    drawn : Estimate
    """

    terms: tuple[float, float, float]
    closed: float | None
    torch: float
    drawn: Estimate


def formulas_of_normals() -> list[str]:
    """All formulas of the window, in LaTeX."""
    slips = [formula for slip in SLIPS for formula in (slip.right, slip.wrong)]
    return [_DIVERGENCE, *_TERMS, _CLOSED, _MEAN, _SUM, _MINUS, "=", "+", *slips]


class NormalsWindow(QDialog):
    """Stands beside the main window; Esc closes it.

    Attributes
    ----------
    plot : NormalsPlot
    slips : SlipsView
    divergence : float
        Of P from Q, in nats.
    ways : dict of str to QLabel
        The number by "general", "closed", "torch" and "drawn".
    """

    changed = Signal(object, object)  # P and Q, each a Normal

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        named(self, "normalsWindow", tr("KL between two normals"))
        self.setWindowTitle(tr("KL between two normals"))
        self.plot = NormalsPlot()
        self._fields = {name: self._fields_of(name) for name in NAMES}
        tip = tr("Let Q be the prior N(0, 1), which a VAE's posteriors are compared with.")
        self._to_prior = tool_button("toPriorButton", tr("Q = N(0, 1)"), tip)
        self._to_prior.clicked.connect(partial(self._set, "Q", 0.0, 1.0))
        self.ways = {
            name: label("", name=f"{name}Way", figures=True) for name in ("general", "closed", "torch", "drawn")
        }
        self._terms = self._formula_terms()
        self.slips = SlipsView((_SUM, _MEAN))
        self.divergence = 0.0
        column(
            (self.plot, 1),
            self._fields_row(),
            self._formula_row(),
            self._ways_row(),
            self.slips,
            margins=(SPACING,) * 4,
            on=self,
        )
        self.plot.changed.connect(self._set)
        self.resize(_WIDTH, _HEIGHT)
        self.set_normals(Normal(1.0, 1.0), Normal(0.0, 1.0))

    @property
    def normals(self) -> tuple[Normal, Normal]:
        """P and Q."""
        p, q = (Normal(*(field.value() for field in self._fields[name])) for name in NAMES)
        return p, q

    def set_normals(self, p: Normal, q: Normal) -> None:
        """Show two distributions, of which `changed` tells."""
        for name, normal in zip(NAMES, (p, q), strict=True):
            for field, value in zip(self._fields[name], normal, strict=True):
                field.blockSignals(True)
                field.setValue(value)
                field.blockSignals(False)
        self._tell()

    def show_divergences(self, found: Divergences) -> None:
        """Show the KL divergence in all ways."""
        whole = self.divergence = sum(found.terms)
        for term, value in zip(self._terms, (whole, *found.terms), strict=True):
            term.set_value(value, short(abs(value) if term is self._terms[-1] else value))
        self.ways["general"].setText(f"<b>{whole:.4f}</b>")
        self.ways["closed"].setText("–" if found.closed is None else f"<b>{found.closed:.4f}</b>")
        self.ways["torch"].setText(f"<b>{found.torch:.4f}</b>")
        self.ways["drawn"].setText(f"<b>{found.drawn.value:.4f}</b> ± {found.drawn.error:.4f}")

    def _set(self, name: str, mean: float, stddev: float) -> None:
        normals = dict(zip(NAMES, self.normals, strict=True)) | {name: Normal(mean, stddev)}
        self.set_normals(normals["P"], normals["Q"])

    def _tell(self) -> None:
        p, q = self.normals
        self.plot.set_normals(p, q)
        self.changed.emit(p, q)

    def _fields_of(self, name: str) -> tuple[NumberField, NumberField]:
        mean, stddev = tr("Mean of {name}").format(name=name), tr("Standard deviation of {name}").format(name=name)
        tip = tr("Where the middle of {name} is.").format(name=name)
        fields = (
            NumberField(f"mean{name}Spin", mean, tip, (-FAR, FAR), decimals=2, step=0.1, rounds=True),
            NumberField(
                f"stddev{name}Spin", stddev, tr("How wide {name} is.").format(name=name), (LEAST, MOST), 1.0,
                decimals=2, step=0.05, rounds=True,
            ),
        )  # fmt: skip
        for field in fields:
            field.valueChanged.connect(self._tell)
        return fields

    def _fields_row(self) -> QLayout:
        parts: list[QWidget | int] = []
        for name, (mean, stddev) in self._fields.items():
            signs = (label(f"{sign}<sub>{name}</sub>") for sign in "μσ")
            parts += [label(f"<b>{name}</b>"), next(signs), mean, next(signs), stddev, 1]
        return row(*parts, self._to_prior, spacing=SPACING // 2)

    def _formula_terms(self) -> list[Term]:
        whole = tr("How far P is from Q, in nats: 0 only where they are equal.")
        squares = tr("What P's own width and the distance of the means cost, in units of Q's width.")
        tips = {
            _DIVERGENCE: (tr("KL divergence of P from Q"), whole),
            _TERMS[0]: (tr("Logarithm of the ratio"), tr("How much wider Q is than P.")),
            _TERMS[1]: (tr("Squares"), squares),
            _TERMS[2]: (tr("One half"), tr("What the squares are where P is Q.")),
        }
        terms = []
        for number, (latex, (text, tip)) in enumerate(tips.items()):
            term = Term(f"klTerm{number}", text, tip, Place("kl"))
            term.set_formula(latex)
            terms.append(term)
        return terms

    def _formula_row(self) -> QLayout:
        signs = FormulaLabel("=", tr("equals")), FormulaLabel("+", tr("plus")), FormulaLabel(_MINUS, tr("minus"))
        align(*self._terms, *signs)
        line: list[QWidget] = [self._terms[0]]
        for sign, term in zip(signs, self._terms[1:], strict=True):
            line += [sign, term]
        top = Qt.AlignmentFlag.AlignTop
        return row(*((part, 0, top) for part in line), 1, spacing=SPACING // 2)

    def _ways_row(self) -> QLayout:
        """The same number in four ways, side by side."""
        titles = {
            "general": (tr("general formula"), tr("The three terms above, added.")),
            "closed": (tr("against N(0, 1)"), tr("½ (σ² + μ² − log σ² − 1), as the loss has it: where Q is N(0, 1).")),
            "torch": ("torch.distributions", tr("What PyTorch's own function says.")),
            "drawn": (
                tr("20,000 draws"),
                tr("The mean of log P(z) − log Q(z) over draws z of P, and its standard error."),
            ),
        }
        columns = []
        for name, (title, tip) in titles.items():
            head = label(title, "muted", "small")
            head.setToolTip(tip)
            self.ways[name].setToolTip(tip)
            self.ways[name].setAccessibleName(title)
            columns.append((column(head, self.ways[name], spacing=0), 1))
        return row(*columns)
