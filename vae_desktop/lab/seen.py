"""What the lab knows of the window: the facts that its checks look at, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from vae_desktop.config import RunConfig
from vae_desktop.lab.seen_diffusion import Asked, Fitted
from vae_desktop.latent.codes import Codes, Floats, Picture

if TYPE_CHECKING:
    from vae_desktop.training.observed_step import Balance
    from vae_desktop.words.pixels import PixelsBesideCodes


@dataclass(frozen=True)
class Stretch:
    """A part of a training in which β stayed the same.

    Attributes
    ----------
    beta : float
    steps : int
        How long it was, or has been.
    losses : (float, float), or None
        Reconstruction and KL divergence when the test images were judged last under this β.
    """

    beta: float
    steps: int
    losses: tuple[float, float] | None = None


@dataclass(frozen=True, eq=False)
class Model:
    """A model as it is now.

    Attributes
    ----------
    config : RunConfig
    step : int
        How far it has been trained.
    pixels : int
        Numbers of an image, C·H·W.
    codes : Codes, or None
        Of the test images.
    losses : mapping
        Of the test images, when they were last judged: "reconstruction", "kl" (nats), "total".
    figures : mapping
        What was measured, by the keys of `latent.measures.MEASURES`, of the model as it is now.
    beta : float
        The weight of the KL divergence now.
    has_images : bool
        Whether the images that it learns from are at hand.
    number : int
        Tells it from all others.
    stretches : tuple of Stretch
        Of its training, one after the other.
    trains : bool
        Whether its training is under way, be it held or about to end.
    balance : Balance, or None
        How the two terms of its loss pulled in its last step, if that was taken singly.
    diffusion : Fitted, or None
    """

    config: RunConfig
    step: int
    pixels: int
    codes: Codes | None = None
    losses: Mapping[str, float] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)
    beta: float = 1.0
    has_images: bool = True
    number: int = 0
    stretches: tuple[Stretch, ...] = ()
    trains: bool = False
    balance: Balance | None = None
    diffusion: Fitted | None = None

    @property
    def kind(self) -> str:
        """Which kind of model it is, by its name in the catalogue: "ae", "vae", ..."""
        return self.config.model.kind

    @property
    def latent_dim(self) -> int:
        return self.config.model.latent_dim


@dataclass(frozen=True, eq=False)
class CodedImage:
    """The image of the tool *One image*, as the model codes it.

    Attributes
    ----------
    is_own : bool
        Whether the person drew it or brought it.
    mean, sigma : array (d,)
        Of its posterior; an autoencoder has no σ.
    error, kl : float, or None
        The terms of its loss, as far as they are known.
    draws : int
        How often it was sampled again.
    picture : array (H, W, C), uint8, or None
        What the decoder draws from the mean.
    apart : float, or None
        Squared error, summed over pixels, between that and what is drawn from the sample.
    """

    is_own: bool
    mean: Floats
    sigma: Floats | None
    error: float | None
    kl: float | None
    draws: int
    picture: Picture | None = None
    apart: float | None = None


@dataclass(frozen=True, eq=False)
class Noise:
    """The image of the tool *Denoise*: what was done to it, and what the model makes of that.

    Attributes
    ----------
    strength : float
        0 to 1.
    noisy, restored, reconstruction : float
        Squared errors against the clean image: of the noisy one, the restored one, and what the model makes of the
        clean one.
    """

    strength: float
    noisy: float
    restored: float
    reconstruction: float


@dataclass(frozen=True, eq=False)
class Samples:
    """Random codes as the tool *Samples* shows them.

    Attributes
    ----------
    source : str
        "prior", "box" or "mixture".
    count, off : int
        How many there are, and how many of them lie off the codes of real images; -1 as long as nobody knows.
    """

    source: str
    count: int
    off: int


@dataclass(frozen=True, eq=False)
class Normals:
    """The window *KL between two normals*.

    Attributes
    ----------
    p, q : (float, float)
        Mean and standard deviation.
    kl : float
        The divergence of P from Q, in nats.
    slip : str
        The slip that is switched in, "half", "mixed" or "pixels"; else "".
    right, wrong : float, or None
        The number as it is, and with the slip.
    shares : (float, float), or None
        What part of a loss the KL divergence is, with a sum over pixels and with a mean, where that slip is chosen.
    """

    p: tuple[float, float]
    q: tuple[float, float]
    kl: float
    slip: str = ""
    right: float | None = None
    wrong: float | None = None
    shares: tuple[float, float] | None = None


@dataclass(frozen=True, eq=False)
class Seen:
    """The window at one moment.

    Attributes
    ----------
    workspace : {"playground", "comparison"}
    tool : str
        The tool in front: "learningCurves", "runs", "measures", "samples", "path", "drawing", "denoising".
    model : Model, or None
        The one on screen.
    compared : tuple of Model
        Those side by side, in the order of their columns.
    runs : tuple of Model
        All that there are, in their order.
    is_training : bool
    code : array (d,), or None
        The current point.
    steers, jumps : int
        How often the current point was moved by slider, drag or key so far, and how often by anything else.
    distance : float, or None
        Of the current point from the nearest code, in units of how far codes lie from one another.
    picture : array (H, W, C), uint8, or None
        What the decoder draws at the current point.
    image : CodedImage, or None
    samples : Samples, or None
    noise : Noise, or None
    path_fraction : float
        How far along the path the point is.
    anchor_classes : tuple of str
        The classes of the path's anchors, one after the other; "" for points.
    steps_off : array (n,), bool, or None
        Which of the path's steps lie off the codes of real images, as soon as it is known.
    overlays : frozenset of str
        What is laid over the scatter.
    shows_grid : bool
    shows_formulas : bool
        Whether the computation of the image is in sight.
    normals : Normals, or None
        While that window is open.
    compared_points : str
        What the scatters side by side show: "means", "samples" or "fitting", as the menu names them.
    has_common_scale : bool
        Whether they have one scale.
    asked : tuple of Asked
        What was asked for by words of the model on screen and judged, the newest last.
    beside : PixelsBesideCodes, or None
        Where both were fitted to the model on screen as it is.
    """

    workspace: str = "playground"
    tool: str = ""
    model: Model | None = None
    compared: tuple[Model, ...] = ()
    runs: tuple[Model, ...] = ()
    is_training: bool = False
    code: Floats | None = None
    steers: int = 0
    jumps: int = 0
    distance: float | None = None
    picture: Picture | None = None
    image: CodedImage | None = None
    samples: Samples | None = None
    noise: Noise | None = None
    path_fraction: float = 0.0
    overlays: frozenset[str] = frozenset()
    anchor_classes: tuple[str, ...] = ()
    steps_off: npt.NDArray[np.bool_] | None = None
    shows_grid: bool = False
    shows_formulas: bool = False
    normals: Normals | None = None
    compared_points: str = "fitting"
    has_common_scale: bool = False
    asked: tuple[Asked, ...] = ()
    beside: PixelsBesideCodes | None = None
