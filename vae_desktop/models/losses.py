"""The terms of the loss, as pure functions of tensors: per image and per dimension first, sums later."""

from torch import Tensor


def squared_error(images: Tensor, reconstructions: Tensor) -> Tensor:
    """Squared error of each image, summed over its pixels.

    Up to a constant this is the negative log-likelihood, in nats, of a normal decoder whose variance is ½
    (Kingma & Welling 2014, arXiv 1312.6114, appendix C.2). A mean over pixels is not offered: it would make
    the KL term win and the latent space collapse.

    Parameters
    ----------
    images, reconstructions : Tensor (N, C, H, W), 0 to 1

    Returns
    -------
    Tensor (N,)
    """
    return (reconstructions - images).square().flatten(1).sum(1)


def kl_divergence(mean: Tensor, log_stddev: Tensor) -> Tensor:
    """KL divergence, in nats, of each latent dimension's posterior N(μ, σ²) from the prior N(0, 1).

    ½ (σ² + μ² − log σ² − 1), with log σ as the argument (Kingma & Welling 2014, appendix B). The sum over
    dimensions is an image's KL; the mean of those over images is the loss's term.

    Parameters
    ----------
    mean, log_stddev : Tensor (N, d)

    Returns
    -------
    Tensor (N, d), not negative
    """
    return -0.5 * (1 + 2 * log_stddev - mean.square() - (2 * log_stddev).exp())
