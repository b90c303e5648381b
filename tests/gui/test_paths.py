"""A path through the latent space: anchors, playing, files."""

import csv
import io
import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pyqtgraph
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QListWidget, QPushButton, QSlider, QToolButton

from tests.gui.pointing import rest
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.latent.path import Path as LatentPath


class Route:
    """The tool without anchors, used as a person would."""

    def __init__(self, driver):
        self.driver = driver
        self.window = driver.window
        self.window.show_tool("path")
        self.view = self.window.tools["path"]
        self.controller = self.window.controller.workspaces.tools.path
        self.point = self.window.controller.point
        self.view.travel.play_button.setChecked(False)
        self.view.anchors.remove_all()
        self.view.shape.set_value("straight")
        self.view.loop.setChecked(False)
        self.view.pace.setValue(2.0)
        self.view.steps.setValue(24)

    @property
    def run(self):
        return self.window.controller.engine.project.shown

    def mean_of(self, label):
        codes = self.run.codes
        return codes.mean[codes.labels == label].mean(0)

    def add_class(self, label):
        """Through the menu: all classes, a line, then a class each."""
        self.driver.find("addClassButton", QToolButton).menu().actions()[label + 2].trigger()

    def add_point(self):
        self.driver.find("addAnchorButton", QToolButton).click()

    def play(self):
        self.driver.find("playPathButton", QPushButton).click()

    def drag_anchor(self, number, by):
        """Drag with the mouse, by so many pixels."""
        plot = self.window.stage.scatter.plot
        start = rest(self.driver.qtbot, plot, self.controller.overlay.positions()[number])
        assert any(isinstance(item, pyqtgraph.TargetItem) for item in plot.items(start))
        port, left, move = plot.viewport(), Qt.MouseButton.LeftButton, QTest.MouseAction.MouseMove
        QTest.mousePress(port, left, pos=start)
        for part in (0.25, 0.5, 0.75, 1.0):
            position = start + QPoint(round(part * by.x()), round(part * by.y()))
            QTest.mouseEvent(move, port, left, Qt.KeyboardModifier.NoModifier, position)
        QTest.mouseRelease(port, left, pos=start + by)
        return by.x() * plot.pixel_size(), -by.y() * plot.pixel_size()


@pytest.fixture
def route(shared_driver, every_mouse_move):
    """The tool with a bundled model of two dimensions on screen."""
    route = Route(shared_driver.show("vae-2d"))
    route.point.move_to(np.zeros(2, np.float32))
    return route


@pytest.fixture
def path(route):
    """From the mean of the sevens to the mean of the ones."""
    route.add_class(7)
    route.add_class(1)
    return route


def test_class_means_are_anchors_and_every_step_says_how_far_the_nearest_code_is(path):
    view = path.view
    assert view.anchors.labels() == ["mean of 7", "mean of 1"]
    assert path.controller.overlay.positions() == [tuple(path.mean_of(label).tolist()) for label in (7, 1)]
    assert path.controller.overlay.labels() == ["A · 7", "B · 1"]
    path.driver.wait(lambda: view.board.pictures is not None and len(view.board.captions) == 24)
    assert len(view.board.pictures) == 24
    codes, sent = path.run.codes, path.controller.path.codes(24)
    for place in (0, 11, 23):
        distance = np.sqrt((((sent[place] - codes.mean) / np.exp(codes.log_stddev)) ** 2).sum(1)).min()
        assert float(view.board.captions[place]) == pytest.approx(distance, abs=0.06)
    path.driver.wait(lambda: re.search(r"nearest code: [\d.]+ σ \(median [\d.]+\)", view.travel.where.whole_text()))


def test_a_step_is_gone_to_by_click_slider_and_key(path):
    view = path.view
    path.driver.wait(lambda: view.board.pictures is not None)
    QTest.mouseClick(view.board, Qt.MouseButton.LeftButton, pos=view.board.tile_rect(23).center())
    assert path.point.code == pytest.approx(path.mean_of(1), abs=1e-5)
    assert view.travel.where.whole_text().startswith("step 24 of 24")
    path.driver.find("pathSlider", QSlider).setValue(500)
    assert path.point.code == pytest.approx((path.mean_of(7) + path.mean_of(1)) / 2, abs=1e-4)
    QTest.keyClick(view.board, Qt.Key.Key_Left)
    assert view.travel.where.whole_text().startswith("step 12 of 24")


