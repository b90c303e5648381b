"""The runs of this window, with their settings and last figures; any of them can be shown again."""

import html
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple

from PySide6.QtCore import QModelIndex, Qt, Signal, Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from vae_desktop.catalog import LIKELIHOODS, Likelihood
from vae_desktop.engine.run import Run
from vae_desktop.gui.views.run_tree import BRANCHES, Branch, BranchDelegate, as_tree
from vae_desktop.gui.widgets.controls import action, named, plain
from vae_desktop.gui.widgets.terms import with_terms
from vae_desktop.gui.widgets.theme import tabular
from vae_desktop.language import tr
from vae_desktop.settings import settings_of
from vae_desktop.training.schedule import kl_weight_after
from vae_desktop.variants import changed_settings, changes_in_words

_NONE = "–"
_MOST_VALUES = 4  # of β, that are listed


class _Column(NamedTuple):
    title: str
    text: Callable[[Run], str]
    is_number: bool = False
    tip: str = ""


class RunsTable(QTableWidget):
    """A row per run, the newest first, and forks below their parents; a click shows its model.

    Test loss has columns of its own for each likelihood that occurs: their figures cannot be compared.
    """

    run_chosen = Signal(int)
    removal_requested = Signal(int)
    undo_requested = Signal()  # of the last removal

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        tip = tr(
            "Every model trained or opened since the start. Click one to go back to its latent space; Del takes it "
            "off the list, Ctrl+Z brings it back."
        )
        named(self, "runsTable", tr("Runs"), tip)
        self._selected: tuple[int | None, int] = (None, 0)
        self._columns: list[_Column] = []
        self._listed = set[int]()  # ids of the runs
        self._likelihoods: list[Likelihood] | None = None
        self.setFont(tabular(self.font()))
        # Cells lie under their titles, and the first of these on the left edge of the other tools.
        self.setStyleSheet("QTableView { border: none; } QTableView::item { padding: 0 5px; }")
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setHighlightSections(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)  # the Tab key leaves it
        self.clicked.connect(self._choose)
        self.activated.connect(self._choose)
        keys = QKeySequence.StandardKey
        remove = action(self, "removeRunAction", tr("Remove from the list"), keys=keys.Delete, then=self._remove)
        undo = tr("Undo the removal")
        self._undo = action(self, "undoRemovalAction", undo, keys=keys.Undo, then=self.undo_requested)
        for entry in (remove, self._undo):
            entry.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            self.addAction(entry)
        self.set_can_undo(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.setItemDelegateForColumn(0, BranchDelegate(self))
        self._set_columns([])

    def set_runs(self, runs: Iterable[Run], shown: Run | None) -> None:
        """Show these runs, the one on screen selected."""
        branches = as_tree(runs)
        newest_first = [branch.run for branch in branches]
        self._listed = {run.id for run in newest_first}
        occurring = {run.config.model.likelihood for run in newest_first}
        likelihoods = [entry for name, entry in LIKELIHOODS.items() if name in occurring]
        self._set_columns(likelihoods)
        self.setRowCount(len(newest_first))
        for row, run in enumerate(newest_first):
            for place, column in enumerate(self._columns):
                self._show_cell(row, place, column.text(run), run.id)
            self._show_branch(row, branches[row])
        selected = (None if shown is None else shown.id, len(newest_first))
        if selected != self._selected and shown in newest_first:  # else it would undo where the arrow keys are
            self._selected = selected
            self.selectRow(newest_first.index(shown))

    def set_can_undo(self, can_undo: bool) -> None:
        """Whether a run that was removed can be brought back."""
        self._undo.setEnabled(can_undo)

    def _set_columns(self, likelihoods: list[Likelihood]) -> None:
        if likelihoods == self._likelihoods:
            return
        self._likelihoods, self._selected = likelihoods, (None, 0)
        self.setRowCount(0)  # a cell keeps the alignment of its column
        reached = tr(
            "Weight of the KL divergence, where the model leaves it free; while it warms up, what training has reached "
            "of it. The test total is weighed by all of it. If it was changed while training: its values, in order."
        )
        reached = with_terms(reached, "β", "KL divergence")
        rate = with_terms("", "learning rate")
        kl = tr("KL divergence per image, summed over latent dimensions.")
        kept = tr(
            "What is not saved to a file of yours is kept by the app, also when it closes: File ▸ Open recent lists it."
        )
        self._columns = [
            _Column(tr("Run"), self._number, False, tr("Forks stand below the model that they come from.")),
            _Column(tr("Model"), _model),
            _Column(tr("Data set"), lambda run: run.config.dataset.label),
            _Column(tr("Status"), self._status, False, kept),
            _Column(tr("β"), self._beta, True, reached),
            *(column for likelihood in likelihoods for column in self._loss_columns(likelihood)),
            _Column(tr("KL\nnats"), _kl, True, with_terms(kl, "KL divergence", "nat")),
            _Column(tr("Epochs"), _epochs, True, with_terms("", "epoch")),
            _Column(tr("Architecture"), lambda run: _shown(run.config.model, "architecture")),
            _Column(tr("Hidden"), lambda run: _shown(run.config.model, "hidden")),
            _Column(tr("Learning rate"), lambda run: f"{run.config.training.learning_rate:g}", True, rate),
            _Column(tr("Seed"), lambda run: str(run.config.training.seed), True, with_terms("", "seed")),
        ]
        self.setColumnCount(len(self._columns))
        for place, column in enumerate(self._columns):
            header = QTableWidgetItem(column.title)
            header.setToolTip(column.tip)
            header.setTextAlignment(_alignment(column))
            self.setHorizontalHeaderItem(place, header)

    def _loss_columns(self, likelihood: Likelihood) -> list[_Column]:
        """Total and reconstruction in the unit of a likelihood; a total without reconstruction is in another one."""
        whole_unit = tr(likelihood.unit)
        unit = whole_unit.partition(" / ")[0]  # per image, as every figure here
        tip = with_terms(tr("{what} in {unit}."), "loss", "reconstruction error", "likelihood")

        def text(run: Run, term: str) -> str:
            model, last = run.config.model, run.history.last_evaluation
            is_known = last is not None and model.judged_by is likelihood
            has_term = term == "reconstruction" or model.traits.reconstruction_weight
            return _figure(getattr(last, term) if is_known and has_term else None)

        return [
            _Column(f"{title}\n{unit}", partial(text, term=term), True, tip.format(what=what, unit=whole_unit))
            for term, title, what in (
                ("total", tr("Test total"), tr("Loss on the test images")),
                ("reconstruction", tr("Reconstruction"), tr("Its part that judges the reconstruction")),
            )
        ]

    def _show_cell(self, row: int, column: int, text: str, run_id: int) -> None:
        item = self.item(row, column)
        if item is None:
            item = QTableWidgetItem()
            item.setTextAlignment(_alignment(self._columns[column]))
            self.setItem(row, column, item)
        if item.text() != text:
            item.setText(text)
        item.setData(Qt.ItemDataRole.UserRole, run_id)

    def _show_branch(self, row: int, branch: Branch) -> None:
        """Say at the head of a row what a fork comes from; below its parent by a line that leads to it."""
        item, run = self.item(row, 0), branch.run
        assert item is not None
        item.setData(BRANCHES, branch.levels)
        about = ""
        if run.forked_from is None and run.origin:
            about = tr("The model that it was forked from is not in the list, or no longer as it was.")
        if run.forked_from is not None:
            parent, step = run.forked_from
            about = tr("Forked from #{parent} at step {step}.").format(parent=parent, step=f"{step:,}")
            changes = {} if run.parent_config is None else changed_settings(run.parent_config, run.config)
            if changes and run.parent_config is not None:
                about += f"<br>{changes_in_words(run.parent_config, changes)}"
        if run.followed is not None:
            about = tr("Followed in {folder}.").format(folder=html.escape(run.followed.address))
        item.setToolTip(f"<p>{about}</p>" if about else "")
        item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, plain(about))

    def _number(self, run: Run) -> str:
        """With where it was forked; a parent that is not in the list is named."""
        parent, step = run.forked_from or (None, run.history.forked_at)
        if step is None:
            return f"#{run.id}"
        if parent is None or parent in self._listed:
            return tr("#{id} from step {step}").format(id=run.id, step=f"{step:,}")
        return f"#{run.id} ← #{parent}, {step:,}"

    def _beta(self, run: Run) -> str:
        traits, beta = run.config.model.traits, run.config.training.beta
        if traits.kl_weight is not None:
            return "0" if traits.is_variational and traits.kl_weight == 0 else _NONE
        reached = kl_weight_after(run.config, len(run.history.training), run.steps_per_epoch)
        if reached == beta:
            return _course(run)
        return tr("{reached} of {beta}").format(reached=f"{reached:.2g}", beta=f"{beta:g}")

    def _status(self, run: Run) -> str:
        status = tr(run.status) + ("" if run.is_saved else tr(", not saved"))
        if run.followed is not None and run.followed.in_words:
            status = tr("{status} · {followed}").format(status=status, followed=run.followed.in_words)
        return status if run.moment is None else tr("{status} · newest values").format(status=status)

    @Slot(QModelIndex)
    def _choose(self, index: QModelIndex) -> None:
        self.run_chosen.emit(index.data(Qt.ItemDataRole.UserRole))

    @Slot()
    def _remove(self) -> None:
        index = self.currentIndex()
        if index.isValid():
            self.removal_requested.emit(index.data(Qt.ItemDataRole.UserRole))


