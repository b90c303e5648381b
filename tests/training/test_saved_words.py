"""Words in a model's file: they come back as they were, and where they are damaged the model opens without them."""

import json
from dataclasses import replace

import numpy as np
import pytest

from vae_desktop.config import DatasetConfig
from vae_desktop.data.load import load_digits
from vae_desktop.latent.codes import Codes
from vae_desktop.models.snapshot import are_equal
from vae_desktop.training.checkpoint import is_half_precision, load_checkpoint, load_checkpoints, save_checkpoints
from vae_desktop.training.description import FORMAT_VERSION
from vae_desktop.words import fitting, reading
from vae_desktop.words.captions import Captions

KEY = "vae_desktop"


@pytest.fixture(scope="module")
def diffusion(trained):
    """Fitted to any codes of two dimensions, with captions of digits."""
    digits = load_digits(DatasetConfig("digits", image_size=8))
    mean = np.random.default_rng(0).standard_normal((len(digits.train), 2)).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "CAPTIONS", 2000)
        return fitting.fit(Codes(mean, None, None), Captions.of(digits), seed=0, step=trained.snapshot.step, steps=20)


@pytest.fixture
def path(trained, diffusion, tmp_path):
    path = tmp_path / "model.safetensors"
    save_checkpoints(path, [replace(trained, diffusion=diffusion)])
    return path


def rewrite(path, change):
    """Write the file anew after `change(what it says of the model, header, tensors as one writable array of bytes)`."""
    raw = path.read_bytes()
    end = 8 + int.from_bytes(raw[:8], "little")
    header, data = json.loads(raw[8:end]), np.frombuffer(raw[end:], np.uint8).copy()
    said = json.loads(header["__metadata__"][KEY])
    change(said, header, data)
    header["__metadata__"][KEY] = json.dumps(said)
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data.tobytes())


def test_they_come_back_as_they_were(path, diffusion):
    loaded = load_checkpoint(path)
    assert loaded.format_version == FORMAT_VERSION
    assert loaded.diffusion.step == diffusion.step == loaded.snapshot.step
    assert not loaded.has_old_words
    assert loaded.diffusion.described == diffusion.described
    assert are_equal(loaded.diffusion.tensors(), diffusion.tensors())
    drawn = [one.draw("seven", 3, seed=1) for one in (loaded.diffusion, diffusion)]
    np.testing.assert_array_equal(*drawn)


def test_a_model_without_words_can_be_read_by_earlier_versions(trained, tmp_path):
    path = tmp_path / "model.safetensors"
    save_checkpoints(path, [trained])
    loaded = load_checkpoint(path)
    assert loaded.format_version < FORMAT_VERSION
    assert (loaded.diffusion, loaded.words_fault) == (None, "")


def test_half_precision_takes_words_along(trained, diffusion, tmp_path):
    path = tmp_path / "model.safetensors"
    save_checkpoints(path, [replace(trained, diffusion=diffusion)], half_precision=True)
    loaded = load_checkpoint(path)
    assert is_half_precision(path)
    for name, values in diffusion.tensors().items():
        np.testing.assert_allclose(loaded.diffusion.tensors()[name], values, rtol=1e-3, atol=1e-6)


def test_each_of_several_models_has_its_own(checkpoint_of, config, diffusion, tmp_path):
    first, second = (checkpoint_of(config.with_settings(beta=beta)) for beta in (0.5, 2.0))
    path = tmp_path / "set.safetensors"
    save_checkpoints(path, [first, replace(second, diffusion=diffusion)])
    loaded = load_checkpoints(path)
    assert loaded[0].diffusion is None
    assert are_equal(loaded[1].diffusion.tensors(), diffusion.tensors())


def test_words_of_another_step_are_old(trained, diffusion, tmp_path):
    path = tmp_path / "model.safetensors"
    save_checkpoints(path, [replace(trained, diffusion=replace(diffusion, step=1))])
    assert load_checkpoint(path).has_old_words


def damage_a_bit(said, header, data):
    data[header["words.denoiser.last.bias"]["data_offsets"][0]] ^= 1


def damage_the_description(said, header, data):
    start, end = header["words.described"]["data_offsets"]
    data[start:end] = ord("[")


def leave_one_out(said, header, data):
    header["other"] = header.pop("words.scale")
    header["words.other"] = header.pop("other")


def say_nothing(said, header, data):
    del said["words"]


def say_nonsense(said, header, data):
    said["words"] = ["words"]


def say_another_step(said, header, data):
    said["words"]["step"] = -1


def reshape(said, header, data):
    shape = header["words.denoiser.first.weight"]["shape"]
    header["words.denoiser.first.weight"]["shape"] = shape[::-1]


@pytest.mark.parametrize(
    "damage",
    [
        damage_a_bit,
        damage_the_description,
        leave_one_out,
        say_nothing,
        say_nonsense,
        say_another_step,
        reshape,
    ],
)
def test_where_they_are_damaged_the_model_opens_without_them(path, trained, damage):
    rewrite(path, damage)
    loaded = load_checkpoint(path)
    assert are_equal(loaded.snapshot.weights, trained.snapshot.weights)
    assert loaded.diffusion is None
    assert loaded.words_fault.startswith("The words in model.safetensors are damaged")


def test_words_of_a_newer_version_cost_the_words_alone(path):
    rewrite(path, lambda said, header, data: said["words"].update(format=2))
    loaded = load_checkpoint(path)
    assert loaded.diffusion is None
    assert "newer vae_desktop" in loaded.words_fault


def test_words_for_a_model_of_other_dimensions_are_damaged(checkpoint_of, config, diffusion, tmp_path):
    path = tmp_path / "model.safetensors"
    wide = checkpoint_of(config.with_settings(latent_dim=3))
    save_checkpoints(path, [replace(wide, diffusion=diffusion)])
    assert "damaged" in load_checkpoint(path).words_fault


def test_a_moment_has_the_words_of_its_step_only(trained, diffusion):
    from vae_desktop.training.timeline import Frame

    now = replace(trained, diffusion=diffusion)
    assert now.as_of(Frame(trained.snapshot, trained.codes)).diffusion is diffusion
    assert now.as_of(Frame(replace(trained.snapshot, step=1), trained.codes)).diffusion is None
