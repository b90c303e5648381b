"""The sheet of images: before a training, after one, and what a person does with an image of their own."""

import csv
import errno
import shutil
import zipfile

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QPlainTextEdit, QScrollArea, QToolButton

from vae_desktop.data.exclusions import read_exclusion
from vae_desktop.gui.views.tools.images_view import ImagesView
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
                pixels = np.zeros((12, 12, 3))
                pixels[:, :6, 0] = pixels[:, 6:, 2] = 255  # red beside blue
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
    assert view.about.whole_text() == f"40 images · 12 × 12, colour · bytes as they are · {pictures.name}"
    assert [view.classes.item(row).toolTip() for row in range(3)] == ["All classes: 40", "cat: 20", "dog: 20"]
    assert view.report.text() == "1 skipped"
    assert "broken.png" in shared_driver.find("imagesReport", QPlainTextEdit).toPlainText()
    click(view, 3)
    assert view.chosen.place.whole_text() == "cat/03.png"
    assert "class cat" in view.chosen.title.whole_text()
    view.classes.setCurrentRow(2)
    assert view.sheet.count == 20
    view.part.set_value("test")
    assert view.about.whole_text().split(" · ")[0] == "4 of 40 images"
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
    assert view.chosen.title.whole_text().startswith("3 chosen · training image")
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
    box.set_value("bounds")
    driver.type("blackField", "50")
    QTest.keyClick(driver.find("blackField"), Qt.Key.Key_Return)
    driver.wait(lambda: "values 50 to 255 become 0 to 255 (as given); they are 0 to 255" in view.about.whole_text())
    click(view, 0)
    assert not np.array_equal(view.chosen.image.picture, before)
    driver.type("whiteField", "150")
    QTest.keyClick(driver.find("whiteField"), Qt.Key.Key_Return)
    driver.wait(lambda: "values 50 to 150 become 0 to 255 (as given)" in view.about.whole_text())
    box.set_value("auto")
    driver.wait(lambda: "as they are" in view.about.whole_text())


def test_near_duplicates_are_shown_in_groups_wherever_they_lie(shared_driver, pictures, tmp_path):
    driver, view = shared_driver, open_images(shared_driver, pictures)
    view.order.set_value("duplicates")
    driver.wait(lambda: view.sheet.empty_text == "No image nearly equals another one.")
    view.order.set_value("files")
    folder = tmp_path / "with copies"
    shutil.copytree(pictures, folder)
    shutil.copy(folder / "cat" / "03.png", folder / "cat" / "03 again.png")
    shutil.copy(folder / "dog" / "07.png", folder / "dog" / "07 again.png")
    open_images(driver, folder)
    view.order.set_value("duplicates")
    driver.wait(lambda: view.sheet.count == 4)
    names = {place_of(driver, index): view.sheet.caption(index).split(" · ")[0] for index in range(4)}
    assert names["cat/03.png"] == names["cat/03 again.png"] != names["dog/07.png"] == names["dog/07 again.png"]
    assert "nearly equals" in view.chosen.why.whole_text()
    view.order.set_value("files")


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


def test_a_persons_own_images_of_the_model_on_screen_are_read_when_asked_for(trained, pictures):
    view, form = trained.window.tools["images"], trained.window.setup.form
    assert not view.load.isVisible()
    form.choose_dataset("digits")
    trained.wait(lambda: "digits" in view.about.whole_text().lower())
    assert view.load.isVisible()
    assert pictures.name in view.load.toolTip()
    assert "outliers" not in enabled(view)
    view.load.click()
    trained.wait(lambda: controller_of(trained).are_learned)
    assert not view.load.isVisible()
    assert view.note.isHidden()
    assert "outliers" in enabled(view)
    form.choose_dataset(str(pictures))


def test_a_click_on_a_code_chooses_its_image_on_the_sheet(trained):
    view, scatter = trained.window.tools["images"], trained.window.stage.scatter
    view.sheet.choose(np.array([5, 6]), 6)
    scatter.image_chosen.emit(2)  # as a click on its point does
    chosen = controller_of(trained).sheet
    assert chosen.number == 2
    assert chosen.chosen.tolist() == [2]
    assert view.chosen.title.whole_text().startswith("test image 2")
    view.part.set_value("train")
    scatter.image_chosen.emit(3)  # which is not there
    assert chosen.number is None
    view.part.set_value("all")


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


@pytest.fixture
def own_folder(tmp_path, monkeypatch):
    """Notes of images are kept in a folder of this test."""
    monkeypatch.setattr("vae_desktop.paths.default_settings_dir", lambda: tmp_path)


