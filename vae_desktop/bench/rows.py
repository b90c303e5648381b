"""What is measured: each row gives plain numbers from one machine in one go."""

import compileall
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from vae_desktop.errors import DeviceError, LibraryMissing, UserError
from vae_desktop.system_libraries import how_to_install, missing_libraries

Row = dict[str, Any]

_TIMEOUT = 300  # seconds, for one probe
_GOALS = {
    "epoch_vs_dataloader": 5.0,
    "roofline_share": 0.70,
    "time_to_quality": 15.0,
    "gui_training_share": 0.90,
    "slider_to_pixels_ms": 8.0,
    "drawing_to_pixels_ms": 8.0,
    "gui_gap_ms": 8.0,
    "scatter_70k_ms": 8.0,
    "first_paint_vs_torch": 0.5,
    "first_decode_vs_torch": 1.2,
    "memory_vs_torch": 1.6,
    "lockstep_cost": 1.1,
    "growth": 1.0,
    "cuda_epoch_ms": 25.0,
}
# Probes without a window, or with one of their own.
_ALONE = ("headless", "loop", "roofline", "quality", "growth", "scatter")
_STEPS_PER_EPOCH = 469  # of MNIST in batches of 128
_USUAL_EPOCHS, _USUAL_LOSS = 10, 105.6  # nats: what the usual loop reaches in so many
_COMPARED = ("ae", "vae-no-kl", "kl-only", "vae")


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
    return {**ROWS[key](data_dir, quick), "goal": _GOALS[key]}


def machine() -> str:
    """The machine in a line: processor, cores in use, Python."""
    name = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), name)
    return f"{name}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def epoch_vs_dataloader(data_dir: Path, quick: bool) -> Row:
    """Seconds of an epoch of MNIST in the usual loop (loop_probe.py), over ours with the same mathematics, in turn."""
    _require_mnist(data_dir)
    ratios, usual, ours = [], [], []
    for _ in range(1 if quick else 3):
        usual.append(_probe("loop", "mnist", data_dir, epochs=1)["epoch_seconds"][0])
        pace = _probe("headless", "mnist", data_dir, seconds=4, setup="usual", device="cpu")["steps_per_second"]
        ours.append(_STEPS_PER_EPOCH / pace)
        ratios.append(usual[-1] / ours[-1])
    return {**_spread(ratios), "baseline": statistics.median(usual), "seconds": statistics.median(ours)}


def roofline_share(data_dir: Path, quick: bool) -> Row:
    """Time that the matrix products of a step take alone, over the time of our step, in turn in one process."""
    dataset = _dataset(data_dir)
    found = _probe("roofline", dataset, data_dir, blocks=3 if quick else 15)
    shares = [one / other for one, other in zip(found["products_ms"], found["step_ms"], strict=True)]
    return {
        **_spread(shares),
        "baseline": statistics.median(found["products_ms"]),
        "step_ms": statistics.median(found["step_ms"]),
        "dataset": dataset,
    }


def time_to_quality(data_dir: Path, quick: bool) -> Row:
    """Seconds that ten epochs of the usual loop take, over ours to the same test loss or a better one, same model.

    Ours is the schedule of the preset "quick", to its end. With `quick` the usual loop takes one epoch, whose time
    counts ten times, and its loss is taken from earlier.
    """
    _require_mnist(data_dir)
    usual = _probe("loop", "mnist", data_dir, epochs=1 if quick else _USUAL_EPOCHS)
    seconds = statistics.median(usual["epoch_seconds"]) * _USUAL_EPOCHS
    wanted = _USUAL_LOSS if quick else usual["test_loss"]
    ours = [_probe("quality", "mnist", data_dir, seed=seed) for seed in range(1 if quick else 3)]
    losses = [run["test_loss"] for run in ours]
    return {
        **_spread([seconds / run["seconds"] for run in ours]),
        "baseline": seconds,
        "seconds": statistics.median(run["seconds"] for run in ours),
        "usual_loss": wanted,
        "losses": losses,
        "is_reached": statistics.median(losses) <= wanted,
    }


def gui_training_share(data_dir: Path, quick: bool) -> Row:
    """Training steps per second with the window open, its plots live and a slider dragged at 60 Hz, over headless."""
    dataset = _dataset(data_dir)
    seconds, repeats = (4, 1) if quick else (10, 5)
    shares, headless, windowed = [], [], []
    for _ in range(repeats):
        alone = _probe("headless", dataset, data_dir, seconds=seconds)["steps_per_second"]
        shown = _probe("window", dataset, data_dir, seconds=seconds)["steps_per_second"]
        headless.append(alone)
        windowed.append(shown)
        shares.append(shown / alone)
    return {
        **_spread(shares),
        "baseline": statistics.median(headless),
        "steps_per_second": statistics.median(windowed),
        "dataset": dataset,
    }


