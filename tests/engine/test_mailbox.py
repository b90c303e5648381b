"""What is posted arrives: all of it in order, or the newest of its kind."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from vae_desktop.engine.mailbox import Outbox


@pytest.fixture
def filled():
    """How often the reader was woken, as a list that grows."""
    return []


@pytest.fixture
def outbox(filled):
    return Outbox(lambda: filled.append(True))


def test_events_arrive_once_and_in_order(outbox):
    for number in range(5):
        outbox.post(number)
    assert outbox.drain() == [0, 1, 2, 3, 4]
    assert outbox.drain() == []


def test_only_the_newest_of_a_key_arrives(outbox):
    for number in range(3):
        outbox.post_latest("picture", ("picture", number))
        outbox.post_latest("scatter", ("scatter", number))
    assert sorted(outbox.drain()) == [("picture", 2), ("scatter", 2)]


def test_ordered_events_come_before_the_newest_ones(outbox):
    outbox.post_latest("picture", "picture")
    outbox.post("first")
    outbox.post("second")
    assert outbox.drain() == ["first", "second", "picture"]


@pytest.mark.parametrize("first", ["post", "post_latest"])
def test_the_reader_is_woken_only_when_the_box_was_empty(outbox, filled, first):
    outbox.post("event") if first == "post" else outbox.post_latest("key", "event")
    outbox.post("another")
    outbox.post_latest("key", "newest")
    assert len(filled) == 1
    outbox.drain()
    assert len(filled) == 1
    outbox.post("later")
    assert len(filled) == 2


def test_the_box_can_be_drained_while_the_reader_is_woken():
    taken = []
    outbox = Outbox(lambda: taken.extend(outbox.drain()))
    outbox.post("event")
    assert taken == ["event"]


def test_nothing_arrives_and_nobody_is_woken_after_the_end(outbox, filled):
    outbox.post("event")
    outbox.drain()
    outbox.close()
    outbox.post("event")
    outbox.post_latest("key", "event")
    assert outbox.drain() == []
    assert len(filled) == 1


def test_the_end_waits_for_a_reader_that_is_being_woken():
    waking, woken = threading.Event(), threading.Event()

    def wake():
        waking.set()
        woken.wait(0.2)
        ended.append(True)

    ended = []
    outbox = Outbox(wake)
    poster = threading.Thread(target=outbox.post, args=("event",))
    poster.start()
    assert waking.wait(30)
    outbox.close()
    assert ended == [True]
    poster.join()


def test_threads_that_post_at_once_lose_nothing():
    threads, events = 4, 2000
    woken, start = threading.Event(), threading.Barrier(threads)
    outbox = Outbox(woken.set)

    def post(thread):
        start.wait(30)
        for number in range(events):
            outbox.post((thread, "post", number))
            outbox.post_latest(thread, (thread, "latest", number))
        outbox.post((thread, "end", 0))

    taken = []
    with ThreadPoolExecutor(threads) as pool:
        pool.map(post, range(threads))
        while sum(kind == "end" for _, kind, _ in taken) < threads:
            assert woken.wait(30)
            woken.clear()
            taken += outbox.drain()
    for thread in range(threads):
        posted, latest = (
            [number for whose, kind, number in taken if (whose, kind) == (thread, wanted)]
            for wanted in ("post", "latest")
        )
        assert posted == list(range(events))
        assert latest == sorted(set(latest))
        assert latest[-1] == events - 1
