"""Tags and exclusions of images of a run; new models do without what is excluded, those that are there keep theirs."""

import numpy as np
import pytest

from vae_desktop.config import DatasetConfig, ModelConfig, RunConfig, TrainingConfig
from vae_desktop.models.snapshot import Snapshot


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("vae_desktop.paths.default_settings_dir", lambda: tmp_path)


def with_other_weights(snapshot):
    return Snapshot(snapshot.step, {name: values + 1 for name, values in snapshot.weights.items()})


@pytest.fixture
def run(app, tmp_path):
    """A model of sixty images of one's own."""
    path = tmp_path / "own.npy"
    np.save(path, np.random.default_rng(0).integers(0, 256, (60, 8, 8), np.uint8))
    training = TrainingConfig(epochs=1, batch_size=10, device="cpu")
    return app.train(RunConfig(DatasetConfig(str(path)), ModelConfig("vae", hidden=(8,)), training))


def test_training_again_without_some_is_a_new_run_beside_the_old(app, run):
    project, datasets = app.session.project, app.session.datasets
    tests = len(datasets.of(run).test)
    app.session.starter.train_without(run, [1, tests + 2])
    app.wait_until(lambda: len(project.runs) == 2 and app.session.training.state == "idle")
    new = project.shown
    assert new is not run
    assert (new.config.model, new.config.training) == (run.config.model, run.config.training)
    assert len(new.images.train) + len(new.images.test) == 58
    assert {*new.images.test.tolist()} < {*run.images.test.tolist()}  # measured on the same, but for those
    assert {*new.images.train.tolist()} < {*run.images.train.tolist()}
    assert len(run.images.train) + len(run.images.test) == 60
    # Once more, without another one besides.
    app.session.starter.train_without(new, [0])
    app.wait_until(lambda: len(project.runs) == 3 and app.session.training.state == "idle")
    assert len(project.shown.images.train) + len(project.shown.images.test) == 57


def test_what_is_excluded_is_left_out_of_new_models(app, run):
    marks, datasets = app.session.marks, app.session.datasets
    marks.exclude(app.session.datasets.of(run), [0, 5, 40])
    assert marks.excluded(app.session.datasets.of(run)).tolist() == [0, 5, 40]
    new = app.train(RunConfig(DatasetConfig(run.config.dataset.name), run.config.model, run.config.training))
    assert len(new.images.train) + len(new.images.test) == 57
    assert any("excluded by you: 3" in message.details for message in app.told.messages)
    # The old one still has its own images.
    app.session.starter.load_images_of(run)
    app.wait_until(lambda: datasets.of(run) is not None)
    assert len(datasets.of(run).test) == len(run.codes)
    marks.exclude(app.session.datasets.of(run), [0, 5, 40], False)
    again = app.train(RunConfig(DatasetConfig(run.config.dataset.name), run.config.model, run.config.training))
    assert again.config.dataset == run.config.dataset


def test_no_model_is_trained_while_it_is_not_known_what_is_excluded(app, run):
    starter, marks = app.session.starter, app.session.marks
    config = RunConfig(DatasetConfig(run.config.dataset.name), run.config.model, run.config.training)
    marks.of(run.config.dataset.name).path.mkdir(parents=True)  # it cannot be read
    starter.train(config)
    assert not starter.is_beginning
    assert "cannot be read" in app.told.messages[-1].text
    app.session.datasets.forget()
    starter.load_dataset(config.dataset)  # which teaches no model
    app.wait_until(lambda: app.session.datasets.of(run) is not None)


def test_tags_are_kept_by_content(app, run):
    marks, changed = app.session.marks, []
    marks.changed.connect(changed.append)
    marks.tag(app.session.datasets.of(run), [3, 50], "blurred")
    marks.tag(app.session.datasets.of(run), [50], "dark")
    found = {tag: images.tolist() for tag, images in marks.tagged(app.session.datasets.of(run)).items()}
    assert found == {"blurred": [3, 50], "dark": [50]}
    assert changed == [run.config.dataset.name] * 2
    marks.tag(app.session.datasets.of(run), [50], "blurred", False)
    assert marks.tagged(app.session.datasets.of(run))["blurred"].tolist() == [3]
    path = run.config.dataset.name
    np.save(path, np.load(path)[::-1])
    app.session.datasets.forget(path)
    app.session.starter.load_images_of(run)
    app.wait_until(lambda: app.session.datasets.of(run) is not None)
    assert [len(images) for images in marks.tagged(app.session.datasets.of(run)).values()] == [1, 1]


def test_outliers_are_scored_in_the_background(app, run):
    findings, dataset = app.session.findings, app.session.datasets.of(run)
    assert findings.is_outdated(run, dataset)
    assert findings.outliers(run, dataset) is None
    assert findings.find_outliers(run)
    assert findings.find_outliers(run)  # the same one
    app.wait_until(lambda: findings.outliers(run, dataset) is not None)
    scores = findings.outliers(run, dataset)
    assert not findings.is_outdated(run, dataset)
    assert run.shown_step == run.snapshot.step
    scored = run.snapshot
    run.snapshot = with_other_weights(scored)  # it went back, and came to the same step another way
    assert findings.is_outdated(run, dataset)
    run.snapshot = Snapshot(scored.step, dict(scored.weights))
    assert not findings.is_outdated(run, dataset)
    (worst,) = scores.worst(1, part="train")
    assert worst.number == scores.test_count + worst.image
    app.session.marks.tag(app.session.datasets.of(run), [worst.number], "odd")
    assert app.session.marks.tagged(app.session.datasets.of(run))["odd"].tolist() == [worst.number]
    app.session.datasets.forget(run.config.dataset.name)
    assert not findings.find_outliers(run)  # its images are not at hand