def slider_to_pixels_ms(data_dir: Path, quick: bool) -> Row:
    """From a slider's new value to the picture painted, idle and while training; the spread is of the four p95."""
    dataset = _dataset(data_dir)
    seconds = 3 if quick else 10
    cases: Row = {}
    for latent_dim in (2, 32):
        for training in (False, True):
            name = f"{latent_dim}d_{'training' if training else 'idle'}"
            cases[name] = _probe(
                "latency", dataset, data_dir, seconds=seconds, latent_dim=latent_dim, training=int(training)
            )
    return {**_spread([case["p95"] for case in cases.values()]), **cases, "dataset": dataset}


def drawing_to_pixels_ms(data_dir: Path, quick: bool) -> Row:
    """From the mouse's move on the pad to its reconstruction painted, at 60 Hz; the spread is of the four p95."""
    dataset = _dataset(data_dir)
    seconds = 3 if quick else 10
    cases: Row = {}
    for architecture in ("mlp", "convolutional"):
        for training in (False, True):
            name = f"{architecture}_{'training' if training else 'idle'}"
            cases[name] = _probe(
                "drawing", dataset, data_dir, seconds=seconds, architecture=architecture, training=int(training)
            )
    return {**_spread([case["p95"] for case in cases.values()]), **cases, "dataset": dataset}


def gui_gap_ms(data_dir: Path, quick: bool) -> Row:
    """Longest times in which the event loop does not turn, all overlays on, while training; p99 over all repeats."""
    dataset = _dataset(data_dir)
    runs = [_probe("gaps", dataset, data_dir, seconds=4 if quick else 15) for _ in range(1 if quick else 3)]
    summary = _spread([run["p99"] for run in runs])
    tails = {name: statistics.median(run[name] for run in runs) for name in ("p50", "p99.9")}
    return {**summary, **tails, "longest": max(run["max"] for run in runs), "dataset": dataset}


def scatter_70k_ms(data_dir: Path, quick: bool) -> Row:
    """New places of 70,000 points, handed over, drawn and painted at 700x700; over one stock scatter per class."""
    times = _probe("scatter", "", data_dir, points=70_000, frames=5 if quick else 30, stock=1)
    million = _probe("scatter", "", data_dir, points=1_000_000, frames=3 if quick else 10, stock=0)["ours"]
    baseline = statistics.median(times["stock"])
    return {
        **_spread(times["ours"]),
        "baseline": baseline,
        "times_quicker": baseline / statistics.median(times["ours"]),
        "a_million_points": statistics.median(million),
    }


def first_paint_vs_torch(data_dir: Path, quick: bool) -> Row:
    """From process start to the window painted, over `python -c "import torch"`, in turn."""
    return _start_vs_torch("first-paint", data_dir, quick)


def first_decode_vs_torch(data_dir: Path, quick: bool) -> Row:
    """From process start to the bundled model's picture under a moved slider, over `import torch`, in turn."""
    return _start_vs_torch("first-decode", data_dir, quick)


def _start_vs_torch(what: str, data_dir: Path, quick: bool) -> Row:
    """From process start to what a probe paints first, over the time of importing torch alone."""
    ratios, paints, imports = [], [], []
    for _ in range(2 if quick else 7):
        began = time.time()
        _python("import torch")
        imports.append(time.time() - began)
        began = time.time()
        paints.append(_probe(what, "digits", data_dir)["painted_at"] - began)
        ratios.append(paints[-1] / imports[-1])
    return {**_spread(ratios), "baseline": statistics.median(imports), "seconds": statistics.median(paints)}


def memory_vs_torch(data_dir: Path, quick: bool) -> Row:
    """Memory of the window that trains on its data set, over that of `import torch` alone; in MB resident."""
    dataset = _dataset(data_dir)
    code = "import torch; from vae_desktop.bench.memory import resident_megabytes; print(resident_megabytes())"
    ratios, ours, alone = [], [], []
    for _ in range(1 if quick else 3):
        alone.append(float(_python(code)))
        ours.append(_probe("memory", dataset, data_dir, seconds=4 if quick else 15)["megabytes"])
        ratios.append(ours[-1] / alone[-1])
    return {
        **_spread(ratios),
        "baseline": statistics.median(alone),
        "megabytes": statistics.median(ours),
        "dataset": dataset,
    }


def lockstep_cost(data_dir: Path, quick: bool) -> Row:
    """Time of a step of four models in lockstep, over the sum of the times of their steps alone, in turn."""
    dataset = _dataset(data_dir)
    seconds, repeats = (2, 1) if quick else (6, 5)

    def step_ms(models: str) -> float:
        found = _probe("headless", dataset, data_dir, seconds=seconds, models=models)
        return 1000 / float(found["steps_per_second"])

    alone, together = [], []
    for _ in range(repeats):
        alone.append(sum(step_ms(kind) for kind in _COMPARED))
        together.append(step_ms("+".join(_COMPARED)))
    ratios = [one / other for one, other in zip(together, alone, strict=True)]
    return {
        **_spread(ratios),
        "baseline": statistics.median(alone),
        "step_ms": statistics.median(together),
        "dataset": dataset,
    }


