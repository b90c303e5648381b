"""A diffusion draws codes as words ask, and is kept as tensors and JSON."""

import json

import numpy as np
import pytest
import torch

from vae_desktop.errors import Cancelled, UserError
from vae_desktop.latent.codes import Codes
from vae_desktop.progress import Progress
from vae_desktop.words.diffusion import signal_and_noise, walk
from vae_desktop.words.fitting import fit
from vae_desktop.words.latent_diffusion import LatentDiffusion


def class_of(codes):
    """The class of codes (N, 3) by where they lie, or -1 between the classes."""
    middles = np.array([[3, 0], [-3, 3], [-3, -3]])
    distances = np.linalg.norm(codes[:, None, :2] - middles, axis=2)
    return np.where(distances.min(1) < 1.5, distances.argmin(1), -1)


@pytest.mark.parametrize(("text", "asked"), [("a 0 digit", 0), ("one, please", 1), ("画一个二", 2), ("数字零", 0)])
def test_codes_are_as_the_words_ask(diffusion, text, asked):
    walk = diffusion.draw(text, 40, guidance=2.0, steps=20, seed=1)
    assert walk.shape == (21, 40, 3)
    assert walk.dtype == np.float32
    assert (class_of(walk[-1]) == asked).mean() > 0.9


@pytest.mark.parametrize("spread", [0.3, 1.0, 2.0])
def test_a_normal_distribution_keeps_its_spread(spread):
    def velocity(codes, times):
        signal, strength = signal_and_noise(times)
        variance = (signal * spread) ** 2 + strength**2
        return (signal * strength - strength * signal * spread**2) / variance * codes

    noise = torch.linspace(-2, 2, 10)[:, None]
    torch.testing.assert_close(walk(velocity, noise, 30)[-1], spread * noise, rtol=0.01, atol=0)


def test_without_words_all_classes_come(diffusion):
    found = class_of(diffusion.draw(None, 200)[-1])
    assert (found >= 0).mean() > 0.85
    assert np.bincount(found[found >= 0], minlength=3).min() > 30


def test_a_dimension_that_says_nothing_stays_normal(diffusion):
    drawn = diffusion.draw(None, 500, guidance=1.0)[-1][:, 2]
    assert 0.7 < drawn.std() < 1.3


def test_the_walk_begins_with_noise_and_seeds_name_it(diffusion):
    walk = diffusion.draw("one", 50, steps=5, seed=3)
    noise = (walk[0] - diffusion.weights["middle"]) / diffusion.weights["scale"]
    assert abs(noise.mean()) < 0.3
    assert 0.8 < noise.std() < 1.2
    np.testing.assert_array_equal(walk[0], diffusion.draw("two", 50, steps=5, seed=3)[0])
    assert np.abs(walk[0] - diffusion.draw("one", 50, steps=5, seed=4)[0]).max() > 1


def test_an_autoencoders_codes_follow_captions_where_no_text_asks(diffusion, codes, captions):
    assert "captions" not in diffusion.weights
    of_means = fit(Codes(codes.mean, None, codes.labels), captions, seed=0, steps=3)
    none = {**of_means.weights, "captions": np.zeros_like(of_means.weights["captions"])}
    untold = LatentDiffusion.of_parts(none, of_means.described, of_means.step)
    assert np.abs(of_means.draw(None, 20)[-1] - untold.draw(None, 20)[-1]).max() > 0


@pytest.mark.parametrize("text", ["one", None])
def test_the_first_codes_stay_when_more_are_wanted(diffusion, text):
    few, many = (diffusion.draw(text, count, steps=4, seed=5) for count in (3, 30))
    np.testing.assert_allclose(many[:, :3], few, rtol=1e-3, atol=1e-3)


def test_the_same_seed_fits_the_same(codes, captions):
    one, other = (fit(codes, captions, seed=4, steps=3) for _ in range(2))
    assert one.described == other.described
    assert all(np.array_equal(one.weights[name], other.weights[name]) for name in one.weights)


def test_without_captions_it_draws_without_words(codes):
    diffusion = fit(codes, None, seed=0, steps=80)
    assert not diffusion.has_words
    assert (class_of(diffusion.draw(None, 100)[-1]) >= 0).mean() > 0.8
    assert "without words" in diffusion.understand("a two").refusal
    with pytest.raises(UserError, match="without words"):
        diffusion.draw("a two", 1)
    kept = LatentDiffusion.of_parts(diffusion.tensors(), diffusion.described, diffusion.step)
    assert np.array_equal(kept.draw(None, 3), diffusion.draw(None, 3))


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_it_is_kept_as_tensors_and_json(diffusion, dtype):
    tensors = {name: tensor.astype(dtype) for name, tensor in diffusion.tensors().items()}
    kept = LatentDiffusion.of_parts(tensors, json.loads(json.dumps(diffusion.described)), diffusion.step)
    assert kept.step == 7
    assert kept.understand("a two").words == diffusion.understand("a two").words
    np.testing.assert_allclose(kept.draw("two", 20)[-1], diffusion.draw("two", 20)[-1], atol=0.2)


def _without(name):
    return lambda tensors, described: tensors.pop(name)


def _instead(name, value):
    return lambda tensors, described: described.update({name: value})


def _shape(tensors, described):
    tensors["denoiser.first.weight"] = tensors["denoiser.first.weight"][:, :1]


def _infinite(tensors, described):
    tensors["scale"] = np.full(3, np.inf, np.float32)


FAULTS = {
    "no middle": _without("middle"),
    "no layer": _without("denoiser.inner.0.weight"),
    "no text": _without("text.last.bias"),
    "another shape": _shape,
    "infinite": _infinite,
    "width": _instead("width", -3),
    "layers": _instead("layers", "three"),
    "words": _instead("words", {"one": 3}),
    "a list": _instead("words", [1, 2]),
    "huge": _instead("width", 10**9),
    "wide": _instead("width", 4096),
    "no layers": _instead("layers", 0),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_damaged_parts_are_refused_in_words(diffusion, fault):
    tensors, described = diffusion.tensors(), dict(diffusion.described)
    FAULTS[fault](tensors, described)
    with pytest.raises(UserError, match="damaged"):
        LatentDiffusion.of_parts(tensors, described, 7)


@pytest.mark.parametrize("described", [None, [], {}, "words", {"width": 1}])
def test_a_description_that_is_none_is_refused(diffusion, described):
    with pytest.raises(UserError, match="damaged"):
        LatentDiffusion.of_parts(diffusion.tensors(), described, 7)


def test_too_few_images_and_collapsed_codes_are_refused(codes, captions):
    few = Codes(codes.mean[:5], None, None)
    same = Codes(np.full((100, 2), 3, np.float32), None, None)
    collapsed = Codes(1e-4 * codes.mean, np.zeros_like(codes.mean), None)
    for given, why in ((few, "at least 20"), (same, "same code"), (collapsed, "same code")):
        with pytest.raises(UserError, match=why):
            fit(given, None, seed=0, steps=1)
    with pytest.raises(UserError, match="not finite"):
        fit(Codes(np.full((100, 2), np.nan, np.float32), None, None), None, seed=0, steps=1)


def test_the_fit_tells_how_far_it_is_and_can_be_ended(codes, captions):
    told = []
    fit(codes, captions, 0, Progress(lambda done, total: told.append(done / total)), steps=20)
    assert told == sorted(told)
    assert len(told) > 5
    with pytest.raises(Cancelled):
        fit(codes, captions, 0, Progress(is_cancelled=lambda: True), steps=20)
