"""``train --continue``: saved models go on, one that was interrupted to its planned end as if it never had been."""

import argparse
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vae_desktop.cli.images import check_images, other_images
from vae_desktop.cli.options import given_settings, spelled
from vae_desktop.config import RunConfig
from vae_desktop.errors import InvalidSetting, UserError
from vae_desktop.language import tr
from vae_desktop.training.processes import ALONE, Processes

if TYPE_CHECKING:
    import torch

    from vae_desktop.data.dataset import Dataset
    from vae_desktop.data.fingerprint import Fingerprint
    from vae_desktop.training.checkpoint import Checkpoint
    from vae_desktop.training.loop import TrainingLoop
    from vae_desktop.training.recording import Recording
    from vae_desktop.training.run_folder.writer import RunFolder
    from vae_desktop.training.timeline import Timeline

_MAY_BE_GIVEN = ("epochs", "device")


def add_continue_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--continue``."""
    help = tr(
        "go on with the model or the compared models in this file, or in this folder that --run-dir has made, with "
        "their own settings and images: interrupted ones to their planned end, others for --epochs more; of one's own "
        "images that lie elsewhere now, --dataset says where"
    )
    parser.add_argument("--continue", dest="going_on", type=Path, metavar="FILE", help=help)


@dataclass(frozen=True)
class BegunBefore:
    """Models that go on, and how.

    Attributes
    ----------
    configs : list of RunConfig
        As the file has them, with a device or a folder of images that was asked for.
    folder : Path, or None
        The folder of a training that goes on, which is written on.
    is_resumed : bool
        Whether they go on for no other reason than that their training was cut off.
    """

    configs: list[RunConfig]
    _path: Path
    _checkpoints: "Sequence[Checkpoint]"
    _epochs: int | None
    folder: Path | None = None
    is_resumed: bool = False

    def __getstate__(self) -> dict[str, Any]:
        """What other processes are told of them: no frames, which lie in the file."""
        return {**vars(self), "_checkpoints": [replace(one, timeline=None) for one in self._checkpoints]}

    @property
    def learned(self) -> "Fingerprint | None":
        """Which of a person's own images they have learned."""
        from vae_desktop.data.fingerprint import Fingerprint

        return Fingerprint.joined([checkpoint.images for checkpoint in self._checkpoints])

    def notes_on(self, dataset: "Dataset") -> list[str]:
        """How they go on, and whether on other images, in words."""
        from vae_desktop.training.saved_timeline import newer_timeline_words

        first = self._checkpoints[0].snapshot
        if self.is_resumed:
            how = tr("The training in {folder} goes on after step {step:,}, where it was cut off.")
        elif any(checkpoint.snapshot.optimizer is None for checkpoint in self._checkpoints) and first.step:
            how = tr("{file} holds no state of the optimizer: it begins anew, and what follows is not exact.")
        elif not first.is_interrupted:
            how = tr("{file} was at the end of its training: another one begins there, with a cycle of its own.")
        else:
            how = ""
        others = [note for checkpoint in self._checkpoints for note in other_images(checkpoint, dataset)]
        has_newer = any(checkpoint.has_newer_timeline for checkpoint in self._checkpoints)
        newer = newer_timeline_words(self._path.name) if has_newer else ""
        faults = [checkpoint.words_fault for checkpoint in self._checkpoints]
        step = max(checkpoint.snapshot.step for checkpoint in self._checkpoints)
        how = how.format(file=self.folder or self._path.name, folder=self.folder, step=step)
        return list(dict.fromkeys(filter(None, [how, newer, *faults, *others])))

    @property
    def saved_timelines(self) -> "list[Timeline | None]":
        """The frames of each that lie in the file."""
        return [checkpoint.timeline for checkpoint in self._checkpoints]

    def timelines(self, folder: "RunFolder | None") -> "list[Timeline | None]":
        """The frames of each; those of a training that goes on lie in its folder."""
        if self.folder is None or folder is None:
            return self.saved_timelines
        from vae_desktop.training.frames import FrameLayout

        layouts = [FrameLayout.of(checkpoint.config.model, checkpoint.image_shape) for checkpoint in self._checkpoints]
        return folder.timelines(layouts, [checkpoint.history for checkpoint in self._checkpoints])

    def loop(
        self,
        dataset: "Dataset",
        device: "torch.device",
        timelines: "Sequence[Recording | None] | None" = None,
        processes: Processes = ALONE,
    ) -> "TrainingLoop":
        """The training that goes on, frames of which are kept in `timelines`, in all of the processes.

        Raises
        ------
        UserError
            If these are not the images that the models were trained on.
        """
        from vae_desktop.training.loop import TrainingLoop

        for checkpoint in self._checkpoints:
            check_images(self._path, checkpoint, dataset)
        starts = [(checkpoint.snapshot, checkpoint.history) for checkpoint in self._checkpoints]
        snapshots, histories = zip(*starts, strict=True)
        training = TrainingLoop(self.configs, dataset, device, snapshots, histories, timelines, processes)
        for model, checkpoint in zip(training.models, self._checkpoints, strict=True):
            model.diffusion = checkpoint.diffusion
            span = checkpoint.snapshot.span
            if self.is_resumed and span is not None and model.failure is None:
                model.trainer.span = span  # one that was at its end stays there
        planned = self.configs[0].training.epochs
        if self._epochs not in (None, planned):  # of an interrupted training; that of others is in the settings
            training.each(lambda model: model.adjust("epochs", float(self._epochs or planned)))
        return training


