"""The entry for a number: read and written in one way, whatever the language of the system."""


from PySide6.QtCore import QEvent, QPoint, Qt, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import QDoubleSpinBox, QToolTip, QWidget

from vae_desktop.errors import InvalidSetting
from vae_desktop.gui.widgets.controls import named, plain
from vae_desktop.gui.widgets.theme import SPACING, tabular
from vae_desktop.settings import Kind, Setting, shortest

_PLACES = 12  # after the point, that a value can have
_ROUNDING = 1e-6  # of a code, whose numbers have 32 bits; less is shown as 0


class NumberField(QDoubleSpinBox):
    """A number that is typed, or stepped with Up, Down, its buttons and, while it has the focus, the wheel.

    Text is read as that of every setting is (:func:`vae_desktop.settings.read_number`): a single point or comma is the
    decimal separator, never one of thousands. It is taken with Enter or when the field is left. What cannot be
    taken is marked while it stands there, with the reason; Escape, or leaving, brings back the value, which stays
    what it was. Numbers are shown with a point and without separators of thousands.

    Parameters
    ----------
    name, label, tip : str
        Object name, accessible name and tooltip.
    ends : (float, float)
        The range, both ends included.
    decimals : int
        Places after the point that are shown at least; with 0 only whole numbers are taken, and `value` is an int.
    rounds : bool
        No more places are shown, though the value may have more.
    has_buttons : bool
        Buttons for larger and smaller stand at the right.
    """

    def __init__(
        self,
        name: str,
        label: str,
        tip: str,
        ends: tuple[float, float],
        value: float = 0.0,
        *,
        decimals: int = 0,
        step: float = 1.0,
        rounds: bool = False,
        has_buttons: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setKeyboardTracking(False)
        self._decimals, self._rounds = decimals, rounds
        self.error = ""
        named(self, name, label, tip)
        self.setFont(tabular(self.font()))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # not by the wheel
        if has_buttons:
            self.lineEdit().setTextMargins(SPACING // 2, 0, 0, 0)  # Qt's style sheets leave the left padding out
        else:
            self.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        self.setDecimals(_PLACES if decimals else 0)
        self.setRange(*ends)
        self.setSingleStep(step)
        self.setValue(value)
        self.lineEdit().textEdited.connect(self._check)

    def value(self) -> float:
        value = super().value()
        return value if self._decimals else round(value)

    @Slot()
    def take_next(self) -> None:
        """Go on by one; after the largest value comes 0."""
        self.setValue((self.value() + 1) % (int(self.maximum()) + 1))

    def textFromValue(self, value: float) -> str:
        text = f"{value:.{self._decimals}f}"
        if not float(text):
            text = text.removeprefix("-")
        if not self._rounds:
            return text if float(text) == value else shortest(value)
        is_lost = not float(text) and abs(value) >= _ROUNDING
        return shortest(float(f"{value:.1g}")) if is_lost else text

    def valueFromText(self, text: str) -> float:
        text = self._bare(text)
        shown = super().value()
        return shown if text == self.textFromValue(shown) else self._setting().parse(self.objectName(), text)

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        # Nothing is kept from being typed: it is marked instead.
        taken = QValidator.State.Intermediate if self._error_of(text) else QValidator.State.Acceptable
        return taken, text, position

    def stepBy(self, steps: int) -> None:
        super().stepBy(steps)
        self._check()

    def fixup(self, text: str) -> str:
        return text  # Qt's own takes separators of thousands out, and so makes another number of it

    def event(self, event: QEvent) -> bool:
        return answers_refused(event, self, self.error, self._is_changed) or super().event(event)

    def setValue(self, value: float) -> None:
        super().setValue(value)
        if self.error:  # of what was being typed
            self._check()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._is_changed:
            self.setValue(super().value())
            self.selectAll()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.error:
            show_reason(self, self.error)
        else:
            super().keyPressEvent(event)
            self._check()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._check()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.error:  # a border in the style sheet would take the buttons' arrows away
            painter = QPainter(self)
            painter.setPen(self.palette().brightText().color())
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
            painter.end()

    def wheelEvent(self, event: QWheelEvent) -> None:
        # Only with the focus: scrolling past must not change numbers.
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    @property
    def _is_changed(self) -> bool:
        """Whether something else stands there than the value."""
        return self._bare(self.text()) != self.textFromValue(super().value())

    def _setting(self) -> Setting:
        kind: Kind = "number" if self._decimals else "integer"
        return Setting(self.accessibleName(), "", kind, self.minimum(), self.maximum())

    def _bare(self, text: str) -> str:
        return text.removeprefix(self.prefix()).removesuffix(self.suffix()).strip()

    def _error_of(self, text: str) -> str:
        """Why a text cannot be taken, or ""."""
        try:
            self.valueFromText(text)
        except InvalidSetting as error:
            return str(error)
        return ""

    @Slot()
    def _check(self) -> None:
        """Mark what stands there if it cannot be taken."""
        error = self._error_of(self.text())
        if error != self.error:
            self.error = error
            mark_refused(self, error)


def mark_refused(entry: QWidget, error: str) -> None:
    """Mark an entry whose text is refused for a reason, or, if that is "", taken; screen readers say it too."""
    entry.setAccessibleDescription(error or plain(entry.toolTip()))
    if bool(entry.property("invalid")) != bool(error):
        entry.setProperty("invalid", bool(error))
        entry.style().unpolish(entry)
        entry.style().polish(entry)


def show_reason(entry: QWidget, error: str) -> None:
    """Tell the reason below the entry."""
    QToolTip.showText(entry.mapToGlobal(QPoint(0, entry.height())), error, entry)


def answers_refused(event: QEvent, entry: QWidget, error: str, is_changed: bool) -> bool:
    """Whether an entry's event is dealt with: the tooltip is the reason; Escape is its own while text is changed."""
    if event.type() == QEvent.Type.ToolTip and error:
        show_reason(entry, error)
        return True
    is_escape = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
    if is_escape and event.type() == QEvent.Type.ShortcutOverride and is_changed:
        event.accept()  # else it would take away the message above
        return True
    return False