def growth(data_dir: Path, quick: bool) -> Row:
    """How times grow: the exponent of the size in each of four tables, 1 where twice the size takes twice the time."""
    counts = (1_000, 10_000, 100_000) if quick else (1_000, 10_000, 100_000, 1_000_000)
    seconds = 2 if quick else 6

    def scatter_ms(points: int) -> float:
        return statistics.median(_probe("scatter", "", data_dir, points=points, frames=5, stock=0)["ours"])

    def slider_ms(**options: int) -> float:
        return float(_probe("latency", "digits", data_dir, seconds=seconds, training=0, **options)["p50"])

    epochs = _probe("growth", "", data_dir, images="+".join(map(str, counts)))
    tables = {
        "epoch_seconds_by_images": {int(count): value for count, value in epochs.items()},
        "scatter_ms_by_points": {count: scatter_ms(count) for count in counts},
        "slider_ms_by_dimensions": {size: slider_ms(latent_dim=size) for size in (2, 8, 32, 128)},
        "slider_ms_by_side": {side: slider_ms(image_size=side) for side in (8, 16, 32, 64, 128)},
    }
    return {**_spread([_exponent(table) for table in tables.values()]), **tables}


def cuda_epoch_ms(data_dir: Path, quick: bool) -> Row:
    """Milliseconds of an epoch of MNIST on a device of CUDA, and seconds of the usual loop's on the same, in turn.

    Of both without the evaluation, and not the first epoch of a process.
    """
    _require_mnist(data_dir)
    _require_cuda()
    usual, ours = [], []
    for _ in range(1 if quick else 3):
        usual.append(_probe("loop", "mnist", data_dir, epochs=2, device="cuda")["epoch_seconds"][-1])
        found = _probe("headless", "mnist", data_dir, seconds=4, setup="usual", device="cuda")
        ours.append(1000 * found["epoch_seconds"])
    baseline = statistics.median(usual)
    return {**_spread(ours), "baseline": baseline, "times_quicker": 1000 * baseline / statistics.median(ours)}


ROWS: dict[str, Callable[[Path, bool], Row]] = {
    row.__name__: row
    for row in (
        epoch_vs_dataloader,
        roofline_share,
        time_to_quality,
        gui_training_share,
        slider_to_pixels_ms,
        drawing_to_pixels_ms,
        gui_gap_ms,
        scatter_70k_ms,
        first_paint_vs_torch,
        first_decode_vs_torch,
        memory_vs_torch,
        lockstep_cost,
        growth,
        cuda_epoch_ms,
    )
}


def _spread(values: list[float]) -> Row:
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def _exponent(times: dict[int, float]) -> float:
    """Slope of log time along log size, by least squares."""
    slope: float = statistics.linear_regression(
        [math.log(size) for size in times], [math.log(time) for time in times.values()]
    ).slope
    return slope


def _dataset(data_dir: Path) -> str:
    return "mnist" if _has_mnist(data_dir) else "digits"


def _has_mnist(data_dir: Path) -> bool:
    return (data_dir / "MNIST" / "raw").is_dir()


def _require_mnist(data_dir: Path) -> None:
    if not _has_mnist(data_dir):
        raise UserError(f"This is measured on MNIST, which is not in {data_dir}. Name its folder with --data-dir.")


def _require_cuda() -> None:
    if _python("import torch; print(torch.cuda.is_available())").strip() != "True":
        raise DeviceError("This is measured on CUDA (an NVIDIA graphics card), which this machine does not have.")


def _python(code: str) -> str:
    """What code prints in a process of its own."""
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


@cache
def _compile_sources() -> None:
    """Leave bytecode beside the sources, as installers do; where Python may not write any, each start would compile."""
    compileall.compile_dir(Path(__file__).parents[1], quiet=2)


def _probe(what: str, dataset: str, data_dir: Path, **options: int | str) -> Row:
    """Run a probe in a process of its own and return what it found."""
    _compile_sources()
    module = f"vae_desktop.bench.{what if what in _ALONE else 'window'}_probe"
    arguments = [what, f"dataset={dataset}", f"data_dir={data_dir}"]
    arguments += [f"{name}={value}" for name, value in options.items()]
    command = [sys.executable, "-m", module, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT)
    except subprocess.TimeoutExpired:
        raise UserError(f"The measurement {what!r} did not end within {_TIMEOUT} s.") from None
    if done.returncode != 0:
        if libraries := missing_libraries(done.stderr):
            raise LibraryMissing(how_to_install(libraries))
        last_line = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise UserError(f"The measurement {what!r} could not run (a window needs a display): {last_line}")
    result: Row = json.loads(done.stdout.splitlines()[-1])
    return result
