"""What a screen reader finds: a name for everything that can have the focus or shows something, and values in words."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAction, QColor, QIcon
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QGraphicsView,
    QHeaderView,
    QLineEdit,
    QProgressBar,
    QScrollBar,
    QTabBar,
    QToolButton,
    QWidget,
)

from vae_desktop.colours import DARK, LIGHT
from vae_desktop.gui.widgets.number_field import NumberField
from vae_desktop.gui.widgets.value_slider import ValueSlider

CONTENTS = (
    QAbstractButton, QAbstractItemView, QAbstractSlider, QAbstractSpinBox, QComboBox, QGraphicsView, QLineEdit,
    QProgressBar, QTabBar,
)  # fmt: skip


def text(widget: QWidget, kind: QAccessible.Text = QAccessible.Text.Name) -> str:
    return QAccessible.queryAccessibleInterface(widget).text(kind)


def says_something(widget: QWidget) -> bool:
    """Whether it can have the focus, or shows something of its own; parts that Qt makes are not meant."""
    made_by_qt = (QScrollBar, QHeaderView)
    if widget.objectName().startswith("qt_") or isinstance(widget, made_by_qt) or is_popup(widget):
        return False
    if isinstance(widget, QTabBar) and not widget.count():  # kept by Qt for panels that come again
        return False
    paints = any("paintEvent" in vars(kind) for kind in type(widget).__mro__ if kind.__module__.startswith("vae_"))
    takes_focus = widget.focusPolicy() != Qt.FocusPolicy.NoFocus and widget.focusProxy() is None
    return takes_focus or paints or isinstance(widget, CONTENTS)


def is_popup(widget: QWidget) -> bool:
    """The list of a combo box, which is told as a part of it."""
    return widget.window().windowType() == Qt.WindowType.Popup


def shown(driver) -> list[QWidget]:
    everything = driver.window.findChildren(QWidget)
    return [widget for widget in everything if says_something(widget) and widget.isVisibleTo(driver.window)]


def place(widget: QWidget) -> str:
    parents = []
    while widget is not None:
        parents.append(f"{type(widget).__name__} {widget.objectName()}".strip())
        widget = widget.parentWidget()
    return " in ".join(parents[:4])


@pytest.fixture
def everything(shared_driver):
    return with_tools(shared_driver.show("vae-2d"))


def with_tools(driver):
    driver.window.controller.warm_up()
    driver.window.setup.form.choose_dataset("digits")
    driver.find("bothViewAction", QAction).trigger()
    return driver


def test_pictures_of_the_tools_are_told_apart(everything) -> None:
    for dock in ("imagesDock", "samplesDock", "wordsDock", "pathDock", "drawingDock", "denoisingDock"):
        pictures = everything.find(dock).findChildren(QWidget)
        names = [text(widget) for widget in pictures if says_something(widget) and text(widget)]
        assert len(set(names)) == len(names), names


def test_a_slider_says_its_value_in_latent_units(everything) -> None:
    driver = everything
    slider = driver.find("latentSlider0")
    for value, words in ((-0.1, "-0.10"), (1.25, "1.25"), (0.0, "0.00"), (-4.5, "-4.50")):
        slider.setValue(value)
        assert text(slider.groove) == f"z₀, {words}"
        assert text(slider.groove, QAccessible.Text.Value) == str(round(100 * value))  # Qt reads the position
        entry = QAccessible.queryAccessibleInterface(slider.findChild(NumberField))
        assert entry.text(QAccessible.Text.Value) == words
        assert entry.valueInterface().currentValue() == value


def test_a_very_wide_range_has_a_slider_too(everything) -> None:
    slider = everything.find("latentSlider0")
    slider.setValue(1e9)
    assert text(slider.groove) == "z₀, 1000000000.00"
    slider.groove.setValue(slider.groove.minimum())
    assert slider.value() == slider.minimum()


def test_all_sliders_say_what_they_stand_for(everything) -> None:
    driver = everything
    for name, place, words in (
        ("pathSlider", 420, "How far along the path, 42%"),
        ("noiseStrengthSlider", 30, "Strength of the noise, 0.30"),
        ("brushWidthSlider", 12, "Width of the brush, 12%"),
    ):
        slider = driver.find(name, ValueSlider)
        slider.setEnabled(True)
        slider.setValue(place)
        assert text(slider) == words


def test_everything_has_a_name(show) -> None:
    driver = with_tools(show("vae-2d"))
    found = shown(driver)
    assert len(found) > 60
    assert [place(widget) for widget in found if not text(widget)] == []
    driver.window.show_workspace("comparison")
    assert [place(widget) for widget in shown(driver) if not text(widget)] == []
    for name, value in {"imageSize": "8", "hidden": "16", "epochs": "1"}.items():
        driver.type(f"{name}Field", value)
    driver.window.comparison.editor.request()
    driver.wait(lambda: driver.window.comparison.columns and driver.state == "idle")
    for part in ("curves", "figures"):
        driver.find(f"{part}ComparedButton", QAbstractButton).setChecked(True)
    found = shown(driver)
    assert [place(widget) for widget in found if not text(widget)] == []
    pictures = [widget for widget in found if driver.window.comparison.isAncestorOf(widget)]
    pictures = [widget for widget in pictures if not isinstance(widget, QAbstractButton)]
    names = [text(widget) for widget in pictures]
    assert len(names) > 25
    assert sorted(set(names)) == sorted(names)  # each says of which model it is


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_button_shows_a_text_or_an_icon_that_is_seen(shared_driver, mode) -> None:
    window = shared_driver.window
    window.controller.choose_theme(mode)
    for tool in ("images", "samples", "words", "drawing", "denoising"):
        window.show_tool(tool)
    try:
        buttons = [button for button in window.findChildren(QToolButton) if not button.objectName().startswith("qt_")]
        drawn = [button for button in buttons if not button.text() and not button.icon().isNull()]
        assert {"undoButton", "newSamplesButton", "newNoiseButton"} <= {button.objectName() for button in drawn}
        for button in drawn:
            image = button.icon().pixmap(16, 16, QIcon.Mode.Normal).toImage()
            pixels = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
            inked = [pixel.lightness() for pixel in pixels if pixel.alpha() > 200]
            assert inked, button.objectName()
            if button.objectName() != "inkButton":  # which shows the ink that was chosen
                text = QColor((LIGHT if mode == "light" else DARK).text).lightness()
                assert all(abs(lightness - text) < 5 for lightness in inked)
    finally:
        window.controller.choose_theme("system")
