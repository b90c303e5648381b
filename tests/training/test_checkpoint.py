"""The model file: the same value comes back, and nothing that is not one gets in."""

import json
import os
import pickle
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch

from vae_desktop.config import ModelConfig
from vae_desktop.errors import UserError
from vae_desktop.files import size_in_words
from vae_desktop.training import tensor_file
from vae_desktop.training.checkpoint import (
    Checkpoint,
    load_checkpoint,
    save_checkpoints,
)
from vae_desktop.training.description import FORMAT_VERSION, PLAIN_VERSION, TIMELINE_VERSION
from vae_desktop.training.history import Change

KEY = "vae_desktop"
HUGE = 10**9


class Canary:
    """Unpickling one leaves a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


@pytest.fixture
def checkpoint(trained):
    """A checkpoint with a history of its own to change."""
    return replace(trained, history=trained.history.until(trained.snapshot.step))


@pytest.fixture
def with_metadata(file):
    """Change the metadata of the good file."""

    def rewrite(**changes):
        header, tensors = parts(file.read_bytes())
        metadata = json.loads(header["__metadata__"][KEY]) | changes
        header["__metadata__"][KEY] = json.dumps(metadata)
        file.write_bytes(joined(header, tensors))

    return rewrite


@pytest.fixture
def with_tensors(file):
    """Change tensors of the good file; None takes one away."""

    def rewrite(changes):
        data = file.read_bytes()
        tensors = {**safetensors.torch.load(data), **changes}
        kept = {name: tensor for name, tensor in tensors.items() if tensor is not None}
        file.write_bytes(safetensors.torch.save(kept, parts(data)[0]["__metadata__"]))

    return rewrite


def parts(data: bytes) -> tuple[dict[str, Any], bytes]:
    """Header and tensors of a file."""
    length = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def joined(header: dict[str, Any] | bytes, tensors: bytes = b"") -> bytes:
    """A file of a header, as JSON or raw, and tensors."""
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(raw).to_bytes(8, "little") + raw + tensors


def assert_same(first: Checkpoint, second: Checkpoint) -> None:
    for name in ("config", "image_shape", "class_names", "format_version", "parameters"):
        assert getattr(first, name) == getattr(second, name)
    assert first.snapshot.step == second.snapshot.step
    for tensors, others in (
        (first.snapshot.weights, second.snapshot.weights),
        (first.snapshot.optimizer or {}, second.snapshot.optimizer or {}),
    ):
        assert tensors.keys() == others.keys()
        for name in tensors:
            assert np.array_equal(tensors[name], others[name]), name
    assert np.array_equal(first.history.training, second.history.training, equal_nan=True)
    assert first.history.evaluations == second.history.evaluations
    assert first.history.changes == second.history.changes
    assert (first.codes is None) == (second.codes is None)
    if first.codes is not None and second.codes is not None:
        for name in ("mean", "log_stddev", "labels"):
            one, other = getattr(first.codes, name), getattr(second.codes, name)
            assert (one is None and other is None) or np.array_equal(one, other), name


def test_a_variational_autoencoder_comes_back_as_it_was(checkpoint, file):
    loaded = load_checkpoint(file)
    assert_same(loaded, checkpoint)
    assert loaded.snapshot.optimizer
    assert len(loaded.history.changes) == 3
    assert len(loaded.history.evaluations[-1].kl_per_dimension) == 2


def test_an_autoencoder_comes_back_as_it_was(checkpoint_of, config, file):
    checkpoint = checkpoint_of(replace(config, model=ModelConfig("ae", 3, hidden=())))
    save_checkpoints(file, [checkpoint])
    loaded = load_checkpoint(file)
    assert_same(loaded, checkpoint)
    assert loaded.history.evaluations[-1].kl is None
    assert loaded.codes.log_stddev is None


def test_a_compact_file_holds_nearly_the_same(checkpoint, file, tmp_path):
    small = replace(checkpoint, snapshot=replace(checkpoint.snapshot, optimizer=None))
    save_checkpoints(tmp_path / "small", [small], half_precision=True)
    loaded = load_checkpoint(tmp_path / "small")
    assert loaded.snapshot.optimizer is None
    for name, tensor in checkpoint.snapshot.weights.items():
        assert loaded.snapshot.weights[name].dtype == np.float32
        np.testing.assert_allclose(loaded.snapshot.weights[name], tensor, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(loaded.codes.mean, checkpoint.codes.mean, rtol=1e-3, atol=1e-5)
    assert np.array_equal(loaded.codes.labels, checkpoint.codes.labels)


def test_what_would_be_too_large_to_be_opened_is_saved_without_the_optimizer_or_not_at_all(
    checkpoint, file, monkeypatch
):
    data = file.read_bytes()
    size = tensor_file.MAX_HEADER_BYTES + len(data) - 8 - int.from_bytes(data[:8], "little")
    monkeypatch.setattr(tensor_file, "MAX_FILE_BYTES", size)
    save_checkpoints(file, [checkpoint])
    assert load_checkpoint(file).snapshot.optimizer is not None
    monkeypatch.setattr(tensor_file, "MAX_FILE_BYTES", size - 1)
    save_checkpoints(file, [checkpoint])
    kept = load_checkpoint(file)
    assert kept.snapshot.optimizer is None
    assert_same(kept, replace(checkpoint, snapshot=replace(checkpoint.snapshot, optimizer=None)))
    before = file.read_bytes()
    monkeypatch.setattr(tensor_file, "MAX_FILE_BYTES", size // 2)
    with pytest.raises(UserError, match=r"^Cannot save model.safetensors: it would take") as caught:
        save_checkpoints(file, [checkpoint])
    assert str(caught.value).endswith(f"and a model file at most {size_in_words(size // 2)}.")
    assert file.read_bytes() == before


@pytest.mark.parametrize("version", [1, 2])
def test_a_file_of_an_earlier_format_has_the_defaults_of_what_it_lacks(checkpoint, file, version):
    header, data = parts(file.read_bytes())
    described = json.loads(header["__metadata__"][KEY])
    described["format_version"] = version
    del described["config"]["training"]["encoder_rate"]
    if version == 1:
        for name in ("architecture", "activation", "likelihood", "noise", "noise_strength"):
            del described["config"]["model"][name]
        del described["config"]["training"]["schedule"]
    header["__metadata__"][KEY] = json.dumps(described)
    file.write_bytes(joined(header) + data)
    loaded = load_checkpoint(file)
    assert loaded.config == checkpoint.config
    assert loaded.format_version == version


def test_a_file_of_the_second_format_may_lack_nothing_else(file, refused):
    header, data = parts(file.read_bytes())
    described = json.loads(header["__metadata__"][KEY])
    described["format_version"] = 2
    del described["config"]["training"]["encoder_rate"], described["config"]["training"]["beta"]
    header["__metadata__"][KEY] = json.dumps(described)
    file.write_bytes(joined(header) + data)
    refused("TrainingConfig")


def test_levels_are_kept_where_they_are_not_as_usual(checkpoint, file, tmp_path):
    assert "levels" not in parts(file.read_bytes())[0]["__metadata__"][KEY]  # earlier versions can read it
    dataset = replace(checkpoint.config.dataset, levels="bounds", black=-5.0, white=4095.0)
    own = replace(checkpoint, config=replace(checkpoint.config, dataset=dataset))
    save_checkpoints(tmp_path / "own", [own])
    loaded = load_checkpoint(tmp_path / "own")
    assert loaded.config == own.config
    assert loaded.format_version == TIMELINE_VERSION


def test_what_may_be_missing_may_be_missing(checkpoint, file):
    bare = replace(checkpoint, codes=None, snapshot=replace(checkpoint.snapshot, optimizer=None), class_names=())
    bare.history.truncate(0)
    bare.history.evaluations.clear()
    save_checkpoints(file, [bare])
    loaded = load_checkpoint(file)
    assert_same(loaded, bare)
    assert not loaded.can_continue_exactly
    assert loaded.history.last_evaluation is None


def test_a_diverged_history_can_still_be_kept(checkpoint, file):
    checkpoint.history.append([[np.nan, np.inf, np.nan]])
    checkpoint.history.evaluations.append(replace(checkpoint.history.evaluations[-1], step=10, total=np.inf))
    save_checkpoints(file, [checkpoint])
    assert_same(load_checkpoint(file), checkpoint)


def test_the_longest_run_of_the_largest_latent_space_can_be_opened(checkpoint_of, config, file):
    checkpoint = checkpoint_of(replace(config, model=ModelConfig("vae", 128, hidden=())).with_settings(epochs=1))
    checkpoint.history.evaluations *= 10_000
    checkpoint.history.changes = [Change(step, "beta", step / 7) for step in range(20_000)]
    save_checkpoints(file, [checkpoint])
    assert_same(load_checkpoint(file), checkpoint)


def test_the_same_model_gives_the_same_bytes(checkpoint, file, tmp_path):
    save_checkpoints(tmp_path / "again", [checkpoint])
    save_checkpoints(tmp_path / "loaded", [load_checkpoint(file)])
    assert (tmp_path / "again").read_bytes() == (tmp_path / "loaded").read_bytes() == file.read_bytes()


def test_the_metadata_is_one_json_value(file):
    metadata = parts(file.read_bytes())[0]["__metadata__"]
    assert list(metadata) == [KEY]
    described = json.loads(metadata[KEY])
    assert described["format_version"] == PLAIN_VERSION == 3
    assert described["class_names"] == ["a", "β", "c"]
    assert described["config"]["model"]["latent_dim"] == 2


def test_a_failed_save_keeps_the_old_file(checkpoint, file, monkeypatch):
    old = file.read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="No space left"):
        save_checkpoints(file, [replace(checkpoint, class_names=("x", "y", "z"))])
    assert file.read_bytes() == old
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="0 bytes"),
        pytest.param(b"1234567", id="7 bytes"),
        pytest.param(b"12345678", id="8 bytes"),
        pytest.param((2**63).to_bytes(8, "little") + b"{}", id="header length 2^63"),
        pytest.param((2**64 - 1).to_bytes(8, "little") + b"{}", id="header length 2^64 - 1"),
        pytest.param((3).to_bytes(8, "little") + b"{}", id="header longer than the file"),
        pytest.param(joined(b"\xff\xfe\xfd{}"), id="not UTF-8"),
        pytest.param(joined(b"not JSON"), id="not JSON"),
        pytest.param(joined(b"[" * 100_000 + b"]" * 100_000), id="deep JSON"),
        pytest.param(joined(b"[]"), id="a list"),
        pytest.param(joined({}), id="nothing in it"),
        pytest.param(joined({"__metadata__": None}), id="null metadata"),
        pytest.param(joined({"__metadata__": {KEY: 5}}), id="metadata not text"),
        pytest.param(joined({"__metadata__": {KEY: "[1]"}}), id="metadata not an object"),
        pytest.param(joined({"__metadata__": {KEY: "{"}}), id="metadata not JSON"),
        pytest.param(joined({"__metadata__": {KEY: '{"format_version": NaN}'}}), id="NaN in metadata"),
        pytest.param(joined({"__metadata__": {"format": "pt"}}), id="another program's"),
    ],
)
def test_what_is_no_model(file, refused, content):
    file.write_bytes(content)
    refused()


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: data[: len(data) // 2], id="truncated"),
        pytest.param(lambda data: data[:200], id="truncated in the header"),
        pytest.param(lambda data: data[:-1], id="one byte short"),
        pytest.param(lambda data: data + b"\0", id="one byte more"),
        pytest.param(lambda data: data + data, id="twice"),
        pytest.param(lambda data: data[1:], id="first byte lost"),
        pytest.param(lambda data: data.replace(b'"F32"', b'"F99"', 1), id="unknown type"),
        pytest.param(lambda data: data.replace(b'"data_offsets":[0,', b'"data_offsets":[4,', 1), id="a hole"),
    ],
)
def test_damaged_files(file, refused, damage):
    data = file.read_bytes()
    file.write_bytes(damage(data))
    assert file.read_bytes() != data
    refused()


@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_a_pickle_is_never_opened_as_one(file, refused, tmp_path, protocol):
    canary = Canary(tmp_path / "executed")
    file.write_bytes(pickle.dumps(canary, protocol))
    refused("it is a Python pickle, which could run code")
    assert not canary.path.exists()
    pickle.loads(file.read_bytes())
    assert canary.path.exists()  # the canary does sing


def test_a_torch_file_is_never_opened_as_one(file, refused, tmp_path):
    torch.save({"weights": Canary(tmp_path / "executed")}, file)
    refused("it is a PyTorch file, a pickle that could run code")
    assert not (tmp_path / "executed").exists()


def test_duplicate_names(file, refused):
    header, tensors = parts(file.read_bytes())
    name, entry = next((name, entry) for name, entry in header.items() if name.startswith("weights."))
    raw = json.dumps(header)[:-1] + f", {json.dumps(name)}: {json.dumps(entry)}}}"
    file.write_bytes(joined(raw.encode(), tensors))
    refused("twice")


def test_duplicate_names_in_the_metadata(file, refused):
    header, tensors = parts(file.read_bytes())
    header["__metadata__"][KEY] = header["__metadata__"][KEY][:-1] + ', "step": 1}'
    file.write_bytes(joined(header, tensors))
    refused("twice")


@pytest.mark.parametrize("count", [349_000, 5_000_000], ids=["within the limit", "beyond it"])
def test_a_header_bomb_costs_little(file, refused, count):
    file.write_bytes(joined(b"[" + b"[]," * count + b"[]]"))
    tracemalloc.start()
    try:
        refused("it is not a safetensors file" if count < 10**6 else "its header is larger")
        assert tracemalloc.get_traced_memory()[1] < 50e6
    finally:
        tracemalloc.stop()


def test_a_newer_format(with_metadata, refused):
    with_metadata(format_version=FORMAT_VERSION + 1)
    refused("newer vae_desktop", str(FORMAT_VERSION + 1))


@pytest.mark.parametrize("version", [0, -1, "1", 1.0, True, None, []])
def test_no_format_at_all(with_metadata, refused, version):
    with_metadata(format_version=version)
    refused("format version")


@pytest.mark.parametrize("latent_dim", [0, -1, "2", 2.0, True, None, [2], HUGE, 10**400])
def test_impossible_latent_dimensions(file, with_metadata, refused, latent_dim):
    config = json.loads(parts(file.read_bytes())[0]["__metadata__"][KEY])["config"]
    config["model"]["latent_dim"] = latent_dim
    with_metadata(config=config)
    refused()


@pytest.mark.parametrize(
    "changes",
    [
        {"config": None},
        {"config": {}},
        {"image_shape": [2, 4]},
        {"image_shape": [2, 4, HUGE]},
        {"image_shape": [2, 4, 3.0]},
        {"image_shape": [2, 3, 2]},
        {"image_shape": None},
        {"step": -1},
        {"step": True},
        {"step": 1.5},
        {"step": 2**60},
        *({"span": span} for span in ([0, 1], "012", [0, 9, 0], [9, 3, 1], [0, 9, 1.5], [-1, 9, 3], [0, 2**60, 3])),
        {"class_names": "abc"},
        {"class_names": [1, 2, 3]},
        {"class_names": ["a", "b"]},
        {"class_names": ["a", "b", "\ud800"]},
        {"changed_settings": []},
        {"changed_settings": {"beta": 1}},
        *({"forked_at": step} for step in (-1, True, "3", 1.5, 2**60)),
    ],
)
def test_impossible_descriptions(with_metadata, refused, changes):
    with_metadata(**changes)
    refused()


def test_a_file_of_an_earlier_version_does_not_say_in_which_training_it_was_taken(file, with_metadata):
    assert load_checkpoint(file).snapshot.span is not None
    with_metadata(span=None)
    assert load_checkpoint(file).snapshot.span is None


@pytest.mark.parametrize("key", ["config", "image_shape", "step", "class_names", "changed_settings"])
def test_incomplete_descriptions(file, refused, key):
    header, tensors = parts(file.read_bytes())
    metadata = json.loads(header["__metadata__"][KEY])
    del metadata[key]
    header["__metadata__"][KEY] = json.dumps(metadata)
    file.write_bytes(joined(header, tensors))
    refused("damaged", key)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"weights.encoder.0.weight": torch.zeros(6, 25)}, ["encoder.0.weight", "(6, 25)", "(6, 24)"]),
        ({"weights.encoder.0.weight": torch.zeros(24, 6)}, ["encoder.0.weight", "(24, 6)"]),
        ({"weights.encoder.0.bias": None}, ["encoder.0.bias is missing"]),
        ({"weights.encoder.9.bias": torch.zeros(6)}, ["encoder.9.bias is not part of the model"]),
        ({"weights.encoder.0.bias": torch.full((6,), torch.nan)}, ["encoder.0.bias", "not finite"]),
        ({"weights.encoder.0.bias": torch.full((6,), torch.inf)}, ["encoder.0.bias", "not finite"]),
        ({"weights.encoder.0.bias": torch.zeros(6, dtype=torch.float64)}, ["encoder.0.bias"]),
        ({"weights.encoder.0.bias": torch.zeros(6, dtype=torch.int32)}, ["encoder.0.bias"]),
        ({"optimizer.encoder.0.bias.step": None}, ["optimizer"]),
        ({"optimizer.encoder.0.bias.exp_avg": torch.zeros(7)}, ["optimizer"]),
        ({"optimizer.encoder.0.bias.exp_avg": torch.full((6,), torch.nan)}, ["exp_avg", "not finite"]),
        ({"optimizer.encoder.0.bias.exp_avg": torch.zeros(6, dtype=torch.int64)}, ["exp_avg"]),
        ({"optimizer.encoder.0.bias.exp_avg_sq": torch.full((6,), -1e-9)}, ["exp_avg_sq", "below 0"]),
        ({"optimizer.encoder.0.bias.step": torch.tensor(-1.0)}, ["optimizer's steps"]),
        ({"optimizer.encoder.0.bias.step": torch.tensor(8.0)}, ["optimizer's steps"]),
        ({"history.training": torch.zeros(8, 3)}, ["optimizer's steps"]),
        ({"history.training": torch.zeros(0)}, ["optimizer's steps"]),
        ({"codes.log_stddev": None}, ["codes"]),
        ({"codes.mean": None}, ["mean"]),
        ({"codes.mean": torch.zeros(10, 3)}, ["codes"]),
        ({"codes.mean": torch.zeros(())}, []),
        ({"codes.mean": torch.full((10, 2), torch.nan)}, ["codes"]),
        ({"codes.log_stddev": torch.zeros(9, 2)}, ["codes"]),
        ({"codes.labels": torch.full((10,), 3)}, ["classes"]),
        ({"codes.labels": torch.full((10,), -1)}, ["classes"]),
        ({"codes.labels": torch.zeros(10)}, ["labels"]),
        ({"history.training": None}, ["history"]),
        ({"history.training": torch.zeros(9, 4)}, ["history"]),
        ({"history.training": torch.zeros(9, 3, dtype=torch.int64)}, ["history"]),
        ({"history.evaluations": torch.zeros(4, 5, dtype=torch.float64)}, ["history"]),
        ({"history.evaluations": torch.full((1, 6), torch.nan, dtype=torch.float64)}, []),
        ({"history.changes": torch.full((1, 3), 5.0, dtype=torch.float64)}, []),
        ({"history.evaluations": torch.full((1, 6), -1.0, dtype=torch.float64)}, ["not a count"]),
        ({"history.evaluations": torch.full((1, 6), 1e300, dtype=torch.float64)}, ["not a count"]),
        ({"history.evaluations": torch.zeros((1, 3), dtype=torch.float64)}, ["history"]),
        ({"history.changes": torch.full((1, 3), -1.0, dtype=torch.float64)}, ["not a count"]),
        ({"history.changes": torch.full((1, 3), 0.5, dtype=torch.float64)}, ["not a count"]),
        ({"surprise": torch.zeros(1)}, ["no model of this app"]),
        ({"codes.surprise": torch.zeros(10, 2)}, []),
    ],
)
def test_tensors_that_do_not_fit(with_tensors, refused, changes, words):
    with_tensors(changes)
    refused(*words)


@pytest.mark.parametrize("steps", [-1.0, 0.5, 10.0, torch.nan, torch.inf])
def test_steps_that_no_optimizer_took(file, with_tensors, refused, steps):
    names = [name for name in parts(file.read_bytes())[0] if name.endswith(".step")]
    with_tensors({name: torch.tensor(steps) for name in names})
    refused("step")


def test_an_optimizer_that_began_anew(file, with_tensors):
    names = [name for name in parts(file.read_bytes())[0] if name.endswith(".step")]
    with_tensors({name: torch.tensor(4.0) for name in names})
    assert load_checkpoint(file).snapshot.step == 9


def test_what_is_quoted_is_short_and_can_be_shown(with_tensors, refused):
    with_tensors({"weights.\n\0" + "x" * 10_000: torch.zeros(1)})
    message = refused("do not match its architecture")
    assert message.isprintable()
    assert message.endswith("x…")
    assert len(message) < 1000


def test_all_that_is_read_can_be_written_to(file):
    loaded = load_checkpoint(file)
    arrays = [*loaded.snapshot.weights.values(), *loaded.snapshot.optimizer.values(), loaded.codes.mean]
    assert all(array.flags.writeable and array.flags.owndata for array in arrays)


def test_several_differences_are_listed(with_tensors, refused):
    with_tensors({"weights.encoder.0.bias": None, "weights.encoder.2.bias": torch.zeros(1)})
    message = refused("encoder.0.bias is missing", "encoder.2.bias has shape (1,) instead of (5,)")
    assert "\n" not in message


def test_a_file_that_is_not_there(file, refused):
    file.unlink()
    refused("no such file")


def test_a_folder(file, refused):
    file.unlink()
    file.mkdir()
    refused("not a file")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_does_not_hang(file, refused):
    file.unlink()
    os.mkfifo(file)
    refused("not a file")


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_loop_of_links(file, refused):
    file.unlink()
    file.symlink_to(file.name)
    refused()
