"""Thousands of damaged model files: each is refused in plain words or gives models that can be used in full.

Two hundred in every run. Ten thousand, some minutes, on demand:

    python -m pytest -m slow -n0 --hypothesis-show-statistics tests/training/test_checkpoint_fuzz.py
"""

import json
from datetime import timedelta

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from vae_desktop.errors import UserError
from vae_desktop.latent.plain_decoder import PlainDecoder
from vae_desktop.training.checkpoint import load_checkpoints, save_checkpoints
from vae_desktop.training.frame_folder import FrameFolder
from vae_desktop.training.frame_writer import FrameWriter
from vae_desktop.training.frames import FrameLayout
from vae_desktop.training.loop import TrainingLoop
from vae_desktop.training.recording import Recording
from vae_desktop.training.trainer import Trainer
from vae_desktop.variants import KL_TERM

KINDS = ("one model", "a set", "a timeline")
PARTS = ("header", "tensors", "tensors", "file")  # what tensors hold can also be right, and is then used

# Places as shares of a whole, scattered: the numbers that are drawn lie thickest at the ends.
shares = st.integers(0, 2**16 - 1).map(lambda drawn: drawn * 40_503 % 2**16 / 2**16)
byte_edits = st.tuples(
    st.sampled_from(PARTS),
    st.sampled_from(["overwrite", "delete", "insert", "truncate", "duplicate", "swap"]),
    shares,
    shares,
    st.binary(min_size=1, max_size=12),
)
numbers = [-4, -1, -0.0, 0, 0.5, 1, 2, 2**31, 2**53, 2**64, 10**400, 1e308, float("inf"), float("nan")]
words = ["", "\ud800", "../x", "\n", "ae", "vae", "convolutional", "F16", "BF16", "F64", "I64", "U8"]
others = [None, True, [], {}, [[]], [0], [0, 0], [1, 4, 3], [-1, 3], [2**63, 2], ["a", "b", "c"]]
hostile_values = st.sampled_from(numbers + words + others) | st.integers(-4, 300) | st.text(max_size=4)
json_edits = st.tuples(
    st.sampled_from(["metadata", "tensors"]),
    st.sampled_from(["replace", "delete", "exchange", "rename", "copy"]),
    shares,
    shares,
    hostile_values,
)
some_of_json = st.lists(json_edits, min_size=1, max_size=2)
some_of_bytes = st.lists(byte_edits, min_size=1, max_size=2)
some_damage = st.tuples(some_of_json | st.just([]), some_of_bytes) | st.tuples(some_of_json, st.just([]))


def split(data):
    end = 8 + int.from_bytes(data[:8], "little")
    return data[8:end], data[end:]


def joined(header, tensors):
    return len(header).to_bytes(8, "little") + header + tensors


