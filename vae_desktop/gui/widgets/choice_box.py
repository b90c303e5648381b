"""A combo box for one setting with few values, and its small arrow."""

from collections.abc import Iterable
from typing import Any, cast

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF, QStandardItemModel, QWheelEvent
from PySide6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter, QWidget

from vae_desktop.gui.widgets.controls import named


class ChoiceBox(QComboBox):
    """A combo box with its arrow in the text colour, which ignores the wheel unless it has the focus.

    A text that is too long for it ends with an ellipsis, where Qt's would just be cut.

    Parameters
    ----------
    name, label, tip : str
        Object name, accessible name and tooltip.
    choices : iterable of (text, value) or (text, value, tip)
    letters : int
        That there is room for at least.
    """

    error = ""  # whatever is chosen can be taken

    def __init__(
        self,
        name: str = "",
        label: str = "",
        tip: str = "",
        choices: Iterable[tuple[str, ...]] = (),
        *,
        letters: int = 8,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        named(self, name, label, tip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(letters)
        for text, value, *about in choices:
            self.addItem(text, value)
            if about:
                self.setItemData(self.count() - 1, about[0], Qt.ItemDataRole.ToolTipRole)

    @property
    def items(self) -> QStandardItemModel:
        """The choices, as Qt keeps them."""
        return cast(QStandardItemModel, self.model())

    def offer(self, value: str, before: str, help: str = "", is_enabled: bool = True) -> None:
        """Have a value among the choices, behind another one if it is new, with its name as its label."""
        index = self.findData(value)
        if index < 0:
            index = self.findData(before) + 1
            self.insertItem(index, value.upper(), value)
        self.items.item(index).setEnabled(is_enabled)
        self.setItemData(index, help, Qt.ItemDataRole.ToolTipRole)

    def value(self) -> Any:
        """What was chosen."""
        return self.currentData()

    def set_value(self, value: Any) -> None:
        """Choose a value if it is there and can be chosen."""
        index = self.findData(value)
        if index >= 0 and self.items.item(index).isEnabled():
            self.setCurrentIndex(index)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        field = QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, field, self).width()
        option.currentText = self.fontMetrics().elidedText(option.currentText, Qt.TextElideMode.ElideRight, room)
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().buttonText().color(), 1.5))
        x, y = self.width() - 14.0, self.height() / 2
        painter.drawPolyline(QPolygonF([QPointF(x - 4, y - 2), QPointF(x, y + 2), QPointF(x + 4, y - 2)]))
        painter.end()