def test_playing_goes_to_the_end_and_gives_way_to_a_hand(path):
    view = path.view
    view.pace.setValue(0.4)
    path.play()
    seen = []
    path.point.moved.connect(lambda code: seen.append(path.controller.travel.fraction))
    path.driver.wait(lambda: not view.travel.play_button.isChecked())
    assert seen == sorted(seen)
    assert len(seen) > 5
    assert path.point.code == pytest.approx(path.mean_of(1), abs=1e-5)
    view.pace.setValue(30.0)
    path.play()  # from the beginning
    path.driver.wait(lambda: path.controller.travel.fraction < 0.5)
    path.point.set_coordinate(0, 2.5)
    assert not view.travel.play_button.isChecked()
    assert path.point.code[0] == 2.5


def test_fewer_steps_than_anchors_are_told(path):
    path.view.steps.setValue(2)
    assert path.view.note.text() == ""
    path.add_class(0)
    assert "some anchors are skipped" in path.view.note.text()
    path.view.steps.setValue(3)
    assert path.view.note.text() == ""


def test_without_a_model_nothing_can_be_added(driver):
    Route(driver).add_point()
    assert driver.window.tools["path"].anchors.labels() == []


def test_anchors_are_on_the_map_only_while_the_tool_is_in_sight(path):
    assert len(path.controller.overlay.positions()) == 2
    path.window.show_tool("samples")
    assert path.controller.overlay.positions() == []
    path.window.show_tool("path")
    assert len(path.controller.overlay.positions()) == 2


def test_each_anchor_has_its_picture_and_figures_have_a_unit(path):
    anchors = path.view.anchors
    path.driver.wait(lambda: not any(anchors.item(row).icon().isNull() for row in range(2)))
    path.driver.wait(lambda: path.driver.find("pathFigures", QLabel).isVisible())
    assert "in σ" in path.driver.find("pathFigures", QLabel).text()


def test_the_button_says_what_it_would_add(route):
    button = route.driver.find("addAnchorButton", QToolButton)
    route.driver.wait(lambda: button.text() == "+ Point")
    route.window.stage.scatter.image_chosen.emit(12)
    route.driver.wait(lambda: button.text() == "+ Image")
    route.point.set_coordinate(0, 2.0)
    route.driver.wait(lambda: button.text() == "+ Point")


def test_a_class_is_called_what_it_is_called(route):
    route.view.set_classes(["knives & forks"])
    assert route.driver.find("addClassButton", QToolButton).menu().actions()[2].text() == "knives && forks"
    route.view.set_classes(route.run.class_names)


def test_a_loop_plays_on(path):
    view = path.view
    path.add_class(0)
    view.loop.setChecked(True)
    view.pace.setValue(0.2)
    path.play()
    shares = []
    path.point.moved.connect(lambda code: shares.append(path.controller.travel.fraction))
    path.driver.wait(lambda: any(later < earlier for earlier, later in pairwise(shares)))
    assert view.travel.play_button.isChecked()
    path.play()
    assert not view.travel.play_button.isChecked()


def test_a_dragged_anchor_becomes_a_point_there(path):
    before = path.controller.overlay.positions()[0]
    dx, dy = path.drag_anchor(0, QPoint(60, -40))
    after = path.controller.overlay.positions()[0]
    assert np.subtract(after, before) == pytest.approx((dx, dy), abs=0.05)
    assert path.view.anchors.labels() == [f"point ({after[0]:.1f}, {after[1]:.1f})", "mean of 1"]
    assert path.controller.path.anchors[0] == pytest.approx(after, abs=1e-5)
    assert not path.point.code.any()  # the current point is not what was dragged


