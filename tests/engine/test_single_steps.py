"""A training that is held, one step at a time, in the app without its window."""

import numpy as np
import pytest

from vae_desktop.variants import KL_TERM


@pytest.fixture
def step(session, app):
    """Take one step of what trains, and wait until it is told of."""

    def take():
        seen = []
        session.project.step_observed.connect(seen.append)
        session.training.take_step()
        app.wait_until(lambda: seen)
        session.project.step_observed.disconnect(seen.append)
        return seen[0]

    return take


def test_a_training_begins_with_one_step_and_waits(app, session, config):
    session.starter.train(config, is_held=True)
    app.wait_until(lambda: session.project.shown is not None and session.project.shown.newest_step is not None)
    run = session.project.shown
    assert run.newest_step.step == len(run.history.training) == 1
    assert session.training.state == "paused"
    session.training.resume()
    app.wait_for_state("idle")
    assert run.status == "finished"
    assert run.newest_step is None  # others have been taken since


def test_taken_singly_a_training_is_to_the_bit_what_it_would_have_been(app, session, config, step):
    expected = app.train(config)
    session.starter.train(config, is_held=True)
    app.wait_until(lambda: session.project.active and session.project.active[0].newest_step is not None)
    run = session.project.active[0]
    while len(run.history.training) < run.last_step:  # two epochs
        step()
    app.wait_for_state("idle")
    assert run.status == "finished"
    assert run.newest_step.step == len(run.history.training) == len(expected.history.training)
    assert all(np.array_equal(run.snapshot.weights[key], values) for key, values in expected.snapshot.weights.items())
    assert np.array_equal(run.history.training, expected.history.training)
    assert run.history.evaluations == expected.history.evaluations


def test_a_training_that_runs_is_held_for_it(app, session, endless, step):
    run = app.begin(endless)
    step()
    assert session.training.state == "paused"
    at = run.newest_step.step
    assert step() is run
    assert run.newest_step.step == at + 1 == len(run.history.training)
    app.stop()
    assert run.snapshot.step == at + 1


def test_all_that_is_shown_is_of_the_step(app, session, endless, step):
    run = app.begin(endless)
    step()
    before, codes = session.training.newest_snapshot(run), run.codes
    step()
    assert session.training.newest_snapshot(run).step == before.step + 1
    assert not np.array_equal(run.codes.mean, codes.mean)
    app.stop()


def test_models_side_by_side_take_the_same_step(app, session, config):
    configs = [variant.applied_to(config) for variant in KL_TERM]
    session.starter.compare(configs, is_held=True)
    app.wait_until(lambda: [run for run in session.project.active if run.newest_step] == session.project.active != [])
    steps = [run.newest_step for run in session.project.active]
    assert len(steps) == len(configs)
    assert {observed.step for observed in steps} == {1}
    assert all(np.array_equal(observed.inputs, steps[0].inputs) for observed in steps)
    app.stop()


def test_without_a_training_there_is_no_step(app, session, config):
    run = app.train(config)
    session.training.take_step()
    session.starter.train(config)
    app.wait_until(lambda: len(session.project.runs) == 2 and session.training.state == "idle")
    assert run.observed is None
    assert session.project.shown.status == "finished"
