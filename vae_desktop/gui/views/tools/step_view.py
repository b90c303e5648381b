"""A training step in slow motion: the images of its batch, its loss before and after, and how each term pulled."""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from vae_desktop.gui.views.tools.tool_view import ToolView, form
from vae_desktop.gui.widgets.choice_box import ChoiceBox
from vae_desktop.gui.widgets.controls import column, explain, label, named, push_button
from vae_desktop.gui.widgets.terms import with_terms
from vae_desktop.gui.widgets.theme import SPACING, TERM_COLOURS, line_height
from vae_desktop.gui.widgets.tile_board import TileBoard
from vae_desktop.language import tr
from vae_desktop.latent.codes import Picture

_NUMBERS = 288  # px wide
_COLUMNS = ("before", "after", "pull")


class TermNumbers(NamedTuple):
    """What stands in a row of the table: a term of the loss before and after a step, and how strongly it pulled."""

    before: float | None
    after: float | None
    pull: float | None


class StepView(ToolView):
    """Shows what one step did, to the batch or to one of its images.

    Attributes
    ----------
    step_button : QPushButton
        Clicked when the next step is wanted.
    arrows : ChoiceBox
        Which arrows the scatter shows: one of step_overlay.ARROWS.
    board : TileBoard
        The images of the batch.
    where, note : QLabel
        Which step it was; what there is to say of it.
    numbers : dict of (str, str) to QLabel
        The table, by the term, "total", "reconstruction" or "kl", and the column, "before", "after" or "pull".
    """

    def __init__(self) -> None:
        super().__init__("stepView")
        tip = tr("Take one training step and wait: of the training that is held, or that runs, or of a new one.")
        self.step_button = push_button("takeStepButton", tr("One step"), f"{tip} (Ctrl+Shift+P)")
        tip = tr("What the arrows in the latent space say of the images of the batch.")
        self.arrows = ChoiceBox("stepArrowsCombo", tr("Arrows"), with_terms(tip, "gradient", "latent space"), _arrows())
        self.where = label("", "muted", "small", name="stepText", figures=True, wraps=True)
        self.board = named(
            TileBoard(),
            "batchBoard",
            tr("The images of the batch. Arrow keys choose one."),
            tr("The images of the batch. Click: its arrows alone, its numbers, and the current point at its code z."),
        )
        self.note = label("", "muted", "small", name="stepNote", figures=True, wraps=True)
        self.numbers: dict[tuple[str, str], QLabel] = {}
        controls = column(
            self.step_button, form((tr("Arrows"), self.arrows)), self.where, 1, spacing=SPACING // 2
        )
        right = QWidget()
        right.setFixedWidth(_NUMBERS)
        column(self._table(), self.note, 1, spacing=SPACING, on=right)
        self._lay_out(controls, (self.board, 1), right)
        self.main_part = self.step_button
        self.show_nothing()

    def show_nothing(self, is_earlier: bool = False) -> None:
        """Say how a step comes here, and why there is none if the model is shown as it was earlier."""
        self.board.set_pictures(None)
        text = tr("One step at a time: pause a training, or begin one, and take a step.")
        if is_earlier:
            text = tr("An earlier step is shown. One step goes on from the newest; Live shows what the last one did.")
        self.board.set_empty_text(text)
        self.board.set_chosen(None)
        self.where.setText("")
        self.set_numbers({})
        self.note.setText("")

    def set_batch(self, pictures: Picture, captions: Sequence[str]) -> None:
        """Show the images (M, H, W, C), uint8, of a batch, as the encoder saw them, and of which class each is."""
        self.board.set_tiles(len(pictures), pictures.shape[1:3])
        self.board.set_captions(captions)
        self.board.set_pictures(pictures)

    def set_numbers(self, terms: dict[str, TermNumbers]) -> None:
        """Fill the table, by term; what is not named stays empty."""
        for (term, name), number in self.numbers.items():
            value = getattr(terms[term], name) if term in terms else None
            number.setText("–" if value is None else f"{value:.2f}")

    def _table(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(2 * SPACING)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(0, 1)
        for place, (text, tip) in enumerate(_heads(), 1):
            head = label(text, "muted", "small", align=Qt.AlignmentFlag.AlignRight)
            explain(head, tip)
            grid.addWidget(head, 0, place)
        for line, (term, text, tip) in enumerate(_rows(), 1):
            head = label(f'<span style="color: {TERM_COLOURS[term]}">■</span> {text}', size="small")
            explain(head, tip)
            grid.addWidget(head, line, 0)
            grid.setRowMinimumHeight(line, line_height(head.font()))  # whatever letters it has
            for place, name in enumerate(_COLUMNS, 1):
                number = label("", "", "small", name=f"{term}{name.title()}Text", figures=True)
                number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.numbers[term, name] = number
                grid.addWidget(number, line, place)
        return grid


def _arrows() -> list[tuple[str, str, str]]:
    moved = tr(
        "From each code before the step to the same image's code after it. They need not go where the pulls point: all "
        "codes come from the same weights, and Adam goes on in the direction of earlier steps."
    )
    both = tr(
        "Both terms, at one scale. A single image's reconstruction pulls strongly, and differently with each batch; KL "
        "pulls gently, always the same way."
    )
    reconstruction = tr("Where the reconstruction error would fall fastest.")
    kl = tr("Where the KL divergence would fall fastest: straight to the middle.")
    return [
        (tr("How codes moved"), "moved", moved),
        (tr("Both pulls"), "pulls", both),
        (tr("Reconstruction's pull"), "reconstruction", reconstruction),
        (tr("KL's pull"), "kl", kl),
    ]


def _heads() -> list[tuple[str, str]]:
    before = tr("Of the batch before the step: what the step was taken by.")
    after = tr("Of the same images with the same noise after it.")
    pull = tr(
        "How strongly the term, with its weight, pulls: the L2 norm of its gradient along all weights of the model; of "
        "a single image along its μ."
    )
    return [
        (tr("before"), with_terms(before, "batch", "step")),
        (tr("after"), with_terms(after, "ε")),
        (tr("pull"), with_terms(pull, "gradient")),
    ]


def _rows() -> list[tuple[str, str, str]]:
    return [
        ("total", tr("Loss"), with_terms(tr("The weighted sum of the two terms."), "loss")),
        ("reconstruction", tr("Reconstruction"), with_terms(tr("Without its weight."), "reconstruction error")),
        ("kl", tr("KL"), with_terms(tr("Without its weight, in nats."), "KL divergence")),
    ]
