"""Every entry for a number in the real window: one kind, read and written one way whatever the system's language is."""

import itertools

import pytest
from PySide6.QtCore import QEvent, QLocale, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QLineEdit, QSlider, QToolTip, QWidget

from vae_desktop.gui.views.setup.setting_field import SettingField
from vae_desktop.gui.widgets.number_field import NumberField


def type_into(field: QWidget, text: str) -> None:
    """Press the keys for a text in place of what stands there; also for signs that a plain keyboard lacks."""
    (field.lineEdit() if isinstance(field, NumberField) else field).selectAll()
    for letter in text:
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            QApplication.sendEvent(field, QKeyEvent(kind, 0, Qt.KeyboardModifier.NoModifier, letter))


def number_fields(driver) -> list[NumberField]:
    driver.window.controller.warm_up()  # makes the tools
    return driver.window.findChildren(NumberField)


def turn_wheel(widget: QWidget) -> QWheelEvent:
    middle = QPointF(widget.width() / 2, widget.height() / 2)
    wheel = QWheelEvent(
        middle,
        widget.mapToGlobal(middle),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, wheel)
    return wheel


def test_there_is_no_other_kind_of_entry(shared_driver) -> None:
    driver = shared_driver.show("vae-2d")
    assert len(number_fields(driver)) == 18
    lines = driver.window.findChildren(QLineEdit)
    odd = [line for line in lines if not isinstance(line, SettingField) and not isinstance(line.parent(), QComboBox)]
    odd = [line for line in odd if line.objectName() not in ("newTagField", "wordsLine")]  # texts
    assert [line.parent().objectName() for line in odd if not isinstance(line.parent(), NumberField)] == []
    spins = driver.window.findChildren(QAbstractSpinBox)
    assert [spin.objectName() for spin in spins if not isinstance(spin, NumberField)] == []


READABLE = {
    "0.5": 0.5,
    "0,5": 0.5,
    "+1.25": 1.25,
    "1,25e0": 1.25,
    "2E-1": 0.2,
    " 7 ": 7,
    "1e1": 10,
    "\N{MINUS SIGN}1.5": -1.5,
    "1.234": 1.234,
    "1,234": 1.234,
}
UNREADABLE = ("1.234,5", "1,234.5", "1 000", "abc", "1..2", "1e", "nan", "inf", "", "1_0")


def check_a_number_is_what_it_looks_like_in_every_field(driver) -> None:
    for field in number_fields(driver):
        field.setEnabled(True)
        for text, value in READABLE.items():
            before = field.value()
            type_into(field, text)
            is_taken = field.minimum() <= value <= field.maximum() and (field.decimals() > 0 or type(value) is int)
            assert bool(field.error) is not is_taken, (field.objectName(), text)
            assert field.value() == before  # until Enter
            driver.qtbot.keyClick(field, Qt.Key.Key_Return)
            assert field.value() == (value if is_taken else before)
            assert "," not in field.text() or not is_taken
            driver.qtbot.keyClick(field, Qt.Key.Key_Escape)


def check_what_cannot_be_read_is_refused_where_it_stands(driver) -> None:
    for field, text in itertools.product(number_fields(driver), UNREADABLE):
        field.setEnabled(True)
        before, whole = field.value(), field.text()
        type_into(field, text or "x")
        if not text:
            driver.qtbot.keyClick(field, Qt.Key.Key_Backspace)
        assert field.property("invalid") is True, field.objectName()
        assert field.error
        assert field.accessibleDescription() == field.error
        driver.qtbot.keyClick(field, Qt.Key.Key_Return)
        assert QToolTip.text() == field.error
        assert field.property("invalid") is True
        driver.qtbot.keyClick(field, Qt.Key.Key_Escape)
        assert (field.value(), field.text(), field.error) == (before, whole, "")
        assert field.property("invalid") is False


def check_a_field_that_is_left_takes_what_it_can_and_restores_the_rest(driver) -> None:
    field = driver.find("latentSlider0").findChild(NumberField)
    for text, value, shown in (("0,75", 0.75, "0.75"), ("1.234,5", 0.75, "0.75"), ("1e7", 0.75, "0.75")):
        field.setFocus()
        type_into(field, text)
        driver.find("trainButton").setFocus()
        assert (field.value(), field.text(), field.error) == (value, shown, "")


