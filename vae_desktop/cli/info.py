"""``vae-desktop info``: what a saved model is, without its data set."""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vae_desktop.cli.output import figure_rows, figures, print_json, print_table
from vae_desktop.files import size_in_words
from vae_desktop.settings import settings_of

if TYPE_CHECKING:
    from vae_desktop.training.advice import Advice
    from vae_desktop.training.checkpoint import Checkpoint

HELP = "describe a saved model"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the model")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace) -> int:
    """Print a model's architecture, settings and last figures."""
    from vae_desktop.training.checkpoint import load_checkpoint

    checkpoint = load_checkpoint(options.file)
    file_bytes = options.file.stat().st_size
    if options.json:
        print_json(_values(checkpoint, file_bytes))
    else:
        print_table(_rows(checkpoint, file_bytes))
    return 0


def _values(checkpoint: "Checkpoint", file_bytes: int) -> dict[str, Any]:
    config, last = checkpoint.config, checkpoint.history.last_evaluation
    return {
        "title": config.title,
        "model": config.model.kind,
        **{name: value for name, value in asdict(config.model).items() if name != "kind"},
        "hidden": _hidden(checkpoint),
        "image_shape": checkpoint.image_shape,
        "parameters": checkpoint.parameters,
        "dataset": asdict(config.dataset),
        "class_names": checkpoint.class_names,
        "training": asdict(config.training),
        "steps": checkpoint.snapshot.step,
        "epochs_evaluated": _epochs_evaluated(checkpoint),
        **({} if last is None else figures(last)),
        "notes": [entry._asdict() for entry in _advice(checkpoint)],
        "can_continue_exactly": checkpoint.can_continue_exactly,
        "file_bytes": file_bytes,
        "format_version": checkpoint.format_version,
    }


def _rows(checkpoint: "Checkpoint", file_bytes: int) -> list[tuple[str, str]]:
    config, last = checkpoint.config, checkpoint.history.last_evaluation
    channels, height, width = checkpoint.image_shape
    rows = [
        ("Title", config.title),
        *_setting_rows(config.model, config.model.kind),
        ("Hidden layers", f"{' '.join(map(str, _hidden(checkpoint))) or 'none'}, mirrored by the decoder"),
        ("Images", f"{height}×{width} pixels, {channels} channel{'s' * (channels > 1)}"),
        ("Parameters", f"{checkpoint.parameters:,}"),
        ("Data set", config.dataset.label),
        *_setting_rows(config.training, config.model.kind),
        ("Steps", f"{checkpoint.snapshot.step:,}"),
        ("Epochs evaluated", str(_epochs_evaluated(checkpoint))),
    ]
    if last is not None:
        rows += figure_rows(last, config, checkpoint.steps_per_epoch)
    continues = "exactly" if checkpoint.can_continue_exactly else "with a fresh optimizer"
    if checkpoint.snapshot.optimizer is not None and not checkpoint.can_continue_exactly:
        continues = "with a new cycle of the learning rate"
    return [
        *rows,
        ("Continues", continues),
        ("File", f"{size_in_words(file_bytes)}, format {checkpoint.format_version}"),
        *(("Note", entry.text) for entry in _advice(checkpoint)),
    ]


def _setting_rows(part: Any, kind: str) -> list[tuple[str, str]]:
    """The settings that matter for that kind of model, but those that a row of their own describes."""
    return [
        (entry.label, f"{entry.format(value)} {entry.unit}".rstrip())
        for name, entry, value in settings_of(part)
        if name != "hidden" and (not entry.only_for or kind in entry.only_for)
    ]


def _hidden(checkpoint: "Checkpoint") -> tuple[int, ...]:
    from vae_desktop.models.architecture import hidden_layers

    return hidden_layers(checkpoint.config.model, checkpoint.image_shape)


def _advice(checkpoint: "Checkpoint") -> "list[Advice]":
    """What the settings could not do in this model's training, as far as its file tells."""
    from vae_desktop.training.advice import Known, advice

    span = checkpoint.snapshot.span
    epochs = None if span is None else span.last / span.per_epoch
    return advice(checkpoint.config, Known(image_shape=checkpoint.image_shape, epochs=epochs))


def _epochs_evaluated(checkpoint: "Checkpoint") -> int:
    return sum(evaluation.step > 0 for evaluation in checkpoint.history.evaluations)
