"""The frame of the window: how many controls a first start shows, and how its parts share the room."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QDockWidget,
    QLineEdit,
    QMenu,
    QSlider,
    QTabBar,
    QWidget,
)

MOST_CONTROLS = 30
_NAMES = "learningCurves", "runs", "measures", "images", "samples", "words", "path", "drawing"
TOOLS = tuple(f"{name}Dock" for name in _NAMES)


def controls(window: QWidget) -> list[str]:
    """What can be operated, enabled or not: buttons, choices, fields, sliders, tabs and titles of menus."""
    found = []
    for widget in window.findChildren(QWidget):
        if not widget.isVisibleTo(window) or widget.visibleRegion().isEmpty() or widget.window() is not window:
            continue
        if isinstance(widget, QTabBar):
            found += [f"{widget.objectName()} {widget.tabText(index)}" for index in range(widget.count())]
        elif isinstance(widget, QLineEdit):
            found += [widget.objectName()] if not isinstance(widget.parent(), QAbstractSpinBox) else []
        elif isinstance(widget, (QAbstractButton, QComboBox, QAbstractSpinBox, QSlider)):
            is_of_tabs = isinstance(widget.parent(), QTabBar)  # the arrows of one that is scrolled
            found += [] if is_of_tabs else [widget.objectName() or type(widget).__name__]
    return found + [entry.text() for entry in window.menuBar().actions()]


@pytest.fixture
def window(shared_driver):
    shared_driver.show("vae-2d")
    shared_driver.window.show_workspace("playground")
    shared_driver.window.resize(1280, 800)
    return shared_driver.window


def tool_tabs(window) -> QTabBar:
    return next(tabs for tabs in window.findChildren(QTabBar) if tabs.count() == len(TOOLS))


def test_a_first_start_shows_few_controls(open_window) -> None:
    """The lab is in front then; the setup behind it may have what has to be set."""
    driver = open_window()
    driver.window.controller.open_last_model()
    driver.wait(lambda: driver.picture and driver.window.controller.lab is not None)
    driver.window.setup.show_face("lab")
    with_lab = controls(driver.window)
    assert len(with_lab) <= MOST_CONTROLS, with_lab
    driver.window.setup.show_face("setup")
    assert len(with_lab) < len(controls(driver.window))


def test_the_tools_have_their_tabs_above_them(window) -> None:
    tabs, front = tool_tabs(window), window.findChild(QDockWidget, TOOLS[0])
    assert tabs.mapTo(window, QPoint(0, tabs.height())).y() <= front.mapTo(window, QPoint(0, 0)).y() + 1
    titles = [window.findChild(QDockWidget, name).windowTitle() for name in TOOLS]
    assert [tabs.tabText(index) for index in range(tabs.count())] == titles


def test_columns_have_neither_title_nor_buttons(window) -> None:
    for name in ("setupDock", "latentPointDock"):
        dock = window.findChild(QDockWidget, name)
        assert dock.titleBarWidget().height() < 8
        assert not dock.features() & QDockWidget.DockWidgetFeature.DockWidgetFloatable


def test_the_menu_of_a_tab_floats_a_tool_and_it_comes_back(window, qtbot) -> None:
    tabs, dock = tool_tabs(window), window.findChild(QDockWidget, "runsDock")
    tabs.customContextMenuRequested.emit(tabs.tabRect(1).center())
    menu = next(menu for menu in tabs.findChildren(QMenu) if menu.isVisible())
    menu.findChild(QAction, "floatToolAction").trigger()
    menu.close()
    assert dock.isFloating()
    assert dock.titleBarWidget() is None  # the usual one, by which it is moved
    dock.setFloating(False)
    assert dock.titleBarWidget().height() < 8
    window.findChild(QAction, "resetLayoutAction").trigger()
    qtbot.waitUntil(lambda: tool_tabs(window).count() == len(TOOLS))


def test_the_column_of_the_point_grows_with_the_window_and_its_picture_with_it(window, qtbot) -> None:
    window.findChild(QAction, "resetLayoutAction").trigger()
    dock, picture = window.findChild(QDockWidget, "latentPointDock"), window.panel.image
    for width, least, most in ((1280, 264, 290), (1920, 370, 400), (3000, 460, 500), (1280, 264, 290)):
        window.resize(width, 900)
        qtbot.waitUntil(lambda least=least, most=most: least <= dock.width() <= most)
        assert picture.width() >= dock.width() - 24
        assert picture.height() >= picture.width() - 2


def test_a_column_that_somebody_has_widened_stays_so(window, qtbot) -> None:
    dock = window.findChild(QDockWidget, "latentPointDock")
    window.resize(1500, 800)
    qtbot.waitUntil(lambda: 290 < dock.width() < 310)
    window.resizeDocks([dock], [400], Qt.Orientation.Horizontal)
    qtbot.waitUntil(lambda: dock.width() > 350)
    width = dock.width()
    window.resize(1900, 900)
    qtbot.waitUntil(lambda: window.stage.width() > 1000)
    assert abs(dock.width() - width) < 10
    window.resize(1280, 800)
    window.findChild(QAction, "resetLayoutAction").trigger()


def test_the_grid_stands_beside_the_codes_where_there_is_room(open_window) -> None:
    driver = open_window()
    window, toggle = driver.window, driver.find("gridButton")
    assert window.stage.views == "codes"
    window.resize(1920, 1000)
    driver.wait(lambda: window.stage.views == "both" and toggle.isChecked())
    window.resize(1280, 800)
    driver.wait(lambda: window.stage.views == "codes")
    toggle.click()
    assert window.stage.views == "both"  # the person has chosen: no room changes it any longer
    window.resize(1900, 1000)
    toggle.click()
    window.resize(1280, 800)
    window.resize(1900, 1000)
    driver.wait(lambda: window.stage.width() > 1000)
    assert window.stage.views == "codes"


def test_tab_goes_through_the_window_as_one_reads_it(window, qtbot) -> None:
    window.findChild(QAction, "resetLayoutAction").trigger()
    window.findChild(QWidget, "datasetCombo").setFocus()
    stops, start = [], window.focusWidget()
    while not stops or (window.focusWidget() is not start and len(stops) < 100):
        stops.append(window.focusWidget())
        qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
    names = [stop.objectName() for stop in stops]
    places = [names.index(name) for name in ("trainButton", "workspaceTabs", "gridButton", "showButton")]
    places += [stops.index(window.stage.scatter.plot), stops.index(tool_tabs(window)), names.index("randomiseButton")]
    places += [stops.index(window.findChild(QWidget, f"latentSlider{dimension}").groove) for dimension in range(2)]
    assert places == sorted(places), names


def test_all_of_a_small_window_is_usable(window, qtbot) -> None:
    window.resize(1000, 560)
    qtbot.waitUntil(lambda: window.width() == 1000)
    assert window.height() == 560
    for name in ("trainButton", "gridButton", "showButton", "randomiseButton"):
        part = window.findChild(QWidget, name)
        assert window.rect().contains(part.mapTo(window, part.rect().bottomRight()))
        assert not part.visibleRegion().isEmpty()
    window.resize(1280, 800)
