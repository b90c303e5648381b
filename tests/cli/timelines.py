"""Trains small models with frames of some steps, into a file with a timeline."""

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import torch

from vae_desktop.config import RunConfig
from vae_desktop.data.load import load_dataset
from vae_desktop.training.checkpoint import load_checkpoint, save_checkpoints
from vae_desktop.training.loop import TrainingLoop
from vae_desktop.training.timeline import Frame, FrameInfo, Timeline
from vae_desktop.training.trained_model import TrainedModel


def record(path: Path, configs: Sequence[RunConfig], steps: Collection[int], exact: Collection[int]) -> None:
    """Train models to their end; keep how each was at `steps`, with the optimizer's moments at those that are `exact`.

    Codes are kept at the end of each epoch.
    """
    loop = TrainingLoop(configs, load_dataset(configs[0].dataset, Path("none")), torch.device("cpu"))
    kept: list[dict[int, Frame]] = [{} for _ in configs]

    def look(model: TrainedModel) -> None:
        if model.steps in steps:
            snapshot = model.trainer.snapshot(with_optimizer=model.steps in exact)
            kept[loop.models.index(model)][model.steps] = Frame(snapshot, model.codes if model.ends_epoch else None)

    loop.end_epochs()
    loop.each(look)
    while not loop.finished:
        loop.step()
        loop.end_epochs()
        loop.each(look)
    checkpoints = [model.checkpoint() for model in loop.models]
    timelines = [_timeline(frames, config) for frames, config in zip(kept, configs, strict=True)]
    save_checkpoints(path, checkpoints, timelines=timelines)


def _timeline(frames: dict[int, Frame], config: RunConfig) -> Timeline:
    infos = [  # those of changes keep their moments
        FrameInfo(step, 1000, 500 if frame.snapshot.optimizer else 0, is_change=frame.snapshot.optimizer is not None)
        for step, frame in frames.items()
    ]
    settings = {"learning_rate": config.training.learning_rate, "beta": config.training.beta}
    return Timeline(infos, settings, lambda info: frames[info.step])


def damage(file: Path, copy: Path, step: int) -> None:
    """Write a copy of a file in which a weight of a frame is no finite number."""
    data = bytearray(file.read_bytes())
    timeline = load_checkpoint(file).timeline
    assert timeline is not None
    weights = timeline.read(step).snapshot.weights
    found = data.find(b"".join(np.ascontiguousarray(values).tobytes() for values in weights.values()))
    data[found : found + 4] = b"\xff\xff\xff\xff"
    copy.write_bytes(data)
