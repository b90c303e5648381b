"""What the lasso has caught, and what can be done with it."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from vae_desktop.gui.widgets.theme import SPACING, tabular


class SelectionBar(QWidget):
    """Counts the selected codes; offers to export or to forget them."""

    export_requested = Signal()
    cleared = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("selectionBar")
        self.setAccessibleName(self.tr("Selection"))
        self._label = QLabel()
        self._label.setFont(tabular(self.font()))
        export = QToolButton(text=self.tr("Export CSV…"))
        export.setObjectName("exportSelectionButton")
        export.setToolTip(self.tr("Save the codes of the selected images as a table."))
        clear = QToolButton(text=self.tr("Clear"))
        clear.setObjectName("clearSelectionButton")
        clear.setToolTip(self.tr("Select nothing."))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING)
        layout.addWidget(self._label, 1)
        layout.addWidget(export)
        layout.addWidget(clear)
        export.clicked.connect(self.export_requested)
        clear.clicked.connect(self._clear)
        self.hide()

    def text(self) -> str:
        return self._label.text()

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
