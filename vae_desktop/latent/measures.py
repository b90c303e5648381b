"""What is measured of a model: names, units, definitions and sources; needs no torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from vae_desktop.config import DatasetConfig, ModelConfig, RunConfig
from vae_desktop.language import N_

_OF_LIKELIHOOD = "of the likelihood"
_NATS = N_("nats / image")
_SQUARED_ERROR = N_("sq. error / image")
_VAE = "Kingma & Welling 2014, arXiv 1312.6114"
_IWAE = "Burda, Grosse & Salakhutdinov 2016, arXiv 1509.00519"
_KNN = "Cover & Hart 1967"
_PCA = "Pearson 1901"
_PRECISION_RECALL = "Kynkäänniemi et al. 2019, arXiv 1904.06991"
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def dimension_name(dimension: int) -> str:
    """The name of a latent dimension, counted from 0."""
    return "z" + str(dimension).translate(_SUBSCRIPTS)


@dataclass(frozen=True)
class Measure:
    """One figure of a model, over the test images unless it says otherwise.

    Attributes
    ----------
    key : str
        The figure's name in what `measuring` yields; a dot leads into a nested part.
    label, definition : str
        Short name, and what the figure is in a sentence or two.
    source : str
        The paper that defines it; "" where there is none.
    better : {"lower", "higher", ""}
        Which direction is good; "" where neither is.
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
        Images drawn from each source, at most as many as there are test images; 0 leaves the sampling measures out.
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

PERCENTAGES = ("knn_accuracy", "knn_accuracy_of_samples", "rows.knn_2d")  # keys of figures that are shown in %
# What images are decoded from when drawn images are measured; mixture and diffusion only where there is a diffusion.
SOURCES = {
    "prior": N_("N(0, I)"),
    "box": N_("box of the codes"),
    "normal": N_("normal fitted to the codes"),
    "mixture": N_("mixture of ten normals"),
    "diffusion": N_("diffusion fitted to the codes"),
    "reconstructions": N_("reconstructions of test images"),
}

