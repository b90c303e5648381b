"""Texts that can be tried, in one line: as many as there is room for."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolButton, QWidget

from vae_desktop.gui.widgets.controls import label, literal, row, tool_button
from vae_desktop.gui.widgets.theme import SPACING, line_height, small_font
from vae_desktop.language import tr


class TextExamples(QWidget):
    """Some words that lead to them, and the texts, each at a click."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._lead = label("", "muted", "small", name="wordsExamplesLead")
        self._buttons: list[QToolButton] = []
        self._row = row(self._lead, 1, spacing=0, on=self)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def set_lead(self, text: str) -> None:
        """Say what they are."""
        self._lead.setText(text)
        self._fit()

    def set_texts(self, texts: Sequence[str]) -> None:
        """Offer these."""
        for button in self._buttons:
            self._row.removeWidget(button)
            button.deleteLater()
        self._buttons = []
        for number, text in enumerate(texts):
            button = tool_button(f"wordsExample{number}Button", literal(text), tr("Draw this."), is_flat=True)
            button.setProperty("link", True)
            button.setFont(small_font(button.font()))
            button.setFixedHeight(self.sizeHint().height())
            button.clicked.connect(lambda _=False, text=text: self.chosen.emit(text))
            self._row.insertWidget(number + 1, button)
            self._buttons.append(button)
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(0, line_height(self._lead.font()) + SPACING)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Show as many as there is room for."""
        room = self.width() - self._lead.sizeHint().width()
        for button in self._buttons:
            room -= button.sizeHint().width()
            button.setVisible(room >= 0)
