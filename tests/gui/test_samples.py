"""The sheet of random codes, with a mouse."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton

from vae_desktop.latent.sampling import sample_prior


def open_samples(driver, source="prior"):
    driver.window.show_tool("samples")
    view = driver.window.tools["samples"]
    view.count.setValue(36)
    view.seed.setValue(0)
    view.temperature.setValue(1.0)
    view.source.set_value(source)
    driver.wait(lambda: view.board.pictures is not None)
    return view


def click_tile(view, index):
    QTest.mouseClick(view.board, Qt.MouseButton.LeftButton, pos=view.board.tile_rect(index).center())


def codes_of(driver):
    return driver.window.controller.workspaces.tools.samples.codes


def test_a_click_goes_to_the_sample_and_shows_the_nearest_codes(shared_driver):
    driver = shared_driver.show("vae-20d")
    view = open_samples(driver)
    assert len(view.board.pictures) == 36
    click_tile(view, 7)
    point = driver.window.controller.point
    assert np.array_equal(point.code, sample_prior(36, 20, seed=0)[7])
    assert view.board.chosen == 7
    driver.wait(lambda: view.nearest.board.pictures is not None and view.nearest.distance.whole_text())
    assert view.nearest.title.whole_text() == "Nearest codes · distance"
    assert view.nearest.load.text() == "Load MNIST"
    codes = driver.window.controller.engine.project.shown.codes
    distances = np.sort(np.linalg.norm(codes.mean - point.code, axis=1))[:4]
    shown = [float(text.split(" · ")[1]) for text in view.nearest.board.captions]
    assert shown == pytest.approx(distances, abs=0.006)
    QTest.keyClick(view.board, Qt.Key.Key_Right)
    assert np.array_equal(point.code, sample_prior(36, 20, seed=0)[8])
    point.set_coordinate(0, 3.0)  # whoever moves the point away
    assert view.board.chosen is None
    assert view.nearest.board.pictures is None


def test_with_the_data_the_nearest_real_images_are_shown(shared_driver):
    driver = shared_driver
    driver.train_to_the_end()
    view = open_samples(driver)
    click_tile(view, 0)
    driver.wait(lambda: view.nearest.board.pictures is not None and "test images" in view.nearest.note.whole_text())
    assert view.nearest.title.whole_text() == "Nearest training images · sq. error"
    train = driver.engine.datasets.held(driver.shown.config.dataset).train
    driver.wait(lambda: driver.window.panel.image.picture is not None)
    picture = driver.window.panel.image.picture[..., 0].astype(float) / 255
    squared = np.sort(((train.images[:, 0] / 255 - picture) ** 2).sum((1, 2)))[:4]
    shown = [float(text.split(" · ")[-1]) for text in view.nearest.board.captions]
    assert shown == pytest.approx(squared, rel=0.02)
    assert all(text.startswith("digits, row ") for text in view.nearest.board.captions)  # in the tooltip


def test_seed_count_and_temperature(shared_driver):
    driver = shared_driver.show("vae-2d")
    view = open_samples(driver)
    driver.find("newSamplesButton", QToolButton).click()
    assert np.array_equal(codes_of(driver), sample_prior(36, 2, seed=1))
    driver.find("samplesCountSpin").setValue(5)
    driver.wait(lambda: len(view.board.pictures) == 5)
    assert np.array_equal(codes_of(driver), sample_prior(36, 2, seed=1)[:5])
    view.temperature.setValue(0.5)
    assert codes_of(driver) == pytest.approx(0.5 * sample_prior(5, 2, seed=1))


def test_an_autoencoder_is_sampled_from_a_mixture_or_from_the_box(shared_driver):
    driver = shared_driver.show("ae-2d")
    view = open_samples(driver)
    means = driver.window.controller.engine.project.shown.codes.mean
    view.count.setValue(200)
    view.source.set_value("box")
    assert (codes_of(driver) >= means.min(0)).all()
    assert (codes_of(driver) <= means.max(0)).all()
    assert np.ptp(codes_of(driver), axis=0) == pytest.approx(np.ptp(means, axis=0), rel=0.1)
    view.source.set_value("mixture")
    driver.wait(lambda: "components" in view.note.text())
    assert "10,000 codes" in view.note.text()
    drawn = codes_of(driver)

    def far(codes):
        """The share of codes that are further from all means than nearly all of these are from one another."""
        return np.mean([np.linalg.norm(means - code, axis=1).min() > 5 for code in codes])

    view.source.set_value("box")
    assert far(drawn) < 0.1
    assert far(codes_of(driver)) > 0.5


def test_a_vae_is_sampled_around_codes_drawn_from_its_posteriors(shared_driver):
    driver = shared_driver.show("vae-20d")
    view = open_samples(driver, "box")
    means = driver.window.controller.engine.project.shown.codes.mean
    collapsed = int(means.std(0).argmin())
    assert means[:, collapsed].std() < 0.1
    view.count.setValue(200)
    assert np.ptp(codes_of(driver)[:, collapsed]) > 4  # codes of N(0, 1), whose means are all the same
    view.source.set_value("mixture")
    driver.wait(lambda: "components" in view.note.text())
    assert codes_of(driver)[:, collapsed].std() == pytest.approx(1, abs=0.2)


def test_with_a_training_the_samples_follow(shared_driver):
    driver = shared_driver
    view = driver.window.tools["samples"]
    driver.train(epochs="100000")
    open_samples(driver, "mixture")
    driver.wait(lambda: "step" in view.note.text())
    first = view.note.text()
    driver.wait(lambda: view.note.text() != first)  # it is fitted anew as the codes move
    before = view.board.pictures.tobytes()
    driver.wait(lambda: view.board.pictures.tobytes() != before)
    driver.stop()


def test_another_model_begins_with_nothing_chosen(shared_driver):
    driver = shared_driver.show("vae-2d")
    view = open_samples(driver, "mixture")
    click_tile(view, 3)
    assert view.board.chosen == 3
    driver.show("vae-20d")
    driver.wait(lambda: codes_of(driver).shape[1] == 20)
    assert view.board.chosen is None
    assert view.nearest.board.pictures is None


def test_out_of_sight_nothing_is_asked_for(shared_driver):
    driver = shared_driver.show("vae-2d")
    requests = driver.window.controller.engine.inference
    open_samples(driver)
    assert requests.newest("samples") is not None
    driver.window.show_tool("path")
    assert requests.newest("samples") is None


def test_a_tool_that_was_in_front_is_in_front_again(show, open_window):
    driver = show("vae-2d")
    open_samples(driver)
    driver.window.close()
    second = open_window()
    second.wait(lambda: second.window.tools)
    assert [name for name, view in second.window.tools.items() if view.is_in_sight] == ["samples"]
    second.window.controller.open_last_model()
    second.wait(lambda: second.window.tools["samples"].board.pictures is not None)


def test_the_note_says_how_many_random_codes_miss_the_codes(shared_driver):
    driver = shared_driver.show("ae-20d")
    view = open_samples(driver)
    driver.wait(lambda: "random codes" in view.note.text())
    overlay = driver.window.controller.workspaces.tools.samples.overlay
    assert overlay.far.sum() > 30
    assert "Of 36 random codes: " in view.note.text()
    assert "nearer to the codes' middle" in view.note.text()  # N(0, I) is narrower than its codes
    assert "The plot shows 2 of 20 dimensions" in view.note.text()
    driver.show("vae-20d")
    driver.wait(lambda: len(overlay.far) == 36 and "random codes" in view.note.text())
    assert overlay.far.sum() < 9
    view.temperature.setValue(4.0)
    driver.wait(lambda: "further out" in view.note.text())
    assert overlay.far.sum() > 30


def test_random_codes_are_crosses_in_the_scatter_while_samples_are_in_sight(shared_driver):
    driver = shared_driver.show("vae-2d")
    view = open_samples(driver)
    overlay = driver.window.controller.workspaces.tools.samples.overlay
    assert overlay.positions == pytest.approx(sample_prior(36, 2, seed=0))
    view.count.setValue(5)
    assert len(overlay.positions) == 5
    driver.window.show_tool("path")
    assert not len(overlay.positions)
    driver.window.show_tool("samples")
    assert len(overlay.positions) == 5


def test_the_note_says_that_the_prior_covers_a_small_part_of_an_autoencoders_codes(shared_driver):
    driver = shared_driver.show("ae-2d")
    view = open_samples(driver)
    driver.wait(lambda: "small part of these codes" in view.note.text())
    spread = driver.shown.all_codes.mean.std(0)
    times = float(view.note.text().split("spread ")[1].split(" times")[0])
    assert times == pytest.approx(np.sqrt((spread**2).mean()), rel=0.05)
    assert "dimensions" not in view.note.text()
    view.source.set_value("box")
    driver.wait(lambda: "random codes" in view.note.text())
    assert "small part" not in view.note.text()
    driver.show("vae-2d")
    view.source.set_value("prior")
    driver.wait(lambda: "random codes" in view.note.text())
    assert "small part" not in view.note.text()


def test_each_kind_of_model_keeps_where_its_samples_are_drawn_from(show):
    driver = show("ae-2d")
    driver.window.show_tool("samples")
    source = driver.window.tools["samples"].source
    assert source.currentData() == "box"  # an autoencoder has no prior
    driver.show("vae-2d")
    assert source.currentData() == "prior"
    source.set_value("mixture")
    driver.show("ae-20d")
    assert source.currentData() == "box"
    driver.show("vae-20d")
    assert source.currentData() == "mixture"
