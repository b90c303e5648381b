"""Judging drawn images, in cases where the answer is plain."""

import math

import pytest
import torch

from vae_desktop.latent.embed import to_unit
from vae_desktop.latent.sample_quality import SampleJudge, decoded, effective_classes


class Thirds:
    """Takes an image for one of three classes by its brightness, the first two with probability 0.8, else 0.5."""

    def features(self, images):
        return images.flatten(1)

    def head(self, points):
        classes = (points.mean(1) * 3).long().clamp(max=2)
        odds = torch.tensor([0.8 / 0.1, 0.8 / 0.1, 0.5 / 0.25])
        return torch.nn.functional.one_hot(classes, 3) * odds.log()


@pytest.fixture(scope="module")
def real(digits):
    return torch.from_numpy(digits.test.images)


@pytest.mark.parametrize(
    ("classes", "expected"),
    [([2, 2, 2], 1), ([0, 1, 2, 3], 4), ([0, 0, 1, 1], 2), ([0, 0, 0, 1], (4 / 3) ** 0.75 * 4**0.25)],
)
def test_effective_classes(classes, expected):
    assert effective_classes(torch.tensor(classes), 10) == pytest.approx(expected)


def test_the_real_images_themselves_are_precise_and_cover_all(real):
    quality = SampleJudge(Thirds(), real).judge(map(to_unit, real.split(100)))
    assert (quality.precision, quality.recall) == (1, 1)
    assert quality.confidence == pytest.approx(0.8)


def test_classes_are_counted_over_all_batches(real):
    levels = (0.1, 0.1, 0.5, 0.9)
    batches = [torch.full((50, 1, 8, 8), level) for level in levels]
    quality = SampleJudge(Thirds(), real).judge(batches)
    assert quality.effective_classes == pytest.approx(math.exp(1.5 * math.log(2)))  # shares ½, ¼, ¼
    assert quality.confidence == pytest.approx(0.75 * 0.8 + 0.25 * 0.5)


def test_how_strongly_a_classifier_is_excited_does_not_count(real):
    judge = SampleJudge(Thirds(), real)
    faint = judge.judge([to_unit(real) * 0.01])
    assert (faint.precision, faint.recall) == (1, 1)
    assert faint.effective_classes == 1  # all are black to it


def test_without_a_classifier_pixels_are_compared(real):
    judge = SampleJudge(None, real)
    same = judge.judge([to_unit(real)])
    assert (same.precision, same.recall, same.effective_classes, same.confidence) == (1, 1, None, None)
    noise = judge.judge([torch.rand(len(real), 1, 8, 8, generator=torch.Generator().manual_seed(0))])
    assert noise.precision == 0


def test_large_images_are_averaged_down(monkeypatch):
    images = torch.randint(0, 256, (10, 3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    seen = []
    monkeypatch.setattr(
        "vae_desktop.latent.sample_quality.manifold", lambda points, progress: seen.append(points) or points
    )
    SampleJudge(None, images)
    expected = to_unit(images).reshape(10, 3, 32, 2, 32, 2).mean((3, 5)).flatten(1)
    torch.testing.assert_close(seen[0], expected)


def test_decoded_images_come_in_order_and_whole(digits, run_config, fresh_model):
    model = fresh_model(run_config(), digits)
    codes = torch.randn(2300, 2, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        batches = list(decoded(model, codes))
        assert len(batches) > 1
        torch.testing.assert_close(torch.cat(batches), model.decode(codes))
