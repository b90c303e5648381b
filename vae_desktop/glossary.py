"""The words of the field that stand in the window, each explained in a sentence or two.

What is measured is defined in `latent/measures.py`; the window's glossary shows both.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """A word and what it means.

    Attributes
    ----------
    name : str
        As it stands in the window.
    text : str
        What it means, in plain sentences.
    """

    name: str
    text: str


_TERMS = (
    Term(
        "autoencoder",
        "Two networks that learn together: an encoder squeezes an image into a short code, a decoder draws it "
        "back. It learns from the error of the picture alone, without labels.",
    ),
    Term(
        "variational autoencoder",
        "An autoencoder whose encoder gives a normal distribution instead of a point, and whose loss keeps these "
        "distributions near N(0, I). New images can then be made: decode random codes from N(0, I).",
    ),
    Term(
        "encoder",
        "The network that turns an image into a code: for a VAE, into a mean μ and a standard deviation σ.",
    ),
    Term("decoder", "The network that draws a picture from a code."),
    Term("code", "A few numbers that stand for an image, one for each latent dimension: what the encoder makes of it."),
    Term("latent space", "The space of all codes. Each of its points can be decoded, also where no image lies."),
    Term("latent dimension", "One of the numbers of a code, one axis of the latent space; each has a slider."),
    Term(
        "prior",
        "The distribution that codes are to follow before any image is seen, here N(0, I). New images are drawn "
        "from it.",
    ),
    Term(
        "N(0, I)",
        "The standard normal distribution: independent in each dimension, with mean 0 and standard deviation 1. In "
        "two dimensions 39 % of it lies within 1σ of the middle, 86 % within 2σ.",
    ),
    Term(
        "posterior",
        "What the encoder of a VAE makes of one image: a normal distribution with mean μ and standard deviation σ "
        "in each dimension. The ellipses show where 1σ and 2σ lie, at true scale.",
    ),
    Term("μ", "The mean of an image's posterior: the middle of the codes that stand for it. The scatter shows it."),
    Term(
        "σ",
        "The standard deviation of an image's posterior: how far from the mean its codes are drawn. The decoder "
        "has to draw the same image for all of them.",
    ),
    Term(
        "ε",
        "Noise drawn from N(0, I). A sample of the posterior is z = μ + σ·ε, so that gradients reach μ and σ (the "
        "reparametrisation trick).",
    ),
    Term("z", "A code: of an autoencoder the encoder's own, of a VAE a sample of the posterior, z = μ + σ·ε."),
    Term("reconstruction", "What the decoder makes of an image's own code."),
    Term(
        "reconstruction error",
        "How far a reconstruction is from its image: what an autoencoder learns to make small.",
    ),
    Term("squared error", "The sum over all pixels of the squared differences, with pixels from 0 to 1."),
    Term(
        "likelihood",
        "How a reconstruction is judged: how probable the image is if the decoder's picture is the mean of a "
        "distribution, such as a normal one for each pixel. Losses of different likelihoods are on different "
        "scales and cannot be compared.",
    ),
    Term(
        "KL divergence",
        "How far an image's posterior is from N(0, I), in nats: ½ Σ (σ² + μ² − log σ² − 1). It is 0 where both are "
        "the same, and then the code says nothing about the image.",
    ),
    Term(
        "β",
        "The weight of the KL divergence in the loss. At 0 nothing holds the codes together; if it is too large "
        "they say nothing.",
    ),
    Term("nat", "A unit of information, by the natural logarithm: 1 nat is 1.44 bits."),
    Term("loss", "The number that training makes small: for a VAE, reconstruction error + β · KL divergence."),
    Term(
        "ELBO",
        "The evidence lower bound: log p of an image under the model is at least as large. The negative ELBO is "
        "reconstruction error + KL divergence, both of weight 1; smaller is better.",
    ),
    Term(
        "posterior collapse",
        "A latent dimension whose posterior is N(0, I) for every image: it says nothing, and its slider changes "
        "nothing.",
    ),
    Term("latent traversal", "The pictures along one dimension while the others stay: the strip in a slider."),
    Term("interpolation", "The pictures along a path from one code to another."),
    Term("manifold", "All that the decoder can draw; the grid shows it over the plane of the scatter."),
    Term(
        "hole",
        "A region between codes where no image lies. Its depth is the distance to the nearest code, in standard "
        "deviations of the codes (a Mahalanobis distance with a diagonal covariance).",
    ),
    Term("training images", "The images that the model learns from."),
    Term("test images", "Images that no training step sees; figures and points are of them."),
    Term("epoch", "One pass over all training images."),
    Term("step", "One change of the weights, by the gradient of the loss of one batch."),
    Term("batch", "The images of one step."),
    Term("learning rate", "How large the steps of the optimiser are."),
    Term("gradient", "The direction in which the loss grows fastest; its norm says how steeply."),
    Term("seed", "The number that all random numbers follow from: with the same seed a training repeats."),
    Term("denoising", "Restoring a clean image from a noisy one; a denoising autoencoder is trained to do so."),
    Term(
        "temperature",
        "A factor for the standard deviation of random codes, × 1.0 at first: below 1 they stay nearer to the "
        "middle.",
    ),
    Term("random code", "A code that no image was encoded to, drawn from a distribution such as N(0, I)."),
    Term(
        "fitted normal",
        "A normal distribution with the mean and the standard deviations of a model's own codes: random codes from "
        "it lie as far out as real ones do.",
    ),
    Term(
        "1σ · 39 %",
        "The circle one standard deviation from the middle of N(0, I): in two dimensions 39 % of random codes lie "
        "within it.",
    ),
    Term(
        "raw z",
        "The code's own numbers. The opposite is to count standard deviations from the middle of each model's "
        "codes, so that models whose codes spread differently can share a cursor.",
    ),
    Term(
        "mixture of Gaussians",
        "Several normal distributions together, fitted to the codes: random codes from it fall where images are.",
    ),
    Term("nearest neighbour", "The real image whose code is nearest to a code."),
    Term(
        "principal component",
        "A direction in which the codes vary most; the first two give the plane that shows most.",
    ),
    Term("t-SNE", "A layout that keeps neighbours together. Its distances and axes have no unit."),
)

GLOSSARY = {term.name: term for term in _TERMS}
