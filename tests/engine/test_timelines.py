"""Timelines of a window's models: kept through all that a window does with a model, and gone with it."""

import shutil

import numpy as np
import pytest

from tests.engine.conftest import App, Inbox
from vae_desktop.engine.film_export import FilmRequest
from vae_desktop.film import scenes
from vae_desktop.training.checkpoint import load_checkpoint, load_checkpoints

KEPT = [*range(9), 10, 12, 14, 16, 19, 22, 24]  # of two epochs of twelve steps


class RecordingApp(App):
    """An engine that keeps timelines, and what it tells of them."""

    def __init__(self, folder):
        super().__init__(Inbox(), folder, folder / "cache")
        self.changed = []
        self.session.project.timeline_changed.connect(self.changed.append)

    def trained(self, config):
        run = self.train(config)
        self.written(run)
        return run

    def written(self, run):
        """Wait until the frames of a run that has ended are there."""
        run.timeline.finish(30)
        self.session.run_calls()

    def goes_on(self, run, config):
        self.session.starter.continue_training(run, config)
        self.wait_until(lambda: run.status == "training")
        self.wait_for_state("idle")
        self.written(run)

    def read(self, run, step):
        frames, failures = [], []
        self.session.timelines.read(run, step, frames.append, failures.append)
        has_images = self.session.datasets.of(run) is not None
        self.wait_until(lambda: failures or (frames and (frames[-1].codes is not None or not has_images)))
        return failures[0] if failures else frames[-1]

    def saved(self, path, runs, **options):
        before = len(self.told.heard("file_saved"))
        self.session.training.save(path, runs, **options)
        self.wait_until(lambda: len(self.told.heard("file_saved")) > before)

    def opened(self, path, origin="file"):
        before = set(self.session.project.runs)
        self.session.library.open(path, origin)
        self.wait_until(lambda: set(self.session.project.runs) - before)
        return list(self.session.project.runs.values())[-1]

    @property
    def folders(self):
        return sorted((self.session.datasets.data_dir.parent / "cache" / "timelines").glob("*/"))


@pytest.fixture
def windows(tmp_path):
    """Makes windows of one person, which are closed in the end."""
    made = []

    def make():
        made.append(RecordingApp(tmp_path))
        return made[-1]

    yield make
    for app in made:
        app.session.close(timeout=30)


@pytest.fixture
def window(windows):
    return windows()


def weights_of(frame):
    return np.concatenate([values.reshape(-1) for values in frame.snapshot.weights.values()])


def test_a_run_tells_of_its_frames(window, config):
    run = window.trained(config)
    assert window.changed.count(run) == len(window.changed) > 0
    assert run.timeline.steps == KEPT
    assert {0: "first", 24: "newest"}.items() <= run.timeline.reasons.items()
    newest = window.read(run, 24)
    assert newest.evaluation == run.history.last_evaluation
    assert np.array_equal(weights_of(newest), np.concatenate([v.reshape(-1) for v in run.snapshot.weights.values()]))
    assert window.session.timelines.frame(run, 24) is newest
    assert window.session.timelines.frame(run, 3) is None


def test_codes_are_computed_when_a_frame_is_first_looked_at_and_kept_then(window, config):
    run = window.trained(config)
    before = run.timeline.info(5).bytes
    frame = window.read(run, 5)
    assert len(frame.codes) == len(run.codes)
    window.written(run)
    assert run.timeline.info(5).bytes > before
    assert np.array_equal(run.timeline.read(5).codes.mean, frame.codes.mean)


def test_pausing_and_changing_a_setting_keep_a_frame_each(window, endless):
    run = window.begin(endless)
    window.session.starter.adjust("beta", 3.0)
    window.wait_until(lambda: run.history.changes)
    window.session.training.pause()
    window.wait_for_state("paused")
    window.written(run)
    changed, paused = run.history.changes[0].step, len(run.history.training)
    assert run.timeline.info(changed).is_change
    assert run.timeline.info(changed).is_exact
    assert run.timeline.info(paused).is_exact
    assert run.timeline.steps[-1] == paused
    window.session.training.resume()
    window.wait_until(lambda: len(run.history.training) > 2 * paused)
    window.stop()
    window.written(run)
    assert {0, changed, len(run.history.training)} <= set(run.timeline.steps)


