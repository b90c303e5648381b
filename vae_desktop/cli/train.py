"""``vae-desktop train``: trains new models without the window, or goes on with saved ones, and saves them."""

import argparse
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from vae_desktop.cli.continuing import BegunBefore, add_continue_option, begun_before, interrupted
from vae_desktop.cli.follow import train_to_end
from vae_desktop.cli.images import load_images
from vae_desktop.cli.options import (
    add_data_dir_option,
    add_exclude_option,
    add_run_options,
    excluding,
    given_settings,
    run_config,
)
from vae_desktop.cli.output import say, silent
from vae_desktop.cli.recording import (
    add_folder_options,
    add_timeline_option,
    event_files,
    recorded,
    saves_frames,
)
from vae_desktop.cli.saving import Targets, add_saving_options
from vae_desktop.config import RunConfig
from vae_desktop.errors import InvalidSetting
from vae_desktop.language import N_, tr
from vae_desktop.variants import FEWEST, Variant, check_comparison

if TYPE_CHECKING:
    from vae_desktop.data.dataset import Dataset, Report
    from vae_desktop.training.processes import Processes

HELP = N_("train new models, or go on with saved ones")


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
    add_exclude_option(parser)
    add_continue_option(parser)
    add_timeline_option(parser)
    add_folder_options(parser)
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help=tr(
            "where the model is saved; with --compare all of them as one, and each in a file of its own beside it; "
            "with --continue it may be left out, and is the file that is continued"
        ),
    )
    add_saving_options(parser)


def run(options: argparse.Namespace) -> int:
    """Train, save and print; the status is 1 if one of several models failed.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C, when what had been trained by then is saved.
    """
    if options.going_on is not None:
        new = None
    elif options.output is None:
        raise InvalidSetting("output", tr("the following arguments are required: %s") % "--output")
    else:
        new = _new(options)
    from vae_desktop.engine.processor import prepare_threads
    from vae_desktop.training.joining import joined

    prepare_threads()
    processes = joined()
    with silent(not processes.leads):
        return _train(options, processes, new)


def _train(
    options: argparse.Namespace, processes: "Processes", new: tuple[list[RunConfig], list[frozenset[str]]] | None
) -> int:
    """Train the new models, whose settings and names are given, or those that go on."""
    configs, given = new or ([], [])
    before, targets = processes.led(partial(_begun, options, configs, processes))
    configs = configs if before is None else before.configs
    from vae_desktop.training.loop import TrainingLoop

    notes: list[str] = []
    log = event_files(options) if processes.leads else None
    device = processes.select_device(configs[0].training.device, notes.append)
    learned = None if before is None else before.learned
    dataset = load_images(configs[0].dataset, options, processes, learned)
    say(options.program, *_read(dataset.report), *notes, mark=tr("note: "))
    earlier = (lambda folder: None) if before is None else before.timelines
    with recorded(configs, dataset, options, processes, log, earlier) as (timelines, keep):
        if before is not None:
            training, notes = before.loop(dataset, device, timelines, processes), before.notes_on(dataset)
        else:
            if "batch_size" not in options:  # a default is no wish
                batch_size = min(configs[0].training.batch_size, len(dataset.train))
                configs = [config.with_settings(batch_size=batch_size) for config in configs]
            training = TrainingLoop(configs, dataset, device, timelines=timelines, processes=processes)
            notes = _advice(configs, targets.names, given, options, dataset) if processes.leads else []
        say(options.program, *notes, mark=tr("note: "))
        keep(training)
        has_saved = any(before.saved_timelines if before else ())
        return train_to_end(training, targets, options, saves_frames(options, has_saved))


def _begun(
    options: argparse.Namespace, configs: Sequence[RunConfig], processes: "Processes"
) -> tuple[BegunBefore | None, Targets]:
    """The models that go on, if there are some, and where all are saved."""
    free = {"device"} if "batch_size" in options else {"device", "batch_size"}
    before = interrupted(options, configs, processes, free) if processes.has_agent else None
    before = before or begun_before(options)
    configs = configs if before is None else before.configs
    return before, Targets.of(configs, options.output or options.going_on)


def _new(options: argparse.Namespace) -> tuple[list[RunConfig], list[frozenset[str]]]:
    """The settings of the new models, and the names of those that set each one apart."""
    config = run_config(options)
    config = replace(config, dataset=excluding(config.dataset, options))
    if options.compare is None:
        return [config], [frozenset()]
    variants = [Variant.parse(text) for text in options.compare]
    configs = [variant.applied_to(config) for variant in variants]
    check_comparison(configs, FEWEST)
    return configs, [variant.given for variant in variants]


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
