"""``vae-desktop evaluate``: the figures of a saved model on a test set."""

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from vae_desktop.cli.options import add_data_dir_option, add_setting_option, setting_of
from vae_desktop.cli.output import figure_rows, figures, print_json, print_table
from vae_desktop.config import DATASETS, DatasetConfig, TrainingConfig
from vae_desktop.errors import UserError

if TYPE_CHECKING:
    from vae_desktop.training.checkpoint import Checkpoint

HELP = "measure a saved model on a test set"
_DATASET = setting_of(DatasetConfig, "name")
_DEVICE = setting_of(TrainingConfig, "device")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the model")
    add_setting_option(parser, "--dataset", "dataset", _DATASET, "the one it was trained on")
    add_data_dir_option(parser)
    add_setting_option(parser, "--device", "device", _DEVICE, TrainingConfig.device)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace) -> int:
    """Print the loss on the test set, with the noise of training's own evaluations, and the kNN accuracy."""
    name = None if options.dataset is None else _DATASET.parse("name", options.dataset)
    device_name = _DEVICE.parse("device", options.device or TrainingConfig.device)
    import torch

    from vae_desktop.data.load import load_dataset
    from vae_desktop.latent.embed import embed, to_codes
    from vae_desktop.latent.quality import knn_accuracy
    from vae_desktop.training.checkpoint import load_checkpoint
    from vae_desktop.training.devices import select_device
    from vae_desktop.training.trainer import Trainer

    checkpoint = load_checkpoint(options.file)
    config = checkpoint.config
    device = select_device(device_name)
    dataset = load_dataset(_dataset_config(checkpoint, name), options.data_dir)
    label = DATASETS[dataset.config.name].label
    if dataset.image_shape != checkpoint.image_shape:
        raise UserError(
            f"{options.file.name} takes images of {_shape(checkpoint.image_shape)} (channels × height × "
            f"width), but {label} has {_shape(dataset.image_shape)}. Choose another data set."
        )
    start = time.perf_counter()
    trainer = Trainer(config, checkpoint.image_shape, device, checkpoint.snapshot)
    evaluation, posterior = trainer.evaluate(torch.from_numpy(dataset.test.images).to(device))
    trained = embed(trainer.model, torch.from_numpy(dataset.train.images).to(device))
    accuracy = knn_accuracy(to_codes(trained, dataset.train.labels), to_codes(posterior, dataset.test.labels))
    seconds = time.perf_counter() - start
    if options.json:
        print_json(
            {
                **figures(evaluation),
                "knn_accuracy": accuracy,
                "images": len(dataset.test),
                "dataset": dataset.config.name,
                "model": config.model.kind,
                "latent_dim": config.model.latent_dim,
                "device": device.type,
                "step": evaluation.step,
                "seconds": seconds,
            }
        )
        return 0
    rows = [
        ("Model", f"{config.title}, step {evaluation.step:,}"),
        ("Test images", f"{len(dataset.test):,} of {label}"),
    ]
    rows += figure_rows(evaluation, config.training.beta)
    if accuracy is not None:
        rows.append(("kNN accuracy", f"{accuracy:.1%} (10 nearest training codes vote)"))
    print_table(rows)
    return 0


def _dataset_config(checkpoint: "Checkpoint", name: str | None) -> DatasetConfig:
    """The model's own data set, or the one called `name` at the model's image size."""
    own = checkpoint.config.dataset
    return own if name in (None, own.name) else DatasetConfig(name, checkpoint.image_shape[1])


def _shape(shape: tuple[int, int, int]) -> str:
    return "×".join(map(str, shape))
