"""Progress of parts, and the wish to stop."""

import pytest

from vae_desktop.errors import Cancelled
from vae_desktop.progress import Progress


@pytest.fixture
def told():
    return []


@pytest.fixture
def progress(told):
    return Progress(lambda *values: told.append(values))


def test_a_part_takes_its_share_of_the_whole(progress, told):
    part = progress.part(before=30, size=20, total=100)
    for done in range(5):
        part(done, 4)
    assert told == [(30, 100), (35, 100), (40, 100), (45, 100), (50, 100)]


def test_an_empty_part_is_done(progress, told):
    progress.part(3, 2, 5)(0, 0)
    assert told == [(3, 5)]


def test_whether_to_stop_is_asked_before_anything_is_told(told):
    answers = iter([False, False, True, True, True])
    progress = Progress(lambda *values: told.append(values), lambda: next(answers))
    progress(1, 2)
    progress.check()
    for attempt in (progress.check, lambda: progress(2, 2), lambda: progress.part(1, 1, 2)(1, 1)):
        with pytest.raises(Cancelled):
            attempt()
    assert told == [(1, 2)]
