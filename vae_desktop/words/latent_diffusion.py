"""The diffusion of a model's latent space as a value: it is fitted once, kept with the model, and draws codes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from vae_desktop.errors import UserError
from vae_desktop.language import current, tr
from vae_desktop.latent.codes import Floats
from vae_desktop.seeds import random_numbers
from vae_desktop.words import GUIDANCE, STEPS
from vae_desktop.words.diffusion import Denoiser, guided, walk
from vae_desktop.words.facts import Subject
from vae_desktop.words.sentence_encoder import SentenceEncoder, SentenceReader
from vae_desktop.words.text_encoder import TEXT_DIM, TextEncoder, padded
from vae_desktop.words.understanding import Understanding, understand
from vae_desktop.words.vocabulary import LONGEST_WORD, MOST_WORDS, Vocabulary

Array = npt.NDArray[Any]

CAPTIONS = 2048  # whose vectors are kept of an autoencoder
_TOGETHER = 2000  # codes that are drawn at a time
_Network = TypeVar("_Network", bound=nn.Module)


@dataclass(frozen=True, eq=False)
class LatentDiffusion:
    """A diffusion that draws codes of one model, with or without words.

    Attributes
    ----------
    weights : mapping of name to array
        Of the networks ("denoiser.", "text."), "middle" and "scale" (d,) of the codes, and of an autoencoder with words
        "captions" (2048, T), the vectors of captions of training images.
    described : mapping
        All else, as JSON holds it: "words", "subject" and "examples" of the captions (`reading.ReadCaptions`); "width"
        and "layers" of the network; "images", of how many it was fitted to the codes; "seed"; of a sentence encoder of
        the person's own "sentences", its folder and the length of its vectors.
    step : int
        The training step of the model whose codes they were.
    """

    weights: Mapping[str, Array]
    described: Mapping[str, Any]
    step: int

    @property
    def latent_dim(self) -> int:
        return len(self.weights["middle"])

    @property
    def has_words(self) -> bool:
        """Whether it was fitted with captions."""
        return bool(self.described["words"])

    @property
    def subject(self) -> Subject:
        """What its captions speak of; raises KeyError without words."""
        return Subject.of_description(self.described["subject"])

    @property
    def examples(self) -> tuple[str, ...]:
        """Short texts that are understood, in the chosen language."""
        found = self.described["examples"]
        return tuple(found.get(current()) or found.get("en") or found.get("zh") or ())

    def understand(self, text: str) -> Understanding:
        """What is understood of a text, and the reason if it is refused."""
        return understand(text, self._vocabulary, self.described, self.examples)

    def draw(
        self, text: str | None, count: int, guidance: float = GUIDANCE, steps: int = STEPS, seed: int = 0
    ) -> Floats:
        """Walks from noise to codes (steps + 1, count, d), the noise first.

        Parameters
        ----------
        text : str, or None
            What the pictures shall show. None draws as the images are, of an autoencoder by captions of training images
            at random (see `_of_captions`). The guidance is of no account then.
        count : int
            The first codes stay the same when more are wanted.
        guidance : float
            How far the words are followed: 1 as learned, 0 not at all.
        steps : int
        seed : int

        Raises
        ------
        UserError
            If the text is refused, or the sentence encoder is not there.
        """
        if text is None:
            vectors, guidance = self._of_captions(count, seed), 1.0
        else:
            refusal = self.understand(text).refusal
            if refusal:
                raise UserError(refusal)
            vectors = self.vector(text)
        noise = random_numbers(seed, "diffusion", "noise").standard_normal((count, self.latent_dim), np.float32)
        walks = []
        for first in range(0, count, _TOGETHER):
            part = slice(first, first + _TOGETHER)
            own = vectors[part] if vectors is not None and vectors.ndim == 2 else vectors
            velocity = partial(self.velocity, vector=own, guidance=guidance)
            walks.append(walk(velocity, torch.from_numpy(noise[part]), steps).numpy())
        units = np.concatenate(walks, 1)
        return (self.weights["middle"] + self.weights["scale"] * units).astype(np.float32, copy=False)

    @torch.inference_mode()
    def velocity(self, codes: Tensor, times: Tensor, vector: Tensor | None, guidance: float = 1.0) -> Tensor:
        """Velocities (N, d) of noisy codes (N, d), in units of their spread, at times (N, 1).

        Parameters
        ----------
        vector : Tensor (T,) or (N, T), or None
            Of a text, or of one for each; None is without words.
        guidance : float
            As of `draw`.
        """
        denoiser = self._denoiser
        plain = denoiser.without_words.expand(len(codes), -1)
        if vector is None:
            return denoiser(codes, times, plain)
        told = vector.expand(len(codes), -1)
        if guidance == 1:
            return denoiser(codes, times, told)
        found = denoiser(codes.repeat(2, 1), times.repeat(2, 1), torch.cat([told, plain]))
        with_words, without_words = found.chunk(2)
        return guided(with_words, without_words, guidance)

    @torch.inference_mode()
    def vector(self, text: str) -> Tensor | None:
        """What the text encoder makes (T,) of a text; None if the text is refused."""
        understood = self.understand(text)
        if understood.refusal:
            return None
        if self._sentences is None:
            return self._text_encoder(torch.from_numpy(padded([understood.known], self._vocabulary)))[0]
        return self._text_encoder(torch.from_numpy(self._sentences.encode([text])))[0]

    def _of_captions(self, count: int, seed: int) -> Tensor | None:
        """What the denoiser is told of codes that no text asks for (count, T); None if it is told nothing.

        Of an autoencoder the caption of some training image each, so that fewer codes lie between the classes, from
        which its decoder has never drawn. A VAE's decoder has: its codes are drawn from posteriors, which reach there,
        and without captions they are of more kinds.
        """
        captions = self.weights.get("captions")
        if captions is None:
            return None
        chosen = random_numbers(seed, "diffusion", "captions").integers(len(captions), size=count)
        return torch.from_numpy(captions[chosen])

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary({word: count for word, (count, *_) in self.described["words"].items()})

    @cached_property
    def _denoiser(self) -> Denoiser:
        return _restored(self._blank_denoiser(), self.weights, "denoiser")

    def _blank_denoiser(self) -> Denoiser:
        return Denoiser(self.latent_dim, TEXT_DIM, self.described["width"], self.described["layers"])

    @cached_property
    def _text_encoder(self) -> TextEncoder | SentenceReader:
        return _restored(self._blank_text_encoder(self._vocabulary.words), self.weights, "text")

    @cached_property
    def _sentences(self) -> SentenceEncoder | None:
        """The sentence encoder that the captions were read by; raises UserError if it is not there."""
        sentences = self.described.get("sentences")
        return None if sentences is None else SentenceEncoder(Path(sentences[0]))

    def _blank_text_encoder(self, words: Sequence[str]) -> TextEncoder | SentenceReader:
        sentences = self.described.get("sentences")
        return TextEncoder(words) if sentences is None else SentenceReader(sentences[1])

    def tensors(self) -> dict[str, Array]:
        """All that is kept as tensors, by name."""
        return dict(self.weights)

    @classmethod
    def of_parts(cls, tensors: Mapping[str, Array], described: Any, step: int) -> "LatentDiffusion":
        """The diffusion that a file holds, trusting nothing in it.

        Raises
        ------
        UserError
            If something is missing or damaged.
        """
        try:
            _check_description(described)
            weights = {name: np.asarray(tensor, np.float32) for name, tensor in tensors.items()}
            found = cls(weights, described, step)
            wanted = found._shapes()
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _damaged() from error
        if {name: part.shape for name, part in weights.items()} != wanted:
            raise _damaged()
        if not all(np.isfinite(part).all() for part in weights.values()) or (weights["scale"] <= 0).any():
            raise _damaged()
        return found

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape that each tensor must have; raises KeyError if the file lacks those by which they are so large."""
        width, layers = self.described["width"], self.described["layers"]
        # Before networks of that size are made.
        large = {"denoiser.first.weight": (width, self.latent_dim)}
        large |= {f"denoiser.inner.{layer}.weight": (width, width) for layer in range(layers)}
        if any(self.weights[name].shape != shape for name, shape in large.items()):
            raise ValueError("width")
        own: dict[str, tuple[int, ...]] = {"middle": (self.latent_dim,), "scale": (self.latent_dim,)}
        networks: dict[str, nn.Module] = {"denoiser": self._blank_denoiser()}
        if self.has_words:
            networks["text"] = self._blank_text_encoder(())
            if "captions" in self.weights:
                own["captions"] = (CAPTIONS, TEXT_DIM)
        for prefix, network in networks.items():
            own |= {f"{prefix}.{name}": tuple(part.shape) for name, part in network.named_parameters()}
        return own


