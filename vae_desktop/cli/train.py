"""``vae-desktop train``: trains a new model without the window and saves it."""

import argparse
import contextlib
import re
import signal
import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from vae_desktop.cli.options import add_data_dir_option, add_run_options, given_settings, run_config
from vae_desktop.cli.output import (
    columns_of,
    error_words,
    figures,
    print_comparison,
    print_json,
    print_json_summary,
    print_summary,
    progress_bar,
    say,
)
from vae_desktop.cli.saving import Saved, check_writable, save_models
from vae_desktop.config import RunConfig
from vae_desktop.errors import UserError
from vae_desktop.language import N_, tr
from vae_desktop.training.failures import is_of_device
from vae_desktop.variants import FEWEST, Variant, check_comparison, titles

if TYPE_CHECKING:
    from vae_desktop.data.dataset import Dataset, Report
    from vae_desktop.training.checkpoint import Checkpoint
    from vae_desktop.training.loop import TrainingLoop
    from vae_desktop.training.trained_model import EpochReport, TrainedModel

HELP = N_("train a new model, or several together")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_run_options(parser)
    add_data_dir_option(parser)
    parser.add_argument(
        "--compare",
        nargs="+",
        metavar="MODEL",
        help=tr(
            "train two to four models together, on the same batches with the same noise, each a kind of model with "
            "what sets it apart, such as vae:beta=4,latent-dim=10 (settings: beta, latent-dim, likelihood, "
            "architecture)"
        ),
    )
    parser.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="FILE",
        help=tr("where the model is saved; with --compare all of them as one, and each in a file of its own beside it"),
    )
    parser.add_argument(
        "--compact",
        action="store_true",
        help=tr(
            "save a small file to pass on: half precision and no optimizer, so that going on begins with a fresh one"
        ),
    )
    parser.add_argument("--json", action="store_true", help=tr("print one JSON object per epoch and a last one"))


def run(options: argparse.Namespace) -> int:
    """Train, save and print; the status is 1 if one of several models failed.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C, when what had been trained by then is saved.
    """
    config, given = run_config(options), [frozenset[str]()]
    configs = [config]
    if options.compare is not None:
        variants = [Variant.parse(text) for text in options.compare]
        configs, given = [variant.applied_to(config) for variant in variants], [variant.given for variant in variants]
        check_comparison(configs, FEWEST)
    keys, names = ([""], [""]) if len(configs) == 1 else (titles(configs, N_), titles(configs))
    targets = [_target(options.output, key) for key in keys]
    for target in {*targets, options.output}:
        check_writable(target)
    from vae_desktop.engine.processor import prepare_threads

    prepare_threads()
    from vae_desktop.data.load import load_dataset
    from vae_desktop.training.devices import select_device
    from vae_desktop.training.loop import TrainingLoop

    notes: list[str] = []
    device = select_device(config.training.device, notes.append)
    dataset = load_dataset(config.dataset, options.data_dir)
    if "batch_size" not in options:  # a default is no wish
        batch_size = min(config.training.batch_size, len(dataset.train))
        configs = [config.with_settings(batch_size=batch_size) for config in configs]
    say(options.program, *_read(dataset.report), *notes, mark=tr("note: "))
    training = TrainingLoop(configs, dataset, device)
    say(options.program, *_advice(configs, names, given, options, dataset), mark=tr("note: "))
    trouble: Exception | None = None
    with _stopped_by_ctrl_c(training):
        try:
            _follow(training, keys if options.json else names, options.json)
        except BrokenPipeError:  # nobody reads any more: stop, but lose nothing
            pass
        except Exception as error:  # noqa: BLE001 - whatever it is, first nothing may be lost
            trouble = error if training.going else None  # else each model holds its own
        saved = save_models(training, targets, options.output, options.compact)
    return _tell_end(training, keys if options.json else names, saved, trouble, options)


def _target(output: Path, name: str) -> Path:
    """Where a model is saved: one alone under the name given, one of several under it with its own."""
    short = re.sub(r"[^\w.]+", "-", name.replace("β=", "beta-")).strip("-").lower()
    return output.with_name(f"{output.stem}-{short}{output.suffix}") if name else output


def _tell_end(
    training: "TrainingLoop", names: Sequence[str], saved: Saved, trouble: Exception | None, options: argparse.Namespace
) -> int:
    """Say how it ended and where the models lie; return the status, or raise what ended a single one."""
    models = zip(names, training.models, saved.checkpoints, saved.paths, strict=True)
    failed = [_failure(*model) for model in models]
    failure = training.models[0].failure
    if len(failed) == 1 and failure is not None:
        if options.debug:
            print(failure.details, file=sys.stderr)
        raise UserError(" ".join([*failed, *saved.hitches])) from failure.error
    hitches = [line for line in (*failed, *saved.hitches) if line]
    say(options.program, *hitches)
    if trouble is not None:
        words = error_words(trouble)
        if isinstance(trouble, OSError):  # stdout leads to a disk that is full, say
            words = tr("Cannot write what is printed: {reason}.").format(reason=trouble.strerror or trouble)
        text = tr("{words} Stopped at step {step}; saved {files}.")
        raise UserError(text.format(words=words, step=training.steps, files=saved)) from trouble
    if not training.finished:
        say(options.program, tr("stopped at step {step}; saved {files}.").format(step=training.steps, files=saved))
        raise KeyboardInterrupt
    if options.json:
        print_json_summary(training, names, saved)
    elif len(names) == 1:
        print_summary(training, saved)
    elif training.going:
        print_comparison(training, names, saved)
    return 1 if hitches else 0


