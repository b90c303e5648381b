"""Models shown as they were at kept steps, in the app without its window."""

from types import SimpleNamespace

import numpy as np
import pytest

from tests.cli.timelines import damage
from tests.engine.test_timelines import KEPT, RecordingApp
from tests.same_training import assert_same_training
from vae_desktop.engine.known_figures import known_figures
from vae_desktop.engine.playhead import common_steps
from vae_desktop.latent.measures import QUICK


@pytest.fixture
def app(recording):
    return recording


@pytest.fixture
def playhead(app):
    return app.session.playhead


@pytest.fixture
def at(app, playhead):
    """Show a model at a step, with its codes."""

    def go(run, step):
        playhead.go_to([run], step)
        wanted = run.timeline.nearest(step).step

        def is_there():
            frame = app.session.timelines.frame(run, wanted)
            return frame is not None and frame.codes is not None and run.codes is frame.codes

        app.wait_until(is_there)

    return go


def picture(app, run, code):
    found = []
    note = app.session.inference.decoded.connect(found.append)
    app.session.inference.decode(run.id, code)
    number = app.session.inference.last_request
    app.wait_until(lambda: any(decoded.request_id == number for decoded in found))
    app.session.inference.decoded.disconnect(note)
    return found[-1]


def test_codes_pictures_and_figures_are_those_of_the_step(app, config, playhead, at):
    run = app.trained(config)
    codes, now = run.codes, picture(app, run, np.zeros(2, np.float32))
    at(run, 0)
    then = picture(app, run, np.zeros(2, np.float32))
    assert (then.step, now.step) == (0, 24)
    assert not np.array_equal(then.picture, now.picture)
    assert not np.array_equal(run.codes.mean, codes.mean)
    assert run.shown_step == 0
    assert run.shown_evaluation.step == 0
    assert run.newest_codes is codes
    playhead.go_live([run])
    assert run.codes is codes
    assert run.shown_evaluation.step == 24
    assert picture(app, run, np.zeros(2, np.float32)).step == 24


def test_a_model_that_is_put_back_on_the_list_is_decoded_as_at_the_step_that_is_shown(app, config, at):
    app.trained(config)
    run = app.trained(config)
    at(run, 3)
    app.session.library.remove(run)
    assert app.session.project.shown is not run
    app.session.project.undo_removal()
    assert (run.shown_step, picture(app, run, np.zeros(2, np.float32)).step) == (3, 3)


def test_a_step_that_came_while_its_model_was_off_the_list_can_be_asked_for_again(app, config, playhead):
    app.trained(config)
    run = app.trained(config)
    playhead.go_to([run], 3)
    app.session.library.remove(run)
    app.wait_until(lambda: not app.session.tasks.is_running(f"frame of {run.id}"))
    app.session.project.undo_removal()
    playhead.go_to([run], 3)
    app.wait_until(lambda: run.moment is not None)
    assert run.shown_step == 3


@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        ([([0, 1, 4, 8], 8)], [0, 1, 4, 8]),
        ([([0, 1, 4, 8], 8), ([0, 2, 4, 8], 8)], [0, 4, 8]),
        ([([0, 4, 8, 16], 16), ([0, 3, 4], 6)], [0, 4, 8, 16]),  # one has ended earlier
        ([([0, 4, 8, 9], 9), ([0, 4, 8], 9)], [0, 4, 8]),  # one is still being written
        ([([0, 80, 160], 160), ([0, 84, 160], 160)], [0, 80, 160]),  # what is kept of none and near to none
    ],
)
def test_models_side_by_side_are_shown_at_steps_that_all_have_kept(kept, expected):
    runs = [SimpleNamespace(timeline=SimpleNamespace(steps=steps), step=step) for steps, step in kept]
    assert common_steps(runs) == expected


def test_what_is_saved_is_the_model_of_now(app, config, at, tmp_path):
    run = app.trained(config)
    codes = run.codes
    at(run, 3)
    app.saved(tmp_path / "model.safetensors", [run])
    opened = app.opened(tmp_path / "model.safetensors")
    assert opened.snapshot.step == 24
    assert np.array_equal(opened.codes.mean, codes.mean)


