"""``vae-desktop words`` and ``draw``: words fitted to a saved model, and pictures of what a text asks for."""

import itertools
import shutil
import sys

import numpy as np
import pytest
from PIL import Image

from tests.words.quick_fits import fit_quickly
from vae_desktop.training.checkpoint import load_checkpoint
from vae_desktop.words import judgement


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    fit_quickly(monkeypatch)


@pytest.fixture(scope="module")
def words_file(vae_file, tmp_path_factory):
    """The small model with words."""
    from vae_desktop.cli import main

    path = tmp_path_factory.mktemp("words") / "words.safetensors"
    with pytest.MonkeyPatch.context() as patch:
        fit_quickly(patch)
        assert main(["words", str(vae_file), "--fit", "--output", str(path)]) == 0
    return path


def test_words_are_kept_in_the_file(run, vae_file, tmp_path):
    path = tmp_path / "model.safetensors"
    shutil.copy(vae_file, path)
    before = load_checkpoint(path)
    run("words", path).assert_refused(1, "no words", "--fit")
    fitted = run("words", path, "--fit", "--json")
    assert (fitted.status, fitted.err) == (0, "")
    (said,) = fitted.lines
    assert (said["words_step"], said["is_old"], said["output"]) == (before.snapshot.step, False, str(path))
    assert said["words"]["seven"] > 0
    assert said["seconds"] > 0
    after = load_checkpoint(path)
    assert after.snapshot.optimizer.keys() == before.snapshot.optimizer.keys()
    (told,) = run("words", path, "--json").lines
    assert told == {key: value for key, value in said.items() if key not in ("seconds", "output")}
    (info,) = run("info", path, "--json").lines
    assert info["words"] == {"step": before.snapshot.step, "is_old": False, "count": len(said["words"])}
    assert "Words" in run("info", path).out


def test_pictures_of_what_a_text_asks_for(run, words_file, tmp_path):
    path = tmp_path / "grid.png"
    drawn = run("draw", words_file, "a thick seven", "--count", 5, "--guidance", 3, "--output", path, "--json")
    assert (drawn.status, drawn.err) == (0, "")
    (said,) = drawn.lines
    words = {word["word"]: word for word in said["words"]}
    assert (words["seven"]["counts"], words["seven"]["as"], words["a"]["counts"]) == (True, "seven", False)
    assert (said["refusal"], said["drawn"], said["guidance"], said["output"]) == (None, 5, 3.0, str(path))
    with Image.open(path) as sheet:
        assert sheet.size == (28, 18)
    assert "Understood" in run("draw", words_file, "seven", "--output", path).out


def test_pictures_as_an_array_repeat_and_the_first_stay(run, words_file, tmp_path):
    def drawn(count, seed=0):
        path = tmp_path / f"{count}-{seed}.npy"
        assert run("draw", words_file, "seven", "--count", count, "--seed", seed, "--output", path).status == 0
        return np.load(path)

    few, more, other = drawn(2), drawn(6), drawn(2, seed=1)
    assert (more.shape, more.dtype) == ((6, 8, 8), np.uint8)
    np.testing.assert_array_equal(few, more[:2])
    assert (few != other).any()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "the of and a",
        "a purple elephant plays chess",
        "кошка",
        "ネコ",
        "!?" * 30,
        "xyzzy " * 1700,
        "x" * 10_000,
    ],
    ids=["empty", "spaces", "stop words", "elephant", "Cyrillic", "kana", "marks", "10,000 characters", "a long word"],
)
def test_what_is_not_grounded_is_refused(run, words_file, tmp_path, text):
    path = tmp_path / "grid.png"
    refused = run("draw", words_file, text, "--output", path)
    refused.assert_refused(1)
    assert len(refused.err) < 1000
    assert not path.exists()
    (said,) = run("draw", words_file, text, "--output", path, "--json").lines
    assert said["refusal"] in refused.err
    assert (said["drawn"], said["output"]) == (0, None)


def test_samples_come_from_the_diffusion_too(run, words_file, vae_file, tmp_path):
    path = tmp_path / "drawn.npy"
    for temperature in (1, 0):
        options = "--count", 3, "--temperature", temperature, "--output", path
        result = run("sample", words_file, "--from", "diffusion", *options)
        assert (result.status, result.err) == (0, "")
        assert np.load(path).shape == (3, 8, 8)
    still = np.load(path)
    assert (still == still[:1]).all()
    run("sample", vae_file, "--from", "diffusion", "--output", path).assert_refused(1, "no words", "--fit")


def test_evaluate_measures_what_it_draws(run, words_file, vae_file):
    options = "--sampling", 40, "--importance-samples", 0, "--json"
    (plain,), (said,) = (run("evaluate", path, *options).lines for path in (vae_file, words_file))
    assert list(plain["sampling"]) == ["prior", "box", "normal", "reconstructions"]
    assert list(said["sampling"]) == ["prior", "box", "normal", "mixture", "diffusion", "reconstructions"]
    assert said["sampling"]["prior"] == plain["sampling"]["prior"]
    assert 0 <= said["sampling"]["diffusion"]["precision"] <= 1


