"""The sliders in a real window: their order, traversals, locks, and what the mouse and the keys do."""

import gc

import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QToolButton, QWidgetItem

from vae_desktop.gui.views.point.slider_list import SliderList
from vae_desktop.latent.codes import Codes
from vae_desktop.latent.posteriors import kl_by_dimension


def sliders(driver):
    return driver.window.panel.sliders


@pytest.fixture
def driver(shared_driver, first_settings):
    """The window of all these tests, in which nothing trains and the form is as at first."""
    shared_driver.window.setup.form.set_config(first_settings)
    yield shared_driver
    shared_driver.stop()


@pytest.fixture
def show(driver):
    """Show a bundled model as if it had just been opened, with the point at 0."""

    def begin_anew(name):
        driver.show(name)
        driver.engine.project.show(driver.shown)
        point = driver.window.controller.point
        point.move_to(np.zeros(len(point.code), np.float32))
        driver.find("trainButton").setFocus()
        return driver

    return begin_anew


def from_top_to_bottom(driver, count):
    found = [driver.find(f"latentSlider{dimension}") for dimension in range(count)]
    heights = [slider.mapTo(driver.window, QPoint(0, 0)).y() for slider in found if slider.isVisible()]
    visible = [dimension for dimension in range(count) if found[dimension].isVisible()]
    return [dimension for _, dimension in sorted(zip(heights, visible, strict=True))]


def test_sliders_stand_in_plain_order_and_collapsed_ones_are_folded_away_with_the_reason(show) -> None:
    driver = show("vae-20d")
    codes = driver.window.controller.engine.project.shown.codes
    order = np.argsort(-kl_by_dimension(codes), kind="stable").tolist()
    collapsed = np.flatnonzero(codes.mean.var(0) <= 0.01).tolist()
    assert len(collapsed) == 1
    driver.wait(lambda: driver.find("collapsedFold").isVisible())
    informative = [dimension for dimension in range(20) if dimension not in collapsed]
    driver.wait(lambda: from_top_to_bottom(driver, 20) == informative)
    assert driver.find("collapsedFold").text() == "1 collapsed dimension: z₁₀"
    assert "posterior is the prior" in driver.find("collapsedReason").text()
    driver.find("collapsedFold", QToolButton).click()
    assert driver.find(f"latentSlider{collapsed[0]}").isVisible()
    first = driver.find(f"latentSlider{order[0]}").head
    assert first.fraction == 1
    assert not driver.find(f"latentSlider{collapsed[0]}").head.is_active


def test_if_all_are_collapsed_none_is_folded_away(show) -> None:
    driver = show("vae-2d")
    run = driver.window.controller.engine.project.shown
    flat = Codes(run.codes.mean * 1e-3, np.zeros_like(run.codes.mean), run.codes.labels)
    driver.window.panel.set_codes(flat, is_new=True)
    assert sorted(from_top_to_bottom(driver, 2)) == [0, 1]
    assert not driver.find("collapsedFold").isVisible()
    assert driver.find("collapsedReason").isVisible()


def test_the_reason_goes_with_the_last_collapsed_dimension_although_a_slider_is_in_use(show) -> None:
    driver = show("vae-2d")
    run = driver.window.controller.engine.project.shown
    flat = Codes(run.codes.mean * 1e-3, np.zeros_like(run.codes.mean), run.codes.labels)
    driver.window.panel.set_codes(flat, is_new=True)
    driver.find("latentSlider0").groove.setFocus()
    driver.window.panel.set_codes(run.codes, is_new=False)
    assert not driver.find("collapsedReason").isVisible()
    driver.window.panel.set_codes(flat, is_new=False)
    assert driver.find("collapsedReason").isVisible()


@pytest.mark.parametrize(
    ("kind", "texts", "words"),
    [
        ("vae", {"learningRate": "0.5"}, "the learning rate was too high. A smaller β does not bring them back"),
        ("vae", {"beta": "500"}, "At β = 500 no latent dimension can hold anything"),
        ("kl-only", {}, "The loss of this model is the KL divergence alone"),
        ("vae-no-kl", {"learningRate": "1e-7"}, "β is not the cause"),
    ],
)
def test_the_reason_of_a_collapse_is_its_cause(driver, kind, texts, words) -> None:
    form = driver.find("modelCombo", QComboBox)
    form.setCurrentIndex(form.findData(kind))
    driver.train_to_the_end(epochs="8", hidden="64", **texts)
    run = driver.window.controller.engine.project.shown
    assert not (run.codes.mean.var(0) > 0.01).any()
    reason = driver.find("collapsedReason")
    driver.wait(reason.isVisible)
    assert words in reason.text()
    assert "a smaller β can bring it back" not in reason.text()


