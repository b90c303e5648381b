"""What is measured: each row gives plain numbers from one machine in one go."""

import math
import os
import platform
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from vae_desktop.bench.probes import Row, dataset_in, in_window, on_dataset, pace, probe, python, require_mnist
from vae_desktop.errors import DeviceError
from vae_desktop.language import tr

_STEPS_PER_EPOCH = 469  # of MNIST in batches of 128
_USUAL_EPOCHS, _USUAL_LOSS = 10, 105.6  # nats: what the usual loop reaches in so many
_COMPARED = ("ae", "vae-no-kl", "kl-only", "vae")
_Cases = dict[str, dict[str, Any]]  # options of a probe, by what they are called in the row
_STATES: _Cases = {"idle": {"is_training": False}, "training": {"is_training": True}}


def measure(key: str, data_dir: Path, quick: bool) -> Row:
    """Measure one row.

    Parameters
    ----------
    key : str
        One of ROWS.
    data_dir : Path
        Where MNIST lies; without it the bundled digits are used, and the row says so.
    quick : bool
        Fewer and shorter runs: for a first look, not for a claim.

    Returns
    -------
    dict
        With at least "median", "min", "max" and "goal".

    Raises
    ------
    DeviceError
        If it is measured on a device that this machine does not have.
    """
    row, goal = ROWS[key]
    return {**row(data_dir, quick), "goal": goal}


def machine() -> str:
    """The machine in a line: processor, cores in use, Python."""
    name = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), name)
    return f"{name}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def _epoch_vs_dataloader(data_dir: Path, quick: bool) -> Row:
    """Seconds of an epoch of MNIST in the usual loop (loop_probe.py), over ours with the same mathematics, in turn."""
    require_mnist(data_dir)

    def usual() -> float:
        return probe("loop.epochs", data_dir=str(data_dir), count=1)["epoch_seconds"][0]

    def ours() -> float:
        return _STEPS_PER_EPOCH / pace(data_dir, seconds=4, is_usual=True, device="cpu")

    return _in_turn(1 if quick else 3, usual, ours, "seconds", is_inverse=True)


def _roofline_share(data_dir: Path, quick: bool) -> Row:
    """Time that the matrix products of a step take alone, over the time of our step, in turn in one process."""
    found = probe("training.roofline", **on_dataset(data_dir), blocks=3 if quick else 15)
    products, steps = iter(found["products_ms"]), iter(found["step_ms"])
    row = _in_turn(len(found["step_ms"]), partial(next, products), partial(next, steps), "step_ms", True)
    return {**row, "dataset": dataset_in(data_dir)}


def _time_to_quality(data_dir: Path, quick: bool) -> Row:
    """Seconds that ten epochs of the usual loop take, over ours to the same test loss or a better one, same model.

    Ours is the schedule of the preset "quick", to its end. With `quick` the usual loop takes one epoch, whose time
    counts ten times, and its loss is taken from earlier.
    """
    require_mnist(data_dir)
    usual = probe("loop.epochs", data_dir=str(data_dir), count=1 if quick else _USUAL_EPOCHS)
    seconds = statistics.median(usual["epoch_seconds"]) * _USUAL_EPOCHS
    wanted = _USUAL_LOSS if quick else usual["test_loss"]
    ours = [probe("training.quality", **on_dataset(data_dir), seed=seed) for seed in range(1 if quick else 3)]
    losses = [run["test_loss"] for run in ours]
    return {
        **_spread([seconds / run["seconds"] for run in ours]),
        "baseline": seconds,
        "seconds": statistics.median(run["seconds"] for run in ours),
        "usual_loss": wanted,
        "losses": losses,
        "is_reached": statistics.median(losses) <= wanted,
    }


def _gui_training_share(data_dir: Path, quick: bool) -> Row:
    """Training steps per second with the window open, its plots live and a slider dragged at 60 Hz, over headless."""
    seconds = 4 if quick else 10

    def windowed() -> float:
        return in_window("training_share", data_dir, seconds=seconds)["steps_per_second"]

    headless = partial(pace, data_dir, seconds=seconds)
    return {**_in_turn(1 if quick else 5, headless, windowed, "steps_per_second"), "dataset": dataset_in(data_dir)}


def _slider_to_pixels_ms(data_dir: Path, quick: bool) -> Row:
    """From a slider's new value to the picture painted, idle and while training; the spread is of the four p95."""
    models = {f"{size}d": {"latent_dim": size} for size in (2, 32)}
    return _latencies("slider_latency", models, _STATES, data_dir, quick)