def test_the_range_is_said_and_the_mark_is_seen(shared_driver) -> None:
    driver = shared_driver.show("vae-2d")
    field = driver.find("temperatureSpin")
    ground = field.grab().toImage().pixelColor(field.width() // 2, 2)
    type_into(field, "5")
    assert "out of range (0.1 to 3)" in field.error
    image = field.grab().toImage()
    assert image.pixelColor(0, 0) == field.palette().brightText().color()
    assert image.pixelColor(field.width() // 2, 2) != ground
    driver.qtbot.keyClick(field, Qt.Key.Key_Escape)
    field = driver.find("manifoldSizeSpin")
    type_into(field, "12.5")
    assert "not a whole number" in field.error
    driver.qtbot.keyClick(field, Qt.Key.Key_Escape)


def test_up_and_down_step(shared_driver) -> None:
    driver = shared_driver.show("vae-2d")
    for field in number_fields(driver):
        field.setEnabled(True)
        before = field.value()
        driver.qtbot.keyClick(field, Qt.Key.Key_Up)
        larger = field.value()
        assert larger == pytest.approx(min(before + field.singleStep(), field.maximum()))
        driver.qtbot.keyClick(field, Qt.Key.Key_Down)
        assert field.value() == pytest.approx(max(larger - field.singleStep(), field.minimum()))


def check_the_range_of_a_slider_is_not_spoiled(driver) -> None:
    slider = driver.find("latentSlider0")
    field = slider.findChild(NumberField)
    ends = slider.minimum(), slider.maximum()
    for text, value in (("1e-3", 0.001), ("0.5", 0.5), ("1,234", 1.234), ("-0.10", -0.1), ("1.234,5", -0.1)):
        type_into(field, text)
        driver.qtbot.keyClick(field, Qt.Key.Key_Return)
        assert slider.value() == value
        assert driver.window.controller.point.code[0] == pytest.approx(value)
        assert (slider.minimum(), slider.maximum()) == ends


def test_a_small_coordinate_is_not_shown_as_none(shared_driver) -> None:
    driver = shared_driver.show("vae-2d")
    slider = driver.find("latentSlider0")
    field = slider.findChild(NumberField)
    field.setFocus()
    for value, text in ((0.001, "0.001"), (-0.0042, "-0.004"), (1e-9, "0.00"), (-1e-9, "0.00"), (0.126, "0.13")):
        slider.setValue(value)
        assert field.text() == text
    driver.qtbot.keyClick(field, Qt.Key.Key_Return)
    assert slider.value() == 0.126  # what is shown is rounded, and was not typed


def test_without_the_focus_the_wheel_changes_no_number(shared_driver) -> None:
    driver = shared_driver.show("vae-2d")
    window = driver.window
    fields = [*number_fields(driver), *window.findChildren(SettingField), *window.findChildren(QSlider)]
    assert len(fields) > 25
    window.setup.controls.train_button.setFocus()
    for field in fields:
        field.setEnabled(True)
        before = field.value()
        assert not turn_wheel(field).isAccepted(), field.objectName()  # so that the page scrolls
        assert field.value() == before
        assert not field.hasFocus()
    field = driver.find("latentSlider0").findChild(NumberField)
    field.setValue(1.0)
    field.setFocus()
    assert turn_wheel(field).isAccepted()
    assert field.value() == pytest.approx(1.1)


def check_the_setup_reads_and_writes_numbers_in_the_same_way(driver) -> None:
    field = driver.find("betaField")
    committed = []
    field.committed.connect(committed.append)
    for text, shown in (("0,5", "0.5"), ("+1,5e1", "15"), ("\N{MINUS SIGN}1", None), ("1.234,5", None)):
        type_into(field, text)
        driver.qtbot.keyClick(field, Qt.Key.Key_Return)
        if shown is None:
            assert (field.property("invalid"), field.text()) == (True, text)
            assert field.accessibleDescription() == field.error
            driver.qtbot.keyClick(field, Qt.Key.Key_Escape)
            assert (field.property("invalid"), field.text()) == (False, "15")
        else:
            assert field.text() == shown
    assert committed == [0.5, 15.0]
    epochs = driver.find("epochsField")
    type_into(epochs, "1,000")
    assert "Write it without separators of thousands" in epochs.error


@pytest.mark.parametrize("language", ["de_DE", "en_US", "zh_CN"])
def test_numbers_are_read_and_written_alike_in_every_language(open_window, language) -> None:
    before = QLocale()
    QLocale.setDefault(QLocale(language))
    try:
        driver = open_window()
        driver.wait(lambda: driver.has_dataset)
        driver.show("vae-2d")
        check_a_number_is_what_it_looks_like_in_every_field(driver)
        check_what_cannot_be_read_is_refused_where_it_stands(driver)
        check_a_field_that_is_left_takes_what_it_can_and_restores_the_rest(driver)
        check_the_range_of_a_slider_is_not_spoiled(driver)
        check_the_setup_reads_and_writes_numbers_in_the_same_way(driver)
    finally:
        QLocale.setDefault(before)


def test_models_to_compare_are_marked_where_a_number_cannot_be_read(shared_driver) -> None:
    driver = shared_driver
    driver.window.show_workspace("comparison")
    field = driver.find("variant4Beta")
    type_into(field, "0,5")
    assert driver.window.comparison.editor.variants()[3].beta == 0.5
    type_into(field, "1.234,5")
    assert field.property("invalid") is True
    field.clear()
    assert field.property("invalid") is False
    assert driver.window.comparison.editor.variants()[3].beta is None
    driver.window.show_workspace("playground")
