"""The strip that shows what becomes of one image: hovered, clicked, taken by number, and sampled again."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTableView, QToolButton

from tests.gui.pointing import pixel_of
from vae_desktop.gui.widgets.flow_arrow import FlowArrow


class Strip:
    """The tool One image, in sight."""

    def __init__(self, driver):
        self.driver = driver
        driver.window.show_tool("drawing")
        self.view = driver.window.tools["drawing"]
        self.tool = driver.window.controller.workspaces.tools.drawing
        self.point = driver.window.controller.point
        self.scatter = driver.window.stage.scatter

    @property
    def codes(self):
        return self.driver.shown.codes

    def take(self, number):
        self.driver.find("padImageSpin").setValue(number)
        self.wait_for(number)

    def wait_for(self, number):
        mean = self.codes.mean[number]
        self.driver.wait(lambda: self.view.numbers.values and np.allclose(self.view.numbers.values[0], mean, atol=1e-3))


@pytest.fixture
def strip(shared_driver):
    return Strip(shared_driver.show("vae-2d"))


def test_an_image_without_pixels_is_shown_from_its_posterior_on(strip):
    strip.take(21)
    mean, stddev, noise, drawn = strip.view.numbers.values
    assert mean == pytest.approx(strip.codes.mean[21])
    assert stddev == pytest.approx(np.exp(strip.codes.log_stddev[21]))
    assert drawn == pytest.approx(mean + stddev * noise, abs=1e-6)
    kl = 0.5 * (stddev**2 + mean**2 - 2 * np.log(stddev) - 1).sum()
    strip.driver.wait(lambda: f"<b>{kl:.2f}</b>" in strip.view.loss.text())
    assert "needs the image" in strip.view.loss.text()
    assert strip.point.code == pytest.approx(mean)
    assert strip.scatter.overlays.posterior.isVisible()
    assert strip.view.pad.shows_other  # it says how to get the image
    assert not strip.view.take_button.isEnabled()
    assert "MNIST" in strip.view.take_button.toolTip()


def test_a_click_on_a_point_keeps_its_image(strip):
    strip.scatter.image_chosen.emit(33)
    strip.wait_for(33)
    assert strip.view.number.value() == 33
    assert "33" in strip.view.title.whole_text()


def test_the_strip_follows_the_mouse_and_goes_back(strip):
    strip.take(5)
    before = strip.point.code
    strip.scatter.image_hovered.emit(40)
    strip.wait_for(40)
    assert "40" in strip.view.title.whole_text()
    assert np.array_equal(strip.point.code, before)  # looking moves nothing
    strip.scatter.hover_ended.emit()
    strip.wait_for(5)


def test_sampling_again_takes_the_point_from_the_mean_to_another_sample(strip):
    strip.take(7)
    first = strip.view.numbers.values
    strip.driver.wait(lambda: strip.view.sample.picture is not None)
    way = []
    note = strip.point.moved.connect(lambda code: way.append(code))
    strip.driver.find("sampleAgainButton", QToolButton).click()
    strip.driver.wait(lambda: len(way) > 1 and np.array_equal(strip.point.code, strip.view.numbers.values[3]))
    strip.point.moved.disconnect(note)
    mean, _, noise, drawn = strip.view.numbers.values
    assert not np.array_equal(noise, first[2])
    assert np.array_equal(mean, first[0])
    steps = [float((code - mean) @ (drawn - mean)) for code in way]
    assert steps == sorted(steps)
    strip.driver.wait(lambda: strip.driver.picture == strip.view.sample.picture.tobytes())


def test_a_hand_that_takes_the_point_ends_the_glide(strip):
    strip.take(8)
    strip.driver.find("sampleAgainButton", QToolButton).click()
    strip.driver.wait(lambda: not np.array_equal(strip.point.code, strip.view.numbers.values[0]))
    strip.point.set_coordinate(0, -2.5)
    strip.take(9)
    strip.scatter.position_pointed.emit(np.array([1.5, 1.5], np.float32))
    strip.driver.decoded()
    assert strip.point.code.tolist() == [1.5, 1.5]


def test_an_autoencoder_has_a_code_and_nothing_to_sample(shared_driver):
    strip = Strip(shared_driver.show("ae-2d"))
    strip.take(3)
    (code,) = strip.view.numbers.values
    assert code == pytest.approx(strip.codes.mean[3])
    assert not strip.view.sample_button.isVisible()
    assert not strip.driver.find("sampleTable", QTableView).isVisible()
    assert not strip.view.sample.isVisible()


def test_of_many_dimensions_all_can_be_scrolled_to_side_by_side(shared_driver):
    strip = Strip(shared_driver.show("vae-20d"))
    strip.take(3)
    tables = [strip.driver.find(name, QTableView) for name in ("posteriorTable", "sampleTable")]
    assert [table.model().rowCount() for table in tables] == [20, 20]
    tables[1].verticalScrollBar().setValue(5)
    assert tables[0].rowAt(2) == tables[1].rowAt(2) == 5


def test_every_sign_and_arrow_is_explained(strip):
    strip.take(2)
    table = strip.driver.find("posteriorTable", QTableView).model()
    for column, word in enumerate(("mean", "standard deviation", "Noise", "sample")):
        tip = Qt.ItemDataRole.ToolTipRole
        tips = table.headerData(column, Qt.Orientation.Horizontal, tip), table.index(0, column).data(tip)
        assert all(word in tip for tip in tips)
    for name in ("encoderArrow", "samplingArrow", "decoderArrow"):
        assert strip.driver.find(name, FlowArrow).toolTip()


def test_the_posterior_follows_training(shared_driver):
    driver = shared_driver
    driver.train(epochs="100000")
    strip = Strip(driver)
    driver.wait(lambda: strip.codes is not None)
    strip.driver.find("padImageSpin").setValue(11)
    driver.wait(lambda: strip.view.loss.text() and strip.tool.number == 11)
    assert "=" in strip.view.loss.text()  # the digits are at hand
    driver.wait(lambda: strip.view.title.whole_text() == f"test image 11, class {strip.codes.labels[11]}")
    before = strip.view.numbers.values
    driver.wait(lambda: not np.array_equal(strip.view.numbers.values[0], before[0]))
    driver.wait(lambda: np.allclose(strip.point.code, strip.view.numbers.values[0]))
    driver.stop()


def test_nothing_sticks_out_of_the_dock_of_a_small_window(strip):
    area = strip.view.parentWidget()
    assert strip.view.mapTo(area, QPoint(0, 0)) == QPoint(0, 0)
    assert strip.view.width() <= area.width()
    assert strip.view.height() <= area.height()


def test_the_ellipses_are_labelled_without_covering_other_labels(strip):
    labels = strip.scatter.posterior_labels
    for number in range(0, 60, 3):
        strip.scatter.image_chosen.emit(number)
        assert labels.rects.keys() in ({"μ · 1σ · 2σ"}, {"μ", "1σ", "2σ"})
        taken = [*strip.scatter.overlays.label_rects(), *strip.scatter.class_labels.rects]
        rects = list(labels.rects.values())
        assert all(strip.scatter.plot.view_rect().contains(rect) for rect in rects)
        overlapping = [other for rect in rects for other in taken if rect.intersects(other)]
        assert len(overlapping) <= 1, number  # where every place beside the point is taken
    strip.scatter.set_chosen(None)
    assert not labels.rects


def test_where_they_are_large_each_ellipse_has_its_own_label(strip):
    plot = strip.scatter.plot
    strip.take(4)
    (x, y), (across, up) = strip.codes.mean[4].tolist(), np.exp(strip.codes.log_stddev[4]).tolist()
    plot.getViewBox().setRange(xRange=(x - 4 * across, x + 4 * across), yRange=(y - 4 * up, y + 4 * up))
    strip.driver.wait(lambda: strip.scatter.posterior_labels.rects.keys() == {"μ", "1σ", "2σ"})
    rects = list(strip.scatter.posterior_labels.rects.values())
    assert not any(one.intersects(other) for one in rects for other in rects if one is not other)
    plot.fit()


def shown_around(strip, number):
    """The half width and height of what is in sight, in σ of the posterior of an image, if μ is in the middle."""
    view, stddev = strip.scatter.plot.view_rect(), np.exp(strip.codes.log_stddev[number])
    middle = np.array(view.center().toTuple())
    if not np.allclose(middle, strip.codes.mean[number], atol=0.3 * stddev.min()):
        return None
    return np.array([view.width(), view.height()]) / 2 / stddev


def test_a_button_and_the_label_zoom_to_the_posterior_and_back(strip):
    plot, button = strip.scatter.plot, strip.driver.find("zoomPosteriorButton", QToolButton)
    plot.fit()
    strip.take(0)
    whole = plot.view_rect()
    button.click()
    strip.driver.wait(lambda: shown_around(strip, 0) is not None and shown_around(strip, 0).min() < 3.3)
    assert shown_around(strip, 0).min() == pytest.approx(3, abs=0.3)
    strip.take(1)  # the view goes along
    strip.driver.wait(lambda: shown_around(strip, 1) is not None and shown_around(strip, 1).min() < 3.3)
    button.click()
    strip.driver.wait(lambda: plot.view_rect().width() == pytest.approx(whole.width(), rel=0.02))
    rect = strip.scatter.posterior_labels.rects["μ · 1σ · 2σ"]
    place = pixel_of(plot, rect.center().toTuple())
    before = strip.point.code
    QTest.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert np.array_equal(strip.point.code, before)
    assert button.isChecked()
    strip.driver.wait(lambda: shown_around(strip, 1) is not None and shown_around(strip, 1).min() < 3.3)
    QTest.keyClick(plot, Qt.Key.Key_F)
    assert not button.isChecked()
    assert plot.view_rect().width() == pytest.approx(whole.width(), rel=0.1)
    QTest.keyClick(plot, Qt.Key.Key_Z)
    assert button.isChecked()
    plot.fit()


def test_what_has_no_ellipses_cannot_be_zoomed_to(strip):
    strip.take(0)
    button = strip.driver.find("zoomPosteriorButton", QToolButton)
    overlay = strip.driver.find("posteriorOverlayAction", QAction)
    overlay.setChecked(False)
    assert not button.isEnabled()
    assert "Posterior of an image" in button.toolTip()
    overlay.setChecked(True)
    assert button.isEnabled()


def test_the_field_shows_no_number_but_that_of_the_test_image_on_show(shared_driver):
    driver = shared_driver
    driver.train_to_the_end()
    strip = Strip(driver)
    strip.take(5)
    driver.find("allImagesAction", QAction).setChecked(True)
    count = len(strip.codes)
    driver.wait(lambda: driver.shown.train_codes is not None)
    strip.scatter.image_hovered.emit(40)
    assert strip.view.number.value() == 40
    strip.scatter.image_chosen.emit(count + 12)
    strip.scatter.hover_ended.emit()
    driver.wait(lambda: strip.view.title.whole_text().startswith("training image 12"))
    assert strip.view.number.text() == ""
    assert strip.view.number.error == ""
    driver.find("takeImageButton", QToolButton).click()
    assert strip.view.title.whole_text() == "your image"
    assert strip.view.number.text() == ""
    assert not strip.view.take_button.isEnabled()
    strip.view.number.stepUp()
    driver.wait(lambda: strip.view.title.whole_text().startswith("test image 0"))
    driver.find("testImagesAction", QAction).setChecked(True)


def test_the_error_is_shown_in_place_of_the_reconstruction(shared_driver):
    strip = Strip(shared_driver.show("vae-2d"))
    strip.take(3)
    button = strip.driver.find("errorMapCheck")
    assert not button.isEnabled()  # MNIST is not at hand
    strip.driver.train_to_the_end()
    strip.driver.find("padImageSpin").setValue(5)
    strip.driver.wait(lambda: button.isEnabled())
    plain = strip.view.reconstruction.picture
    button.click()
    shown = strip.view.reconstruction.picture
    image = strip.tool.pixels().transpose(1, 2, 0)
    error = np.abs(image.astype(int) - plain).sum(2)
    redness = shown[..., 0].astype(int) - shown[..., 1]
    assert redness.flat[error.argmax()] > 50
    assert redness.flat[error.argmin()] < 10
    button.click()
    assert np.array_equal(strip.view.reconstruction.picture, plain)
