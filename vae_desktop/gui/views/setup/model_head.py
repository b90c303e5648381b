"""What is on screen, above the settings of what comes next."""

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QWidget

from vae_desktop.gui.widgets.controls import column, named, row, styled, tool_button
from vae_desktop.gui.widgets.labels import ElidedLabel
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.language import tr


class ModelHead(QWidget):
    """Names the model on screen, and offers its settings where the form has others."""

    settings_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = named(ElidedLabel(), "onScreenTitle", tr("On screen"))
        font = self._title.font()
        font.setBold(True)
        self._title.setFont(font)
        self._detail = named(styled(ElidedLabel(), "muted", "small", figures=True), "onScreenDetail")
        tip = tr("Set the form to what the model on screen was trained with: Train then makes one like it.")
        self._take = tool_button(
            "useSettingsButton", tr("Use its settings"), tip, is_flat=True, then=self.settings_wanted
        )
        self._take.setProperty("link", True)
        self._take.hide()
        margins = (SPACING, 0, SPACING // 2, SPACING // 2)  # the link's frame stands in the margin
        column(row((self._title, 1), self._take), self._detail, spacing=0, margins=margins, on=self)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.FontChange):
            self._title.setMinimumHeight(self._take.sizeHint().height())  # whether the button is there or not

    def show_model(self, title: str, detail: str) -> None:
        """Say which model is on screen, and in short how it was made."""
        self._title.set_text(title)
        self._detail.set_text(detail)

    def set_differs(self, differs: bool) -> None:
        """Whether the form has settings that could be the model's."""
        self._take.setVisible(differs)
