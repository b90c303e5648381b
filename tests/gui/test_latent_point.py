"""One current point: whoever moves it, every view follows."""

import itertools

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest

from tests.gui.pointing import double_click, pixel_of
from vae_desktop.gui.views.stage.hover_card import HoverCard
from vae_desktop.gui.views.stage.latent_scatter import LatentScatter
from vae_desktop.gui.widgets.number_field import NumberField
from vae_desktop.gui.widgets.theme import class_palette, current_theme
from vae_desktop.latent.codes import Codes


@pytest.fixture(scope="module")
def models(_shared_driver):
    """A model of two and one of five latent dimensions."""
    found = {}
    for latent_dim, epochs in ((2, "5"), (5, "2")):
        _shared_driver.train_to_the_end(latentDim=str(latent_dim), epochs=epochs)
        found[latent_dim] = _shared_driver.shown
    return found


def shown_anew(driver, run):
    """Have a model on screen as it is when it has just been trained: at 0, and nothing under the mouse."""
    driver.window.stage.scatter.hover.hide()
    driver.engine.project.show(run)
    driver.window.controller.point.move_to(np.zeros(run.config.model.latent_dim, np.float32))
    driver.decoded()
    return driver


@pytest.fixture
def trained(shared_driver, models):
    """The model of two dimensions."""
    return shown_anew(shared_driver, models[2])


@pytest.fixture
def five(shared_driver, models):
    """The model of five dimensions."""
    return shown_anew(shared_driver, models[5])


def free_place(scatter: LatentScatter) -> QPoint:
    """A place in the plot's viewport, not near the middle, where a click is not one on a point."""
    viewport = scatter.plot.viewport()
    for part, below in itertools.product((0.66, 0.72, 0.78, 0.84, 0.9), (0.25, 0.2, 0.15, 0.1)):
        where = QPoint(int(viewport.width() * part), int(viewport.height() * below))
        if scatter.hover.nearest(scatter.plot.mapToScene(where)) is None:
            return where
    raise AssertionError("points everywhere")


def test_a_click_in_the_scatter_moves_sliders_and_picture(trained) -> None:
    plot = trained.window.stage.scatter.plot
    before = trained.picture
    where = free_place(trained.window.stage.scatter)
    expected = plot.getViewBox().mapSceneToView(plot.mapToScene(where))
    trained.qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=where)
    trained.wait(lambda: trained.picture != before)
    assert trained.find("latentSlider0").value() == pytest.approx(expected.x(), abs=0.05)
    assert trained.find("latentSlider1").value() == pytest.approx(expected.y(), abs=0.05)


def test_a_click_on_a_point_moves_the_point_to_the_whole_code_of_its_image(five) -> None:
    driver = five
    scatter = driver.window.stage.scatter
    means = driver.window.controller.engine.project.shown.codes.mean
    outermost = int(np.abs(scatter.plot.positions[:, 0]).argmax())
    where = pixel_of(scatter.plot, scatter.plot.positions[outermost])
    image = scatter.hover.nearest(scatter.plot.mapToScene(where))
    driver.decoded()
    before = driver.picture
    driver.qtbot.mouseClick(scatter.plot.viewport(), Qt.MouseButton.LeftButton, pos=where)
    np.testing.assert_array_equal(driver.window.controller.point.code, means[image])
    assert [driver.find(f"latentSlider{dimension}").value() for dimension in range(5)] == means[image].tolist()
    cursor = scatter.plot.cross_hair
    assert (cursor.x(), cursor.y()) == pytest.approx(scatter.plot.positions[image].tolist())
    driver.wait(lambda: driver.picture != before)


def hover_at_once(scatter: LatentScatter, image: int) -> int:
    """Have the mouse at a point before anything else happens; return the image on the card."""
    plot = scatter.plot
    plot.scene().sigMouseMoved.emit(plot.mapToScene(pixel_of(plot, plot.positions[image])))
    assert scatter.hover.index is not None
    return scatter.hover.index


def test_a_click_before_the_reconstruction_is_there_leaves_no_card_without_one(trained) -> None:
    scatter, card = trained.window.stage.scatter, trained.find("hoverCard", HoverCard)
    image = hover_at_once(scatter, 7)
    scatter.plot.clicked.emit(*scatter.plot.positions[image].tolist())
    trained.qtbot.waitUntil(lambda: not card.isVisible() or scatter.hover.reconstruction is not None, timeout=1000)