def nodes(value):
    """Every place in a JSON value: what holds it, and the key or number that it has there."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield value, key
        yield from nodes(inner)


def edit_json(tree, action, share, other, value):
    places = list(nodes(tree))
    if not places:
        return
    (holder, key), (other_holder, other_key) = (places[int(at * len(places))] for at in (share, other))
    # Copies, for else a value could come to hold itself.
    value, one, another = (json.loads(json.dumps(found)) for found in (value, holder[key], other_holder[other_key]))
    if action == "replace":
        holder[key] = value
    elif action == "delete":
        del holder[key]
    elif action == "exchange":
        holder[key], other_holder[other_key] = another, one
    elif action == "copy":
        holder[key] = another
    elif isinstance(holder, dict):
        holder[str(value)] = holder.pop(key)


def edit_bytes(data, action, share, other, payload):
    at, to, some = int(share * len(data)), int(other * len(data)), len(payload)
    if action == "overwrite":
        return data[:at] + payload + data[at + some :]
    if action == "delete":
        return data[:at] + data[at + some :]
    if action == "insert":
        return data[:at] + payload + data[at:]
    if action == "truncate":
        return data[:at]
    if action == "duplicate":
        return data[:to] + data[at : at + 40 * some] + data[to:]
    low, high = sorted((at, to))
    return data[:low] + data[high : high + 1] + data[low + 1 : high] + data[low : low + 1] + data[high + 1 :]


def damaged(data, damage):
    """A good file with edits of its JSON, then of its bytes; a header that was edited keeps a right length."""
    of_json, of_bytes = damage
    if of_json:
        raw, tensors = split(data)
        header = json.loads(raw)
        texts = header.pop("__metadata__")
        described = {key: json.loads(text) for key, text in texts.items()}
        for tree, *edit in of_json:
            edit_json(described if tree == "metadata" else header, *edit)
        header["__metadata__"] = {key: json.dumps(value) for key, value in described.items()}
        data = joined(json.dumps(header).encode(), tensors)
    for part, *edit in of_bytes:
        header, tensors = split(data)
        if part == "file":
            data = edit_bytes(data, *edit)
        else:
            changed = {"header": header, "tensors": tensors}
            changed[part] = edit_bytes(changed[part], *edit)
            data = joined(**changed)
    return data


def check_use(path, checkpoints):
    """Do with opened models what the app does: draw, go on training, save and open again, with the same result."""
    for entry in checkpoints:
        with np.errstate(all="ignore"):
            code = np.zeros(entry.config.model.latent_dim, np.float32)
            picture = PlainDecoder(entry.config.model, entry.image_shape).decode(entry.snapshot.weights, code)
        channels, height, width = entry.image_shape
        assert picture.shape == (height, width, channels)
        kept = Trainer(entry.config, entry.image_shape, torch.device("cpu"), entry.snapshot).snapshot(True)
        for tensors, others in ((kept.weights, entry.snapshot.weights), (kept.optimizer, entry.snapshot.optimizer)):
            if others is not None:
                assert tensors.keys() == others.keys()
                assert all(np.array_equal(tensors[name], others[name]) for name in tensors)
        for step in [] if entry.timeline is None else entry.timeline.steps:
            check_frame(entry, step)
    again = path.with_name("again")
    save_checkpoints(again, checkpoints)
    first = again.read_bytes()
    save_checkpoints(again, load_checkpoints(again))
    assert again.read_bytes() == first


def check_frame(entry, step):
    """A frame can be used, or is refused in words."""
    try:
        then = entry.at(step)
    except UserError:
        event("a frame is refused")
    else:
        assert then.snapshot.step == step
        Trainer(then.config, then.image_shape, torch.device("cpu"), then.snapshot)


def check_damaged(path, data):
    path.write_bytes(data)
    try:
        opened = load_checkpoints(path)
    except UserError as error:
        message = str(error)
        assert message.startswith(f"Cannot open {path.name}: ")
        assert message.isprintable()
        assert len(message) < 1000
        event("refused")
    else:
        event("opened")
        check_use(path, opened)


@pytest.fixture(scope="session")
def good_files(good, config, dataset, tmp_path_factory):
    """The files of one model and of a set; a path is short where a failing test shows it."""
    loop = TrainingLoop([variant.applied_to(config) for variant in KL_TERM], dataset, torch.device("cpu"))
    list(loop.epochs())
    folder = tmp_path_factory.mktemp("good")
    paths = {"one model": folder / "one.safetensors", "a set": folder / "set.safetensors"}
    paths["one model"].write_bytes(good)
    save_checkpoints(paths["a set"], [run.checkpoint() for run in loop.models])
    paths["a timeline"] = folder / "timeline.safetensors"
    with_timeline(config, dataset, folder / "frames", paths["a timeline"])
    return paths


def with_timeline(config, dataset, folder, path):
    """Save a model with frames of its training."""
    layout = FrameLayout.of(config.model, dataset.image_shape)
    recording = Recording(FrameFolder(folder, layout), FrameWriter(), 6 * layout.weight_bytes)
    loop = TrainingLoop([config], dataset, torch.device("cpu"), timelines=[recording])
    list(loop.epochs())
    checkpoint = loop.models[0].checkpoint()
    assert recording.finish(60)
    save_checkpoints(path, [checkpoint], timelines=[recording])


@pytest.fixture
def path(tmp_path):
    return tmp_path / "damaged.safetensors"


def fuzz(count):
    """Run a test with that many damaged files, each of which must be dealt with in two seconds."""
    return settings(
        max_examples=count,
        deadline=timedelta(seconds=2),
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@pytest.mark.parametrize("kind", KINDS)
@fuzz(100)
@given(damage=some_damage)
def test_a_damaged_file_is_opened_whole_or_refused(good_files, path, kind, damage):
    check_damaged(path, damaged(good_files[kind].read_bytes(), damage))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@fuzz(5000)
@given(damage=some_damage)
def test_ten_thousand_damaged_files(good_files, path, kind, damage):
    check_damaged(path, damaged(good_files[kind].read_bytes(), damage))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_damaged_was_good(good_files, path, kind):
    check_use(path, load_checkpoints(good_files[kind]))
