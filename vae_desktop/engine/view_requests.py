"""What a view asks of the thread that runs models, besides the current point.

Each is work in small parts, so that the current point never waits for it and training hardly notices it. What a hand
waits for is urgent: it comes before all others, however much training they may disturb. Of each view only the newest
request counts.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from vae_desktop.config import RunConfig
from vae_desktop.data.dataset import Images
from vae_desktop.latent.codes import Codes, Floats, Picture
from vae_desktop.latent.grid import Indices

if TYPE_CHECKING:
    from vae_desktop.latent.one_image import Coded, Nearest, Restored
    from vae_desktop.models.autoencoder import Autoencoder

PART = 0.003  # seconds that a part of the work takes, about
_SAME = 1e-5  # apart in every coordinate at most
TELL = 0.15  # seconds from one picture of work under way to the next


@dataclass(frozen=True, eq=False)
class ViewRequest:
    """What a view asks for.

    Attributes
    ----------
    view : str
        Who asks; a newer request of the same view replaces this one.
    run_id : int
    follows_training : bool
        Whether it is worked on again with each newer snapshot of the model.
    is_urgent : bool
        Whether a hand waits for it.
    """

    view: str
    run_id: int
    follows_training: ClassVar[bool] = False
    is_urgent: ClassVar[bool] = False

    def work(self, model: Autoencoder, before: Any) -> Iterator[Any]:
        """Yield None after each part, and now and then an answer; `before` is the last one of an earlier pass."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class SheetRequest(ViewRequest):
    """Pictures of many codes, coarse first.

    Attributes
    ----------
    codes : array (M, d), float32
    side : int
        Longer side that a picture needs, in pixels; larger ones are made smaller.
    passes : sequence of (new, source)
        As latent.grid.coarse_first gives them; by default all codes in one pass.
    """

    codes: Floats
    side: int
    passes: Sequence[tuple[Indices, Indices]] = ()

    follows_training = True

    def work(self, model: Autoencoder, before: Picture | None) -> Iterator[Picture | None]:
        """Yield None after each part and, now and then and at the end, the pictures (M, h, w, C), uint8.

        `before` are the pictures of an earlier pass, which then are replaced one after the other.
        """
        import torch

        from vae_desktop.latent.embed import decode_to_small_pictures

        codes = torch.from_numpy(self.codes)
        everything = np.arange(len(codes))
        pictures: Picture | None = None if before is None else before.copy()
        told, count = time.monotonic(), 1
        for new, source in self.passes or [(everything, everything)]:
            place = 0
            while place < len(new):
                began = time.monotonic()
                chosen = new[place : place + count]
                part = decode_to_small_pictures(model.decoder, codes[chosen], self.side)
                if pictures is None:
                    pictures = np.zeros((len(codes), *part.shape[1:]), np.uint8)
                pictures[chosen] = part
                place += len(chosen)
                now = time.monotonic()
                count = 2 * count if now - began < PART / 2 else max(1, count // 2) if now - began > PART else count
                is_due = before is not None and now - told > TELL
                told = now if is_due else told
                yield pictures.copy() if is_due else None
            if before is None and pictures is not None:
                yield pictures[source]
        if before is not None and pictures is not None:
            yield pictures


@dataclass(frozen=True, eq=False)
class DistanceRequest(ViewRequest):
    """Mahalanobis distances (M,), float32, of points (M, d) from the nearest code; see latent.code_distances."""

    points: Floats
    codes: Codes

    def work(self, model: Autoencoder, before: Floats | None) -> Iterator[Floats | None]:
        """Yield None after each part, and the distances at the end."""
        from vae_desktop.latent.code_distances import code_distances

        parts = []
        for part in code_distances(self.points, self.codes):
            parts.append(part)
            yield None
        yield np.concatenate(parts)


@dataclass(frozen=True, eq=False)
class CodeRequest(ViewRequest):
    """An image's (C, H, W) way through a model, with samples of its posterior by noise (K, d): a Coded.

    See latent.one_image.code_image. While the model trains, later parts are of newer weights than earlier ones, until
    a pass follows that no training interrupts.
    """

    config: RunConfig
    image: Images
    noise: Floats

    follows_training = True
    is_urgent = True

    def work(self, model: Autoencoder, before: Coded | None) -> Iterator[Coded | None]:
        from vae_desktop.latent.one_image import code_image

        yield from code_image(model, self.config, self.image, self.noise)


@dataclass(frozen=True, eq=False)
class PosteriorRequest(ViewRequest):
    """The same of an image that is not at hand, from its posterior; see latent.one_image.decode_posterior."""

    config: RunConfig
    codes: Codes
    noise: Floats

    follows_training = True
    is_urgent = True

    def work(self, model: Autoencoder, before: Coded | None) -> Iterator[Coded | None]:
        from vae_desktop.latent.one_image import decode_posterior

        yield from decode_posterior(model, self.config, self.codes, self.noise)


@dataclass(frozen=True, eq=False)
class RestoreRequest(ViewRequest):
    """An image (C, H, W) with noise and restored: a Restored; see latent.one_image.restore_image."""

    image: Images
    noise: str
    strength: float
    seed: int

    follows_training = True
    is_urgent = True

    def work(self, model: Autoencoder, before: Restored | None) -> Iterator[Restored]:
        from vae_desktop.latent.one_image import restore_image

        yield restore_image(model, self.image, self.noise, self.strength, self.seed)


@dataclass(frozen=True, eq=False)
class NearestRequest(ViewRequest):
    """The images (N, C, H, W) nearest, pixel by pixel, to an image (C, H, W), or to what a code (d,) decodes to."""

    code: Floats
    images: Images
    count: int
    image: Images | None = None

    def work(self, model: Autoencoder, before: Nearest | None) -> Iterator[Nearest | None]:
        import torch

        from vae_desktop.latent.embed import decode_to_pictures
        from vae_desktop.latent.one_image import nearest_images

        image = self.image
        if image is None:
            picture = decode_to_pictures(model.decoder, torch.from_numpy(self.code)[None])[0]
            image = np.ascontiguousarray(picture.transpose(2, 0, 1))
        for found in nearest_images(image[None], self.images, self.count):
            yield found[0] if found else None


@dataclass(frozen=True, eq=False)
class TypicalRequest(ViewRequest):
    """How far a test image is from the nearest training image; see latent.one_image.typical_distance."""

    test: Images
    train: Images

    def work(self, model: Autoencoder, before: float | None) -> Iterator[float | None]:
        from vae_desktop.latent.one_image import typical_distance

        yield from typical_distance(self.test, self.train)


@dataclass(frozen=True, eq=False)
class NeighbourDistanceRequest(ViewRequest):
    """Median nearest-neighbour distance of codes; see latent.code_distances.median_neighbour_distance."""

    codes: Codes

    def work(self, model: Autoencoder, before: float | None) -> Iterator[float | None]:
        from vae_desktop.latent.code_distances import median_neighbour_distance

        yield from median_neighbour_distance(self.codes)


@dataclass(frozen=True, eq=False)
class MissingRequest(ViewRequest):
    """Which fraction of codes from N(0, I) lies off the codes; see latent.code_distances.fraction_missing."""

    codes: Codes

    def work(self, model: Autoencoder, before: float | None) -> Iterator[float | None]:
        """Yield None after each part, and the fraction at the end."""
        from vae_desktop.latent.code_distances import fraction_missing

        yield from fraction_missing(self.codes)


@dataclass(frozen=True, eq=False)
class PlacesRequest(ViewRequest):
    """Where points (M, d) lie with respect to the codes: an array (M,) of latent.code_distances.Place."""

    points: Floats
    codes: Codes

    def work(self, model: Autoencoder, before: npt.NDArray[np.int8] | None) -> Iterator[npt.NDArray[np.int8] | None]:
        """Yield None after each part, and the array at the end."""
        from vae_desktop.latent.code_distances import places

        yield from places(self.points, self.codes)


def are_same(asked: ViewRequest, request: ViewRequest) -> bool:
    """Whether both are for pictures of the same codes: to begin them anew would show them coarse again."""
    if not isinstance(asked, SheetRequest) or not isinstance(request, SheetRequest):
        return False
    if (asked.run_id, asked.side, asked.codes.shape) != (request.run_id, request.side, request.codes.shape):
        return False
    is_near = np.abs(asked.codes - request.codes).max(initial=0) <= _SAME  # a third of the time of np.allclose
    return len(asked.passes) == len(request.passes) and bool(is_near)
