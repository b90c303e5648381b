"""The words part of a model's file, a latent diffusion: where it is damaged or newer, the model opens without it."""

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from vae_desktop.errors import CheckpointError, UserError
from vae_desktop.language import tr
from vae_desktop.training import tensor_file
from vae_desktop.training.frames import MAX_STEP
from vae_desktop.training.tensor_file import Array, TensorInfo, require

if TYPE_CHECKING:
    from vae_desktop.words.latent_diffusion import LatentDiffusion

PREFIX = "words"
FORMAT = 1  # of what a file says of its words; a newer one costs the words, not the model
_DESCRIBED = "described"  # JSON, as bytes: a vocabulary has no room in the header
_MOST_BYTES = 2**28  # a hundred times what the app writes
_DAMAGE = CheckpointError, UserError, KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError


def words_tensors(diffusion: "LatentDiffusion") -> dict[str, Array]:
    """The tensors of a diffusion as they lie in a file, their names begun by the prefix."""
    text = json.dumps(diffusion.described, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    tensors = {_DESCRIBED: np.frombuffer(text.encode(), np.uint8), **diffusion.tensors()}
    return {f"{PREFIX}.{name}": tensor for name, tensor in tensors.items()}


def said_of_words(diffusion: "LatentDiffusion", tensors: Mapping[str, Array]) -> dict[str, Any]:
    """What the metadata says of a diffusion, whose tensors are among these as they are written."""
    own = {name: tensor for name, tensor in tensors.items() if name.startswith(f"{PREFIX}.")}
    return {"format": FORMAT, "step": diffusion.step, "digest": _digest(own)}


def read_words(
    name: str, file: BinaryIO, said: Any, infos: Mapping[str, TensorInfo], latent_dim: int
) -> "tuple[LatentDiffusion | None, str]":
    """The diffusion in a file.

    Parameters
    ----------
    name : str
        That of the file.
    said : object
        What its metadata says of it, not checked; None where there is none.
    infos : mapping
        Of its tensors, their names begun by the prefix.
    latent_dim : int
        Of the model.

    Returns
    -------
    (LatentDiffusion or None, str)
        None, and in a sentence why, where it cannot be used; "" where there is none.
    """
    if said is None and not infos:
        return None, ""
    if isinstance(said, dict) and type(said.get("format")) is int and said["format"] > FORMAT:
        text = tr(
            "{file} has words that only a newer vae_desktop can read: the model is here without them. Saving to the "
            "same file would drop them."
        )
        return None, text.format(file=name)
    try:
        return _read(file, said, infos, latent_dim), ""
    except _DAMAGE as error:
        text = tr(
            "The words in {file} are damaged, and the model is here without them: {reason} They can be fitted anew; "
            "saving to the same file drops them."
        )
        reason = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}."
        return None, text.format(file=name, reason=reason)


def _read(file: BinaryIO, said: Any, infos: Mapping[str, TensorInfo], latent_dim: int) -> "LatentDiffusion":
    wrong = tr("they are not what the file says of them.")
    require(isinstance(said, dict) and type(said.get("step")) is int and 0 <= said["step"] <= MAX_STEP, wrong)
    require(sum(info.bytes for info in infos.values()) <= _MOST_BYTES, tr("they are larger than any of this app."))
    raw = {name: tensor_file.read_raw(file, info) for name, info in infos.items()}
    require(said.get("digest") == _digest(raw), wrong)
    tensors = {name.removeprefix(f"{PREFIX}."): tensor_file.as_single(tensor) for name, tensor in raw.items()}
    described = tensor_file.strict_json(tensors.pop(_DESCRIBED).tobytes())
    from vae_desktop.words.latent_diffusion import LatentDiffusion

    diffusion = LatentDiffusion.of_parts(tensors, described, said["step"])
    require(diffusion.latent_dim == latent_dim, wrong)
    return diffusion


def _digest(tensors: Mapping[str, Array]) -> str:
    """A hash of names, kinds and numbers of tensors: one changed bit is noticed, which weights would not show."""
    digest = blake2b(digest_size=8)
    for name in sorted(tensors):
        tensor = np.ascontiguousarray(tensors[name])
        digest.update(f"{name} {tensor.dtype.str} {tensor.shape}\n".encode())
        digest.update(tensor.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
