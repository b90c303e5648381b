"""Drawing on the pad, and what becomes of it."""

import re

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QSlider, QToolButton

from vae_desktop.data.drawing_preprocessing import image_of_drawing
from vae_desktop.gui.widgets.drawing_pad import DrawingPad

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
SEVEN = [(0.3, 0.25), (0.7, 0.25), (0.45, 0.8)]


def place(pad, share):
    rect = pad.canvas_rect()
    return QPoint(round(rect.left() + share[0] * rect.width()), round(rect.top() + share[1] * rect.height()))


def draw(pad, corners, button=LEFT):
    """One stroke with the mouse."""
    QTest.mousePress(pad, button, pos=place(pad, corners[0]))
    for corner in corners[1:]:
        # QTest.mouseMove carries no buttons where no real mouse is.
        QTest.mouseEvent(QTest.MouseAction.MouseMove, pad, button, Qt.KeyboardModifier.NoModifier, place(pad, corner))
    QTest.mouseRelease(pad, button, pos=place(pad, corners[-1]))


@pytest.fixture
def pad(qtbot):
    widget = DrawingPad()
    qtbot.addWidget(widget)
    widget.resize(300, 300)
    widget.show()
    widget.set_image_shape((1, 28, 28), 0)
    return widget


class Board:
    """The tool with an empty pad."""

    def __init__(self, driver):
        self.driver = driver
        self.view = driver.window.tools["drawing"]
        self.pad = self.view.pad
        self.drawing = driver.window.controller.workspaces.tools.drawing
        self.point = driver.window.controller.point
        driver.window.show_tool("drawing")
        self.pad.clear()
        driver.find("clearPadButton", QToolButton).click()  # an image of the data set may be at hand
        self.view.preprocessing_box.setChecked(True)

    def wait_for_loss(self):
        self.driver.wait(lambda: self.view.loss.text() and self.view.reconstruction.picture is not None)

    def numbers(self):
        """The loss, and the terms that it is the sum of."""
        return [float(number) for number in re.findall(r"<b>(-?[\d.]+)<", self.view.loss.text())]


@pytest.fixture
def board(shared_driver):
    return Board(shared_driver.show("vae-2d"))


# The pad


def test_a_stroke_leaves_ink_along_its_way(pad):
    draw(pad, [(0.2, 0.5), (0.8, 0.5)])
    pixels = pad.pixels()[..., 0]
    assert (pixels[140, 60:220] == 255).all()
    assert pixels[140 - 25, 100:200].max() == 0
    assert pad.is_drawing
    assert not pad.is_empty


def test_a_wider_brush_leaves_more(pad):
    draw(pad, [(0.2, 0.5), (0.8, 0.5)])
    thin = (pad.pixels() > 0).sum()
    pad.clear()
    pad.brush_fraction = 0.2
    draw(pad, [(0.2, 0.5), (0.8, 0.5)])
    assert (pad.pixels() > 0).sum() > 1.8 * thin


def test_the_eraser_and_the_right_button_take_ink_away(pad):
    draw(pad, [(0.2, 0.5), (0.8, 0.5)])
    draw(pad, [(0.5, 0.3), (0.5, 0.7)], RIGHT)
    assert pad.pixels()[140, 140, 0] == 0
    assert pad.pixels()[140, 80, 0] == 255
    pad.erases = True
    draw(pad, [(0.1, 0.5), (0.9, 0.5)])
    assert pad.pixels()[140, 100, 0] == 0


def test_undo_goes_back_stroke_by_stroke_and_redo_forward(pad):
    draw(pad, [(0.2, 0.2), (0.8, 0.2)])
    one = pad.pixels()
    draw(pad, [(0.2, 0.8), (0.8, 0.8)])
    two = pad.pixels()
    pad.setFocus()
    QTest.keyClick(pad, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert np.array_equal(pad.pixels(), one)
    pad.undo_stack.undo()
    assert pad.is_empty
    pad.undo_stack.undo()  # there is nothing more
    pad.undo_stack.redo()
    pad.undo_stack.redo()
    assert np.array_equal(pad.pixels(), two)
    pad.undo_stack.undo()
    draw(pad, [(0.5, 0.5), (0.6, 0.6)])
    assert not pad.undo_stack.canRedo()


def test_clearing_can_be_undone(pad):
    draw(pad, SEVEN)
    drawn = pad.pixels()
    QTest.keyClick(pad, Qt.Key.Key_Delete)
    assert pad.is_empty
    pad.undo_stack.undo()
    assert np.array_equal(pad.pixels(), drawn)


def test_a_click_leaves_a_dot_and_every_move_is_told(pad, qtbot):
    told = []
    pad.changed.connect(lambda: told.append(int((pad.pixels() > 0).sum())))
    QTest.mouseClick(pad, LEFT, pos=place(pad, (0.5, 0.5)))
    assert told[0] > 100
    draw(pad, SEVEN)
    assert len(told) == 4  # the dot, the press, two moves
    assert told == sorted(told)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 28, 28), (1, 20, 40), (1, 128, 128)])
