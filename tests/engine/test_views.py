"""What views ask of the decoder's thread: whole sheets of pictures and distances, from hand-built snapshots."""

import threading

import numpy as np
import pytest
import torch

from tests.engine.conftest import DecodingFailed, ViewAnswered, told_by
from vae_desktop.config import ModelConfig
from vae_desktop.engine import view_requests
from vae_desktop.engine.inference import Decoded
from vae_desktop.engine.snapshots import Snapshots
from vae_desktop.engine.view_requests import DistanceRequest, SheetRequest
from vae_desktop.latent import code_distances as distances_module
from vae_desktop.latent import embed
from vae_desktop.latent.code_distances import code_distances
from vae_desktop.latent.codes import Codes
from vae_desktop.latent.embed import decode_to_pictures, decode_to_small_pictures
from vae_desktop.latent.grid import coarse_first
from vae_desktop.models.autoencoder import model_of, new_model
from vae_desktop.models.snapshot import Snapshot

CONFIG = ModelConfig("vae", latent_dim=2, hidden=())
SHAPE = (3, 4, 5)
PIXELS = 60


def snapshot(step, seed=0):
    """A model with weights drawn from a seed: another picture for every code and every seed."""
    random = np.random.default_rng(seed)
    weight, bias = (random.standard_normal(size).astype(np.float32) for size in ((PIXELS, 2), PIXELS))
    return whole(step, weight, bias)


def whole(step, weight, bias, shape=SHAPE):
    """A model with this decoder and some encoder."""
    weights = new_model(CONFIG, shape, seed=0).weights()
    return Snapshot(step, {**weights, "decoder.layers.0.weight": weight, "decoder.layers.0.bias": bias})


def codes(count, seed=0):
    return np.random.default_rng(seed).normal(size=(count, 2)).astype(np.float32)


def sheet(view="grid", count=20, run_id=1, side=100, seed=0, passes=()):
    return SheetRequest(view, run_id, codes(count, seed), side, passes)


def direct(request, seed=0):
    """The pictures of a request's codes, decoded at once."""
    model = model_of(CONFIG, SHAPE, snapshot(0, seed).weights)
    return decode_to_pictures(model.decoder, torch.from_numpy(request.codes))


def are_equal(pictures, expected):
    """Whether pictures are the same; of how many are decoded at a time, a rounding may hang."""
    assert (pictures.shape, pictures.dtype) == (expected.shape, np.uint8)
    return np.abs(pictures.astype(int) - expected).max() <= 1


@pytest.fixture
def log(inbox, monkeypatch):
    """All that the thread does, in order: the codes (n, 2) of each part that it decodes, and whatever it posts."""
    result = []

    def noting(call, what):
        def noted(*arguments):
            result.append(what(arguments))
            return call(*arguments)

        return noted

    monkeypatch.setattr(inbox.outbox, "call", noting(inbox.outbox.call, told_by))
    monkeypatch.setattr(inbox.outbox, "call_latest", noting(inbox.outbox.call_latest, told_by))
    monkeypatch.setattr(embed, "decode_to_small_pictures", noting(decode_to_small_pictures, lambda given: given[1]))
    return result


@pytest.fixture
def during(monkeypatch, log):
    """Have something happen while the thread decodes its n-th part, counted from 1."""

    def at(number, action):
        logged = embed.decode_to_small_pictures

        def acting(*arguments):
            pictures = logged(*arguments)
            if len(parts(log)) == number:
                action()
            return pictures

        monkeypatch.setattr(embed, "decode_to_small_pictures", acting)

    return at


@pytest.fixture
def one_by_one(monkeypatch):
    """Have each part of a sheet be one picture."""
    monkeypatch.setattr(view_requests, "PART", 0.0)


def parts(log, of=None):
    """The parts decoded, all or those of a request's codes."""
    found = [event for event in log if isinstance(event, torch.Tensor)]
    if of is None:
        return found
    own = {tuple(code) for code in of.codes.tolist()}
    return [part for part in found if tuple(part[0].tolist()) in own]


def answers(log, view):
    return [event for event in log if isinstance(event, ViewAnswered) and event.request.view == view]


