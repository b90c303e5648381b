"""The combo box of data sets: those known by name, a person's own, and ways to open more."""

import html

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from vae_desktop.catalog import describe_dataset
from vae_desktop.gui.widgets.choice_box import ChoiceBox

_ACTION = Qt.ItemDataRole.UserRole + 1


class DatasetBox(ChoiceBox):
    """Lists data sets by name, then paths as they come up; its last entries ask for more and are never chosen."""

    action_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._chosen = 0
        self._asked = ""  # by the entry that was last passed over or picked
        self._from_list = False
        self.currentIndexChanged.connect(self._note)
        self.activated.connect(self._act)

    def add_action(self, text: str, action: str) -> None:
        """Add an entry that only asks for something."""
        self.addItem(text)
        self.setItemData(self.count() - 1, action, _ACTION)

    def show_value(self, value: str) -> None:
        """Choose a data set; a path that is new to the list is added."""
        if self.findData(value) < 0:
            place = next(index for index in range(self.count()) if self.itemData(index) is None)
            self.insertItem(place, describe_dataset(value).label, value)
            self.setItemData(place, html.escape(value), Qt.ItemDataRole.ToolTipRole)
        super().show_value(value)
        self._chosen = self.currentIndex()

    def showPopup(self) -> None:
        self._from_list = True
        super().showPopup()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._from_list = False  # keys that arrive here step through the entries without opening the list
        super().keyPressEvent(event)

    @Slot(int)
    def _note(self, index: int) -> None:
        if self.itemData(index) is not None:
            self._chosen = index
            return
        self._asked = self.itemData(index, _ACTION) or ""
        blocked = self.blockSignals(True)
        self.setCurrentIndex(self._chosen)
        self.blockSignals(blocked)

    @Slot()
    def _act(self) -> None:
        action, self._asked = self._asked, ""
        if action and self._from_list:
            self.action_chosen.emit(action)
