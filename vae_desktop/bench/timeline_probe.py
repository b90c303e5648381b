"""Measures what a timeline costs a training, in a process of its own."""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

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
    from vae_desktop.training.trained_model import TrainedModel

    base = RunConfig(DatasetConfig(dataset)).with_settings(epochs=100_000, architecture=architecture)
    configs, device = [Variant(kind).applied_to(base) for kind in models], select_device("cpu")
    images, writer = load_dataset(base.dataset, Path(data_dir)), FrameWriter(gathered=0.0)

    def seconds(loop: TrainingLoop, steps: int) -> float:
        began = time.perf_counter()
        for _ in range(steps):
            loop.step()
        loop.each(TrainedModel.drain)
        ended = time.perf_counter()
        writer.join()  # what is left would cost the other one
        return ended - began

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