def wait_for_answer(inbox, request):
    """Wait until a request of one stage has been answered; return the newest answer."""

    def own():
        return [answer for answer in inbox.all(ViewAnswered) if answer.request is request]

    inbox.wait_until(own)
    return own()[-1].value


def wait_for_pictures(inbox, request, seed=0):
    """Wait until a request's newest answer is all of its pictures, by the model of a seed."""
    expected = direct(request, seed)

    def is_whole():
        own = [answer for answer in inbox.all(ViewAnswered) if answer.request is request]
        return own and are_equal(own[-1].value, expected)

    inbox.wait_until(is_whole)


# Sheets


@pytest.mark.parametrize("count", [1, 2, 300])
def test_all_pictures_are_those_of_the_codes(inbox, running, count):
    running.publish(1, CONFIG, SHAPE, snapshot(0))
    request = sheet(count=count)
    running.ask(request)
    pictures = wait_for_answer(inbox, request)
    assert are_equal(pictures, direct(request))
    assert len(np.unique(pictures, axis=0)) == count


@pytest.mark.usefixtures("one_by_one")
def test_it_makes_no_difference_how_small_the_parts_are(inbox, running, log):
    running.publish(1, CONFIG, SHAPE, snapshot(0))
    request = sheet(count=30)
    running.ask(request)
    assert are_equal(wait_for_answer(inbox, request), direct(request))
    assert [part.tolist() for part in parts(log)] == request.codes[:, None].tolist()
    assert len(answers(log, "grid")) == 1


def test_quick_parts_grow(inbox, running, log):
    running.publish(1, CONFIG, SHAPE, snapshot(0))
    request = sheet(count=3000)
    running.ask(request)
    wait_for_answer(inbox, request)
    assert len(parts(log)[0]) == 1
    assert len(parts(log)) < 1500
    assert sum(len(part) for part in parts(log)) == 3000


@pytest.mark.parametrize(("columns", "rows"), [(40, 20), (20, 1), (3, 3)])
def test_coarse_stages_come_in_order_and_the_last_is_whole(inbox, running, log, columns, rows):
    passes = coarse_first(columns, rows)
    running.publish(1, CONFIG, SHAPE, snapshot(0))
    request = sheet(count=columns * rows, passes=passes)
    running.ask(request)
    inbox.wait_until(lambda: len(answers(log, "grid")) == len(passes))
    expected = direct(request)
    for answer, (_, source) in zip(answers(log, "grid"), passes, strict=True):
        assert answer.request is request
        assert are_equal(answer.value, expected[source])
    assert are_equal(answers(log, "grid")[-1].value, expected)
    assert sum(len(part) for part in parts(log)) == columns * rows


def test_pictures_larger_than_needed_are_made_smaller(inbox, running):
    weight = torch.zeros(3, 8, 12)
    weight[:, :, :6], weight[:, :, 6:] = -20, 20  # the left half is black, the right half white
    shape = (3, 8, 12)
    running.publish(1, CONFIG, shape, whole(0, np.zeros((288, 2), np.float32), weight.flatten().numpy(), shape))
    request = sheet(count=5, side=6)
    running.ask(request)
    pictures = wait_for_answer(inbox, request)
    assert (pictures.shape, pictures.dtype) == ((5, 4, 6, 3), np.uint8)
    assert (pictures[:, :, :2] == 0).all()
    assert (pictures[:, :, 4:] == 255).all()


@pytest.mark.parametrize(("side", "size"), [(5, (4, 5)), (4, (3, 4)), (2, (2, 2)), (1, (1, 1))])
def test_the_longer_side_is_what_is_needed(inbox, running, side, size):
    running.publish(1, CONFIG, SHAPE, snapshot(0))
    request = sheet(count=3, side=side)
    running.ask(request)
    assert wait_for_answer(inbox, request).shape == (3, *size, 3)


def test_a_picture_that_is_one_grey_stays_so_when_made_smaller(inbox, running):
    running.publish(1, CONFIG, SHAPE, whole(0, np.zeros((PIXELS, 2), np.float32), np.full(PIXELS, 0.5, np.float32)))
    request = sheet(count=3, side=3)
    running.ask(request)
    assert (wait_for_answer(inbox, request) == round(255 / (1 + np.exp(-0.5)))).all()


