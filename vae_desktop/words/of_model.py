"""Words for a model: its codes of the training images, captions of these, and the diffusion fitted to both."""

from collections.abc import Callable
from pathlib import Path

from vae_desktop.config import ModelConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.errors import UserError
from vae_desktop.language import tr
from vae_desktop.latent.codes import Floats
from vae_desktop.latent.embed import codes_of
from vae_desktop.models.architecture import ImageShape
from vae_desktop.models.snapshot import Snapshot
from vae_desktop.progress import Progress, ignore
from vae_desktop.words import PARTS
from vae_desktop.words.captions import Captions
from vae_desktop.words.fitting import fit
from vae_desktop.words.latent_diffusion import LatentDiffusion
from vae_desktop.words.sentence_encoder import SentenceEncoder


def fit_to_model(
    config: ModelConfig,
    image_shape: ImageShape,
    snapshot: Snapshot,
    dataset: Dataset,
    with_words: bool = True,
    seed: int = 0,
    progress: Progress = ignore,
    sentence_encoder: Path | None = None,
) -> LatentDiffusion:
    """Fit a diffusion to a model's codes of the training images, with words or without.

    Parameters
    ----------
    sentence_encoder : Path, optional
        Folder of a sentence encoder that reads the captions, in place of a small text encoder that is learned.

    Raises
    ------
    UserError
        If the images have another shape than the model takes, nothing can be learned of its codes, or the sentence
        encoder cannot be used, which is known before anything is worked out.
    Cancelled
        If `progress` raised it.
    """
    if dataset.image_shape != image_shape:
        raise UserError(tr("This model was made for images of another shape than those of the data set."))
    if sentence_encoder is not None:
        SentenceEncoder(sentence_encoder)
    images = dataset.train
    parts = (0, 10), (10, 60), (70, 930)  # of a thousand, as long as each takes for 60,000 images of 28 × 28
    embedding, measuring, fitting = (progress.part(before, size, PARTS) for before, size in parts)
    codes = codes_of(config, image_shape, snapshot.weights, images.images, images.labels, embedding)
    captions = Captions.of(dataset, measuring) if with_words else None
    return fit(codes, captions, seed, fitting, snapshot.step, sentence_encoder=sentence_encoder)


def sampler(diffusion: LatentDiffusion | None, step: int) -> Callable[[int, int], Floats] | None:
    """What draws so many codes (n, d), for a seed, like those of a model at a step; None where no diffusion does."""
    if diffusion is None or diffusion.step != step:
        return None
    return lambda count, seed: diffusion.draw(None, count, seed=seed)[-1]