def test_a_training_goes_on_unseen(app, endless, playhead, at):
    run = app.begin(endless)
    app.wait_until(lambda: run.timeline is not None and len(run.timeline.steps) > 4)
    at(run, 2)
    steps, shown = len(run.history.training), run.codes
    app.wait_until(lambda: len(run.history.training) > steps + 30)
    assert run.codes is shown
    assert picture(app, run, np.zeros(2, np.float32)).step == 2
    app.wait_until(lambda: app.session.training.newest_snapshot(run).step > 2)  # weights come less often than losses
    app.session.starter.stop()
    app.wait_for_state("idle")
    assert run.codes is shown
    playhead.go_live([run])
    assert run.codes is not shown
    assert picture(app, run, np.zeros(2, np.float32)).step == run.snapshot.step


def test_settings_are_those_of_the_step(app, endless, at):
    run = app.begin(endless)
    before = len(run.history.training)
    app.session.training.adjust("beta", 4.0)
    app.wait_until(lambda: run.history.changes and len(run.history.training) > run.history.changes[0].step + 4)
    app.session.starter.stop()
    app.wait_for_state("idle")
    app.written(run)
    changed_at = run.history.changes[0].step
    assert before <= changed_at in run.timeline.steps
    at(run, 0)
    assert run.shown_config.training.beta == endless.training.beta
    at(run, changed_at)
    assert run.shown_config.training.beta == run.config.training.beta == 4.0


def test_figures_are_those_known_at_the_step_each_with_its_own(app, config, at, playhead):
    run, measurements = app.trained(config), app.session.measurements
    judged = {entry.step: entry for entry in run.history.evaluations}
    measurements.start([run], QUICK)
    app.wait_until(lambda: not measurements.is_running)
    now = known_figures(run)
    assert set(now.steps.values()) == {24}
    at(run, 0)
    then = known_figures(run)
    assert then.values["test_loss"] == judged[0].total
    assert "knn_accuracy" not in then.values  # nobody had measured it
    measurements.start([run], QUICK)
    app.wait_until(lambda: not measurements.is_running)
    then = known_figures(run)
    assert then.values["test_loss"] == pytest.approx(judged[0].total, rel=1e-4)
    assert then.steps["knn_accuracy"] == 0
    at(run, 14)
    between = known_figures(run)
    assert between.steps["knn_accuracy"] == 0
    assert between.steps["test_loss"] == max(step for step in judged if step <= run.shown_step) > 0
    playhead.go_live([run])
    assert known_figures(run) == now


def test_a_training_gone_on_from_before_forgets_what_was_measured_later(app, config, at):
    run, measurements = app.trained(config), app.session.measurements
    for step in (24, 5):
        at(run, step)
        measurements.start([run], QUICK)
        app.wait_until(lambda: not measurements.is_running)
    assert sorted(run.measured) == [5, 24]
    frame = run.moment
    app.session.playhead.go_live([run])
    app.session.starter.go_back(run, frame, config)
    app.wait_until(lambda: run.status == "finished" and app.session.training.state == "idle")
    assert list(run.measured) == [5]


def test_going_on_from_before_leaves_a_moment_that_is_no_more(app, config, at, playhead):
    run = app.trained(config)
    at(run, 24)
    longer = config.with_settings(epochs=1)
    app.goes_on(run, longer)
    assert run.moment is None or run.moment.step <= run.progress.step


def test_a_damaged_moment_is_told_and_the_one_before_stays(app, config, at, playhead, told_errors):
    run = app.trained(config)
    at(run, 0)
    for file in run.timeline.folder.path.rglob("*"):
        if file.is_file():
            file.write_bytes(b"nonsense")
    playhead.go_to([run], 12)
    app.wait_until(lambda: told_errors)
    assert run.moment.step == 0


def test_a_damaged_moment_is_left_out_and_the_others_play(app, config, at, playhead, told_errors):
    run = app.trained(config)
    (run.timeline.folder.path / f"{4:010}.weights.safetensors").write_bytes(b"nonsense")
    playhead.go_to([run], 4)
    app.wait_until(lambda: run.timeline.info(4) is None)
    (told,) = told_errors
    assert told.text.startswith(f"Step 4 is left out of the timeline. Cannot open {4:010}.weights.safetensors")
    at(run, 4)
    assert run.moment.step == 3
    at(run, 5)
    assert run.timeline.steps == [step for step in KEPT if step != 4]
    assert len(told_errors) == 1


