"""How well a diffusion follows words, and whether it copies: all that is measured of one, as a value."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

import numpy as np
import torch

from vae_desktop.data.attributes import attributes_of, measure
from vae_desktop.data.dataset import Dataset, Images, Split
from vae_desktop.latent.classifier import Classifier, classifier_for
from vae_desktop.latent.codes import Floats
from vae_desktop.latent.embed import embed, to_codes, unit_chunks
from vae_desktop.latent.sample_quality import decoded
from vae_desktop.latent.sampling import sample_posteriors
from vae_desktop.models.autoencoder import Autoencoder
from vae_desktop.progress import Progress, ignore
from vae_desktop.seeds import random_numbers
from vae_desktop.words import GUIDANCE
from vae_desktop.words.captions import Captions, Speaker
from vae_desktop.words.facts import UNKNOWN, Fact, Facts, level_numbers
from vae_desktop.words.judging import Numbers, nearest_distances, recall_at, share_as_asked, shift
from vae_desktop.words.latent_diffusion import LatentDiffusion
from vae_desktop.words.wordings import LANGUAGES

_SHIFTED = ("thickness.high", "thickness.low", "slant.high")  # of strokes
TEXTS, _PICTURES = 5, 20  # wordings of each thing that is asked for, and pictures of each of them
CAPTIONS = 500  # of test images
_BEST = 10  # codes, of which one is a caption's own
_COMPARED, _TOGETHER = 1000, 10_000  # codes whose nearest others are looked for, among so many at a time


@dataclass(frozen=True)
class Nearest:
    """Median distance to the nearest training example, of what was drawn and of test images.

    Attributes
    ----------
    drawn, test : float
    """

    drawn: float
    test: float


@dataclass(frozen=True)
class Judgement:
    """How a diffusion follows words, and how near to the training images it draws.

    Attributes
    ----------
    as_asked : mapping
        By language and class name, the fraction, 0 to 1, of 100 pictures that the classifier takes for that class;
        empty without words, or where images have no classes.
    shifts : mapping
        By language and fact ("thickness.high"), by how many standard deviations of real images the mean of 100 pictures
        moves; empty of images that are no strokes.
    recall : float, 0 to 1, or None
        Recall@10 of captions of test images, in wordings that were never trained; None without words.
    chance : float, or None
        What that would be by chance.
    codes : Nearest
        Of codes, in units of their spread.
    images : Nearest
        Of decoded images, to training images: root of the squared error, summed over pixels.
    """

    as_asked: Mapping[str, Mapping[str, float]]
    shifts: Mapping[str, Mapping[str, float]]
    recall: float | None
    chance: float | None
    codes: Nearest
    images: Nearest


def judge(
    diffusion: LatentDiffusion,
    model: Autoencoder,
    dataset: Dataset,
    guidance: float = GUIDANCE,
    cache_dir: Path | None = None,
    progress: Progress = ignore,
) -> Judgement:
    """Judge a diffusion on the data set whose training images it was fitted to.

    What is asked for is said in wordings that were never trained. What is drawn without words is held against codes
    drawn from the posteriors of test images, and what these decode to.

    Parameters
    ----------
    model : Autoencoder
        On the CPU; its weights must not change meanwhile.
    guidance : float
        Of the pictures of classes and of strokes, as `LatentDiffusion.draw` takes it.
    cache_dir : Path, optional
        Where classifiers are kept.

    Raises
    ------
    UserError
        If the sentence encoder is not there.
    Cancelled
        If `progress` raised it.
    """
    test = dataset.test
    codes = to_codes(embed(model, torch.from_numpy(test.images), progress.part(0, 1, 100)))
    as_asked: dict[str, dict[str, float]] = {}
    shifts: dict[str, dict[str, float]] = {}
    recall = chance = None
    random = random_numbers(0, "judged")
    if diffusion.has_words:
        facts = Facts.of(dataset, progress.part(1, 14, 100)).of_test(dataset, progress.part(15, 5, 100))
        classifier = classifier_for(dataset, cache_dir, progress.part(20, 5, 100))
        if classifier is not None:
            telling = progress.part(25, 15, 100)
            as_asked = _as_asked(diffusion, model, classifier, dataset.class_names, guidance, telling)
        if diffusion.subject.are_strokes:
            shifts = _shifts(diffusion, model, test, guidance, progress.part(40, 5, 100))
        chosen = random.permutation(np.flatnonzero((facts.values != UNKNOWN).any(1)))[:CAPTIONS]
        if len(chosen) > _BEST:
            texts = Captions(facts).draw(chosen, random, held_out=True)
            recall = recall_at(diffusion, texts, codes.mean[chosen], _BEST, progress=progress.part(45, 40, 100))
            chance = _BEST / len(chosen)
    own = sample_posteriors(codes)
    own = own[random.permutation(len(own))[:_COMPARED]]
    drawn = diffusion.draw(None, len(own))[-1]
    nearest = _nearest(diffusion, model, dataset.train.images, (drawn, own), progress.part(85, 15, 100))
    return Judgement(as_asked, shifts, recall, chance, *nearest)


def _as_asked(
    diffusion: LatentDiffusion,
    model: Autoencoder,
    classifier: Classifier,
    class_names: Sequence[str],
    guidance: float,
    progress: Progress,
) -> dict[str, dict[str, float]]:
    """By language and class, the fraction of pictures as asked for; a text that is refused has none."""
    subject = diffusion.subject
    speaker, found = Speaker(subject), dict[str, dict[str, float]]()
    known = [(number, name) for number, name in enumerate(subject.class_names) if name in class_names]
    for done, (language, (number, name)) in enumerate(itertools.product(LANGUAGES, known)):
        progress(done, len(LANGUAGES) * len(known))
        asked, shares = class_names.index(name), []
        for seed, text in enumerate(_texts(speaker, Fact("class", number), language)):
            shares.append(share_as_asked(diffusion, model, classifier, text, asked, _PICTURES, guidance, seed))
        found.setdefault(language, {})[name] = float(np.mean(shares))
    return found


def _shifts(
    diffusion: LatentDiffusion, model: Autoencoder, real: Split, guidance: float, progress: Progress
) -> dict[str, dict[str, float]]:
    """By language and fact, how far strokes move as asked for, in standard deviations of real images."""
    speaker, found = Speaker(diffusion.subject), dict[str, dict[str, float]]()
    measured = level_numbers(attributes_of(real, progress, are_strokes=True))
    facts = [Fact.of_key(key) for key in _SHIFTED]
    known = [fact for fact in facts if fact.kind in diffusion.subject.kinds]
    for language, fact in itertools.product(LANGUAGES, known):
        number_of, numbers, shifts = partial(_level_of_strokes, fact.kind), measured[fact.kind], []
        for seed, text in enumerate(_texts(speaker, fact, language)):
            progress.check()
            if not diffusion.understand(text).refusal:
                shifts.append(shift(diffusion, model, number_of, text, numbers, _PICTURES, guidance, seed))
        if shifts:
            found.setdefault(language, {})[fact.key] = float(np.mean(shifts))
    return found


def _level_of_strokes(kind: str, images: Images) -> Numbers:
    return level_numbers(measure(images, are_strokes=True))[kind]


def _texts(speaker: Speaker, fact: Fact, language: str) -> list[str]:
    """Texts that ask for a fact, in wordings that were never trained."""
    return [speaker.say([fact], Random(number), language, held_out=True) for number in range(TEXTS)]


def _nearest(
    diffusion: LatentDiffusion,
    model: Autoencoder,
    images: Images,
    codes: tuple[Floats, Floats],
    progress: Progress,
) -> tuple[Nearest, Nearest]:
    """How near codes, as many drawn ones as of test images, and what they decode to are to the training images."""
    train = torch.from_numpy(images)
    middle, scale = diffusion.weights["middle"], diffusion.weights["scale"]
    known = sample_posteriors(to_codes(embed(model, train, progress.part(0, 1, 5))))
    *units, known_units = (torch.from_numpy((part - middle) / scale) for part in (*codes, known))
    pictures = [image.flatten(1) for part in codes for image in decoded(model, torch.from_numpy(part))]
    real = (part.flatten(1) for part in unit_chunks(train, model.device, progress.part(1, 4, 5)))
    of_codes = nearest_distances(torch.cat(units), known_units.split(_TOGETHER))
    of_images = nearest_distances(torch.cat(pictures), real)
    return _medians(of_codes), _medians(of_images)


def _medians(distances: Floats) -> Nearest:
    """The medians of distances, half of which are of what was drawn, the others of test images."""
    return Nearest(*np.median(distances.reshape(2, -1), 1).tolist())
