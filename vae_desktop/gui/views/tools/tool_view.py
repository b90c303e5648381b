"""What the views of the playground's tools have in common."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget


class ToolView(QWidget):
    """A view that knows whether it is in sight; behind another tab Qt takes it for visible.

    Attributes
    ----------
    main_part : QWidget
        Gets the focus with the tool. As a focus proxy it would have the Tab key leave out all that stands before it.
    """

    sight_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.is_in_sight = False
        self.main_part: QWidget = self

    @Slot(bool)
    def set_in_sight(self, is_in_sight: bool) -> None:
        """Follow the dock."""
        if is_in_sight != self.is_in_sight:
            self.is_in_sight = is_in_sight
            self.sight_changed.emit()
