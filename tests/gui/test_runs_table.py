"""The table of runs: what each one is, and no two units in one column."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from vae_desktop.config import DatasetConfig, ModelConfig, RunConfig, TrainingConfig
from vae_desktop.engine.run import Run
from vae_desktop.gui.views.run_tree import BRANCHES
from vae_desktop.gui.views.runs_table import RunsTable
from vae_desktop.training.history import Change, Evaluation


@pytest.fixture
def table(qtbot) -> RunsTable:
    view = RunsTable()
    qtbot.addWidget(view)
    view.resize(900, 250)
    with qtbot.waitExposed(view):
        view.show()
    return view


def run(number: int, total: float, reconstruction: float, kl: float | None, beta: float = 1.0, **model) -> Run:
    config = RunConfig(DatasetConfig("fashion-mnist"), ModelConfig(**model), TrainingConfig(beta=beta))
    result = Run(number, config, (1, 28, 28), (), "finished")
    result.history.append(np.zeros((20, 3)))
    result.history.evaluations = [Evaluation(20, total, reconstruction, kl, None if kl is None else (kl,))]
    result.steps_per_epoch = 10
    return result


def titles(table: RunsTable) -> list[str]:
    return [table.horizontalHeaderItem(column).text() for column in range(table.columnCount())]


def row(table: RunsTable, number: int) -> dict[str, str]:
    """The cells of a run by the titles of their columns."""
    (place,) = (place for place in range(table.rowCount()) if table.item(place, 0).text() == f"#{number}")
    return {title: table.item(place, column).text() for column, title in enumerate(titles(table))}


def test_each_likelihood_that_occurs_has_columns_of_its_own(table) -> None:
    runs = [
        run(1, 30.0, 25.0, 5.0),
        run(2, 90.0, 80.0, 10.0, likelihood="bernoulli"),
        run(3, -900.0, -907.0, 7.0, likelihood="gaussian-calibrated"),
    ]
    table.set_runs(runs[:1], runs[0])
    assert [title for title in titles(table) if "Test total" in title] == ["Test total\nsq. error"]
    table.set_runs(runs, runs[0])
    units = ("sq. error", "nats (Bernoulli)", "nats (Gaussian)")
    figures = {1: ("30.00", "25.00"), 2: ("90.00", "80.00"), 3: ("-900.00", "-907.00")}
    for number, own in zip(figures, units, strict=True):
        cells = row(table, number)
        for unit in units:
            expected = figures[number] if unit == own else ("–", "–")
            assert (cells[f"Test total\n{unit}"], cells[f"Reconstruction\n{unit}"]) == expected
    assert [row(table, number)["KL\nnats"] for number in figures] == ["5.00", "10.00", "7.00"]
    table.set_runs(runs[1:2], runs[1])
    assert [title for title in titles(table) if "Test total" in title] == ["Test total\nnats (Bernoulli)"]


def test_the_total_of_kl_alone_is_in_no_column_of_a_likelihood(table) -> None:
    alone = run(1, 0.5, 52.0, 0.5, kind="kl-only")
    table.set_runs([alone], alone)
    cells = row(table, 1)
    assert cells["Test total\nsq. error"] == "–"
    assert cells["Reconstruction\nsq. error"] == "52.00"
    assert cells["KL\nnats"] == "0.50"


@pytest.mark.parametrize(
    ("kind", "short", "beta"),
    [
        ("vae", "VAE", "4"),
        ("ae", "AE", "–"),
        ("denoising-ae", "Denoising AE", "–"),
        ("vae-no-kl", "VAE without KL", "0"),
        ("kl-only", "KL only", "–"),
    ],
)
def test_a_row_says_which_model_it_is_and_beta_where_it_is_free(table, kind, short, beta) -> None:
    only = run(1, 30.0, 25.0, None, beta=4.0, kind=kind, latent_dim=7)
    table.set_runs([only], only)
    assert row(table, 1)["Model"] == f"{short} 7-D"
    assert row(table, 1)["β"] == beta
    assert row(table, 1)["KL\nnats"] == "–"


def test_a_row_says_how_the_model_is_built_and_from_what(table) -> None:
    runs = [run(1, 1.0, 1.0, None), run(2, 1.0, 1.0, None, architecture="convolutional", hidden=(400, 256))]
    table.set_runs(runs, runs[0])
    assert (row(table, 1)["Architecture"], row(table, 1)["Hidden"]) == ("Fully connected", "auto")
    assert (row(table, 2)["Architecture"], row(table, 2)["Hidden"]) == ("Convolutional", "400 256")
    assert row(table, 1)["Data set"] == "Fashion-MNIST"
    assert row(table, 1)["Epochs"] == "2"


def test_a_run_that_was_not_judged_yet_has_no_figures(table) -> None:
    fresh = run(1, 1.0, 1.0, 1.0)
    fresh.history.evaluations = []
    table.set_runs([fresh], fresh)
    cells = row(table, 1)
    assert [cells[title] for title in cells if "\n" in title] == ["–", "–", "–"]


def heads(table: RunsTable) -> list[str]:
    """The first cell of each row, indented as it is drawn."""
    items = [table.item(place, 0) for place in range(table.rowCount())]
    return ["  " * len(item.data(BRANCHES)) + item.text() for item in items]


def test_forks_stand_below_their_parents(table, qtbot) -> None:
    runs = [run(number, 30.0, 25.0, 5.0, beta=float(number)) for number in range(1, 7)]
    for fork, parent, step in ((3, 1, 10), (5, 1, 20), (6, 3, 1240)):
        runs[fork - 1].forked_from = parent, step
        runs[fork - 1].parent_config = runs[parent - 1].config
    table.set_runs(runs, runs[5])
    assert heads(table) == ["#1", "  #3 from step 10", "    #6 from step 1,240", "  #5 from step 20", "#4", "#2"]
    assert table.currentRow() == 2
    assert "Forked from #3 at step 1,240." in table.item(2, 0).toolTip()
    assert "β 6 instead of 3" in table.item(2, 0).toolTip()
    with qtbot.waitSignal(table.run_chosen) as chosen:
        qtbot.keyClick(table, Qt.Key.Key_Down)
        qtbot.keyClick(table, Qt.Key.Key_Return)
    assert chosen.args == [5]
    del runs[0]  # a parent that is gone
    table.set_runs(runs, runs[4])
    assert heads(table) == ["#3 ← #1, 10", "  #6 from step 1,240", "#5 ← #1, 20", "#4", "#2"]


def test_a_click_chooses_the_run_also_after_columns_came_between(table, qtbot) -> None:
    runs = [run(4, 1.0, 1.0, 1.0), run(9, 1.0, 1.0, 1.0, likelihood="bernoulli")]
    table.set_runs(runs[:1], runs[0])
    table.set_runs(runs, runs[0])
    last = table.columnCount() - 1
    for place, number in ((0, 9), (1, 4)):
        for column in (0, last):
            table.scrollToItem(table.item(place, column))
            where = table.visualItemRect(table.item(place, column)).center()
            with qtbot.waitSignal(table.run_chosen) as chosen:
                qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=where)
            assert chosen.args == [number]


def test_the_keyboard_chooses_a_run(table, qtbot) -> None:
    runs = [run(4, 1.0, 1.0, 1.0), run(9, 1.0, 1.0, 1.0)]
    table.set_runs(runs, runs[1])
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_Down)
    with qtbot.waitSignal(table.run_chosen) as chosen:
        qtbot.keyClick(table, Qt.Key.Key_Return)
    assert chosen.args == [4]


def test_beta_is_what_training_has_reached_of_it(table):
    warming, done = (run(number, 40.0, 30.0, 5.0, beta=4.0) for number in (1, 2))
    for entry, epochs in ((warming, 5.0), (done, 2.0)):
        entry.config = entry.config.with_settings(beta_warm_up=epochs)
    table.set_runs([warming, done], None)
    assert (row(table, 1)["β"], row(table, 2)["β"]) == ("1.6 of 4", "4")


def test_a_beta_that_was_changed_is_listed_with_its_course(table) -> None:
    changed = run(1, 30.0, 20.0, 10.0)
    changed.history.evaluations = [Evaluation(10, 26.0, 25.0, 0.5, (0.5,)), Evaluation(20, 30.0, 20.0, 10.0, (10.0,))]
    changed.history.changes = [Change(12, "beta", 0.0), Change(14, "learning_rate", 0.1), Change(15, "beta", 20.0)]
    changed.history.changes.append(Change(18, "beta", 1.0))
    table.set_runs([changed], changed)
    assert row(table, 1)["β"] == "2 → 0 → 20 → 1"
    changed.history.changes += [Change(19, "beta", 3.0), Change(19, "beta", 4.0)]
    table.set_runs([changed], changed)
    assert row(table, 1)["β"] == "2 → … → 3 → 4"


def test_what_is_not_saved_stands_in_sight(table) -> None:
    likelihoods = ("squared-error", "bernoulli", "gaussian-calibrated")
    runs = [run(number, 30.0, 25.0, 5.0, likelihood=name) for number, name in enumerate(likelihoods, 1)]
    table.resize(700, 200)
    table.set_runs(runs, runs[0])
    place = titles(table).index("Status")
    right = table.columnViewportPosition(place) + table.columnWidth(place)
    assert right < table.viewport().width()
    assert table.columnWidth(place) >= table.sizeHintForColumn(place)
