"""The keyboard: the focus is where it can be seen, leaves wherever it comes, and what a key removed comes back."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QImage, QKeySequence
from PySide6.QtWidgets import QAbstractScrollArea, QDockWidget, QTabBar, QToolButton, QWidget

from vae_desktop.engine.messages import Message


def focused(driver) -> QWidget:
    return driver.window.focusWidget()


def is_seen(widget: QWidget) -> bool:
    """Whether any part of it is on screen; of a plot or list, what shows its contents."""
    shown = widget.viewport() if isinstance(widget, QAbstractScrollArea) else widget
    return not shown.visibleRegion().isEmpty()


def round_trip(driver, key: Qt.Key, most: int = 150) -> list[QWidget]:
    """Where a key leads until it is back where it began."""
    start = focused(driver)
    stops = []
    for _ in range(most):
        driver.qtbot.keyClick(focused(driver), key)
        stops.append(focused(driver))
        if focused(driver) is start:
            return stops
    names = [f"{type(stop).__name__} {stop.objectName()}" for stop in stops[-3:]]
    raise AssertionError(f"{key} leads nowhere but to {names}")


def dock_tabs(driver) -> QTabBar:
    return next(tabs for tabs in driver.window.findChildren(QTabBar) if tabs.count() > 5)


def bring_up(driver, dock: str) -> QDockWidget:
    result = driver.find(dock)
    result.show()
    result.raise_()
    driver.wait(lambda: not result.visibleRegion().isEmpty())
    return result


@pytest.fixture(scope="module")
def _trained_once(_shared_driver):
    for latent_dim in ("2", "3", "2"):
        _shared_driver.train_to_the_end(epochs="1", latentDim=latent_dim)


@pytest.fixture
def looked_at(shared_driver, _trained_once):
    """Three models and more in the playground of a window that tests share, with nothing to say."""
    shared_driver.window.show_workspace("playground")
    shared_driver.window.setup.show_face("setup")
    shared_driver.window.banner.dismiss()
    return shared_driver


DOCKS = [
    "learningCurvesDock", "runsDock", "measuresDock", "imagesDock", "samplesDock",
    "wordsDock", "pathDock", "drawingDock", "denoisingDock"
]  # fmt: skip


def picture_of(widget: QWidget) -> bytes:
    return widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32).constBits().tobytes()


def looks_otherwise(driver, stop: QWidget) -> bool:
    """Whether a widget with the focus can be told from the same without."""
    stop.setFocus(Qt.FocusReason.TabFocusReason)
    driver.wait(stop.hasFocus)
    focused_picture = picture_of(stop)
    stop.clearFocus()
    return picture_of(stop) != focused_picture


def names_of(stops) -> list[object]:
    return [stop.objectName() or type(stop) for stop in stops]


def test_tab_goes_round_whatever_can_be_seen_and_what_has_the_focus_looks_otherwise(looked_at) -> None:
    driver, looked = looked_at, set()
    for dock in DOCKS:
        bring_up(driver, dock)
        driver.find("betaField").setFocus()
        there = round_trip(driver, Qt.Key.Key_Tab)
        back = round_trip(driver, Qt.Key.Key_Backtab)
        assert names_of(stop for stop in (*there, *back) if not is_seen(stop)) == []
        assert there[:-1] == back[-2::-1]
        assert any(driver.find(dock).isAncestorOf(stop) for stop in there), dock
        others = [stop for stop in there if stop not in looked]  # most are there whatever tool is in front
        assert names_of(stop for stop in others if not looks_otherwise(driver, stop)) == []
        looked.update(others)
    driver.window.show_workspace("comparison")
    driver.find("betaField").setFocus()
    assert names_of(stop for stop in round_trip(driver, Qt.Key.Key_Tab) if not is_seen(stop)) == []


def test_what_has_the_focus_in_a_fold_looks_otherwise(looked_at) -> None:
    driver = looked_at
    folds = [driver.find(f"{fold}FoldButton") for fold in ("architecture", "optimisation", "reproducibility")]
    for fold in folds:
        fold.setChecked(True)
    driver.find("betaField").setFocus()
    stops = round_trip(driver, Qt.Key.Key_Tab)
    assert {driver.find(f"{name}Field") for name in ("hidden", "epochs", "seed")} <= set(stops)
    assert names_of(stop for stop in stops if not looks_otherwise(driver, stop)) == []
    for fold in folds:
        fold.setChecked(False)


def test_a_panel_that_is_covered_gives_the_focus_away_and_del_removes_nothing(looked_at) -> None:
    driver = looked_at
    runs = driver.window.controller.engine.project.runs
    before = list(runs)
    bring_up(driver, "runsDock")
    driver.window.runs.setFocus()
    tabs = dock_tabs(driver)
    driver.qtbot.mouseClick(tabs, Qt.MouseButton.LeftButton, pos=tabs.tabRect(2).center())
    assert focused(driver) is tabs
    driver.qtbot.keyClick(focused(driver), Qt.Key.Key_Delete)
    assert list(runs) == before


def test_a_button_that_is_greyed_out_gives_the_focus_to_its_neighbour(shared_driver) -> None:
    driver = shared_driver
    driver.window.show_workspace("playground")
    driver.train(epochs="1000")
    assert not driver.find("trainButton").isEnabled()
    driver.find("stopButton").setFocus()
    driver.click("stopButton")
    driver.wait(lambda: driver.state == "idle")
    assert focused(driver) in (driver.find("continueButton"), driver.find("trainButton"))


def test_what_gets_the_focus_by_another_way_comes_to_the_front(looked_at) -> None:
    driver = looked_at
    bring_up(driver, "measuresDock")
    driver.window.runs.setFocus()
    driver.wait(lambda: is_seen(driver.window.runs))


def press(driver, keys: QKeySequence.StandardKey) -> None:
    driver.qtbot.keySequence(driver.window.runs, QKeySequence(keys))


def rows(driver) -> list[list[str]]:
    table = driver.window.runs
    return [
        [table.item(row, column).text() for column in range(table.columnCount())] for row in range(table.rowCount())
    ]


def test_a_run_that_was_removed_comes_back_as_it_was(looked_at) -> None:
    driver = looked_at
    session, table = driver.window.controller.engine, driver.window.runs
    *others, run, last = kept = list(session.project.runs.values())
    session.project.show(run)
    bring_up(driver, "runsDock")
    table.setFocus()
    before, saved = rows(driver), run.is_saved
    for undo in (
        lambda: press(driver, QKeySequence.StandardKey.Undo),
        lambda: driver.find("messageActionButton", QToolButton).click(),
    ):
        table.selectRow(1)
        assert not driver.find("undoRemovalAction", QAction).isEnabled()
        press(driver, QKeySequence.StandardKey.Delete)
        assert list(session.project.runs.values()) == [*others, last]
        assert session.project.shown is not run
        assert "off the list" in driver.window.banner.text()
        undo()
        assert list(session.project.runs.values()) == kept
        assert session.project.shown is run
        assert (rows(driver), run.is_saved) == (before, saved)
        assert not driver.window.banner.isVisible()
        assert not driver.find("undoRemovalAction", QAction).isEnabled()
    driver.find("latentSlider0").setValue(1.0)  # it is there to be used again
    driver.decoded()
    picture = driver.picture
    driver.find("latentSlider0").setValue(-1.0)
    driver.wait(lambda: driver.picture != picture)


def test_removals_are_undone_one_after_the_other_and_leave_offers_alone(looked_at) -> None:
    driver = looked_at
    session, banner = driver.window.controller.engine, driver.window.banner
    *others, _, _, last = kept = list(session.project.runs.values())
    bring_up(driver, "runsDock")
    banner.show_message(Message("info", "A model was kept.", action="recover"))
    driver.window.runs.setFocus()
    for _ in range(2):
        driver.window.runs.selectRow(1)
        press(driver, QKeySequence.StandardKey.Delete)
    assert list(session.project.runs.values()) == [*others, last]
    assert banner.text() == "A model was kept."
    for missing in (1, 0, 0):
        press(driver, QKeySequence.StandardKey.Undo)
        assert len(session.project.runs) == len(kept) - missing
    assert list(session.project.runs.values()) == kept
    assert banner.message.action == "recover"
