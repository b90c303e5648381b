"""``vae-desktop sample``: a sheet of pictures, repeatable to the byte."""

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def sample(run, vae_file, tmp_path):
    """Draw a sheet from the small model and return its path."""

    def call(name, *arguments):
        path = tmp_path / name
        result = run("sample", vae_file, "--output", path, *arguments)
        assert (result.status, result.out, result.err) == (0, "", "")
        return path

    return call


def test_it_draws_a_grid(sample):
    with Image.open(sample("grid.png")) as picture:
        assert (picture.format, picture.mode) == ("PNG", "L")
        assert picture.size == (8 * (8 + 2) - 2, 8 * (8 + 2) - 2)
        tiles = [np.asarray(picture)[top : top + 8, left : left + 8] for top in range(0, 78, 10) for left in (0, 10)]
    assert all(tile.std() > 0 for tile in tiles)
    assert len({tile.tobytes() for tile in tiles}) == len(tiles)


def test_the_seed_decides_every_byte(sample):
    first, again, other = (
        sample(f"{name}.png", "--seed", seed).read_bytes() for name, seed in (("a", 4), ("b", 4), ("c", 5))
    )
    assert first == again != other


@pytest.mark.parametrize(("count", "columns", "rows"), [(1, 1, 1), (3, 2, 2), (1200, 35, 35)])
def test_the_sheet_is_as_square_as_can_be(sample, count, columns, rows):
    with Image.open(sample("sheet.png", "--count", count)) as sheet:
        assert sheet.size == (columns * 10 - 2, rows * 10 - 2)
        top, left = 10 * ((count - 1) // columns), 10 * ((count - 1) % columns)
        assert np.asarray(sheet)[top : top + 8, left : left + 8].std() > 0  # the last picture is there


def test_an_autoencoder_comes_with_a_warning(run, ae_file, tmp_path):
    result = run("sample", ae_file, "--output", tmp_path / "grid.png")
    assert result.status == 0
    assert result.err.count("\n") == 1
    assert "N(0, I)" in result.err
    assert (tmp_path / "grid.png").exists()


@pytest.mark.parametrize(
    ("option", "text", "words"),
    [
        ("--count", "0", ["Count", "0", "1 to 10000"]),
        ("--count", "10001", ["Count", "10001"]),
        ("--count", "many", ["Count", "'many'"]),
        ("--seed", "-1", ["Seed", "-1"]),
    ],
)
def test_bad_arguments(run, vae_file, tmp_path, option, text, words):
    run("sample", vae_file, "--output", tmp_path / "x.png", option, text).assert_refused(2, *words)
    assert not (tmp_path / "x.png").exists()


def test_an_output_that_cannot_be_written(run, vae_file, tmp_path):
    run("sample", vae_file, "--output", tmp_path).assert_refused(1, str(tmp_path), "folder")


def test_a_missing_model(run, tmp_path):
    run("sample", tmp_path / "gone.safetensors", "--output", tmp_path / "x.png").assert_refused(
        1, "gone", "no such file"
    )


def test_an_autoencoder_is_drawn_around_its_codes_without_a_warning(run, ae_file, tmp_path):
    sheets = []
    for way in ("box", "normal", "mixture"):
        path = tmp_path / f"{way}.png"
        result = run("sample", ae_file, "--output", path, "--from", way)
        assert (result.status, result.err) == (0, "")
        sheets.append(path.read_bytes())
    assert len(set(sheets)) == 3


def test_codes_are_drawn_around_those_of_the_posteriors_not_around_their_means(run, train, tmp_path):
    train("--model", "kl-only", "--epochs", "30")  # its means lie on one point, its codes fill N(0, I)
    varied = {}
    for name in ("prior", "box", "normal", "mixture"):
        path = tmp_path / f"{name}.png"
        assert run("sample", tmp_path / "model.safetensors", "--output", path, "--from", name).status == 0
        with Image.open(path) as sheet:
            pixels = np.asarray(sheet, float)
        tiles = [pixels[top : top + 8, left : left + 8] for top in range(0, 78, 10) for left in range(0, 78, 10)]
        varied[name] = np.std(tiles, axis=0).mean()
    assert min(varied.values()) > 0.7 * varied["prior"] > 0


def test_at_temperature_0_all_pictures_are_the_same(sample):
    with Image.open(sample("grid.png", "--temperature", "0", "--count", 4)) as sheet:
        pixels = np.asarray(sheet)
    assert np.array_equal(pixels[:8, :8], pixels[10:18, 10:18])
    assert pixels[:8, :8].std() > 0


@pytest.mark.parametrize(
    ("option", "value"), [("--from", "nowhere"), ("--temperature", "-1"), ("--temperature", "hot")]
)
def test_what_cannot_be_drawn_is_refused_in_words(run, vae_file, tmp_path, option, value):
    result = run("sample", vae_file, "--output", tmp_path / "grid.png", option, value)
    assert result.status == 2
    assert value in result.err
    assert not (tmp_path / "grid.png").exists()