def test_a_damaged_moment_of_a_file_is_left_out(app, config, at, playhead, told_errors, tmp_path):
    run = app.trained(config)
    app.saved(tmp_path / "model.safetensors", [run], with_timeline=True)
    damage(tmp_path / "model.safetensors", tmp_path / "damaged.safetensors", 4)
    opened = app.opened(tmp_path / "damaged.safetensors")
    playhead.go_to([opened], 4)
    app.wait_until(lambda: told_errors)
    assert "Cannot open damaged.safetensors: in the frame of step 4, " in told_errors[0].text
    at(opened, 4)
    assert opened.moment.step == 3
    assert opened.timeline.steps == [step for step in KEPT if step != 4]


def test_a_moment_that_is_thinned_out_before_it_is_read_gives_way_to_the_nearest(
    app, config, playhead, told_errors, monkeypatch
):
    run = app.trained(config)
    read = run.timeline.read

    def thin_and_read(step):
        if step == 12:
            run.timeline.leave_out(12)
            run.timeline.finish(30)
        return read(step)

    monkeypatch.setattr(run.timeline, "read", thin_and_read)
    playhead.go_to([run], 12)
    app.wait_until(lambda: run.moment is not None)
    assert run.moment.step == 10
    assert told_errors == []


@pytest.mark.parametrize("step", [0, 24])
def test_a_fork_with_nothing_changed_goes_on_as_the_run_itself(app, config, at, step):
    run = app.trained(config)
    whole = run.checkpoint()
    if step:  # the newest, which has the optimizer's state: on from there as Continue goes on
        app.goes_on(run, config.with_settings(epochs=1))
    expected = run.checkpoint()
    at(run, step)
    app.session.fork_starter.fork(run, config if not step else config.with_settings(epochs=3))
    app.wait_until(lambda: app.session.project.shown is not run and app.session.training.state == "idle")
    fork = app.session.project.shown
    assert fork.forked_from == (run.id, step)
    assert len(fork.history.training) == len(expected.history.training)
    if not step:  # to the bit
        assert_same_training(fork.checkpoint(), whole)
    assert run.moment.step == step  # it stays as it was


def forked(app, run, config, **options):
    """Fork a run at the moment on screen, train the fork to its end, and return it."""
    app.session.fork_starter.fork(run, config, **options)
    app.wait_until(lambda: app.session.project.shown is not run and app.session.training.state == "idle")
    fork = app.session.project.shown
    app.written(fork)
    return fork


def test_a_fork_has_the_past_of_its_parent_also_without_it(app, config, at):
    run = app.trained(config)
    at(run, 10)
    fork = forked(app, run, config.with_settings(beta=5.0))
    assert fork.timeline.steps == run.timeline.steps
    app.wait_until(lambda: fork.is_kept)
    assert len(app.autosaves.files()) == 2  # of each as it is now; the fork's beginning is a moment of its parent
    assert fork.timeline.reasons[10] == "change"
    earlier, later = app.read(run, 5), app.read(run, 24)
    app.session.project.forgotten.emit(run)  # as when its removal cannot be undone any longer
    app.written(fork)
    assert app.folders == [fork.timeline.folder.path]
    own = app.read(fork, 5)
    assert all(np.array_equal(values, own.snapshot.weights[name]) for name, values in earlier.snapshot.weights.items())
    own = app.read(fork, 24)
    assert any((values != own.snapshot.weights[name]).any() for name, values in later.snapshot.weights.items())


def test_a_fork_in_a_file_says_where_it_left_its_parent_and_finds_it_on_the_list(app, config, at, tmp_path):
    run = app.trained(config)
    at(run, 10)
    fork = forked(app, run, config.with_settings(beta=5.0))
    app.saved(tmp_path / "parent.safetensors", [run])
    app.saved(tmp_path / "fork.safetensors", [fork])
    later = RecordingApp(tmp_path / "later")
    try:
        opened = later.opened(tmp_path / "fork.safetensors")
        assert (opened.forked_from, opened.origin) == (None, "fork from step 10")
        assert later.session.project.forks(opened) == {10}
        parent = later.opened(tmp_path / "parent.safetensors")
        assert (opened.forked_from, opened.origin) == ((parent.id, 10), f"from #{parent.id}, step 10")
        assert (parent.forked_from, parent.origin) == (None, "")
        assert later.session.project.forks(parent) == {10}
        later.session.library.open(tmp_path / "fork.safetensors")
        later.wait_until(lambda: later.session.project.shown is opened)
        assert list(later.session.project.runs.values()) == [opened, parent]  # no second row
        app.saved(tmp_path / "fork.safetensors", [run])
        assert later.opened(tmp_path / "fork.safetensors").snapshot.step == 24  # the file has become another
    finally:
        later.session.close(timeout=30)


