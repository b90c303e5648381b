"""A sentence encoder of the person's own reads the captions."""

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from vae_desktop.errors import UserError
from vae_desktop.words.fitting import fit
from vae_desktop.words.latent_diffusion import LatentDiffusion


class Sentences:
    """Stands in for sentence-transformers: a vector that says which digits and number words are in a text."""

    def __init__(self, folder, **options):
        assert options["local_files_only"]
        assert not options["trust_remote_code"]
        assert options["model_kwargs"] == {"use_safetensors": True}

    def encode(self, texts, **options):
        words = (("0", "zero", "nought", "零"), ("1", "one", "一"), ("2", "two", "二"))
        return np.array([[10.0 * any(word in text.lower() for word in own) for own in words] + [1.0] for text in texts])


@pytest.fixture
def library(monkeypatch):
    module = ModuleType("sentence_transformers")
    module.SentenceTransformer = Sentences
    monkeypatch.setitem(sys.modules, "sentence_transformers", module)


def test_captions_are_read_by_it(codes, captions, library, tmp_path):
    diffusion = fit(codes, captions, 0, steps=100, sentence_encoder=tmp_path)
    kept = LatentDiffusion.of_parts(diffusion.tensors(), diffusion.described, 0)
    own = codes.mean[codes.labels == 2].mean(0)
    for each in (diffusion, kept):
        assert np.abs(np.median(each.draw("a two", 50)[-1], 0) - own)[:2].max() < 1.5


def test_one_that_is_gone_is_told(codes, captions, library, tmp_path):
    (tmp_path / "encoder").mkdir()
    diffusion = fit(codes, captions, 0, steps=2, sentence_encoder=tmp_path / "encoder")
    (tmp_path / "encoder").rmdir()
    kept = LatentDiffusion.of_parts(diffusion.tensors(), diffusion.described, 0)
    with pytest.raises(UserError, match="is not there"):
        kept.draw("a two", 1)
    assert kept.draw(None, 3).shape == (31, 3, 3)  # without words it is not needed


def test_the_command_that_installs_it_is_told(codes, captions, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(UserError, match=r"python -m pip install 'vae-desktop\[words\]'"):
        fit(codes, captions, 0, steps=2, sentence_encoder=tmp_path)


@pytest.mark.parametrize("folder", ["//machine/share/encoder", r"\\machine\share\encoder"])
def test_none_of_another_machine_is_looked_for(codes, captions, library, folder):
    with pytest.raises(UserError, match="is not there"):
        fit(codes, captions, 0, steps=2, sentence_encoder=Path(folder))


def test_a_folder_without_one_is_told(codes, captions, library, monkeypatch, tmp_path):
    def fail(folder, **options):
        raise OSError("no modules.json")

    monkeypatch.setattr(sys.modules["sentence_transformers"], "SentenceTransformer", fail)
    with pytest.raises(UserError, match="no modules"):
        fit(codes, captions, 0, steps=2, sentence_encoder=tmp_path)
