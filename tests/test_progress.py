"""Progress of parts, and the wish to stop."""

import pytest

from vae_desktop.errors import Cancelled
from vae_desktop.progress import cancellable, part_of


def test_a_part_takes_its_share_of_the_whole():
    told = []
    progress = part_of(lambda *values: told.append(values), before=30, size=20, total=100)
    for done in range(5):
        progress(done, 4)
    assert told == [(30, 100), (35, 100), (40, 100), (45, 100), (50, 100)]


def test_an_empty_part_is_done():
    told = []
    part_of(lambda *values: told.append(values), 3, 2, 5)(0, 0)
    assert told == [(3, 5)]


def test_whether_to_stop_is_asked_before_anything_is_told():
    told, answers = [], iter([False, True])
    progress = cancellable(lambda *values: told.append(values), lambda: next(answers))
    progress(1, 2)
    with pytest.raises(Cancelled):
        progress(2, 2)
    assert told == [(1, 2)]