def test_how_well_words_are_followed_is_judged(run, words_file, vae_file, monkeypatch, tmp_path):
    monkeypatch.setattr(judgement, "CAPTIONS", 40)
    monkeypatch.setattr(judgement, "TEXTS", 1)
    monkeypatch.setattr(judgement, "_PICTURES", 5)
    (said,) = run("words", words_file, "--judge", "--guidance", 0, "--json").lines
    judged = said["judged"]
    assert judged["guidance"] == 0
    for language in ("en", "zh"):
        shares = judged["as_asked"][language]
        assert list(shares) == [str(digit) for digit in range(10)]
        assert all(0 <= share <= 1 for share in shares.values())
        # As without words, which at this guidance count for nothing.
        assert judged["shifts"][language] == {"thickness.high": 0, "thickness.low": 0, "slant.high": 0}
    assert judged["chance"] == 0.25
    assert 0 <= judged["recall"] <= 1
    assert all(judged[part][which] > 0 for part in ("codes", "images") for which in ("drawn", "test"))
    path = tmp_path / "plain.safetensors"
    fitted = run("words", vae_file, "--fit", "--judge", "--without-words", "--output", path)
    assert fitted.status == 0
    assert "Copies: codes" in fitted.out
    assert "Recall@10" not in fitted.out


def test_training_on_makes_them_old(run, words_file, tmp_path):
    path, output = tmp_path / "on.safetensors", tmp_path / "drawn.npy"
    assert run("train", "--continue", words_file, "--epochs", 1, "--output", path).status == 0
    (info,) = run("info", path, "--json").lines
    assert info["words"]["is_old"]
    assert "old" in run("info", path).out
    drawn = run("draw", path, "seven", "--output", output)
    assert drawn.status == 0
    assert "old" in drawn.err
    assert run("words", path, "--fit").status == 0
    assert run("draw", path, "seven", "--output", output).err == ""
    (said,) = run("evaluate", words_file, "--sampling", 20, "--importance-samples", 0, "--json").lines
    assert "diffusion" in said["sampling"]


def test_damaged_words_leave_the_model(run, words_file, tmp_path):
    path = tmp_path / "model.safetensors"
    content = bytearray(words_file.read_bytes())
    content[content.index(b'\\"digest\\":\\"') + 14] ^= 1
    path.write_bytes(content)
    info = run("info", path, "--json")
    assert (info.status, info.lines[0]["words"]) == (0, None)
    assert "The words in model.safetensors are damaged" in info.err
    assert run("sample", path, "--output", tmp_path / "x.png").status == 0
    run("draw", path, "seven", "--output", tmp_path / "y.png").assert_refused(1, "damaged")
    assert run("words", path, "--fit").status == 0
    assert run("draw", path, "seven", "--output", tmp_path / "y.png").status == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["--without-words"], ["without-words", "--fit"]), (["--output", "x.safetensors"], ["output", "--fit"])],
)
def test_what_is_for_fitting_only(run, words_file, arguments, words):
    run("words", words_file, *arguments).assert_refused(2, *words)


def test_without_words_it_draws_and_understands_nothing(run, vae_file, tmp_path):
    path = tmp_path / "plain.safetensors"
    (said,) = run("words", vae_file, "--fit", "--without-words", "--output", path, "--json").lines
    assert said["words"] == {}
    assert run("sample", path, "--from", "diffusion", "--output", tmp_path / "x.png").status == 0
    run("draw", path, "seven", "--output", tmp_path / "y.png").assert_refused(1)


def test_a_small_file_stays_small(run, train, tmp_path):
    train("--compact")
    path = tmp_path / "model.safetensors"
    size = path.stat().st_size
    assert run("words", path, "--fit", "--without-words").status == 0
    assert load_checkpoint(path).diffusion is not None
    from vae_desktop.training.checkpoint import is_half_precision

    assert is_half_precision(path)
    assert path.stat().st_size > size


def test_a_sentence_encoder_needs_its_library(run, vae_file, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    output = tmp_path / "out.safetensors"
    result = run("words", vae_file, "--fit", "--sentence-encoder", tmp_path, "--output", output)
    result.assert_refused(1, "python -m pip install 'vae-desktop[words]'")
    assert not output.exists()
    options = "--sentence-encoder", tmp_path / "gone", "--output", output
    run("words", vae_file, "--fit", *options).assert_refused(1, "gone")


def test_a_collapsed_model_is_refused(run, train, tmp_path):
    assert train("--beta", 10_000, "--epochs", 30).status == 0
    path = tmp_path / "model.safetensors"
    before = path.read_bytes()
    run("words", path, "--fit").assert_refused(1, "collapsed")
    assert path.read_bytes() == before


def test_a_model_of_one_class(run, train, tmp_path):
    folder = tmp_path / "images" / "squares"
    folder.mkdir(parents=True)
    for number, (left, side) in enumerate(itertools.product(range(8), range(2, 8))):
        image = np.zeros((16, 16), np.uint8)
        image[4 : 4 + side, left : left + side] = 255
        Image.fromarray(image).save(folder / f"{number}.png")
    assert train("--dataset", folder.parent, "--epochs", 30, "--batch-size", 16, "--beta", 0.01).status == 0
    path, drawn = tmp_path / "model.safetensors", tmp_path / "drawn.npy"
    fitted = run("words", path, "--fit", "--json")
    assert fitted.status == 0
    assert fitted.lines[0]["words"]
    word = next(iter(fitted.lines[0]["words"]))
    assert run("draw", path, word, "--count", 2, "--output", drawn).status == 0
    assert np.load(drawn).shape == (2, 8, 8)
    run("draw", path, "an elephant", "--output", tmp_path / "none.npy").assert_refused(1)
