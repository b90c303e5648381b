"""The words of the field that stand in the window, each explained in a sentence or two.

What is measured is defined in `latent/measures.py`; the window's glossary shows both.
"""

from dataclasses import dataclass

from vae_desktop.language import N_


@dataclass(frozen=True)
class Term:
    """A word and what it means.

    Attributes
    ----------
    name : str
        As it stands in the window.
    text : str
        What it means, in plain sentences.
    aliases : tuple of str
        What else people call it, or search for it by.
    """

    name: str
    text: str
    aliases: tuple[str, ...] = ()


_TERMS = (
    Term(
        N_("autoencoder"),
        N_(
            "Two networks that learn together: an encoder squeezes an image into a short code, a decoder draws it "
            "back. It learns from the error of the picture alone, without labels."
        ),
        ("AE",),
    ),
    Term(
        N_("variational autoencoder"),
        N_(
            "An autoencoder whose encoder gives a normal distribution instead of a point, and whose loss keeps these "
            "distributions near N(0, I). New images can then be made: decode random codes from N(0, I)."
        ),
        ("VAE",),
    ),
    Term(
        N_("encoder"),
        N_("The network that turns an image into a code: for a VAE, into a mean μ and a standard deviation σ."),
        ("encode", "inference network", "recognition model"),
    ),
    Term(
        N_("decoder"),
        N_("The network that draws a picture from a code."),
        ("decode", "decoding", "generator"),
    ),
    Term(
        N_("code"),
        N_("A few numbers that stand for an image, one for each latent dimension: what the encoder makes of it."),
        ("encoding", "embedding", "latent vector", "latent code", "vector", "latent variable", "representation"),
    ),
    Term(
        N_("latent space"),
        N_("The space of all codes. Each of its points can be decoded, also where no image lies."),
        ("latent", "code space", "embedding space"),
    ),
    Term(
        N_("continuous latent space"),
        N_(
            "A latent space without gaps: codes that are near each other decode to pictures that are alike, also "
            "between the codes of images. The KL divergence makes a VAE's so."
        ),
        ("continuous", "continuity", "smooth", "gapless", "completeness"),
    ),
    Term(
        N_("generating"),
        N_(
            "Making new images: draw random codes, from N(0, I) for a VAE, and decode them. It works as far as random"
            " codes fall where the decoder has learned to draw."
        ),
        ("generate", "generation", "generative model", "new images"),
    ),
    Term(
        N_("latent dimension"),
        N_("One of the numbers of a code, one axis of the latent space; each has a slider."),
        ("dimension", "latent variable"),
    ),
    Term(
        N_("prior"),
        N_(
            "The distribution that codes are to follow before any image is seen, here N(0, I). New images are drawn "
            "from it."
        ),
        ("p(z)",),
    ),
    Term(
        N_("N(0, I)"),
        N_(
            "The standard normal distribution: independent in each dimension, with mean 0 and standard deviation 1. "
            "In two dimensions 39 % of it lies within 1σ of the middle, 86 % within 2σ."
        ),
        ("standard normal", "normal distribution", "Gaussian", "bell curve"),
    ),
    Term(
        N_("posterior"),
        N_(
            "What the encoder of a VAE makes of one image: a normal distribution with mean μ and standard deviation σ"
            " in each dimension. The ellipses show where 1σ and 2σ lie, at true scale."
        ),
        ("q(z|x)", "approximate posterior", "ellipse"),
    ),
    Term(
        N_("μ"),
        N_("The mean of an image's posterior: the middle of the codes that stand for it. The scatter shows it."),
        ("mu", "mean"),
    ),
    Term(
        N_("σ"),
        N_(
            "The standard deviation of an image's posterior: how far from the mean its codes are drawn. The decoder "
            "has to draw the same image for all of them."
        ),
        ("sigma", "standard deviation", "variance", "logvar"),
    ),
    Term(
        N_("ε"),
        N_(
            "Noise drawn from N(0, I). A sample of the posterior is z = μ + σ·ε, so that gradients reach μ and σ (the"
            " reparametrisation trick)."
        ),
        ("epsilon", "eps", "noise", "reparameterization trick", "reparametrisation trick"),
    ),
    Term(N_("z"), N_("A code: of an autoencoder the encoder's own, of a VAE a sample of the posterior, z = μ + σ·ε.")),
    Term(
        N_("reconstruction"),
        N_("What the decoder makes of an image's own code."),
        ("reconstruct", "output"),
    ),
    Term(
        N_("reconstruction error"),
        N_("How far a reconstruction is from its image: what an autoencoder learns to make small."),
        ("reconstruction loss",),
    ),
    Term(
        N_("squared error"),
        N_("The sum over all pixels of the squared differences, with pixels from 0 to 1."),
        ("MSE", "mean squared error"),
    ),
    Term(
        N_("likelihood"),
        N_(
            "How a reconstruction is judged: how probable the image is if the decoder's picture is the mean of a "
            "distribution, such as a normal one for each pixel. Losses of different likelihoods are on different "
            "scales and cannot be compared."
        ),
    ),
    Term(
        N_("KL divergence"),
        N_(
            "How far an image's posterior is from N(0, I), in nats: ½ Σ (σ² + μ² − log σ² − 1). It is 0 where both "
            "are the same, and then the code says nothing about the image."
        ),
        ("KL", "KLD", "KL loss", "Kullback-Leibler divergence", "regularisation", "regularization"),
    ),
    Term(
        N_("β"),
        N_(
            "The weight of the KL divergence in the loss. At 0 nothing holds the codes together; if it is too large "
            "they say nothing."
        ),
        ("beta", "beta-VAE", "KL weight"),
    ),
    Term(N_("nat"), N_("A unit of information, by the natural logarithm: 1 nat is 1.44 bits.")),
    Term(N_("loss"), N_("The number that training makes small: for a VAE, reconstruction error + β · KL divergence.")),
    Term(
        N_("ELBO"),
        N_(
            "The evidence lower bound: log p of an image under the model is at least as large. The negative ELBO is "
            "reconstruction error + KL divergence, both of weight 1; smaller is better."
        ),
        ("evidence lower bound", "variational bound"),
    ),
    Term(
        N_("posterior collapse"),
        N_(
            "A latent dimension whose posterior is N(0, I) for every image: it says nothing, and its slider changes "
            "nothing."
        ),
        ("collapse", "collapsed"),
    ),
    Term(
        N_("latent traversal"),
        N_("The pictures along one dimension while the others stay: the strip in a slider."),
        ("traversal",),
    ),
    Term(
        N_("interpolation"),
        N_("The pictures along a path from one code to another."),
        ("interpolate", "morph", "path"),
    ),
    Term(N_("manifold"), N_("All that the decoder can draw; the grid shows it over the plane of the scatter.")),
    Term(
        N_("hole"),
        N_(
            "A region between codes where no image lies. Its depth is the distance to the nearest code, in standard "
            "deviations of the codes (a Mahalanobis distance with a diagonal covariance)."
        ),
        ("gap", "empty region"),
    ),
    Term(
        N_("training images"),
        N_("The images that the model learns from."),
        ("training set",),
    ),
    Term(
        N_("test images"),
        N_("Images that no training step sees; figures and points are of them."),
        ("test set", "validation"),
    ),
    Term(N_("epoch"), N_("One pass over all training images.")),
    Term(
        N_("step"),
        N_("One change of the weights, by the gradient of the loss of one batch."),
        ("iteration",),
    ),
    Term(N_("batch"), N_("The images of one step.")),
    Term(
        N_("learning rate"),
        N_("How large the steps of the optimiser are."),
        ("lr",),
    ),
    Term(N_("gradient"), N_("The direction in which the loss grows fastest; its norm says how steeply.")),
    Term(N_("seed"), N_("The number that all random numbers follow from: with the same seed a training repeats.")),
    Term(
        N_("denoising"),
        N_("Restoring a clean image from a noisy one; a denoising autoencoder is trained to do so."),
        ("denoise", "noisy image"),
    ),
    Term(
        N_("temperature"),
        N_(
            "A factor for the standard deviation of random codes, × 1.0 at first: below 1 they stay nearer to the "
            "middle."
        ),
    ),
    Term(
        N_("random code"),
        N_("A code that no image was encoded to, drawn from a distribution such as N(0, I)."),
        ("sample", "sampling", "draw"),
    ),
    Term(
        N_("fitted normal"),
        N_(
            "A normal distribution with the mean and the standard deviations of a model's own codes: random codes "
            "from it lie as far out as real ones do."
        ),
    ),
    Term(
        N_("1σ · 39 %"),
        N_(
            "The circle one standard deviation from the middle of N(0, I): in two dimensions 39 % of random codes lie"
            " within it."
        ),
    ),
    Term(
        N_("raw z"),
        N_(
            "The code's own numbers. The opposite is to count standard deviations from the middle of each model's "
            "codes, so that models whose codes spread differently can share a cursor."
        ),
    ),
    Term(
        N_("mixture of Gaussians"),
        N_("Several normal distributions together, fitted to the codes: random codes from it fall where images are."),
        ("GMM", "Gaussian mixture"),
    ),
    Term(N_("nearest neighbour"), N_("The real image whose code is nearest to a code.")),
    Term(
        N_("principal component"),
        N_("A direction in which the codes vary most; the first two give the plane that shows most."),
        ("PCA",),
    ),
    Term(N_("t-SNE"), N_("A layout that keeps neighbours together. Its distances and axes have no unit.")),
)

GLOSSARY = {term.name: term for term in _TERMS}
