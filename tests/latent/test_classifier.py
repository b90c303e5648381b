"""The classifier that judges samples: what it learns, where it is kept, and what it makes of a damaged cache."""

from dataclasses import replace

import numpy as np
import pytest
import safetensors.torch
import torch

from vae_desktop.config import DatasetConfig
from vae_desktop.data.dataset import Dataset, Split
from vae_desktop.data.load import load_dataset
from vae_desktop.errors import Cancelled
from vae_desktop.latent import classifier as module
from vae_desktop.latent.classifier import FEATURES, Classifier, averaged_down, classifier_for, train_classifier
from vae_desktop.latent.embed import to_unit
from vae_desktop.progress import Progress
from vae_desktop.resources import resource_path


@pytest.fixture(scope="module")
def trained(digits):
    """A classifier of the digits, trained in full."""
    return train_classifier(digits)


@pytest.fixture
def quick(monkeypatch):
    """Train for two steps only."""
    monkeypatch.setattr(module, "STEPS", 2)


@pytest.fixture
def cached(digits, tmp_path, quick):
    """A classifier of the digits, and the file that keeps it."""
    classifier = classifier_for(digits, tmp_path)
    (path,) = (tmp_path / "classifiers").iterdir()
    return classifier, path


@pytest.fixture
def no_training(monkeypatch):
    monkeypatch.setattr(module, "train_classifier", lambda *_: pytest.fail("it trained"))


def weights_of(classifier):
    return {name: tensor.tolist() for name, tensor in classifier.state_dict().items()}


def share_right(classifier, split):
    with torch.inference_mode():
        found = classifier(to_unit(torch.from_numpy(split.images))).argmax(1).numpy()
    return (found == split.labels).mean()


def test_it_learns_the_digits(digits, trained):
    assert share_right(trained, digits.test) > 0.95
    assert float(trained.accuracy) == pytest.approx(share_right(trained, digits.test), abs=1e-3)
    assert trained.name == f"Digits 8×8 grey, conv, {float(trained.accuracy):.1%} of unseen images"


def test_classes_are_read_from_the_features(digits, trained):
    images = to_unit(torch.from_numpy(digits.test.images))
    features = trained.features(images)
    assert features.shape == (360, FEATURES)
    assert bool((features >= 0).all())
    torch.testing.assert_close(trained.head(features), trained(images))
    assert not any(parameter.requires_grad for parameter in trained.parameters())


@pytest.mark.parametrize(
    ("shape", "classes"), [((1, 8, 8), 2), ((3, 8, 8), 200), ((1, 28, 28), 26), ((3, 100, 128), 5), ((1, 3, 9), 4)]
)
def test_images_of_any_shape(shape, classes):
    assert Classifier("", shape, classes)(torch.rand(2, *shape)).shape == (2, classes)


@pytest.mark.parametrize("side", [8, 32, 64, 128])
def test_it_stays_small(side):
    classifier = Classifier("", (3, side, side), 200)
    assert sum(parameter.numel() for parameter in classifier.parameters()) < 200_000


def test_large_images_are_averaged():
    images = torch.rand(2, 3, 128, 64, generator=torch.Generator().manual_seed(0))
    expected = images.reshape(2, 3, 32, 4, 32, 2).mean((3, 5))
    torch.testing.assert_close(averaged_down(images), expected)
    small = images[:, :, :20, :32]
    assert averaged_down(small) is small


def test_training_is_repeatable(digits, quick):
    assert weights_of(train_classifier(digits)) == weights_of(train_classifier(digits))


def test_a_set_smaller_than_a_batch(quick, tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (3, 3, 40, 40), np.uint8)
    split = Split(images, np.array([0, 1, 1]))
    classifier = classifier_for(Dataset(DatasetConfig(), split, split, ("a", "b")), tmp_path)
    assert classifier.name.startswith("Digits 40×40 colour, conv, ")


def test_it_is_trained_once(digits, cached, tmp_path, no_training):
    classifier, path = cached
    assert weights_of(classifier_for(digits, tmp_path)) == weights_of(classifier)
    assert path.stat().st_size < 300_000


@pytest.mark.parametrize("change", ["image", "label", "side"])
def test_other_images_have_another_one(digits, cached, tmp_path, change):
    train = digits.train
    if change == "image":
        images = train.images.copy()
        images[-1, 0, 0, 0] ^= 1
        train = replace(train, images=images)
    elif change == "label":
        train = replace(train, labels=np.roll(train.labels, 1))
    else:
        train = replace(train, images=train.images.reshape(-1, 1, 4, 16))
    test = replace(digits.test, images=digits.test.images.reshape(-1, *train.images.shape[1:]))
    classifier_for(replace(digits, train=train, test=test), tmp_path)
    assert len(list((tmp_path / "classifiers").iterdir())) == 2


