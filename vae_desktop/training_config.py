"""How a model is trained: the settings of a run that its gradient steps follow."""

from dataclasses import dataclass

from vae_desktop.catalog import MODELS
from vae_desktop.language import N_
from vae_desktop.settings import Checked, Choice, setting

_WITH_BETA = tuple(kind.name for kind in MODELS.values() if kind.kl_weight is None)


@dataclass(frozen=True)
class TrainingConfig(Checked):
    """How it is trained."""

    epochs: int = setting(
        200,
        N_("Epochs"),
        N_("Passes over the training images. The latent space settles as they go by."),
        between=(1, 100_000),
        at_once=True,
    )
    learning_rate: float = setting(
        1e-3,
        N_("Learning rate"),
        N_("Size of Adam's steps. Too large and the codes jump about or the loss diverges."),
        between=(1e-7, 1.0),
        logarithmic=True,
        at_once=True,
    )
    encoder_rate: float = setting(
        1.0,
        N_("Encoder's rate"),
        N_(
            "Learning rate of the encoder, in times that of the decoder. At a quarter the decoder keeps up with codes "
            "that move, and both can learn at a higher rate."
        ),
        between=(0.01, 100.0),
        unit=N_("of the decoder's"),
        logarithmic=True,
    )
    schedule: str = setting(
        "constant",
        N_("Schedule"),
        N_("How the learning rate moves over the run."),
        choices=(
            Choice("constant", N_("Constant"), N_("The same from the first step to the last.")),
            Choice(
                "one-cycle",
                N_("One cycle"),
                N_(
                    "Rises over the first tenth of the run and falls to 0 at its end: the last steps settle every code."
                ),
            ),
        ),
    )
    beta: float = setting(
        1.0,
        N_("β (KL weight)"),
        N_(
            "Weight of the KL divergence. Large: codes are pressed together until they collapse on N(0, I). 0: nothing "
            "holds them and holes open."
        ),
        between=(0.0, 10_000.0),
        logarithmic=True,
        at_once=True,
        only_for=_WITH_BETA,
        group="main",
    )
    beta_warm_up: float = setting(
        0.0,
        N_("β warm-up"),
        N_("Epochs over which β grows from 0 to its value: the codes spread before they are pressed together."),
        between=(0.0, 100_000.0),
        unit=N_("epochs"),
        only_for=_WITH_BETA,
    )
    precision: str = setting(
        "single",
        N_("Computing precision"),
        N_("Of the numbers that layers compute with while training; losses and weights always have 32 bits."),
        choices=(
            Choice("single", N_("32 bits"), N_("The same everywhere.")),
            Choice(
                "mixed", N_("16 bits if quicker"), N_("bfloat16 on hardware that is made for it, and nearly the same.")
            ),
        ),
    )
    batch_size: int = setting(
        128,
        N_("Batch size"),
        N_("Images per step. Small batches make the latent space jitter, large ones settle it slowly."),
        between=(1, 65_536),
        unit=N_("images"),
    )
    seed: int = setting(
        0,
        N_("Seed"),
        N_("The same seed gives the same initial weights, order of images and noise: the same latent space."),
        between=(0, 2**32 - 1),
        group="reproducibility",
    )
    device: str = setting(
        "auto",
        N_("Device"),
        N_("Where training computes."),
        choices=(
            Choice("auto", N_("Automatic"), N_("The quickest that works: CUDA, else Apple's MPS, else the processor.")),
            Choice("cuda", N_("CUDA"), N_("An NVIDIA graphics card; cuda:1 is the second of several.")),
            Choice("mps", N_("MPS"), N_("An Apple graphics processor.")),
            Choice("cpu", N_("CPU"), N_("The processor.")),
        ),
        numbered="cuda",
        group="reproducibility",
    )