@pytest.fixture(scope="module")
def learned(_shared_driver, pictures):
    """A model that has learned the pictures."""
    open_images(_shared_driver, pictures)
    _shared_driver.train_to_the_end(batchSize="16", epochs="20")
    return _shared_driver.shown


@pytest.fixture
def trained(shared_driver, pictures, own_folder, learned):
    """The sheet of the pictures, with a model that has learned them."""
    driver, view = shared_driver, open_images(shared_driver, pictures)
    driver.engine.project.show(learned)
    driver.wait(lambda: controller_of(driver).are_learned and view.sheet.count == 40)
    yield driver
    view.order.set_value("files")


def place_of(driver, index):
    view = driver.window.tools["images"]
    view.sheet.choose(np.array([index]), index)
    return view.chosen.place.whole_text()


def enabled(view):
    return {view.order.itemData(row) for row in range(view.order.count()) if view.order.items.item(row).isEnabled()}


def test_orders_that_cannot_be_shown_say_why(shared_driver, pictures, own_folder):
    driver = shared_driver.show("vae-2d")
    view = open_images(driver, pictures)
    assert enabled(view) == {"files", "duplicates"}
    tip = view.order.itemData(view.order.findData("outliers"), Qt.ItemDataRole.ToolTipRole)
    assert "Train a model on these images" in tip


def test_a_search_that_fails_is_not_waited_for(trained, expect_error, monkeypatch):
    def fail(*arguments):
        raise MemoryError("no memory")

    expect_error("no memory")
    monkeypatch.setattr("vae_desktop.latent.outliers.score_outliers", fail)
    view = trained.window.tools["images"]
    view.order.set_value("outliers")
    trained.wait(lambda: "no memory" in trained.window.banner.text())
    assert view.sheet.empty_text == "The search has failed: choose another order."
    trained.window.banner.clear()


@pytest.mark.parametrize("order", ["outliers", "error"])
def test_the_odd_one_comes_first_with_its_reason(trained, order):
    view = trained.window.tools["images"]
    view.order.set_value(order)
    trained.wait(lambda: view.sheet.count == 40)
    assert place_of(trained, 0) == "dog/07.png"
    assert "× " in view.chosen.why.whole_text()
    captions = [view.sheet.caption(index) for index in range(40)]
    figures = [float(caption.split()[0].replace(",", "")) for caption in captions]
    assert figures == sorted(figures, reverse=True)
    place_of(trained, 39)  # the least odd one has a reason too
    assert "the median" in view.chosen.why.whole_text()


def test_codes_far_from_others_come_first(trained):
    view, controller = trained.window.tools["images"], controller_of(trained)
    view.order.set_value("distance")
    trained.wait(lambda: view.sheet.count == 40)
    scores = trained.engine.findings.outliers(trained.shown, controller.images).scores("distance")
    assert (np.diff(scores[controller.sheet.numbers]) <= 0).all()


def test_the_selection_in_the_plot_leads_here(trained):
    scatter = trained.window.stage.scatter
    trained.window.show_tool("samples")
    scatter.selection.set_selected(np.array([1, 3]))
    trained.find("showSelectionButton", QToolButton).click()
    view = trained.window.tools["images"]
    assert view.is_in_sight
    assert view.order.value() == "selection"
    assert controller_of(trained).sheet.numbers.tolist() == [1, 3]
    scatter.selection.set_selected(np.array([2]))
    assert controller_of(trained).sheet.numbers.tolist() == [2]
    scatter.selection.clear()
    assert view.order.value() == "files"


