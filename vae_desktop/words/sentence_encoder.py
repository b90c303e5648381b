"""A sentence encoder of the person's own in place of the small one: any folder that sentence-transformers reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch.nn.functional as F
from torch import Tensor, nn

from vae_desktop.errors import UserError
from vae_desktop.language import tr
from vae_desktop.latent.codes import Floats
from vae_desktop.models.randomness import generator
from vae_desktop.words.text_encoder import TEXT_DIM

_INSTALL = "python -m pip install 'vae-desktop[words]'"


class SentenceEncoder:
    """Encodes whole texts (Reimers & Gurevych 2019, arXiv 1908.10084).

    Parameters
    ----------
    folder : Path
        On this machine; nothing is downloaded, no code in it is run, and no pickle is read.

    Raises
    ------
    UserError
        If the library is not installed, or the folder holds no sentence encoder.
    """

    def __init__(self, folder: Path) -> None:
        # A path of another machine may stand in a model's file, and to look there would tell it who asks.
        if str(folder).startswith(("//", "\\\\")) or not folder.is_dir():
            text = tr("The sentence encoder in {folder} is not there. Fit the words again, or put it back.")
            raise UserError(text.format(folder=folder))
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            text = tr("A sentence encoder needs sentence-transformers. Install that and start again: {command}")
            raise UserError(text.format(command=_INSTALL)) from error
        try:
            self._model: Any = SentenceTransformer(
                str(folder),
                device="cpu",
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )
        except Exception as error:
            text = tr("{folder} holds no sentence encoder that can be read: {reason}")
            raise UserError(text.format(folder=folder, reason=error)) from error

    def encode(self, texts: Sequence[str]) -> Floats:
        """Vectors (N, D) of texts."""
        found = self._model.encode(list(texts), convert_to_numpy=True, show_progress_bar=False)
        return np.asarray(found, np.float32)


class SentenceReader(nn.Module):
    """Makes of a sentence encoder's vectors what the denoiser is told.

    Parameters
    ----------
    dimensions : int
        D, of a sentence encoder's vectors.
    """

    def __init__(self, dimensions: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(dimensions, 2 * TEXT_DIM)
        self.last = nn.Linear(2 * TEXT_DIM, TEXT_DIM)

    def initialize(self, seed: int) -> None:
        """Draw the weights."""
        for name, parameter in self.named_parameters():
            if parameter.ndim < 2:
                nn.init.zeros_(parameter)
            else:
                nn.init.kaiming_normal_(parameter, nonlinearity="relu", generator=generator(seed, "sentences", name))

    def forward(self, sentences: Tensor) -> Tensor:
        """Vectors (N, 64) of sentences (N, D)."""
        return self.last(F.silu(self.hidden(F.normalize(sentences))))
