"""The window of two normal distributions: dragged, turned and typed, and with the slips in the formula."""

import math

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QToolButton
from torch import distributions, tensor

from tests.gui.pointing import pixel_of
from vae_desktop.gui.views.formulas.term import Term
from vae_desktop.gui.widgets.number_field import NumberField
from vae_desktop.latent.normals import Normal

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def window(shared_driver):
    """The window, in front, with P = N(1, 0.5²) and Q = N(0, 1)."""
    shared_driver.find("normalsAction", QAction).trigger()
    windows = shared_driver.window.findChildren
    shared_driver.wait(lambda: any(each.isVisible() for each in windows(QDialog, "normalsWindow")))
    view = shared_driver.window.controller.normals.view
    view.set_normals(Normal(1.0, 0.5), Normal(0.0, 1.0))
    view.slips.choose("")
    yield view
    view.close()


def drag(plot, start, end):
    QTest.mousePress(plot.viewport(), LEFT, NONE, pixel_of(plot, start))
    QTest.mouseEvent(QTest.MouseAction.MouseMove, plot.viewport(), LEFT, NONE, pixel_of(plot, end))
    QTest.mouseRelease(plot.viewport(), LEFT, NONE, pixel_of(plot, end))


def reference(p, q):
    one, other = (distributions.Normal(*tensor(each)) for each in (p, q))
    return float(distributions.kl_divergence(one, other))


def numbers(window):
    """The numbers by each way; None where there is none."""
    texts = {name: way.text().replace("<b>", "").replace("</b>", "") for name, way in window.ways.items()}
    return {name: None if text == "–" else float(text.split(" ± ")[0]) for name, text in texts.items()}


def test_the_window_is_beside_the_main_one(window):
    assert not window.isModal()
    assert window.plot.accessibleName()


def test_all_ways_say_the_same(window):
    for p, q in (((1.0, 0.5), (0.0, 1.0)), ((-2.0, 0.2), (1.0, 2.0))):
        window.set_normals(Normal(*p), Normal(*q))
        found, exact = numbers(window), reference(p, q)
        assert found["general"] == pytest.approx(exact, abs=1e-4)
        assert found["torch"] == pytest.approx(exact, abs=1e-4)
        error = float(window.ways["drawn"].text().split("±")[1])
        assert found["drawn"] == pytest.approx(exact, abs=5 * error)
        assert (found["closed"] is None) == (q != (0.0, 1.0))
    window.findChild(QToolButton, "toPriorButton").click()
    assert numbers(window)["closed"] == pytest.approx(reference((-2.0, 0.2), (0.0, 1.0)), abs=1e-4)


def test_a_middle_that_is_dragged_moves_the_mean(window):
    drag(window.plot, (1.0, 0.7), (-2.0, 0.7))
    p, q = window.normals
    assert p.mean == pytest.approx(-2.0, abs=0.1)
    assert p.stddev == 0.5
    assert q == (0.0, 1.0)
    assert numbers(window)["torch"] == pytest.approx(reference(p, q), abs=1e-4)


def test_a_flank_that_is_dragged_changes_the_standard_deviation(window):
    drag(window.plot, (-1.5, 0.12), (-3.0, 0.12))
    p, q = window.normals
    assert q.stddev == pytest.approx(2.0, abs=0.1)
    assert q.mean == 0.0
    assert p == (1.0, 0.5)


def test_the_wheel_makes_the_curve_below_it_wider(window):
    place = QPointF(pixel_of(window.plot, (1.0, 0.6)))
    event = QWheelEvent(place, QPointF(window.plot.viewport().mapToGlobal(place.toPoint())), QPoint(), QPoint(0, 120),
                        Qt.MouseButton.NoButton, NONE, Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
    QApplication.sendEvent(window.plot.viewport(), event)
    assert window.normals[0].stddev == pytest.approx(0.55)
    assert window.normals[1].stddev == 1.0


def test_numbers_are_typed_and_kept_to_what_a_normal_distribution_can_be(window):
    field = window.findChild(NumberField, "stddevPSpin")
    field.setValue(0.25)
    assert window.normals[0] == (1.0, 0.25)
    assert numbers(window)["general"] == pytest.approx(reference((1.0, 0.25), (0.0, 1.0)), abs=1e-4)
    field.selectAll()
    QTest.keyClicks(field, "0")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert window.normals[0].stddev == 0.25
    assert field.error
    QTest.keyClick(field, Qt.Key.Key_Escape)


def test_a_slip_shows_the_number_that_comes_out_wrong(window):
    window.set_normals(Normal(1.0, 0.5), Normal(3.0, 2.0))
    right = reference((1.0, 0.5), (0.0, 1.0))
    for name, wrong in (
        ("half", 0.25 + 1 - math.log(0.5) - 1),
        ("mixed", -0.5 * (1 + math.log(0.5) - 1 - 0.25)),
    ):
        window.findChild(QToolButton, f"{name}SlipButton").click()
        assert window.slips.numbers == pytest.approx((right, wrong), abs=1e-6)
        shown = [window.findChild(QLabel, f"{each}Figure").text() for each in ("right", "wrong")]
        assert shown == [f"<b>{number:.4f}</b>" for number in (right, wrong)]
        assert "0.71" in window.findChild(QLabel, "slipWhy").text()
        assert window.slips.chosen == name
    window.findChild(QToolButton, "mixedSlipButton").click()
    assert window.slips.chosen == ""
    assert window.slips.numbers is None


def test_a_mean_over_pixels_is_told_by_its_share(window):
    window.findChild(QToolButton, "pixelsSlipButton").click()
    right, wrong = window.slips.numbers
    assert wrong < right
    assert "times as much" in window.findChild(QLabel, "slipWhy").text()
    assert not window.slips.buttons["half"].isChecked()


def test_the_keys_of_the_lab_work_in_it_and_each_term_shows_its_focus(window, shared_driver):
    shared_driver.window.menus.face_chosen.emit("lab")
    lab = shared_driver.window.controller.lab
    lab.go_to(7, 1)
    window.activateWindow()
    term = window.findChildren(Term)[0]
    term.clearFocus()
    before = term.grab().toImage()
    term.setFocus()
    assert term.grab().toImage() != before
    QTest.keyClick(window, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert lab.step.name == "formulas.half"
    QTest.keyClick(window, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert lab.step.name == "formulas.narrower"
    shared_driver.window.menus.face_chosen.emit("setup")