def test_going_on_keeps_what_was_and_going_on_from_earlier_forgets_what_came_later(window, config):
    run = window.trained(config)
    window.goes_on(run, config.with_settings(epochs=1, beta=2.0))
    assert run.timeline.steps == [*KEPT, 28, 32, 36]
    assert run.timeline.reasons[24] == "change"
    later = weights_of(run.timeline.read(36))
    window.session.starter.go_back(run, window.read(run, 7), config.with_settings(learning_rate=0.1))
    assert not run.is_kept
    window.wait_until(lambda: run.status == "training")
    window.wait_for_state("idle")
    window.written(run)
    assert run.timeline.steps == KEPT
    assert [(change.step, change.name) for change in run.history.changes] == [(7, "learning_rate")]
    assert (run.config.training.beta, run.timeline.reasons[7]) == (1.0, "change")
    assert not np.array_equal(weights_of(window.read(run, 24)), later)
    window.wait_until(lambda: run.is_kept)
    kept = [load_checkpoint(path) for path in window.autosaves.files()]
    assert {24, 36} <= {entry.snapshot.step for entry in kept}


def test_compared_models_are_recorded_each_for_itself(window, config):
    configs = [config, config.with_settings(beta=4.0)]
    window.session.starter.compare(configs)
    window.wait_until(lambda: len(window.session.project.runs) == 2)
    window.wait_for_state("idle")
    runs = list(window.session.project.runs.values())
    for run in runs:
        window.written(run)
    assert runs[0].timeline.steps == runs[1].timeline.steps == KEPT
    assert not np.array_equal(weights_of(window.read(runs[0], 24)), weights_of(window.read(runs[1], 24)))


def test_a_file_saved_with_its_timeline_brings_it_along(window, config, tmp_path):
    run = window.trained(config)
    path = tmp_path / "m.safetensors"
    window.saved(path, [run], with_timeline=True)
    assert load_checkpoint(path).timeline.steps == run.timeline.steps
    shutil.rmtree(window.folders[0])
    again = window.opened(path)
    assert again.timeline.steps == KEPT
    frame = window.read(again, 5)
    window.saved(path, [again])  # over the file that the frames lie in, which so keeps them
    assert load_checkpoint(path).timeline.steps == KEPT
    window.saved(other := tmp_path / "other.safetensors", [again])
    assert load_checkpoint(other).timeline is None
    assert np.array_equal(weights_of(again.timeline.read(5)), weights_of(frame))
    window.goes_on(again, config.with_settings(epochs=1))
    assert again.timeline.steps == [*KEPT, 28, 32, 36]


@pytest.mark.parametrize("is_saved", [True, False])
def test_a_model_that_is_opened_again_has_its_timeline_again(windows, config, tmp_path, is_saved):
    first = windows()
    run = first.trained(config)
    path = tmp_path / "m.safetensors"
    if is_saved:
        first.saved(path, [run])
    steps = run.timeline.steps
    assert first.session.close(timeout=30) is None
    path = path if is_saved else first.autosaves.latest()[0]
    second = windows()
    again = second.opened(path, "file" if is_saved else "autosave")
    second.wait_until(lambda: again.timeline.finish(30) and again.timeline.steps == steps)
    assert second.read(again, 5).step == 5
    assert np.array_equal(again.timeline.labels, run.codes.labels)
    second.goes_on(again, config.with_settings(epochs=1))
    assert again.timeline.steps[: len(steps)] == steps


