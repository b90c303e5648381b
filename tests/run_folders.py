"""Trainings whose folders are written."""

import torch

from vae_desktop.config import RunConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.training.frame_folder import FrameFolder
from vae_desktop.training.frames import FrameLayout
from vae_desktop.training.loop import TrainingLoop
from vae_desktop.training.recording import Recording
from vae_desktop.training.run_folder.writer import RunFolder


def recorded(path, config: RunConfig, dataset: Dataset):
    """A training that is about to begin, with its folder and a timeline."""
    folder = RunFolder(path)
    layout = FrameLayout.of(config.model, dataset.image_shape)
    frames = Recording(FrameFolder(path.with_name(f"{path.name}-frames"), layout), folder.writer)
    training = TrainingLoop([config], dataset, torch.device("cpu"), timelines=[frames])
    folder.begin(training)
    return training, folder


def write_run(path, config: RunConfig, dataset: Dataset):
    """Train a model to its end, and write its folder; returns the model."""
    training, folder = recorded(path, config, dataset)
    for _ in training.epochs():
        pass
    folder.close()
    return training.models[0]
