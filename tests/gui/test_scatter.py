"""The scatter in a real window: what it draws, selects and lays over the codes."""

import csv
import itertools

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QAction, QColor, QFont, QImage, QMouseEvent, QPainter, QTransform
from PySide6.QtWidgets import QFileDialog, QLabel, QStyleOptionGraphicsItem, QToolButton

from tests.gui.pointing import hover, pixel_of
from vae_desktop.gui.views.stage.code_positions import nearest_image
from vae_desktop.gui.views.stage.scatter_tools import FIRST_OVERLAYS
from vae_desktop.gui.widgets import latent_plot
from vae_desktop.gui.widgets.plane_items import NormalItem
from vae_desktop.gui.widgets.point_raster import Glide


@pytest.fixture
def show(shared_driver, every_mouse_move):
    """Show a bundled model in the window of all these tests, as if it had just been opened."""

    def begin_anew(name):
        driver = shared_driver.show(name)
        stage = driver.window.stage
        driver.window.banner.clear()
        for overlay in ("points", "posterior", "prior", "density", "manifold", "holes"):
            action(driver, f"{overlay}OverlayAction").setChecked(overlay in FIRST_OVERLAYS)
        for choice in ("showMeansAction", "testImagesAction"):
            action(driver, choice).setChecked(True)
        action(driver, "lassoButton").setChecked(False)
        driver.find("projectionCombo").setCurrentIndex(0)
        stage.scatter.selection.clear()
        for chip in stage.scatter.legend.findChildren(QToolButton):
            if not chip.isChecked():
                chip.click()
        stage.scatter.set_chosen(None)
        stage.scatter.hover.hide()
        driver.window.controller.point.move_to(np.zeros(stage.scatter.plane.latent_dim, np.float32))
        stage.scatter.plot.fit()
        return driver

    return begin_anew


def scatter(driver):
    return driver.window.stage.scatter


def action(driver, name):
    return driver.find(name, QAction)


def drag(driver, corners, modifier=Qt.KeyboardModifier.NoModifier):
    """Drag the left button along places in the axes' units."""
    viewport = scatter(driver).plot.viewport()
    pixels = [pixel_of(scatter(driver).plot, corner) for corner in corners]
    driver.qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, modifier, pixels[0])
    for before, pixel in itertools.pairwise(pixels):
        for place in ((before + pixel) / 2, pixel):
            event = QMouseEvent(
                QEvent.Type.MouseMove,
                QPointF(place),
                QPointF(viewport.mapToGlobal(place)),
                Qt.MouseButton.NoButton,
                Qt.MouseButton.LeftButton,
                modifier,
            )
            QCoreApplication.sendEvent(viewport, event)
    driver.qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, modifier, pixels[-1])


def lonely_image(driver):
    """An image whose point has no other near it."""
    places = scatter(driver).plot.positions.astype(np.float64)
    edge = np.argsort(-(places**2).sum(1))[:60]
    distances = np.linalg.norm(places[edge, None] - places[None], axis=2)
    distances[np.arange(len(edge)), edge] = np.inf
    return int(edge[distances.min(1).argmax()])


def test_a_model_without_codes_has_them_waited_for(show) -> None:
    scatter = show("vae-2d").window.stage.scatter
    scatter.set_model(None, (), scatter.plane)
    assert "Waiting for the first codes" in [text.text() for text in scatter.findChildren(QLabel) if text.isVisible()]


def test_hovering_peeks_at_an_image_and_leaving_puts_the_point_back(show) -> None:
    driver = show("vae-20d")
    controller, session = driver.window.controller, driver.window.controller.engine
    point = controller.point
    point.move_to(np.full(20, 0.5, np.float32))
    image = lonely_image(driver)
    driver.wait(lambda: not point.is_peeking)
    hover(driver.qtbot, scatter(driver), image)
    assert driver.find("latentSlider7").value() == pytest.approx(session.project.shown.codes.mean[image, 7])
    driver.wait(lambda: scatter(driver).hover.reconstruction is not None)
    assert scatter(driver).hover.reconstruction.shape == (28, 28, 1)
    assert (point.code == 0.5).all()
    driver.qtbot.mouseMove(driver.window.setup, QPoint(5, 5))
    scatter(driver).plot.leaveEvent(QEvent(QEvent.Type.Leave))
    assert not point.is_peeking
    assert driver.find("latentSlider7").value() == 0.5


