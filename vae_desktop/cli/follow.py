"""Trains to the end and tells of it: a line for each epoch, what became of each model, and where it lies."""

import argparse
import contextlib
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

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
from vae_desktop.cli.saving import Saved, Targets, save_models
from vae_desktop.errors import UserError
from vae_desktop.language import tr
from vae_desktop.training.failures import is_of_device, is_of_peers

if TYPE_CHECKING:
    from vae_desktop.training.checkpoint import Checkpoint
    from vae_desktop.training.loop import TrainingLoop
    from vae_desktop.training.reports import EpochReport
    from vae_desktop.training.trained_model import TrainedModel


def train_to_end(
    training: "TrainingLoop", targets: Targets, options: argparse.Namespace, has_timelines: bool = True
) -> int:
    """Train, print and save; return the exit status, which is 1 if one of several models failed.

    Parameters
    ----------
    has_timelines : bool
        Whether the timelines, if there are any, are saved with the models.

    Raises
    ------
    UserError
        If the only model failed, or nothing could be printed; what had been trained by then is saved.
    KeyboardInterrupt
        After Ctrl-C; the same holds.
    """
    names = targets.keys if options.json else targets.names
    trouble: Exception | None = None
    with _stopped_by_signals(training):
        try:
            _follow(training, names, options.json)
        except BrokenPipeError:  # nobody reads any more: stop, but lose nothing
            pass
        except Exception as error:  # noqa: BLE001 - whatever it is, first nothing may be lost
            trouble = error if training.going else None  # else each model holds its own
        saved = save_models(training, targets, options.compact, has_timelines)
    if not training.processes.leads:
        return _silent_end(training)
    return _tell_end(training, names, saved, trouble, options)


@contextlib.contextmanager
def _stopped_by_signals(training: "TrainingLoop") -> Iterator[None]:
    """Let Ctrl-C stop the training between two steps, where its state is whole; a second one interrupts.

    torchrun passes on whatever is to end it, Ctrl-C for a second time, and gives its processes half a minute: they stop
    and save.
    """
    has_agent = training.processes.has_agent
    names = ("SIGINT", "SIGTERM", "SIGHUP") if has_agent else ("SIGINT",)

    def stop(number: int, frame: FrameType | None) -> None:
        training.stop()
        if not has_agent:
            restore()

    def restore() -> None:
        for number, handler in previous.items():
            signal.signal(number, handler)

    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    previous = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        restore()


def _follow(training: "TrainingLoop", names: Sequence[str], as_json: bool) -> None:
    """Train to the end, with a line for each model after each epoch and, on a terminal, a bar between the lines."""
    trouble: OSError | None = None
    with progress_bar(is_hidden=as_json, total=training.total_steps, initial=training.steps, unit=tr("step")) as bar:
        for reports in training.epochs(on_step=bar.update):
            try:
                for report in reports:
                    name = names[training.models.index(report.model)]
                    with bar.external_write_mode():
                        if as_json:
                            _print_json_epoch(report, name)
                        else:
                            print(_epoch_line(report, name), flush=True)
            except OSError as error:
                training.stop()  # the other processes too, which do not print
                trouble = trouble or error
    if trouble is not None:
        raise trouble


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


def _silent_end(training: "TrainingLoop") -> int:
    """The status of a process that does not lead; what failed in it alone is raised."""
    errors = [model.failure.error for model in training.models if model.failure is not None]
    own = [error for error in errors if not isinstance(error, UserError)]
    if own:
        raise own[0]
    return 1 if errors else 0


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
        if training.processes.has_agent:
            return 0  # it was asked for: no failure, after which torchrun would begin again
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
    error = model.failure.error
    what = model.failure.message if is_of_device(error) or is_of_peers(error) else error_words(error)
    if checkpoint is None:
        left = tr("Nothing is saved: no epoch was over.")
    else:
        epochs = f"{checkpoint.snapshot.step / checkpoint.steps_per_epoch:.1f}".removesuffix(".0")
        left = tr("The model as it was after epoch {epoch} is saved: {path}.") if path else ""
        left = left.format(epoch=epochs, path=path)
    return f"{name}: {what} {left}" if name else f"{what} {left}"