def test_a_pad_for_images_of_any_shape(pad, shape):
    pad.set_image_shape(shape, 0)
    draw(pad, SEVEN)
    pixels = pad.pixels()
    assert pixels.shape[2] == shape[0]
    assert pixels.shape[0] / pixels.shape[1] == shape[1] / shape[2]
    image = image_of_drawing(pixels, 0, shape, None)
    assert image.shape == shape
    assert image.max() > 150
    laid = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    pad.lay_image(laid)
    assert np.array_equal(image_of_drawing(pad.pixels(), 0, shape, None), laid)


def test_what_is_drawn_stays_when_images_of_another_shape_come(pad):
    draw(pad, [(0.2, 0.5), (0.8, 0.5)])
    draw(pad, [(0.2, 0.9), (0.8, 0.9)])
    pad.set_image_shape((3, 8, 8), 255)
    pixels = pad.pixels()
    assert pixels.shape == (280, 280, 3)
    assert pad.paper == 0  # that it was drawn on
    assert (pixels[140, 60:220] == 255).all()
    pad.undo_stack.undo()
    assert pad.pixels()[252].max() == 0
    pad.undo_stack.undo()
    assert pad.is_empty


def test_dark_ink_on_white_paper(pad):
    pad.set_image_shape((1, 28, 28), 255)
    draw(pad, SEVEN)
    assert pad.pixels().min() == 0
    assert pad.pixels()[0, 0, 0] == 255


# With a model


def test_a_drawing_is_framed_coded_and_decoded_at_once(board):
    draw(board.pad, SEVEN)
    board.wait_for_loss()
    image = board.drawing.image
    assert image.shape == (1, 28, 28)
    rows = np.flatnonzero(image[0].max(1))
    assert rows[-1] - rows[0] + 1 == 20
    assert board.view.input.picture[..., 0].tobytes() == image[0].tobytes()
    code = board.drawing.coded.codes.mean[0]
    assert board.point.code == pytest.approx(code)
    board.driver.wait(lambda: board.driver.window.panel.image.picture is not None)
    board.driver.wait(lambda: board.driver.picture == board.view.reconstruction.picture.tobytes())
    codes = board.driver.window.controller.engine.project.shown.codes
    nearest = codes.labels[np.linalg.norm(codes.mean - code, axis=1).argsort()[:20]]
    assert np.bincount(nearest).argmax() == 7


def test_the_terms_add_up_to_the_loss(board):
    draw(board.pad, SEVEN)
    board.wait_for_loss()
    total, reconstruction, kl = board.numbers()
    assert total == pytest.approx(reconstruction + kl, abs=0.011)
    coded = board.drawing.coded
    mean, log_stddev = coded.codes.mean[0], coded.codes.log_stddev[0]
    assert kl == pytest.approx(0.5 * (np.exp(2 * log_stddev) + mean**2 - 2 * log_stddev - 1).sum(), abs=0.01)


def test_the_posterior_is_on_the_scatter_as_long_as_the_pad_is_in_sight(board):
    overlay = board.driver.window.stage.scatter.overlays.posterior
    draw(board.pad, SEVEN)
    board.wait_for_loss()
    codes = board.drawing.coded.codes
    box = overlay.path(1.0).boundingRect()
    assert (box.center().x(), box.center().y()) == pytest.approx(codes.mean[0], abs=1e-3)
    assert box.width() / 2 == pytest.approx(np.exp(codes.log_stddev[0, 0]), rel=0.01)
    board.driver.window.show_tool("samples")
    assert not overlay.isVisible()


def test_every_stroke_moves_the_code(board):
    draw(board.pad, SEVEN)
    board.wait_for_loss()
    first = board.point.code
    draw(board.pad, [(0.3, 0.5), (0.7, 0.5)])
    board.driver.wait(lambda: not np.array_equal(board.point.code, first))
    board.driver.find("undoButton", QToolButton).click()
    board.driver.wait(lambda: np.allclose(board.point.code, first))
    board.driver.find("clearPadButton", QToolButton).click()
    assert board.view.reconstruction.picture is None
    assert board.view.loss.text() == ""


def test_framing_can_be_left_out(board):
    draw(board.pad, [(0.05, 0.05), (0.3, 0.05)])
    board.driver.find("framingCheck", QCheckBox).setChecked(False)
    assert board.drawing.image[0, :4, :10].max() > 200
    assert board.drawing.image[0, 10:].max() == 0


def test_an_autoencoder_has_one_code(shared_driver):
    board = Board(shared_driver.show("ae-2d"))
    draw(board.pad, SEVEN)
    board.wait_for_loss()
    total, reconstruction = board.numbers()
    assert reconstruction == total
    assert board.view.numbers.values[0] == pytest.approx(board.drawing.coded.codes.mean[0])
    assert len(board.view.numbers.values) == 1
    assert not board.view.sample.isVisible()
    assert not board.view.sample_button.isVisible()