def test_what_crashed_goes_on_with_its_timeline(windows, endless, config):
    first = windows()
    run = first.begin(endless)
    first.session.training.pause()
    first.wait_for_state("paused")
    first.written(run)
    first.wait_until(first.autosaves.latest)
    first.wait_until(lambda: run.autosave is not None)
    run.timeline.finish(30)
    step, steps = run.snapshot.step, run.timeline.steps
    second = windows()  # while the first one does nothing any more
    second.session.library.open(first.autosaves.latest()[0], "autosave", goes_on=True)
    second.wait_until(lambda: second.session.project.active and second.session.training.state == "training")
    again = second.session.project.active[0]
    second.wait_until(lambda: len(again.history.training) > step + 5)
    second.stop()
    second.written(again)
    assert [kept for kept in again.timeline.steps if kept <= step] == steps
    assert again.timeline.steps[-1] == len(again.history.training) > step


def test_a_timeline_goes_with_its_run_when_that_cannot_be_brought_back(window, config):
    session, quick = window.session, config.with_settings(epochs=1)
    gone = window.trained(quick)
    others = [window.trained(quick) for _ in range(6)]
    session.library.remove(gone)
    assert len(window.folders) == 7
    session.project.undo_removal()
    assert window.read(gone, 3).step == 3
    session.library.remove(gone)
    for run in others[:5]:
        assert len(window.folders) == 7
        session.library.remove(run)
    session.timelines.close(30)
    assert gone.timeline is None
    assert len(window.folders) == 1  # of those that can still be brought back, closing leaves none


def test_no_budget_records_nothing(window, config):
    window.session.timelines.budget = 0
    run = window.train(config)
    assert run.timeline is None
    assert window.folders == []


def test_a_budget_that_is_too_small_is_told_and_training_goes_on(window, config):
    window.session.timelines.budget = 1000
    run = window.train(config)
    assert (run.status, run.timeline, window.folders) == ("finished", None, [])
    (told,) = window.told.messages
    assert told.text.startswith("Timeline: 1 kB hold not even the first and the last moment, which take ")


def test_what_a_file_brought_is_not_thinned_by_a_smaller_budget(window, config, tmp_path):
    run = window.trained(config)
    path = tmp_path / "m.safetensors"
    window.saved(path, [run], with_timeline=True)
    window.session.timelines.budget = run.timeline.bytes // 2
    again = window.opened(path)
    window.goes_on(again, config.with_settings(epochs=1))
    window.saved(path, [again])
    assert load_checkpoint(path).timeline.steps == [*KEPT, 28, 32, 36]


def test_a_timeline_of_a_newer_version_is_told_and_its_model_opens(window, config, tmp_path):
    run = window.trained(config)
    path = tmp_path / "m.safetensors"
    window.saved(path, [run], with_timeline=True)
    path.write_bytes(path.read_bytes().replace(b'\\"timeline\\":{\\"format\\":1', b'\\"timeline\\":{\\"format\\":2'))
    window.session.project.forgotten.emit(run)  # so that the app has kept none either
    again = window.opened(path)
    assert (again.timeline, again.snapshot.step) == (None, 24)
    assert "m.safetensors has a timeline that only a newer vae_desktop can read" in window.told.messages[-1].text


def test_a_cache_that_cannot_be_written_is_told_once_and_training_goes_on(window, config, tmp_path):
    (tmp_path / "cache").write_text("a file in the folder's place")
    run = window.train(config)
    assert run.timeline.finish(30)
    window.wait_until(lambda: window.told.messages)
    (told,) = window.told.messages
    assert told.text.startswith(f"The timeline is no longer kept in {tmp_path / 'cache' / 'timelines'}: ")
    assert (run.status, run.timeline.frames) == ("finished", ())


def test_a_frame_that_is_damaged_is_told_of_and_the_others_can_be_read(window, config):
    run = window.trained(config)
    path = window.folders[0] / f"{5:010}.weights.safetensors"
    path.write_bytes(path.read_bytes()[:-9])
    assert path.name in str(window.read(run, 5))
    assert window.read(run, 6).step == 6
    assert str(window.read(run, 7000)) == "Step 7,000 was not kept; the nearest that was is 24."


