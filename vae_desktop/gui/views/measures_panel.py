"""What is measured of the model on screen: figures with their definitions, filled in as they become known."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHeaderView, QStackedLayout, QTreeWidget, QTreeWidgetItem, QWidget

from vae_desktop.config import RunConfig
from vae_desktop.gui.widgets.controls import check_box, column, label, named, progress_bar, push_button, row
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.language import sentences, tr
from vae_desktop.latent.measures import QUICK, Extent, Measure
from vae_desktop.latent.table import Row, groups_of

_STEP = 2  # the column


class MeasuresPanel(QWidget):
    """Asks for measurements and shows them; a row's tooltip says what the figure is and where it comes from."""

    measure_requested = Signal(object)  # Extent
    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("measuresPanel")
        tip = tr("Measure the latent space on screen, as it is shown, on its test images, in the background.")
        self._measure = push_button("measureButton", tr("Measure"), tip, "Ctrl+M", then=self._request)
        left_out = tr("Leave out what takes longest: the importance-weighted bound and the sampling measures.")
        self._quick = check_box("quickMeasuresCheck", tr("Quick"), left_out)
        self._note = label(role="muted", size="small", figures=True)
        self._bar = progress_bar(tr("Progress of the measurement"), width=160)
        tip = tr("End the measurement; what is known by now stays.")
        self._cancel = push_button("cancelMeasuringButton", tr("Cancel"), tip, then=self.cancel_requested)
        hint = tr(
            "How good is this latent space? Press Measure: loss and bound, KL by dimension, active units, "
            "neighbours, and what is drawn from it."
        )
        self._tree = self._make_tree()
        body = QWidget()
        self._stack = QStackedLayout(body)
        self._stack.addWidget(label(hint, "muted", wraps=True, align=Qt.AlignmentFlag.AlignCenter))
        self._stack.addWidget(self._tree)
        top = row(self._measure, self._quick, self._note, 0, self._bar, self._cancel)
        column(top, (body, 1), spacing=SPACING // 2, margins=(SPACING, 0, SPACING, SPACING), on=self)
        self._about = ""
        self._rows: list[tuple[str, Row, int]] = []  # each with its heading and its step
        self._is_past = False
        self._measured_step = self._step = -1
        self.set_can_measure(False)
        self.end_progress()

    def set_can_measure(self, can_measure: bool) -> None:
        """Measuring needs a model on screen."""
        self._can_measure = can_measure
        self._measure.setEnabled(can_measure and self._bar.isHidden())

    def set_figures(
        self, config: RunConfig, values: Mapping[str, Any], steps: Mapping[str, int], past: int | None = None
    ) -> None:
        """Show the figures known of a model, each found after so many steps.

        Parameters
        ----------
        past : int, optional
            The earlier step that the model is shown at: the figures are those that were known then, each with its step.
        """
        groups = groups_of(values, config)
        rows = [(heading, row, steps[row.key]) for heading, found in groups.items() for row in found]
        if rows != self._rows:
            self._rows = rows
            self._fill(groups, steps)
        self._is_past = past is not None
        self._tree.setColumnHidden(_STEP, not self._is_past)
        self._stack.setCurrentIndex(1 if rows else 0)
        last = max(steps.values(), default=-1)
        step, about = last if past is None else past, tr("Measured after step {last}, on {data}.")
        if step != last:
            about = tr("As known at step {step}, on {data}: last measured at step {last}.")
        self._about = about.format(step=f"{step:,}", last=f"{last:,}", data=config.dataset.label) if rows else ""
        self._measured_step = self._step = step
        self._show_about()

    def set_current_step(self, step: int) -> None:
        """Say whether the model on screen has been trained further since it was measured."""
        if step != self._step:
            self._step = step
            self._show_about()

    def _fill(self, groups: Mapping[str, Sequence[Row]], steps: Mapping[str, int]) -> None:
        self._tree.clear()
        for heading, rows in groups.items():
            group = QTreeWidgetItem([tr(heading)])
            font = self.font()
            font.setBold(True)
            group.setFont(0, font)
            self._tree.addTopLevelItem(group)
            group.setFirstColumnSpanned(True)
            group.addChildren([_item(row, steps[row.key]) for row in rows])
        self._tree.expandAll()

    def _show_about(self) -> None:
        """Say what the figures are of, unless a measurement is on its way."""
        if self._bar.isHidden():
            is_behind = bool(self._about) and self._step > self._measured_step
            self._note.setText(sentences(self._about, tr("It has been trained further since.") if is_behind else ""))

    def show_progress(self, title: str, done: int, total: int) -> None:
        """Show how far the measurement of a model is."""
        self._note.setText(tr("Measuring {title}").format(title=title))
        self._bar.setValue(round(1000 * done / max(total, 1)))
        for part in (self._bar, self._cancel):
            part.show()
        self._measure.setEnabled(False)

    def end_progress(self) -> None:
        """The measurement is over, or was cancelled."""
        for part in (self._bar, self._cancel):
            part.hide()
        self._show_about()
        self._measure.setEnabled(self._can_measure)

    def _make_tree(self) -> QTreeWidget:
        tree = named(QTreeWidget(), "measuresTree", tr("Measures"))
        tree.setHeaderLabels([tr("Measures"), tr("Value"), tr("Step")])
        tree.setColumnHidden(_STEP, True)
        tree.setRootIsDecorated(False)
        tree.setIndentation(SPACING)
        tree.setUniformRowHeights(True)
        tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = tree.header()
        header.moveSection(_STEP, 1)  # before the values, which are as long as they are
        for place in (0, _STEP):
            header.setSectionResizeMode(place, QHeaderView.ResizeMode.ResizeToContents)
        return tree

    @Slot()
    def _request(self) -> None:
        self.measure_requested.emit(QUICK if self._quick.isChecked() else Extent())


def _item(row: Row, step: int) -> QTreeWidgetItem:
    item = QTreeWidgetItem([tr(row.label), row.text, f"{step:,}"])
    for place in range(2):
        item.setToolTip(place, "".join(_paragraph(entry) for entry in row.measures))
    return item


def _paragraph(entry: Measure) -> str:
    source = f"<br><i>{entry.source}</i>" if entry.source else ""
    return f"<p><b>{tr(entry.label)}</b>: {tr(entry.definition)}{source}</p>"
