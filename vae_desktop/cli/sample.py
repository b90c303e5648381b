"""``vae-desktop sample``: a sheet of pictures decoded from random codes."""

import argparse
import io
import sys
from pathlib import Path

from vae_desktop.cli.options import add_setting_option, setting_of
from vae_desktop.cli.output import check_writable
from vae_desktop.config import TrainingConfig
from vae_desktop.settings import Setting

HELP = "draw pictures from random codes"
_COUNT = Setting("Count", "Pictures on the sheet.", minimum=1, maximum=10_000)
_SEED = setting_of(TrainingConfig, "seed")
_DEFAULT_COUNT = "64"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the model")
    add_setting_option(parser, "--count", "count", _COUNT, _DEFAULT_COUNT)
    parser.add_argument("--seed", default="0", metavar="N", help="same seed, same pictures (default: 0)")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="where the PNG file is saved")


def run(options: argparse.Namespace) -> int:
    """Decode codes drawn from the prior N(0, I) and save them as one PNG picture."""
    count = _COUNT.parse("count", options.count or _DEFAULT_COUNT)
    seed = _SEED.parse("seed", options.seed)
    check_writable(options.output)
    from PIL import Image

    from vae_desktop.files import write_atomically
    from vae_desktop.latent.decoding import decode_all, tile
    from vae_desktop.latent.sampling import sample_prior
    from vae_desktop.models.autoencoder import model_of
    from vae_desktop.training.checkpoint import load_checkpoint

    checkpoint = load_checkpoint(options.file)
    model = checkpoint.config.model
    decoder = model_of(model, checkpoint.image_shape, checkpoint.snapshot.weights).decoder
    sheet = tile(decode_all(decoder, sample_prior(count, model.latent_dim, seed)))
    png = io.BytesIO()
    Image.fromarray(sheet[:, :, 0] if sheet.shape[2] == 1 else sheet).save(png, "PNG")
    write_atomically(options.output, png.getvalue())
    if checkpoint.config.kl_weight == 0:
        print(
            f"{options.program}: note: without a KL divergence codes are not drawn towards N(0, I), "
            "so samples from it may fall into holes.",
            file=sys.stderr,
        )
    return 0