def _drawing_to_pixels_ms(data_dir: Path, quick: bool) -> Row:
    """From the mouse's move on the pad to its reconstruction painted, at 60 Hz; the spread is of the four p95."""
    models = {name: {"architecture": name} for name in ("mlp", "convolutional")}
    return _latencies("drawing_latency", models, _STATES, data_dir, quick)


def _scrub_to_pixels_ms(data_dir: Path, quick: bool) -> Row:
    """From the playhead's move to scatter and picture painted, while training; the spread is of the p95 from memory.

    From disk the goal is 100.
    """
    models = {f"{size}d": {"latent_dim": size} for size in (2, 20)}
    found = _latencies("scrub_latency", models, {"memory": {}, "disk": {"from_disk": True}}, data_dir, quick)
    return {**found, **_spread([found[f"{name}_memory"]["p95"] for name in models])}


def _latencies(what: str, models: _Cases, states: _Cases, data_dir: Path, quick: bool) -> Row:
    """What a probe finds with each of some models in each of some states, by the names of both."""
    seconds = 3 if quick else 10
    cases = {
        f"{name}_{state}": in_window(what, data_dir, seconds=seconds, **of_model, **of_state)
        for name, of_model in models.items()
        for state, of_state in states.items()
    }
    return {**_spread([case["p95"] for case in cases.values()]), **cases, "dataset": dataset_in(data_dir)}


def _gui_gap_ms(data_dir: Path, quick: bool) -> Row:
    """Longest times in which the event loop does not turn, all overlays on, while training; p99 over all repeats."""
    runs = [in_window("gaps", data_dir, seconds=4 if quick else 15) for _ in range(1 if quick else 3)]
    summary = _spread([run["p99"] for run in runs])
    tails = {name: statistics.median(run[name] for run in runs) for name in ("p50", "p99.9")}
    return {**summary, **tails, "longest": max(run["max"] for run in runs), "dataset": dataset_in(data_dir)}


def _scatter_70k_ms(data_dir: Path, quick: bool) -> Row:
    """New positions of 70,000 points, handed over, drawn and painted at 700x700; over one stock scatter per class."""
    times = probe("scatter.frames", points=70_000, count=5 if quick else 30, with_stock=True)
    million = probe("scatter.frames", points=1_000_000, count=3 if quick else 10)["ours"]
    baseline = statistics.median(times["stock"])
    return {
        **_spread(times["ours"]),
        "baseline": baseline,
        "times_quicker": baseline / statistics.median(times["ours"]),
        "a_million_points": statistics.median(million),
    }


def _start_vs_torch(what: str, data_dir: Path, quick: bool) -> Row:
    """From process start to what a probe of the window paints, over `python -c "import torch"`, in turn."""

    def importing() -> float:
        began = time.time()
        python("import torch")
        return time.time() - began

    def painting() -> float:
        began = time.time()
        return in_window(what, data_dir, dataset="digits")["painted_at"] - began

    return _in_turn(2 if quick else 7, importing, painting, "seconds")


def _memory_vs_torch(data_dir: Path, quick: bool) -> Row:
    """Memory of the window that trains on its data set, over that of `import torch` alone; in MB resident."""
    code = "import torch; from vae_desktop.bench.memory import resident_megabytes; print(resident_megabytes())"

    def importing() -> float:
        return float(python(code))

    def training() -> float:
        return in_window("memory", data_dir, seconds=4 if quick else 15)["megabytes"]

    return {**_in_turn(1 if quick else 3, importing, training, "megabytes"), "dataset": dataset_in(data_dir)}


def _lockstep_cost(data_dir: Path, quick: bool) -> Row:
    """Time of a step of four models that are compared, over the sum of the times of their steps alone, in turn."""

    def step_ms(*models: str) -> float:
        return 1000 / pace(data_dir, seconds=2 if quick else 6, models=models)

    def alone() -> float:
        return sum(step_ms(kind) for kind in _COMPARED)

    together = partial(step_ms, *_COMPARED)
    return {**_in_turn(1 if quick else 5, alone, together, "step_ms"), "dataset": dataset_in(data_dir)}


