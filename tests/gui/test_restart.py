"""Another language: the app starts anew, and what was there comes back as it was."""

import numpy as np
import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialogButtonBox, QLineEdit, QMessageBox, QToolButton

from tests.run_folders import write_run
from vae_desktop import language
from vae_desktop.config import DatasetConfig, ModelConfig, RunConfig, TrainingConfig
from vae_desktop.data.load import load_digits
from vae_desktop.errors import UserError


@pytest.fixture(autouse=True)
def english_afterwards():
    yield
    language.use("en")


def choose(driver, mode) -> None:
    driver.find(f"{mode}LanguageAction", QAction).trigger()


def restart(driver) -> None:
    driver.wait(lambda: driver.window.banner.message is not None and driver.window.banner.message.action == "restart")
    driver.find("messageActionButton", QToolButton).click()
    driver.wait(lambda: driver.window.controller.closer.is_closed)
    assert driver.window.controller.restart.is_wanted


def test_the_other_language_comes_with_a_restart_that_loses_nothing(driver, open_window) -> None:
    driver.show("vae-2d")
    driver.train_to_the_end(latentDim="3", seed="7")
    driver.click("measureButton")
    driver.wait(lambda: driver.find("measureButton").isEnabled() and driver.shown.measures)
    measured = dict(driver.shown.measures)
    driver.type("latentDimField", "5")
    driver.type("betaField", "2.5")
    driver.window.controller.point.move_to(np.array([0.5, -1, 1.5], np.float32))
    assert driver.shown.timeline.finish(30)
    driver.engine.playhead.go_to([driver.shown], 3)
    driver.wait(lambda: driver.shown.moment is not None)
    titles = [run.config for run in driver.engine.project.runs.values()]
    steps = [run.progress.step for run in driver.engine.project.runs.values()]
    choose(driver, "zh")
    restart(driver)
    again = open_window()
    again.window.controller.open_last_model()
    again.wait(lambda: len(again.engine.project.runs) == len(titles) and again.picture)
    assert language.current() == "zh"
    assert language.tr("Train") == "训练"
    assert [run.config for run in again.engine.project.runs.values()] == titles
    assert [run.progress.step for run in again.engine.project.runs.values()] == steps
    assert again.shown.config.model.latent_dim == 3
    again.wait(lambda: again.shown.moment is not None)
    assert again.shown.moment.step == 3
    again.engine.playhead.go_live([again.shown])
    again.wait(lambda: again.shown.measures == measured)
    assert again.find("latentDimField", QLineEdit).text() == "5"
    assert again.find("betaField", QLineEdit).text() == "2.5"
    again.wait(lambda: again.window.controller.point.code.shape == (3,))
    assert again.window.controller.point.code == pytest.approx([0.5, -1, 1.5])
    assert not again.find("messageBanner").isVisible()  # nothing is offered that is there already


def test_a_training_goes_on_after_the_restart(driver, open_window) -> None:
    driver.train(epochs="4000")
    driver.wait(lambda: len(driver.shown.history.training) > 3)
    choose(driver, "zh")
    restart(driver)
    again = open_window()
    again.window.controller.open_last_model()
    again.wait(lambda: again.state == "training")
    begun = again.shown.progress.step
    assert begun > 3
    again.wait(lambda: len(again.shown.history.training) > begun)
    assert again.shown.config.training.epochs == 4000
    again.stop()


def test_a_restart_that_was_given_up_does_not_come_with_a_later_close(driver, monkeypatch) -> None:
    driver.train_to_the_end()
    driver.wait(lambda: driver.shown.is_kept)
    for path in driver.shown.kept:
        path.unlink()
    controller = driver.window.controller

    def fail(*arguments: object, **options: object) -> None:
        raise UserError("No space left on device.")

    with monkeypatch.context() as patched:
        patched.setattr("vae_desktop.training.checkpoint.save_checkpoints", fail)
        asked = []
        patched.setattr(QMessageBox, "warning", lambda *said: asked.append(said) or QMessageBox.StandardButton.Cancel)
        controller.restart.begin()
        driver.wait(lambda: asked and not controller.engine.is_halted)
    driver.window.close()
    driver.wait(lambda: controller.closer.is_closed)
    assert not controller.restart.is_wanted
    assert not controller.restart.is_coming_back


def test_the_language_on_screen_needs_no_restart(shared_driver) -> None:
    choose(shared_driver, "zh")
    banner = shared_driver.window.banner
    assert banner.message.action == "restart"
    choose(shared_driver, "en")
    assert banner.message is None or banner.message.action != "restart"
    choose(shared_driver, "system")


def test_what_cannot_be_read_of_the_window_before_is_left_alone(driver, open_window, tmp_path) -> None:
    from vae_desktop.gui.controllers.window_settings import WindowSettings

    driver.window.close()
    WindowSettings(tmp_path / "settings").set_text("restart", '{"groups": 7')
    again = open_window()
    again.window.controller.open_last_model()
    again.wait(lambda: again.picture)
    assert again.shown.is_example


def test_qt_speaks_the_language_of_the_window_too(driver, open_window) -> None:
    own = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    assert own.button(QDialogButtonBox.StandardButton.Cancel).text() == "Cancel"
    choose(driver, "zh")
    restart(driver)
    open_window()
    own = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    assert own.button(QDialogButtonBox.StandardButton.Cancel).text() == "取消"


def test_what_was_followed_is_followed_again(driver, open_window, tmp_path) -> None:
    config = RunConfig(DatasetConfig("digits"), ModelConfig(hidden=(16,)), TrainingConfig(epochs=1, device="cpu"))
    write_run(tmp_path / "run", config, load_digits(config.dataset))
    driver.window.controller.follow.follow([str(tmp_path / "run")])
    driver.wait(lambda: driver.shown is not None and driver.shown.followed is not None)
    choose(driver, "zh")
    restart(driver)
    again = open_window()
    again.window.controller.open_last_model()
    again.wait(lambda: again.shown is not None and again.shown.followed is not None)
    assert again.shown.config == config
