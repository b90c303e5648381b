"""``vae-desktop fork``: a training that goes another way from one of the steps of an earlier one."""

import argparse
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vae_desktop.cli.continuing import interrupted
from vae_desktop.cli.follow import train_to_end
from vae_desktop.cli.images import check_shape, load_images, other_images
from vae_desktop.cli.opening import add_file_options, at_step, opened_at_its_end
from vae_desktop.cli.options import add_data_dir_option, add_setting_option, parse_changes
from vae_desktop.cli.output import say, silent
from vae_desktop.cli.recording import (
    add_folder_options,
    add_timeline_option,
    event_files,
    recorded,
    saves_frames,
)
from vae_desktop.cli.saving import Targets, add_saving_options
from vae_desktop.config import SETTINGS, RunConfig
from vae_desktop.errors import InvalidSetting
from vae_desktop.language import N_, tr

if TYPE_CHECKING:
    from vae_desktop.training.checkpoint import Checkpoint
    from vae_desktop.training.processes import Processes

HELP = N_("train on from an earlier step of a saved model")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_file_options(parser)
    parser.add_argument(
        "--set",
        dest="changes",
        nargs="+",
        default=[],
        metavar="NAME=VALUE",
        help=tr("what is changed from that step on, such as beta=4 or learning-rate=1e-4; all else stays as it was"),
    )
    default = tr("as planned then")
    epochs = replace(SETTINGS["epochs"], help=N_("When the training ends, counted from the first step of the model."))
    add_setting_option(parser, "--epochs", "epochs", epochs, None, default)
    add_setting_option(parser, "--device", "device", SETTINGS["device"], None, tr("as in training"))
    add_data_dir_option(parser)
    add_timeline_option(parser)
    add_folder_options(parser)
    parser.set_defaults(going_on=None)
    help = tr("where the model is saved; the file that it comes from is left as it is")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help=help)
    add_saving_options(parser)


def run(options: argparse.Namespace) -> int:
    """Train from the step to the end, and save; the status is as of `train`.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C, when what had been trained by then is saved.
    """
    changes = parse_changes(options.changes)
    from vae_desktop.engine.processor import prepare_threads
    from vae_desktop.training.joining import joined

    prepare_threads()
    processes = joined()
    with silent(not processes.leads):
        return _fork(options, changes, processes)


def _fork(options: argparse.Namespace, changes: dict[str, Any], processes: "Processes") -> int:
    """Train from the step on with changed settings."""
    given = {"epochs": options.epochs, "device": options.device}
    changes |= {name: value for name, value in given.items() if value is not None}
    epochs = changes.pop("epochs", None)
    from vae_desktop.training.fork import forked

    whole, checkpoint, config, targets = processes.leader_first(partial(_opened, options, changes))
    from vae_desktop.training.loop import TrainingLoop

    notes: list[str] = []
    log = event_files(options) if processes.leads else None
    device = processes.select_device(config.training.device, notes.append)
    dataset = load_images(config.dataset, options, processes, checkpoint.images)
    check_shape(options.file, checkpoint, dataset)
    notes += other_images(checkpoint, dataset)
    fork = forked(checkpoint, config, len(dataset.train), epochs, whole.snapshot.span)
    configs, free = [fork.config], {"device"}
    going = partial(interrupted, options, configs, processes, free)
    before = processes.led(going) if processes.has_agent else None
    earlier = (lambda folder: [fork.timeline]) if before is None else before.timelines
    with recorded(configs, dataset, options, processes, log, earlier) as (timelines, keep):
        if before is None:
            begins = configs, dataset, device, [fork.snapshot], [fork.history]
            training = TrainingLoop(*begins, timelines, processes)
            notes += fork.begins_anew
        else:
            training = before.loop(dataset, device, timelines, processes)
            notes += before.notes_on(dataset)
        say(options.program, *notes, mark=tr("note: "))
        keep(training)
        return train_to_end(training, targets, options, saves_frames(options, fork.timeline is not None))


def _opened(
    options: argparse.Namespace, changes: dict[str, Any]
) -> "tuple[Checkpoint, Checkpoint, RunConfig, Targets]":
    """The model at its end and at the step, the fork's settings, and where it is saved."""
    from vae_desktop.training.fork import changed_settings

    whole = opened_at_its_end(options)
    checkpoint = at_step(whole, options)
    config = changed_settings(checkpoint, changes)
    targets = Targets.of([config], options.output)
    if options.output.exists() and options.output.samefile(options.file):
        text = tr("{path} is the model that the fork comes from: give the fork a file of its own.")
        raise InvalidSetting("output", text.format(path=options.output))
    return whole, checkpoint, config, targets
