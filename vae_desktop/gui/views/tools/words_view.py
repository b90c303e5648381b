"""A line for what is to be drawn, the pictures that a diffusion makes of it, and how one of them came about."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, QTimer, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QLayout, QLineEdit, QToolButton, QWidget

from vae_desktop.gui.views.tools.text_examples import TextExamples
from vae_desktop.gui.views.tools.tool_view import ToolView, form, with_redraw
from vae_desktop.gui.views.tools.travel_bar import TravelBar
from vae_desktop.gui.views.tools.understood_label import ShownWord, UnderstoodLabel
from vae_desktop.gui.widgets.controls import (
    column,
    explain,
    label,
    named,
    progress_bar,
    push_button,
    row,
)
from vae_desktop.gui.widgets.number_field import NumberField
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.gui.widgets.tile_board import TileBoard
from vae_desktop.language import tr
from vae_desktop.words import GUIDANCE, STEPS

MOST_STEPS = 100
_PAUSE = 250  # ms without a key after which a text counts as typed
_BESIDE = 280  # px that the pictures and how one of them came about need side by side


class WordsView(ToolView):
    """Says what is wanted of a diffusion, and shows what it draws.

    Attributes
    ----------
    line : QLineEdit
    guidance, steps, seed : NumberField
    understood : UnderstoodLabel
        Which words count, and what they ask for.
    examples : TextExamples
        Stand in its place where there is nothing of that kind to say.
    board : TileBoard
        What was drawn.
    walk : TileBoard
        How the chosen picture came about: what each step decodes to.
    travel : TravelBar
        What leads from noise to the codes.
    fit_button, cancel_button : QPushButton
        Clicked when the diffusion is to be fitted to the model, or no longer.
    note : QLabel
        Says what the diffusion is of, or what fitting one takes.
    """

    text_entered = Signal(str)  # by Enter, after a pause, or by an example

    def __init__(self) -> None:
        super().__init__("wordsView")
        tip = tr("What is to be drawn, in your own words. Empty: whatever there is in the latent space.")
        self.line = named(QLineEdit(), "wordsLine", tr("What is to be drawn"), tip)
        self.line.setPlaceholderText(tr("What is to be drawn"))
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE)
        self._pause.timeout.connect(self._enter)
        self.line.textEdited.connect(self._pause.start)
        self.line.returnPressed.connect(self._enter)
        self.understood = named(UnderstoodLabel(), "wordsUnderstood")
        self.examples = TextExamples()
        self.examples.chosen.connect(self.set_text)
        tip = tr("What the diffusion draws from noise. A click, or the arrow keys: the current point goes to the code.")
        self.board = named(TileBoard(), "wordsBoard", tr("Pictures of the words. Arrow keys choose one."), tip)
        tip = tr("How the chosen picture came about: what each step from noise to the code decodes to.")
        self.walk = named(TileBoard(), "walkBoard", tr("Steps from noise to the code. Arrow keys choose one."), tip)
        self.travel = TravelBar(
            "walk",
            tr("How far from noise to the codes"),
            tr("Let the codes walk from noise to where they are drawn."),
            tr("Move all codes between noise and where they are drawn by hand."),
        )
        self._is_narrow = False
        self._lay_out(self._controls(), (self._body(), 1))
        asked: tuple[QWidget, ...] = self.guidance, self.steps, self.seed
        self._tips = {part: part.toolTip() for part in asked}
        self.main_part = self.line

    def set_text(self, text: str) -> None:
        """Have a text in the line, as if it had been typed."""
        self.line.setText(text)
        self._enter()

    def set_usable(self, is_usable: bool, reason: str) -> None:
        """Without a diffusion a text can only wait: the reason stands in the pictures' place, and in tooltips."""
        for part, tip in self._tips.items():
            part.setEnabled(is_usable)
            explain(part, tip if is_usable else f"{tip}<p>{reason}</p>")
        for button in self.findChildren(QToolButton, "newWordsButton"):
            button.setEnabled(is_usable)
        if is_usable:
            self.board.set_empty_text("")  # until the first pictures are there
        else:
            self.show_nothing(reason)
            self.examples.set_texts(())
            self.show_understood((), "", ())

    def show_nothing(self, reason: str) -> None:
        """Show no pictures, and why."""
        self.board.set_pictures(None)
        self.board.set_empty_text(reason)
        self.board.set_chosen(None)
        self.walk.set_pictures(None)
        self.walk.set_empty_text("")
        self.travel.set_usable(False)

    def set_fit(self, text: str, tip: str, can_fit: bool, note: str, is_first: bool = True) -> None:
        """What the button says and does, whether it can, what there is to say beside it, and whether it comes first."""
        if self.fit_button.property("primary") != is_first:
            self.fit_button.setProperty("primary", is_first)
            self.fit_button.style().unpolish(self.fit_button)
            self.fit_button.style().polish(self.fit_button)
        self.fit_button.setText(text)
        self.fit_button.setAccessibleName(text)
        explain(self.fit_button, tip)
        self.fit_button.setEnabled(can_fit)
        self.note.setText(note)

    def show_progress(self, fraction: float | None, note: str) -> None:
        """Show how far the fit is; None: there is none under way."""
        is_fitting, focused = fraction is not None, self.window().focusWidget()
        self.fit_button.setHidden(is_fitting)
        self._progress.setVisible(is_fitting)
        if focused is self.fit_button and is_fitting:
            self.cancel_button.setFocus()
        elif focused is self.cancel_button and not is_fitting:
            self.fit_button.setFocus()
        if fraction is not None:
            self._bar.setValue(round(1000 * fraction))
            self.note.setText(note)

    def show_understood(self, words: Sequence[ShownWord], lead: str, facts: Sequence[str]) -> None:
        """Show which words of the text count, and what they ask for."""
        self.understood.set_words(words, lead, f"→ {tr(', ').join(facts)}" if facts else "")
        self.understood.show()
        self.examples.hide()

    def show_examples(self, lead: str) -> None:
        """Show what could be asked for."""
        self.examples.set_lead(lead)
        self.examples.show()
        self.understood.hide()

    def minimumSizeHint(self) -> QSize:
        hint, parts = super().minimumSizeHint(), (self.board, self.travel)
        spared = 0 if self._is_narrow else SPACING + min(part.minimumSizeHint().width() for part in parts)
        return QSize(hint.width() - spared, hint.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where it is narrow leave out how a picture came about, but for its slider."""
        super().resizeEvent(event)
        self._set_narrow(self.line.width() < _BESIDE)

    def _set_narrow(self, is_narrow: bool) -> None:
        if is_narrow != self._is_narrow:
            self._is_narrow = is_narrow
            self.walk.setHidden(is_narrow)
            across, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
            self._pictures.setDirection(down if is_narrow else across)
            self._pictures.setStretch(1, 0 if is_narrow else 2)

    @Slot()
    def _enter(self) -> None:
        self._pause.stop()
        self.text_entered.emit(self.line.text())

    def _body(self) -> QLayout:
        self.examples.hide()
        understood = row((self.understood, 1), (self.examples, 1))
        walk = column((self.walk, 1), self.travel, spacing=SPACING // 2)
        self._pictures = row((self.board, 3), (walk, 2))
        return column(self.line, understood, (self._pictures, 1), spacing=SPACING // 2)

    def _controls(self) -> QLayout:
        tip = tr(
            "How strongly the words pull. 1: as was learned; more: nearer to what is asked for, and less varied; "
            "0: the words do not count."
        )
        ends = 0.0, 10.0
        self.guidance = NumberField("wordsGuidanceSpin", tr("Guidance"), tip, ends, GUIDANCE, decimals=1, step=0.5)
        tip = tr("In how many steps noise becomes a code. Fewer are quicker and coarser.")
        self.steps = NumberField("wordsStepsSpin", tr("Steps"), tip, (1, MOST_STEPS), STEPS)
        tip = tr("The same seed begins with the same noise.")
        self.seed = NumberField("wordsSeedSpin", tr("Seed"), tip, (0, 999_999))
        tip = tr("Begin with other noise.")
        seed = with_redraw(self.seed, "newWordsButton", tr("Other pictures"), tip)
        self.fit_button = push_button("fitWordsButton", "")
        self._bar = progress_bar(tr("Progress of the fit"))
        self._bar.setObjectName("fitWordsProgress")
        self.cancel_button = push_button("cancelFitButton", tr("Cancel"), tr("End the fit; nothing half stays."))
        self._progress = QWidget()
        row((self._bar, 1), self.cancel_button, on=self._progress)
        self._progress.hide()
        self.note = label("", "muted", "small", name="wordsNote", figures=True, wraps=True)
        fields = form((tr("Guidance"), self.guidance), (tr("Steps"), self.steps), (tr("Seed"), seed))
        return column(fields, self.fit_button, self._progress, self.note, 1, spacing=SPACING // 2)
