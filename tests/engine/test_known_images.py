"""Models of a person's own images in the window's engine: what they have learned is known, and never tested on."""

from dataclasses import replace

import numpy as np
import pytest

from vae_desktop.config import DatasetConfig, ModelConfig, RunConfig, TrainingConfig
from vae_desktop.latent.measures import QUICK
from vae_desktop.training.checkpoint import load_checkpoint, save_checkpoints

IMAGES = np.random.default_rng(0).integers(0, 256, (120, 8, 8), np.uint8)


@pytest.fixture
def own(app, tmp_path):
    """A model of 60 images, saved."""
    data, file = tmp_path / "own.npy", tmp_path / "own.safetensors"
    np.save(data, IMAGES[:60])
    training = TrainingConfig(epochs=1, batch_size=10, device="cpu")
    run = app.train(RunConfig(DatasetConfig(str(data)), ModelConfig("vae", hidden=(8,)), training))
    app.session.saver.save(file, [run], ())
    app.wait_until(file.exists)
    return data, file, run


def open_model(app, file):
    project = app.session.project
    before = len(project.runs)
    app.session.library.open(file)
    app.wait_until(lambda: len(project.runs) > before)
    return list(project.runs.values())[-1]


def load_images(app, run):
    datasets = app.session.datasets
    app.session.starter.load_images_of(run)
    app.wait_until(lambda: datasets.of(run) is not None)
    return datasets.of(run)


def told(app):
    return [message.text for message in app.told.messages if "images" in message.text]


def test_the_run_and_its_file_know_what_was_learned(app, own):
    _, file, run = own
    dataset = app.session.datasets.of(run)
    assert run.images.train.tolist() == sorted(dataset.train.hashes.tolist())
    assert load_checkpoint(file).images.digest == run.images.digest
    opened = open_model(app, file)
    assert app.session.datasets.of(opened) is dataset  # nothing is read twice
    assert not any("not the images" in text for text in told(app))


def test_a_model_whose_images_changed_is_said_and_none_learned_is_tested(app, own):
    data, file, run = own
    learned = run.images.train.tolist()
    test = app.session.datasets.of(run).test.images
    train = app.session.datasets.of(run).train.images
    np.save(data, np.concatenate((train[:, 0], IMAGES[60:])))
    app.session.datasets.forget(str(data))
    opened = open_model(app, file)
    codes = opened.codes
    assert len(codes) == len(test)
    dataset = load_images(app, opened)
    assert not set(dataset.test.hashes.tolist()) & set(learned)
    (text,) = [text for text in told(app) if "not the images" in text and text.startswith(f"#{opened.id} ")]
    assert "(new: 60, gone: 12, changed: 0)" in text
    # Its codes are those of the images that are shown with them.
    app.wait_until(lambda: opened.codes is not codes)
    assert len(opened.codes) == len(dataset.test)
    # It goes on, and has learned both by then.
    app.session.starter.continue_training(opened, opened.config)
    app.wait_until(lambda: opened.status == "finished")
    assert set(learned) < set(opened.images.train.tolist())
    assert not set(opened.images.train.tolist()) & set(opened.images.test.tolist())
    # A new model's split is its own.
    fresh = app.train(opened.config)
    assert fresh.images.train.tolist() != opened.images.train.tolist()
    assert app.session.datasets.held(opened.config.dataset).made_for is None


def test_measuring_says_it_too(app, own):
    data, file, _ = own
    np.save(data, IMAGES[5:])
    app.session.datasets.forget(str(data))
    opened = open_model(app, file)
    app.session.measurements.start([opened], QUICK)
    app.wait_until(lambda: bool(opened.measures) and not app.session.measurements.is_running)
    assert any("(new: 60, gone: 5, changed: 0)" in text for text in told(app))


def test_what_is_gone_stays_learned(app, own):
    """Files that were taken away while the window was open may come back."""
    data, _, run = own
    learned = set(run.images.train.tolist())
    np.save(data, np.concatenate((IMAGES[30:60], IMAGES[90:])))
    app.session.datasets.forget(str(data))
    app.session.starter.load_dataset(run.config.dataset)  # for the setup
    app.wait_until(lambda: app.session.datasets.held(run.config.dataset) is not None)
    app.session.starter.continue_training(run, run.config)
    app.wait_until(lambda: run.status == "training")
    app.wait_until(lambda: run.status == "finished")
    assert learned < set(run.images.train.tolist())


def test_a_file_of_an_earlier_version_does_not_know_and_that_is_said(app, own):
    data, file, _ = own
    save_checkpoints(file, [replace(load_checkpoint(file), images=None)])
    app.session.datasets.forget(str(data))
    opened = open_model(app, file)
    assert opened.images.is_unknown
    load_images(app, opened)
    load_images(app, opened)
    assert sum("Nothing says which images" in text for text in told(app)) == 1


def test_test_images_that_nearly_equal_training_images_are_said(app, tmp_path):
    path = tmp_path / "own.npz"
    np.savez(path, x_train=IMAGES[:60], x_test=np.concatenate((IMAGES[60:79], IMAGES[:1] ^ 1)))
    app.session.starter.load_dataset(DatasetConfig(str(path)))
    app.wait_until(lambda: any("nearly equal" in message.text for message in app.told.messages))
    (message,) = [message for message in app.told.messages if "nearly equal" in message.text]
    assert message.details == "x_test, row 19 ~ x_train, row 0"
