"""``vae-desktop words``: the words of a saved model, fitting them to it, and how well they are followed."""

import argparse
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vae_desktop.cli.images import check_shape, other_images
from vae_desktop.cli.opening import add_file_options, diffusion_of, grounded_words, number_of
from vae_desktop.cli.options import add_data_dir_option, add_guidance_option, add_setting_option
from vae_desktop.cli.output import print_json, print_table, say, shown_progress
from vae_desktop.cli.saving import check_writable
from vae_desktop.config import SETTINGS
from vae_desktop.errors import InvalidSetting, UserError
from vae_desktop.language import N_, tr

if TYPE_CHECKING:
    from vae_desktop.data.dataset import Dataset
    from vae_desktop.training.checkpoint import Checkpoint
    from vae_desktop.words.judgement import Judgement
    from vae_desktop.words.latent_diffusion import LatentDiffusion

HELP = N_("tell, fit or judge the words of a saved model")
_SHOWN, _CLASSES = 60, 10  # words, and classes, the least followed ones
_SEED = replace(SETTINGS["seed"], help=N_("The same seed gives the same words."))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_file_options(parser, has_step=False)
    help = tr(
        "fit a diffusion to the model's codes of the training images and to captions of what is known of these, and "
        "keep it in the file; without this, the words that are there are told"
    )
    parser.add_argument("--fit", action="store_true", help=help)
    help = tr(
        "have a classifier look at what is drawn for each class, in English and in Chinese, measure how well captions "
        "find their images, and whether what is drawn is a copy of training images"
    )
    parser.add_argument("--judge", action="store_true", help=help)
    add_guidance_option(parser)
    help = tr("fit no captions: the diffusion is one more way of drawing random codes")
    parser.add_argument("--without-words", action="store_true", help=help)
    help = tr(
        "folder of a sentence encoder of your own, as sentence-transformers reads it, in place of the small one that "
        "is learned; nothing is downloaded"
    )
    parser.add_argument("--sentence-encoder", type=Path, metavar="FOLDER", help=help)
    add_setting_option(parser, "--seed", "seed", _SEED, 0)
    add_setting_option(parser, "--dataset", "dataset", SETTINGS["name"], None, tr("the one it was trained on"))
    add_data_dir_option(parser)
    help = tr("where the model is saved with its words (default: the file that it comes from)")
    parser.add_argument("--output", type=Path, metavar="FILE", help=help)
    parser.add_argument("--json", action="store_true", help=tr("print one JSON object"))


def run(options: argparse.Namespace) -> int:
    """Tell the words of a model, or fit them first."""
    if options.fit:
        checkpoint, seconds = _fitted(options)
    else:
        _refuse_what_is_for_fitting(options)
        checkpoint, seconds = _opened(options)[0], None
        diffusion_of(checkpoint, options)
    diffusion = checkpoint.diffusion
    assert diffusion is not None
    judgement = _judged(checkpoint, diffusion, options) if options.judge else None
    if options.json:
        values = _values(checkpoint, diffusion, options, seconds)
        judged = {} if judgement is None else {"judged": {"guidance": options.guidance, **asdict(judgement)}}
        print_json(values | judged)
    else:
        rows = _rows(checkpoint, diffusion, options, seconds)
        print_table(rows if judgement is None else [*rows, *_judged_rows(judgement, options.guidance)])
    return 0


def _opened(options: argparse.Namespace) -> "tuple[Checkpoint, tuple[Checkpoint, ...], int]":
    """The model that is meant, all models of its file, and which of them it is."""
    from vae_desktop.training.checkpoint import load_checkpoints

    checkpoints = load_checkpoints(options.file)
    number = number_of(options, checkpoints)
    return checkpoints[number], checkpoints, number


def _refuse_what_is_for_fitting(options: argparse.Namespace) -> None:
    of_fitting = ("without_words", "sentence_encoder", "output", *(() if options.judge else ("dataset",)))
    given = [name for name in of_fitting if getattr(options, name)]
    if given:
        text = tr("--{option} goes with --fit.")
        raise InvalidSetting(given[0], text.format(option=given[0].replace("_", "-")))


def _fitted(options: argparse.Namespace) -> "tuple[Checkpoint, float]":
    """The model with words that were fitted to it, saved, and how many seconds that took.

    Raises
    ------
    UserError
        If its file or its images cannot be read, nothing can be learned of its codes, or it cannot be saved.
    """
    target = options.output or options.file
    check_writable(target)
    checkpoint, checkpoints, number = _opened(options)
    if checkpoint.has_newer_timeline and target == options.file:
        from vae_desktop.training.saved_timeline import newer_timeline_words

        raise UserError(newer_timeline_words(options.file.name))
    from vae_desktop.engine.processor import prepare_threads

    prepare_threads()
    from vae_desktop.training.checkpoint import is_half_precision, save_checkpoints
    from vae_desktop.training.devices import ALL_THREADS, use_threads
    from vae_desktop.words.of_model import fit_to_model

    use_threads(ALL_THREADS)
    dataset = _images(checkpoint, options)
    began = time.perf_counter()
    with shown_progress() as progress:
        diffusion = fit_to_model(
            checkpoint.config.model,
            checkpoint.image_shape,
            checkpoint.snapshot,
            dataset,
            not options.without_words,
            options.seed,
            progress,
            options.sentence_encoder,
        )
    seconds = time.perf_counter() - began
    fitted = replace(checkpoint, diffusion=diffusion, words_fault="")
    together = [*checkpoints[:number], fitted, *checkpoints[number + 1 :]]
    timelines = [one.timeline for one in together]
    save_checkpoints(target, together, is_half_precision(options.file), timelines=timelines)
    return fitted, seconds


