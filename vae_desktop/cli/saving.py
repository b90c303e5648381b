"""Saves what a command has made: where it was asked for, or elsewhere rather than not at all."""

import argparse
import contextlib
import itertools
import re
import stat
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from vae_desktop.config import RunConfig
from vae_desktop.errors import UserError
from vae_desktop.language import N_, tr
from vae_desktop.paths import autosave_dir, default_settings_dir
from vae_desktop.variants import titles

if TYPE_CHECKING:
    from vae_desktop.latent.codes import Picture
    from vae_desktop.training.checkpoint import Checkpoint
    from vae_desktop.training.loop import TrainingLoop
    from vae_desktop.training.timeline import Timeline

_CANNOT_WRITE = N_("Cannot write {path}: {reason}.")
_NO_FILE = N_("Cannot write {path}: it is not a file.")


def add_saving_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--compact`` and ``--json``, which each command that trains has."""
    help = tr("save a small file to pass on: half precision and no optimizer, so that going on begins with a fresh one")
    parser.add_argument("--compact", action="store_true", help=help)
    parser.add_argument("--json", action="store_true", help=tr("print one JSON object per epoch and a last one"))


def check_writable(path: Path) -> None:
    """Find out before hours of work whether its result can be saved.

    Raises
    ------
    UserError
        If a file could not be made at `path`.
    """
    try:
        with contextlib.suppress(FileNotFoundError):
            mode = path.stat().st_mode
            if not stat.S_ISREG(mode):  # a device, say, would be replaced by a file
                is_folder = stat.S_ISDIR(mode)
                text = tr("Cannot write {path}: it is a folder.") if is_folder else tr(_NO_FILE)
                raise UserError(text.format(path=path))
        if not path.parent.exists():
            text = tr("Cannot write {path}: there is no folder {folder}.")
            raise UserError(text.format(path=path, folder=path.parent))
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".part"):
            pass
    except OSError as error:
        raise UserError(tr(_CANNOT_WRITE).format(path=path, reason=error.strerror or error)) from error


def add_pictures_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--output`` of a command that draws pictures."""
    help = tr("where the pictures are saved: a PNG sheet, or a .npy with one array (N, H, W) or (N, H, W, 3) of bytes")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help=help)


def save_pictures(path: Path, pictures: "Picture") -> None:
    """Write pictures (N, H, W, C) as the file's name says; raises UserError if that cannot be done."""
    from vae_desktop.files import write_atomically
    from vae_desktop.latent.picture_files import file_of

    write_atomically(path, file_of(path, pictures))


@dataclass(frozen=True)
class Targets:
    """Where the models of a training are to be saved, and what each is called; a model alone has no name.

    Attributes
    ----------
    together : Path
        The file of all of them.
    paths : list of Path
        The file of each; of a model alone the same.
    names, keys : list of str
        As a person reads them, and as a program does.
    """

    together: Path
    paths: list[Path]
    names: list[str]
    keys: list[str]

    @classmethod
    def of(cls, configs: Sequence[RunConfig], output: Path) -> "Targets":
        """Those of models with these settings; raises UserError where one could not be written."""
        keys, names = ([""], [""]) if len(configs) == 1 else (titles(configs, N_), titles(configs))
        paths = [_with_name(output, key) for key in keys]
        for path in {*paths, output}:
            check_writable(path)
        return cls(output, paths, names, keys)


def _with_name(output: Path, name: str) -> Path:
    """Where a model is saved: one alone under the name given, one of several under it with its own."""
    short = re.sub(r"[^\w.]+", "-", name.replace("β=", "beta-")).strip("-").lower()
    return output.with_name(f"{output.stem}-{short}{output.suffix}") if name else output


@dataclass
class Saved:
    """What was written.

    Attributes
    ----------
    checkpoints : list of Checkpoint or None
        Of each model; None where there was nothing to save.
    paths : list of Path or None
        The file of each model.
    together : Path, or None
        The file of all of them as one.
    hitches : list of str
        What could not be written where it was to be, and where it lies instead.
    """

    checkpoints: "list[Checkpoint | None]"
    paths: list[Path | None] = field(default_factory=list)
    together: Path | None = None
    hitches: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """The files, that of all of them first."""
        return ", ".join(str(path) for path in (self.together, *self.paths) if path is not None) or tr("nothing")

    def write(
        self,
        target: Path,
        checkpoints: "Sequence[Checkpoint]",
        is_compact: bool,
        timelines: "Sequence[Timeline | None]" = (),
    ) -> Path | None:
        """Write a file, with frames of each model if some are given; return where it lies, None for nowhere."""
        from vae_desktop.training.checkpoint import save_checkpoints

        hitch = ""
        for place in (
            lambda: target,
            lambda: _unused(autosave_dir(default_settings_dir()), target),
            lambda: Path(tempfile.mkdtemp(prefix="vae-desktop-")) / target.name,
        ):
            try:
                path = place()
                save_checkpoints(path, checkpoints, is_compact, timelines=timelines)
            except (UserError, OSError) as error:
                hitch = hitch or _reason(error)
            else:
                text = tr("Cannot write {target}: {reason}. It is saved as {path} instead.")
                self.hitches += [text.format(target=target, reason=hitch, path=path)] if hitch else []
                return path
        text = tr("Cannot write {target}: {reason}. Nor can it be written anywhere else: it is lost.")
        self.hitches.append(text.format(target=target, reason=hitch))
        return None


def save_models(training: "TrainingLoop", targets: Targets, is_compact: bool, has_timelines: bool) -> Saved:
    """Write each model as it is, or as it last was before it failed, and several as one file too.

    Of several processes the leader does.
    """
    checkpoints = [training.checkpoint_of(model) for model in training.models]
    if not training.processes.leads:
        return Saved(checkpoints)
    if is_compact:
        checkpoints = [one and replace(one, snapshot=replace(one.snapshot, optimizer=None)) for one in checkpoints]
    timelines = [model.timeline if has_timelines else None for model in training.models]
    for timeline in timelines:
        if timeline is not None:
            timeline.finish()
    saved = Saved(checkpoints)
    for checkpoint, timeline, target in zip(checkpoints, timelines, targets.paths, strict=True):
        saved.paths.append(None if checkpoint is None else saved.write(target, [checkpoint], is_compact, [timeline]))
    there = [(one, timeline) for one, timeline in zip(checkpoints, timelines, strict=True) if one is not None]
    if len(there) > 1:
        saved.together = saved.write(targets.together, [one for one, _ in there], is_compact, [own for _, own in there])
    return saved


def _unused(folder: Path, target: Path) -> Path:
    """A path in a folder, which is made, with the target's name or one like it."""
    folder.mkdir(parents=True, exist_ok=True)
    names = itertools.chain([target.name], (f"{target.stem}-{number}{target.suffix}" for number in itertools.count(2)))
    return next(path for path in (folder / name for name in names) if not path.exists())


def _reason(error: Exception) -> str:
    cause = error if isinstance(error, OSError) else error.__cause__
    return (cause.strerror or str(cause)) if isinstance(cause, OSError) else str(error).rstrip(".")