def _course(run: Run) -> str:
    """The values that β has had, in order; of many the first and the last ones."""
    values = [change.value for change in run.history.changes if change.name == "beta"]
    earlier = [entry for entry in run.history.evaluations if not values or entry.step <= _first_change(run)]
    if values and earlier:
        values.insert(0, earlier[0].kl_weight(run.config))
    texts = [f"{value:.3g}" for value in values] or [f"{run.config.training.beta:g}"]
    texts = [text for place, text in enumerate(texts) if not place or text != texts[place - 1]]
    if len(texts) > _MOST_VALUES:
        texts = [texts[0], "…", *texts[2 - _MOST_VALUES :]]
    return " → ".join(texts)


def _first_change(run: Run) -> int:
    return next(change.step for change in run.history.changes if change.name == "beta")


def _model(run: Run) -> str:
    return f"{tr(run.config.model.traits.short)} " + tr("{count}-D").format(count=run.config.model.latent_dim)


def _epochs(run: Run) -> str:
    return f"{len(run.history.training) / run.steps_per_epoch:.0f}"


def _kl(run: Run) -> str:
    return _figure(None if run.history.last_evaluation is None else run.history.last_evaluation.kl)


def _shown(config: Any, name: str) -> str:
    """A setting's value as the form shows it."""
    entry, value = next((entry, value) for field, entry, value in settings_of(config) if field == name)
    labels = {choice.name: choice.label for choice in entry.choices}
    return tr(labels[value] if value in labels else entry.format(value))


def _figure(value: float | None) -> str:
    return _NONE if value is None else f"{value:.2f}"


def _alignment(column: _Column) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column.is_number else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