def begun_before(options: argparse.Namespace) -> BegunBefore | None:
    """The models that `--continue` names; None without it.

    Raises
    ------
    UserError
        If the file cannot be opened, or beside it stands what cannot be asked for.
    """
    if options.going_on is None:
        return None
    from vae_desktop.training.checkpoint import load_checkpoints

    folder = _folder(options)
    called = str(folder or options.going_on.name)
    checkpoints = load_checkpoints(options.going_on)
    configs = [checkpoint.config for checkpoint in checkpoints]
    _refuse_other_settings(options, configs[0])
    given = {name: getattr(options, name) for name in ("device", "name") if name in options}
    configs = [config.with_settings(**given) for config in configs]
    epochs = getattr(options, "epochs", None)
    are_interrupted = {checkpoint.snapshot.is_interrupted for checkpoint in checkpoints}
    if len(are_interrupted) > 1:
        text = tr(
            "Some models of {file} are at the end of their training, others were interrupted: go on with each alone."
        )
        raise UserError(text.format(file=called))
    if are_interrupted == {True}:
        _check_epochs(called, checkpoints, epochs)
    elif epochs is None:
        text = tr("{file} is at the end of its training: say with --epochs how long it is to go on.")
        raise InvalidSetting("epochs", text.format(file=called))
    else:
        configs, epochs = [config.with_settings(epochs=epochs) for config in configs], None
    return BegunBefore(configs, options.going_on, checkpoints, epochs, folder)


def _folder(options: argparse.Namespace) -> Path | None:
    """The training's folder that `--continue` names: its models go on, and it is written on; None of a file."""
    if not options.going_on.is_dir():
        return None
    from vae_desktop.training.run_folder.layout import MODELS, RUN

    folder: Path = options.going_on
    if options.run_dir not in (None, folder):
        raise InvalidSetting("run_dir", tr("{folder} goes on where it is: leave --run-dir out.").format(folder=folder))
    if not (folder / RUN).exists():
        raise UserError(tr("{folder} holds no training that can go on.").format(folder=folder))
    if not (folder / MODELS).exists():
        text = tr("The training in {folder} ended before it had kept its models: begin it anew in another folder.")
        raise UserError(text.format(folder=folder))
    options.going_on, options.run_dir, options.run_dir_goes_on = folder / MODELS, folder, True
    return folder


