"""``vae-desktop info``: what a saved model is, without its data set."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from vae_desktop.cli.opening import add_file_options, grounded_words, opened_at_its_end
from vae_desktop.cli.output import figure_rows, figures, print_json, print_table
from vae_desktop.config import DatasetConfig
from vae_desktop.files import size_in_words
from vae_desktop.language import N_, tr, tr_count
from vae_desktop.settings import settings_of

if TYPE_CHECKING:
    from vae_desktop.training.advice import Advice
    from vae_desktop.training.checkpoint import Checkpoint
    from vae_desktop.training.timeline import FrameInfo

HELP = N_("describe a saved model")
_SHOWN = 6  # of many steps, at either end


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_file_options(parser, has_step=False)
    parser.add_argument("--json", action="store_true", help=tr("print one JSON object"))


def run(options: argparse.Namespace) -> int:
    """Print a model's architecture, settings and last figures."""
    checkpoint = opened_at_its_end(options)
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
        "images": _images(checkpoint),
        "training": asdict(config.training),
        "steps": checkpoint.snapshot.step,
        "epochs_evaluated": _epochs_evaluated(checkpoint),
        **({} if last is None else figures(last)),
        "notes": [entry._asdict() for entry in _advice(checkpoint)],
        "can_continue_exactly": checkpoint.can_continue_exactly,
        "timeline": [
            {"step": frame.step, "bytes": frame.bytes, "is_exact": frame.is_exact} for frame in _frames(checkpoint)
        ],
        "forked_at": checkpoint.history.forked_at,
        "words": _words(checkpoint),
        "file_bytes": file_bytes,
        "format_version": checkpoint.format_version,
    }


def _rows(checkpoint: "Checkpoint", file_bytes: int) -> list[tuple[str, str]]:
    config, last = checkpoint.config, checkpoint.history.last_evaluation
    channels, height, width = checkpoint.image_shape
    layers = " ".join(map(str, _hidden(checkpoint))) or tr("none")
    images = tr_count("{height}×{width} pixels, {count} channel", "{height}×{width} pixels, {count} channels", channels)
    rows = [
        (tr("Title"), config.title),
        *_setting_rows(config.model, config.model.kind),
        (tr("Hidden layers"), tr("{layers}, mirrored by the decoder").format(layers=layers)),
        (tr("Images"), images.format(height=height, width=width, count=channels)),
        (tr("Parameters"), f"{checkpoint.parameters:,}"),
        (tr("Data set"), config.dataset.label),
        *_images_row(checkpoint),
        *_levels_rows(config.dataset),
        *_setting_rows(config.training, config.model.kind),
        (tr("Steps"), f"{checkpoint.snapshot.step:,}"),
        (tr("Epochs evaluated"), str(_epochs_evaluated(checkpoint))),
    ]
    if last is not None:
        rows += figure_rows(last, config, checkpoint.steps_per_epoch)
    continues = tr("exactly") if checkpoint.can_continue_exactly else tr("with a fresh optimizer")
    if checkpoint.snapshot.optimizer is not None and not checkpoint.can_continue_exactly:
        continues = tr("with a new cycle of the learning rate")
    file = tr("{size}, format {version}").format(size=size_in_words(file_bytes), version=checkpoint.format_version)
    return [
        *rows,
        *_fork_rows(checkpoint),
        (tr("Continues"), continues),
        *_timeline_rows(_frames(checkpoint)),
        *([(tr("Timeline"), tr("of a newer version"))] if checkpoint.has_newer_timeline else []),
        *_words_row(checkpoint),
        (tr("File"), file),
        *((tr("Note"), entry.text) for entry in _advice(checkpoint)),
    ]


def _levels_rows(dataset: DatasetConfig) -> list[tuple[str, str]]:
    """Which values of a person's own images are black and white, where that is not as usual."""
    if not dataset.is_custom or dataset.levels == DatasetConfig.levels:
        return []
    entries = {name: (entry, value) for name, entry, value in settings_of(dataset)}
    entry, chosen = entries["levels"]
    rows = [(tr(entry.label), next(tr(choice.label) for choice in entry.choices if choice.name == chosen))]
    if chosen == "bounds":
        rows += [(tr(entry.label), entry.format(value)) for entry, value in (entries["black"], entries["white"])]
    return rows