def test_no_object_of_python_is_left_of_a_place_that_a_slider_has_gone_from(qtbot) -> None:
    """One would be taken for whatever comes to lie there in memory, and that one's end would crash the app."""
    before = _places()  # of the layouts of other windows
    sliders = SliderList()
    qtbot.addWidget(sliders)
    sliders.set_latent_dim(8)
    sliders.set_reasons("so", "so")  # which lets them be folded away
    sliders.set_information(np.arange(8.0), np.arange(8) > 3, ["tip"] * 8, is_new=True)
    sliders.set_information(np.arange(8.0)[::-1], np.arange(8) > 1, ["tip"] * 8, is_new=True)
    assert len(_places() - before) == 0


def _places() -> set[QWidgetItem]:
    gc.collect()
    return {entry for entry in shiboken6.getAllValidWrappers() if type(entry) is QWidgetItem}


def test_a_lock_is_seen_where_it_matters(show) -> None:
    driver = show("vae-2d")
    first, second = (driver.find(f"latentSlider{dimension}") for dimension in range(2))
    assert not first.lock.isVisible()
    first.groove.setFocus()
    driver.wait(first.lock.isVisible)
    assert not second.lock.isVisible()
    left = first.groove.x(), first.groove.width()
    driver.qtbot.keyClick(first.groove, Qt.Key.Key_L)
    assert driver.window.controller.point.locked == {0}
    assert first.lock.hasFocus()
    driver.find("trainButton").setFocus()
    assert first.lock.isVisible()  # it is closed
    first.lock.setFocus()
    driver.qtbot.keyClick(first.lock, Qt.Key.Key_L)
    assert not driver.window.controller.point.locked
    assert first.groove.hasFocus()
    driver.find("trainButton").setFocus()
    driver.wait(lambda: not first.lock.isVisible())
    assert (first.groove.x(), first.groove.width()) == left