def test_the_drawn_posterior_has_the_radius_sigma_in_the_units_of_the_axes(show) -> None:
    driver = show("vae-2d")
    codes = driver.window.controller.engine.project.shown.codes
    image = lonely_image(driver)
    where = pixel_of(scatter(driver).plot, codes.mean[image])
    driver.qtbot.mouseClick(scatter(driver).plot.viewport(), Qt.MouseButton.LeftButton, pos=where)
    item = scatter(driver).overlays.posterior
    assert item.isVisible()
    sigma = np.exp(codes.log_stddev[image])
    for radius in (1.0, 2.0):
        rect = item.path(radius).boundingRect()
        assert (rect.width(), rect.height()) == pytest.approx(tuple(2 * radius * sigma), rel=1e-3)
        assert (rect.center().x(), rect.center().y()) == pytest.approx(tuple(codes.mean[image]), abs=1e-5)
    # And on screen: as many pixels as σ is times the axis' scale.
    box = scatter(driver).plot.getViewBox()
    drawn = item.sceneTransform().mapRect(item.path(1.0).boundingRect())
    assert drawn.width() == pytest.approx(2 * sigma[0] / box.viewPixelSize()[0], rel=1e-3)
    assert drawn.height() == pytest.approx(2 * sigma[1] / box.viewPixelSize()[1], rel=1e-3)


@pytest.mark.parametrize("ratio", [0.75, 1.0, 2.0])
def test_an_outline_is_opaque_and_its_halo_is_not(ratio) -> None:
    item = NormalItem(Qt.PenStyle.SolidLine, 3.0)
    item.set_style(QColor("black"), QColor("white"), QFont())
    item.set_normal(np.zeros(2), np.eye(2))
    picture = QImage(QSize(160, 160) * ratio, QImage.Format.Format_ARGB32)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    with QPainter(picture) as painter:
        painter.setTransform(QTransform.fromTranslate(80, 80).scale(30, 30))
        item.paint(painter, QStyleOptionGraphicsItem())
    pixels = np.frombuffer(picture.constBits(), np.uint8).reshape(-1, 4)  # blue, green, red, alpha
    brightness, alpha = pixels[:, 0], pixels[:, 3]
    assert alpha[(brightness < 10) & (alpha > 0)].max() == 255
    assert 160 < alpha[brightness > 250].max() < 180


def test_in_a_plane_of_principal_components_the_posterior_is_the_projected_one(show) -> None:
    driver = show("vae-20d")
    driver.find("projectionCombo").setCurrentIndex(1)
    run = driver.window.controller.engine.project.shown
    driver.window.stage.scatter.image_chosen.emit(123)
    samples = run.codes.mean[123] + np.exp(run.codes.log_stddev[123]) * np.random.default_rng(0).standard_normal(
        (200_000, 20), np.float32
    )
    spread = (samples @ scatter(driver).plane.basis.T).std(0)
    rect = scatter(driver).overlays.posterior.path(1.0).boundingRect()
    # The box around an ellipse reaches one marginal standard deviation along each axis.
    assert (rect.width() / 2, rect.height() / 2) == pytest.approx(tuple(spread), rel=0.02)


@pytest.mark.parametrize("name", ["vae-2d", "vae-20d"])
def test_the_circles_of_the_prior_have_radius_one_and_two(show, name) -> None:
    prior = scatter(show(name)).overlays.prior
    assert isinstance(prior, NormalItem)
    assert prior.isVisible()
    assert prior.labels == ("1σ · 39%", "2σ · 86%")
    assert [prior.path(radius).boundingRect().width() for radius in (1.0, 2.0)] == pytest.approx([2, 4])


