"""Columns side by side: their heads stay in sight while the columns under them scroll."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import QScrollArea, QWidget

from vae_desktop.gui.views.comparison.column import ComparisonColumn
from vae_desktop.gui.widgets.controls import column, row
from vae_desktop.gui.widgets.theme import SPACING


class ColumnsArea(QScrollArea):
    """Scrolls heads and columns from side to side where they are wider, and the columns alone up and down."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, widgetResizable=True)
        self._shown: Sequence[ComparisonColumn] = ()
        heads, inner, body = QWidget(), QWidget(), QWidget()
        self._heads, self._columns = row(on=heads), row(on=inner)
        self._scrolled = _Upright(inner)
        self._scrolled.setAccessibleName(name)
        self._scrolled.verticalScrollBar().rangeChanged.connect(self._make_room)
        column(heads, (self._scrolled, 1), spacing=SPACING // 2, on=body)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it scrolls into sight
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(body)

    def set_columns(self, columns: Sequence[ComparisonColumn]) -> None:
        """Show these from their beginning, and let go of those before."""
        for before in self._shown:
            for layout, part in ((self._heads, before.head), (self._columns, before)):
                layout.removeWidget(part)
                part.setParent(None)
                part.deleteLater()
        self._shown = columns
        for shown in columns:
            self._heads.addWidget(shown.head, 1)
            self._columns.addWidget(shown, 1)
        for bar in (self.horizontalScrollBar(), self._scrolled.verticalScrollBar()):
            bar.setValue(0)

    @Slot(int, int)
    def _make_room(self, _: int, most: int) -> None:
        """Keep each head over its column where a scroll bar stands beside the columns."""
        width = self._scrolled.verticalScrollBar().sizeHint().width() if most else 0
        self._heads.setContentsMargins(0, 0, width, 0)


class _Upright(QScrollArea):
    """Scrolls up and down only, and is never narrower than what is in it."""

    def __init__(self, inner: QWidget) -> None:
        super().__init__(widgetResizable=True)
        self._inner = inner
        self.setWidget(inner)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it scrolls into sight
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def minimumSizeHint(self) -> QSize:
        wide = self._inner.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        return QSize(wide, super().minimumSizeHint().height())