def test_a_traversal_shows_what_moving_the_slider_will_draw(show) -> None:
    """Its pictures are those that the decoder draws at the values that it stands for."""
    driver = show("vae-2d")
    slider = driver.find("latentSlider0")
    traversals = []
    keep = slider.set_traversal
    slider.set_traversal = lambda pictures: (traversals.append(pictures), keep(pictures))
    driver.find("latentSlider1").setValue(1.5)
    driver.wait(lambda: traversals and slider.groove.traversal is not None)
    value = float(slider.frames()[1])
    slider.setValue(value)
    driver.wait(lambda: driver.window.panel.image.picture is not None)
    point = driver.window.controller.point
    assert point.code.tolist() == pytest.approx([value, 1.5])
    answered = driver.window.controller.engine.inference.last_request
    pictures = []
    inference = driver.window.controller.engine.inference
    inference.decoded.connect(pictures.append)
    inference.decode(driver.window.controller.engine.project.shown.id, point.code)
    driver.wait(lambda: any(decoded.request_id > answered for decoded in pictures))
    large = pictures[-1].picture.astype(float)
    shrunk = large[: len(large) // 2 * 2, : len(large) // 2 * 2].reshape(14, 2, 14, 2).mean((1, 3))

    def is_like_the_newest() -> bool:  # the one of the point before may still have been under way
        half = traversals[-1][1].astype(float)[:26, :26].reshape(13, 2, 13, 2).mean((1, 3))
        are_like = np.corrcoef(shrunk[:13, :13].ravel(), half.ravel())[0, 1] > 0.8
        return are_like and abs(shrunk.mean() - half.mean()) < 6  # of 255

    driver.wait(is_like_the_newest)


def test_traversals_follow_the_training(driver) -> None:
    driver.train(epochs="1000")
    slider = driver.find("latentSlider0")
    driver.wait(lambda: slider.groove.traversal is not None)
    first = slider.groove.traversal
    driver.wait(lambda: slider.groove.traversal != first)
    assert driver.state == "training"


def test_a_locked_coordinate_stays_whatever_moves_the_point(show) -> None:
    driver = show("vae-20d")
    point = driver.window.controller.point
    slider = driver.find("latentSlider17")
    slider.setValue(1.25)
    slider.lock.click()
    assert not slider.groove.isEnabled()
    driver.click("randomiseButton")
    assert point.code[17] == 1.25
    assert (np.delete(point.code, 17) != 0).all()
    driver.window.stage.scatter.image_chosen.emit(4)
    assert point.code[17] == 1.25
    driver.click("resetButton")
    assert point.code[17] == 1.25
    assert (np.delete(point.code, 17) == 0).all()
    assert not driver.find("resetButton").isEnabled()  # there is nothing left to reset
    slider.lock.click()
    assert driver.find("resetButton").isEnabled()


def test_randomise_has_a_temperature(show) -> None:
    driver = show("vae-20d")
    spreads = {}
    for temperature in (0.1, 3.0):
        driver.find("temperatureSpin").setValue(temperature)
        draws = []
        for _ in range(20):
            driver.click("randomiseButton")
            draws.append(driver.window.controller.point.code)
        spreads[temperature] = np.std(draws)
    assert spreads[0.1] == pytest.approx(0.1, rel=0.2)
    assert spreads[3.0] == pytest.approx(3, rel=0.2)


def test_wheel_and_arrow_keys_move_a_slider_that_has_the_focus(show) -> None:
    driver = show("vae-2d")
    slider = driver.find("latentSlider0")
    wheel = QWheelEvent(
        QPointF(40, 10),
        slider.groove.mapToGlobal(QPointF(40, 10)),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(slider.groove, wheel)
    assert slider.value() == 0  # in passing it scrolls the panel
    slider.groove.setFocus()
    driver.wait(slider.groove.hasFocus)
    driver.qtbot.keyClick(slider.groove, Qt.Key.Key_Right)
    after_key = slider.value()
    assert after_key > 0
    QApplication.sendEvent(slider.groove, wheel)
    assert slider.value() > after_key
    driver.qtbot.mouseClick(slider.groove, Qt.MouseButton.RightButton)
    assert slider.value() == 0


def test_128_dimensions_have_128_sliders_that_follow_and_decode(driver) -> None:
    driver.train_to_the_end(latentDim="128", epochs="1")
    point = driver.window.controller.point
    driver.decoded()
    before = driver.picture
    driver.click("randomiseButton")
    driver.wait(lambda: driver.picture != before)
    for dimension in (0, 64, 127):
        assert driver.find(f"latentSlider{dimension}").value() == pytest.approx(point.code[dimension])
    assert 2 <= len(sliders(driver).visible_dimensions()) < 40  # traversals are decoded for these alone


def test_what_is_drawn_along_other_directions_ends_where_the_point_does(show) -> None:
    """Traversals are asked for less often than a hand moves; the last place is asked for always."""
    driver = show("vae-2d")
    requests = driver.window.controller.engine.inference

    def asked_at(value):
        newest = requests.newest("traversal 1")
        return newest is not None and np.allclose(newest.codes[:, 0], value)

    driver.wait(lambda: asked_at(0))
    for value in np.linspace(-2, 2, 30):
        driver.find("latentSlider0").setValue(float(value))
    assert not asked_at(2)
    driver.wait(lambda: asked_at(2))


def test_a_move_paints_nothing_but_what_it_changes(show) -> None:
    """What lies under pictures and sliders would cost a fifth of each move: it is not painted with them."""
    driver = show("vae-2d")
    driver.find("latentSlider0").setValue(0.5)  # from 0 on, the point can be reset, which is shown
    driver.qtbot.wait(300)
    painted = _Painted()
    QApplication.instance().installEventFilter(painted)
    for value in np.linspace(1, 2, 10):
        driver.find("latentSlider0").setValue(float(value))
        driver.qtbot.wait(20)
    QApplication.instance().removeEventFilter(painted)
    assert {"SliderGroove", "DecodedImage", "LatentSlider"} <= painted.kinds
    assert not {"MainWindow", "QDockWidget", "LatentPanel", "SliderList"} & painted.kinds


class _Painted(QObject):
    """Notes what kinds of widget are painted."""

    def __init__(self) -> None:
        super().__init__()
        self.kinds: set[str] = set()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.kinds.add(type(watched).__name__)
        return False
