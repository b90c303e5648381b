"""``vae-desktop sample``: a sheet of pictures decoded from random codes."""

import argparse
import io
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from vae_desktop.cli.opening import add_file_options, embedded, opened
from vae_desktop.cli.options import add_data_dir_option, add_setting_option
from vae_desktop.cli.output import say
from vae_desktop.cli.saving import check_writable
from vae_desktop.config import SETTINGS
from vae_desktop.errors import UserError
from vae_desktop.language import N_, tr
from vae_desktop.settings import Choice, Setting

if TYPE_CHECKING:
    from vae_desktop.latent.codes import Floats
    from vae_desktop.training.checkpoint import Checkpoint

HELP = N_("draw pictures from random codes")
_COUNT = Setting(N_("Count"), N_("Pictures on the sheet."), minimum=1, maximum=10_000)
_SOURCE = Setting(
    N_("Where from"),
    N_(
        "Where codes are drawn from: the prior N(0, I), the box of the model's codes, or a normal, or a mixture of "
        "ten, fitted to them; these codes are drawn from the posteriors."
    ),
    kind="choice",
    choices=tuple(Choice(source, source, "") for source in ("prior", "box", "normal", "mixture")),
)
_SEED = replace(SETTINGS["seed"], help=N_("The same seed gives the same pictures."))
_TEMPERATURE = Setting(
    N_("Temperature"), N_("Multiplies what is drawn, around its middle."), kind="number", minimum=0.0, maximum=100.0
)
_COMPONENTS = 10


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_file_options(parser)
    add_setting_option(parser, "--count", "count", _COUNT, 64)
    add_setting_option(parser, "--from", "source", _SOURCE, "prior")
    add_setting_option(parser, "--temperature", "temperature", _TEMPERATURE, 1.0)
    add_setting_option(parser, "--seed", "seed", _SEED, 0)
    add_data_dir_option(parser)
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help=tr("where the PNG file is saved"))


def run(options: argparse.Namespace) -> int:
    """Decode random codes and save them as one PNG picture."""
    check_writable(options.output)
    from PIL import Image

    from vae_desktop.files import write_atomically
    from vae_desktop.latent.embed import decode_all, tile
    from vae_desktop.models.autoencoder import model_of

    checkpoint = opened(options)
    model = checkpoint.config.model
    decoder = model_of(model, checkpoint.image_shape, checkpoint.snapshot.weights).decoder
    if options.source != "prior" and options.step is not None and checkpoint.codes is None:
        from vae_desktop.data.load import load_dataset

        images = load_dataset(checkpoint.config.dataset, options.data_dir, learned=checkpoint.images)
        checkpoint = replace(checkpoint, codes=embedded(options.file, checkpoint, images))
    codes = _drawn(checkpoint, options.source, options.count, options.seed, options.temperature)
    sheet = tile(decode_all(decoder, codes))
    png = io.BytesIO()
    Image.fromarray(sheet[:, :, 0] if sheet.shape[2] == 1 else sheet).save(png, "PNG")
    write_atomically(options.output, png.getvalue())
    if options.source == "prior" and checkpoint.config.kl_weight == 0:
        say(
            options.program,
            tr("without a KL divergence codes are not drawn towards N(0, I), so samples from it may fall into holes."),
            mark=tr("note: "),
        )
    return 0


def _drawn(checkpoint: "Checkpoint", source: str, count: int, seed: int, temperature: float) -> "Floats":
    """So many codes (count, d), drawn from a source and spread by the temperature."""
    from vae_desktop.latent import sampling
    from vae_desktop.latent.sampling import fit_mixture

    if source == "prior":
        return sampling.sample_prior(count, checkpoint.config.model.latent_dim, seed, temperature)
    if checkpoint.codes is None or not checkpoint.codes.are_finite:
        raise UserError(tr("This file holds no codes that samples could be drawn around."))
    codes = sampling.sample_posteriors(checkpoint.codes)
    if source == "box":
        return sampling.sample_box(count, codes, seed, temperature)
    if source == "normal":
        return sampling.sample_normal(count, codes, seed, temperature)
    return sampling.sample_mixture(count, fit_mixture(codes, _COMPONENTS, seed=0), seed, temperature)