def test_what_other_processes_left_is_swept_away_when_no_file_needs_it(window, config, tmp_path):
    timelines = tmp_path / "cache" / "timelines"
    needed = tmp_path / "model"
    needed.touch()
    for name, files in (("999999999-1", [tmp_path / "gone"]), ("999999999-2", [needed]), ("999999999-3", None)):
        (timelines / name).mkdir(parents=True)
        if files is not None:
            (timelines / f"{name}.json").write_text(f'{{"{files[0]}": 0}}')
    run = window.trained(config)
    assert {folder.name for folder in window.folders} == {"999999999-2", run.timeline.folder.path.name}


def test_models_in_one_file_find_each_its_own(windows, config, tmp_path):
    first = windows()
    first.session.starter.compare([config, config.with_settings(beta=4.0)])
    first.wait_until(lambda: len(first.session.project.runs) == 2)
    first.wait_for_state("idle")
    runs = list(first.session.project.runs.values())
    for run in runs:
        first.written(run)
    path = tmp_path / "set.safetensors"
    first.saved(path, runs)
    wanted = [weights_of(run.timeline.read(8)) for run in runs]
    first.session.close(timeout=30)
    assert [entry.timeline for entry in load_checkpoints(path)] == [None, None]
    second = windows()
    second.opened(path)
    for run, values in zip(second.session.project.runs.values(), wanted, strict=True):
        assert np.array_equal(weights_of(run.timeline.read(8)), values)


def test_a_ruined_run_keeps_its_frames_and_goes_back_to_one(window, config, overflowing):
    run = window.train(config)
    window.written(run)
    assert run.status == "diverged"
    steps = run.timeline.steps
    assert steps[:4] == [0, 1, 2, 3]
    assert all(np.isfinite(weights_of(run.timeline.read(step))).all() for step in steps)
    window.session.starter.go_back(run, window.read(run, 2), config)
    window.wait_until(lambda: run.status == "training")
    window.wait_for_state("idle")
    window.written(run)
    assert (run.status, run.timeline.steps) == ("finished", KEPT)


@pytest.mark.parametrize("of", ["point", "scatter"])
def test_a_film_shows_every_moment_that_was_there_when_it_began(window, config, tmp_path, monkeypatch, of):
    """Its training forgets them, while they are drawn."""
    run = window.trained(config)
    told, exported, make = [], [], scenes.make_scene
    window.session.messages.posted.connect(told.append)
    window.session.films.exported.connect(exported.append)

    def forget_and_make(*arguments):
        run.timeline.forget_after(0, {})
        assert run.timeline.finish(30)
        return make(*arguments)

    monkeypatch.setattr(scenes, "make_scene", forget_and_make)
    request = FilmRequest(of, False, np.zeros((1, 2), np.float32))
    window.session.films.start(run, request, tmp_path / "film")
    window.wait_until(lambda: exported or told)
    assert told == []
    assert len(list((tmp_path / "film").iterdir())) == len(KEPT)
    assert run.timeline.steps == [0]
    assert window.folders == [run.timeline.folder.path]


def test_another_window_may_thin_frames_out_while_they_are_taken_over(windows, config, tmp_path):
    """Which has a folder of its own: neither deletes what the other has."""
    first, second = windows(), windows()
    run = first.trained(config)
    first.saved(tmp_path / "m", [run])
    first.written(run)
    again = second.opened(tmp_path / "m")
    for gone in (4, 12):
        for path in run.timeline.folder.path.glob(f"{gone:010}.*"):
            path.unlink()
    second.goes_on(again, config.with_settings(epochs=1))
    assert again.timeline.steps == [*(step for step in KEPT if step not in (4, 12)), 28, 32, 36]
    assert second.told.messages == []
    first.goes_on(run, config.with_settings(epochs=1, beta=3.0))
    assert second.read(again, 36).step == first.read(run, 36).step == 36
    assert not np.array_equal(weights_of(again.timeline.read(36)), weights_of(run.timeline.read(36)))
    kept = again.timeline.steps
    assert first.session.close(timeout=30) is None
    assert [again.timeline.read(step).step for step in kept] == kept
