"""The small classifier whose features and classes samples are judged by: one per labelled data set, fixed and named.

None has seen the images that samples are judged beside. MNIST's is bundled: it has seen neither the test images nor the
training images that can be held out for validation, and is made anew by

    python -m vae_desktop.latent.classifier --data-dir DIR --output resources/classifiers/mnist.safetensors

Others are trained on the training images when they are first needed, and kept in a cache.
"""

import argparse
import contextlib
import hashlib
import itertools
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vae_desktop.data.dataset import Dataset, Split
from vae_desktop.errors import UserError
from vae_desktop.files import write_atomically
from vae_desktop.language import tr
from vae_desktop.latent.embed import CHUNK, chunks_of, to_unit
from vae_desktop.models.architecture import ImageShape
from vae_desktop.models.optimizer import Adam
from vae_desktop.models.randomness import generator
from vae_desktop.models.snapshot import one_cycle
from vae_desktop.progress import Progress, ignore
from vae_desktop.resources import resource_path

LARGEST_SIDE = 32  # images of more pixels are averaged down first
FEATURES = 64
_CHANNELS = 16  # of the first stage; each further one has twice as many
_COARSEST = 7  # stages halve the image until its sides are at most so long
_LEAST_STAGES = 2
STEPS = 1500  # at most
_MOST_EPOCHS, _BATCH = 40, 128
_LEARNING_RATE, _WEIGHT_DECAY = 5e-3, 0.05
_FILE_VERSION = "2"  # part of the name in the cache: another training or architecture needs another
_MOST_FILE_BYTES = 2**24