def test_the_picture_of_the_image_under_the_mouse_follows_its_code(trained, monkeypatch) -> None:
    scatter, session = trained.window.stage.scatter, trained.window.controller.engine
    image = hover_at_once(scatter, 7)
    trained.wait(lambda: scatter.hover.reconstruction is not None)
    before = scatter.hover.reconstruction
    run = session.project.shown
    codes = Codes(run.codes.mean + np.float32(0.01), run.codes.log_stddev, run.codes.labels)
    monkeypatch.setattr(run, "newest_codes", codes)
    with trained.qtbot.waitSignal(trained.window.controller.point.seen, timeout=1000) as seen:
        session.project.codes_changed.emit(run)
    np.testing.assert_array_equal(seen.args[0], run.codes.mean[image])
    trained.wait(lambda: scatter.hover.reconstruction is not before)
    assert scatter.hover.index == image


def test_a_drag_in_the_scatter_moves_the_point_all_the_way(trained) -> None:
    plot = trained.window.stage.scatter.plot
    start = QPoint(plot.viewport().width() // 2, plot.viewport().height() // 2)
    trained.qtbot.mousePress(plot.viewport(), Qt.MouseButton.LeftButton, pos=start)
    for step in range(1, 9):
        trained.qtbot.mouseMove(plot.viewport(), start + QPoint(12 * step, -6 * step))
    trained.qtbot.mouseRelease(plot.viewport(), Qt.MouseButton.LeftButton, pos=start + QPoint(96, -48))
    expected = plot.getViewBox().mapSceneToView(plot.mapToScene(start + QPoint(96, -48)))
    assert tuple(trained.window.controller.point.code) == pytest.approx((expected.x(), expected.y()), abs=0.05)


def test_a_slider_moves_the_cursor(trained) -> None:
    trained.find("latentSlider0").setValue(1.25)
    trained.find("latentSlider1").setValue(-0.5)
    cursor = trained.window.stage.scatter.plot.cross_hair
    assert (cursor.x(), cursor.y()) == pytest.approx((1.25, -0.5))


def test_arrow_keys_in_the_scatter_nudge_the_point(trained) -> None:
    plot = trained.window.stage.scatter.plot
    trained.qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert trained.find("latentSlider0").value() > 0
    assert trained.find("latentSlider1").value() == 0


def test_reset_and_randomise(trained) -> None:
    assert not trained.find("resetButton").isEnabled()
    trained.click("randomiseButton")
    assert trained.find("latentSlider0").value() != 0
    trained.click("resetButton")
    assert trained.find("latentSlider0").value() == 0
    assert not trained.find("resetButton").isEnabled()


def test_a_double_or_a_right_click_on_a_slider_resets_its_dimension_alone(trained) -> None:
    first, second = (trained.find(f"latentSlider{dimension}") for dimension in range(2))
    for click, button in ((double_click, Qt.MouseButton.LeftButton), (QTest.mouseClick, Qt.MouseButton.RightButton)):
        first.setValue(1.0)
        second.setValue(1.0)
        click(first.groove, button)
        assert first.value() == 0
        assert second.value() == 1.0
        assert trained.window.controller.point.code.tolist() == [0.0, 1.0]


def test_a_typed_value_beyond_the_range_is_taken_and_widens_it(trained) -> None:
    slider = trained.find("latentSlider0")
    slider.findChild(NumberField).setValue(42.5)
    assert slider.value() == 42.5
    assert slider.maximum() >= 42.5
    assert trained.window.controller.point.code[0] == 42.5


def test_slider_ranges_cover_the_codes(trained) -> None:
    codes = trained.window.controller.engine.project.shown.codes.mean
    for dimension in range(2):
        slider = trained.find(f"latentSlider{dimension}")
        assert slider.minimum() <= codes[:, dimension].min()
        assert slider.maximum() >= codes[:, dimension].max()


def test_axes_can_be_chosen_with_more_than_two_dimensions(five) -> None:
    driver = five
    driver.find("horizontalAxisCombo").setCurrentIndex(3)
    driver.find("verticalAxisCombo").setCurrentIndex(4)
    driver.window.stage.scatter.plot.dragged.emit(0.5, -0.25)
    np.testing.assert_allclose(driver.window.controller.point.code, [0, 0, 0, 0.5, -0.25])


def test_a_hidden_class_is_greyed_and_lies_below(trained) -> None:
    raster = trained.window.stage.scatter.plot.raster
    trained.find("classChip3").click()
    grey = QColor(current_theme().border).getRgb()[:3]
    style = raster.style
    labels = trained.window.controller.engine.project.shown.codes.labels
    count = int((labels == 3).sum())
    assert count > 0
    is_grey = (style.palette[style.colour_indices] == grey).all(1)
    np.testing.assert_array_equal(is_grey, labels == 3)
    drawn = style.order()  # the lowest first
    assert is_grey[drawn[:count]].all()
    assert not is_grey[drawn[count:]].any()
    trained.find("classChip3").click()


def test_the_scatter_paints_its_points(trained) -> None:
    image = trained.window.stage.scatter.plot.grab().toImage()
    colours = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    assert set(class_palette(10)) <= colours
