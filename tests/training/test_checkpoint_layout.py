"""What the header of a model file says of its tensors is found out before any of them takes memory."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

import vae_desktop
from vae_desktop.training.checkpoint import load_checkpoint
from vae_desktop.training.tensor_file import file_parts

ROOT = Path(vae_desktop.__file__).parent.parent
FIGURES = "history.evaluations"
GIGABYTES = 2**32 - 2**20  # of tensors: with a header just within the limit

# Imports are done before the file is opened, so that what is added belongs to the file.
OPEN_ONE = """
import json, sys, time
from pathlib import Path
from vae_desktop.errors import CheckpointError
from vae_desktop.training.checkpoint import load_checkpoint

def kilobytes(key):
    return next(int(line.split()[1]) for line in Path("/proc/self/status").open() if line.startswith(key))

before, began, reason = kilobytes("VmRSS:"), time.process_time(), ""
try:
    load_checkpoint(Path(sys.argv[1]))
except CheckpointError as error:
    reason = str(error)
seconds = time.process_time() - began
print(json.dumps([reason, seconds, (kilobytes("VmHWM:") - before) / 1000]))
"""


def parts(path):
    """Header and tensors of a file."""
    data = path.read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    return json.loads(data[8:end]), data[end:]


def write(path, header, tensors, size=0):
    """Write a file of a header, as JSON or raw, and tensors; up to a size of them zeros follow that take no room."""
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(raw).to_bytes(8, "little") + raw + tensors)
    if size:
        os.truncate(path, 8 + len(raw) + size)


def moved(header, start, distance):
    """Move all tensors that begin at a byte or behind it."""
    for name, entry in header.items():
        if name != "__metadata__" and entry["data_offsets"][0] >= start:
            entry["data_offsets"] = [offset + distance for offset in entry["data_offsets"]]


def add(header, name, dtype, shape, start, size):
    """Describe one more tensor."""
    header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [start, start + size]}


def without(header, tensors, name):
    """The tensors without one of them, which the header forgets."""
    start, end = header.pop(name)["data_offsets"]
    moved(header, end, start - end)
    return tensors[:start] + tensors[end:]


def test_a_hole_alone(file, refused):
    header, tensors = parts(file)
    start = header[FIGURES]["data_offsets"][0]
    assert start > 0
    moved(header, start, 8)
    write(file, header, tensors[:start] + bytes(8) + tensors[start:])
    refused("a hole or an overlap before")


def test_tensors_that_do_not_begin_at_the_start(file, refused):
    header, tensors = parts(file)
    moved(header, 0, 8)
    write(file, header, bytes(8) + tensors)
    refused("a hole or an overlap before")


def test_overlapping_tensors(file, refused):
    header, tensors = parts(file)
    first, second = (header[f"optimizer.encoder.0.weight.{name}"] for name in ("exp_avg", "exp_avg_sq"))
    start, end = second["data_offsets"]
    second["data_offsets"] = list(first["data_offsets"])
    moved(header, end, start - end)
    write(file, header, tensors[:start] + tensors[end:])
    refused("a hole or an overlap before")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"shape": [3, 6]}, "has 144 bytes and room for another number", id="span larger than shape"),
        pytest.param({"shape": [5, 6]}, "has 240 bytes and room for another number", id="span smaller than shape"),
        pytest.param({"shape": [2**32, 2**32]}, "impossible shape", id="overflow to 0 in 64 bits"),
        pytest.param({"shape": [2**62, 6]}, "impossible shape", id="overflow"),
        pytest.param({"shape": [-4, -6]}, "impossible shape", id="negative"),
        pytest.param({"shape": [4.0, 6]}, "impossible shape", id="not whole"),
        pytest.param({"shape": [True, 24]}, "impossible shape", id="truth"),
        pytest.param({"shape": 24}, "impossible shape", id="not a list"),
        pytest.param({"shape": None}, "impossible shape", id="null"),
        pytest.param({"data_offsets": [0]}, "impossible place", id="one offset"),
        pytest.param({"data_offsets": [-192, 0]}, "impossible place", id="before the file"),
        pytest.param({"data_offsets": [192, 0]}, "room for another number", id="backwards"),
        pytest.param({"dtype": "BF16", "shape": [4, 24]}, "does not write", id="BF16"),
        pytest.param({"dtype": "F8_E4M3", "shape": [4, 48]}, "does not write", id="F8_E4M3"),
        pytest.param({"dtype": "O"}, "does not write", id="object"),
        pytest.param({"dtype": ["F64"]}, "does not write", id="dtype not text"),
        pytest.param({"more": 1}, "is not described", id="more in it"),
    ],
)
def test_tensors_that_cannot_be(file, refused, change, reason):
    header, tensors = parts(file)
    assert header[FIGURES]["shape"] == [4, 6]
    header[FIGURES] |= change
    write(file, header, tensors)
    refused(FIGURES, reason)


def test_a_tensor_of_very_many_dimensions(file, refused):
    header, tensors = parts(file)
    header[FIGURES]["shape"] = [9] * 300_000
    write(file, header, tensors)
    began = time.process_time()
    refused("impossible shape")
    assert time.process_time() - began < 1


def test_a_file_that_is_cut_while_it_is_read(file, refused, monkeypatch):
    from vae_desktop.training import tensor_file

    def cut(opened, place):
        os.truncate(file, file.stat().st_size - 1)
        return whole(opened, place)

    whole = tensor_file.read_tensor
    monkeypatch.setattr(tensor_file, "read_tensor", cut)
    refused("changed while it was read")


# Each gives header, tensors and their size of a hostile file, made from those of the good one.


def metadata_bomb(header, tensors):
    return {**header, "__metadata__": {"vae_desktop": "[" + "[]," * 340_000 + "0]"}}, tensors, 0


def nested_metadata(header, tensors):
    deep = "[" * 900 + "]" * 900
    return {**header, "__metadata__": {"vae_desktop": f"[{','.join([deep] * 560)}]"}}, tensors, 0


def header_bomb(header, tensors):
    return b'{"weights":[' + b"[]," * 340_000 + b"0]}", tensors, 0


def many_tensors(header, tensors):
    return b"{" + b",".join(b'"%x":{}' % number for number in range(90_000)) + b"}", tensors, 0


def huge_weights(header, tensors):
    name = "weights.encoder.0.weight"
    tensors = without(header, tensors, name)
    add(header, name, "F32", [2**29], len(tensors), 2**31)
    return header, tensors, len(tensors) + 2**31


def huge_codes(header, tensors):
    """Those of 80 million images, which fit each other."""
    kinds = {"codes.mean": ("F32", [2]), "codes.log_stddev": ("F32", [2]), "codes.labels": ("I64", [])}
    for name in kinds:
        tensors = without(header, tensors, name)
    size = len(tensors)
    for name, (dtype, dimensions) in kinds.items():
        add(header, name, dtype, [80_000_000, *dimensions], size, 640_000_000)
        size += 640_000_000
    return header, tensors, size


def small_pictures(header, tensors):
    add(header, "codes.thumbnails", "U8", [GIGABYTES], len(tensors), GIGABYTES)
    return header, tensors, len(tensors) + GIGABYTES


def unknown_tensor(header, tensors):
    add(header, "surprise", "U8", [GIGABYTES], len(tensors), GIGABYTES)
    return header, tensors, len(tensors) + GIGABYTES


def larger_than_any(header, tensors):
    add(header, "surprise", "U8", [2**32], len(tensors), 2**32)
    return header, tensors, len(tensors) + 2**32


BOMBS = {
    metadata_bomb: "too many parts",
    nested_metadata: "too many parts",
    header_bomb: "too many parts",
    many_tensors: "is not described",
    huge_weights: "has shape (536870912,) instead of (6, 24)",
    huge_codes: "codes and its loss history are larger",
    small_pictures: "codes and its loss history are larger",
    unknown_tensor: "no model of this app has",
    larger_than_any: "larger than any model",
}


def opened_elsewhere(path):
    """Reason, seconds and megabytes of opening a file in a process of its own."""
    command = [sys.executable, "-c", OPEN_ONE, str(path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(process.stdout)


measured = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is measured as Linux says it")


@measured
@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb.__name__)
def test_a_bomb_costs_neither_time_nor_memory(file, bomb):
    write(file, *bomb(*parts(file)))
    reason, seconds, megabytes = opened_elsewhere(file)
    assert reason.startswith("Cannot open model.safetensors: ")
    assert BOMBS[bomb] in reason
    assert seconds < 1
    assert megabytes < 50


@measured
def test_a_large_model_takes_its_memory_once(file):
    """Also that the measure above would see what it is there to see."""
    header, tensors = parts(file)
    size = 200_000_000
    add(header, "codes.thumbnails", "U8", [size], len(tensors), size)
    write(file, header, tensors, len(tensors) + size)
    assert len(load_checkpoint(file).codes) == 10
    reason, _, megabytes = opened_elsewhere(file)
    assert reason == ""
    assert 190 < megabytes < 250


def test_a_file_is_to_the_byte_what_the_safetensors_library_writes():
    random = np.random.default_rng(0)
    kinds = np.float32, np.float64, np.int64, np.float16, np.uint8
    sizes = [(kind, rows) for kind in kinds for rows in (0, 2)]
    tensors = {f"{kind.__name__}.{rows}": random.normal(size=(rows, 3)).astype(kind) for kind, rows in sizes}
    tensors |= {"scalar": np.array(3, np.float32), 'β"\\\n\x01': np.arange(6, dtype=np.float32).reshape(2, 3)}
    metadata = {"key": 'a "text"\\\n\t\x1f\x7f β \u2028'}
    for said in (metadata, {}):
        assert b"".join(file_parts(tensors, said)) == safetensors.numpy.save(tensors, said or None)
