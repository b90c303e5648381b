"""Reading a training's folder while it grows, and folders in which nothing can be trusted."""

import itertools
import json
import shutil
import time
from concurrent.futures import Future

import numpy as np
import pytest

from tests.run_folders import recorded, write_run
from vae_desktop.errors import CheckpointError
from vae_desktop.training.history import TERMS, Change, Evaluation
from vae_desktop.training.run_folder import reader, source
from vae_desktop.training.run_folder.contents import Rows
from vae_desktop.training.run_folder.model_reader import ModelReader
from vae_desktop.training.run_folder.protocols import FileGone, SourceError, SourceUnusable
from vae_desktop.training.run_folder.reader import RunReader
from vae_desktop.training.run_folder.source import Source, Traffic


class Seen:
    """All that a reader has found."""

    def __init__(self, path):
        self.now = 0.0  # seconds
        self.reader = RunReader(Source(str(path)), lambda: self.now)
        self.rows, self.evaluations, self.changes = [], [], []
        self.frame = self.codes = self.timeline = self.poll = None

    def look(self):
        """Look until nothing more is found at once."""
        while True:
            self.poll = self.reader.poll()
            (news,) = self.poll.models
            for line in news.lines:
                {Rows: self.rows, Evaluation: self.evaluations, Change: self.changes}[type(line)].append(line)
            self.frame, self.codes = news.frame or self.frame, news.codes or self.codes
            self.timeline = news.timeline or self.timeline
            if not self.poll.has_more:
                return self

    @property
    def metrics(self):
        assert [line.first for line in self.rows] == list(np.cumsum([1, *map(len, self.values)])[:-1])
        return np.concatenate(self.values)

    @property
    def values(self):
        return [line.values for line in self.rows]


@pytest.fixture(scope="module")
def finished(tmp_path_factory, config, dataset):
    """The folder of a training that has ended, and the model."""
    path = tmp_path_factory.mktemp("finished") / "run"
    return path, write_run(path, config, dataset)


@pytest.fixture
def copy(finished, tmp_path):
    """A copy of that folder, for what is done to it."""
    return shutil.copytree(finished[0], tmp_path / "run")


def said(path):
    return json.loads(path.read_bytes())


def say(path, **changes):
    path.write_text(json.dumps({**said(path), **changes}))


def test_a_growing_folder_gives_all_that_the_training_has(tmp_path, config, dataset):
    training, folder = recorded(tmp_path / "run", config, dataset)
    folder.writer.join()
    seen = Seen(tmp_path / "run").look()
    assert seen.poll.head.models[0].description.config == config
    for _ in training.epochs():
        folder.report(is_at_epoch=True, state="stopped")  # whose snapshot is not paced
        folder.writer.join()
        seen.look()
        assert len(seen.metrics) == training.steps
        assert seen.frame.step == training.steps
    folder.close()
    seen.look()
    (model,) = training.models
    assert seen.poll.status.state == "finished"
    assert np.array_equal(seen.metrics, model.history.training, equal_nan=True)
    assert seen.evaluations == model.history.evaluations
    assert all(np.array_equal(own, model.snapshot().weights[name]) for name, own in seen.frame.snapshot.weights.items())
    assert np.array_equal(seen.codes.mean, model.codes.mean)
    assert np.array_equal(seen.codes.labels, dataset.test.labels)
    settings, infos = seen.timeline
    assert settings == {"learning_rate": 0.01, "beta": 0.5}
    assert [info.step for info in infos] == model.timeline.steps
    for info in infos:
        own, found = model.timeline.read(info.step), seen.reader.read_frame(0, info)
        assert all(np.array_equal(own.snapshot.weights[name], one) for name, one in found.snapshot.weights.items())


@pytest.fixture
def slow_link(monkeypatch):
    """Make the reading of a reader's snapshots end as is said in the future that is given, and no sooner."""

    def slow(reader):
        end, read = Future(), reader.source.read_whole
        monkeypatch.setattr(
            reader.source,
            "read_whole",
            lambda name, most: ("newest" in name and end.result(60)) or read(name, most),
        )
        return end

    return slow