# fmt: off
MEASURES = {
    entry.key: entry
    for entry in (
        Measure("test_loss", N_("Test loss"), _OF_LIKELIHOOD, better="lower", definition=N_(
            "What training minimises, with the KL divergence weighed by the run's β, all of it even if the warm-up "
            "did not come so far.")),
        Measure("negative_elbo", N_("Negative ELBO"), _OF_LIKELIHOOD, better="lower", source=_VAE, definition=N_(
            "Reconstruction + KL divergence, both of weight 1 whatever the run's β: a bound on −log p of an "
            "image.")),
        Measure("reconstruction", N_("Reconstruction"), _OF_LIKELIHOOD, better="lower", source=_VAE, definition=N_(
            "The likelihood's term, of one code drawn from each image's posterior; a denoising model restores "
            "corrupted images.")),
        Measure("kl", N_("KL divergence"), _NATS, source=_VAE, definition=N_(
            "Of the posterior from N(0, I), summed over dimensions; mean of images.")),
        Measure("kl_per_dimension", N_("KL by dimension"), _NATS, source=_VAE, definition=N_(
            "Of each latent dimension's posterior from N(0, 1), mean over images: 0 where the dimension has "
            "collapsed.")),
        Measure("active_units", N_("Active units"), "", better="higher", source=f"{_IWAE}, section 5.2", definition=N_(
            "Latent dimensions whose posterior mean varies over images with a variance above 0.01.")),
        Measure("mean_sigma", N_("Mean σ"), "", source=_VAE, definition=N_(
            "Of each dimension's posterior, over images: 1 where it has collapsed.")),
        Measure("spread_of_means", N_("Spread of the means"), "", definition=N_(
            "Standard deviation over images of each dimension's mean.")),
        Measure("importance_weighted_bound", N_("Importance-weighted bound"), _OF_LIKELIHOOD, better="lower",
            source=f"{_IWAE}, equation 8", definition=N_(
            "−log of the mean importance weight of several codes drawn from each image's posterior: tighter than the "
            "negative ELBO. Squared error leaves its constant, (D/2)·ln π, out.")),
        Measure("importance_samples", N_("Importance samples"), "", source=_IWAE, definition=N_(
            "Codes per image in the importance-weighted bound.")),
        Measure("knn_accuracy", N_("kNN accuracy"), "", better="higher", source=_KNN, definition=N_(
            "Fraction of test means whose 10 nearest training means vote for their class.")),
        Measure("knn_accuracy_of_samples", N_("kNN accuracy of samples"), "", better="higher", source=_KNN,
            definition=N_(
            "The same of one code drawn from each image's posterior: what the decoder can tell apart.")),
        Measure("squared_error", N_("Squared error from μ"), _SQUARED_ERROR, better="lower", definition=N_(
            "Of clean images decoded from their means, summed over pixels.")),
        Measure("pca_squared_error", N_("Squared error of PCA"), _SQUARED_ERROR, source=_PCA, definition=N_(
            "Of as many principal components, fitted to the training images, as there are latent dimensions.")),
        Measure("pca_ratio", N_("Ratio to PCA"), "", better="lower", source=_PCA, definition=N_(
            "The model's squared error over that of PCA, the linear autoencoder that is best on the training images.")),
        Measure("linear_vae_optimum", N_("Optimum of a linear VAE"), _OF_LIKELIHOOD,
            source="Tipping & Bishop 1999; Lucas et al. 2019, arXiv 1911.02469", definition=N_(
            "The test loss of the linear VAE that is best on the training images, with the run's β: probabilistic PCA "
            "with noise variance β/2.")),
        Measure("denoising.noisy", N_("Noisy images"), _SQUARED_ERROR, definition=N_(
            "Squared error of noisy images against the clean ones, summed over pixels.")),
        Measure("denoising.restored", N_("Restored images"), _SQUARED_ERROR, better="lower",
            source="Vincent et al. 2010, JMLR 11", definition=N_(
            "The same of what the model makes of the noisy images.")),
        Measure("factors.correlations", N_("Correlation with factors"), "", source="Spearman 1904", definition=N_(
            "Absolute rank correlation of each latent dimension's means with what the images were drawn from.")),
        Measure("classifier", N_("Samples judged by"), "", definition=N_(
            "Whose features and classes the sampling measures use; unlabelled images are compared pixel by pixel.")),
        Measure("sampling", N_("Drawn images"), "", definition=N_(
            "Decoded from N(0, I), from the smallest box of the training images' codes, from a normal with their mean "
            "and covariance (all these codes drawn from the posteriors), and from the means of test images. Where a "
            "diffusion has been fitted to these codes, from it too, without words, and from a mixture of ten normals "
            "beside it.")),
        Measure("sampling.precision", N_("Precision"), "", better="higher", source=_PRECISION_RECALL, definition=N_(
            "Fraction of drawn images that look like test images: they lie within the balls around them, each as wide "
            "as its third nearest neighbour is far.")),
        Measure("sampling.recall", N_("Recall"), "", better="higher", source=_PRECISION_RECALL, definition=N_(
            "Fraction of test images that the drawn ones cover, by their balls.")),
        Measure("sampling.effective_classes", N_("Effective classes"), "", better="higher", source="Hill 1973",
            definition=N_(
            "Exponential of the entropy of the classes' frequencies among drawn images, as the classifier sees them.")),
        Measure("sampling.confidence", N_("Confidence"), "", better="higher", definition=N_(
            "Mean probability that the classifier gives to the class it takes a drawn image for.")),
        Measure("generation.likeness", N_("Like its reconstructions"), "", better="higher", source=_PRECISION_RECALL,
            definition=N_(
            "Fraction of images decoded from N(0, I) that look like the model's own reconstructions of test images, by "
            "codes drawn from their posteriors: in a classifier's features they lie within the balls around these, "
            "each as wide as its third nearest neighbour is far.")),
        Measure("generation.reach", N_("Reach"), "", better="higher", source="Naeem et al. 2020, arXiv 2002.09797",
            definition=N_(
            "Fraction of the model's own reconstructions of test images that an image decoded from N(0, I) comes near "
            "to, no further than their fifth nearest neighbour: how much of their variety random codes reach.")),
        Measure("rows.elbo_2d_bernoulli", N_("MNIST, 2-D, Bernoulli"), N_("nats (Bernoulli) / image"), better="lower",
            source=_VAE, definition=N_(
            "Negative ELBO of a two-dimensional VAE of MNIST.")),
        Measure("rows.elbo_20d_bernoulli", N_("MNIST, 20-D, Bernoulli"), N_("nats (Bernoulli) / image"), better="lower",
            source=_VAE, definition=N_(
            "Negative ELBO of a twenty-dimensional VAE of MNIST.")),
        Measure("rows.sse_kl_2d", N_("MNIST, 2-D, over the linear VAE"), "", better="lower",
            source="Lucas et al. 2019, arXiv 1911.02469", definition=N_(
            "Squared error + KL divergence of a two-dimensional VAE of MNIST over that of the linear VAE that is best "
            "on the training images.")),
        Measure("rows.ae_2d_mse", N_("MNIST, 2-D, over PCA"), "", better="lower", source=_PCA, definition=N_(
            "Squared error of a two-dimensional autoencoder of MNIST over that of two principal components of the "
            "training images.")),
        Measure("rows.knn_2d", N_("MNIST, 2-D, kNN accuracy"), "", better="higher", source=_KNN, definition=N_(
            "kNN accuracy of a two-dimensional model of MNIST.")),
    )
}
# fmt: on


def known_rows(
    config: RunConfig, dataset: DatasetConfig, image_shape: tuple[int, int, int], values: Mapping[str, Any]
) -> dict[str, float | None]:
    """The figures that models of MNIST are known by elsewhere, each under a name of its own.

    Parameters
    ----------
    config : RunConfig
        The run's.
    dataset, image_shape
        Of the images that the model was measured on. Only MNIST's test images, as they are, count.
    values : mapping
        What was measured of the model, by the keys of MEASURES.
    """
    is_mnist = config.dataset.name == dataset.name == "mnist" and image_shape == (1, 28, 28)
    if not is_mnist or dataset.measured_on != "test":
        return {}
    model = config.model
    rows: dict[str, float | None] = {}
    if model.kind == "vae" and model.likelihood == "bernoulli" and model.latent_dim in (2, 20):
        rows[f"elbo_{model.latent_dim}d_bernoulli"] = values["negative_elbo"]
    if model.latent_dim != 2:
        return rows
    # The optimum is that of β = 1 only if the run's is.
    if model.kind == "vae" and model.likelihood == "squared-error" and config.kl_weight == 1:
        optimum = values.get("linear_vae_optimum")  # not everything is measured each time
        rows["sse_kl_2d"] = None if optimum is None else values["test_loss"] / optimum
    if model.kind == "ae":
        rows["ae_2d_mse"] = values.get("pca_ratio")
    return {**rows, "knn_2d": values["knn_accuracy"]}