def cut_off(path):
    path.write_bytes(path.read_bytes()[:-10])


def empty(path):
    path.write_bytes(b"")


def a_pickle(path):
    path.write_bytes(b"\x80\x04\x95 a pickle")


def too_large(path):
    path.write_bytes(path.read_bytes() + bytes(2**24))


def changed(path, change):
    tensors = safetensors.torch.load(path.read_bytes())
    change(tensors)
    path.write_bytes(safetensors.torch.save(tensors))


def not_finite(path):
    changed(path, lambda tensors: tensors["head.bias"].fill_(float("nan")))


def a_shape(path):
    changed(path, lambda tensors: tensors.update({"head.bias": torch.zeros(11, dtype=torch.float16)}))


def a_name_more(path):
    changed(path, lambda tensors: tensors.update(more=torch.zeros(1)))


def a_name_less(path):
    changed(path, lambda tensors: tensors.pop("accuracy"))


def another_kind_of_number(path):
    changed(path, lambda tensors: tensors.update({"head.bias": torch.zeros(10, dtype=torch.int64)}))


@pytest.mark.parametrize(
    "damage",
    [cut_off, empty, a_pickle, too_large, not_finite, a_shape, a_name_more, a_name_less, another_kind_of_number],
)
def test_a_damaged_one_is_trained_again(digits, cached, tmp_path, damage):
    classifier, path = cached
    whole = path.read_bytes()
    damage(path)
    assert path.read_bytes() != whole
    assert weights_of(classifier_for(digits, tmp_path)) == weights_of(classifier)
    assert path.read_bytes() == whole


def test_a_cache_that_cannot_be_written_is_no_error(digits, quick, tmp_path):
    (tmp_path / "file").write_text("precious")
    assert classifier_for(digits, tmp_path / "file") is not None
    (tmp_path / "classifiers").mkdir()
    (tmp_path / "classifiers").chmod(0o500)
    assert classifier_for(digits, tmp_path) is not None
    assert classifier_for(digits, None) is not None
    assert (tmp_path / "file").read_text() == "precious"


@pytest.mark.parametrize("lack", ["labels", "classes"])
def test_unlabelled_images_have_none(digits, few, tmp_path, no_training, lack):
    dataset = few if lack == "labels" else replace(digits, class_names=("only",))
    assert classifier_for(dataset, tmp_path) is None


def test_it_can_be_cancelled(digits, tmp_path):
    asked = []

    def is_cancelled():
        asked.append(True)
        return len(asked) == 10

    with pytest.raises(Cancelled):
        classifier_for(digits, tmp_path, Progress(is_cancelled=is_cancelled))
    assert len(asked) == 10
    assert not (tmp_path / "classifiers").exists()


def test_the_progress_goes_on_to_the_end(digits, monkeypatch):
    monkeypatch.setattr(module, "STEPS", 10)
    told = []
    train_classifier(digits, Progress(lambda done, total: told.append(done / total)))
    assert told == sorted(told)
    assert told[0] == 0
    assert 0.8 < told[-1] <= 1


def test_the_bundled_one_is_mnists(tmp_path, no_training, digits):
    random = np.random.default_rng(0)
    split = Split(random.integers(0, 256, (20, 1, 28, 28), np.uint8), np.arange(20) % 10)
    mnist = Dataset(DatasetConfig("mnist"), split, split, tuple("0123456789"))
    classifier = classifier_for(mnist, tmp_path)
    assert classifier.name.startswith("MNIST 28×28 grey, conv, 9")
    assert float(classifier.accuracy) >= 0.985
    assert resource_path("classifiers/mnist.safetensors").stat().st_size < 300_000
    assert list(tmp_path.iterdir()) == []


def test_the_bundled_one_has_not_learned_what_can_be_held_out(real_mnist_dir):
    dataset = load_dataset(DatasetConfig("mnist", measured_on="validation"), real_mnist_dir)
    classifier = classifier_for(dataset, None)
    learned = Split(dataset.train.images[:20_000], dataset.train.labels[:20_000])
    assert 1 - share_right(classifier, dataset.test) > 2 * (1 - share_right(classifier, learned))


def test_the_bundled_one_knows_mnist(real_mnist_dir):
    dataset = load_dataset(DatasetConfig("mnist"), real_mnist_dir)
    classifier = classifier_for(dataset, None)
    assert share_right(classifier, dataset.test) == pytest.approx(float(classifier.accuracy), abs=1e-3)
