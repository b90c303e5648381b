"""``vae-desktop train``: trains a new model without the window and saves it."""

import argparse
import contextlib
import re
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from vae_desktop.cli.options import add_data_dir_option, add_run_options, run_config
from vae_desktop.cli.output import check_writable, figure_rows, figures, print_json, print_table
from vae_desktop.config import RunConfig
from vae_desktop.errors import InvalidSetting
from vae_desktop.variants import FEWEST, MOST, Variant, titles

if TYPE_CHECKING:
    from vae_desktop.data.dataset import Report
    from vae_desktop.training.run import EpochReport, Lockstep

HELP = "train a new model, or several together"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_run_options(parser)
    add_data_dir_option(parser)
    parser.add_argument(
        "--compare",
        nargs="+",
        metavar="MODEL",
        help="train two to four models in lockstep, on the same batches with the same noise, each a kind of model with "
        "what sets it apart, such as vae:beta=4,latent-dim=10 (settings: beta, latent-dim, likelihood, architecture)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="FILE",
        help="where the model is saved; with --compare all of them as one, and each in a file of its own beside it",
    )
    parser.add_argument(
        "--compact",
        action="store_true",
        help="save a small file to pass on: half precision and no optimizer, so that going on begins with a fresh one",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object per epoch and a last one")


def run(options: argparse.Namespace) -> int:
    """Train, save and print; the status is 1 if one of several models failed.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C, when what had been trained by then is saved.
    """
    config = run_config(options)
    variants = None if options.compare is None else [Variant.parse(text) for text in options.compare]
    if variants is not None and not FEWEST <= len(variants) <= MOST:
        raise InvalidSetting("compare", f"Between {FEWEST} and {MOST} models can be compared, not {len(variants)}.")
    configs = [config] if variants is None else [variant.applied_to(config) for variant in variants]
    targets = _targets(options.output, configs)
    for target in {*targets, options.output}:
        check_writable(target)
    from vae_desktop.engine.processor import prepare_threads

    prepare_threads()
    return _train(configs, targets, options)


def _targets(output: Path, configs: Sequence[RunConfig]) -> list[Path]:
    """Where each model is saved: one alone under the name given, several under it with theirs."""
    if len(configs) == 1:
        return [output]
    names = [
        re.sub(r"[^\w.]+", "-", title.replace("β=", "beta-")).strip("-").lower() for title in titles(configs)
    ]
    return [output.with_name(f"{output.stem}-{name}{output.suffix}") for name in names]


def _train(configs: Sequence[RunConfig], targets: Sequence[Path], options: argparse.Namespace) -> int:
    from vae_desktop.data.load import load_dataset
    from vae_desktop.training.collapse import collapse_warning
    from vae_desktop.training.devices import select_device
    from vae_desktop.training.run import Lockstep

    notes: list[str] = []
    device = select_device(configs[0].training.device, notes.append)
    dataset = load_dataset(configs[0].dataset, options.data_dir)
    if getattr(options, "training.batch_size") is None:  # a default is no wish
        batch_size = min(configs[0].training.batch_size, len(dataset.train))
        configs = [config.with_training(batch_size=batch_size) for config in configs]
    names = [""] if len(configs) == 1 else titles(configs)
    warnings = [
        f"{name}: {warning}" if name else warning
        for name, config in zip(names, configs, strict=True)
        if (warning := collapse_warning(config, dataset.spectrum))
    ]
    _say(options.program, dataset.report, [*notes, *warnings])
    training = Lockstep(configs, dataset, device)
    with _stopped_by_ctrl_c(training):
        with contextlib.suppress(BrokenPipeError):  # nobody reads any more: stop, but lose nothing
            _follow(training, names, options.json)
        saved = _save(training, targets, options)
    for name, entry in zip(names, training.runs, strict=True):
        if entry.failure is not None:
            print(f"{options.program}: {name}: {entry.failure}", file=sys.stderr)
    if not training.finished:
        print(f"{options.program}: stopped at step {training.step}; saved {saved}.", file=sys.stderr)
        raise KeyboardInterrupt
    if options.json:
        _print_json_summary(training, names, targets)
    elif len(configs) == 1:
        _print_summary(training, options.output)
    else:
        _print_comparison(training, names, saved)
    return 0 if len(training.going) == len(training.runs) else 1


def _save(training: "Lockstep", targets: Sequence[Path], options: argparse.Namespace) -> str:
    """Write each model that has not failed and, of several, all in one file; return what was written, in words."""
    from vae_desktop.training.checkpoint import save_checkpoints

    saved, written = [], []
    for entry, target in zip(training.runs, targets, strict=True):
        checkpoint = training.checkpoint_of(entry)
        if checkpoint is not None:
            if options.compact:
                checkpoint = replace(checkpoint, snapshot=replace(checkpoint.snapshot, optimizer=None))
            save_checkpoints(target, [checkpoint], half_precision=options.compact)
            saved.append(checkpoint)
            written.append(target)
    if len(saved) > 1:
        save_checkpoints(options.output, saved, half_precision=options.compact)
        written.insert(0, options.output)
    return ", ".join(map(str, written))


def _say(program: str, report: "Report | None", warnings: Sequence[str]) -> None:
    """What is worth knowing before the training, on stderr."""
    lines = [] if report is None else [report.read, *report.converted, *(f"skipped {line}" for line in report.skipped)]
    for line in [*lines, *warnings]:
        print(f"{program}: note: {line}", file=sys.stderr)


@contextlib.contextmanager
def _stopped_by_ctrl_c(training: "Lockstep") -> Iterator[None]:
    """Let Ctrl-C stop the training between two steps, where its state is whole; a second one interrupts."""

    def stop(number: int, frame: FrameType | None) -> None:
        training.stop()
        signal.signal(signal.SIGINT, previous)

    previous = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


def _follow(training: "Lockstep", names: Sequence[str], as_json: bool) -> None:
    """Train to the end, with a line for each model after each epoch and, on a terminal, a bar between the lines."""
    if as_json or not sys.stderr.isatty():
        for reports in training.epochs():
            for report in reports:
                name = names[training.runs.index(report.run)]
                if as_json:
                    _print_json_epoch(report, name)
                else:
                    print(_epoch_line(report, name), flush=True)
        return
    from tqdm import tqdm

    # tqdm's own measure hides the bar on terminals that do not tell their size.
    size = shutil.get_terminal_size()
    with tqdm(total=training.total_steps, unit="step", ncols=size.columns - 1, nrows=size.lines) as bar:
        for reports in training.epochs(on_step=bar.update):
            for report in reports:
                bar.write(_epoch_line(report, names[training.runs.index(report.run)]))


def _epoch_line(report: "EpochReport", name: str) -> str:
    test = report.evaluation
    line = f"epoch {report.epoch:4d}   " + (f"{name:16}" if name else "")
    line += f"training {report.loss:8.3f}   test {test.total:8.3f}"
    if test.kl is not None:
        line += f"   reconstruction {test.reconstruction:8.3f}   KL {test.kl:7.3f}"
    return f"{line}   {report.seconds:.1f} s"


def _print_json_epoch(report: "EpochReport", name: str) -> None:
    print_json(
        {
            **({"model": name} if name else {}),
            "epoch": report.epoch,
            "step": report.evaluation.step,
            "train_loss": report.loss,
            "train_reconstruction": report.reconstruction,
            "train_kl": report.kl,
            **figures(report.evaluation),
            "seconds": report.seconds,
        }
    )


def _print_json_summary(training: "Lockstep", names: Sequence[str], targets: Sequence[Path]) -> None:
    from vae_desktop.training.devices import name_of

    whole = {
        "seconds": training.seconds,
        "images_per_second": training.images_per_second,
        "device": name_of(training.device),
        "epochs": training.runs[0].config.training.epochs,
        "steps": training.step,
    }
    entries = [
        {**figures(run.evaluation), "parameters": run.parameters, "output": str(target)}
        if run.failure is None
        else {"failure": str(run.failure)}
        for run, target in zip(training.runs, targets, strict=True)
    ]
    if len(entries) == 1:
        print_json({**entries[0], **whole})
    else:
        named = [{"model": name, **entry} for name, entry in zip(names, entries, strict=True)]
        print_json({"models": named, **whole})


def _print_summary(training: "Lockstep", output: Path) -> None:
    run = training.runs[0]
    print_table(
        [
            *figure_rows(run.evaluation, run.config),
            ("Steps", _steps(training)),
            ("Parameters", f"{run.parameters:,}"),
            ("Saved", str(output)),
        ]
    )


def _steps(training: "Lockstep") -> str:
    from vae_desktop.training.devices import name_of

    speed = f"{training.images_per_second:,.0f} images/s on {name_of(training.device)}"
    return f"{training.step:,} in {training.seconds:.1f} s, {speed}"


def _print_comparison(training: "Lockstep", names: Sequence[str], saved: str) -> None:
    """A column for each model that has not failed, a row for each figure; the best of a row has a star."""
    from vae_desktop.latent.comparison import Compared, comparison_rows

    there = [(name, run) for name, run in zip(names, training.runs, strict=True) if run.failure is None]
    rows = comparison_rows([Compared(run.config, run.measured()) for _, run in there])
    cells = [[f"{cell.text}{' *' if cell.rank == 'best' else '  '}" for cell in row.cells] for row in rows]
    widths = [max(len(name) + 2, *(len(row[place]) for row in cells)) for place, (name, _) in enumerate(there)]
    labels = [f"{row.label} ({row.unit})" if row.unit else row.label for row in rows]
    width = max(map(len, labels))
    print(" " * width, *(f"{name + '  ':>{size}}" for (name, _), size in zip(there, widths, strict=True)))
    for label, row in zip(labels, cells, strict=True):
        print(f"{label:<{width}}", *(f"{text:>{size}}" for text, size in zip(row, widths, strict=True)))
    print()
    print("* the best of models whose figures share a unit. More figures: vae-desktop evaluate, or the window.")
    print_table([("Steps", _steps(training)), ("Saved", saved)])