def test_in_many_dimensions_a_dragged_anchor_keeps_the_others(shared_driver, every_mouse_move):
    route = Route(shared_driver.show("vae-20d"))
    route.add_class(3)
    route.add_class(5)
    before = route.controller.path.anchors[0].copy()
    route.drag_anchor(0, QPoint(50, 30))
    moved = np.flatnonzero(np.abs(route.controller.path.anchors[0] - before) > 1e-4)
    assert sorted(moved) == sorted(route.window.stage.scatter.tools.axes)


def test_points_and_images_are_anchors(route):
    route.point.move_to(np.array([1.0, -1.0], np.float32))
    route.add_point()
    assert route.view.board.empty_text == "One more anchor makes a path."
    assert not route.driver.find("playPathButton", QPushButton).isEnabled()
    assert not route.driver.find("exportPathButton", QToolButton).isEnabled()
    route.window.stage.scatter.image_chosen.emit(12)
    route.add_point()
    label = route.run.class_names[route.run.codes.labels[12]]
    assert route.view.anchors.labels() == ["point (1.0, -1.0)", f"image 12 ({label})"]
    assert route.controller.path.anchors[1] == pytest.approx(route.run.codes.mean[12])


def test_anchors_are_ordered_and_taken_out(path):
    anchors = path.driver.find("anchorList", QListWidget)
    path.add_class(0)
    anchors.model().moveRow(anchors.rootIndex(), 0, anchors.rootIndex(), 3)  # as a drag does
    path.driver.wait(lambda: anchors.item(0).text() == "A  mean of 1")  # called anew
    assert path.view.anchors.labels() == ["mean of 1", "mean of 0", "mean of 7"]
    assert path.controller.path.anchors[0] == pytest.approx(path.mean_of(1))
    anchors.model().moveRow(anchors.rootIndex(), 2, anchors.rootIndex(), 0)
    path.driver.wait(lambda: anchors.item(0).text() == "A  mean of 7")
    assert path.view.anchors.labels() == ["mean of 7", "mean of 1", "mean of 0"]
    assert path.controller.path.anchors[0] == pytest.approx(path.mean_of(7))
    anchors.setCurrentRow(2)
    QTest.keyClick(anchors, Qt.Key.Key_Delete)
    assert path.view.anchors.labels() == ["mean of 7", "mean of 1"]
    path.driver.find("clearPathButton", QToolButton).click()
    assert path.controller.path is None
    assert path.view.board.pictures is None
    assert path.controller.overlay.positions() == []


def test_the_same_path_goes_through_another_model_of_the_same_data(path):
    path.add_point()
    path.driver.show("vae-20d")
    assert path.view.anchors.labels() == ["mean of 7", "mean of 1"]  # points are of the model before
    assert path.view.note.text() == "Points of the other model are left out."
    assert path.controller.path.anchors[1] == pytest.approx(path.mean_of(1))
    path.driver.find("pathShapeCombo", QComboBox).set_value("spherical")
    norms = np.linalg.norm(path.controller.path.codes(9), axis=1)
    ends = np.linalg.norm([path.mean_of(7), path.mean_of(1)], axis=1)
    assert norms == pytest.approx(np.linspace(*ends, 9), rel=0.05)


def test_a_path_that_was_half_gone_does_not_move_the_point_of_the_next_model(shared_driver):
    driver = shared_driver.show("vae-20d")
    route = Route(driver)
    route.add_class(3)
    route.add_class(5)
    driver.find("pathSlider", QSlider).setValue(500)
    driver.train_to_the_end()  # other data: the path is gone
    assert route.view.anchors.labels() == []
    assert len(route.point.code) == 2
    assert driver.find("pathSlider", QSlider).value() == 0


def test_anchors_follow_their_codes_in_training(shared_driver):
    driver = shared_driver
    driver.train(epochs="100000")
    route = Route(driver)
    driver.wait(lambda: route.run.codes is not None)
    route.add_class(3)
    route.add_class(4)
    before = route.controller.path.anchors.copy()
    driver.wait(lambda: np.abs(route.controller.path.anchors - before).max() > 0.05)
    route.play()
    where = route.point.code.copy()
    driver.wait(lambda: not np.array_equal(route.point.code, where))
    driver.stop()


