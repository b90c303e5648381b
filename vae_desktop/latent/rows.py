"""The figures that models of MNIST are known by elsewhere, where a model is of that kind; needs no torch."""

from collections.abc import Mapping
from typing import Any

from vae_desktop.config import DatasetConfig, RunConfig

_MNIST_SHAPE = (1, 28, 28)


def known_rows(
    config: RunConfig, dataset: DatasetConfig, image_shape: tuple[int, int, int], values: Mapping[str, Any]
) -> dict[str, float | None]:
    """Of a model's measured values, those that compare with figures published for MNIST, under their own names.

    Parameters
    ----------
    config : RunConfig
        The run's.
    dataset, image_shape
        Of the images it was measured on. Only MNIST's test images, as they are, count.
    values : mapping
        By the keys of MEASURES.
    """
    if not (config.dataset.name == dataset.name == "mnist" and image_shape == _MNIST_SHAPE):
        return {}
    if dataset.measured_on != "test":
        return {}
    model = config.model
    rows: dict[str, float | None] = {}
    is_vae = model.kind == "vae"
    if is_vae and model.likelihood == "bernoulli" and model.latent_dim in (2, 20):
        rows[f"elbo_{model.latent_dim}d_bernoulli"] = values["negative_elbo"]
    if model.latent_dim != 2:
        return rows
    # The optimum is that of β = 1 only if the run's is.
    if is_vae and model.likelihood == "squared-error" and config.kl_weight == 1:
        optimum = values.get("linear_vae_optimum")  # not everything is measured each time
        rows["sse_kl_2d"] = None if optimum is None else values["test_loss"] / optimum
    if model.kind == "ae":
        rows["ae_2d_mse"] = values.get("pca_ratio")
    rows["knn_2d"] = values["knn_accuracy"]
    return rows
