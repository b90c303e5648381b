"""Several models in one file, and files that only pretend to be one."""

import json
from dataclasses import replace

import numpy as np
import pytest
import safetensors.torch
import torch
from safetensors import safe_open

from tests.same_training import assert_same_training
from vae_desktop.errors import CheckpointError
from vae_desktop.training.checkpoint import load_checkpoint, load_checkpoints, save_checkpoints
from vae_desktop.training.loop import TrainingLoop
from vae_desktop.variants import KL_TERM

KEY = "vae_desktop_set"


@pytest.fixture(scope="module")
def trained(config, dataset):
    loop = TrainingLoop([variant.applied_to(config) for variant in KL_TERM], dataset, torch.device("cpu"))
    list(loop.epochs())
    return [run.checkpoint() for run in loop.models]


@pytest.fixture
def path(trained, tmp_path):
    path = tmp_path / "set.safetensors"
    save_checkpoints(path, trained)
    return path


def rewritten(path, change):
    """Write the file anew after `change(list of metadata, tensors)`."""
    tensors = safetensors.torch.load_file(path)
    with safe_open(path, "pt") as file:
        entries = json.loads(file.metadata()[KEY])
    entries = change(entries, tensors) or entries
    safetensors.torch.save_file(tensors, path, {KEY: json.dumps(entries)})


def test_a_set_comes_back_whole(trained, path):
    loaded = load_checkpoints(path)
    assert [entry.config for entry in loaded] == [entry.config for entry in trained]
    for one, other in zip(loaded, trained, strict=True):
        assert_same_training(one, other)
        assert np.array_equal(one.codes.mean, other.codes.mean)


def test_the_same_set_gives_the_same_bytes(trained, path, tmp_path):
    save_checkpoints(tmp_path / "again", trained)
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


def test_one_model_is_written_as_ever(trained, tmp_path):
    save_checkpoints(tmp_path / "one", trained[:1])
    save_checkpoints(tmp_path / "other", [trained[0]])
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
    assert len(load_checkpoints(tmp_path / "one")) == 1


def test_who_wants_one_model_is_told(path):
    with pytest.raises(CheckpointError, match=r"set\.safetensors: it holds 4 models to be compared"):
        load_checkpoint(path)


def test_one_that_was_trained_on_alone_stays_in_its_set(trained, path):
    config = trained[1].config.with_settings(epochs=77, device="auto")
    longer = replace(trained[1], config=config, class_names=(*trained[1].class_names, "a class that came later"))
    save_checkpoints(path, [trained[0], longer])
    loaded = load_checkpoints(path)[1]
    assert (loaded.config, loaded.class_names) == (config, longer.class_names)


def no_models(entries, tensors):
    return [{}]


def five(entries, tensors):
    entries.append(entries[0])


def not_a_list(entries, tensors):
    return {"models": entries}


def one_only(entries, tensors):
    del entries[1:]


def newer(entries, tensors):
    entries[2]["format_version"] = 99


def other_seed(entries, tensors):
    entries[1]["config"]["training"]["seed"] = 99


def a_tensor_too_many(entries, tensors):
    tensors["9.weights.x"] = torch.zeros(1)


def a_tensor_too_few(entries, tensors):
    del tensors[next(name for name in tensors if name.startswith("2.weights."))]


def not_finite(entries, tensors):
    next(tensor for name, tensor in tensors.items() if name.startswith("1.weights."))[:] = torch.nan


def exchanged(entries, tensors):
    entries[0], entries[3] = entries[3], entries[0]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (no_models, "1 models"),
        (five, "it holds 5 models"),
        (not_a_list, "not a model of this app"),
        (one_only, "it holds 1 models"),
        (newer, "needs a newer vae_desktop"),
        (other_seed, "must agree in: seed"),
        (a_tensor_too_many, "what no model of this app has"),
        (a_tensor_too_few, "do not match its architecture"),
        (not_finite, "not finite"),
        (exchanged, "do not match its architecture|what no model"),
    ],
)
def test_a_hostile_set_is_refused_with_the_reason(path, change, reason):
    rewritten(path, change)
    with pytest.raises(CheckpointError, match=reason) as refused:
        load_checkpoints(path)
    assert str(refused.value).startswith("Cannot open set.safetensors: ")