def test_a_fork_takes_the_settings_of_the_form_and_says_what_it_was_changed_to(app, config, at):
    run = app.trained(config)
    at(run, 5)
    app.session.fork_starter.fork(run, config.with_settings(beta=7.0, learning_rate=0.002))
    app.wait_until(lambda: app.session.project.shown is not run and app.session.training.state == "idle")
    fork = app.session.project.shown
    assert fork.config.training.beta == 7.0
    assert {(change.name, change.step, change.value) for change in fork.history.changes} == {
        ("beta", 5, 7.0), ("learning_rate", 5, 0.002)
    }  # fmt: skip
    assert np.array_equal(fork.history.training[:5], run.history.training[:5])
    assert run.config.training.beta == config.training.beta


def test_a_fork_takes_other_images_of_the_same_shape(app, config, at, tmp_path):
    run = app.trained(config)
    at(run, 10)
    fork = forked(app, run, config.with_settings(name="shapes", seed=5, likelihood="bernoulli"))
    assert (fork.config.dataset.name, fork.config.training.seed) == ("shapes", 5)
    assert [(change.step, change.name, change.chosen) for change in fork.history.changes] == [
        (10, "name", "shapes"), (10, "likelihood", "bernoulli")
    ]  # fmt: skip
    images = app.session.datasets.of(fork)
    assert len(fork.codes) == len(images.test) != len(run.codes)
    assert fork.class_names == images.class_names
    assert len(app.read(fork, 5).codes) == len(fork.codes)
    assert fork.timeline.info(0).evaluation is None  # it was in another unit
    assert np.array_equal(fork.history.training[:10], run.history.training[:10])
    app.saved(tmp_path / "fork.safetensors", [fork])
    assert app.opened(tmp_path / "fork.safetensors").history.changes == fork.history.changes


def test_what_a_fork_cannot_take_is_said(app, config, at, told_errors):
    run = app.trained(config)
    at(run, 10)
    fork = forked(app, run, config.with_settings(name="shapes", image_size=12, latent_dim=3, beta=2.0))
    assert (fork.config.dataset, fork.config.model) == (run.config.dataset, run.config.model)
    assert fork.config.training.beta == 2.0
    (text,) = (message.text for message in told_errors if "The fork keeps" in message.text)
    assert "those of Shapes have another shape, 1×12×12 instead of 1×8×8." in text
    assert "The fork keeps its weights, and with them: Latent dimensions." in text


def test_a_fork_of_a_step_before_a_fork_is_one_of_the_parent(app, config, at):
    run = app.trained(config)
    at(run, 10)
    fork = forked(app, run, config.with_settings(beta=5.0, seed=5))
    at(fork, 0)
    app.session.fork_starter.fork(fork, config)
    app.wait_until(lambda: app.session.project.shown is not fork and app.session.training.state == "idle")
    again = app.session.project.shown
    assert again.forked_from == (run.id, 0)
    assert_same_training(again.checkpoint(), run.checkpoint())
    assert app.session.project.lineage(fork) == (fork, run)
    app.session.library.remove(run)
    assert app.session.project.lineage(fork) == (fork,)


def test_a_fork_is_compared_with_what_the_run_went_on_to(app, config, at):
    run = app.trained(config)
    at(run, 0)
    app.session.fork_starter.fork(run, config.with_settings(beta=7.0), compares=True)
    app.wait_until(lambda: app.session.project.compared is not None and app.session.training.state == "idle")
    changed, unchanged = app.session.project.compared.runs
    assert (changed.config.training.beta, unchanged.config.training.beta) == (7.0, config.training.beta)
    assert_same_training(unchanged.checkpoint(), run.checkpoint())


def test_a_fork_at_the_end_is_refused_in_words(app, config, at, told_errors):
    run = app.trained(config)
    at(run, 24)
    app.session.fork_starter.fork(run, config)
    app.wait_until(lambda: told_errors)
    assert "ask for more than that" in told_errors[-1].text
    assert app.session.project.shown is run


@pytest.fixture
def told_errors(app):
    found = []
    app.session.messages.posted.connect(found.append)
    return found
