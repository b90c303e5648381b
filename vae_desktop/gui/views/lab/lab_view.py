"""A step of the lab: what there is to understand, to predict and to do, and what came of it."""

import html
import re
from collections.abc import Callable, Sequence
from typing import cast

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QButtonGroup, QLabel, QMenu, QRadioButton, QScrollArea, QWidget

from vae_desktop.gui.widgets.controls import (
    action,
    add_menu,
    column,
    explain,
    label,
    named,
    progress_bar,
    push_button,
    row,
    styled,
    tool_button,
)
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.lab.course import Chapter, Step
from vae_desktop.language import tr

_ARROWS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right)
_TOP = Qt.AlignmentFlag.AlignTop


class LabView(QWidget):
    """Shows one step at a time, and asks to go to others.

    Attributes
    ----------
    choices : list of QRadioButton
        The answers that can be predicted; none where the step asks nothing.
    """

    step_chosen = Signal(int, int)  # numbers of a chapter and of one of its steps
    predicted = Signal(int)
    show_requested = Signal()
    back_requested = Signal()
    next_requested = Signal()
    restart_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("labView")
        self.choices: list[QRadioButton] = []
        self._group = QButtonGroup(self)
        self._group.idClicked.connect(self.predicted)
        self._chapters: Sequence[Chapter] = ()
        self._entries: list[tuple[QMenu, list[QAction]]] = []
        self._number = 0  # of the chapter in sight
        tip = tr("Chapters of the lab: they can be taken in any order.")
        self._menu_button = tool_button("labChaptersButton", tr("Chapters"), tip)
        self._menu: QMenu = add_menu(self._menu_button)
        self._bar = progress_bar(tr("How many steps of this chapter are done"))
        self._title = named(label(size="heading", wraps=True), "labTitle")
        self._text = named(label(wraps=True), "labText")
        self._ask = named(label(wraps=True), "labQuestion")
        self._answers = column(spacing=2)
        self._do = named(label(wraps=True), "labDo")
        self._found = named(styled(QLabel(wordWrap=True), figures=True), "labFound")
        self._verdict = named(label("", "muted", "small", wraps=True), "labVerdict")
        for text in (self._text, self._ask, self._do, self._found, self._verdict):
            text.setTextFormat(Qt.TextFormat.RichText)
            text.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
        tip = tr("Watch: the window does it, as a hand would.")
        self.show_button = push_button("labShowButton", tr("Show me"), tip, "Alt+S", then=self.show_requested)
        tip = tr("The step before.")
        self.back_button = push_button("labBackButton", tr("Back"), tip, "Alt+Left", then=self.back_requested)
        tip = tr("The next step; it can be taken whether this one is done or not.")
        self.next_button = push_button("labNextButton", tr("Next"), tip, "Alt+Right", then=self.next_requested)
        self._lay_out()

    def take_focus(self) -> None:
        """Bring the keyboard's focus to the answer that is chosen, or the first one; else to *Show me*."""
        chosen = [choice for choice in self.choices if choice.isChecked()]
        buttons = (*chosen, *self.choices, self.show_button, self.next_button, self.back_button)
        next(part for part in buttons if part.isEnabled()).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def set_chapters(self, chapters: Sequence[Chapter], done: frozenset[str]) -> None:
        """List the chapters and their steps, with a tick at each that is done."""
        if chapters is not self._chapters:
            self._chapters = chapters
            self._fill_menu()
        self._bar.setValue(sum(step.name in done for step in chapters[self._number].steps))
        for number, (chapter, (own, entries)) in enumerate(zip(chapters, self._entries, strict=True)):
            for step, entry in zip(chapter.steps, entries, strict=True):
                entry.setChecked(step.name in done)
            is_done = all(entry.isChecked() for entry in entries)
            own.setTitle(f"{number + 1}  {chapter.title}" + (" ✓" if is_done else ""))

    def _fill_menu(self) -> None:
        """Make an entry for each step, once: they are ticked later."""
        self._menu.clear()
        for number, chapter in enumerate(self._chapters):
            own = QMenu(self._menu)
            entries = [
                action(own, f"labStep{number}_{index}", step.title, data=(number, index), is_on=False)
                for index, step in enumerate(chapter.steps)
            ]
            for entry in entries:
                entry.triggered.connect(self._choose)
            own.addActions(entries)
            self._menu.addMenu(own)
            self._entries.append((own, entries))
        self._menu.addSeparator()
        tip = tr("Forget which steps are done, and begin with the first.")
        self._menu.addAction(action(self, "labRestartAction", tr("Start again"), tip, then=self.restart_requested))

    def show_step(self, chapter: int, index: int, done: frozenset[str]) -> None:
        """Show a step, not yet predicted."""
        self._number = chapter
        steps = self._chapters[chapter].steps
        step = steps[index]
        self._menu_button.setText(f"{chapter + 1}  {self._chapters[chapter].title}")
        self._bar.setRange(0, len(steps))
        self._bar.setValue(sum(each.name in done for each in steps))
        explain(self._bar, tr("Step {step} of {steps}").format(step=index + 1, steps=len(steps)))
        self._title.setText(step.title)
        self._text.setText(_rich(step.text))
        self._ask.setText(f"<b>{_rich(step.ask)}</b>")
        self._ask.setVisible(bool(step.ask))
        self._do.setText(_rich(step.do))
        self._do.setVisible(bool(step.do))
        self._make_choices(step)
        self._offer_steps((chapter, index), bool(step.show))
        self.show_found("", False)
        self._scroll.verticalScrollBar().setValue(0)

    def _offer_steps(self, place: tuple[int, int], can_show: bool) -> None:
        """Have those buttons at hand that lead somewhere; one that goes leaves the focus in the lab."""
        self.show_button.setEnabled(can_show)
        is_first, is_last = place == (0, 0), place == (len(self._chapters) - 1, len(self._chapters[-1].steps) - 1)
        for button, other, is_over in (
            (self.back_button, self.next_button, is_first),
            (self.next_button, self.back_button, is_last),
        ):
            if not is_over:
                button.setVisible(True)
                button.setEnabled(True)
                continue
            if self.window().focusWidget() is button:  # be the window in front or not
                other.setVisible(True)
                other.setFocus(Qt.FocusReason.OtherFocusReason)
            button.setEnabled(False)
            button.setVisible(button is self.next_button)

    def set_prediction(self, number: int | None) -> None:
        """Show what was predicted."""
        if number is not None and number < len(self.choices):
            self.choices[number].setChecked(True)

    def show_found(self, text: str, is_done: bool, verdict: str = "") -> None:
        """Say what came of the step, or what is missing, and whether it was as predicted."""
        for part, content in ((self._found, _rich(text)), (self._verdict, _rich(verdict))):
            if part.text() != content:
                part.setText(content)
        self._found.setVisible(bool(text))
        self._verdict.setVisible(bool(verdict))
        if self._found.property("done") != is_done:
            self._found.setProperty("done", is_done)
            self._found.style().unpolish(self._found)
            self._found.style().polish(self._found)
        if self.next_button.property("primary") != is_done:
            self.next_button.setProperty("primary", is_done)
            self.next_button.style().unpolish(self.next_button)
            self.next_button.style().polish(self.next_button)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._break_choices()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._break_choices()

    def _lay_out(self) -> None:
        inner = QWidget()
        column(
            self._title, self._text, self._ask, self._answers, self._do, self._found, self._verdict, 1,
            margins=(SPACING, SPACING // 2, SPACING, SPACING), on=inner,
        )  # fmt: skip
        self._scroll = QScrollArea(widgetResizable=True)
        self._scroll.setAccessibleName(tr("Step of the lab"))
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inner)
        margins = (SPACING, SPACING // 2, SPACING, SPACING // 2)
        head = (self._menu_button, 0, Qt.AlignmentFlag.AlignLeft)
        column(
            column(head, self._bar, spacing=SPACING // 2, margins=margins),
            (self._scroll, 1),
            row(self.show_button, 1, self.back_button, self.next_button, spacing=SPACING // 2, margins=margins),
            spacing=0,
            on=self,
        )

    def _make_choices(self, step: Step) -> None:
        """Offer the answers, on the same buttons for all steps: one that has the focus must not be deleted."""
        for number in range(len(self._group.buttons()), len(step.choices)):
            tip = tr("Say so before the window answers; it can be changed.")
            button = named(_Answer(), f"labChoice{number}", "", tip)
            self._group.addButton(button, number)
            self._answers.addWidget(button)
        self._group.setExclusive(False)  # else one stays checked
        buttons = self._group.buttons()
        self.choices = cast(list[QRadioButton], buttons[: len(step.choices)])
        for number, each in enumerate(buttons):
            text = step.choices[number] if number < len(step.choices) else ""
            each.setChecked(False)
            each.setAccessibleName(text)
            each.setProperty("whole", text)
            each.setVisible(bool(text))
        self._group.setExclusive(True)
        self._break_choices()

    def _break_choices(self) -> None:
        """Let answers go on to a second line, which Qt's buttons do not by themselves."""
        room = self.width() - 6 * SPACING
        width_of = self.fontMetrics().horizontalAdvance
        for button in self.choices:
            button.setText(_broken(button.property("whole"), width_of, room))

    @Slot()
    def _choose(self) -> None:
        entry = self.sender()
        assert isinstance(entry, QAction)
        entry.setChecked(not entry.isChecked())  # a tick says what is done, not what was clicked
        self.step_chosen.emit(*entry.data())


class _Answer(QRadioButton):
    """An answer; arrow keys choose the next one, also where none is chosen yet."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        reached = self.window().focusWidget()
        if event.key() in _ARROWS and isinstance(reached, _Answer) and not reached.isChecked():
            reached.click()


def _broken(text: str, width_of: Callable[[str], int], room: int) -> str:
    """A text on as many lines as it needs, broken at spaces, or anywhere where a language has none."""
    lines, line = [], ""
    for part in re.findall(r"[\u2e80-\uffef]|[^\s\u2e80-\uffef]+\s*|\s+", text):
        if line and width_of(line + part.rstrip()) > room:
            lines.append(line.rstrip())
            line = ""
        line += part
    return "\n".join([*lines, line.rstrip()])


def _rich(text: str) -> str:
    """Text with *emphasis*, and its lines, as rich text."""
    return re.sub(r"\*([^*]+)\*", r"<b>\1</b>", html.escape(text, quote=False)).replace("\n", "<br>")