def interrupted(
    options: argparse.Namespace, configs: Sequence[RunConfig], processes: Processes, free: Collection[str]
) -> BegunBefore | None:
    """The models of a training that torchrun starts, if it has been cut off or stopped; its folder is always kept.

    Parameters
    ----------
    options : Namespace
        Gets the folder: that of `--run-dir` or of `--continue`, else one beside the output.
    configs : sequence of RunConfig
        Of the models; none with `--continue`.
    processes : Processes
        Whether they have been started anew, to go on with whatever lies there.
    free : collection of str
        Settings in which those that lie there may differ.

    Raises
    ------
    UserError
        If another training lies there that has been cut off.
    """
    from vae_desktop.training.checkpoint import load_checkpoints
    from vae_desktop.training.run_folder.layout import MODELS, RUN

    is_named = options.run_dir is not None
    if not is_named and options.going_on is not None and options.going_on.is_dir():
        options.run_dir = options.going_on
    elif not is_named:
        options.run_dir = (options.output or options.going_on).with_suffix(".run")
    folder: Path = options.run_dir
    if not (folder / RUN).exists() or (options.going_on is not None and not processes.is_restart):
        options.run_dir_goes_on = not is_named
        return None
    checkpoints = load_checkpoints(folder / MODELS) if (folder / MODELS).exists() else ()
    own, state = [checkpoint.config for checkpoint in checkpoints], _state_of(folder)
    is_same = not configs or _are_same(configs, own, free)
    if checkpoints and is_same and (processes.is_restart or state not in ("finished", "failed")):
        options.run_dir_goes_on = True
        device = configs[0].training.device if configs else own[0].training.device
        own = [config.with_settings(device=device) for config in own]
        return BegunBefore(own, folder / MODELS, checkpoints, None, folder, is_resumed=True)
    if checkpoints and (processes.is_restart or state == "training"):
        text = tr(
            "{folder} holds another training, which was cut off: go on with it by --continue {folder}, or delete it."
        )
        raise UserError(text.format(folder=folder))
    options.run_dir_goes_on = processes.is_restart or not is_named
    return None


def _state_of(folder: Path) -> str:
    """How the training in a folder stood when its status was last written."""
    from vae_desktop.training.run_folder.layout import STATUS

    try:
        return str(json.loads((folder / STATUS).read_bytes())["state"])
    except (OSError, ValueError, TypeError, KeyError):
        return "training"


def _are_same(configs: Sequence[RunConfig], others: Sequence[RunConfig], free: Collection[str]) -> bool:
    """Whether models have the settings of others, but for those in `free`."""
    if len(configs) != len(others):
        return False
    values = {name: getattr(others[0].training, name) for name in free}
    return [config.with_settings(**values) for config in configs] == [*others]


def _refuse_other_settings(options: argparse.Namespace, own: RunConfig) -> None:
    refused = [name for name in given_settings(options) if name not in _MAY_BE_GIVEN]
    if "name" in refused and own.dataset.is_custom and own.with_settings(name=options.name).dataset.is_custom:
        refused.remove("name")
    given = [spelled(name) for name in refused]
    given += [f"--{name}" for name in ("preset", "compare", "exclude") if getattr(options, name) is not None]
    if given:
        text = tr(
            "A model goes on with its own settings: {options} cannot be given beside --continue. "
            "The command fork takes others."
        )
        raise InvalidSetting("continue", text.format(options=", ".join(given)))


def _check_epochs(called: str, checkpoints: "Sequence[Checkpoint]", epochs: int | None) -> None:
    """Raise InvalidSetting if an interrupted training has come past so many epochs, counted from its start."""
    for checkpoint in checkpoints:
        step, span = checkpoint.snapshot.step, checkpoint.snapshot.span
        if epochs is None or span is None:
            continue
        done = (step - span.first) / span.per_epoch
        if epochs <= done:
            text = tr("Epochs: {file} has {done} epochs of its training behind it; ask for more than that.")
            raise InvalidSetting("epochs", text.format(file=called, done=f"{done:.1f}".removesuffix(".0")))
