"""Precision and recall against loops over all pairs, and in cases where they are plain."""

import pytest
import torch

from vae_desktop.errors import Cancelled
from vae_desktop.latent.sample_quality import coverage, covered, manifold, precision_and_recall
from vae_desktop.progress import Progress


def points(count, seed, shift=0.0):
    return torch.randn(count, 4, generator=torch.Generator().manual_seed(seed)) + shift


def share_covered(inside, balls, neighbours):
    """The definition, one pair after the other."""
    radii = []
    for place, centre in enumerate(balls):
        others = sorted(float((centre - other).norm()) for at, other in enumerate(balls) if at != place)
        radii.append(others[neighbours - 1])
    found = [
        any(float((point - centre).norm()) <= radius for centre, radius in zip(balls, radii, strict=True))
        for point in inside
    ]
    return sum(found) / len(found)


@pytest.mark.parametrize("shift", [0.0, 1.0, 2.0])
def test_they_are_those_of_the_definition(shift):
    real, generated = points(60, 0), points(45, 1, shift)
    expected = share_covered(generated, real, 3), share_covered(real, generated, 3)
    assert precision_and_recall(manifold(real), generated) == pytest.approx(expected)
    assert 0.02 < expected[0] < 0.99


def test_coverage_is_that_of_its_definition():
    own, drawn = points(1100, 0), points(60, 1, 1.0)
    radii = (own[:, None] - own).norm(dim=2).sort(1).values[:, 5]
    expected = float(((own[:, None] - drawn).norm(dim=2) <= radii[:, None]).any(1).float().mean())
    assert coverage(manifold(own, 5), drawn) == pytest.approx(expected)
    assert 0.02 < expected < 0.9
    assert coverage(manifold(own, 5), own) == 1


def test_more_points_than_are_taken_at_a_time():
    real, generated = points(1100, 0), points(700, 1, 1.5)
    distances = (generated[:, None] - real).norm(dim=2)
    radii = (real[:, None] - real).norm(dim=2).sort(1).values[:, 3]
    expected = float((distances <= radii).any(1).float().mean())
    assert covered(generated, manifold(real)) == pytest.approx(expected, abs=2 / 700)


def test_a_set_covers_itself():
    assert precision_and_recall(manifold(points(50, 0)), points(50, 0)) == (1, 1)


def test_sets_far_apart_share_nothing():
    assert precision_and_recall(manifold(points(50, 0)), points(50, 1, 100)) == (0, 0)


def test_images_that_are_all_the_same_are_precise_and_cover_nothing():
    real = points(50, 0)
    precision, recall = precision_and_recall(manifold(real), real[:1].expand(50, -1))
    assert precision == 1
    assert recall <= 1 / 50


def test_one_of_two_clusters_is_precise_and_covers_half():
    real = torch.cat((points(50, 0), points(50, 1, 100)))
    precision, recall = precision_and_recall(manifold(real), points(50, 0))
    assert (precision, recall) == (1, 0.5)


def test_of_fewer_points_the_farthest_sets_the_radius():
    assert manifold(torch.tensor([[0.0], [3.0]])).radii.tolist() == pytest.approx([3, 3])
    assert manifold(torch.tensor([[0.0], [1.0], [5.0]]), neighbours=1).radii.tolist() == pytest.approx([1, 1, 4])


def test_they_can_be_cancelled():
    def stop(done, total):
        if done > total / 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        precision_and_recall(manifold(points(50, 0)), points(2000, 1), Progress(stop))
