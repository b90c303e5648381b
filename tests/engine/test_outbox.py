"""What is posted is called: all of it in order, or the newest of its kind."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from vae_desktop.engine.tasks import Outbox


def post(outbox, event):
    """Post a call that gives `event` back."""
    outbox.call(lambda: event)


def post_latest(outbox, key, event):
    outbox.call_latest(key, lambda: event)


def drain(outbox):
    """Make all calls, and return what they gave."""
    return [call() for call in outbox.take()]


@pytest.fixture
def filled():
    """How often the reader was woken, as a list that grows."""
    return []


@pytest.fixture
def outbox(filled):
    return Outbox(lambda: filled.append(True))


def test_events_arrive_once_and_in_order(outbox):
    for number in range(5):
        post(outbox, number)
    assert drain(outbox) == [0, 1, 2, 3, 4]
    assert drain(outbox) == []


def test_only_the_newest_of_a_key_arrives(outbox):
    for number in range(3):
        post_latest(outbox, "picture", ("picture", number))
        post_latest(outbox, "scatter", ("scatter", number))
    assert sorted(drain(outbox)) == [("picture", 2), ("scatter", 2)]


def test_ordered_events_come_before_the_newest_ones(outbox):
    post_latest(outbox, "picture", "picture")
    post(outbox, "first")
    post(outbox, "second")
    assert drain(outbox) == ["first", "second", "picture"]


@pytest.mark.parametrize("first", ["post", "post_latest"])
def test_the_reader_is_woken_only_when_the_box_was_empty(outbox, filled, first):
    post(outbox, "event") if first == "post" else post_latest(outbox, "key", "event")
    post(outbox, "another")
    post_latest(outbox, "key", "newest")
    assert len(filled) == 1
    drain(outbox)
    assert len(filled) == 1
    post(outbox, "later")
    assert len(filled) == 2


def test_the_box_can_be_drained_while_the_reader_is_woken():
    taken = []
    outbox = Outbox(lambda: taken.extend(drain(outbox)))
    post(outbox, "event")
    assert taken == ["event"]


def test_nothing_arrives_and_nobody_is_woken_after_the_end(outbox, filled):
    post(outbox, "event")
    drain(outbox)
    outbox.close()
    post(outbox, "event")
    post_latest(outbox, "key", "event")
    assert drain(outbox) == []
    assert len(filled) == 1


def test_the_end_waits_for_a_reader_that_is_being_woken():
    waking, woken = threading.Event(), threading.Event()

    def wake():
        waking.set()
        woken.wait(0.2)
        ended.append(True)

    ended = []
    outbox = Outbox(wake)
    poster = threading.Thread(target=post, args=(outbox, "event"))
    poster.start()
    assert waking.wait(30)
    outbox.close()
    assert ended == [True]
    poster.join()


def test_threads_that_post_at_once_lose_nothing():
    threads, events = 4, 2000
    woken, start = threading.Event(), threading.Barrier(threads)
    outbox = Outbox(woken.set)

    def post_many(thread):
        start.wait(30)
        for number in range(events):
            post(outbox, (thread, "post", number))
            post_latest(outbox, thread, (thread, "latest", number))
        post(outbox, (thread, "end", 0))

    taken = []
    with ThreadPoolExecutor(threads) as pool:
        pool.map(post_many, range(threads))
        while sum(kind == "end" for _, kind, _ in taken) < threads:
            assert woken.wait(30)
            woken.clear()
            taken += drain(outbox)
    for thread in range(threads):
        posted, latest = (
            [number for whose, kind, number in taken if (whose, kind) == (thread, wanted)]
            for wanted in ("post", "latest")
        )
        assert posted == list(range(events))
        assert latest == sorted(set(latest))
        assert latest[-1] == events - 1