def test_metrics_come_beside_a_snapshot_that_takes_long(tmp_path, config, dataset, slow_link):
    training, folder = recorded(tmp_path / "run", config, dataset)
    folder.writer.join()
    seen = Seen(tmp_path / "run").look()
    end = slow_link(seen.reader)
    for _ in training.epochs():
        folder.report(is_at_epoch=True, state="stopped")
        folder.writer.join()
        assert len(seen.look().metrics) == training.steps
        assert seen.frame.step == 0
    end.set_result(None)
    folder.close()
    assert seen.look().frame.step == training.steps


def test_a_snapshot_that_cannot_be_read_costs_no_step(tmp_path, config, dataset, slow_link, patient):
    training, folder = recorded(tmp_path / "run", config, dataset)
    folder.writer.join()
    seen = Seen(tmp_path / "run")
    slow_link(seen.reader).set_exception(SourceError("no permission"))
    for _ in training.epochs():
        folder.report(is_at_epoch=True, state="stopped")
        folder.writer.join()
        seen.now += 60
        assert len(seen.look().metrics) == training.steps
    folder.close()
    assert seen.look().poll.trouble == "no permission"
    assert seen.timeline is not None


@pytest.fixture
def patient(monkeypatch):
    """Have a look wait for a large file, however busy the machine is."""
    monkeypatch.setattr(reader, "_SOON", 60)


@pytest.fixture
def only_small_files(monkeypatch, patient):
    """Have a reader fail at all files but small ones, or at those only that have a word in their names."""

    def fail(reader, word="/"):  # each large one lies in the folder of a model
        read, broken = reader.source.read_whole, {word}

        def read_small(name, most):
            if any(word in name for word in broken):
                raise SourceError("the link is broken")
            return read(name, most)

        monkeypatch.setattr(reader.source, "read_whole", read_small)
        return broken

    return fail


@pytest.mark.parametrize("failures", [1, 9])
def test_what_a_broken_link_kept_back_is_read_when_it_is_mended(copy, only_small_files, failures):
    seen = Seen(copy)
    broken = only_small_files(seen.reader)
    for number in range(failures):
        seen.now += 60
        assert seen.look().poll.trouble == ("the link is broken" if number > 2 else "")  # once for each kind
    assert (seen.frame, seen.codes, seen.timeline) == (None, None, None)
    broken.clear()
    seen.now += 60
    assert seen.look().poll.trouble == ""
    assert seen.frame.step == seen.codes.since == 9
    assert len(seen.timeline[1]) > 1


def test_what_fails_is_tried_after_pauses_that_grow(copy, only_small_files, monkeypatch):
    seen, tried, put_off = Seen(copy), {"frame": [], "codes": [], "timeline": []}, ModelReader.put_off
    only_small_files(seen.reader)
    monkeypatch.setattr(
        ModelReader,
        "put_off",
        lambda model, large, *more: tried[large.kind].append(seen.now) or put_off(model, large, *more),
    )
    for seen.now in range(0, 100_000, 10):
        seen.look()
    for times in tried.values():
        pauses = np.diff(times)
        assert (pauses[:4] <= 30).all()
        assert (pauses[8:] == 60).all()
        assert len(pauses) > 1100  # more than powers of two that a number can hold


@pytest.mark.parametrize(("word", "kinds"), [("newest", ["timeline"]), ("timeline", ["frame", "codes"])])
def test_what_can_be_read_comes_beside_what_never_can(copy, only_small_files, word, kinds):
    seen = Seen(copy)
    only_small_files(seen.reader, word)
    for seen.now in range(5):
        seen.look()
    assert [kind for kind in ("frame", "codes", "timeline") if getattr(seen, kind) is not None] == kinds
    assert seen.poll.trouble == "the link is broken"


def test_a_file_that_is_too_large_is_damaged_and_read_no_more(copy, caplog, patient):
    (copy / "0" / "timeline.json").write_bytes(b" " * 2**22 + b"  ")
    seen = Seen(copy).look()
    before = seen.reader.source.traffic.total
    for seen.now in range(60, 600, 60):
        seen.look()
    assert (seen.timeline, seen.poll.trouble) == (None, "")
    assert seen.frame.step == 9
    assert seen.reader.source.traffic.total - before < 2**20
    assert "larger than any such file" in caplog.text


