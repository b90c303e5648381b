"""The figures of models side by side, each plainly better or worse where that can be said."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from vae_desktop.gui.widgets.click_guard import ClickGuard
from vae_desktop.gui.widgets.controls import column, named, progress_bar, push_button, row, styled, toggle
from vae_desktop.gui.widgets.labels import ElidedLabel
from vae_desktop.gui.widgets.theme import MODEL_COLOURS, SPACING
from vae_desktop.language import sentences, tr
from vae_desktop.latent.comparison import Cell, ComparedRow
from vae_desktop.latent.verdict import QUESTION

_LEAST = 84  # px, of a column: a short name and figures with their marks are whole
_MARKS = {"best": " ✓", "worst": " ✗", "": "\u2007\u2007"}


class ComparisonTable(QWidget):
    """A row for each figure, a column for each model."""

    measure_requested = Signal()
    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[ComparedRow] = []
        self._titles: list[str] = []
        self._lines: list[str | ComparedRow] = []
        self._table = styled(QTableWidget(), size="small", figures=True)
        named(self._table, "comparisonTable", tr("Figures of all models"))
        self._table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self._table.setTabKeyNavigation(False)  # the Tab key leaves it
        self._table.setShowGrid(False)
        self._table.verticalHeader().hide()
        self._table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + SPACING // 2)
        self._note = styled(ElidedLabel(), "muted", "small")
        self._note.setObjectName("comparisonNote")
        self._bar = progress_bar(tr("Progress of the measurement"), 100)
        self._cancel = push_button("cancelMeasuringAllButton", tr("Cancel"), then=self.cancel_requested)
        tip = tr("Measure neighbours and drawn images of every model, in the background, one after the other.")
        self._measure = push_button("measureAllButton", tr("Measure all"), tip, then=self.measure_requested)
        tip = tr("Neighbours in the latent space too, and images drawn in other ways than from N(0, I).")
        self._all = toggle("allFiguresButton", tr("Show all figures"), tip, then=self._show_details)
        self._guard = ClickGuard(self._cancel, self._measure)  # one takes the place of the other
        top = row(self._all, (self._note, 1), self._bar, self._cancel, self._measure)
        column(top, (self._table, 1), spacing=SPACING // 2, on=self)
        self.set_note("")
        self.end_progress()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._rows:
            titles, rows, self._titles = self._titles, self._rows, []
            self.set_rows(titles, rows)

    def set_rows(self, titles: Sequence[str], rows: Sequence[ComparedRow]) -> None:
        """Show the figures of models of these names."""
        lines, before = _lines(rows), _lines(self._rows)
        self._lines = lines
        if list(titles) != self._titles or list(map(_label, lines)) != list(map(_label, before)):
            self._lay_out(titles, lines)
        for number, line in enumerate(lines):
            for position, cell in enumerate(line.cells if isinstance(line, ComparedRow) else (), 1):
                self._table.setItem(number, position, self._item(cell))
        self._titles, self._rows = list(titles), list(rows)
        self._show_details()

    @Slot()
    def _show_details(self) -> None:
        """Show or fold what is not looked at first."""
        for number, line in enumerate(self._lines):
            is_detail = not isinstance(line, ComparedRow) or line.is_detail
            self._table.setRowHidden(number, is_detail and not self._all.isChecked())
        self._table.resizeRowToContents(0)

    def _lay_out(self, titles: Sequence[str], lines: Sequence[str | ComparedRow]) -> None:
        """Write headings and the names of the figures."""
        self._table.clear()
        self._table.clearSpans()
        self._table.setColumnCount(1 + len(titles))
        self._table.setRowCount(len(lines))
        for position, title in enumerate(("", *titles)):
            head = QTableWidgetItem(title)
            head.setTextAlignment(_RIGHT if position else _LEFT)
            if position:
                head.setForeground(QColor(MODEL_COLOURS[position - 1]))
            self._table.setHorizontalHeaderItem(position, head)
        header = self._table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(_LEAST)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        labels = [_label(line) for line in lines if isinstance(line, ComparedRow) and line.measure is not QUESTION]
        header.resizeSection(0, max(map(self._table.fontMetrics().horizontalAdvance, labels), default=0) + 2 * SPACING)
        for number, line in enumerate(lines):
            item = QTableWidgetItem(_label(line))
            self._table.setItem(number, 0, item)
            if isinstance(line, ComparedRow):
                item.setToolTip(_tip(line))
            else:
                item.setForeground(self.palette().placeholderText())
                self._table.setSpan(number, 0, 1, 1 + len(titles))

    def set_note(self, text: str) -> None:
        """Say of which step the measured figures are."""
        legend = tr("✓ best, ✗ worst")
        self._note.set_text(f"{legend} · {text}" if text else legend)

    def show_progress(self, title: str, done: int, total: int) -> None:
        """Show how far a measurement is."""
        self._bar.setToolTip(title)
        self._bar.setValue(round(1000 * done / max(total, 1)))
        if self._cancel.isHidden():
            self._guard.restart()
        for part in (self._bar, self._cancel):
            part.show()
        self._measure.hide()

    def end_progress(self) -> None:
        self._guard.restart()
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
            item.setForeground(self.palette().brightText())
        return item


_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


def _lines(rows: Sequence[ComparedRow]) -> list[str | ComparedRow]:
    """The rows, with a heading before each group."""
    lines: list[str | ComparedRow] = []
    heading = ""
    for entry in rows:
        if entry.heading != heading:
            heading = entry.heading
            lines.append(tr("Drawn images: {way}").format(way=tr(heading)))
        lines.append(entry)
    return lines


def _label(line: str | ComparedRow) -> str:
    if isinstance(line, str):
        return line
    label = tr(line.label)
    return f"{label} ({tr(line.unit)})" if line.unit else label


def _tip(row: ComparedRow) -> str:
    better = {"lower": "Lower is better.", "higher": "Higher is better.", "": "Neither way is better in itself."}
    return f"<p>{sentences(tr(row.measure.definition), tr(better[row.measure.better]))}</p>"
