"""``vae-desktop film``: what it writes, and everything that it refuses."""

import numpy as np
import pytest
from PIL import Image

from tests.cli.timelines import damage, record
from vae_desktop.config import DatasetConfig, ModelConfig, RunConfig, TrainingConfig
from vae_desktop.variants import Variant

STEPS = (0, 3, 8, 16)
BASE = RunConfig(
    DatasetConfig("digits", 8), ModelConfig("vae", hidden=(8,)), TrainingConfig(2, batch_size=200, device="cpu")
)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("film") / "model.safetensors"
    record(path, [BASE], STEPS, (3,))
    return path


@pytest.mark.parametrize("of", ["scatter", "grid", "samples", "point"])
@pytest.mark.parametrize("ending", ["gif", "webp"])
def test_a_film_of_each_kind(file, run, tmp_path, of, ending):
    path = tmp_path / f"film.{ending}"
    result = run("film", file, "--of", of, "--size", 150, "--fps", 10, "--theme", "dark", "--output", path)
    assert (result.status, result.out, result.err) == (0, "", "")
    with Image.open(path) as film:
        film.load()
        count, pause = (7, 50) if of == "scatter" else (4, 100)  # points glide
        assert (film.n_frames, film.format, film.width, film.info["duration"]) == (count, ending.upper(), 150, pause)
        assert film.height > 150
        assert film.convert("RGB").getpixel((0, 0)) == (0x16, 0x19, 0x1E)


def test_pictures_as_one_array(file, run, tmp_path):
    path = tmp_path / "film.npy"
    result = run("film", file, "--size", 150, "--theme", "dark", "--output", path)
    assert (result.status, result.out, result.err) == (0, "", "")
    pictures = np.load(path)
    assert (pictures.dtype, pictures.shape[0], pictures.shape[2:]) == (np.uint8, 4, (150, 3))
    assert pictures[0, 0, 0].tolist() == [0x16, 0x19, 0x1E]
    assert (pictures[0] != pictures[-1]).any()


def test_pictures_in_a_folder_are_named_by_their_steps(file, run, tmp_path):
    assert run("film", file, "--size", 150, "--output", tmp_path / "film").status == 0
    names = sorted(path.name for path in (tmp_path / "film").iterdir())
    assert names == ["step-00.png", "step-03.png", "step-08.png", "step-16.png"]
    run("film", file, "--output", tmp_path / "film").assert_refused(1, "it is there already, and not an empty folder")


def test_what_decides_the_pictures(file, run, tmp_path):
    def film(*arguments):
        assert run("film", file, "--size", 120, "--output", tmp_path / "f.gif", *arguments).status == 0
        return (tmp_path / "f.gif").read_bytes()

    samples = film("--of", "samples")
    assert samples == film("--of", "samples", "--seed", 0) != film("--of", "samples", "--seed", 1)
    assert samples != film("--of", "samples", "--count", 9)
    point = film("--of", "point")
    assert point == film("--of", "point", "--code", 0, 0) != film("--of", "point", "--code", "0,5", "-1")


def test_one_of_several_models(run, tmp_path):
    path = tmp_path / "models.safetensors"
    record(path, [Variant("ae").applied_to(BASE), BASE], STEPS, ())
    run("film", path, "--output", tmp_path / "f.gif").assert_refused(2, "1 AE, 2 VAE. Say with --which N")
    assert run("film", path, "--which", 1, "--size", 120, "--output", tmp_path / "f.gif").status == 0


@pytest.mark.parametrize("of", ["scatter", "samples"])
def test_a_damaged_frame_is_named_and_left_out(file, run, tmp_path, of):
    damage(file, tmp_path / "model.safetensors", 8)
    path = tmp_path / "film.gif"
    result = run("film", tmp_path / "model.safetensors", "--of", of, "--size", 120, "--fps", 5, "--output", path)
    assert result.status == 0
    assert result.err.startswith("vae-desktop film: note: step 8 is left out: ")
    assert "not finite numbers" in result.err
    assert result.err.count("\n") == 1
    with Image.open(path) as film:
        assert film.n_frames == (9 if of == "scatter" else 3)  # points glide


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--output", "f.mp4"], 1, "a film is a .gif, a .webp or a .npy, or without an ending a folder"),
        (["--output", "none/f.gif"], 1, "there is no folder none"),
        (["--output", "none/f"], 1, "there is no folder none"),
        (["--output", "f.gif", "--of", "dreams"], 2, "Of: 'dreams' is unknown; choose from scatter, grid"),
        (["--output", "f.gif", "--theme", "pink"], 2, "Theme: 'pink' is unknown; choose from light, dark."),
        (["--output", "f.gif", "--size", 10], 2, "Size: 10 is out of range (120 to 2000)."),
        (["--output", "f.gif", "--fps", 0], 2, "Frames per second: 0 is out of range (0.5 to 50)."),
        (["--output", "f.gif", "--of", "point", "--code", 1, 2, 3], 2, "3 numbers are more than the 2 latent dim"),
        (["--output", "f.gif", "--of", "point", "--code", "x"], 2, "Code: 'x' is not a number."),
    ],
)
def test_what_cannot_be(file, run, tmp_path, monkeypatch, arguments, status, words):
    monkeypatch.chdir(tmp_path)
    run("film", file, *arguments).assert_refused(status, words)
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_a_timeline(vae_file, run, tmp_path):
    run("film", vae_file, "--output", tmp_path / "f.gif").assert_refused(1, "vae.safetensors has no timeline")