def test_a_snapshot_that_was_under_way_when_a_look_failed_is_not_lost(copy, slow_link):
    seen = Seen(copy)
    end, status = slow_link(seen.reader), copy / "status.json"
    seen.look()
    status.rename(copy / "elsewhere")
    with pytest.raises(SourceError):
        seen.look()
    (copy / "elsewhere").rename(status)
    end.set_result(None)
    assert seen.look().frame.step == 9


def test_a_clock_that_jumps_is_not_asked(tmp_path, config, dataset, monkeypatch):
    days = itertools.cycle([0, 400, -400])
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 86400 * next(days))
    training, folder = recorded(tmp_path / "run", config, dataset)
    seen = Seen(tmp_path / "run")
    for _ in training.epochs():
        folder.report(is_at_epoch=True)
        folder.writer.join()
        seen.look()
    folder.close()
    assert len(seen.look().metrics) == training.steps
    status = seen.poll.status
    assert (status.state, seen.frame.step) == ("finished", training.steps)
    assert 0 <= status.seconds < 60


def test_a_file_that_is_replaced_while_it_is_read_is_read_again(tmp_path, monkeypatch):
    class FileExpired(OSError):
        """As s3fs names it."""

    pieces_of, faults = source.pieces_of, [FileExpired()]

    def pieces(*arguments):
        for piece in pieces_of(*arguments):
            yield piece
            if faults:
                raise faults.pop()

    monkeypatch.setattr(source, "pieces_of", pieces)
    (tmp_path / "status.json").write_bytes(b"{}")
    assert (Source(str(tmp_path)).read("status.json", 9), faults) == (b"{}", [])


def test_a_change_of_a_setting_is_read_too(tmp_path, config, dataset):
    training, folder = recorded(tmp_path / "run", config, dataset)
    training.models[0].adjust("beta", 0.25)
    for _ in training.epochs():
        pass
    folder.close()
    assert Seen(tmp_path / "run").look().changes == [Change(0, "beta", 0.25)]


def test_a_folder_that_is_begun_anew_is_read_from_its_beginning(copy):
    seen = Seen(copy).look()
    before = seen.metrics
    for name in ("run.json", "status.json"):
        say(copy / name, id="another")
    seen.rows = []
    seen.look()
    assert seen.poll.head.id == "another"
    assert np.array_equal(seen.metrics, before, equal_nan=True)


def test_a_frame_that_was_thinned_out_is_gone(copy):
    seen = Seen(copy).look()
    info = seen.timeline[1][1]
    for path in (copy / "0" / "frames").glob(f"{info.step:010}.*"):
        path.unlink()
    with pytest.raises(FileGone):
        seen.reader.read_frame(0, info)


def test_no_frame_is_gone_for_good_where_the_whole_folder_is(copy):
    seen = Seen(copy).look()
    away = copy.rename(copy.with_name("away"))
    with pytest.raises(SourceError, match="deleted, or moved") as refused:
        seen.reader.read_frame(0, seen.timeline[1][1])
    assert not isinstance(refused.value, FileGone)
    away.rename(copy)
    assert seen.reader.read_frame(0, seen.timeline[1][1]).step == seen.timeline[1][1].step


def test_a_damaged_line_costs_its_own_steps_only(copy):
    path = copy / "0" / "metrics.jsonl"
    whole = Seen(copy).look().metrics
    lines = [
        json.dumps({"first": step, "every": 1, **{name: [float(row[place])] for place, name in enumerate(TERMS)}})
        for step, row in enumerate(whole, 1)
    ]
    lines[2:4] = '{"first":3,\x00"every":1,"total":[', '{"first":4,"every":1,"total":[1],"reconstruction":[],"kl":[1]}'
    text = "\n".join(lines).encode() + b"\n"
    path.write_bytes(text)
    status = said(copy / "status.json")
    status["models"][0]["metrics"] = len(text)
    say(copy / "status.json", models=status["models"])
    found = Seen(copy).look().metrics
    assert np.isnan(found).all(1).tolist() == [step in (3, 4) for step in range(1, 10)]
    assert np.array_equal(np.delete(found, (2, 3), 0), np.delete(whole, (2, 3), 0))


