"""The sheet of images: before a training, after one, and what a person does with an image of their own."""

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPlainTextEdit, QToolButton

from vae_desktop.gui.widgets.image_sheet import ImageSheet


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A folder of 40 small pictures in two classes, one of which is unlike all others, and a broken file."""
    folder = tmp_path_factory.mktemp("pictures")
    random = np.random.default_rng(0)
    for name, colour in (("cat", 60), ("dog", 200)):
        (folder / name).mkdir()
        for number in range(20):
            pixels = np.clip(colour + random.normal(0, 8, (12, 12, 1)) + np.zeros(3), 0, 255)
            if (name, number) == ("dog", 7):
                pixels = random.uniform(0, 255, (12, 12, 3))
            Image.fromarray(pixels.astype(np.uint8)).save(folder / name / f"{number:02}.png")
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return folder


def open_images(driver, path=None):
    """Show the tool, with the pictures of a folder."""
    driver.window.show_tool("images")
    view = driver.window.tools["images"]
    if path is not None:
        before = controller_of(driver).images
        driver.window.controller.training.open_images(path)
        driver.wait(lambda: controller_of(driver).images is not before)
    return view


def click(view, index, modifiers=Qt.KeyboardModifier.NoModifier):
    QTest.mouseClick(view.sheet.viewport(), Qt.MouseButton.LeftButton, modifiers, view.sheet.tile_rect(index).center())


def controller_of(driver):
    return driver.window.controller.workspaces.tools.images


def test_without_images_it_says_what_to_do(open_window):
    driver = open_window()
    driver.window.controller.workspaces.make_tools()
    driver.window.show_tool("images")
    assert "Choose a data set in Setup" in driver.window.tools["images"].sheet.empty_text


def test_before_training_it_shows_the_images_their_rule_and_what_was_skipped(shared_driver, pictures):
    view = open_images(shared_driver, pictures)
    assert view.about.whole_text() == f"{pictures.name} · 40 images · 12 × 12, colour · values 0 to 255, as they are"
    assert [view.classes.item(row).toolTip() for row in range(3)] == ["All classes: 40", "cat: 20", "dog: 20"]
    assert view.report.text() == "1 skipped"
    assert "broken.png" in shared_driver.find("imagesReport", QPlainTextEdit).toPlainText()
    click(view, 3)
    assert view.chosen.place.whole_text() == "cat/03.png"
    assert "class cat" in view.chosen.title.whole_text()
    view.classes.setCurrentRow(2)
    assert view.sheet.count == 20
    view.part.set_value("test")
    assert view.about.whole_text().split(" · ")[1] == "4 of 40 images"
    view.part.set_value("all")
    view.classes.setCurrentRow(0)


def test_arrow_keys_shift_and_ctrl_choose_images(shared_driver, pictures):
    view = open_images(shared_driver, pictures)
    sheet = view.sheet
    sheet.setFocus()
    QTest.keyClick(sheet, Qt.Key.Key_Home)
    QTest.keyClick(sheet, Qt.Key.Key_Right)
    assert sheet.current == 1
    QTest.keyClick(sheet, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert sheet.chosen.tolist() == [1, 2]
    click(view, 0, Qt.KeyboardModifier.ControlModifier)
    assert sheet.chosen.tolist() == [0, 1, 2]
    QTest.keyClick(sheet, Qt.Key.Key_End)
    assert sheet.current == 39
    assert 39 in sheet.in_sight()
    QTest.keyClick(sheet, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(sheet.chosen) == 40
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    assert not len(sheet.chosen)
    assert view.chosen.image.picture is None


def test_another_rule_gives_other_pixels(shared_driver, pictures):
    driver, view = shared_driver, open_images(shared_driver, pictures)
    click(view, 0)
    before = view.chosen.image.picture
    view.change.click()
    box = driver.window.setup.form.box("levels")
    driver.wait(box.hasFocus)
    box.set_value("percentiles")
    driver.wait(lambda: "percentiles" in view.about.whole_text())
    click(view, 0)
    assert not np.array_equal(view.chosen.image.picture, before)
    box.set_value("auto")
    driver.wait(lambda: "as they are" in view.about.whole_text())


def test_a_trained_model_shows_its_reconstruction_and_its_code(shared_driver, pictures):
    driver, view = shared_driver, open_images(shared_driver, pictures)
    driver.train_to_the_end(batchSize="16")
    driver.wait(lambda: view.sheet.count == 40)
    for number in (0, 39):  # one of them a training image
        view.sheet.choose(np.array([number]), number)
        driver.wait(lambda: view.chosen.error.picture is not None)
        reconstruction = view.chosen.reconstruction.picture
        assert reconstruction.shape == view.chosen.error.picture.shape
        driver.find("goToImageButton", QToolButton).click()
        driver.wait(lambda made=reconstruction: np.array_equal(driver.window.panel.image.picture, made))


def test_images_of_another_model_are_not_reconstructed(shared_driver, pictures):
    driver = shared_driver.show("vae-2d")
    view = open_images(driver, pictures)
    click(view, 0)
    assert view.chosen.reconstruction.empty_text == "not of the model on screen"
    assert "other images" in driver.find("goToImageButton", QToolButton).toolTip()


def test_the_menu_leads_to_the_tool(shared_driver):
    shared_driver.window.show_tool("samples")
    shared_driver.find("imagesAction", QAction).trigger()
    assert shared_driver.window.tools["images"].is_in_sight


def test_a_hundred_thousand_pictures_are_scrolled_without_painting_all(qtbot):
    asked = []

    def picture(index):
        asked.append(index)
        return np.zeros((8, 8, 1), np.uint8)

    sheet = ImageSheet()
    qtbot.addWidget(sheet)
    sheet.resize(400, 200)
    sheet.show()
    sheet.set_pictures(100_000, (8, 8), picture)
    sheet.choose(np.array([99_999]), 99_999)
    sheet.grab()
    assert 99_999 in asked
    assert len(set(asked)) < 200
