"""The runs of this session, with their settings and last figures; any of them can be shown again."""

from collections.abc import Iterable

from PySide6.QtCore import QModelIndex, Qt, Signal, Slot
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from vae_desktop.config import DATASETS
from vae_desktop.engine.run import Run


class RunsTable(QTableWidget):
    """A row per run, the newest first; a click shows its model."""

    run_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runsTable")
        self.setAccessibleName(self.tr("Runs"))
        self.setToolTip(
            self.tr("Every model trained or opened since the start. Click one to go back to its latent space.")
        )
        self._selected: tuple[int | None, int] = (None, 0)
        self._titles = [
            self.tr("Run"),
            self.tr("Model"),
            self.tr("Data set"),
            self.tr("Hidden"),
            self.tr("β"),
            self.tr("Learning rate"),
            self.tr("Seed"),
            self.tr("Epochs"),
            self.tr("Test total"),
            self.tr("Reconstruction"),
            self.tr("KL"),
            self.tr("Status"),
        ]
        self.setColumnCount(len(self._titles))
        self.setHorizontalHeaderLabels(self._titles)
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setStretchLastSection(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.clicked.connect(self._choose)
        self.activated.connect(self._choose)

    def set_runs(self, runs: Iterable[Run], shown: Run | None) -> None:
        """Show these runs, the one on screen selected."""
        newest_first = list(runs)[::-1]
        self.setRowCount(len(newest_first))
        for row, run in enumerate(newest_first):
            for column, text in enumerate(self._cells(run)):
                item = self.item(row, column)
                if item is None:
                    item = QTableWidgetItem()
                    self.setItem(row, column, item)
                if item.text() != text:
                    item.setText(text)
                item.setData(Qt.ItemDataRole.UserRole, run.id)
        selected = (None if shown is None else shown.id, len(newest_first))
        if selected != self._selected and shown in newest_first:  # else it would undo where the arrow keys are
            self._selected = selected
            self.selectRow(newest_first.index(shown))

    def _cells(self, run: Run) -> list[str]:
        config, last = run.config, run.history.last_evaluation
        figures = (None, None, None) if last is None else (last.total, last.reconstruction, last.kl)
        saved = "" if run.is_saved else self.tr(" (not saved)")
        return [
            f"#{run.id}",
            f"{config.model.kind.upper()} {config.model.latent_dim}-D",
            DATASETS[config.dataset.name].label,
            " ".join(map(str, config.model.hidden)),
            "–" if config.model.kind == "ae" else f"{config.training.beta:g}",
            f"{config.training.learning_rate:g}",
            str(config.training.seed),
            f"{len(run.history.training) / run.steps_per_epoch:.0f}",
            *("–" if figure is None else f"{figure:.2f}" for figure in figures),
            self._status(run.status) + saved,
        ]

    def _status(self, status: str) -> str:
        return {
            "training": self.tr("training"),
            "paused": self.tr("paused"),
            "finished": self.tr("finished"),
            "stopped": self.tr("stopped"),
            "diverged": self.tr("diverged"),
            "failed": self.tr("failed"),
            "opened": self.tr("opened"),
        }[status]

    @Slot(QModelIndex)
    def _choose(self, index: QModelIndex) -> None:
        self.run_chosen.emit(index.data(Qt.ItemDataRole.UserRole))