def test_what_is_excluded_is_crossed_out_undone_and_left_out_of_a_new_run(trained):
    view, before = trained.window.tools["images"], trained.shown
    view.sheet.choose(np.arange(3), 0)
    exclude = trained.find("excludeImageButton", QToolButton)
    exclude.click()
    assert exclude.isChecked()
    assert "excluded" in view.chosen.why.whole_text()
    assert {"files", "excluded"} <= enabled(view)
    view.sheet.setFocus()
    QTest.keyClick(view.sheet, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert "excluded" not in enabled(view)
    assert trained.window.banner.text() == "3 images are not excluded any longer."  # not that they are
    exclude.click()
    trained.window.banner.findChild(QToolButton, "messageActionButton").click()  # Undo, as the key
    assert "excluded" not in enabled(view)
    exclude.click()
    view.order.set_value("excluded")
    assert view.sheet.count == 3
    trained.find("trainWithoutAction", QAction).trigger()
    assert "excluded" not in trained.window.banner.text()  # that it can be undone
    trained.wait(lambda: trained.shown is not before and trained.state == "idle")
    assert trained.shown.config.model == before.config.model
    trained.wait(lambda: controller_of(trained).are_learned)
    assert "37 images" in view.about.whole_text()
    assert "37 images" in controller_of(trained).images.report.read
    assert before.id in trained.engine.project.runs
    trained.find("returnImagesAction", QAction).trigger()
    assert not trained.find("returnImagesAction", QAction).isEnabled()


def test_marks_that_cannot_be_read_are_told_and_an_undo_can_be_tried_again(trained, monkeypatch):
    view, banner = trained.window.tools["images"], trained.window.banner
    view.sheet.choose(np.arange(3), 0)
    exclude = trained.find("excludeImageButton", QToolButton)
    exclude.click()

    def fail(path):
        raise OSError(errno.EIO, "Input/output error", str(path))

    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.read_bytes", fail)
        banner.findChild(QToolButton, "messageActionButton").click()  # Undo
        assert "cannot be read" in banner.text()
        trained.find("returnImagesAction", QAction).trigger()
        controller_of(trained)._follow_marks(controller_of(trained).images.config.name)
        assert "cannot be read" in banner.text()
    view.sheet.setFocus()
    QTest.keyClick(view.sheet, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert banner.text() == "3 images are not excluded any longer."
    assert "excluded" not in enabled(view)


def test_tags_are_given_found_and_taken(trained):
    view = trained.window.tools["images"]
    view.sheet.choose(np.array([4, 5]), 5)
    menu = trained.find("moreOfImageButton", QToolButton).menu()
    field = menu.findChild(QLineEdit, "newTagField")
    field.setText("  odd  one ")
    QTest.keyClick(field, Qt.Key.Key_Return)
    view.order.set_value("tagged")
    assert view.sheet.count == 2
    view.sheet.choose(np.array([0, 1]), 0)
    (tag,) = [entry for entry in menu.findChild(QMenu, "tagsMenu").actions() if entry.isCheckable()]
    assert (tag.text(), tag.isChecked()) == ("odd one", True)
    tag.trigger()
    assert "tagged" not in enabled(view)


def test_a_long_reason_has_the_pictures_smaller_before_the_tool_is_scrolled(qtbot):
    view, area = ImagesView(), QScrollArea(widgetResizable=True)
    qtbot.addWidget(area)
    area.setWidget(view)
    area.resize(680, 190)
    area.show()
    view.chosen.show_image(np.zeros((8, 8, 3), np.uint8), "image", "place", "why " * 30)
    QApplication.processEvents()  # it is laid out in the next turn
    assert view.chosen.why.isVisible()
    assert area.verticalScrollBar().maximum() == 0


@pytest.mark.parametrize("opens", [True, False])
def test_a_system_without_a_file_manager_is_told_of(trained, pictures, monkeypatch, opens):
    asked = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: asked.append(url.toLocalFile()) or opens)
    trained.window.banner.clear()
    trained.window.tools["images"].sheet.choose(np.array([0]), 0)
    trained.find("revealImageAction", QAction).trigger()
    assert asked == [str(pictures / "cat")]
    assert ("no file manager" in trained.window.banner.text()) is not opens


@pytest.mark.parametrize("ending", ["csv", "zip"])
def test_the_images_chosen_are_exported_with_their_files(trained, tmp_path, monkeypatch, pictures, ending):
    path = tmp_path / f"chosen.{ending}"
    monkeypatch.setattr(trained.window, "ask_for_images", lambda *_: path)
    trained.window.tools["images"].sheet.choose(np.array([0, 21]), 21)
    trained.find("exportImagesAction", QAction).trigger()
    trained.wait(path.exists)
    if ending == "zip":
        with zipfile.ZipFile(path) as archive:
            names, table = archive.namelist(), archive.read("images.csv").decode()
        assert len(names) == 3
    else:
        table = path.read_text()
        assert len(read_exclusion(path).mask(controller_of(trained).images.train, str(pictures))) > 0
    rows = list(csv.DictReader(table.splitlines()))
    assert [row["file"] for row in rows] == [str(pictures / "cat" / "00.png"), str(pictures / "dog" / "01.png")]
    assert [row["class"] for row in rows] == ["cat", "dog"]


def test_images_that_the_model_has_not_learned_are_said_above_the_sheet(trained, pictures):
    view, run = trained.window.tools["images"], trained.shown
    assert view.note.isHidden()
    added = pictures / "cat" / "new.png"
    Image.fromarray(np.full((12, 12, 3), 90, np.uint8)).save(added)
    try:
        trained.engine.datasets.forget(str(pictures))
        trained.engine.starter.load_images_of(run)
        trained.wait(lambda: not view.note.isHidden())
        assert view.note.whole_text() == trained.engine.known_images.difference(run, controller_of(trained).images)
        assert "41 images" in view.about.whole_text()
    finally:
        added.unlink()
