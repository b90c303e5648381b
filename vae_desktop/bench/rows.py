"""What is measured: each row gives plain numbers from one machine in one go."""

import os
import platform
from collections.abc import Callable
from functools import partial
from pathlib import Path

from vae_desktop.bench import training_rows, window_rows, words_rows
from vae_desktop.bench.probes import Row

# How each row is measured, and its goal.
ROWS: dict[str, tuple[Callable[[Path, bool], Row], float]] = {
    "epoch_vs_dataloader": (training_rows.epoch_vs_dataloader, 5.0),
    "roofline_share": (training_rows.roofline_share, 0.70),
    "time_to_quality": (training_rows.time_to_quality, 15.0),
    "gui_training_share": (window_rows.gui_training_share, 0.90),
    "slider_to_pixels_ms": (window_rows.slider_to_pixels_ms, 8.0),
    "drawing_to_pixels_ms": (window_rows.drawing_to_pixels_ms, 8.0),
    "scrub_to_pixels_ms": (window_rows.scrub_to_pixels_ms, 16.0),
    "gui_gap_ms": (window_rows.gui_gap_ms, 8.0),
    "scatter_70k_ms": (window_rows.scatter_70k_ms, 8.0),
    "first_paint_vs_torch": (partial(window_rows.start_vs_torch, "first_paint"), 0.5),
    "first_decode_vs_torch": (partial(window_rows.start_vs_torch, "first_decode"), 1.2),  # a moved slider's picture
    "memory_vs_torch": (window_rows.memory_vs_torch, 1.6),
    "conv_epoch_vs_dataloader": (training_rows.conv_epoch_vs_dataloader, 1.6),
    "lockstep_cost": (training_rows.lockstep_cost, 1.1),
    "timeline_cost": (training_rows.timeline_cost, 0.98),
    "store_images_vs_memory": (training_rows.store_images_vs_memory, 0.9),
    "words_fit_s": (words_rows.words_fit_s, 60.0),
    "words_draw_ms": (words_rows.words_draw_ms, 150.0),
    "growth": (window_rows.growth, 1.0),
    "cuda_epoch_ms": (training_rows.cuda_epoch_ms, 25.0),
}


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
