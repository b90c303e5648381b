"""What is measured of a model: names, units, definitions and sources; needs no torch."""

from dataclasses import dataclass
from typing import Literal

from vae_desktop.config import ModelConfig

_OF_LIKELIHOOD = "of the likelihood"
_NATS = "nats / image"
_SQUARED_ERROR = "sq. error / image"
_VAE = "Kingma & Welling 2014, arXiv 1312.6114"
_IWAE = "Burda, Grosse & Salakhutdinov 2016, arXiv 1509.00519"
_PRECISION_RECALL = "Kynkäänniemi et al. 2019, arXiv 1904.06991"


@dataclass(frozen=True)
class Measure:
    """One figure of a model, over the test images unless it says otherwise.

    Attributes
    ----------
    key : str
        Its name in what `measure` returns; a dot leads into a nested part.
    label, definition : str
        Short name, and what it is in a sentence or two.
    source : str
        The paper that defines it; "" where there is none.
    better : {"lower", "higher", ""}
        Which way is good; "" where neither is.
    """

    key: str
    label: str
    unit: str
    definition: str
    source: str = ""
    better: Literal["lower", "higher", ""] = ""

    def unit_for(self, model: ModelConfig) -> str:
        """The unit ("" for a plain number); where it is the likelihood's, no other likelihood has it."""
        if self.unit != _OF_LIKELIHOOD:
            return self.unit
        is_kl_alone = self.key == "test_loss" and not model.traits.reconstruction_weight
        return _NATS if is_kl_alone else model.judged_by.unit


@dataclass(frozen=True)
class Extent:
    """How much is measured.

    Attributes
    ----------
    importance_samples : int
        Of the importance-weighted bound, for each image; 0 leaves it out.
    sampled_images : int
        Images drawn in each way, at most as many as there are test images; 0 leaves the sampling measures out.
    beside_linear, denoising : bool
        Whether the model stands beside PCA and the linear VAE, and is judged by what noise it takes out.
    """

    importance_samples: int = 50
    sampled_images: int = 5000
    beside_linear: bool = True
    denoising: bool = True


QUICK = Extent(importance_samples=0, sampled_images=0)
# Of models side by side: what parts them, and no more, since there are several.
COMPARED = Extent(importance_samples=0, sampled_images=2000, beside_linear=False, denoising=False)
NEIGHBOURS = Extent(importance_samples=0, sampled_images=0, beside_linear=False, denoising=False)

# How codes are drawn, and what the figures of drawn images stand beside.
WAYS = {
    "prior": "N(0, I)",
    "box": "box of the codes",
    "normal": "normal fitted to the codes",
    "reconstructions": "reconstructions of test images",
}

