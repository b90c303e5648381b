"""The newest few models are kept until they are no longer needed."""

import pytest
import torch

from vae_desktop.engine import autosave
from vae_desktop.engine.autosave import Autosaves, lock_path
from vae_desktop.errors import UserError
from vae_desktop.training.checkpoint import load_checkpoint
from vae_desktop.training.loop import TrainingLoop


@pytest.fixture(scope="module")
def checkpoint(config, dataset):
    return TrainingLoop([config], dataset, torch.device("cpu")).models[0].checkpoint()


@pytest.fixture
def autosaves(tmp_path):
    return Autosaves(tmp_path / "settings" / "autosaves")


def test_none_are_there_at_first(autosaves):
    assert autosaves.files() == []


def test_a_kept_model_can_be_opened(autosaves, checkpoint):
    path = autosaves.keep([checkpoint], 1)
    assert autosaves.files() == [path]
    assert load_checkpoint(path).config == checkpoint.config


def test_the_newest_few_of_earlier_windows_are_kept(autosaves, checkpoint, monkeypatch):
    monkeypatch.setattr(autosave, "MOST", 12)
    kept = [autosaves.keep([checkpoint], number) for number in range(15)]
    assert autosaves.files() == kept  # what a window keeps itself is all kept
    later = Autosaves(autosaves.folder, "later")
    newest = later.keep([checkpoint], 1)
    assert set(later.files()) == {*kept[4:], newest}


def test_large_models_of_earlier_windows_leave_sooner(autosaves, checkpoint, monkeypatch):
    kept = [autosaves.keep([checkpoint], number) for number in range(5)]
    monkeypatch.setattr(autosave, "MOST_BYTES", round(3.5 * kept[0].stat().st_size))
    later = Autosaves(autosaves.folder, "later")
    newest = later.keep([checkpoint], 1)
    assert set(later.files()) == {*kept[3:], newest}


def test_a_model_that_was_kept_before_is_replaced(autosaves, checkpoint):
    path = autosaves.keep([checkpoint], 1)
    assert autosaves.keep([checkpoint], 1, path) == path
    assert autosaves.files() == [path]
    later = Autosaves(autosaves.folder, "later")
    moved = later.keep([checkpoint], 1, path)
    assert later.files() == [moved] != [path]


def test_what_another_open_window_keeps_is_left_alone(autosaves, checkpoint):
    other = Autosaves(autosaves.folder, "other")
    theirs = other.keep([checkpoint], 1)
    lock_path(autosaves.folder, "other").touch()
    kept = [autosaves.keep([checkpoint], number) for number in range(15)]
    assert autosaves.files() == kept
    assert other.files() == [*sorted([*kept, theirs])]
    lock_path(autosaves.folder, "other").unlink()
    assert autosaves.files_of(["other"]) == [theirs]


def test_foreign_files_are_left_alone(autosaves, checkpoint):
    autosaves.folder.mkdir(parents=True)
    foreign = autosaves.folder / "my model.safetensors"
    foreign.touch()
    for number in range(6):
        autosaves.keep([checkpoint], number)
    assert foreign.exists()
    assert foreign not in autosaves.files()


def test_discarding_deletes_and_may_be_repeated(autosaves, checkpoint):
    path = autosaves.keep([checkpoint], 1)
    autosaves.discard(path)
    assert autosaves.files() == []
    autosaves.discard(path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path, checkpoint):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"Cannot make the folder .*autosaves: Not a directory"):
        Autosaves(tmp_path / "file" / "autosaves").keep(checkpoint, 1)
