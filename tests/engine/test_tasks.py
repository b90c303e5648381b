"""Work in the background: its answers come in the reader's thread, and none after it is no longer wanted."""

import threading
from pathlib import Path

import pytest

from vae_desktop.engine.tasks import Tasks
from vae_desktop.errors import Cancelled


@pytest.fixture
def tasks(inbox):
    return Tasks(inbox.outbox)


@pytest.fixture
def told():
    """What the answers said, in order."""
    return []


@pytest.fixture
def answers(told):
    return {
        "on_result": lambda result: told.append(("finished", result)),
        "on_error": lambda error, details: told.append(("failed", str(error), details)),
        "on_cancelled": lambda: told.append(("cancelled",)),
        "on_progress": lambda done, total: told.append(("progressed", done, total)),
    }


def test_the_result_comes_from_another_thread_to_the_readers(inbox, tasks):
    here = []
    tasks.run(lambda task: threading.get_ident(), lambda ident: here.append((ident, threading.get_ident())))
    inbox.wait_until(lambda: here)
    assert here[0][0] != here[0][1] == threading.get_ident()


def test_an_error_comes_with_its_traceback(inbox, tasks, answers, told):
    def work(task):
        raise ValueError("no such thing")

    tasks.run(work, **answers)
    inbox.wait_until(lambda: told)
    kind, message, details = told[0]
    assert (kind, message) == ("failed", "no such thing")
    assert "Traceback" in details
    assert "in work" in details


def test_cancelled_work_that_still_gives_a_result_is_only_cancelled(inbox, tasks, answers, told):
    go_on = threading.Event()
    task = tasks.run(lambda task: go_on.wait(30), **answers)
    task.cancel()
    go_on.set()
    inbox.wait_until(lambda: told)
    assert told == [("cancelled",)]


def test_work_learns_that_it_is_cancelled(inbox, tasks, answers, told):
    cancelled = threading.Event()

    def work(task):
        assert cancelled.wait(30)
        if task.is_cancelled():
            raise Cancelled

    task = tasks.run(work, **answers)
    task.cancel()
    cancelled.set()
    inbox.wait_until(lambda: told)
    assert told == [("cancelled",)]


def test_progress_comes_while_it_works(inbox, tasks, answers, told):
    go_on = threading.Event()

    def work(task):
        task.progress(1, 4)
        assert go_on.wait(30)
        return "done"

    tasks.run(work, **answers)
    inbox.wait_until(lambda: told)
    assert told == [("progressed", 1, 4)]
    go_on.set()
    inbox.wait_until(lambda: len(told) == 2)
    assert told[1] == ("finished", "done")


def test_progress_that_is_read_after_the_end_is_dropped(inbox, tasks, answers, told):
    tasks.run(lambda task: task.progress(4, 4), **answers)
    tasks.join(30)
    inbox.take()  # everything in one go: the end, and only then the latest progress
    assert told == [("finished", None)]


def test_cancelling_all_spares_what_must_finish(inbox, tasks, answers, told):
    go_on = threading.Event()
    saving = tasks.run(lambda task: go_on.wait(30), **answers, writes=Path("a file"))
    reading = tasks.run(lambda task: go_on.wait(30), **answers)
    tasks.cancel_all()
    assert (saving.is_cancelled(), reading.is_cancelled()) == (False, True)
    go_on.set()
    tasks.join(30)
    inbox.take()
    assert sorted(told) == [("cancelled",), ("finished", True)]


def test_joining_does_not_wait_for_ever(tasks, inbox, answers, told):
    go_on = threading.Event()
    tasks.run(lambda task: go_on.wait(30), **answers)
    tasks.join(timeout=0.01)
    assert told == []
    go_on.set()
    inbox.wait_until(lambda: told)


def test_of_tasks_with_one_key_the_newest_wins(inbox, tasks, answers, told):
    go_on = threading.Event()
    tasks.run(lambda task: go_on.wait(30), **answers, key="look")
    tasks.run(lambda task: "newest", **answers, key="look")
    assert tasks.is_running("look")
    go_on.set()
    inbox.wait_until(lambda: len(told) == 2)
    assert sorted(told) == [("cancelled",), ("finished", "newest")]
    assert not tasks.is_running("look")


def test_cancelling_a_key_tells_whether_something_was_running(inbox, tasks, answers, told):
    assert not tasks.cancel("look")
    tasks.run(lambda task: None, **answers, key="look")
    assert tasks.cancel("look")
    assert not tasks.is_running("look")
    inbox.wait_until(lambda: told)
    assert told == [("cancelled",)]


def test_what_writes_the_same_is_done_in_order_and_not_begun_where_it_is_cancelled(inbox, tasks, answers, told):
    go_on, done, path = threading.Event(), [], Path("a")
    tasks.run(lambda task: go_on.wait(30) and done.append("first"), **answers, writes=path)
    given_up = tasks.run(lambda task: done.append("given up"), **answers, writes=path)
    tasks.run(lambda task: done.append("last"), **answers, writes=path)
    tasks.run(lambda task: done.append("elsewhere"), **answers, writes=Path("b"))
    inbox.wait_until(lambda: told)
    given_up.cancel()
    go_on.set()
    inbox.wait_until(lambda: len(told) == 4)
    assert done == ["elsewhere", "first", "last"]
    assert [kind for kind, *_ in told] == ["finished", "finished", "cancelled", "finished"]
