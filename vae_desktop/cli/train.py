"""``vae-desktop train``: trains a new model without the window and saves it."""

import argparse
import contextlib
import shutil
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from vae_desktop.cli.options import add_data_dir_option, add_run_options, run_config
from vae_desktop.cli.output import check_writable, figure_rows, figures, print_json, print_table
from vae_desktop.config import RunConfig
from vae_desktop.errors import UserError

if TYPE_CHECKING:
    from vae_desktop.data.dataset import Report
    from vae_desktop.training.run import EpochReport, TrainingRun

HELP = "train a new model and save it"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_run_options(parser)
    add_data_dir_option(parser)
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="where the model is saved")
    parser.add_argument(
        "--compact",
        action="store_true",
        help="save a small file to pass on: half precision, small pictures of the test images' reconstructions, "
        "and no optimizer, so that going on begins with a fresh one",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object per epoch and a last one")


def run(options: argparse.Namespace) -> int:
    """Train, save and print.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C, when what had been trained by then is saved.
    """
    config = run_config(options)
    check_writable(options.output)
    from vae_desktop.engine.processor import prepare_threads

    prepare_threads()
    import torch

    try:
        _train(config, options)
    except torch.OutOfMemoryError:
        raise UserError("The device is out of memory. Use smaller batches, or the CPU.") from None
    return 0


def _train(config: RunConfig, options: argparse.Namespace) -> None:
    from vae_desktop.data.load import load_dataset
    from vae_desktop.training.checkpoint import save_checkpoint
    from vae_desktop.training.collapse import collapse_warning
    from vae_desktop.training.devices import select_device
    from vae_desktop.training.run import TrainingRun

    device = select_device(config.training.device)
    dataset = load_dataset(config.dataset, options.data_dir)
    if getattr(options, "training.batch_size") is None:  # a default is no wish
        config = config.with_training(batch_size=min(config.training.batch_size, len(dataset.train)))
    _say(options.program, dataset.report, collapse_warning(config, dataset.spectrum))
    training = TrainingRun(config, dataset, device)
    with _stopped_by_ctrl_c(training):
        with contextlib.suppress(BrokenPipeError):  # nobody reads any more: stop, but lose nothing
            _follow(training, options.json)
        checkpoint = training.checkpoint()
        if options.compact:
            checkpoint = replace(checkpoint, snapshot=replace(checkpoint.snapshot, optimizer=None))
        save_checkpoint(options.output, checkpoint, half_precision=options.compact)
    if not training.finished:
        print(f"{options.program}: stopped at step {training.step}; saved {options.output}.", file=sys.stderr)
        raise KeyboardInterrupt
    (_print_json_summary if options.json else _print_summary)(training, options.output)


def _say(program: str, report: "Report | None", warning: str) -> None:
    """What is worth knowing before the training, on stderr."""
    lines = [] if report is None else [report.read, *report.converted, *(f"skipped {line}" for line in report.skipped)]
    for line in [*lines, *([warning] if warning else [])]:
        print(f"{program}: note: {line}", file=sys.stderr)


@contextlib.contextmanager
def _stopped_by_ctrl_c(training: "TrainingRun") -> Iterator[None]:
    """Let Ctrl-C stop the training between two steps, where its state is whole; a second one interrupts."""

    def stop(number: int, frame: FrameType | None) -> None:
        training.stop()
        signal.signal(signal.SIGINT, previous)

    previous = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


def _follow(training: "TrainingRun", as_json: bool) -> None:
    """Train to the end, with a line after each epoch and, on a terminal, a bar between the lines."""
    if as_json or not sys.stderr.isatty():
        for report in training.epochs():
            if as_json:
                _print_json_epoch(report)
            else:
                print(_epoch_line(report), flush=True)
        return
    from tqdm import tqdm

    # tqdm's own measure hides the bar on terminals that do not tell their size.
    size = shutil.get_terminal_size()
    with tqdm(total=training.total_steps, unit="step", ncols=size.columns - 1, nrows=size.lines) as bar:
        for report in training.epochs(on_step=bar.update):
            bar.write(_epoch_line(report))


def _epoch_line(report: "EpochReport") -> str:
    test = report.evaluation
    line = f"epoch {report.epoch:4d}   training {report.loss:8.3f}   test {test.total:8.3f}"
    if test.kl is not None:
        line += f"   reconstruction {test.reconstruction:8.3f}   KL {test.kl:7.3f}"
    return f"{line}   {report.seconds:.1f} s"


def _print_json_epoch(report: "EpochReport") -> None:
    print_json(
        {
            "epoch": report.epoch,
            "step": report.evaluation.step,
            "train_loss": report.loss,
            "train_reconstruction": report.reconstruction,
            "train_kl": report.kl,
            **figures(report.evaluation),
            "seconds": report.seconds,
        }
    )


def _print_json_summary(training: "TrainingRun", output: Path) -> None:
    print_json(
        {
            **figures(training.evaluation),
            "seconds": training.seconds,
            "images_per_second": training.images_per_second,
            "device": training.device.type,
            "parameters": training.parameters,
            "epochs": training.config.training.epochs,
            "steps": training.step,
            "output": str(output),
        }
    )


def _print_summary(training: "TrainingRun", output: Path) -> None:
    speed = f"{training.images_per_second:,.0f} images/s on {training.device.type}"
    print_table(
        [
            *figure_rows(training.evaluation, training.config),
            ("Steps", f"{training.step:,} in {training.seconds:.1f} s, {speed}"),
            ("Parameters", f"{training.parameters:,}"),
            ("Saved", str(output)),
        ]
    )
