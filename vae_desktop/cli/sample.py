"""``vae-desktop sample``: pictures decoded from random codes."""

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from vae_desktop.cli.opening import add_file_options, diffusion_of, embedded, opened
from vae_desktop.cli.options import add_data_dir_option, add_setting_option
from vae_desktop.cli.output import say
from vae_desktop.cli.saving import add_pictures_option, check_writable, save_pictures
from vae_desktop.config import SETTINGS
from vae_desktop.errors import UserError
from vae_desktop.language import N_, tr
from vae_desktop.settings import Choice, Setting

if TYPE_CHECKING:
    from vae_desktop.latent.codes import Floats, Picture
    from vae_desktop.training.checkpoint import Checkpoint

HELP = N_("draw pictures from random codes")
COUNT = Setting(N_("Count"), N_("How many pictures are drawn."), minimum=1, maximum=10_000)
_SOURCE = Setting(
    N_("Where from"),
    N_(
        "Where codes are drawn from: the prior N(0, I), the box of the model's codes, a normal, or a mixture of ten, "
        "fitted to them, or the diffusion that the command words has fitted to those of the training images; these "
        "codes are drawn from the posteriors."
    ),
    kind="choice",
    choices=tuple(Choice(source, source, "") for source in ("prior", "box", "normal", "mixture", "diffusion")),
)
SEED = replace(SETTINGS["seed"], help=N_("The same seed gives the same pictures."))
_TEMPERATURE = Setting(
    N_("Temperature"), N_("Multiplies what is drawn, around its middle."), kind="number", minimum=0.0, maximum=100.0
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_file_options(parser)
    add_setting_option(parser, "--count", "count", COUNT, 64)
    add_setting_option(parser, "--from", "source", _SOURCE, "prior")
    add_setting_option(parser, "--temperature", "temperature", _TEMPERATURE, 1.0)
    add_setting_option(parser, "--seed", "seed", SEED, 0)
    add_data_dir_option(parser)
    add_pictures_option(parser)


def run(options: argparse.Namespace) -> int:
    """Decode random codes and save the pictures."""
    check_writable(options.output)
    checkpoint = opened(options)
    needs_codes = options.source not in ("prior", "diffusion")
    if needs_codes and options.step is not None and checkpoint.codes is None:
        from vae_desktop.data.load import load_dataset

        images = load_dataset(checkpoint.config.dataset, options.data_dir, learned=checkpoint.images)
        checkpoint = replace(checkpoint, codes=embedded(options.file, checkpoint, images))
    save_pictures(options.output, pictures_of(checkpoint, _drawn(checkpoint, options)))
    if options.source == "prior" and checkpoint.config.kl_weight == 0:
        say(
            options.program,
            tr("without a KL divergence codes are not drawn towards N(0, I), so samples from it may fall into holes."),
            mark=tr("note: "),
        )
    return 0


def pictures_of(checkpoint: "Checkpoint", codes: "Floats") -> "Picture":
    """What a model decodes codes (N, d) to, as pictures (N, H, W, C)."""
    from vae_desktop.latent.embed import decode_all
    from vae_desktop.models.autoencoder import model_of

    weights = checkpoint.snapshot.weights
    return decode_all(model_of(checkpoint.config.model, checkpoint.image_shape, weights).decoder, codes)


def _drawn(checkpoint: "Checkpoint", options: argparse.Namespace) -> "Floats":
    """So many codes (count, d), drawn from a source and spread by the temperature."""
    import numpy as np

    from vae_desktop.latent import sampling
    from vae_desktop.latent.sampling import COMPONENTS, fit_mixture

    source, count, seed, temperature = options.source, options.count, options.seed, options.temperature
    if source == "diffusion":
        diffusion = diffusion_of(checkpoint, options)
        middle = diffusion.weights["middle"]
        return middle + np.float32(temperature) * (diffusion.draw(None, count, seed=seed)[-1] - middle)
    if source == "prior":
        return sampling.sample_prior(count, checkpoint.config.model.latent_dim, seed, temperature)
    if checkpoint.codes is None or not checkpoint.codes.are_finite:
        raise UserError(tr("This file holds no codes that samples could be drawn around."))
    codes = sampling.sample_posteriors(checkpoint.codes)
    if source == "box":
        return sampling.sample_box(count, codes, seed, temperature)
    if source == "normal":
        return sampling.sample_normal(count, codes, seed, temperature)
    return sampling.sample_mixture(count, fit_mixture(codes, COMPONENTS, seed=0), seed, temperature)