MEASURES = {
    entry.key: entry
    for entry in (
        Measure(
            "test_loss",
            "Test loss",
            _OF_LIKELIHOOD,
            "What training minimises, with the KL divergence weighed by the run's β, all of it even if the warm-up did "
            "not come so far.",
            better="lower",
        ),
        Measure(
            "negative_elbo",
            "Negative ELBO",
            _OF_LIKELIHOOD,
            "Reconstruction + KL divergence, both of weight 1 whatever the run's β: a bound on −log p of an image.",
            _VAE,
            "lower",
        ),
        Measure(
            "reconstruction",
            "Reconstruction",
            _OF_LIKELIHOOD,
            "The likelihood's term, of one code drawn from each image's posterior; a denoising model restores "
            "corrupted images.",
            _VAE,
            "lower",
        ),
        Measure(
            "kl", "KL divergence", _NATS, "Of the posterior from N(0, I), summed over dimensions; mean of images.", _VAE
        ),
        Measure(
            "kl_per_dimension",
            "KL by dimension",
            _NATS,
            "Of each latent dimension's posterior from N(0, 1), mean over images: 0 where the dimension has collapsed.",
            _VAE,
        ),
        Measure(
            "active_units",
            "Active units",
            "",
            "Latent dimensions whose posterior mean varies over images with a variance above 0.01.",
            f"{_IWAE}, section 5.2",
            "higher",
        ),
        Measure(
            "mean_sigma", "Mean σ", "", "Of each dimension's posterior, over images: 1 where it has collapsed.", _VAE
        ),
        Measure(
            "spread_of_means", "Spread of the means", "", "Standard deviation over images of each dimension's mean."
        ),
        Measure(
            "importance_weighted_bound",
            "Importance-weighted bound",
            _OF_LIKELIHOOD,
            "−log of the mean importance weight of several codes drawn from each image's posterior: tighter than the "
            "negative ELBO. Squared error leaves its constant, (D/2)·ln π, out.",
            f"{_IWAE}, equation 8",
            "lower",
        ),
        Measure(
            "importance_samples", "Importance samples", "", "Codes per image in the importance-weighted bound.", _IWAE
        ),
        Measure(
            "knn_accuracy",
            "kNN accuracy",
            "",
            "Share of test means whose 10 nearest training means vote for their class.",
            "Cover & Hart 1967",
            "higher",
        ),
        Measure(
            "knn_accuracy_of_samples",
            "kNN accuracy of samples",
            "",
            "The same of one code drawn from each image's posterior: what the decoder can tell apart.",
            "Cover & Hart 1967",
            "higher",
        ),
        Measure(
            "squared_error",
            "Squared error",
            _SQUARED_ERROR,
            "Of clean images decoded from their means, summed over pixels.",
            better="lower",
        ),
        Measure(
            "pca_squared_error",
            "Squared error of PCA",
            _SQUARED_ERROR,
            "Of as many principal components, fitted to the training images, as there are latent dimensions.",
            "Pearson 1901",
        ),
        Measure(
            "pca_ratio",
            "Ratio to PCA",
            "",
            "The model's squared error over that of PCA, the linear autoencoder that is best on the training images.",
            "Pearson 1901",
            "lower",
        ),
        Measure(
            "linear_vae_optimum",
            "Optimum of a linear VAE",
            _OF_LIKELIHOOD,
            "The test loss of the linear VAE that is best on the training images, with the run's β: probabilistic PCA "
            "with noise variance β/2.",
            "Tipping & Bishop 1999; Lucas et al. 2019, arXiv 1911.02469",
        ),
        Measure(
            "denoising.noisy",
            "Noisy images",
            _SQUARED_ERROR,
            "Squared error of noisy images against the clean ones, summed over pixels.",
        ),
        Measure(
            "denoising.restored",
            "Restored images",
            _SQUARED_ERROR,
            "The same of what the model makes of the noisy images.",
            "Vincent et al. 2010, JMLR 11",
            "lower",
        ),
        Measure(
            "factors.correlations",
            "Correlation with factors",
            "",
            "Absolute rank correlation of each latent dimension's means with what the images were drawn from.",
            "Spearman 1904",
        ),
        Measure(
            "classifier",
            "Samples judged by",
            "",
            "Whose features and classes the sampling measures use; unlabelled images are compared pixel by pixel.",
        ),
        Measure(
            "sampling",
            "Drawn images",
            "",
            "Decoded from N(0, I), from the smallest box of the training images' codes, from a normal with their mean "
            "and covariance (all these codes drawn from the posteriors), and from the means of test images.",
        ),
        Measure(
            "sampling.precision",
            "Precision",
            "",
            "Share of drawn images that look like test images: they lie within the balls around them, each as wide "
            "as its third nearest neighbour is far.",
            _PRECISION_RECALL,
            "higher",
        ),
        Measure(
            "sampling.recall",
            "Recall",
            "",
            "Share of test images that the drawn ones cover, by their balls.",
            _PRECISION_RECALL,
            "higher",
        ),
        Measure(
            "sampling.effective_classes",
            "Effective classes",
            "",
            "Exponential of the entropy of the classes' shares among drawn images, as the classifier sees them.",
            "Hill 1973",
            "higher",
        ),
        Measure(
            "sampling.confidence",
            "Confidence",
            "",
            "Mean probability that the classifier gives to the class it takes a drawn image for.",
            better="higher",
        ),
        Measure(
            "rows.elbo_2d_bernoulli",
            "MNIST, 2-D, Bernoulli",
            "nats (Bernoulli) / image",
            "Negative ELBO of a two-dimensional VAE of MNIST.",
            _VAE,
            "lower",
        ),
        Measure(
            "rows.elbo_20d_bernoulli",
            "MNIST, 20-D, Bernoulli",
            "nats (Bernoulli) / image",
            "Negative ELBO of a twenty-dimensional VAE of MNIST.",
            _VAE,
            "lower",
        ),
        Measure(
            "rows.sse_kl_2d",
            "MNIST, 2-D, over the linear VAE",
            "",
            "Squared error + KL divergence of a two-dimensional VAE of MNIST over that of the linear VAE that is best "
            "on the training images.",
            "Lucas et al. 2019, arXiv 1911.02469",
            "lower",
        ),
        Measure(
            "rows.ae_2d_mse",
            "MNIST, 2-D, over PCA",
            "",
            "Squared error of a two-dimensional autoencoder of MNIST over that of two principal components of the "
            "training images.",
            "Pearson 1901",
            "lower",
        ),
        Measure(
            "rows.knn_2d",
            "MNIST, 2-D, kNN accuracy",
            "",
            "kNN accuracy of a two-dimensional model of MNIST.",
            "Cover & Hart 1967",
            "higher",
        ),
    )
}
