"""``vae-desktop film``: the training of a saved model as a film, from the timeline in its file."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from vae_desktop.cli.images import check_images
from vae_desktop.cli.opening import add_file_options, check_has_timeline, opened_at_its_end
from vae_desktop.cli.options import add_data_dir_option, add_setting_option
from vae_desktop.cli.output import say, shown_progress
from vae_desktop.cli.saving import check_writable
from vae_desktop.config import SETTINGS
from vae_desktop.errors import InvalidSetting
from vae_desktop.language import N_, tr
from vae_desktop.settings import Choice, Setting

if TYPE_CHECKING:
    from vae_desktop.data.dataset import Split
    from vae_desktop.latent.codes import Floats

HELP = N_("show the training of a saved model as a film")
_OF = Setting(
    N_("Of"),
    N_(
        "What is shown: the codes of the test images, a grid of pictures across the latent space, pictures of random "
        "codes from N(0, I), or the picture of one code."
    ),
    kind="choice",
    choices=tuple(Choice(name, name, "") for name in ("scatter", "grid", "samples", "point")),
)
_THEME = Setting(
    N_("Theme"),
    N_("Colours of the film."),
    kind="choice",
    choices=(Choice("light", "light", ""), Choice("dark", "dark", "")),
)
_SIZE = Setting(N_("Size"), N_("Width of the film."), minimum=120, maximum=2000, unit=N_("px"))
_FPS = Setting(
    N_("Frames per second"), N_("How many of the kept steps pass in a second."), kind="number", minimum=0.5, maximum=50
)
_COUNT = Setting(N_("Count"), N_("How many samples are shown."), minimum=1, maximum=400)
_SEED = replace(SETTINGS["seed"], help=N_("The same seed gives the same pictures."))
_CODE = Setting(N_("Code"), "", kind="number", minimum=-1000.0, maximum=1000.0)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_file_options(parser, has_step=False)
    add_setting_option(parser, "--of", "of", _OF, "scatter")
    add_setting_option(parser, "--theme", "theme", _THEME, "light")
    add_setting_option(parser, "--size", "size", _SIZE, 480)
    add_setting_option(parser, "--fps", "fps", _FPS, None, tr("such that it takes some 8 seconds"))
    add_setting_option(parser, "--count", "count", _COUNT, 64)
    add_setting_option(parser, "--seed", "seed", _SEED, 0)
    help = tr("the code of --of point: numbers for its first dimensions, all others are 0 (default: 0)")
    parser.add_argument("--code", nargs="+", default=[], metavar="X", help=help)
    add_data_dir_option(parser)
    help = tr(
        "where the film is saved: a file that ends in .gif or .webp, a new folder of PNG pictures, or a .npy with all "
        "pictures as one array (N, H, W, 3)"
    )
    parser.add_argument("--output", type=Path, required=True, metavar="FILE|DIR", help=help)


def run(options: argparse.Namespace) -> int:
    """Draw the kept steps of the training one after the other, and save them as a film."""
    from vae_desktop.film.writing import check_target, write_film

    check_target(options.output)
    check_writable(options.output / "1.png" if options.output.is_dir() else options.output)
    checkpoint = opened_at_its_end(options)
    codes = _codes(options, checkpoint.config.model.latent_dim)
    check_has_timeline(checkpoint, options.file)
    from vae_desktop.film.film import Film
    from vae_desktop.film.scenes import make_scene
    from vae_desktop.film.sheet import Look

    def test_images() -> "Split":
        from vae_desktop.data.load import load_dataset

        dataset = load_dataset(checkpoint.config.dataset, options.data_dir, learned=checkpoint.images)
        check_images(options.file, checkpoint, dataset)
        return dataset.test

    look = Look(options.size, options.theme == "dark")
    with shown_progress() as progress:
        scene, left_out = make_scene(options.of, checkpoint, look, codes, test_images, progress)
        say(options.program, *left_out, mark=tr("note: "))
        names = checkpoint.class_names if options.of == "scatter" else ()
        write_film(Film(checkpoint, scene, look, names), options.output, options.fps, progress)
    return 0


def _codes(options: argparse.Namespace, latent_dim: int) -> "Floats":
    """The codes (N, d) that are decoded: random ones, or the one whose first numbers are given; all others are 0."""
    import numpy as np

    from vae_desktop.latent.sampling import sample_prior

    code, texts = np.zeros(latent_dim, np.float32), options.code
    if len(texts) > latent_dim:
        text = tr("Code: {count} numbers are more than the {dimensions} latent dimensions.")
        raise InvalidSetting("code", text.format(count=len(texts), dimensions=latent_dim))
    code[: len(texts)] = [_CODE.parse("code", text) for text in texts]
    return sample_prior(options.count, latent_dim, options.seed) if options.of == "samples" else code[None]
