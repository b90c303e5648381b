"""What the lab knows of diffusions: one in a latent space, what words asked of it, and one in pixels beside it."""

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


@dataclass(frozen=True)
class Drawing:
    """A diffusion that was fitted for a comparison, and what it draws.

    Attributes
    ----------
    numbers : int
        Of what it draws: pixels of an image, or of a code.
    products : float
        Multiplications for one picture, in millions; of a code with those of the decoder.
    seconds : float
        That its fitting took, of as many steps.
    precision, recall : float, 0 to 1
    """

    numbers: int
    products: float
    seconds: float
    precision: float
    recall: float


@dataclass(frozen=True)
class Beside:
    """Diffusion in pixels beside diffusion in the codes of the model on screen.

    Attributes
    ----------
    pixels, codes : Drawing
    """

    pixels: Drawing
    codes: Drawing
