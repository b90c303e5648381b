"""The left side: the model on screen, the settings of the next, and what starts, holds and ends a training."""

from PySide6.QtCore import QEvent, Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

from vae_desktop.gui.views.setup.model_head import ModelHead
from vae_desktop.gui.views.setup.settings_form import SettingsForm
from vae_desktop.gui.views.setup.transport import Transport
from vae_desktop.gui.widgets.controls import column
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.language import tr


class SetupPanel(QWidget):
    """Only the settings scroll; head and transport are always in sight.

    What is wrong with settings stands above the transport: nothing moves under the mouse when it appears.

    Attributes
    ----------
    head : ModelHead
    form : SettingsForm
    controls : Transport
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.head = ModelHead()
        self.form = SettingsForm()
        self.controls = Transport()
        self._scroll = QScrollArea(widgetResizable=True)
        self._scroll.setAccessibleName(tr("Settings"))
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it scrolls into sight
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.form.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)  # it scrolls, not shrinks
        self._scroll.setWidget(self.form)
        self._scroll.verticalScrollBar().rangeChanged.connect(self._make_room)
        column(self.head, _rule(), (self._scroll, 1), _rule(), self.form.rows.notes, self.controls, spacing=0, on=self)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._hold_width()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.FontChange):
            self._hold_width()

    def _hold_width(self) -> None:
        """Be wide enough for all settings, which scroll up and down only."""
        self._scroll.setMinimumWidth(self.form.rows.least_width)

    @Slot(int, int)
    def _make_room(self, _: int, last: int) -> None:
        """Let the scroll bar stand in the margin, so that nothing moves aside for it."""
        self.form.rows.set_right_margin(0 if last else SPACING)


def _rule() -> QFrame:
    line = QFrame()
    line.setObjectName("rule")
    return line
