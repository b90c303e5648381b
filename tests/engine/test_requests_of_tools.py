"""What the tools around one point or image ask of the decoder's thread."""

import numpy as np
import pytest
import torch

from tests.engine.conftest import ViewAnswered, told_by
from vae_desktop.config import DatasetConfig, ModelConfig, RunConfig
from vae_desktop.engine import view_requests
from vae_desktop.engine.view_requests import CodeRequest, NearestRequest, RestoreRequest, SheetRequest, TypicalRequest
from vae_desktop.latent import embed
from vae_desktop.latent.embed import decode_to_small_pictures
from vae_desktop.latent.one_image import Coded, Restored, code_image
from vae_desktop.models.autoencoder import model_of, new_model
from vae_desktop.models.snapshot import Snapshot

CONFIG = RunConfig(DatasetConfig("digits", 8), ModelConfig("vae", latent_dim=2, hidden=()))
SHAPE = (3, 4, 5)


def snapshot(step=0, seed=0):
    return Snapshot(step, new_model(CONFIG.model, SHAPE, seed).weights())


def model(seed=0):
    return model_of(CONFIG.model, SHAPE, snapshot(seed=seed).weights)


def images(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, *SHAPE), np.uint8)


def publish(thread, run_id=1, step=0, seed=0):
    thread.publish(run_id, CONFIG.model, SHAPE, snapshot(step, seed))


def code_request(view="draw", seed=0):
    noise = np.random.default_rng(0).normal(size=(4, 2)).astype(np.float32)
    return CodeRequest(view, 1, CONFIG, images(1, seed)[0], noise)


def restore_request():
    return RestoreRequest("restore", 1, images(1)[0], "masking", 0.5, seed=3)


def nearest_request(count=6, image=None):
    return NearestRequest("nearest", 1, np.array([0.5, -1], np.float32), images(30), count, image)


def sheet(view="grid", count=200):
    return SheetRequest(view, 1, np.random.default_rng(0).normal(size=(count, 2)).astype(np.float32), 9)


class Log(list):
    """All that the thread does, in order; once it has done so much, something else may happen in it."""

    def __init__(self):
        self.actions = {}

    def append(self, event):
        super().append(event)
        self.actions.pop(len(self), lambda: None)()

    def answers(self, view):
        return [event for event in self if isinstance(event, ViewAnswered) and event.request.view == view]


@pytest.fixture
def log(inbox, monkeypatch):
    """The codes of each part of a sheet, once it is decoded, and each answer, before it can be read."""
    result = Log()
    post = inbox.outbox.call_latest

    def posting(*call):
        result.append(told_by(call))
        post(*call)

    def decoding_part(decoder, codes, side):
        pictures = decode_to_small_pictures(decoder, codes, side)
        result.append(codes)
        return pictures

    monkeypatch.setattr(inbox.outbox, "call_latest", posting)
    monkeypatch.setattr(embed, "decode_to_small_pictures", decoding_part)
    return result


def wait_for(inbox, request, is_whole=lambda value: True):
    """Wait until a request's newest answer is whole, and return it."""

    def own():
        return [answer.value for answer in inbox.all(ViewAnswered) if answer.request is request]

    inbox.wait_until(lambda: own() and is_whole(own()[-1]))
    return own()[-1]


def is_complete(coded):
    return coded.loss is not None


def assert_coded(coded, request, seed=0):
    """Whether it is what a model of a seed makes of the image."""
    *_, expected = code_image(model(seed), CONFIG, request.image, request.noise)
    assert isinstance(coded, Coded)
    assert np.array_equal(coded.reconstruction, expected.reconstruction)
    assert np.array_equal(coded.samples, expected.samples)
    assert coded.codes.mean == pytest.approx(expected.codes.mean, rel=1e-5)
    assert coded.loss.total == pytest.approx(expected.loss.total, rel=1e-5)


def distances(image, others):
    return np.square((others.astype(float) - image) / 255).sum((1, 2, 3))


# Answers


def test_an_image_is_coded(inbox, running, log):
    publish(running)
    request = code_request()
    running.ask(request)
    assert_coded(wait_for(inbox, request, is_complete), request)
    first, last = log.answers("draw")
    assert (first.value.loss, first.value.samples) == (None, None)
    assert np.array_equal(first.value.reconstruction, last.value.reconstruction)


def test_an_image_is_restored(inbox, running):
    publish(running)
    request = restore_request()
    running.ask(request)
    restored = wait_for(inbox, request)
    assert isinstance(restored, Restored)
    clean = np.moveaxis(request.image, 0, -1)
    hit = (restored.noisy != clean).any(2)
    assert (restored.noisy[hit] == 0).all()
    assert 0 < hit.sum() < hit.size
    assert restored.noisy_error == pytest.approx(np.square(clean[hit] / 255).sum(), rel=1e-5)


def test_the_nearest_images_of_what_a_code_decodes_to_are_found(inbox, running):
    publish(running)
    request = nearest_request()
    running.ask(request)
    found = wait_for(inbox, request)
    with torch.inference_mode():
        picture = 255 * model().decode(torch.from_numpy(request.code)[None])[0].numpy()
    expected = distances(picture, request.images)
    assert found.indices.tolist() == expected.argsort()[:6].tolist()
    assert found.squared == pytest.approx(np.sort(expected)[:6], rel=1e-2)  # the picture is rounded


