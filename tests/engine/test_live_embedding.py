"""The scatter's codes: refreshed a slice at a time, all of them before long."""

import numpy as np
import pytest
import torch

from vae_desktop.engine import publisher
from vae_desktop.engine.live_embedding import LiveEmbedding
from vae_desktop.latent.codes import Codes
from vae_desktop.models.autoencoder import Posterior

IMAGES = 10


class Model:
    """Codes every image as `value`; an image costs so many seconds on the clock that the embedding reads."""

    latent_dim = 2
    device = torch.device("cpu")

    def __init__(self, seconds_per_image):
        self.seconds_per_image = seconds_per_image
        self.clock = 1000.0
        self.value = 0.0

    def encode(self, images):
        self.clock += self.seconds_per_image * len(images)
        means = torch.full((len(images), 2), self.value)
        return Posterior(means, means - 1)


@pytest.fixture
def model(monkeypatch):
    """A model for which three slices are the right number."""
    result = Model(seconds_per_image=0.0029)  # all: 0.029 s; 0.01 s is what a refresh may cost
    monkeypatch.setattr(publisher.time, "monotonic", lambda: result.clock)
    return result


@pytest.fixture
def embedding():
    return LiveEmbedding(torch.zeros(IMAGES, 1, 2, 2, dtype=torch.uint8), np.arange(IMAGES))


def refresh(embedding, model, value):
    """Make the next refresh, once it is due, give `value`; return the places that changed."""
    before = embedding.codes()
    model.value = value
    model.clock += 1000
    assert embedding.refresh_if_due(model)
    after = embedding.codes()
    changed = (after.mean != before.mean).any(1)
    assert (after.mean[changed] == value).all()
    assert ((after.log_stddev != before.log_stddev).any(1) == changed).all()
    return np.flatnonzero(changed).tolist()


def test_the_first_refresh_takes_all(embedding, model):
    model.value = 1.0
    assert embedding.refresh_if_due(model)
    codes = embedding.codes()
    assert (codes.mean == 1).all()
    assert (codes.log_stddev == 0).all()
    assert codes.labels.tolist() == list(range(IMAGES))


def test_it_waits_until_it_is_due(embedding, model):
    assert embedding.refresh_if_due(model)
    assert not embedding.refresh_if_due(model)


def test_after_as_many_refreshes_as_slices_every_code_is_new(embedding, model):
    embedding.refresh_if_due(model)
    slices = [refresh(embedding, model, value) for value in (1.0, 2.0, 3.0)]
    assert [len(places) for places in slices] == [4, 4, 2]
    assert sorted(place for places in slices for place in places) == list(range(IMAGES))


def test_every_code_has_its_turn_while_the_cost_changes(embedding, model):
    embedding.refresh_if_due(model)
    ages = np.zeros(IMAGES)
    for value in range(1, 200):
        model.seconds_per_image = 0.0029 if value % 2 else 0.0039  # three or four slices
        ages += 1
        ages[refresh(embedding, model, float(value))] = 0
        assert ages.max() <= 4


def test_a_model_that_costs_little_is_embedded_whole(embedding, model):
    model.seconds_per_image = 0.0001
    embedding.refresh_if_due(model)
    assert refresh(embedding, model, 1.0) == list(range(IMAGES))


def test_a_model_that_costs_much_is_embedded_an_image_at_a_time(embedding, model):
    model.seconds_per_image = 1.0
    embedding.refresh_if_due(model)
    places = [refresh(embedding, model, float(value)) for value in range(1, IMAGES + 1)]
    assert sorted(places) == [[place] for place in range(IMAGES)]


def test_codes_are_copies(embedding, model):
    embedding.refresh(model)
    before = embedding.codes()
    model.value = 5.0
    embedding.refresh(model)
    assert (before.mean == 0).all()
    before.mean[:] = 9
    assert (embedding.codes().mean == 5).all()


def test_codes_that_are_there_are_followed_from_a_small_slice_on(model):
    images = torch.zeros(2500, 1, 2, 2, dtype=torch.uint8)
    embedding = LiveEmbedding(images, None)
    embedding.replace(Codes(np.zeros((2500, 2), np.float32), np.zeros((2500, 2), np.float32), None), step=0)
    model.value, began = 1.0, model.clock
    assert embedding.refresh_if_due(model, step=7)
    assert model.clock - began < 1.0  # all would have cost 7 seconds, and the next would have come after minutes
    assert embedding.codes().since == 0
    while (embedding.codes().mean != 1).any():
        model.clock += 1000
        embedding.refresh_if_due(model, step=9)
    assert embedding.codes().since == 7
    embedding.refresh(model, step=12)
    assert embedding.codes().since == 12


def test_an_autoencoder_has_no_deviations(embedding, model):
    embedding.replace(Codes(np.zeros((IMAGES, 2), np.float32), None, None))
    assert embedding.codes().log_stddev is None


def test_of_many_images_the_first_refresh_takes_all_or_a_chunk_and_the_others_are_unknown(model):
    images = torch.zeros(2500, 1, 2, 2, dtype=torch.uint8)
    whole = LiveEmbedding(images, None)
    assert whole.refresh_if_due(model)
    assert whole.codes().are_finite
    embedding = LiveEmbedding(images, None, begins_whole=False)
    model.clock += 1000
    model.value = 1.0
    assert embedding.refresh_if_due(model)
    codes = embedding.codes()
    known = np.isfinite(codes.mean).all(1)
    assert known.sum() == 834  # of three slices, each of at most 1,000
    assert (codes.mean[known] == 1).all()
    assert np.isnan(codes.log_stddev[~known]).all()