def _restored(network: _Network, weights: Mapping[str, Array], prefix: str) -> _Network:
    """A network with its weights, which stand in a mapping under its prefix."""
    for name, parameter in network.named_parameters():
        parameter.data = torch.from_numpy(weights[f"{prefix}.{name}"])
    return network.eval().requires_grad_(False)


def _check_description(described: Any) -> None:
    """Raise ValueError unless a description is one that `fit` may have written."""
    for name, most in (("width", 4096), ("layers", 64), ("images", 2**40), ("seed", 2**63)):
        number = described[name]
        if type(number) is not int or not 0 <= number <= most:
            raise ValueError(name)
    words = described["words"]
    if len(words) > MOST_WORDS or not all(isinstance(word, str) and 0 < len(word) <= LONGEST_WORD for word in words):
        raise ValueError("words")
    for count, says, share in words.values():
        if type(count) is not int or type(says) is not str or type(share) is not float:
            raise ValueError("words")
    if words:
        Subject.of_description(described["subject"])
    folder, dimensions = described.get("sentences", ("", 1))
    if type(folder) is not str or type(dimensions) is not int or not 0 < dimensions <= 2**16:
        raise ValueError("sentences")
    examples = described["examples"]
    if not all(isinstance(text, str) for language in examples for text in examples[language]):
        raise ValueError("examples")


def _damaged() -> UserError:
    return UserError(tr("What the file holds of words is damaged; fit them again."))
