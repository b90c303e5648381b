"""What the lasso has caught, and what can be done with it."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from vae_desktop.gui.widgets.controls import label, named, row, tool_button


class SelectionBar(QWidget):
    """Counts the selected codes; offers to export or to forget them."""

    export_requested = Signal()
    cleared = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "selectionBar", self.tr("Selection"))
        self._label = label(figures=True)
        self._export = tool_button(
            "exportSelectionButton",
            self.tr("Export CSV…"),
            self.tr("Save the codes of the selected images as a table."),
            then=self.export_requested,
        )
        clear = tool_button("clearSelectionButton", self.tr("Clear"), self.tr("Select nothing."), then=self._clear)
        row((self._label, 1), self._export, clear, on=self)
        self.hide()

    def text(self) -> str:
        return self._label.text()

    def offer_no_export(self) -> None:
        """Leave out the export, where several models have codes of the selected images."""
        self._export.hide()

    def set_counts(self, count: int, total: int, classes: str) -> None:
        """Tell how many of all codes are selected, and of which classes."""
        text = self.tr("{count} of {total} codes selected").format(count=f"{count:,}", total=f"{total:,}")
        self._label.setText(f"{text} · {classes}" if classes else text)
        self.show()

    def tell_empty(self) -> None:
        """Say that a lasso has caught nothing."""
        self._label.setText(self.tr("No code lies within that lasso."))
        self.show()

    @Slot()
    def _clear(self) -> None:
        self.hide()
        self.cleared.emit()
