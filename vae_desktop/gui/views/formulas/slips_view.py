"""Slips in the formulas that are easily made: each can be switched in, and the number that comes out wrong is shown."""

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QToolButton, QWidget

from vae_desktop.gui.views.formulas.term import FormulaLabel
from vae_desktop.gui.widgets.controls import column, label, named, row, toggle
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.language import tr
from vae_desktop.latent.normals import SLIPS, MeanOverPixels, Normal, Slip, kl_by_closed_form, least_with

_BODY = 8  # lines of text that the formulas, their numbers and what comes of them take
PIXELS = "pixels"  # the name of the slip that is not in the KL divergence


class SlipsView(QWidget):
    """Shows one slip at a time: the formula as it is and with the slip, both numbers, and what comes of it.

    Parameters
    ----------
    losses : (str, str)
        The loss with a sum over pixels and with a mean, in LaTeX.

    Attributes
    ----------
    chosen : str
        The name of the slip that is switched in, or "".
    numbers : (float, float), or None
        As it is, and with the slip.
    """

    chosen_changed = Signal(str)

    def __init__(self, losses: tuple[str, str]) -> None:
        super().__init__()
        named(self, "slipsView", tr("Slips"))
        self.chosen = ""
        self.numbers: tuple[float, float] | None = None
        tip = tr("Switch this slip in, and see the number that comes out wrong.")
        self.buttons: dict[str, QToolButton] = {
            slip.name: toggle(f"{slip.name}SlipButton", tr(slip.title), tip) for slip in SLIPS
        }
        self.buttons[PIXELS] = toggle(f"{PIXELS}SlipButton", tr("Mean over pixels"), tip)
        formulas = {slip.name: (slip.right, slip.wrong) for slip in SLIPS} | {PIXELS: losses}
        self._lines = {name: self._formula_lines(*pair) for name, pair in formulas.items()}
        self._why = label("", "", "small", name="slipWhy", wraps=True)
        self._hint = label(
            tr("Slips that are easily made, of P against N(0, 1):"), "muted", "small", name="slipHint", wraps=True
        )
        self._figures = {each: label("", name=f"{each}Figure", figures=True) for each in ("right", "wrong")}
        self._heads: list[QLabel] = []
        grid = column(spacing=SPACING // 2)
        for place, each in enumerate(("right", "wrong")):
            heading = tr("as it is") if each == "right" else tr("with the slip")
            head = label(heading, "muted", "small")
            head.setFixedWidth(SPACING * 11)
            self._heads.append(head)
            formulas_here = [lines[place] for lines in self._lines.values()]
            self._figures[each].setMinimumWidth(SPACING * 10)
            grid.addLayout(row(head, *formulas_here, 1, self._figures[each]))
        buttons = row(*self.buttons.values(), 1, spacing=SPACING // 2)
        self._body = QWidget()
        column(grid, self._why, 1, spacing=SPACING // 2, on=self._body)
        self._body.setFixedHeight(_BODY * self.fontMetrics().height())  # nothing moves when a slip is switched in
        column(self._hint, buttons, self._body, spacing=SPACING // 2, on=self)
        for name, button in self.buttons.items():
            button.toggled.connect(partial(self._toggle, name))
        self._normal = Normal(0.0, 1.0)
        self._mean: tuple[MeanOverPixels, int] | None = None
        self._show()

    @property
    def shares(self) -> tuple[float, float] | None:
        """The KL divergence's part of the loss, with a sum over pixels and with a mean, while that slip is chosen."""
        if self.chosen != PIXELS or self._mean is None:
            return None
        return self._mean[0].right_share, self._mean[0].wrong_share

    def set_normal(self, normal: Normal) -> None:
        """Show the numbers of this posterior."""
        self._normal = normal
        self._show()

    def set_mean(self, found: MeanOverPixels, pixels: int) -> None:
        """Show what a mean over so many pixels does to the loss of an image."""
        self._mean = found, pixels
        self._show()

    def choose(self, name: str) -> None:
        """Switch a slip in, by its name; "" switches it out."""
        for each, button in self.buttons.items():
            button.setChecked(each == name)

    def _toggle(self, name: str, is_on: bool) -> None:
        if is_on:
            self.chosen = name
            self.choose(name)
        elif self.chosen == name:
            self.chosen = ""
        self._show()
        self.chosen_changed.emit(self.chosen)

    def _show(self) -> None:
        for name, lines in self._lines.items():
            for line in lines:
                line.setVisible(name == self.chosen)
        for part in (*self._heads, *self._figures.values(), self._why):
            part.setVisible(bool(self.chosen))
        slip = next((slip for slip in SLIPS if slip.name == self.chosen), None)
        if slip is not None:
            self._show_slip(slip)
        elif self.chosen == PIXELS and self._mean is not None:
            self._show_mean(*self._mean)
        else:
            self.numbers = None

    def _show_slip(self, slip: Slip) -> None:
        self._show_numbers(kl_by_closed_form(self._normal), slip.compute(self._normal))
        self._why.setText(tr(slip.why).format(best=slip.best, least=least_with(slip)).replace("-", "−"))

    def _show_mean(self, found: MeanOverPixels, pixels: int) -> None:
        self._show_numbers(found.right, found.wrong)
        text = tr(
            "The divergence now weighs {pixels} times as much: {wrong:.1%} of this image's loss instead of "
            "{right:.1%}. Training then gives up the image, and the codes collapse onto N(0, 1)."
        )
        self._why.setText(text.format(pixels=pixels, wrong=found.wrong_share, right=found.right_share))

    def _show_numbers(self, right: float, wrong: float) -> None:
        self.numbers = right, wrong
        for each, value, role in (("right", right, "muted"), ("wrong", wrong, "error")):
            text = f"{value:.4f}".replace("-", "−")
            self._figures[each].setText(f"<b>{text}</b>")
            self._figures[each].setProperty("role", "error" if role == "error" and abs(right - wrong) > 1e-4 else "")
            self._figures[each].style().polish(self._figures[each])

    @staticmethod
    def _formula_lines(right: str, wrong: str) -> tuple[FormulaLabel, FormulaLabel]:
        return FormulaLabel(right, tr("Formula as it is")), FormulaLabel(wrong, tr("Formula with the slip"))
