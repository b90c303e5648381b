"""``vae-desktop evaluate``: the figures of a saved model on a test set."""

import argparse
import time
from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from vae_desktop.cli.duplicates import duplicate_values
from vae_desktop.cli.images import check_shape, other_images
from vae_desktop.cli.opening import add_file_options, opened
from vae_desktop.cli.options import add_data_dir_option, add_exclude_option, add_setting_option, excluding
from vae_desktop.cli.outliers import OUTLIERS, outlier_values, print_outliers
from vae_desktop.cli.output import columns_of, print_json, print_table, say, shown_progress
from vae_desktop.config import SETTINGS, DatasetConfig
from vae_desktop.language import N_, tr
from vae_desktop.latent.measures import QUICK, Extent
from vae_desktop.latent.table import Row, groups_of
from vae_desktop.settings import Setting

if TYPE_CHECKING:
    import torch

    from vae_desktop.data.dataset import Dataset
    from vae_desktop.data.duplicates import Pair
    from vae_desktop.latent.outliers import Outlier
    from vae_desktop.training.checkpoint import Checkpoint

HELP = N_("measure a saved model on a test set")
_IMPORTANCE_SAMPLES = Setting(
    N_("Importance samples"),
    N_("Codes per image in the importance-weighted bound; 0 leaves it out."),
    minimum=0,
    maximum=100_000,
)
_SAMPLED_IMAGES = Setting(
    N_("Sampling"),
    N_(
        "Images drawn in each way for the sampling measures, at most as many as there are test images; 0 leaves them "
        "out."
    ),
    minimum=0,
    maximum=100_000,
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_file_options(parser)
    add_setting_option(parser, "--dataset", "dataset", SETTINGS["name"], None, tr("the one it was trained on"))
    add_setting_option(parser, "--measured-on", "measured_on", SETTINGS["measured_on"], None, tr("as in training"))
    add_exclude_option(parser)
    add_data_dir_option(parser)
    add_setting_option(parser, "--device", "device", SETTINGS["device"], "auto")
    add_setting_option(
        parser, "--importance-samples", "importance_samples", _IMPORTANCE_SAMPLES, Extent.importance_samples
    )
    add_setting_option(parser, "--sampling", "sampled_images", _SAMPLED_IMAGES, Extent.sampled_images)
    add_setting_option(parser, "--outliers", "outliers", OUTLIERS, 0)
    parser.add_argument("--quick", action="store_true", help=tr("leave both of these out"))
    parser.add_argument("--json", action="store_true", help=tr("print one JSON object"))


def run(options: argparse.Namespace) -> int:
    """Measure and print, with the noise of training's own evaluations."""
    from vae_desktop.engine.processor import prepare_threads

    prepare_threads()
    from vae_desktop.data.duplicates import in_words
    from vae_desktop.training.devices import name_of, select_device

    checkpoint = opened(options)
    config = checkpoint.config
    device = select_device(options.device, partial(say, options.program))
    dataset = _loaded(checkpoint, options)
    start = time.perf_counter()
    values, pairs, outliers = _measured(checkpoint, dataset, device, options)
    if pairs:
        sentence, lines = in_words(pairs, dataset)
        say(options.program, sentence, *lines[:3], mark=tr("note: "))
    if options.json:
        print_json(
            {
                **values,
                "images": len(dataset.test),
                "dataset": dataset.config.name,
                "images_differ": _difference(checkpoint, dataset),
                "model": config.model.kind,
                "latent_dim": config.model.latent_dim,
                "device": name_of(device),
                "step": checkpoint.snapshot.step,
                "seconds": time.perf_counter() - start,
                **({} if pairs is None else {"near_duplicates": duplicate_values(pairs, dataset)}),
                **({"outliers": outlier_values(outliers, dataset)} if options.outliers else {}),
            }
        )
        return 0
    title = [
        (tr("Model"), tr("{model}, step {step:,}").format(model=config.title, step=checkpoint.snapshot.step)),
        (tr("Test images"), tr("{count:,} of {dataset}").format(count=len(dataset.test), dataset=dataset.config.label)),
    ]
    _print_groups(title, groups_of(values, config))
    print_outliers(outliers, dataset)
    return 0


def _loaded(checkpoint: "Checkpoint", options: argparse.Namespace) -> "Dataset":
    """The data set to measure on; what is to be known of it is said on stderr."""
    from vae_desktop.data.load import load_dataset

    own = checkpoint.config.dataset
    measured = excluding(_dataset_config(own, checkpoint.image_shape, options), options)
    dataset = load_dataset(measured, options.data_dir, learned=checkpoint.images)
    check_shape(options.file, checkpoint, dataset)
    if not dataset.on_validation:
        _note_if_learned(options.program, own, dataset.config)
    notes = other_images(checkpoint, dataset) if measured.is_custom else []
    if measured.excluded and dataset.report is not None:
        notes.append(tr("skipped {line}").format(line=dataset.report.skipped[-1]))
    say(options.program, *notes, mark=tr("note: "))
    return dataset


def _measured(
    checkpoint: "Checkpoint", dataset: "Dataset", device: "torch.device", options: argparse.Namespace
) -> "tuple[dict[str, Any], list[Pair] | None, list[Outlier]]":
    """The figures of a model, the near-duplicates among its images, None if they are not looked for, and outliers."""
    import torch

    from vae_desktop.data.duplicates import near_duplicates
    from vae_desktop.latent.measuring import measuring
    from vae_desktop.latent.outliers import score_outliers
    from vae_desktop.models.autoencoder import restored_model
    from vae_desktop.paths import default_cache_dir
    from vae_desktop.words.of_model import sampler

    extent = QUICK if options.quick else Extent(options.importance_samples, options.sampled_images)
    config = checkpoint.config
    model = restored_model(config.model, checkpoint.image_shape, checkpoint.snapshot.weights).to(device)
    model = model.to(memory_format=torch.channels_last)  # as in training: its figures to the last digit
    with shown_progress() as progress:
        draw = sampler(checkpoint.diffusion, checkpoint.snapshot.step)
        values = dict(measuring(config, model, dataset, extent, default_cache_dir(), progress, draw))
        pairs = near_duplicates(dataset, progress) if dataset.config.is_custom and not options.quick else None
        outliers = score_outliers(model, dataset, progress).worst(options.outliers) if options.outliers else []
    return values, pairs, outliers


def _difference(checkpoint: "Checkpoint", dataset: "Dataset") -> dict[str, int] | None:
    """How many images are others than the model has learned; None where nobody knows it, or the set is built in."""
    if checkpoint.images is None or checkpoint.images.is_unknown or not dataset.config.is_custom:
        return None
    return asdict(dataset.difference(checkpoint.images))


def _note_if_learned(program: str, trained_on: DatasetConfig, measured: DatasetConfig) -> None:
    """Say so on stderr if validation images are asked for that the model was trained on."""
    if trained_on.name == measured.name and (trained_on.measured_on, measured.measured_on) == ("test", "validation"):
        say(
            program,
            tr(
                "this model was trained on all training images, these among them: its figures are not those of images "
                "that it has not seen."
            ),
            mark=tr("note: "),
        )


def _print_groups(title: list[tuple[str, str]], groups: dict[str, list[Row]]) -> None:
    """Print the rows of the title, then each group below its heading, all in the same two columns."""
    labels = [label for label, _ in title] + [tr(row.label) for rows in groups.values() for row in rows]
    width = max(map(columns_of, labels))
    print_table(title, width)
    for heading, rows in groups.items():
        print(f"\n{tr(heading)}")
        print_table([(tr(row.label), row.text) for row in rows], width)


def _dataset_config(own: DatasetConfig, shape: tuple[int, int, int], options: argparse.Namespace) -> DatasetConfig:
    """The model's own data set, or the one asked for at the model's image size and in its colours."""
    if options.dataset not in (None, own.name):
        channels, height, _ = shape
        colours = "grey" if channels == 1 else "colour"
        own = replace(own, name=options.dataset, image_size=height, colours=colours, measured_on="test")
    return own if options.measured_on is None else replace(own, measured_on=options.measured_on)
