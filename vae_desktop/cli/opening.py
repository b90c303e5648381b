"""Opens the model that a command is asked for: one of a file, as it is or as it was at a step of its training."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from vae_desktop.cli.images import check_shape
from vae_desktop.cli.options import add_setting_option
from vae_desktop.cli.output import say
from vae_desktop.errors import InvalidSetting, UserError
from vae_desktop.language import N_, tr
from vae_desktop.settings import Setting
from vae_desktop.variants import MOST, titles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vae_desktop.data.dataset import Dataset
    from vae_desktop.latent.codes import Codes
    from vae_desktop.training.checkpoint import Checkpoint
    from vae_desktop.words.latent_diffusion import LatentDiffusion

_STEP = Setting(
    N_("Step"),
    N_("After how many training steps the model is shown: those are there that the timeline in its file has kept."),
    minimum=0,
    maximum=2**53,
)
_WHICH = Setting(N_("Which"), N_("Of several models in the file, which one; 1 is the first."), minimum=1, maximum=MOST)


def add_file_options(parser: argparse.ArgumentParser, has_step: bool = True) -> None:
    """Add FILE and ``--which``, and ``--step`` where a command shows one moment of a training."""
    parser.add_argument("file", type=Path, metavar="FILE", help=tr("the model"))
    if has_step:
        add_setting_option(parser, "--step", "step", _STEP, None, tr("the last"))
    add_setting_option(parser, "--which", "which", _WHICH, None, tr("the only one"))


def opened(options: argparse.Namespace) -> "Checkpoint":
    """The model that the options of `add_file_options` name.

    Raises
    ------
    UserError
        If the file cannot be opened, or the step was not kept; then the nearest is named.
    """
    return at_step(opened_at_its_end(options), options)


def at_step(checkpoint: "Checkpoint", options: argparse.Namespace) -> "Checkpoint":
    """A model of FILE as it was at ``--step``; raises UserError if that was not kept."""
    if options.step in (None, checkpoint.snapshot.step):
        return checkpoint
    check_has_timeline(checkpoint, options.file)
    return checkpoint.at(options.step)


def opened_at_its_end(options: argparse.Namespace, needs_words: bool = False) -> "Checkpoint":
    """The model that FILE and ``--which`` name, whatever step is asked for; raises UserError if there is none.

    That it opens without its words, where these are damaged, is said on stderr, unless it `needs_words`.
    """
    from vae_desktop.training.checkpoint import load_checkpoints

    checkpoints = load_checkpoints(options.file)
    checkpoint = checkpoints[number_of(options, checkpoints)]
    if checkpoint.words_fault and not needs_words:
        say(options.program, checkpoint.words_fault, mark=tr("note: "))
    return checkpoint


def number_of(options: argparse.Namespace, checkpoints: "Sequence[Checkpoint]") -> int:
    """Which of the models in FILE ``--which`` names, counted from 0; raises InvalidSetting if there is no such one."""
    if options.which is None and len(checkpoints) == 1:
        return 0
    if options.which is None or options.which > len(checkpoints):
        raise InvalidSetting("which", _which_there_are(options.file, checkpoints))
    return int(options.which) - 1


def check_has_timeline(checkpoint: "Checkpoint", path: Path) -> None:
    """Raise UserError if no step of the training of a model was kept in its file."""
    if checkpoint.has_newer_timeline:
        from vae_desktop.training.saved_timeline import newer_timeline_words

        raise UserError(newer_timeline_words(path.name))
    if checkpoint.timeline is None or not checkpoint.timeline.frames:
        text = tr("{file} has no timeline: of its training only step {step:,} is there, its end.")
        raise UserError(text.format(file=path.name, step=checkpoint.snapshot.step))


def diffusion_of(checkpoint: "Checkpoint", options: argparse.Namespace) -> "LatentDiffusion":
    """What draws codes for words in the model that was opened; where it is old, that is said on stderr.

    Raises
    ------
    UserError
        If the file has none for this step, or what it has cannot be used.
    """
    name, diffusion = options.file.name, checkpoint.diffusion
    if checkpoint.words_fault:
        raise UserError(checkpoint.words_fault)
    if diffusion is None:
        text = tr("{file} has no words for step {step:,}: vae-desktop words {file} --fit fits those of its end.")
        raise UserError(text.format(file=name, step=checkpoint.snapshot.step))
    if checkpoint.has_old_words:
        say(options.program, old_words(checkpoint, name), mark=tr("note: "))
    return diffusion


def grounded_words(diffusion: "LatentDiffusion") -> dict[str, int]:
    """The words that say something of a picture, and how often each was in the captions."""
    return {word: count for word, (count, says, *_) in diffusion.described["words"].items() if says}


def old_words(checkpoint: "Checkpoint", name: str) -> str:
    """That a model has trained on since words were fitted to it."""
    text = tr(
        "the words in {file} are old: they were fitted at step {step:,}, and the model is at step {now:,}. "
        "vae-desktop words {file} --fit fits them anew."
    )
    step = 0 if checkpoint.diffusion is None else checkpoint.diffusion.step
    return text.format(file=name, step=step, now=checkpoint.snapshot.step)


def embedded(path: Path, checkpoint: "Checkpoint", dataset: "Dataset") -> "Codes":
    """The codes of the test images that a model without them has.

    Raises
    ------
    UserError
        If the images have another shape than it takes.
    """
    check_shape(path, checkpoint, dataset)
    from vae_desktop.latent.embed import codes_of

    config, weights = checkpoint.config.model, checkpoint.snapshot.weights
    return codes_of(config, checkpoint.image_shape, weights, dataset.test.images, dataset.test.labels)


def _which_there_are(path: Path, checkpoints: "Sequence[Checkpoint]") -> str:
    if len(checkpoints) == 1:
        return tr("{file} holds one model.").format(file=path.name)
    names = enumerate(titles([checkpoint.config for checkpoint in checkpoints]), 1)
    listed = ", ".join(f"{number} {name}" for number, name in names)
    text = tr("{file} holds several models: {listed}. Say with --which N which one is meant.")
    return text.format(file=path.name, listed=listed)
