"""The left side: the settings, scrolling, and below them the controls, always in sight."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from vae_desktop.gui.views.setup.settings_form import SettingsForm
from vae_desktop.gui.views.setup.training_controls import TrainingControls
from vae_desktop.gui.widgets.controls import column
from vae_desktop.gui.widgets.theme import SPACING


class SetupPanel(QWidget):
    """Settings and training controls."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.form = SettingsForm()
        self.controls = TrainingControls()
        scroll = QScrollArea(widgetResizable=True)
        scroll.setAccessibleName(self.tr("Settings"))
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.form)
        scroll.setMinimumWidth(self.form.minimumSizeHint().width() + SPACING)  # it scrolls up and down only
        line = QFrame()
        line.setObjectName("rule")
        column((scroll, 1), line, self.controls, spacing=0, on=self)