def test_the_same_drawing_goes_through_another_model(board):
    draw(board.pad, SEVEN)
    board.wait_for_loss()
    board.driver.show("vae-20d")
    board.driver.wait(lambda: len(board.point.code) == 20 and board.view.loss.text())
    assert board.drawing.image is not None
    assert board.point.code == pytest.approx(board.drawing.coded.codes.mean[0])


def test_what_was_drawn_before_there_was_a_model_is_coded_by_the_first(driver):
    board = Board(driver)
    draw(board.pad, SEVEN)
    assert board.view.loss.text() == ""
    driver.train(epochs="100000")
    board.wait_for_loss()
    assert not board.pad.is_empty
    assert board.pad.undo_stack.canUndo()


def test_drawing_while_training_follows_the_model(shared_driver):
    driver = shared_driver
    driver.train(epochs="100000")
    board = Board(driver)
    draw(board.pad, SEVEN)
    board.wait_for_loss()
    first = board.drawing.coded
    driver.wait(lambda: board.drawing.coded is not first and board.drawing.coded.loss is not None)
    assert board.point.code == pytest.approx(board.drawing.coded.codes.mean[0])
    board.point.set_coordinate(0, 3.0)  # a hand takes the point elsewhere: it stays there
    later = board.drawing.coded
    driver.wait(lambda: board.drawing.coded is not later)
    assert board.point.code[0] == 3.0
    driver.stop()


def test_a_weight_that_is_changed_in_training_is_that_of_the_loss_shown(shared_driver):
    driver = shared_driver
    driver.train(epochs="100000")
    board = Board(driver)
    draw(board.pad, SEVEN)
    board.wait_for_loss()
    driver.window.controller.engine.starter.adjust("beta", 4.0)
    driver.wait(lambda: "4 ×" in board.view.loss.text())
    total, reconstruction, kl = board.numbers()
    assert total == pytest.approx(reconstruction + 4 * kl, rel=0.01)
    driver.stop()


def test_a_test_image_is_laid_on_the_pad(shared_driver):
    driver = shared_driver
    driver.train_to_the_end()
    board = Board(driver)
    test = driver.engine.datasets.held(driver.shown.config.dataset).test
    driver.find("padImageSpin").setValue(5)
    assert board.view.input.picture[..., 0].tobytes() == test.images[5].tobytes()  # as it is: it is of the data set
    board.wait_for_loss()
    driver.wait(lambda: board.view.nearest.board.pictures is not None)
    board.view.take_button.click()
    before = board.drawing.image
    draw(board.pad, [(0.1, 0.1), (0.9, 0.1)])
    assert not np.array_equal(board.drawing.image, before)
    board.pad.undo_stack.undo()
    assert np.array_equal(board.drawing.image, before)


def drop(pad, data):
    event = QDropEvent(QPointF(20, 20), Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier)
    pad.dropEvent(event)


def file_data(path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    return data


def test_a_picture_file_of_another_size_and_mode_is_dropped(board, tmp_path):
    colours = np.zeros((60, 90, 3), np.uint8)
    colours[10:50, 30:60] = (255, 255, 255)
    Image.fromarray(colours).save(tmp_path / "white.png")
    drop(board.pad, file_data(tmp_path / "white.png"))
    board.wait_for_loss()
    assert board.drawing.image.shape == (1, 28, 28)
    assert board.drawing.image[0, 14, 14] == 255
    assert board.drawing.image[0, 0, 0] == 0
    board.driver.find("invertButton", QToolButton).click()
    assert board.drawing.image[0, 14, 14] == 0
    board.pad.undo_stack.undo()
    board.pad.undo_stack.undo()
    assert board.pad.is_empty


def test_an_image_is_pasted(board):
    image = QImage(40, 40, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    QApplication.clipboard().setImage(image)
    QTest.keyClick(board.pad, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert (board.drawing.image == 255).all()


def test_a_file_that_is_no_picture_changes_nothing(board, tmp_path):
    draw(board.pad, SEVEN)
    drawn = board.pad.pixels()
    for name, content in (("notes.png", b"no picture at all"), ("empty.png", b"")):
        (tmp_path / name).write_bytes(content)
        drop(board.pad, file_data(tmp_path / name))
        assert name in board.driver.window.banner.text()
        assert np.array_equal(board.pad.pixels(), drawn)


def test_brush_and_eraser_are_chosen_with_their_buttons(board):
    board.driver.find("brushWidthSlider", QSlider).setValue(20)
    draw(board.pad, [(0.2, 0.5), (0.8, 0.5)])
    assert (board.pad.pixels()[:, 140, 0] > 128).sum() == pytest.approx(0.2 * 280, abs=3)
    board.driver.find("eraserButton", QToolButton).click()
    draw(board.pad, [(0.0, 0.5), (1.0, 0.5)])
    assert board.pad.is_empty
    board.driver.find("brushButton", QToolButton).click()
    draw(board.pad, SEVEN)
    assert not board.pad.is_empty
