"""What the app knows by name: kinds of model, likelihoods; data sets stand in `dataset_catalog.py`. Tables only."""

from dataclasses import dataclass

from vae_desktop.language import N_
from vae_desktop.settings import Choice, by_name


@dataclass(frozen=True)
class ModelKind(Choice):
    """A kind of model: what its code is, and which terms its loss has.

    Attributes
    ----------
    short : str
        Its name where there is little room.
    is_variational : bool
        Codes are normal distributions rather than points.
    reconstruction_weight : float
        Of the reconstruction term in the loss.
    kl_weight : float, or None
        Of the KL divergence in the loss; None: the setting β.
    is_denoising : bool
        Images are corrupted before they are encoded.
    """

    short: str
    is_variational: bool = False
    reconstruction_weight: float = 1.0
    kl_weight: float | None = 0.0
    is_denoising: bool = False

    def kl_weight_at(self, beta: float) -> float:
        """Weight of the KL divergence in the loss: β where the kind leaves it free."""
        return beta if self.kl_weight is None else self.kl_weight


MODELS = by_name(
    ModelKind(
        "vae",
        N_("Variational (VAE)"),
        N_("Codes are normal distributions, drawn towards N(0, I) by the KL divergence: a continuous latent space."),
        N_("VAE"),
        is_variational=True,
        kl_weight=None,
    ),
    ModelKind(
        "ae",
        N_("Autoencoder (AE)"),
        N_("Codes are points, trained by reconstruction alone: clusters with holes between them."),
        N_("AE"),
    ),
    ModelKind(
        "denoising-ae",
        N_("Denoising AE"),
        N_("Codes a corrupted image as a point and restores the clean one: what autoencoders are good for."),
        N_("Denoising AE"),
        is_denoising=True,
    ),
    ModelKind(
        "vae-no-kl",
        N_("VAE without KL"),
        N_("Samples like a VAE, but nothing holds the codes together: the means drift apart and σ shrinks."),
        N_("VAE without KL"),
        is_variational=True,
    ),
    ModelKind(
        "kl-only",
        N_("KL only"),
        N_("Every code becomes N(0, I): a perfect distribution that tells no image from another."),
        N_("KL only"),
        is_variational=True,
        reconstruction_weight=0.0,
        kl_weight=1.0,
    ),
)


@dataclass(frozen=True)
class Likelihood(Choice):
    """How a reconstruction is judged: its quantity, and the unit that no other likelihood shares.

    Attributes
    ----------
    quantity : str
        What the reconstruction term is.
    unit : str
        Of that term and of the total, per image and summed over pixels.
    """

    quantity: str
    unit: str


LIKELIHOODS = by_name(
    Likelihood(
        "squared-error",
        N_("Squared error"),
        N_("Sum over pixels of squared differences: a normal distribution of fixed variance ½ around each pixel."),
        N_("squared error"),
        N_("sq. error / image"),
    ),
    Likelihood(
        "bernoulli",
        N_("Bernoulli"),
        N_("Binary cross-entropy of grey pixels, in nats: each pixel is the chance of a coin that shows white."),
        N_("cross-entropy"),
        N_("nats (Bernoulli) / image"),
    ),
    Likelihood(
        "gaussian-calibrated",
        N_("Calibrated (σ-VAE)"),
        N_(
            "A normal distribution whose one variance is learned (σ-VAE): it balances reconstruction and KL by itself. "
            "Its density can exceed 1, so the loss can be negative."
        ),
        N_("negative log-density"),
        N_("nats (Gaussian) / image"),
    ),
)
