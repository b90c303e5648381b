"""What the lab knows of the diffusion in a latent space, and of what words asked of it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fitted:
    """The diffusion in a model's latent space.

    Attributes
    ----------
    step : int
        Of the model whose codes it was fitted to.
    images : int
        How many of these codes there were.
    seconds : float, or None
        What it took, where that is known.
    """

    step: int
    images: int
    seconds: float | None = None


@dataclass(frozen=True)
class Asked:
    """Pictures that were asked for by words in the tool *Words*.

    Attributes
    ----------
    text : str
    guidance : float
    count : int
        How many pictures there are.
    name : str
        Of the class that was asked for; "" where the words name none.
    right : int
        How many of them a classifier takes for that class.
    spread : float
        How varied they are: mean squared error against their mean picture, summed over pixels.
    """

    text: str
    guidance: float
    count: int
    name: str
    right: int
    spread: float