class Classifier(nn.Module):
    """A convolutional classifier of images.

    Parameters
    ----------
    label : str
        What its images are called.
    image_shape : (C, H, W)
    classes : int

    Attributes
    ----------
    accuracy : Tensor ()
        Fraction of right answers on the images that it was not trained on, 0 to 1.
    """

    accuracy: Tensor

    def __init__(self, label: str, image_shape: ImageShape, classes: int) -> None:
        super().__init__()
        self.label = label
        self.image_shape = image_shape
        channels, *sides = image_shape
        sides = [min(side, LARGEST_SIDE) for side in sides]
        stages: list[nn.Module] = []
        while max(sides) > _COARSEST or len(stages) < 2 * _LEAST_STAGES:
            wider = _CHANNELS * 2 ** (len(stages) // 2)
            stages += [nn.Conv2d(channels, wider, kernel_size=5, stride=2, padding=2), nn.ReLU()]
            channels, sides = wider, [-(-side // 2) for side in sides]
        flat = channels * math.prod(sides)
        self.stages = nn.Sequential(*stages, nn.Flatten(), nn.Linear(flat, FEATURES), nn.ReLU())
        self.head = nn.Linear(FEATURES, classes)
        self.register_buffer("accuracy", torch.zeros(()))

    @property
    def name(self) -> str:
        """The classifier's name and accuracy, in one line."""
        channels, height, width = self.image_shape
        text = tr("{data} {height}×{width} colour, conv, {accuracy:.1%} of unseen images")
        if channels == 1:
            text = tr("{data} {height}×{width} grey, conv, {accuracy:.1%} of unseen images")
        return text.format(data=self.label, height=height, width=width, accuracy=float(self.accuracy))

    def features(self, images: Tensor) -> Tensor:
        """Features (N, 64), not negative, of images (N, C, H, W), 0 to 1."""
        return self.stages(averaged_down(images))

    def forward(self, images: Tensor) -> Tensor:
        """Logits (N, classes) of images (N, C, H, W), 0 to 1."""
        return self.head(self.features(images))


def averaged_down(images: Tensor) -> Tensor:
    """Images (N, C, H, W) averaged over pixels so that no side is longer than 32."""
    height, width = (min(side, LARGEST_SIDE) for side in images.shape[2:])
    return images if images.shape[2:] == (height, width) else F.adaptive_avg_pool2d(images, (height, width))


def classifier_for(dataset: Dataset, cache_dir: Path | None, progress: Progress = ignore) -> Classifier | None:
    """The classifier of a data set: bundled, from the cache, or trained now and put there.

    Parameters
    ----------
    dataset : Dataset
    cache_dir : Path, or None
        Made if absent. One that cannot be written is no error: the next call trains again.
    progress : Progress
        Told how far the training is, several times a second.

    Returns
    -------
    Classifier on the CPU, or None for images that are not labelled with at least two classes

    Raises
    ------
    Cancelled
        If `progress` raised it.
    """
    if dataset.train.labels is None or len(dataset.class_names) < 2:
        return None
    if dataset.config.name == "mnist" and dataset.image_shape == (1, 28, 28):
        bundled = _load(resource_path("classifiers/mnist.safetensors"), dataset)
        if bundled is not None:
            return bundled
    path = None if cache_dir is None else cache_dir / "classifiers" / f"{_fingerprint(dataset, progress)}.safetensors"
    if path is not None and (cached := _load(path, dataset)) is not None:
        return cached
    classifier = train_classifier(dataset, progress)
    if path is not None:
        with contextlib.suppress(OSError, UserError):
            save_classifier(path, classifier)
    return classifier


def train_classifier(dataset: Dataset, progress: Progress = ignore) -> Classifier:
    """Train a classifier on labelled images; the same ones give the same one on the same machine.

    The classifier's weights are rounded to half precision, in which they are kept.
    """
    classifier = _blank(dataset)
    for name, parameter in classifier.named_parameters():
        if name.endswith("bias"):
            nn.init.zeros_(parameter)
        else:
            nn.init.kaiming_normal_(parameter, nonlinearity="relu", generator=generator(0, "classifier", name))
    with torch.enable_grad():
        _train(classifier, dataset.train, progress.part(0, 95, 100))
    classifier.half().float()
    classifier.accuracy.fill_(_accuracy(classifier, dataset.test, progress.part(95, 5, 100)))
    classifier.accuracy.copy_(classifier.accuracy.half())
    return classifier.eval().requires_grad_(False)


def save_classifier(path: Path, classifier: Classifier) -> None:
    """Write a classifier as 16-bit numbers; its folder is made if absent.

    Raises
    ------
    OSError, UserError
        If folder or file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.half().contiguous() for name, tensor in classifier.state_dict().items()}
    write_atomically(path, safetensors.torch.save(tensors))


def _blank(dataset: Dataset) -> Classifier:
    return Classifier(dataset.title, dataset.image_shape, len(dataset.class_names))


def _train(classifier: Classifier, split: Split, progress: Progress) -> None:
    images, labels = torch.from_numpy(split.images), torch.from_numpy(split.labels)
    per_epoch = -(-len(images) // _BATCH)
    steps = min(STEPS, _MOST_EPOCHS * per_epoch)
    optimizer = Adam(classifier, weight_decay=_WEIGHT_DECAY)
    batches = itertools.chain.from_iterable(
        torch.randperm(len(images), generator=generator(0, "classifier", "shuffle", epoch)).split(_BATCH)
        for epoch in itertools.count()
    )
    for step, chosen in enumerate(itertools.islice(batches, steps)):
        progress(step, steps)
        loss = F.cross_entropy(classifier(to_unit(images[chosen])), labels[chosen])
        classifier.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step(_LEARNING_RATE * one_cycle(step / steps))


@torch.inference_mode()
def _accuracy(classifier: Classifier, split: Split, progress: Progress) -> float:
    """Fraction of labelled images whose class is found."""
    images = torch.from_numpy(split.images)
    found = torch.cat([classifier(to_unit(chunk)).argmax(1) for chunk in chunks_of(images, CHUNK, progress)])
    return float((found.numpy() == split.labels).mean())


def _load(path: Path, dataset: Dataset) -> Classifier | None:
    """The classifier in a file, or None if it is not one for the data set: nothing in it is trusted."""
    classifier = _blank(dataset)
    wanted = {name: tensor.shape for name, tensor in classifier.state_dict().items()}
    try:
        if path.stat().st_size > _MOST_FILE_BYTES:
            return None
        tensors = safetensors.torch.load(path.read_bytes())
    except Exception:  # noqa: BLE001 - whatever is wrong with the file, another classifier can be trained
        return None
    if {name: tensor.shape for name, tensor in tensors.items()} != wanted:
        return None
    if not all(tensor.dtype == torch.float16 and bool(tensor.isfinite().all()) for tensor in tensors.values()):
        return None
    classifier.load_state_dict(tensors)
    return classifier.eval().requires_grad_(False)


def _fingerprint(dataset: Dataset, progress: Progress) -> str:
    """A name for what a classifier is trained on."""
    train = dataset.train
    key = hashlib.blake2b(digest_size=16)
    key.update(f"{_FILE_VERSION} {train.images.shape} {len(dataset.class_names)}".encode())
    key.update(np.ascontiguousarray(train.labels).data)
    for start in range(0, len(train), CHUNK):
        progress(0, 1)
        key.update(np.ascontiguousarray(train.images[start : start + CHUNK]).data)
    return key.hexdigest()


if __name__ == "__main__":
    from vae_desktop.config import DatasetConfig
    from vae_desktop.data.load import load_dataset

    parser = argparse.ArgumentParser(description="Train the bundled classifier of MNIST.")
    parser.add_argument("--data-dir", type=Path, required=True, metavar="DIR", help="folder of downloaded data sets")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="where the classifier is saved")
    arguments = parser.parse_args()
    mnist = load_dataset(DatasetConfig("mnist"), arguments.data_dir)
    learned = load_dataset(DatasetConfig("mnist", measured_on="validation"), arguments.data_dir).train
    trained = train_classifier(replace(mnist, train=learned))
    save_classifier(arguments.output, trained)
    print(trained.name)