GARBAGE = {
    "nothing": b"",
    "half": b'{"vae_desktop_run":1,"id":"',
    "noise": bytes(range(256)),
    "no object": b"[]",
    "brackets": b"[" * 200_000,
    "another file": b'{"vae_desktop_run":"yes"}',
    "large": b" " * (2**20 + 1),
}


@pytest.mark.parametrize("name", ["run.json", "status.json"])
@pytest.mark.parametrize("data", GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_said_and_can_be_mended(copy, name, data):
    good = (copy / name).read_bytes()
    (copy / name).write_bytes(data)
    seen = Seen(copy)
    with pytest.raises(SourceError, match=name):
        seen.look()
    (copy / name).write_bytes(good)
    assert len(seen.look().metrics) == 9


@pytest.mark.parametrize(
    "changes",
    [
        {"beat": -1}, {"seconds": "1"}, {"state": "asleep"}, {"models": []}, {"models": {}}, {"id": 3},
        {"models": [{"step": 1}]}, {"models": [None] * 3},
    ],
)  # fmt: skip
def test_a_status_that_makes_no_sense_is_said(copy, changes):
    say(copy / "status.json", **changes)
    with pytest.raises(SourceError, match=r"status\.json"):
        Seen(copy).look()


@pytest.mark.parametrize(
    ("name", "value"),
    [("metrics", 10**15), ("newest", 10**9), ("newest_codes", 10**9), ("frames", 10**9), ("step", 10**12)],
)
def test_what_a_status_promises_and_is_not_there_is_no_error(copy, name, value):
    status = said(copy / "status.json")
    status["models"][0][name] = value
    say(copy / "status.json", models=status["models"])
    assert len(Seen(copy).look().metrics) == 9


@pytest.mark.parametrize("name", ["newest/0000000009.weights.safetensors", "newest/0000000009.codes.safetensors",
                                  "timeline.json"])  # fmt: skip
@pytest.mark.parametrize("spoil", [lambda data: data[:-1], lambda data: data + b"x", lambda data: b"{}" * 99])
def test_a_damaged_file_is_left_out(copy, name, spoil):
    path = copy / "0" / name
    path.write_bytes(spoil(path.read_bytes()))
    assert len(Seen(copy).look().metrics) == 9


def test_a_damaged_frame_is_refused(copy):
    seen = Seen(copy).look()
    info = seen.timeline[1][1]
    path = copy / "0" / "frames" / f"{info.step:010}.weights.safetensors"
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(CheckpointError):
        seen.reader.read_frame(0, info)


def test_labels_that_are_damaged_cost_the_colours_only(copy):
    (copy / "labels.npy").write_bytes(b"\x93NUMPY\x01\x00v\x00{'descr': '<i8', 'shape': (99999999999,), }\n")
    assert Seen(copy).look().codes.labels is None


def test_a_newer_version_is_named(copy):
    say(copy / "status.json", vae_desktop_run=99)
    with pytest.raises(SourceUnusable, match="99"):
        Seen(copy).look()


def test_a_folder_that_is_not_there_or_has_not_begun_is_said(tmp_path, copy):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="none that has begun"):
        Seen(tmp_path / "empty").look()
    with pytest.raises(SourceError, match="There is no folder"):
        Seen(tmp_path / "nowhere").look()
    with pytest.raises(SourceError, match="is a file"):
        Seen(copy / "run.json").look()
    with pytest.raises(SourceError, match=f"has some in it: {copy.name}"):
        Seen(copy.parent).look()
    seen = Seen(copy).look()
    shutil.rmtree(copy)
    with pytest.raises(SourceError, match="is gone"):
        seen.look()


def test_traffic_is_paced_by_its_budget():
    now = 0.0
    traffic = Traffic(60, lambda: now)
    traffic.note(1)
    assert traffic.has_room  # what is small holds nothing up
    traffic.note(9)
    assert (traffic.has_room, traffic.per_minute) == (False, 10)
    now = 8.9
    assert not traffic.has_room
    now = 9.0
    assert traffic.has_room
    now = 70.1
    assert (traffic.per_minute, traffic.total) == (0, 10)