def test_an_autoencoder_has_no_posterior_and_no_samples(show) -> None:
    driver = show("ae-2d")
    assert not action(driver, "showSamplesAction").isEnabled()
    assert not action(driver, "posteriorOverlayAction").isEnabled()
    driver.window.stage.scatter.image_chosen.emit(5)
    assert not scatter(driver).overlays.posterior.isVisible()


def test_samples_lie_one_sigma_from_the_means_and_stay_the_same(show) -> None:
    driver = show("vae-2d")
    codes = driver.window.controller.engine.project.shown.codes
    action(driver, "showSamplesAction").trigger()
    first = scatter(driver).drawn.mean
    noise = (first - codes.mean) / np.exp(codes.log_stddev)
    assert abs(noise.mean()) < 0.02
    assert noise.std() == pytest.approx(1, abs=0.02)
    action(driver, "showMeansAction").trigger()
    assert scatter(driver).drawn.mean is codes.mean
    action(driver, "showSamplesAction").trigger()
    assert (scatter(driver).drawn.mean == first).all()


def test_every_overlay_is_drawn_and_taken_away(show) -> None:
    driver = show("vae-2d")
    overlays = scatter(driver).overlays
    slider = driver.find("sliderList").findChild(type(driver.find("latentSlider0")))
    driver.wait(lambda: slider.groove.traversal is not None)
    for name in ("density", "manifold", "holes"):
        field = getattr(overlays, name)
        plain = scatter(driver).plot.grab().toImage()
        action(driver, f"{name}OverlayAction").trigger()
        driver.wait(lambda field=field: field.isVisible() and field.picture is not None)
        assert scatter(driver).plot.grab().toImage() != plain
        action(driver, f"{name}OverlayAction").trigger()
        assert not field.isVisible()
    action(driver, "pointsOverlayAction").trigger()
    assert not scatter(driver).plot.raster.isVisible()


