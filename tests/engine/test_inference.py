"""Pictures of hand-built snapshots: always of the newest request and the newest weights."""

import threading

import numpy as np

from tests.engine.conftest import DecodingFailed
from vae_desktop.config import ModelConfig
from vae_desktop.engine.inference import Decoded
from vae_desktop.latent.plain_decoder import PlainDecoder
from vae_desktop.models.autoencoder import new_model
from vae_desktop.models.snapshot import Snapshot

CONFIG = ModelConfig("vae", latent_dim=2, hidden=())
SHAPE = (3, 4, 5)


def snapshot(step, logit=0.0):
    """A model whose picture is the same everywhere: the sigmoid of `logit`, shifted by the code's first number."""
    weight = np.zeros((60, 2), np.float32)
    weight[:, 0] = 1
    decoder = {"decoder.layers.0.weight": weight, "decoder.layers.0.bias": np.full(60, logit, np.float32)}
    return Snapshot(step, {**new_model(CONFIG, SHAPE, seed=0).weights(), **decoder})


def code(value):
    return np.array([value, 0], np.float32)


def grey(logit):
    return round(255 / (1 + np.exp(-logit)))


def test_the_picture_carries_its_stamps(inbox, running):
    running.publish(7, CONFIG, SHAPE, snapshot(step=40))
    running.decode(7, code(1.0))
    decoded = inbox.wait_for(Decoded)
    assert (decoded.run_id, decoded.step, decoded.request_id) == (7, 40, 1)


def test_the_picture_is_ready_to_be_shown(inbox, running):
    running.publish(1, CONFIG, SHAPE, snapshot(0))
    running.decode(1, code(1.0))
    picture = inbox.wait_for(Decoded).picture
    assert (picture.shape, picture.dtype) == ((4, 5, 3), np.uint8)
    assert picture.flags.c_contiguous
    assert (picture == grey(1.0)).all()


def test_of_many_requests_the_newest_wins(inbox, decoder):
    decoder.publish(1, CONFIG, SHAPE, snapshot(0))
    for number in range(5):
        decoder.decode(1, code(number))
    decoder.start()
    inbox.wait_for(Decoded)
    decoder.close(30)
    inbox.take()
    assert [decoded.request_id for decoded in inbox.all(Decoded)] == [5]


def test_a_request_that_comes_while_decoding_is_served_next(inbox, decoder, monkeypatch):
    decoding, go_on = threading.Event(), threading.Event()
    decode = PlainDecoder.decode

    def held(*arguments):
        decoding.set()
        assert go_on.wait(30)
        return decode(*arguments)

    monkeypatch.setattr(PlainDecoder, "decode", held)
    decoder.publish(1, CONFIG, SHAPE, snapshot(0))
    decoder.decode(1, code(0))
    decoder.start()
    assert decoding.wait(30)
    decoder.decode(1, code(1))
    decoder.decode(1, code(2))
    go_on.set()
    inbox.wait_until(lambda: inbox.all(Decoded) and inbox.all(Decoded)[-1].request_id == 3)
    assert {decoded.request_id for decoded in inbox.all(Decoded)} <= {1, 3}


def test_a_newer_snapshot_is_decoded_at_the_same_point(inbox, running):
    running.publish(1, CONFIG, SHAPE, snapshot(0))
    running.decode(1, code(1.0))
    first = inbox.wait_for(Decoded)
    running.publish(1, CONFIG, SHAPE, snapshot(12, logit=0.5))
    second = inbox.wait_for(Decoded)
    assert (second.request_id, second.step) == (1, 12)
    assert (first.picture == grey(1.0)).all()
    assert (second.picture == grey(1.5)).all()


def test_a_snapshot_of_another_model_changes_nothing(inbox, running):
    running.publish(1, CONFIG, SHAPE, snapshot(0))
    running.decode(1, code(0))
    inbox.wait_for(Decoded)
    running.publish(2, CONFIG, SHAPE, snapshot(5))
    running.decode(1, code(0))
    decoded = inbox.wait_for(Decoded)
    assert (decoded.run_id, decoded.request_id) == (1, 2)


def test_a_request_may_come_before_the_model(inbox, running):
    running.decode(1, code(0))
    running.publish(1, CONFIG, SHAPE, snapshot(3))
    assert inbox.wait_for(Decoded).step == 3


def test_each_request_is_decoded_by_the_model_it_names(inbox, running):
    running.publish(1, CONFIG, SHAPE, snapshot(0, logit=-2.0))
    running.publish(2, ModelConfig("ae", 2, hidden=()), (1, 10, 6), snapshot(0, logit=2.0))
    running.decode(1, code(0))
    assert (inbox.wait_for(Decoded).picture == grey(-2.0)).all()
    running.decode(2, code(0))
    picture = inbox.wait_for(Decoded).picture
    assert picture.shape == (10, 6, 1)
    assert (picture == grey(2.0)).all()


def test_a_code_that_does_not_fit_is_reported_and_the_next_one_decoded(inbox, running):
    running.publish(1, CONFIG, SHAPE, snapshot(0))
    running.decode(1, np.zeros(3, np.float32))
    failed = inbox.wait_for(DecodingFailed)
    assert failed.message.startswith("The picture could not be made: ")
    assert "Traceback" in failed.details
    running.decode(1, code(0))
    assert inbox.wait_for(Decoded).request_id == 2


def test_it_can_be_closed_before_it_was_started(decoder):
    decoder.close(timeout=30)
