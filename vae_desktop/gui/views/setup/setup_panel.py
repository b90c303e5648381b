"""The left side: the lab or the settings of the next model, and below both what starts, holds and ends a training."""

from PySide6.QtCore import QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QStackedWidget, QTabBar, QWidget

from vae_desktop.gui.views.lab.lab_view import LabView
from vae_desktop.gui.views.setup.model_head import ModelHead
from vae_desktop.gui.views.setup.settings_form import SettingsForm
from vae_desktop.gui.views.setup.transport import Transport
from vae_desktop.gui.widgets.controls import column, named
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.language import tr

FACES = ("lab", "setup")
_LEAST_WIDTH = 280  # px, for sentences


class SetupPanel(QWidget):
    """Has two faces, the lab and the setup; in the setup only the settings scroll.

    What is wrong with settings stands above the transport: nothing moves under the mouse when it appears.

    Attributes
    ----------
    lab : LabView
    head : ModelHead
    form : SettingsForm
    controls : Transport
    """

    face_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lab = LabView()
        self.head = ModelHead()
        self.form = SettingsForm()
        self.controls = Transport()
        self.controls.focus_dropped.connect(self._keep_focus)
        self._scroll = QScrollArea(widgetResizable=True)
        self._scroll.setAccessibleName(tr("Settings"))
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it scrolls into sight
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.form.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)  # it scrolls, not shrinks
        self._scroll.setWidget(self.form)
        self._scroll.verticalScrollBar().rangeChanged.connect(self._make_room)
        self._tabs = QTabBar(documentMode=True, drawBase=False, expanding=False)
        named(self._tabs, "faceTabs", tr("Lab or setup"))
        for text, tip in (
            (tr("Lab"), tr("The argument, step by step: from an autoencoder to a continuous latent space. (F4)")),
            (tr("Setup"), tr("The settings of the next model. (Shift+F4)")),
        ):
            self._tabs.setTabToolTip(self._tabs.addTab(text), tip)
        self._setup = setup = QWidget()
        column(self.head, _rule(), (self._scroll, 1), spacing=0, on=setup)
        self._faces = QStackedWidget()
        self._faces.addWidget(self.lab)
        self._faces.addWidget(setup)
        self._tabs.currentChanged.connect(self._show_face)
        column(self._tabs, (self._faces, 1), _rule(), self.form.rows.notes, self.controls, spacing=0, on=self)

    @property
    def face(self) -> str:
        """The face in front: "lab" or "setup"."""
        return FACES[self._tabs.currentIndex()]

    @Slot(str)
    def show_face(self, face: str) -> None:
        """Bring a face to the front, unless it is left out."""
        if face in FACES and self._tabs.isTabVisible(FACES.index(face)):
            self._tabs.setCurrentIndex(FACES.index(face))

    @Slot(str)
    def go_to_face(self, face: str) -> None:
        """Bring a face to the front, and the keyboard's focus into it."""
        self.show_face(face)
        if self.face == "lab":
            self.lab.take_focus()
            return
        for part in self._setup.findChildren(QWidget):
            if part.isVisible() and part.isEnabled() and part.focusPolicy() & Qt.FocusPolicy.TabFocus:
                part.setFocus(Qt.FocusReason.ShortcutFocusReason)
                return

    def go_to_setting(self, entry: QWidget) -> None:
        """Show where a setting is changed, with the keyboard's focus there."""
        self.show_face("setup")
        entry.setFocus(Qt.FocusReason.ShortcutFocusReason)
        QTimer.singleShot(0, entry, lambda: self._scroll.ensureWidgetVisible(entry))  # once all is laid out

    @Slot()
    def _keep_focus(self) -> None:
        """Leave the focus in the lab, if that is in front, where the button that had it is greyed out."""
        if self.face == "lab" and self.lab.isVisible():
            self.lab.take_focus()

    def leave_out_lab(self) -> None:
        """Show the setup alone."""
        self._tabs.setCurrentIndex(FACES.index("setup"))
        self._tabs.hide()

    @Slot(int)
    def _show_face(self, index: int) -> None:
        self._faces.setCurrentIndex(index)
        self.face_changed.emit(FACES[index])

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._hold_width()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.FontChange):
            self._hold_width()

    def _hold_width(self) -> None:
        """Be wide enough for all settings, which scroll up and down only."""
        self.setMinimumWidth(max(_LEAST_WIDTH, self.form.rows.least_width))

    @Slot(int, int)
    def _make_room(self, _: int, last: int) -> None:
        """Let the scroll bar stand in the margin, so that nothing moves aside for it."""
        self.form.rows.set_right_margin(0 if last else SPACING)


def _rule() -> QFrame:
    line = QFrame()
    line.setObjectName("rule")
    return line
