"""What the app knows by name: data sets, kinds of model, likelihoods. Tables only, read everywhere."""

from dataclasses import dataclass
from pathlib import PurePath

from vae_desktop.language import N_
from vae_desktop.settings import Choice, by_name


@dataclass(frozen=True)
class DrawingPreprocessing:
    """How a data set's images were made from drawings: the ink was scaled to a length, then moved.

    Attributes
    ----------
    fraction : float
        That length, of the longer side of its box, as a fraction of the image's side.
    by_mass : bool
        Whether the ink's centre of mass is moved to the middle, rather than the middle of its box.
    source : str
        Where that is said.
    """

    fraction: float
    by_mass: bool
    source: str


@dataclass(frozen=True)
class DatasetKind(Choice):
    """A data set.

    `epochs` is a number of passes after which its latent space has visibly formed, the default for a run. Without a
    `preprocessing` drawings are taken as they are.
    """

    epochs: int
    download_bytes: int = 0
    preprocessing: DrawingPreprocessing | None = None


DATASETS = by_name(
    DatasetKind(
        "digits",
        N_("Digits"),
        N_("1,797 real handwritten digits that come with scikit-learn. Always there."),
        200,
        preprocessing=DrawingPreprocessing(1.0, False, N_("its images, whose ink always fills the height")),
    ),
    DatasetKind(
        "shapes",
        N_("Shapes"),
        N_(
            "24,000 drawn squares, ellipses and hearts of known position, size and rotation: does a latent dimension "
            "find such a factor?"
        ),
        20,
    ),
    DatasetKind(
        "mnist",
        N_("MNIST"),
        N_("70,000 handwritten digits, 28×28 pixels."),
        20,
        download_bytes=11_594_722,
        preprocessing=DrawingPreprocessing(20 / 28, True, "LeCun et al. 1998, the MNIST database"),
    ),
    DatasetKind(
        "fashion-mnist",
        N_("Fashion-MNIST"),
        N_("70,000 pictures of clothes in 10 classes, 28×28 pixels."),
        20,
        download_bytes=30_878_645,
        preprocessing=DrawingPreprocessing(1.0, False, "Xiao et al. 2017, arXiv 1708.07747"),
    ),
    DatasetKind(
        "kmnist",
        N_("KMNIST"),
        N_("70,000 cursive Japanese characters in 10 classes, 28×28 pixels."),
        20,
        download_bytes=21_240_888,
    ),
    DatasetKind(
        "emnist-letters",
        N_("EMNIST letters"),
        N_("145,600 handwritten letters in 26 classes, 28×28 pixels."),
        10,
        download_bytes=561_753_746,
        preprocessing=DrawingPreprocessing(24 / 28, False, "Cohen et al. 2017, arXiv 1702.05373"),
    ),
)

_OWN_EPOCHS = 50


def describe_dataset(name: str) -> DatasetKind:
    """The entry of a data set by its name, or one made up for a person's own, whose name is its path."""
    if name in DATASETS:
        return DATASETS[name]
    # Both separators count: a model may come from a machine of another kind.
    label = PurePath(name.replace("\\", "/")).name or name
    return DatasetKind(name, label, name, _OWN_EPOCHS)


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