def test_holes_are_where_no_codes_are(show, monkeypatch) -> None:
    driver = show("vae-2d")
    found = []
    monkeypatch.setattr(scatter(driver), "show_holes", lambda distances, rect: found.append((distances, rect)))
    action(driver, "holesOverlayAction").trigger()
    driver.wait(lambda: found)
    distances, rect = found[-1]
    codes = driver.window.controller.engine.project.shown.codes
    sigma = np.exp(codes.log_stddev.astype(np.float64))
    rows, columns = distances.shape
    for row, column in ((0, 0), (rows // 2, columns // 2), (rows - 1, columns // 3)):
        place = np.array(
            (
                rect.left() + (column + 0.5) * rect.width() / columns,
                rect.bottom() - (row + 0.5) * rect.height() / rows,
            )
        )
        expected = np.sqrt((((place - codes.mean) / sigma) ** 2).sum(1)).min()
        assert distances[row, column] == pytest.approx(expected, rel=1e-3)
    assert distances[0, 0] > 8 > distances[rows // 2, columns // 2]


def test_a_lasso_selects_counts_marks_and_is_exported(show, tmp_path, monkeypatch) -> None:
    driver = show("vae-2d")
    run = driver.window.controller.engine.project.shown
    action(driver, "lassoButton").trigger()
    corners = [(-1.2, -1.0), (0.9, -1.1), (1.1, 0.8), (-0.8, 1.0), (-1.2, -1.0)]
    drag(driver, corners)
    chosen = scatter(driver).selection.images
    x, y = run.codes.mean.T.astype(np.float64)
    inside = np.zeros(len(x), bool)
    for (x0, y0), (x1, y1) in itertools.pairwise(corners):  # the even-odd rule, by hand
        inside ^= ((y0 > y) != (y1 > y)) & (x < (x1 - x0) * (y - y0) / (y1 - y0 + 1e-12) + x0)
    wrong = np.setxor1d(chosen, np.flatnonzero(inside))
    assert len(chosen) > 1000
    assert len(wrong) < 0.03 * len(chosen)  # what lies on the line, drawn by hand in whole pixels
    assert scatter(driver).selection.bar.text().startswith(f"{len(chosen):,} of 10,000 codes selected · ")
    style = scatter(driver).plot.raster.style
    assert (style.marked == chosen).all()
    assert style.rim == (27, 35, 46)
    target = tmp_path / "codes.csv"
    monkeypatch.setattr(QFileDialog, "exec", lambda dialog: True)
    monkeypatch.setattr(QFileDialog, "selectedFiles", lambda dialog: [str(target)])
    driver.find("exportSelectionButton").click()
    driver.wait(lambda: "Exported" in driver.window.statusBar().currentMessage())
    with target.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["image"]) for row in rows] == chosen.tolist()
    assert float(rows[3]["mean_1"]) == pytest.approx(run.codes.mean[chosen[3], 1], rel=1e-5)
    assert rows[3]["class"] == run.class_names[run.codes.labels[chosen[3]]]
    driver.find("clearSelectionButton").click()
    assert not len(scatter(driver).plot.raster.style.marked)
    assert not driver.find("selectionBar").isVisible()


def test_the_file_menu_exports_the_codes_of_all_images(show, tmp_path, monkeypatch) -> None:
    driver = show("vae-2d")
    target = tmp_path / "codes.csv"
    monkeypatch.setattr(QFileDialog, "exec", lambda dialog: True)
    monkeypatch.setattr(QFileDialog, "selectedFiles", lambda dialog: [str(target)])
    action(driver, "exportCodesAction").trigger()
    driver.wait(lambda: str(target) in driver.window.statusBar().currentMessage())
    assert len(target.read_text(encoding="utf-8").splitlines()) == len(driver.shown.codes) + 1


def test_while_the_lasso_is_on_the_plot_says_so_and_escape_ends_it(show) -> None:
    driver = show("vae-2d")
    hint = driver.find("lassoHint")
    assert not hint.isVisible()
    action(driver, "lassoButton").trigger()
    assert hint.isVisible()
    driver.qtbot.keyClick(driver.window.stage.scatter.plot, Qt.Key.Key_Escape)
    assert not hint.isVisible()
    assert not action(driver, "lassoButton").isChecked()


def test_a_lasso_around_nothing_says_so_and_moves_nothing(show) -> None:
    driver = show("vae-2d")
    left = scatter(driver).plot.view_rect().left()
    before = driver.window.controller.point.code
    drag(driver, [(left + 0.1, -0.1), (left + 0.3, -0.1), (left + 0.3, 0.1)], Qt.KeyboardModifier.ControlModifier)
    assert scatter(driver).selection.bar.text() == "No code lies within that lasso."
    assert scatter(driver).selection.bar.isVisible()
    assert (driver.window.controller.point.code == before).all()


def test_the_keyboard_selects_the_classes_in_colour(show) -> None:
    driver = show("vae-2d")
    labels = driver.window.controller.engine.project.shown.codes.labels
    driver.find("classChip3").click()
    driver.qtbot.keyClick(scatter(driver).plot, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert (scatter(driver).selection.images == np.flatnonzero(labels != 3)).all()


def test_an_export_that_cannot_be_written_is_told(show, tmp_path, monkeypatch) -> None:
    driver = show("vae-2d")
    target = tmp_path / "no such folder" / "codes.csv"
    monkeypatch.setattr(type(driver.window), "ask_for_export", lambda *_: target)
    driver.qtbot.keyClick(scatter(driver).plot, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    driver.find("exportSelectionButton").click()
    driver.wait(lambda: "Cannot write" in driver.window.banner.text())


def test_the_test_images_and_all_training_images_are_shown(driver) -> None:
    """While it trains and after it, each with the codes of the model as it is then."""
    driver.train(epochs="1000")
    session = driver.window.controller.engine
    driver.wait(lambda: scatter(driver).drawn is not None)
    run = session.project.shown
    action(driver, "allImagesAction").trigger()
    driver.wait(lambda: run.train_codes is not None and run.train_codes.are_finite)
    assert len(scatter(driver).drawn) == 1797
    driver.click("stopButton")
    driver.wait(lambda: driver.state == "idle" and run.train_codes_step == run.snapshot.step)
    assert len(scatter(driver).plot.positions) == 1797
    assert "1,437 training images" in driver.window.stage.subtitle.whole_text()
    dataset = session.datasets.held(run.config.dataset)
    hovered = scatter(driver).hover.originals[360 + 5]
    assert (hovered == dataset.train.images[5].transpose(1, 2, 0)).all()
    action(driver, "testImagesAction").trigger()
    driver.wait(lambda: len(scatter(driver).drawn) == 360)


def test_training_images_need_the_data_set(show) -> None:
    driver = show("vae-2d")
    assert not action(driver, "allImagesAction").isEnabled()
    assert action(driver, "allImagesAction").toolTip() == "Load MNIST to see its training images"


def test_codes_that_are_not_finite_leave_a_sensible_picture(driver) -> None:
    """As of a run that diverges, before the engine stops it."""
    driver.show("vae-2d")
    run = driver.window.controller.engine.project.shown
    for name in ("density", "holes", "manifold"):
        action(driver, f"{name}OverlayAction").trigger()
    broken = run.codes.mean.copy()
    broken[::2] = np.nan
    run.newest_codes = type(run.codes)(broken, run.codes.log_stddev, run.codes.labels)
    driver.window.controller.engine.project.codes_changed.emit(run)
    scatter(driver).plot.fit()
    assert scatter(driver).plot.view_rect().width() < 20
    driver.find("latentSlider0").setValue(1.0)
    assert driver.window.controller.point.code[0] == 1
    run.newest_codes = type(run.codes)(np.full_like(broken, np.nan), run.codes.log_stddev, run.codes.labels)
    driver.window.controller.engine.project.codes_changed.emit(run)
    scatter(driver).plot.grab()
    assert nearest_image(np.zeros(2, np.float32), scatter(driver).drawn) is None


def test_points_glide_to_their_new_places(driver, monkeypatch) -> None:
    monkeypatch.setattr(latent_plot, "_GLIDE", 3.0)  # in a tenth of it a busy machine paints one frame
    driver.show("vae-2d")
    run = driver.window.controller.engine.project.shown
    plot = scatter(driver).plot
    plot.grab()
    start = run.codes.mean[0].copy()
    run.newest_codes = type(run.codes)(run.codes.mean + np.float32(1), run.codes.log_stddev, run.codes.labels)
    drawn = plot.raster.drawings
    driver.window.controller.engine.project.codes_changed.emit(run)
    assert np.allclose(plot.positions[0], start + 1)
    driver.wait(lambda: plot.raster.drawings > drawn + 1)  # in more than one frame


def test_a_glide_goes_by_way_of_places_in_between(qtbot) -> None:
    seen, owner = [], QObject()
    glide = Glide(lambda places: seen.append(places[0].copy()), cost=lambda: 0.0, parent=owner)
    start = np.zeros((3, 2), np.float32)
    glide.jump(start)
    glide.move(start + 1, 1.0)  # in which a busy machine has a turn in between
    qtbot.waitUntil(lambda: np.allclose(seen[-1], 1))
    assert len(seen) > 2
    assert ((np.array(seen[1:-1]) > 0) & (np.array(seen[1:-1]) < 1)).all()


def test_in_one_dimension_density_does_not_depend_on_the_height(driver) -> None:
    driver.train_to_the_end(latentDim="1", epochs="1")
    action(driver, "densityOverlayAction").trigger()
    field = scatter(driver).overlays.density
    picture = field.picture
    assert (picture.width(), picture.height()) == (96, 1)
    assert field.rect == scatter(driver).plot.view_rect()
