"""The window itself: what programs rely on, names and keys, themes, messages."""

import re
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtGui import QAction, QGuiApplication, QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QDockWidget,
    QLabel,
    QLineEdit,
    QMenu,
    QMessageBox,
    QSlider,
    QTabBar,
    QToolButton,
)

from vae_desktop import language
from vae_desktop.engine.messages import Message
from vae_desktop.gui.views.window.docks import tab_of
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.gui.views.window.message_banner import MessageBanner

NAMES = [
    "trainButton",
    "continueButton",
    "pauseButton",
    "stopButton",
    "datasetCombo",
    "modelCombo",
    "deviceCombo",
    "latentDimField",
    "epochsField",
    "batchSizeField",
    "learningRateField",
    "betaField",
    "seedField",
    "latentScatter",
    "lossPlot",
    "decodedImage",
    "resetButton",
    "randomiseButton",
    "statusLabel",
    "messageBanner",
]


def test_what_programs_rely_on_is_there(shared_driver) -> None:
    driver = shared_driver
    for name in NAMES:
        driver.find(name)
    for name in ("openModelAction", "saveModelAction"):
        driver.find(name, QAction)
    values = {
        name: [driver.find(name).itemData(index) for index in range(driver.find(name).count())]
        for name in ("datasetCombo", "modelCombo", "deviceCombo")
    }
    assert {"digits", "mnist"} <= set(values["datasetCombo"])
    assert {"ae", "vae"} <= set(values["modelCombo"])
    assert {"auto", "cpu"} <= set(values["deviceCombo"])


def test_every_control_has_an_accessible_name_and_a_tooltip(shared_driver) -> None:
    driver = shared_driver.show("vae-2d")
    controls = [
        control
        for kind in (QAbstractButton, QComboBox, QLineEdit, QSlider)
        for control in driver.window.findChildren(kind)
        if control.isVisible() and not control.objectName().startswith("qt_")
    ]
    assert len(controls) > 25
    for control in controls:
        named = control.accessibleName() or getattr(control, "text", str)()
        assert named, control.objectName()
        assert control.toolTip(), control.objectName() or named


