"""Measures what a timeline costs a training, headless or in a window, in a process of its own."""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vae_desktop.bench.training_probe import seconds_of_steps
from vae_desktop.config import DatasetConfig, RunConfig
from vae_desktop.engine.processor import prepare_threads
from vae_desktop.variants import Variant


def paces(
    data_dir: str, dataset: str, architecture: str, models: Sequence[str], first: int, size: int, blocks: int
) -> dict[str, Any]:
    """Steps per second of two equal trainings, one of which keeps a timeline, in blocks of so many steps, in turn.

    The first steps of each, in which frames are dense, come before the blocks. A frame is written while its own block
    is trained on, not gathered with others, which would cost less.

    Returns
    -------
    dict
        `ratios`, of each block the pace with the timeline over that without; `beginning`, the same of the first steps;
        and how many frames came to be in the blocks.
    """
    prepare_threads()
    from vae_desktop.data.load import load_dataset
    from vae_desktop.training.devices import select_device
    from vae_desktop.training.frame_folder import FrameFolder
    from vae_desktop.training.frame_writer import FrameWriter
    from vae_desktop.training.frames import FrameLayout
    from vae_desktop.training.loop import TrainingLoop
    from vae_desktop.training.recording import Recording
    from vae_desktop.training.spinning import Spinning

    base = RunConfig(DatasetConfig(dataset)).with_settings(epochs=100_000, architecture=architecture)
    configs, device = [Variant(kind).applied_to(base) for kind in models], select_device("cpu")
    images, writer = load_dataset(base.dataset, Path(data_dir)), FrameWriter(gathered=0.0)

    def seconds(loop: TrainingLoop, steps: int) -> float:
        found = seconds_of_steps(loop, steps)
        writer.join()  # what is left would cost the other one
        return found

    with tempfile.TemporaryDirectory() as folder, Spinning():
        layouts = [FrameLayout.of(config.model, images.image_shape) for config in configs]
        folders = [FrameFolder(Path(folder) / str(number), layout) for number, layout in enumerate(layouts)]
        timelines = [Recording(own, writer) for own in folders]
        recorded = TrainingLoop(configs, images, device, timelines=timelines)
        bare = TrainingLoop(configs, images, device)
        seconds(bare, 10)  # the first ones of a process take longer
        beginning = seconds(bare, first) / seconds(recorded, first)
        frames = len(timelines[0].frames)
        ratios = []
        for block in range(blocks):
            pair = [bare, recorded] if block % 2 else [recorded, bare]
            times = {loop is recorded: seconds(loop, size) for loop in pair}
            ratios.append(times[False] / times[True])
        return {"ratios": ratios, "beginning": beginning, "frames": len(timelines[0].frames) - frames}


def paces_in_window(
    data_dir: str, dataset: str, architecture: str, models: Sequence[str], seconds: float, blocks: int
) -> dict[str, Any]:
    """Steps per second of trainings in a window with a timeline over those without, in turn, as `ratios`.

    One model is trained in the playground while a slider is dragged, several in the comparison. The first two seconds
    of each training, in which frames are dense, are not counted.
    """
    from PySide6.QtWidgets import QPushButton

    from vae_desktop.bench.latencies import Latencies
    from vae_desktop.bench.window_probe import drag_slider, opened

    with opened(data_dir, dataset, architecture=architecture) as driver:
        window, engine = driver.window, driver.engine
        button, hand = window.setup.controls.train_button, drag_slider(driver, Latencies())
        if len(models) > 1:
            window.show_workspace("comparison")
            window.comparison.editor.set_variants([Variant(kind) for kind in models])
            button = driver.find(QPushButton, "compareVariantsButton")

        def pace(budget: int) -> float:
            engine.timelines.budget = budget
            button.click()
            driver.wait_until(lambda: driver.state == "training" and len(engine.project.active[0].history.training))
            if len(models) == 1:
                hand.start()
            driver.wait(2)
            (run, *_), began = engine.project.active, time.perf_counter()
            first_step = len(run.history.training)
            driver.wait(seconds)
            found = (len(run.history.training) - first_step) / (time.perf_counter() - began)
            engine.training.stop()
            driver.wait_until(lambda: driver.state == "idle")
            return found

        window.show()
        driver.wait_until(lambda: driver.state == "idle")
        ratios = []
        for block in range(blocks):
            budgets = (0, engine.timelines.budget) if block % 2 else (engine.timelines.budget, 0)
            paces = {budget > 0: pace(budget) for budget in budgets}
            engine.timelines.budget = max(budgets)
            ratios.append(paces[True] / paces[False])
        return {"ratios": ratios}
