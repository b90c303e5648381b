"""More than two dimensions in a real window: axes, principal components, and t-SNE in the background."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from tests.gui.pointing import pixel_of
from vae_desktop.latent.plane import principal_plane
from vae_desktop.latent.posteriors import kl_by_dimension


@pytest.fixture
def driver(shared_driver):
    """The window of all these tests, in which nothing trains and the plot shows axes."""
    yield shared_driver
    shared_driver.stop()
    choose(shared_driver, "axes")


def choose(driver, name):
    box = driver.find("projectionCombo")
    box.setCurrentIndex(box.findData(name))


def scatter(driver):
    return driver.window.stage.scatter


def note(driver):
    return driver.find("projectionNote").whole_text()


def test_a_model_begins_with_the_two_axes_that_say_most(show) -> None:
    show("vae-2d")
    driver = show("vae-20d")
    kl = kl_by_dimension(driver.window.controller.engine.project.shown.codes)
    assert set(scatter(driver).tools.axes) == set(np.argsort(-kl)[:2].tolist())
    assert driver.find("projectionCombo").isVisible()


def test_two_dimensions_need_no_projection(show) -> None:
    assert not show("vae-2d").find("projectionCombo").isVisible()


def test_in_principal_components_the_point_moves_only_in_their_plane(show) -> None:
    driver = show("vae-20d")
    point, codes = driver.window.controller.point, driver.window.controller.engine.project.shown.codes
    choose(driver, "pca")
    basis = principal_plane(codes.mean).basis
    np.testing.assert_allclose(scatter(driver).plot.positions, codes.mean @ basis.T, atol=1e-4)
    before = np.random.default_rng(0).standard_normal(20).astype(np.float32)
    point.move_to(before)
    scatter(driver).plot.dragged.emit(1.5, -0.5)
    np.testing.assert_allclose(point.code @ basis.T, (1.5, -0.5), atol=1e-5)
    rest = point.code - before
    np.testing.assert_allclose(rest - (rest @ basis.T) @ basis, 0, atol=1e-5)
    cursor = scatter(driver).plot.cross_hair
    assert (cursor.x(), cursor.y()) == pytest.approx((1.5, -0.5), abs=1e-5)


def test_principal_components_follow_the_codes_while_training(driver) -> None:
    driver.train(latentDim="5", epochs="1000")
    driver.wait(lambda: scatter(driver).drawn is not None)
    choose(driver, "pca")
    first = scatter(driver).plane
    driver.wait(lambda: scatter(driver).plane is not first)
    basis = scatter(driver).plane.basis
    np.testing.assert_allclose(basis @ basis.T, np.eye(2), atol=1e-5)


def test_tsne_is_laid_out_in_the_background_and_takes_the_nearest_code(driver) -> None:
    driver.train_to_the_end(latentDim="4", epochs="5")
    choose(driver, "tsne")
    assert driver.find("cancelLayoutButton").isVisible()
    driver.wait(lambda: scatter(driver).has_layout)  # it can be watched
    driver.wait(lambda: driver.find("updateLayoutButton").isVisible())
    places = scatter(driver).plot.positions
    assert places.shape == (360, 2)
    assert np.isfinite(places).all()
    assert note(driver) == "neighbourhoods, without a scale"
    plot = scatter(driver).plot
    where = pixel_of(plot, plot.view_rect().center().toTuple())
    driver.qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=where)
    codes = driver.window.controller.engine.project.shown.codes.mean
    image = int(np.flatnonzero((codes == driver.window.controller.point.code).all(1))[0])
    assert note(driver) == f"at image {image:,}, the nearest code: t-SNE has no inverse"
    centre = plot.getViewBox().mapSceneToView(plot.mapToScene(where))
    distances = np.linalg.norm(places - (centre.x(), centre.y()), axis=1)
    assert image == distances.argmin()
    cursor = plot.cross_hair
    assert (cursor.x(), cursor.y()) == pytest.approx(tuple(places[image]), abs=1e-4)
    choose(driver, "axes")
    assert not scatter(driver).has_layout
    assert not driver.find("updateLayoutButton").isVisible()


def test_tsne_can_be_cancelled_before_there_is_anything_to_see(driver) -> None:
    driver.train_to_the_end(latentDim="3", epochs="1")
    choose(driver, "tsne")
    driver.click("cancelLayoutButton")
    assert scatter(driver).tools.projection == "axes"
    assert not driver.find("cancelLayoutButton").isVisible()
    assert not driver.window.controller.engine.tasks.is_running("t-SNE")
    assert (driver.window.controller.point.code == 0).all()


def test_tsne_while_training_says_that_the_codes_have_moved_since(driver) -> None:
    driver.train(latentDim="3", epochs="1000")
    driver.wait(lambda: scatter(driver).drawn is not None)
    choose(driver, "tsne")
    driver.wait(lambda: "not of this one: press Update" in note(driver))
    assert driver.state == "training"


def test_tsne_of_one_step_says_so_at_another(driver) -> None:
    driver.train_to_the_end(latentDim="3", epochs="2")
    run, playhead = driver.shown, driver.engine.playhead
    driver.wait(lambda: 2 in run.timeline.steps)  # which are still being written
    playhead.go_to([run], 2)
    driver.wait(lambda: run.shown_step == 2 and run.codes is not run.newest_codes)
    choose(driver, "tsne")
    driver.wait(lambda: note(driver) == "neighbourhoods, without a scale")
    playhead.go_live([run])
    assert note(driver) == "the codes of step 2, not of this one: press Update"
    playhead.go_to([run], 2)
    driver.wait(lambda: note(driver) == "neighbourhoods, without a scale")


@pytest.mark.parametrize(("count", "words"), [(3, "t-SNE needs at least 4 codes"), (10, None)])
def test_tsne_of_few_codes(driver, count, words) -> None:
    driver.train_to_the_end(latentDim="3", epochs="1")
    run = driver.window.controller.engine.project.shown
    labels = run.codes.labels[:count]
    run.newest_codes = type(run.codes)(run.codes.mean[:count], run.codes.log_stddev[:count], labels)
    driver.window.controller.engine.project.show(run)
    choose(driver, "tsne")
    if words is None:
        driver.wait(lambda: driver.find("updateLayoutButton").isVisible())
        assert np.isfinite(scatter(driver).plot.positions).all()
    else:
        driver.wait(lambda: words in note(driver))
        assert scatter(driver).tools.projection == "axes"
        assert not scatter(driver).has_layout


def test_another_model_ends_a_layout(driver) -> None:
    driver.train_to_the_end(latentDim="4", epochs="1")
    session = driver.window.controller.engine
    choose(driver, "tsne")
    first = session.project.shown
    driver.train_to_the_end(latentDim="3", epochs="1")
    assert session.project.shown is not first
    assert not session.tasks.is_running("t-SNE")
    assert scatter(driver).tools.projection == "axes"
    driver.wait(lambda: len(scatter(driver).plot.positions) == 360)
