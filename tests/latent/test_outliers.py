"""Images that are unlike the others are found by what a model makes of them, with the reason."""

import numpy as np
import pytest
import torch

from vae_desktop.config import DatasetConfig, ModelConfig, RunConfig, TrainingConfig
from vae_desktop.data.dataset import Dataset, Split
from vae_desktop.data.load import load_digits
from vae_desktop.errors import Cancelled, UserError
from vae_desktop.latent.outliers import score_outliers
from vae_desktop.models.autoencoder import restored_model
from vae_desktop.progress import Progress
from vae_desktop.training.loop import TrainingLoop

KINDS = ("inverted", "blank", "noise", "grey")
EACH = 5  # of a kind in each split


def _plant(split, random):
    """The split with planted images, and what each of its images is: "" for a digit."""
    images, kinds = split.images.copy(), np.full(len(split), "", "U8")
    for number, kind in zip(random.permutation(len(split))[: EACH * len(KINDS)], KINDS * EACH, strict=True):
        planted = {
            "inverted": 255 - images[number],
            "blank": np.zeros_like(images[number]),
            "noise": random.integers(0, 256, images[number].shape, np.uint8),
            "grey": np.full_like(images[number], random.integers(60, 256)),
        }
        images[number], kinds[number] = planted[kind], kind
    return Split(images, split.labels), kinds


@pytest.fixture(scope="module")
def planted():
    """Digits with 40 planted images, what each test and each training image is, and a model trained on them."""
    random = np.random.default_rng(0)
    digits = load_digits(DatasetConfig("digits", image_size=8))
    (train, train_kinds), (test, test_kinds) = (_plant(split, random) for split in (digits.train, digits.test))
    dataset = Dataset(digits.config, train, test, digits.class_names)
    training = TrainingConfig(epochs=10, batch_size=64, learning_rate=3e-3, device="cpu")
    config = RunConfig(dataset.config, ModelConfig("vae", 4, hidden=(64,)), training)
    loop = TrainingLoop([config], dataset, torch.device("cpu"))
    for _ in loop.epochs():
        pass
    weights = loop.models[0].checkpoint().snapshot.weights
    return dataset, {"test": test_kinds, "train": train_kinds}, restored_model(config.model, (1, 8, 8), weights)


def test_planted_images_are_found_in_both_parts(planted):
    dataset, kinds, model = planted
    worst = score_outliers(model, dataset).worst(2 * EACH * len(KINDS))
    found = [kinds[outlier.part][outlier.image] for outlier in worst]
    assert sum(kind != "" for kind in found) >= 0.9 * len(found)
    assert {outlier.part for outlier in worst} == {"test", "train"}
    scores = [outlier.score for outlier in worst]
    assert scores == sorted(scores, reverse=True)


def test_each_says_why(planted):
    dataset, kinds, model = planted
    reasons = {kind: [] for kind in KINDS}
    for outlier in score_outliers(model, dataset).worst(2 * EACH * len(KINDS)):
        first = outlier.reasons[0]
        assert first.deviation == outlier.score
        if kind := kinds[outlier.part][outlier.image]:
            reasons[kind].append((first.kind, str(first)))
    assert {kind for kind, _ in reasons["blank"]} == {"blank"}
    assert ("blank", "of one shade, and not reconstructed as such") in reasons["grey"]
    text = dict(reasons["inverted"])
    assert text.keys() <= {"error", "contrast", "distance"}
    assert any("× the median" in words or "× as far" in words for words in text.values())


def test_one_reason_and_one_part_can_be_asked_for(planted):
    dataset, _, model = planted
    scores = score_outliers(model, dataset)
    for kind in ("error", "contrast", "distance"):
        worst = scores.worst(5, kind, "train")
        assert {outlier.part for outlier in worst} == {"train"}
        best = np.sort(scores.deviations[kind][len(dataset.test) :])[-5:][::-1]
        assert [outlier.score for outlier in worst] == best.tolist()
    assert len(scores.worst(10**6)) == len(dataset.test) + len(dataset.train)


def test_figures_are_what_they_are_said_to_be(planted):
    dataset, _, model = planted
    scores = score_outliers(model, dataset)
    images = torch.from_numpy(np.concatenate((dataset.test.images, dataset.train.images))).float() / 255
    with torch.inference_mode():
        errors = (model.decoder(model.encode(images).mean) - images).square().flatten(1).sum(1).numpy()
        codes = model.encode(images).mean.numpy().astype(np.float64)
    np.testing.assert_allclose(scores.ratios["error"], errors / np.median(errors), rtol=1e-3)
    known = codes[len(dataset.test) :]
    codes, known = codes / known.std(0), known / known.std(0)
    distances = np.sort(np.linalg.norm(codes[:, None] - known, axis=2), axis=1)[:, 19]
    np.testing.assert_allclose(scores.ratios["distance"], distances / np.median(distances), rtol=1e-3)


def test_models_without_any_difference_have_no_outliers(planted):
    dataset, _, _ = planted
    images = np.full((30, 1, 8, 8), 7, np.uint8)
    same = Dataset(dataset.config, Split(images, None), Split(images, None), ())
    model = planted[2]
    assert score_outliers(model, same).worst(1)[0].score == 0


def test_numbers_that_are_not_finite_are_refused(planted):
    dataset, _, model = planted
    broken = restored_model(
        ModelConfig("vae", 4, hidden=(64,)), (1, 8, 8), {k: np.full_like(v, np.nan) for k, v in _weights(model).items()}
    )
    with pytest.raises(UserError, match="not finite"):
        score_outliers(broken, dataset)


def _weights(model):
    return {name: value.detach().numpy() for name, value in model.state_dict().items()}


def test_it_can_be_cancelled(planted):
    dataset, _, model = planted
    with pytest.raises(Cancelled):
        score_outliers(model, dataset, Progress(is_cancelled=lambda: True))