def _failure(name: str, model: "TrainedModel", checkpoint: "Checkpoint | None", path: Path | None) -> str:
    """Why a model could not go on, and what is left of it; "" for one that has not failed."""
    if model.failure is None:
        return ""
    what = model.failure.message if is_of_device(model.failure.error) else error_words(model.failure.error)
    if checkpoint is None:
        left = tr("Nothing is saved: no epoch was over.")
    else:
        epochs = f"{checkpoint.snapshot.step / checkpoint.steps_per_epoch:.1f}".removesuffix(".0")
        left = tr("The model as it was after epoch {epoch} is saved: {path}.") if path else ""
        left = left.format(epoch=epochs, path=path)
    return f"{name}: {what} {left}" if name else f"{what} {left}"


def _read(report: "Report | None") -> list[str]:
    """What became of a person's own images."""
    if report is None:
        return []
    return [report.read, *report.converted, *(tr("skipped {line}").format(line=line) for line in report.skipped)]


def _advice(
    configs: Sequence[RunConfig],
    names: Sequence[str],
    given: Sequence[Collection[str]],
    options: argparse.Namespace,
    dataset: "Dataset",
) -> list[str]:
    """What the settings cannot do; what holds for some of several models only begins with their names."""
    from vae_desktop.training.advice import Known, advice, same_models

    assert dataset.spectrum  # measured now, and known from here on
    known, kinds = Known.of(dataset), {config.model.kind for config in configs}
    # Of what was asked for all of several models, one may make use while another has none.
    shared = {name for name, entry in given_settings(options).items() if kinds.isdisjoint(entry.only_for)}
    models: dict[str, list[str]] = {}
    for config, name, own in zip(configs, names, given, strict=True):
        for entry in advice(config, known, shared.union(own)):
            models.setdefault(entry.text, []).append(name)
    lines = [text if len(of) == len(names) else f"{', '.join(of)}: {text}" for text, of in models.items()]
    same = same_models(configs)
    return [*lines, same] if same else lines


@contextlib.contextmanager
def _stopped_by_ctrl_c(training: "TrainingLoop") -> Iterator[None]:
    """Let Ctrl-C stop the training between two steps, where its state is whole; a second one interrupts."""

    def stop(number: int, frame: FrameType | None) -> None:
        training.stop()
        signal.signal(signal.SIGINT, previous)

    previous = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


def _follow(training: "TrainingLoop", names: Sequence[str], as_json: bool) -> None:
    """Train to the end, with a line for each model after each epoch and, on a terminal, a bar between the lines."""
    with progress_bar(is_hidden=as_json, total=training.total_steps, unit=tr("step")) as bar:
        for reports in training.epochs(on_step=bar.update):
            for report in reports:
                name = names[training.models.index(report.model)]
                with bar.external_write_mode():
                    if as_json:
                        _print_json_epoch(report, name)
                    else:
                        print(_epoch_line(report, name), flush=True)


def _epoch_line(report: "EpochReport", name: str) -> str:
    test = report.evaluation
    figures = [tr("training {loss:8.3f}   test {test:8.3f}").format(loss=report.loss, test=test.total)]
    if test.kl is not None:
        text = tr("reconstruction {reconstruction:8.3f}   KL {kl:7.3f}")
        figures.append(text.format(reconstruction=test.reconstruction, kl=test.kl))
    if report.kl_weight != report.model.config.kl_weight:  # that of `training`; `test` is weighed by all of it
        figures.append(f"β {report.kl_weight:7.3g}")
    own = name + " " * (16 - columns_of(name)) if name else ""
    line = tr("epoch {epoch:4d}   {figures}   {seconds:.1f} s")
    return line.format(epoch=report.epoch, figures=own + "   ".join(figures), seconds=report.seconds)


def _print_json_epoch(report: "EpochReport", name: str) -> None:
    print_json(
        {
            **({"model": name} if name else {}),
            "epoch": report.epoch,
            "step": report.evaluation.step,
            "train_loss": report.loss,
            "train_reconstruction": report.reconstruction,
            "train_kl": report.kl,
            "train_kl_weight": None if report.kl is None else report.kl_weight,
            **figures(report.evaluation),
            "seconds": report.seconds,
        }
    )
