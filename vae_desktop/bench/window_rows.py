"""Rows of the window: how soon it shows what it should, and what it takes from a training."""

import statistics
import time
from functools import partial
from pathlib import Path
from typing import Any

from vae_desktop.bench.probes import Row, dataset_in, in_window, pace, probe, python
from vae_desktop.bench.summary import exponent, in_turn, spread

_Cases = dict[str, dict[str, Any]]  # options of a probe, by what they are called in the row
_STATES: _Cases = {"idle": {"is_training": False}, "training": {"is_training": True}}


def gui_training_share(data_dir: Path, quick: bool) -> Row:
    """Training steps per second with the window open, its plots live and a slider dragged at 60 Hz, over headless."""
    seconds = 4 if quick else 10

    def windowed() -> float:
        return in_window("training_share", data_dir, seconds=seconds)["steps_per_second"]

    headless = partial(pace, data_dir, seconds=seconds)
    return {**in_turn(1 if quick else 5, headless, windowed, "steps_per_second"), "dataset": dataset_in(data_dir)}


def slider_to_pixels_ms(data_dir: Path, quick: bool) -> Row:
    """From a slider's new value to the picture painted, idle, while training and while words are fitted.

    The spread is of the six p95.
    """
    models = {f"{size}d": {"latent_dim": size} for size in (2, 32)}
    states: _Cases = {**_STATES, "fitting": {"is_training": False, "is_fitting": True}}
    return _latencies("slider_latency", models, states, data_dir, quick)


def drawing_to_pixels_ms(data_dir: Path, quick: bool) -> Row:
    """From the mouse's move on the pad to its reconstruction painted, at 60 Hz; the spread is of the four p95."""
    models = {name: {"architecture": name} for name in ("mlp", "convolutional")}
    return _latencies("drawing_latency", models, _STATES, data_dir, quick)


def scrub_to_pixels_ms(data_dir: Path, quick: bool) -> Row:
    """From the playhead's move to scatter and picture painted, while training; the spread is of the p95 from memory.

    From disk the goal is 100.
    """
    models = {f"{size}d": {"latent_dim": size} for size in (2, 20)}
    found = _latencies("scrub_latency", models, {"memory": {}, "disk": {"from_disk": True}}, data_dir, quick)
    return {**found, **spread([found[f"{name}_memory"]["p95"] for name in models])}


def _latencies(what: str, models: _Cases, states: _Cases, data_dir: Path, quick: bool) -> Row:
    """What a probe finds with each of some models in each of some states, by the names of both."""
    seconds = 3 if quick else 10
    cases = {
        f"{name}_{state}": in_window(what, data_dir, seconds=seconds, **of_model, **of_state)
        for name, of_model in models.items()
        for state, of_state in states.items()
    }
    return {**spread([case["p95"] for case in cases.values()]), **cases, "dataset": dataset_in(data_dir)}


def gui_gap_ms(data_dir: Path, quick: bool) -> Row:
    """Longest times in which the event loop does not turn, all overlays on, while training; p99 over all repeats."""
    runs = [in_window("gaps", data_dir, seconds=4 if quick else 15) for _ in range(1 if quick else 3)]
    summary = spread([run["p99"] for run in runs])
    tails = {name: statistics.median(run[name] for run in runs) for name in ("p50", "p99.9")}
    return {**summary, **tails, "longest": max(run["max"] for run in runs), "dataset": dataset_in(data_dir)}


def scatter_70k_ms(data_dir: Path, quick: bool) -> Row:
    """New positions of 70,000 points, handed over, drawn and painted at 700x700; over one stock scatter per class."""
    times = probe("scatter.frames", points=70_000, count=5 if quick else 30, with_stock=True)
    million = probe("scatter.frames", points=1_000_000, count=3 if quick else 10)["ours"]
    baseline = statistics.median(times["stock"])
    return {
        **spread(times["ours"]),
        "baseline": baseline,
        "times_quicker": baseline / statistics.median(times["ours"]),
        "a_million_points": statistics.median(million),
    }


def start_vs_torch(what: str, data_dir: Path, quick: bool) -> Row:
    """From process start to what a probe of the window paints, over `python -c "import torch"`, in turn."""

    def importing() -> float:
        began = time.time()
        python("import torch")
        return time.time() - began

    def painting() -> float:
        began = time.time()
        return in_window(what, data_dir, dataset="digits")["painted_at"] - began

    return in_turn(2 if quick else 7, importing, painting, "seconds")


def memory_vs_torch(data_dir: Path, quick: bool) -> Row:
    """Memory of the window that trains on its data set, over that of `import torch` alone; in MB resident."""
    code = "import torch; from vae_desktop.bench.memory import resident_megabytes; print(resident_megabytes())"

    def importing() -> float:
        return float(python(code))

    def training() -> float:
        return in_window("memory", data_dir, seconds=4 if quick else 15)["megabytes"]

    return {**in_turn(1 if quick else 3, importing, training, "megabytes"), "dataset": dataset_in(data_dir)}


def growth(data_dir: Path, quick: bool) -> Row:
    """How times grow: the exponent of the size in each of four tables, 1 where twice the size takes twice the time."""
    counts = (1_000, 10_000, 100_000) if quick else (1_000, 10_000, 100_000, 1_000_000)

    def scatter_ms(points: int) -> float:
        return statistics.median(probe("scatter.frames", points=points, count=5)["ours"])

    def slider_ms(**options: int) -> float:
        seconds = 2 if quick else 6
        found = in_window("slider_latency", data_dir, dataset="digits", seconds=seconds, is_training=False, **options)
        return found["p50"]

    epochs = probe("training.growth", images=counts)
    tables = {
        "epoch_seconds_by_images": {int(count): value for count, value in epochs.items()},
        "scatter_ms_by_points": {count: scatter_ms(count) for count in counts},
        "slider_ms_by_dimensions": {size: slider_ms(latent_dim=size) for size in (2, 8, 32, 128)},
        "slider_ms_by_side": {side: slider_ms(image_size=side) for side in (8, 16, 32, 64, 128)},
    }
    return {**spread([exponent(table) for table in tables.values()]), **tables}