def _timeline_cost(data_dir: Path, quick: bool) -> Row:
    """Steps per second with a timeline over those without, in turn, headless and with the window; spread of medians."""
    cases = {}
    steps = {"mlp": {"first": 938, "size": 128}, "convolutional": {"first": 100, "size": 32}}
    for architecture, sizes in steps.items():
        for models in (_COMPARED[-1:], _COMPARED):
            options = {**sizes, "architecture": architecture, "models": models, "blocks": 5 if quick else 20}
            found = probe("timeline.paces", **on_dataset(data_dir), **options)
            cases[f"{architecture}_{len(models)}"] = statistics.median(found["ratios"])
            options = {"architecture": architecture, "models": models, "blocks": 3 if quick else 10, "seconds": 4}
            found = probe("timeline.paces_in_window", **on_dataset(data_dir), **options)
            cases[f"{architecture}_{len(models)}_window"] = statistics.median(found["ratios"])
    return {**_spread(list(cases.values())), **cases, "dataset": dataset_in(data_dir)}


def _growth(data_dir: Path, quick: bool) -> Row:
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
    return {**_spread([_exponent(table) for table in tables.values()]), **tables}


def _cuda_epoch_ms(data_dir: Path, quick: bool) -> Row:
    """Milliseconds of an epoch of MNIST on a device of CUDA, and seconds of the usual loop's on the same, in turn.

    Of both without the evaluation, and not the first epoch of a process.
    """
    require_mnist(data_dir)
    if python("import torch; print(torch.cuda.is_available())").strip() != "True":
        raise DeviceError(tr("This is measured on CUDA (an NVIDIA graphics card), which this machine does not have."))
    options = {"seconds": 4, "is_usual": True, "device": "cuda"}
    usual, ours = [], []
    for _ in range(1 if quick else 3):
        usual.append(probe("loop.epochs", data_dir=str(data_dir), count=2, device="cuda")["epoch_seconds"][-1])
        ours.append(1000 * probe("training.headless", **on_dataset(data_dir), **options)["epoch_seconds"])
    baseline = statistics.median(usual)
    return {**_spread(ours), "baseline": baseline, "times_quicker": 1000 * baseline / statistics.median(ours)}


# How each row is measured, and its goal.
ROWS: dict[str, tuple[Callable[[Path, bool], Row], float]] = {
    "epoch_vs_dataloader": (_epoch_vs_dataloader, 5.0),
    "roofline_share": (_roofline_share, 0.70),
    "time_to_quality": (_time_to_quality, 15.0),
    "gui_training_share": (_gui_training_share, 0.90),
    "slider_to_pixels_ms": (_slider_to_pixels_ms, 8.0),
    "drawing_to_pixels_ms": (_drawing_to_pixels_ms, 8.0),
    "scrub_to_pixels_ms": (_scrub_to_pixels_ms, 16.0),
    "gui_gap_ms": (_gui_gap_ms, 8.0),
    "scatter_70k_ms": (_scatter_70k_ms, 8.0),
    "first_paint_vs_torch": (partial(_start_vs_torch, "first_paint"), 0.5),
    "first_decode_vs_torch": (partial(_start_vs_torch, "first_decode"), 1.2),  # a moved slider's picture
    "memory_vs_torch": (_memory_vs_torch, 1.6),
    "lockstep_cost": (_lockstep_cost, 1.1),
    "timeline_cost": (_timeline_cost, 0.98),
    "growth": (_growth, 1.0),
    "cuda_epoch_ms": (_cuda_epoch_ms, 25.0),
}


def _spread(values: list[float]) -> Row:
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def _in_turn(
    repeats: int,
    baseline: Callable[[], float],
    ours: Callable[[], float],
    name: str,
    is_inverse: bool = False,
) -> Row:
    """Measure two things in turn, so that both meet the same moods of the machine.

    Returns
    -------
    dict
        The spread of the ratios of ours to the baseline, or of the baseline to ours if `is_inverse`; the median of the
        baseline, and under `name` that of ours.
    """
    pairs = [(baseline(), ours()) for _ in range(repeats)]
    alone, found = zip(*pairs, strict=True)
    return {
        **_spread([first / last if is_inverse else last / first for first, last in pairs]),
        "baseline": statistics.median(alone),
        name: statistics.median(found),
    }


def _exponent(times: dict[int, float]) -> float:
    """Slope of log time along log size, by least squares."""
    sizes, durations = map(math.log, times), map(math.log, times.values())
    return float(statistics.linear_regression(list(sizes), list(durations)).slope)