# Whose turn it is


@pytest.mark.usefixtures("one_by_one")
def test_a_newer_request_of_a_view_replaces_the_older_one(inbox, running, log, during):
    old, new = sheet(count=100, passes=coarse_first(10, 10, finest=3)), sheet(count=20, seed=1)
    during(30, lambda: running.ask(new))  # the first stage, of 25 pictures, has been shown
    running.publish(1, CONFIG, SHAPE, snapshot(0))
    running.ask(old)
    assert are_equal(wait_for_answer(inbox, new), direct(new))
    assert [answer.request for answer in answers(log, "grid")] == [old, new]
    assert len(parts(log, of=old)) == 30


def test_of_many_requests_of_a_view_only_the_newest_is_worked_on(inbox, decoder, log):
    decoder.publish(1, CONFIG, SHAPE, snapshot(0))
    requests = [sheet(seed=seed) for seed in range(5)]
    for request in requests:
        decoder.ask(request)
    decoder.start()
    wait_for_answer(inbox, requests[-1])
    assert [answer.request for answer in answers(log, "grid")] == requests[-1:]
    assert len(parts(log)) == len(parts(log, of=requests[-1])) > 0


def test_the_current_point_does_not_wait_for_a_large_sheet(inbox, running, log, during):
    during(5, lambda: running.decode(1, codes(1)[0]))
    running.publish(1, CONFIG, SHAPE, snapshot(0))
    request = sheet(count=3000)
    running.ask(request)
    assert are_equal(wait_for_answer(inbox, request), direct(request))
    kinds = [type(event) for event in log]
    assert kinds.index(Decoded) == 5  # the very next after the fifth part
    assert kinds.index(ViewAnswered) > 6
    assert log[5].request_id == 1


@pytest.mark.usefixtures("one_by_one")
def test_a_small_view_does_not_wait_for_a_large_one(inbox, running, log, during):
    large, small = sheet("grid", count=200), sheet("traversals", count=4, seed=1)
    during(5, lambda: running.ask(small))
    running.publish(1, CONFIG, SHAPE, snapshot(0))
    running.ask(large)
    assert are_equal(wait_for_answer(inbox, large), direct(large))
    assert are_equal(wait_for_answer(inbox, small), direct(small))
    before = log[: log.index(answers(log, "traversals")[0])]
    assert len(parts(before, of=large)) < 15


@pytest.mark.usefixtures("one_by_one")
def test_a_forgotten_view_is_worked_on_no_longer(inbox, running, log, during):
    forgotten, other = sheet("grid", count=50), sheet("traversals", count=200, seed=1)
    during(20, lambda: running.forget("grid"))
    running.publish(1, CONFIG, SHAPE, snapshot(0))
    running.ask(forgotten)
    running.ask(other)
    wait_for_answer(inbox, other)
    assert answers(log, "grid") == []
    assert len(parts(log, of=forgotten)) > 0
    assert parts(parts(log)[20:], of=forgotten) == []


def test_a_view_can_be_asked_again_after_it_was_forgotten(inbox, running):
    running.publish(1, CONFIG, SHAPE, snapshot(0))
    running.forget("grid")
    running.ask(sheet(count=10))
    running.forget("grid")
    request = sheet(count=10, seed=1)
    running.ask(request)
    assert are_equal(wait_for_answer(inbox, request), direct(request))


def test_a_request_waits_for_its_model(inbox, running, log):
    early, other = sheet("grid", run_id=5), sheet("traversals", run_id=4)
    running.ask(early)
    running.publish(4, CONFIG, SHAPE, snapshot(0))
    running.ask(other)
    wait_for_answer(inbox, other)
    assert answers(log, "grid") == []
    running.publish(5, CONFIG, SHAPE, snapshot(0, seed=1))
    assert are_equal(wait_for_answer(inbox, early), direct(early, seed=1))