def test_both_themes_recolour_the_window(shared_driver) -> None:
    driver = shared_driver
    lightness = {}
    for mode in ("light", "dark"):
        driver.find(f"{mode}ThemeAction", QAction).trigger()
        image = driver.window.grab().toImage()
        lightness[mode] = image.pixelColor(3, image.height() // 2).lightness()
    assert lightness["light"] > 200
    assert lightness["dark"] < 60


def cleared_banner(driver) -> MessageBanner:
    driver.window.banner.clear()
    return driver.window.banner


def test_the_details_box_copies_its_own_message(shared_driver) -> None:
    banner = cleared_banner(shared_driver)
    banner.show_message(Message("error", "The first.", "of the first"))
    banner.findChild(QToolButton, "messageDetailsButton").click()
    box = banner.window().findChild(QMessageBox)
    banner.show_message(Message("error", "The second.", "of the second"))
    banner.dismiss()
    QGuiApplication.clipboard().clear()
    buttons = {button.text(): button for button in box.buttons()}
    buttons["Copy"].click()
    assert QGuiApplication.clipboard().text() == "The first.\n\nof the first"
    buttons["Copy diagnostics"].click()
    assert "The first.\nof the first" in QGuiApplication.clipboard().text()
    assert "second" not in QGuiApplication.clipboard().text()
    box.close()


def test_what_is_added_to_a_message_takes_nothing_from_it(shared_driver) -> None:
    banner = cleared_banner(shared_driver)
    banner.show_message(Message("error", "It crashed.", "Fatal Python error"))
    banner.show_message(Message("info", "A model was kept.", action="open_kept", is_added=True))
    assert banner.text() == "It crashed.\nA model was kept."
    assert banner.findChild(QToolButton, "messageActionButton").isVisible()
    assert banner.message.level == "error"
    assert banner.message.details == "Fatal Python error"
    banner.show_message(Message("info", "60 images were read."))
    assert banner.text().endswith("A model was kept.")


def test_one_error_does_not_hide_another(shared_driver) -> None:
    banner = cleared_banner(shared_driver)
    for reason in ("first", "second", "second", "third"):
        banner.show_message(Message("error", f"The {reason}.", f"of the {reason}"))
    assert banner.text() == "The first.\nThe second.\nThe third."
    assert banner.message.details == "of the first\n\nof the second\n\nof the third"
    banner.show_message(Message("error", "One too many."))
    assert banner.text() == "One too many."
    banner.show_message(Message("info", "All is well."))
    assert banner.text() == "All is well."


def test_an_error_with_a_remedy_leaves_the_offer_of_what_was_kept(shared_driver) -> None:
    offer = Message("info", "A model was kept.", action="recover", alternative="open_kept", is_added=True)
    error = Message("error", "MNIST is not there.", action="download")
    for messages in ((offer, error), (error, offer)):
        banner = cleared_banner(shared_driver)
        for message in messages:
            banner.show_message(message)
        assert set(banner.text().splitlines()) == {"A model was kept.", "MNIST is not there."}
        shown = banner.message
        assert (shown.level, shown.action, shown.alternative) == ("error", "recover", "download")
    banner.clear()


def test_every_setting_in_sight_has_an_alt_key_of_its_own(shared_driver) -> None:
    labels = [label for label in shared_driver.window.setup.form.findChildren(QLabel) if label.buddy()]
    in_sight = [label.text() for label in labels if not label.isHidden()]
    assert len(in_sight) == 4
    assert all("&" in text for text in in_sight)
    keys = [text[text.index("&") + 1].lower() for text in (label.text() for label in labels) if "&" in text]
    assert len(keys) > 15
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("spoken", ["en", "zh"])
def test_no_two_entries_of_a_menu_have_one_key(qtbot, spoken) -> None:
    language.use(spoken)
    try:
        window = MainWindow()
        qtbot.addWidget(window)
    finally:
        language.use("en")
    menus = [menu for menu in window.menuBar().findChildren(QMenu) if menu.title()]
    texts = [[entry.text() for entry in menu.actions()] for menu in menus]
    keys = [Counter(key.lower() for text in menu for key in re.findall("&([^&])", text)) for menu in texts]
    assert sum(map(len, keys)) > 40
    assert not [key for menu in keys for key, count in menu.items() if count > 1]


def test_a_passing_message_stands_where_the_state_stood(shared_driver) -> None:
    window = shared_driver.window
    shared_driver.wait(lambda: window.status.text() == "Ready")

    def written() -> list[list[int]]:
        """The columns and the lines of the status bar in which something is written."""
        image = window.statusBar().grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
        grey = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)[:, : window.width() // 2]
        ink = abs(grey.astype(int) - int(grey[-1, -1])) > 60
        return [np.flatnonzero(ink.any(axis)).tolist() for axis in (0, 1)]

    window.statusBar().clearMessage()
    before = written()
    window.statusBar().showMessage("Ready")
    assert before[0]
    assert written() == before
    window.statusBar().clearMessage()


def test_the_smallest_window_has_room_for_the_timeline(shared_driver) -> None:
    window, size = shared_driver.window, shared_driver.window.size()
    panel, was_there = window.timeline, window.timeline.isVisible()
    panel.show()
    window.resize(window.minimumSize())
    shared_driver.wait(lambda: window.width() == window.minimumWidth())
    shared_driver.qtbot.wait(1)
    parts = [part.geometry() for part in (panel.play, panel.strip, panel.step, panel.fork, panel.live)]
    assert all(left.right() < right.left() for left, right in pairwise(parts))
    panel.setVisible(was_there)
    window.resize(size)


def test_in_a_narrow_window_the_way_to_a_tab_out_of_sight_is_the_button_that_scrolls(shared_driver) -> None:
    window, size = shared_driver.window, shared_driver.window.size()
    window.show_tool("images")
    window.resize(window.minimumSize())
    dock = shared_driver.find("drawingDock", QDockWidget)
    shared_driver.wait(lambda: tab_of(dock)[0].objectName() == "ScrollRightButton")
    while isinstance(tab_of(dock)[0], QToolButton):
        tab_of(dock)[0].click()
    bar, place = tab_of(dock)
    assert isinstance(bar, QTabBar)
    assert bar.rect().contains(place.center())
    window.resize(size)