def test_the_nearest_images_of_an_image_are_found(inbox, running):
    publish(running)
    request = nearest_request(image=images(1, seed=5)[0])
    running.ask(request)
    found = wait_for(inbox, request)
    expected = distances(request.image, request.images)
    assert found.indices.tolist() == expected.argsort()[:6].tolist()
    assert found.squared == pytest.approx(np.sort(expected)[:6], rel=1e-4)


def test_how_far_is_usual_is_told_as_one_number(inbox, running, log):
    publish(running)
    request = TypicalRequest("typical", 1, images(9, seed=1), images(30))
    running.ask(request)
    value = wait_for(inbox, request)
    assert isinstance(value, float)
    expected = np.median([distances(image, request.train).min() for image in request.test])
    assert value == pytest.approx(expected, rel=1e-4)
    assert len(log) == 1


# Whose turn it is


@pytest.fixture
def one_by_one(monkeypatch):
    """Have each part of a sheet be one picture."""
    monkeypatch.setattr(view_requests, "PART", 0.0)


@pytest.mark.usefixtures("one_by_one")
def test_what_a_hand_waits_for_overtakes_a_long_sheet(inbox, running, log):
    long, urgent = sheet(), code_request()
    log.actions[5] = lambda: running.ask(urgent)
    publish(running)
    running.ask(long)
    wait_for(inbox, long)
    assert [getattr(event, "request", None) for event in log[:8]] == [None] * 5 + [urgent, urgent, None]
    assert_coded(log[6].value, urgent)
    assert len(log) == 200 + 3


@pytest.mark.usefixtures("one_by_one")
@pytest.mark.parametrize("make", [code_request, restore_request])
def test_what_is_urgent_comes_first_though_it_was_asked_last(inbox, decoder, log, make):
    publish(decoder)
    long, urgent = sheet(), make()
    decoder.ask(long)
    decoder.ask(urgent)
    decoder.start()
    wait_for(inbox, long)
    assert log[0].request is urgent


@pytest.mark.usefixtures("one_by_one")
def test_what_is_not_urgent_takes_turns_with_a_sheet(inbox, decoder, log):
    publish(decoder)
    long, other = sheet(), nearest_request()
    decoder.ask(long)
    decoder.ask(other)
    decoder.start()
    wait_for(inbox, long)
    place = log.index(log.answers("nearest")[0])
    assert 0 < place < 10


def test_of_many_images_only_the_newest_is_coded(inbox, decoder, log):
    publish(decoder)
    requests = [code_request(seed=seed) for seed in range(5)]
    for request in requests:
        decoder.ask(request)
    decoder.start()
    assert_coded(wait_for(inbox, requests[-1], is_complete), requests[-1])
    assert {answer.request for answer in log.answers("draw")} == {requests[-1]}


def test_a_newer_image_replaces_one_that_is_half_done(inbox, running, log):
    old, new = code_request(), code_request(seed=1)
    log.actions[1] = lambda: running.ask(new)  # the reconstruction of the old one has been posted
    publish(running)
    running.ask(old)
    assert_coded(wait_for(inbox, new, is_complete), new)
    assert [answer.request for answer in log] == [old, new, new]


def test_images_of_two_views_are_both_coded(inbox, running):
    publish(running)
    requests = [code_request("draw"), code_request("other", seed=1)]
    for request in requests:
        running.ask(request)
    for request in requests:
        assert_coded(wait_for(inbox, request, is_complete), request)


# While a model trains


@pytest.mark.parametrize("is_live", [False, True])
def test_with_new_weights_an_image_is_coded_anew(inbox, running, is_live):
    publish(running)
    request = code_request()
    running.ask(request)
    before = wait_for(inbox, request, is_complete)
    running.publish(1, CONFIG.model, SHAPE, snapshot(1, seed=1), is_live=is_live)
    after = wait_for(inbox, request, lambda coded: coded is not before and is_complete(coded))
    assert_coded(after, request, seed=1)
    assert not np.array_equal(after.reconstruction, before.reconstruction)


def test_with_new_weights_an_image_is_restored_anew(inbox, running):
    publish(running)
    request = restore_request()
    running.ask(request)
    before = wait_for(inbox, request)
    publish(running, step=1, seed=1)
    after = wait_for(inbox, request, lambda restored: restored is not before)
    assert np.array_equal(after.noisy, before.noisy)
    assert not np.array_equal(after.restored, before.restored)


@pytest.mark.usefixtures("one_by_one")
def test_weights_of_another_model_change_nothing(inbox, running, log):
    publish(running)
    publish(running, run_id=2)
    request = code_request()
    running.ask(request)
    wait_for(inbox, request, is_complete)
    publish(running, run_id=2, step=1, seed=1)
    other = CodeRequest("other", 2, CONFIG, request.image, request.noise)
    running.ask(other)
    assert_coded(wait_for(inbox, other, is_complete), request, seed=1)
    long = sheet(count=50)
    running.ask(long)  # all would have their turns
    wait_for(inbox, long)
    assert len(log.answers("draw")) == 2


@pytest.mark.usefixtures("one_by_one")
def test_the_nearest_images_are_not_looked_for_again(inbox, running, log):
    publish(running)
    request, other = nearest_request(), code_request()
    running.ask(request)
    wait_for(inbox, request)
    publish(running, step=1, seed=1)
    running.ask(other)
    wait_for(inbox, other, is_complete)
    long = sheet(count=50)
    running.ask(long)  # all would have their turns
    wait_for(inbox, long)
    assert len(log.answers("nearest")) == 1
