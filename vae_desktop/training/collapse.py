"""Whether a run's settings must empty latent dimensions, known before it begins; needs no torch."""

import math

from vae_desktop.config import RunConfig
from vae_desktop.data.spectrum import Spectrum


def collapse_warning(config: RunConfig, spectrum: Spectrum) -> str:
    """What β does to this model on these images, in plain words; "" if every latent dimension can hold something."""
    model, beta = config.model, config.kl_weight
    if not model.traits.is_variational or not model.traits.reconstruction_weight or not beta:
        return ""
    useful = spectrum.useful_dimensions(model.likelihood, beta, model.latent_dim)
    if useful == model.latent_dim:
        return ""
    if useful:
        what = (
            f"only {useful} of the {model.latent_dim} latent dimensions can hold anything of these images; "
            "the rest collapses"
        )
    else:
        what = "no latent dimension can hold anything of these images; every one collapses"
    largest = _rounded_down(spectrum.largest_beta(model.likelihood, model.latent_dim))
    remedy = f"β up to {largest:g} keeps all" if largest else "these images vary in fewer directions"
    return f"At β = {beta:g} {what} onto N(0, 1): {remedy}."


def _rounded_down(value: float) -> float:
    """Two figures, never more than the value."""
    if value <= 0:
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    return round(math.floor(value / unit) * unit, 12)
