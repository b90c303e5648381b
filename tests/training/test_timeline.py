"""Which moments of a training are kept: over random histories, what must be there is, within the budget."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vae_desktop.errors import UserError
from vae_desktop.training.history import Change, Evaluation
from vae_desktop.training.timeline import Frame, FrameInfo, Timeline, next_due, reasons, thinned


def info(step, size=100, moments=0, is_change=False, loss=None):
    evaluation = None if loss is None else Evaluation(step, loss, loss, None, None)
    return FrameInfo(step, size + moments, moments, bool(moments) or step == 0, is_change, evaluation)


histories = st.lists(
    st.tuples(
        st.integers(0, 10**6),
        st.integers(1, 300),
        st.sampled_from([0, 0, 600]),
        st.sampled_from([False] * 9 + [True]),
        st.none() | st.floats(0, 100),
    ).map(lambda drawn: info(*drawn)),
    min_size=2,
    max_size=120,
    unique_by=lambda frame: frame.step,
)


def musts(frames):
    """The steps that may not go: the first, the newest, changes, and of the smallest losses the first."""
    steps = [frame.step for frame in frames]
    tested = [(frame.evaluation.total, frame.step) for frame in frames if frame.evaluation is not None]
    best = {step for _, step in sorted(tested)[:1]}
    return {min(steps), max(steps)} | best | {frame.step for frame in frames if frame.is_change}


@settings(max_examples=300)
@given(histories, st.integers(2_000, 60_000))
def test_what_must_stay_stays_and_all_of_it_fits(frames, budget):
    """One after the other as a training records them, each time thinned, and once with all of them there."""
    bare = {frame.step: frame.bytes - frame.moment_bytes for frame in frames}
    fits = 2 * sum(bare[frame.step] for frame in frames if frame.is_change) <= budget
    kept = ()
    for place, frame in enumerate(sorted(frames, key=lambda frame: frame.step), start=1):
        kept = thinned([*kept, frame], budget)
        seen = sorted(frames, key=lambda frame: frame.step)[:place]
        steps = [entry.step for entry in kept]
        assert steps == sorted(set(steps))
        assert steps[0] == seen[0].step
        assert steps[-1] == frame.step
        if fits and sum(bare[step] for step in musts(seen)) <= budget:
            assert sum(entry.bytes for entry in kept) <= budget
            assert musts(seen) <= set(steps)
    at_once = thinned(frames, budget)
    assert thinned(at_once, budget) == at_once
    if fits and sum(bare[step] for step in musts(frames)) <= budget:
        assert musts(frames) <= {entry.step for entry in at_once}


@given(histories, st.integers(0, 60_000))
def test_no_budget_is_exceeded_but_by_the_first_and_the_newest(frames, budget):
    kept = thinned(frames, budget)
    assert sum(frame.bytes for frame in kept) <= budget or len(kept) == 2
    assert {min(frame.step for frame in frames), max(frame.step for frame in frames)} <= {frame.step for frame in kept}


def test_nothing_is_left_out_of_what_fits():
    frames = [info(step) for step in range(50)]
    assert thinned(frames, 5000) == tuple(frames)
    assert len(thinned(frames, 4999)) == 49


def test_the_newest_few_and_those_at_changes_keep_their_moments():
    frames = [info(step, moments=200, is_change=step in (4, 9)) for step in range(1, 21)]
    kept = thinned(frames, 10_000)
    assert [frame.step for frame in kept if frame.is_exact] == [4, 9, 18, 19, 20]
    assert [frame.bytes for frame in kept[:4]] == [100, 100, 100, 300]


def test_moments_give_way_before_frames_of_changes_do():
    frames = [info(step, moments=200, is_change=True) for step in range(1, 9)]
    kept = thinned(frames, 1600)
    assert len(kept) == 8
    assert [frame.step for frame in kept if frame.moment_bytes] == [5, 6, 7, 8]


def test_a_hand_on_a_slider_does_not_wipe_the_rest():
    """A hundred changes within a moment are thinned themselves, where they take more than half of the budget."""
    scheduled = [info(step) for step in range(0, 1000, 50)]
    dragged = [info(step, is_change=True) for step in range(501, 546)]
    kept = thinned([*scheduled, *dragged], 4000)
    assert len([frame for frame in kept if frame.is_change]) == 20
    assert len([frame for frame in kept if not frame.is_change]) == 20


@pytest.mark.parametrize(
    ("epochs", "per_epoch", "least", "most"), [(5, 469, 40, 100), (60, 469, 80, 200), (1000, 469, 150, 400)]
)
def test_the_schedule_is_dense_early_and_some_hundreds_in_the_end(epochs, per_epoch, least, most):
    steps = [0]
    while steps[-1] < epochs * per_epoch:
        steps.append(next_due(steps[-1], per_epoch))
    assert steps[:9] == list(range(9))
    assert least <= len(steps) <= most
    apart = [later - earlier for earlier, later in itertools.pairwise(steps)]
    assert all(later >= earlier - per_epoch for earlier, later in itertools.pairwise(apart))
    assert all(step % per_epoch == 0 for step, gap in zip(steps[1:], apart, strict=True) if gap >= per_epoch)


def test_a_budget_leaves_a_film_that_is_dense_early_too():
    steps, kept = [0], ()
    while steps[-1] < 60 * 469:
        steps.append(next_due(steps[-1], 469))
        kept = thinned([*kept, info(steps[-1])], 4000)
    there = [frame.step for frame in kept]
    assert len(there) == 40
    assert 8 <= len([step for step in there if step < 469]) <= 30
    assert max(later / earlier for earlier, later in itertools.pairwise(there[5:])) < 2


def test_the_best_is_that_of_the_smallest_loss_and_no_infinite_one():
    frames = [info(1, loss=float("nan")), info(2, loss=3.0), info(3, loss=2.0), info(4, loss=float("-inf")), info(5)]
    assert reasons(frames) == {1: "first", 2: "schedule", 3: "best", 4: "schedule", 5: "newest"}


@pytest.fixture
def timeline():
    frames = [info(0), replace(info(7), is_change=True), info(20)]
    return Timeline(frames, {"beta": 1.0, "learning_rate": 0.1}, lambda entry: Frame(entry))


def test_a_step_that_was_not_kept_names_the_nearest(timeline):
    assert timeline.nearest(13).step == 7
    assert timeline.nearest(14).step == 20
    assert timeline.read(7).snapshot is timeline.info(7)
    with pytest.raises(UserError, match=r"^Step 1,000 was not kept; the nearest that was is 20\.$"):
        timeline.read(1000)
    with pytest.raises(UserError, match=r"^No step of this model's training was kept\.$"):
        Timeline((), {}, lambda entry: Frame(entry)).read(3)


def test_settings_at_a_step_are_those_that_it_went_on_with(timeline):
    changes = [Change(7, "beta", 4.0), Change(7, "epochs", 9), Change(12, "beta", 2.0)]
    assert [timeline.settings_at(step, changes)["beta"] for step in (0, 6, 7, 11, 12)] == [1.0, 1.0, 4.0, 4.0, 2.0]
    assert timeline.settings_at(20, changes) == {"beta": 2.0, "learning_rate": 0.1}
