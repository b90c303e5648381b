"""The bundled models: there at the first start, without network and without MNIST."""

import struct

import numpy as np
import pytest
from PySide6.QtGui import QAction

from vae_desktop.examples import examples
from vae_desktop.gui.views.setup.row_mark import RowMark
from vae_desktop.training.checkpoint import load_checkpoint


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_each_is_a_whole_explorable_model(example):
    checkpoint = load_checkpoint(example.path)
    assert checkpoint.config.dataset.name == "mnist"
    assert len(checkpoint.codes) == 10_000
    assert sorted(np.unique(checkpoint.codes.labels)) == list(range(10))
    assert checkpoint.codes.are_finite
    assert np.isfinite(checkpoint.history.training[:, :2]).all()


def test_all_are_bundled():
    found = [load_checkpoint(example.path) for example in examples()]
    kinds = [(one.config.model.kind, one.config.model.latent_dim) for one in found]
    assert kinds == [("vae", 2), ("ae", 2), ("vae", 20), ("vae", 20), ("ae", 20)]
    assert [one.diffusion is not None for one in found] == [False, False, False, True, False]


def test_a_first_start_shows_a_latent_space_and_draws_digits(driver):
    """Without any data folder: nothing was ever trained or downloaded."""
    window, session = driver.window, driver.window.controller.engine
    window.controller.open_last_model()
    driver.wait(lambda: session.project.shown is not None and driver.picture)
    assert session.project.shown.is_example
    assert session.project.shown.is_saved
    driver.decoded()
    before = driver.picture
    driver.find("latentSlider1").value_changed.emit(2.0)
    driver.wait(lambda: driver.picture != before)
    assert window.setup.form.config().dataset.name == "digits"  # Train works without a download
    assert window.banner.text() == ""


@pytest.fixture
def mnist(tmp_path):
    """A data folder with MNIST's files: as many test images as the bundled models have codes, and few to train on."""
    raw = tmp_path / "with-mnist" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for prefix, count in (("train", 200), ("t10k", 10_000)):
        images, labels = np.zeros((count, 28, 28), np.uint8), np.arange(count, dtype=np.uint8) % 10
        for name, values in ((f"{prefix}-images-idx3-ubyte", images), (f"{prefix}-labels-idx1-ubyte", labels)):
            header = struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape)
            (raw / name).write_bytes(header + values.tobytes())
    return raw.parent.parent


def test_a_first_start_with_mnist_has_its_images_and_the_settings_of_the_model(open_window, mnist):
    driver = open_window(mnist)
    window, form = driver.window, driver.window.setup.form
    space = window.controller.workspaces.playground.space
    window.controller.open_last_model()
    driver.wait(lambda: driver.shown is not None and driver.has_dataset)
    config = form.config()
    assert (config.dataset, config.model) == (driver.shown.config.dataset, driver.shown.config.model)
    assert config.training.epochs == driver.shown.config.training.epochs
    assert not driver.find("nameMark").isVisible()
    assert not driver.find("useSettingsButton").isVisible()
    assert space.dataset is not None
    form.choose_dataset("digits")  # the next run's; what is on screen keeps its images
    driver.wait(lambda: driver.has_dataset and space.dataset is not None)
    assert form.dataset.config.name == "digits"
    assert driver.find("nameMark").isVisible()
    driver.find("useSettingsButton").click()
    assert form.config().dataset.name == "mnist"
    driver.wait(lambda: driver.has_dataset)


def test_at_a_first_start_without_mnist_only_the_data_set_differs(driver):
    driver.window.controller.open_last_model()
    driver.wait(lambda: driver.shown is not None)
    config = driver.window.setup.form.config()
    assert config.model == driver.shown.config.model
    assert "On screen: MNIST" in driver.find("nameMark").toolTip()
    marks = [mark.objectName() for mark in driver.window.setup.findChildren(RowMark) if mark.isVisible()]
    assert marks == ["nameMark"]
    assert not driver.find("useSettingsButton").isVisible()  # nothing that could be taken


def test_the_model_used_last_is_open_at_the_next_start(driver, open_window, tmp_path):
    driver.train_to_the_end()
    driver.window.controller.files.save(tmp_path / "mine.safetensors")
    driver.wait(lambda: (tmp_path / "mine.safetensors").exists() and not driver.window.isWindowModified())
    driver.window.close()
    following = open_window()
    following.window.controller.open_last_model()
    session = following.window.controller.engine
    following.wait(lambda: session.project.shown is not None)
    assert session.project.shown.path == tmp_path / "mine.safetensors"
    following.window.close()
    (tmp_path / "mine.safetensors").unlink()
    last = open_window()
    last.window.controller.open_last_model()
    last.wait(lambda: last.window.controller.engine.project.shown is not None)
    assert last.window.controller.engine.project.shown.is_example


def test_examples_are_in_the_menu(driver):
    actions = [action for action in driver.window.findChildren(QAction) if action.data() == examples()[1].path]
    (action,) = actions
    action.trigger()
    session = driver.window.controller.engine
    driver.wait(lambda: session.project.shown is not None)
    assert session.project.shown.config.model.kind == "ae"
