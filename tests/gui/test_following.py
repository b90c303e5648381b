"""Following a run that trains elsewhere, by the menu: what is asked, what is shown, and what can be done with it."""

import shutil
import threading
from types import SimpleNamespace

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QPushButton

from tests.gui.pointing import drop
from tests.run_folders import recorded, write_run
from vae_desktop.config import DatasetConfig, ModelConfig, RunConfig, TrainingConfig
from vae_desktop.data.load import load_digits
from vae_desktop.engine.followed import Followed
from vae_desktop.gui.controllers.follow import following_in_words


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder of a training on digits, of one epoch."""
    path = tmp_path_factory.mktemp("elsewhere") / "run"
    model, training = ModelConfig("vae", latent_dim=2, hidden=(16,)), TrainingConfig(epochs=1, device="cpu")
    config = RunConfig(DatasetConfig("digits"), model, training)
    write_run(path, config, load_digits(config.dataset))
    return path


@pytest.mark.parametrize(("count", "ending"), [(0, "2 s behind"), (1_234_567, "2 s behind · 1.2 MB a minute")])
def test_what_comes_a_minute_is_told_where_it_costs_something(count, ending):
    run = SimpleNamespace(title="VAE", status="training", followed=Followed("ssh://server/run", 2.0, 0.0, count))
    assert following_in_words([run]) == f"Following VAE · run · training · {ending}"


def ask(driver, address):
    """Type an address in the window that asks for one, and press Follow; return that window."""
    driver.find("followAction", QAction).trigger()
    window = driver.find("followWindow", QDialog)
    driver.find("followField", QLineEdit).setText(str(address))
    driver.find("followButton", QPushButton).click()
    return window


def test_an_address_that_cannot_be_read_is_marked_and_the_window_stays(shared_driver):
    window = ask(shared_driver, "nonsense7://host/run")
    assert window.isVisible()
    assert "nonsense7" in shared_driver.find("followError", QLabel).text()
    window.reject()


@pytest.mark.parametrize(
    ("place", "says"), [("nowhere", "no folder"), ("", "in it: run"), ("run/run.json", "is a file")]
)
def test_a_folder_of_this_machine_without_a_training_is_marked_too(shared_driver, folder, place, says):
    window = ask(shared_driver, folder.parent / place)
    assert window.isVisible()
    assert says in shared_driver.find("followError", QLabel).text()
    window.reject()


def test_what_cannot_be_reached_is_told_until_the_message_is_closed(shared_driver, tmp_path):
    driver, banner = shared_driver, shared_driver.window.banner
    ask(driver, tmp_path)
    driver.wait(lambda: "none that has begun" in banner.text())
    (thread,) = [thread for thread in threading.enumerate() if thread.name == "following"]
    banner.dismiss()
    driver.wait(lambda: not thread.is_alive())


def test_a_run_comes_on_screen_and_trains_elsewhere_only(shared_driver, folder):
    driver, window = shared_driver, shared_driver.window
    assert not ask(driver, folder).isVisible()
    driver.wait(lambda: driver.shown is not None and driver.shown.followed is not None and driver.shown.codes)
    run = driver.shown
    driver.wait(lambda: f"{run.title} · {folder.name} · " in window.status.text())
    assert str(folder) in window.runs.item(0, 0).toolTip()
    assert not driver.find("continueButton", QPushButton).isEnabled()
    assert "elsewhere" in driver.find("continueButton", QPushButton).toolTip()
    assert not window.isWindowModified()
    driver.wait(lambda: window.timeline.isVisible())
    driver.engine.playhead.go_to([run], 0)
    driver.wait(lambda: run.moment is not None)
    assert window.timeline.fork.isEnabled()
    assert not window.timeline.go_back.isVisible()


def test_a_fork_goes_on_from_it_here(shared_driver, folder):
    driver = shared_driver
    ask(driver, folder)
    driver.wait(lambda: driver.shown.followed is not None and driver.shown.timeline)
    parent = driver.shown
    driver.engine.playhead.go_to([parent], 0)
    driver.wait(lambda: parent.moment is not None)
    driver.engine.fork_starter.fork(parent, parent.config)
    driver.wait(lambda: driver.shown is not parent and driver.shown.status == "finished")
    assert driver.shown.forked_from == (parent.id, 0)
    assert driver.shown.followed is None
    assert parent.status == "finished"


def test_folders_of_trainings_that_are_dropped_are_followed(shared_driver, folder, tmp_path):
    driver, project = shared_driver, shared_driver.engine.project
    drop(driver.window, folder)
    driver.wait(lambda: driver.shown is not None and driver.shown.followed is not None)
    before = set(project.runs)
    others = [shutil.copytree(folder, tmp_path / name) for name in ("a", "b")]
    drop(driver.window, *others)
    driver.wait(lambda: len(set(project.runs) - before) == 2 and project.compared is not None)
    assert {run.id for run in project.compared.runs} == set(project.runs) - before
    assert [run.compared_title for run in project.compared.runs] == ["VAE (1) · a", "VAE (2) · b"]
    config = driver.shown.config.with_settings(image_size=16)
    write_run(tmp_path / "other images", config, load_digits(config.dataset))
    (tmp_path / "empty").mkdir()
    ask(driver, tmp_path / "empty")
    driver.wait(lambda: "none that has begun" in driver.window.banner.text())
    assert driver.window.workspace == "comparison"
    driver.window.banner.dismiss()
    drop(driver.window, tmp_path / "other images")  # which cannot stand beside them
    driver.wait(lambda: driver.shown.config.dataset == config.dataset and driver.window.workspace == "playground")
    with pytest.raises(AssertionError, match="accepted"):
        drop(driver.window, folder, tmp_path)
    assert driver.window.setup.form.dataset is None or not driver.window.setup.form.dataset.config.is_custom


def test_a_step_whose_codes_were_not_kept_shows_none_until_its_images_are_there(shared_driver, tmp_path, monkeypatch):
    driver, scatter = shared_driver, shared_driver.window.stage.scatter
    images = load_digits(DatasetConfig("digits", image_size=16))
    model, training = ModelConfig("vae", latent_dim=2, hidden=(16,)), TrainingConfig(epochs=1, device="cpu")
    config = RunConfig(DatasetConfig("mnist", image_size=16), model, training)  # which is not in the data folder
    write_run(tmp_path / "run", config, images)
    before = driver.shown
    ask(driver, tmp_path / "run")
    driver.wait(lambda: driver.shown is not before and driver.shown.timeline and scatter.drawn is not None)
    run = driver.shown
    step = next(step for step in run.timeline.steps if run.timeline.read(step).codes is None)
    driver.engine.playhead.go_to([run], step)
    driver.wait(lambda: run.moment is not None)
    assert scatter.drawn is None
    assert any(f"step {step:,} were kept" in text.text() for text in scatter.findChildren(QLabel) if text.isVisible())
    assert driver.window.stage.subtitle.text().endswith(f"{step:,}")
    monkeypatch.setattr(type(driver.engine.datasets), "of", lambda datasets, entry: images)
    driver.engine.datasets.loaded.emit(images)
    driver.wait(lambda: run.moment.codes is not None)
    assert len(scatter.drawn) == len(images.test)


def test_of_several_the_one_that_trains_tells_how_far_they_are(shared_driver, folder, tmp_path):
    driver, window = shared_driver, shared_driver.window
    model, training = ModelConfig("vae", latent_dim=2, hidden=(16,)), TrainingConfig(epochs=3, device="cpu")
    config = RunConfig(DatasetConfig("digits"), model, training)
    loop, written = recorded(tmp_path / "going", config, load_digits(config.dataset))
    next(loop.epochs())
    written.report(is_at_epoch=True)
    ended = shutil.copytree(folder, tmp_path / "ended")
    window.controller.follow.follow([str(tmp_path / "going"), str(ended)])
    driver.wait(lambda: "2 models" in window.status.text() and " · training · " in window.status.text())
    assert any("of 3" in label.text() for label in window.setup.controls.findChildren(QLabel))
    fields = [column.beta for column in window.comparison.columns]
    assert not any(field.isEnabled() for field in fields)
    assert all("trains here" in field.toolTip() for field in fields)
    ended.rename(tmp_path / "away")
    driver.wait(lambda: f"{ended} is gone" in window.status.text())
    written.close()


def test_the_timeline_of_a_folder_that_has_gone_stays_and_its_play_ends(shared_driver, folder, tmp_path):
    driver, panel = shared_driver, shared_driver.window.timeline
    before, there = driver.shown, shutil.copytree(folder, tmp_path / "gone")
    driver.window.show_workspace("playground")
    driver.window.banner.clear()
    ask(driver, there)
    driver.wait(lambda: driver.shown is not before and driver.shown.timeline)
    run = driver.shown
    steps, away = run.timeline.steps, there.rename(tmp_path / "away")
    panel.play.setChecked(True)
    driver.wait(lambda: driver.window.banner.message is not None)
    assert "cannot be shown now" in driver.window.banner.message.text
    assert run.timeline.steps == steps
    assert not panel.play.isChecked()
    away.rename(there)
    driver.engine.playhead.go_to([run], steps[1])
    driver.wait(lambda: run.moment is not None)
    assert run.moment.step == steps[1]
