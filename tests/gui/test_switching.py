"""Going from one model to another of other dimensions while everything that can be shown is shown."""

import os
import subprocess
import sys

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction

from tests.gui.pointing import pixel_of
from vae_desktop.engine.run import Run
from vae_desktop.latent.codes import Codes

SHARP = """
import sys
import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
application = QApplication([])
from vae_desktop.gui.widgets.plane_items import FieldItem
from vae_desktop.gui.widgets.latent_plot import LatentPlot
from vae_desktop.film.points import PointStyle
plot = LatentPlot()
plot.resize(400, 400)
plot.set_point_style(PointStyle(np.zeros(2, np.uint16), np.array([(255, 0, 0)], np.uint8)))
plot.set_points(np.array([(0, 0), (4, 4)], np.float32))
field = FieldItem()
plot.addItem(field, ignoreBounds=True)
picture = QImage(1, 1, QImage.Format.Format_RGB32)
picture.fill(0xFF0000FF)
field.setZValue(-1)
field.set_picture(picture, QRectF(1, 1, 1, 1))
plot.show()
application.processEvents()
image = plot.grab().toImage()
ratio = image.devicePixelRatio()
for place in ((0, 0), (4, 4), (1.5, 1.5), (3, 1)):
    pixel = plot.mapFromScene(plot.getViewBox().mapViewToScene(QPointF(*place)))
    print(image.pixelColor(int(pixel.x() * ratio), int(pixel.y() * ratio)).name())
"""


def colours_at(scale: str) -> list[str]:
    environment = {**os.environ, "QT_SCALE_FACTOR": scale}
    done = subprocess.run([sys.executable, "-c", SHARP], capture_output=True, text=True, env=environment, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_points_and_fields_lie_where_they_belong_on_a_sharp_screen() -> None:
    red, other, blue, background = colours_at("2")
    assert (red, other, blue) == ("#ff0000", "#ff0000", "#0000ff")
    assert background not in (red, blue)


def test_models_of_any_dimensions_follow_one_another(shared_driver, every_mouse_move) -> None:
    """With both views, all overlays, even spacing and a card on show; no error is told."""
    driver = shared_driver
    driver.find("bothViewAction", QAction).trigger()
    for name in ("density", "manifold", "holes"):
        driver.find(f"{name}OverlayAction", QAction).setChecked(True)
    driver.find("manifoldSpacingCombo").setCurrentIndex(1)
    driver.train_to_the_end(latentDim="1", epochs="1")
    runs = [driver.shown, driver.show("vae-20d").shown, driver.show("ae-2d").shown]
    session = driver.window.controller.engine
    scatter, requests = driver.window.stage.scatter, driver.window.controller.engine.inference
    for run in [*runs, *runs[::-1], *runs]:
        driver.qtbot.keyClick(scatter.plot, Qt.Key.Key_Space)  # a card is on show, its image peeked at
        decoded = []
        requests.decoded.connect(decoded.append)
        session.project.show(run)
        assert len(driver.window.controller.point.code) == run.config.model.latent_dim
        assert all(request.run_id == run.id for request in requests.asked.values())
        assert not driver.window.controller.point.is_peeking
        driver.wait(lambda decoded=decoded: decoded and decoded[-1].request_id == requests.last_request)
    driver.qtbot.wait(200)
    assert driver.window.banner.text() == ""


def test_one_dimensional_codes_are_spread_by_their_own_classes(shared_driver) -> None:
    driver = shared_driver
    driver.train_to_the_end(latentDim="1", epochs="1")
    session = driver.window.controller.engine
    first = session.project.shown
    codes = Codes(first.codes.mean, first.codes.log_stddev, 1 - first.codes.labels % 2)
    second = Run(99, first.config, first.image_shape, ("odd", "even"), "opened", newest_codes=codes)
    second.snapshot = first.snapshot
    session.project.runs[99] = second
    session.project.show(second)
    heights = driver.window.stage.scatter.plot.positions[:, 1]
    assert heights[codes.labels == 0].max() < heights[codes.labels == 1].min()


def test_one_axis_that_takes_the_others_place_changes_with_it(shared_driver) -> None:
    driver = shared_driver.show("vae-20d")
    tools = driver.window.stage.scatter.tools
    horizontal, vertical = tools.axes
    driver.find("horizontalAxisCombo").setCurrentIndex(vertical)
    assert tools.axes == (vertical, horizontal)
    basis = driver.window.stage.scatter.plane.basis
    np.testing.assert_array_equal(basis @ basis.T, np.eye(2))


def test_a_model_leaves_the_list_and_is_still_among_the_recent_ones(driver) -> None:
    driver.train_to_the_end(latentDim="1", epochs="1")
    driver.train_to_the_end(latentDim="3", epochs="1")
    table, session = driver.window.runs, driver.window.controller.engine
    kept = session.project.shown
    driver.wait(lambda: kept.is_kept)
    table.selectRow(0)
    table.setFocus()
    driver.qtbot.keyClick(table, Qt.Key.Key_Delete)
    assert table.rowCount() == 1
    assert session.project.shown.config.model.latent_dim == 1
    assert len(driver.window.controller.point.code) == 1
    assert "Open recent still has it" in driver.window.statusBar().currentMessage()
    driver.qtbot.keyClick(table, Qt.Key.Key_Delete)
    assert "the only model" in driver.window.statusBar().currentMessage()
    driver.window.controller.files.open(kept.autosave)
    driver.wait(lambda: table.rowCount() == 2)
    assert session.project.shown.config.model.latent_dim == 3


def test_whoever_has_dragged_the_point_is_not_invited_again(show, open_window) -> None:
    driver = show("vae-2d")
    scatter = driver.window.stage.scatter
    invitation = driver.find("invitation")
    assert invitation.isVisible()
    scatter.plot.dragged.emit(0.5, 0.5)
    assert not invitation.isVisible()
    driver.window.close()
    assert open_window().find("invitation").isHidden()


def test_the_invitation_ends_with_the_first_training(driver) -> None:
    driver.train(epochs="100000")
    driver.wait(lambda: driver.state == "training")
    assert driver.find("invitation").isHidden()
    driver.stop()


def test_the_invitation_lies_where_no_codes_are(show) -> None:
    driver = show("ae-2d")
    plot = driver.window.stage.scatter.plot
    rect = driver.find("invitation").geometry()
    assert not any(rect.contains(pixel_of(plot, code)) for code in driver.shown.codes.mean)