def _timeline_rows(frames: "Sequence[FrameInfo]") -> list[tuple[str, str]]:
    """Which steps of the training were kept."""
    if not frames:
        return []
    kept = tr_count("{count} frame, {size}", "{count} frames, {size}", len(frames))
    kept = kept.format(count=len(frames), size=size_in_words(sum(frame.bytes for frame in frames)))
    exact = [frame.step for frame in frames if frame.is_exact]
    return [
        (tr("Timeline"), kept),
        (tr("Kept steps"), _listed([frame.step for frame in frames])),
        *([(tr("Forks exactly from"), _listed(exact))] if exact else []),
    ]


def _words(checkpoint: "Checkpoint") -> dict[str, Any] | None:
    """What draws codes for words, as far as there is something of use."""
    diffusion = checkpoint.diffusion
    if diffusion is None:
        return None
    return {"step": diffusion.step, "is_old": checkpoint.has_old_words, "count": len(grounded_words(diffusion))}


def _words_row(checkpoint: "Checkpoint") -> list[tuple[str, str]]:
    words = _words(checkpoint)
    if words is None:
        return [(tr("Words"), tr("damaged, or of a newer version"))] if checkpoint.words_fault else []
    text = tr("{count:,}, fitted at step {step:,}") if words["count"] else tr("none; a diffusion of step {step:,}")
    text = tr("{words}: old, the model has trained on").format(words=text) if words["is_old"] else text
    return [(tr("Words"), text.format(**words))]


def _fork_rows(checkpoint: "Checkpoint") -> list[tuple[str, str]]:
    """Where a fork left the model that it comes from."""
    at = checkpoint.history.forked_at
    return [] if at is None else [(tr("Fork"), tr("from step {step}").format(step=f"{at:,}"))]


def _listed(steps: Sequence[int]) -> str:
    """Steps, of many the first and the last few."""
    shown = [str(step) for step in steps]
    return ", ".join(shown if len(shown) <= 2 * _SHOWN else [*shown[:_SHOWN], "…", *shown[-_SHOWN:]])


def _setting_rows(part: Any, kind: str) -> list[tuple[str, str]]:
    """The settings that matter for that kind of model, but those that a row of their own describes."""
    return [
        (tr(entry.label), f"{entry.format(value)} {tr(entry.unit)}".rstrip())
        for name, entry, value in settings_of(part)
        if name != "hidden" and (not entry.only_for or kind in entry.only_for)
    ]


def _hidden(checkpoint: "Checkpoint") -> tuple[int, ...]:
    from vae_desktop.models.architecture import hidden_layers

    return hidden_layers(checkpoint.config.model, checkpoint.image_shape)


def _images_row(checkpoint: "Checkpoint") -> list[tuple[str, str]]:
    images = _images(checkpoint)
    if images is None:
        return [(tr("Learned images"), tr("not in the file"))] if checkpoint.images is not None else []
    text = tr("{train:,}, tested on {test:,}; fingerprint {fingerprint}")
    return [(tr("Learned images"), text.format(**images))]


def _images(checkpoint: "Checkpoint") -> dict[str, Any] | None:
    """Which of a person's own images the model has learned, as far as the file says it."""
    images = checkpoint.images
    if images is None or images.is_unknown:
        return None
    return {"fingerprint": images.digest, "train": len(images.train), "test": len(images.test)}


def _advice(checkpoint: "Checkpoint") -> "list[Advice]":
    """What the settings could not do in this model's training, as far as its file tells."""
    from vae_desktop.training.advice import Known, advice

    span = checkpoint.snapshot.span
    epochs = None if span is None else span.last / span.per_epoch
    return advice(checkpoint.config, Known(image_shape=checkpoint.image_shape, epochs=epochs))


def _frames(checkpoint: "Checkpoint") -> "tuple[FrameInfo, ...]":
    return () if checkpoint.timeline is None else checkpoint.timeline.frames


def _epochs_evaluated(checkpoint: "Checkpoint") -> int:
    return sum(evaluation.step > 0 for evaluation in checkpoint.history.evaluations)
