"""The figures of models side by side, each plainly better or worse where that can be said."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QProgressBar,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from vae_desktop.gui.widgets.choice_box import translated
from vae_desktop.gui.widgets.elided_label import ElidedLabel
from vae_desktop.gui.widgets.theme import LIGHT, MODEL_COLOURS, SPACING, Theme, small_font, tabular
from vae_desktop.latent.comparison import Cell, Row

_MARKS = {"best": " ✓", "worst": " ✗", "": "\u2007\u2007"}


class ComparisonTable(QWidget):
    """A row for each figure, a column for each model."""

    measure_requested = Signal()
    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = LIGHT
        self._rows: list[Row] = []
        self._titles: list[str] = []
        self._table = QTableWidget()
        self._table.setObjectName("comparisonTable")
        self._table.setAccessibleName(self.tr("Figures of all models"))
        self._table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self._table.setTabKeyNavigation(False)  # the Tab key leaves it
        self._table.setShowGrid(False)
        self._table.verticalHeader().hide()
        self._table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + SPACING // 2)
        self._table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self._table.setFont(tabular(small_font(self.font())))
        self._note = ElidedLabel()
        self._note.setProperty("role", "muted")
        self._note.setFont(small_font(self.font()))
        self._bar = QProgressBar(textVisible=False, maximum=1000)
        self._bar.setFixedWidth(100)
        self._bar.setAccessibleName(self.tr("Progress of the measurement"))
        self._measure = QPushButton(self.tr("Measure all"))
        self._measure.setObjectName("measureAllButton")
        tip = self.tr("Measure neighbours and drawn images of every model, in the background, one after the other.")
        self._measure.setToolTip(f"<p>{tip}</p>")
        self._cancel = QPushButton(self.tr("Cancel"))
        self._cancel.setObjectName("cancelMeasuringAllButton")
        top = QHBoxLayout()
        top.setSpacing(SPACING)
        top.addWidget(self._note, 1)
        for part in (self._bar, self._cancel, self._measure):
            top.addWidget(part)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING // 2)
        layout.addLayout(top)
        layout.addWidget(self._table, 1)
        self._measure.clicked.connect(self.measure_requested)
        self._cancel.clicked.connect(self.cancel_requested)
        self.set_note("")
        self.end_progress()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._lay_out_rows(self._titles, self._rows)

    def set_rows(self, titles: Sequence[str], rows: Sequence[Row]) -> None:
        """Show the figures of models of these names."""
        shown = [(row.label, row.unit, row.heading) for row in self._rows]
        if list(titles) != self._titles or [(row.label, row.unit, row.heading) for row in rows] != shown:
            self._lay_out_rows(titles, rows)
        else:  # only what has changed: this happens often while training
            lines = [(place, line) for place, line in enumerate(_lines(rows)) if isinstance(line, Row)]
            for (place, line), before in zip(lines, self._rows, strict=True):
                for column, (cell, old) in enumerate(zip(line.cells, before.cells, strict=True), 1):
                    if cell != old:
                        self._table.setItem(place, column, self._item(cell))
        self._titles, self._rows = list(titles), list(rows)

    def _lay_out_rows(self, titles: Sequence[str], rows: Sequence[Row]) -> None:
        self._table.clear()
        self._table.clearSpans()
        lines = _lines(rows)
        self._table.setColumnCount(1 + len(titles))
        self._table.setRowCount(len(lines))
        for column, title in enumerate(("", *titles)):
            head = QTableWidgetItem(title)
            head.setTextAlignment(_RIGHT if column else _LEFT)
            if column:
                head.setForeground(QColor(MODEL_COLOURS[column - 1]))
            self._table.setHorizontalHeaderItem(column, head)
        self._table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        for place, line in enumerate(lines):
            if isinstance(line, str):
                heading = QTableWidgetItem(line)
                heading.setForeground(QColor(self._theme.muted))
                self._table.setItem(place, 0, heading)
                self._table.setSpan(place, 0, 1, 1 + len(titles))
                continue
            label = QTableWidgetItem(_label(line))
            label.setToolTip(_tip(line))
            self._table.setItem(place, 0, label)
            for column, cell in enumerate(line.cells, 1):
                self._table.setItem(place, column, self._item(cell))

    def set_note(self, text: str) -> None:
        """Say of which step the measured figures are."""
        legend = self.tr("✓ best, ✗ worst of those that can be compared")
        self._note.set_text(f"{legend} · {text}" if text else legend)

    def show_progress(self, title: str, done: int, total: int) -> None:
        """Show how far a measurement is."""
        self._bar.setToolTip(title)
        self._bar.setValue(round(1000 * done / max(total, 1)))
        for part in (self._bar, self._cancel):
            part.show()
        self._measure.hide()

    def end_progress(self) -> None:
        for part in (self._bar, self._cancel):
            part.hide()
        self._measure.show()

    def _item(self, cell: Cell) -> QTableWidgetItem:
        item = QTableWidgetItem(cell.text + _MARKS[cell.rank])
        item.setTextAlignment(_RIGHT)
        if cell.rank == "best":
            font = self._table.font()
            font.setBold(True)
            item.setFont(font)
        elif cell.rank == "worst":
            item.setForeground(QColor(self._theme.error))
        return item


_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


def _lines(rows: Sequence[Row]) -> list[str | Row]:
    """The rows, with a heading before each group."""
    lines: list[str | Row] = []
    heading = ""
    for row in rows:
        if row.heading != heading:
            heading = row.heading
            lines.append(translated("Drawn images: {way}").format(way=translated(heading)))
        lines.append(row)
    return lines


def _label(row: Row) -> str:
    label = translated(row.label)
    return f"{label} ({translated(row.unit)})" if row.unit else label


def _tip(row: Row) -> str:
    better = {"lower": "Lower is better.", "higher": "Higher is better.", "": "Neither way is better in itself."}
    return f"<p>{translated(row.measure.definition)} {translated(better[row.measure.better])}</p>"