def test_a_class_without_images_says_so(shared_driver):
    driver = shared_driver
    driver.train_to_the_end()
    route = Route(driver)
    labels = route.run.codes.labels.copy()
    labels[labels == 4] = 5
    route.run.newest_codes = replace(route.run.codes, labels=labels)
    route.add_class(4)
    assert route.view.note.text() == "No image has a code here of: 4."
    assert route.view.anchors.labels() == []
    for _ in range(2):  # what is there is not added again
        driver.find("addClassButton", QToolButton).menu().actions()[0].trigger()
        assert len(route.view.anchors.labels()) == 9
        assert "4" in route.view.note.text()


def test_tsne_has_no_place_for_a_path_and_axes_have_it_again(path):
    scatter = path.window.stage.scatter
    assert path.view.note.text() == ""
    scatter.set_layout(np.random.default_rng(0).normal(size=(len(path.run.codes), 2)).astype(np.float32))
    assert path.controller.overlay.positions() == []
    assert "t-SNE" in path.view.note.text()
    scatter.set_plane(scatter.plane)
    assert len(path.controller.overlay.positions()) == 2
    assert path.view.anchors.labels() == ["mean of 7", "mean of 1"]


def test_one_dimension(shared_driver):
    shared_driver.train_to_the_end(latentDim="1")
    shared_driver.type("latentDimField", "2")
    route = Route(shared_driver)
    for label in (0, 1, 2):
        route.add_class(label)
    places = np.array(route.controller.overlay.positions())
    assert places[:, 0] == pytest.approx([float(route.mean_of(label)[0]) for label in (0, 1, 2)])
    assert (places[:, 1] == 0).all()


@pytest.fixture
def export(path, tmp_path, monkeypatch):
    """Export under a name that is asked for, and return the file's bytes."""

    def to_file(kind, name):
        target = tmp_path / name
        monkeypatch.setattr(MainWindow, "ask_for_export", lambda *_: target)
        path.driver.find(f"{kind}PathAction", QAction).trigger()
        return target

    return to_file


def test_the_animation_has_every_step(path, export):
    path.view.steps.setValue(9)
    target = export("gif", "path.gif")
    path.driver.wait(target.is_file)
    path.driver.wait(lambda: path.view.board.pictures is not None and len(path.view.board.pictures) == 9)
    shown = path.view.board.pictures
    with Image.open(io.BytesIO(target.read_bytes())) as animation:
        assert animation.n_frames == 9
        assert animation.info["loop"] == 0
        scale = animation.width // 28
        for number in range(9):
            animation.seek(number)
            frame = np.asarray(animation.convert("L"))[scale // 2 :: scale, scale // 2 :: scale]
            assert np.abs(frame.astype(int) - shown[number, ..., 0]).max() <= 1
        assert animation.info["duration"] == pytest.approx(2000 / 9, abs=10)


def test_the_strip_and_the_table(path, export):
    path.view.steps.setValue(5)
    strip, table = export("png", "path.png"), export("csv", "path.csv")
    path.driver.wait(lambda: strip.is_file() and table.is_file())
    with Image.open(strip) as image:
        assert image.width == 5 * image.height
    rows = list(csv.DictReader(io.StringIO(table.read_text())))
    codes = np.array([[float(row["z_0"]), float(row["z_1"])] for row in rows])
    expected = LatentPath(np.stack([path.mean_of(7), path.mean_of(1)])).codes(5)
    assert codes == pytest.approx(expected, abs=1e-5)
    assert [float(row["share"]) for row in rows] == [0, 0.25, 0.5, 0.75, 1]
    assert float(rows[2]["distance"]) > 0


def test_a_target_that_cannot_be_written_is_reported(path, export, tmp_path):
    (tmp_path / "file").write_text("no folder")
    target = export("gif", "file/path.gif")
    path.driver.wait(lambda: "path.gif" in path.window.banner.text())
    assert not target.exists()
    assert path.view.anchors.labels() == ["mean of 7", "mean of 1"]


def test_a_point_on_the_path_has_a_letter_and_no_class(path):
    path.add_point()
    assert path.controller.overlay.labels() == ["A · 7", "B · 1", "C"]
    path.drag_anchor(0, QPoint(30, 0))
    assert path.controller.overlay.labels() == ["A", "B · 1", "C"]