def test_each_request_is_decoded_by_the_model_it_names(inbox, decoder):
    requests = [sheet(f"view {run}", run_id=run) for run in range(6)]
    for run, request in enumerate(requests):
        decoder.publish(run, CONFIG, SHAPE, snapshot(0, seed=run))
        decoder.ask(request)
    decoder.start()
    for run, request in enumerate(requests):
        assert are_equal(wait_for_answer(inbox, request), direct(request, seed=run))


# While a model trains


def test_a_new_snapshot_is_decoded_for_the_same_request(inbox, running):
    running.publish(1, CONFIG, SHAPE, snapshot(0))
    request = sheet(count=50, passes=coarse_first(50, 1))
    running.ask(request)
    wait_for_pictures(inbox, request)
    for seed in (1, 2):
        running.publish(1, CONFIG, SHAPE, snapshot(seed, seed), is_live=True)
        wait_for_pictures(inbox, request, seed)


def test_beside_a_training_there_are_answers_too(inbox, running):
    running.publish(1, CONFIG, SHAPE, snapshot(0), is_live=True)
    request = sheet(count=100)
    running.ask(request)
    assert are_equal(wait_for_answer(inbox, request), direct(request))


@pytest.mark.usefixtures("one_by_one")
def test_a_snapshot_that_comes_in_the_middle_is_decoded_in_the_end(inbox, running, during):
    during(10, lambda: running.publish(1, CONFIG, SHAPE, snapshot(1, seed=1)))
    running.publish(1, CONFIG, SHAPE, snapshot(0))
    request = sheet(count=20)
    running.ask(request)
    wait_for_pictures(inbox, request, seed=1)


@pytest.mark.usefixtures("one_by_one")
def test_a_snapshot_that_comes_as_the_work_begins_is_not_missed(inbox, decoder, log, monkeypatch):
    model_of_run, left = Snapshots.model, [True]

    def overtaken(snapshots, run_id):
        found = model_of_run(snapshots, run_id)
        if left:
            left.clear()
            decoder.publish(1, CONFIG, SHAPE, snapshot(1, seed=1))
        return found

    monkeypatch.setattr(Snapshots, "model", overtaken)
    decoder.publish(1, CONFIG, SHAPE, snapshot(0))
    request, later = sheet(count=1), sheet("traversals", count=50, seed=1)
    decoder.ask(request)
    decoder.start()
    wait_for_answer(inbox, request)
    decoder.ask(later)  # both have their turns: when this is done, a second pass of the other is too
    wait_for_answer(inbox, later)
    assert are_equal(answers(log, "grid")[-1].value, direct(request, seed=1))


def test_a_snapshot_of_another_model_changes_nothing(inbox, running, log):
    running.publish(1, CONFIG, SHAPE, snapshot(0))
    running.publish(2, CONFIG, SHAPE, snapshot(0))
    request = sheet("grid", run_id=1)
    running.ask(request)
    wait_for_answer(inbox, request)
    running.publish(2, CONFIG, SHAPE, snapshot(1, seed=1))
    other = sheet("traversals", run_id=2, count=500, seed=1)
    running.ask(other)
    wait_for_answer(inbox, other)
    assert len(answers(log, "grid")) == 1