def _judged(checkpoint: "Checkpoint", diffusion: "LatentDiffusion", options: argparse.Namespace) -> "Judgement":
    """How well a diffusion follows words; raises UserError if the model's images cannot be read."""
    from vae_desktop.engine.processor import prepare_threads

    prepare_threads()
    from vae_desktop.models.autoencoder import restored_model
    from vae_desktop.paths import default_cache_dir
    from vae_desktop.training.devices import ALL_THREADS, use_threads
    from vae_desktop.words.judgement import judge

    use_threads(ALL_THREADS)
    dataset = _images(checkpoint, options)
    model = restored_model(checkpoint.config.model, checkpoint.image_shape, checkpoint.snapshot.weights)
    with shown_progress() as progress:
        return judge(diffusion, model, dataset, options.guidance, default_cache_dir(), progress)


def _images(checkpoint: "Checkpoint", options: argparse.Namespace) -> "Dataset":
    """The images that the model was trained on; a person's own may lie elsewhere now."""
    from vae_desktop.data.load import load_dataset

    config = checkpoint.config.dataset
    if options.dataset is not None:
        config = replace(config, name=options.dataset)
    dataset = load_dataset(config, options.data_dir, learned=checkpoint.images)
    check_shape(options.file, checkpoint, dataset)
    say(options.program, *other_images(checkpoint, dataset), mark=tr("note: "))
    return dataset


def _values(
    checkpoint: "Checkpoint", diffusion: "LatentDiffusion", options: argparse.Namespace, seconds: float | None
) -> dict[str, Any]:
    return {
        "step": checkpoint.snapshot.step,
        "words_step": diffusion.step,
        "is_old": checkpoint.has_old_words,
        "images": diffusion.described["images"],
        "words": grounded_words(diffusion),
        "seed": diffusion.described["seed"],
        **({} if seconds is None else {"seconds": seconds, "output": str(options.output or options.file)}),
    }


def _rows(
    checkpoint: "Checkpoint", diffusion: "LatentDiffusion", options: argparse.Namespace, seconds: float | None
) -> list[tuple[str, str]]:
    words = _values(checkpoint, diffusion, options, seconds)["words"]
    known = sorted(words, key=words.get, reverse=True)
    listed = ", ".join(known[:_SHOWN]) + (" …" if len(known) > _SHOWN else "")
    fitted = tr("at step {step:,}, to the codes of {count:,} training images")
    fitted = fitted.format(step=diffusion.step, count=diffusion.described["images"])
    if seconds is not None:
        fitted = tr("{what}, in {seconds:.1f} s").format(what=fitted, seconds=seconds)
    return [
        (tr("Model"), checkpoint.config.title),
        (tr("Fitted"), fitted),
        (tr("Words"), f"{len(known):,}" if known else tr("none: it draws without words")),
        *([(tr("The most frequent"), listed)] if known else []),
        *([] if seconds is None else [(tr("Saved"), str(options.output or options.file))]),
    ]


def _judged_rows(judgement: "Judgement", guidance: float) -> list[tuple[str, str]]:
    languages = {"en": tr("English"), "zh": tr("Chinese")}
    facts = {"thickness.high": tr("thick"), "thickness.low": tr("thin"), "slant.high": tr("slanted")}
    rows = [(tr("Guidance"), f"{guidance:g}")] if judgement.as_asked or judgement.shifts else []
    for language, shares in judgement.as_asked.items():
        mean = sum(shares.values()) / len(shares)
        lowest = sorted(shares.items(), key=lambda pair: pair[1])[:_CLASSES]
        each = tr(", ").join(f"{name} {share:.0%}" for name, share in lowest)
        label = tr("As asked in {language}").format(language=languages[language])
        rows.append((label, tr("{mean:.1%} of the pictures ({each})").format(mean=mean, each=each)))
    for language, shifts in judgement.shifts.items():
        each = tr(", ").join(f"{facts[key]} {shift:+.2f}" for key, shift in shifts.items())
        label = tr("Shift in {language}").format(language=languages[language])
        rows.append((label, tr("{each}, in standard deviations of real images").format(each=each)))
    if judgement.recall is not None and judgement.chance is not None:
        text = tr("{recall:.1%} of captions find the code of their test image among the best ten; chance {chance:.1%}")
        rows.append((tr("Recall@10"), text.format(recall=judgement.recall, chance=judgement.chance)))
    text = tr("{drawn:.2f} from the nearest training code; of test images {test:.2f}; in standard deviations")
    rows.append((tr("Copies: codes"), text.format_map(asdict(judgement.codes))))
    text = tr("{drawn:.2f} from the nearest training image; of test images {test:.2f}; root of the squared error")
    rows.append((tr("Copies: pictures"), text.format_map(asdict(judgement.images))))
    return rows
