"""Work in the background: its answers come in the reader's thread, and none after it is no longer wanted."""

import threading
from pathlib import Path

import pytest

from vae_desktop.engine.jobs import Answers, Jobs
from vae_desktop.errors import Cancelled


@pytest.fixture
def jobs(inbox):
    result = Jobs(inbox.outbox)
    inbox.handle = result.handle
    return result


@pytest.fixture
def told():
    """What the answers said, in order."""
    return []


@pytest.fixture
def answers(told):
    return Answers(
        finished=lambda result: told.append(("finished", result)),
        failed=lambda error, details: told.append(("failed", str(error), details)),
        cancelled=lambda: told.append(("cancelled",)),
        progressed=lambda done, total: told.append(("progressed", done, total)),
    )


def test_the_result_comes_from_another_thread_to_the_readers(inbox, jobs):
    here = []
    jobs.start(lambda job: threading.get_ident(), Answers(lambda ident: here.append((ident, threading.get_ident()))))
    inbox.wait_until(lambda: here)
    assert here[0][0] != here[0][1] == threading.get_ident()


def test_an_error_comes_with_its_traceback(inbox, jobs, answers, told):
    def work(job):
        raise ValueError("no such thing")

    jobs.start(work, answers)
    inbox.wait_until(lambda: told)
    kind, message, details = told[0]
    assert (kind, message) == ("failed", "no such thing")
    assert "Traceback" in details
    assert "in work" in details


def test_cancelled_work_that_still_gives_a_result_is_only_cancelled(inbox, jobs, answers, told):
    go_on = threading.Event()
    job = jobs.start(lambda job: go_on.wait(30), answers)
    job.cancel()
    go_on.set()
    inbox.wait_until(lambda: told)
    assert told == [("cancelled",)]


def test_work_learns_that_it_is_cancelled(inbox, jobs, answers, told):
    cancelled = threading.Event()

    def work(job):
        assert cancelled.wait(30)
        if job.is_cancelled():
            raise Cancelled

    job = jobs.start(work, answers)
    job.cancel()
    cancelled.set()
    inbox.wait_until(lambda: told)
    assert told == [("cancelled",)]


def test_progress_comes_while_it_works(inbox, jobs, answers, told):
    go_on = threading.Event()

    def work(job):
        job.progress(1, 4)
        assert go_on.wait(30)
        return "done"

    jobs.start(work, answers)
    inbox.wait_until(lambda: told)
    assert told == [("progressed", 1, 4)]
    go_on.set()
    inbox.wait_until(lambda: len(told) == 2)
    assert told[1] == ("finished", "done")


def test_progress_that_is_read_after_the_end_is_dropped(inbox, jobs, answers, told):
    jobs.start(lambda job: job.progress(4, 4), answers)
    jobs.join(30)
    inbox.take()  # everything in one go: the end, and only then the latest progress
    assert told == [("finished", None)]


def test_cancelling_all_spares_what_must_finish(inbox, jobs, answers, told):
    go_on = threading.Event()
    saving = jobs.start(lambda job: go_on.wait(30), answers, Path("a file"))
    reading = jobs.start(lambda job: go_on.wait(30), answers)
    jobs.cancel_all()
    assert (saving.is_cancelled(), reading.is_cancelled()) == (False, True)
    go_on.set()
    jobs.join(30)
    inbox.take()
    assert sorted(told) == [("cancelled",), ("finished", True)]


def test_joining_does_not_wait_for_ever(jobs, inbox, answers, told):
    go_on = threading.Event()
    jobs.start(lambda job: go_on.wait(30), answers)
    jobs.join(timeout=0.01)
    assert told == []
    go_on.set()
    inbox.wait_until(lambda: told)