@pytest.mark.usefixtures("one_by_one")
def test_new_pictures_replace_those_before_one_after_the_other(monkeypatch):
    monkeypatch.setattr(view_requests, "TELL", -1.0)
    order = [0, 5, 1, 2, 3, 4, 6, 7, 8, 9]
    passes = [(np.array(order[:2]), np.arange(10) // 5 * 5), (np.array(order[2:]), np.arange(10))]
    request = sheet(count=10, passes=passes)
    before, expected = direct(request, seed=1), direct(request)
    kept = before.copy()
    told = list(request.work(model_of(CONFIG, SHAPE, snapshot(0).weights), before))
    assert len(told) == 11
    for number, pictures in enumerate(told[:10], 1):
        mixed = kept.copy()
        mixed[order[:number]] = expected[order[:number]]
        assert are_equal(pictures, mixed)
    assert are_equal(told[10], expected)
    assert (before == kept).all()


# Distances


def holes_request(seed=0, width=2):
    random = np.random.default_rng(seed)
    mean, log_stddev = random.normal(size=(2, 40, 2)).astype(np.float32)
    places = random.normal(scale=3, size=(25, width)).astype(np.float32)
    return DistanceRequest("holes", 1, places, Codes(mean, log_stddev, None))


@pytest.mark.parametrize("products", [2_000_000, 100])
def test_distances_are_those_from_the_codes(inbox, running, monkeypatch, products):
    request = holes_request()
    expected = np.concatenate(list(code_distances(request.points, request.codes)))
    monkeypatch.setattr(distances_module, "PRODUCTS", products)
    running.publish(1, CONFIG, SHAPE, snapshot(0))
    running.ask(request)
    assert wait_for_answer(inbox, request) == pytest.approx(expected, rel=1e-5)


@pytest.mark.usefixtures("one_by_one")
def test_distances_are_not_worked_out_again_for_a_new_snapshot(inbox, running, log):
    running.publish(1, CONFIG, SHAPE, snapshot(0))
    request, other = holes_request(), sheet("traversals", count=50)
    running.ask(request)
    wait_for_answer(inbox, request)
    running.ask(other)
    running.publish(1, CONFIG, SHAPE, snapshot(1, seed=1))
    running.publish(1, CONFIG, SHAPE, snapshot(2, seed=2))
    wait_for_pictures(inbox, other, seed=2)
    assert len(answers(log, "holes")) == 1


def test_the_current_point_does_not_wait_for_distances(inbox, running, log, monkeypatch):
    asked = []

    def asking(*arguments):
        for part in code_distances(*arguments):
            asked.append(True)
            if len(asked) == 3:
                running.decode(1, codes(1)[0])
            yield part

    monkeypatch.setattr(distances_module, "code_distances", asking)
    monkeypatch.setattr(distances_module, "PRODUCTS", 40)
    running.publish(1, CONFIG, SHAPE, snapshot(0))
    request = holes_request()
    running.ask(request)
    wait_for_answer(inbox, request)
    assert len(asked) == 25
    assert [type(event) for event in log] == [Decoded, ViewAnswered]


# Errors


@pytest.fixture(params=["sheet", "holes"])
def broken(request):
    """A request whose codes are too wide for the model."""
    if request.param == "sheet":
        return SheetRequest("grid", 1, np.zeros((5, 3), np.float32), 9)
    return DistanceRequest("grid", 1, np.zeros((5, 3), np.float32), Codes(codes(9), None, None))


def test_a_request_that_cannot_be_met_is_reported_once_and_the_next_one_met(inbox, running, broken):
    running.publish(1, CONFIG, SHAPE, snapshot(0))
    running.ask(broken)
    failed = inbox.wait_for(DecodingFailed)
    assert failed.message.startswith("The picture could not be made: ")
    assert "Traceback" in failed.details
    running.publish(1, CONFIG, SHAPE, snapshot(1, seed=1))
    for view in ("traversals", "grid"):
        request = sheet(view, count=300)
        running.ask(request)
        assert are_equal(wait_for_answer(inbox, request), direct(request, seed=1))
    running.decode(1, codes(1)[0])
    assert inbox.wait_for(Decoded).request_id == 1
    assert inbox.all(DecodingFailed) == [failed]


def test_a_request_that_fails_does_not_end_those_of_other_views(inbox, decoder, broken):
    decoder.publish(1, CONFIG, SHAPE, snapshot(0))
    request = sheet("traversals", count=300)
    decoder.ask(broken)
    decoder.ask(request)
    decoder.start()
    inbox.wait_until(lambda: inbox.all(ViewAnswered) and inbox.all(DecodingFailed))
    assert are_equal(inbox.all(ViewAnswered)[-1].value, direct(request))


@pytest.mark.usefixtures("one_by_one")
def test_it_can_be_closed_in_the_middle_of_a_sheet(decoder, log, during):
    working, go_on = threading.Event(), threading.Event()

    def held():
        working.set()
        assert go_on.wait(30)

    during(5, held)
    decoder.publish(1, CONFIG, SHAPE, snapshot(0))
    decoder.ask(sheet(count=500))
    decoder.start()
    assert working.wait(30)
    decoder.close(0)
    go_on.set()
    decoder.close(30)
    assert len(log) == len(parts(log)) == 5
