"""What holds for every data set by name: colours, and validation images held out of the training images."""

from dataclasses import replace

import numpy as np
import pytest

from vae_desktop.config import DatasetConfig
from vae_desktop.data.load import load_dataset
from vae_desktop.data.mnist import MNIST_SETS
from vae_desktop.data.torchvision_sets import TORCHVISION_SETS
from vae_desktop.dataset_catalog import DATASETS
from vae_desktop.errors import DataError, DatasetMissing

# What is always there, at its smallest, and a downloaded one.
CONFIGS = {
    "digits": DatasetConfig("digits", image_size=8),
    "shapes": DatasetConfig("shapes", image_size=8),
    "mnist": DatasetConfig("mnist"),
}


def test_every_name_is_known_here(tmp_path):
    for name, kind in DATASETS.items():
        if kind.torchvision:
            with pytest.raises(DatasetMissing, match=f"^{kind.label} "):
                load_dataset(DatasetConfig(name), tmp_path)
        else:
            assert len(load_dataset(DatasetConfig(name, image_size=8), tmp_path).train) > 0
    assert {*MNIST_SETS, *TORCHVISION_SETS} == {name for name, kind in DATASETS.items() if kind.torchvision}


def test_help_tells_the_numbers_of_images(tmp_path):
    for name in ("digits", "shapes"):
        dataset = load_dataset(CONFIGS[name], tmp_path)
        assert (len(dataset.train), len(dataset.test)) == DATASETS[name].counts
        assert f"{sum(DATASETS[name].counts):,} " in DATASETS[name].help
    for name, entry in MNIST_SETS.items():
        assert entry.counts == DATASETS[name].counts
        assert len(entry.class_names) == DATASETS[name].classes
        assert f"{sum(entry.counts):,} " in DATASETS[name].help


@pytest.mark.parametrize("name", CONFIGS)
def test_colour_is_the_grey_channel_three_times(data_dir, name):
    grey = load_dataset(replace(CONFIGS[name], colours="grey"), data_dir)
    coloured = load_dataset(replace(CONFIGS[name], colours="colour"), data_dir)
    automatic = load_dataset(CONFIGS[name], data_dir)
    assert grey.image_shape[0] == 1
    assert coloured.image_shape == (3, *grey.image_shape[1:])
    assert coloured.config.colours == "colour"
    for part in ("train", "test"):
        one, three, default = (getattr(dataset, part) for dataset in (grey, coloured, automatic))
        np.testing.assert_array_equal(default.images, one.images)
        for channel in range(3):
            np.testing.assert_array_equal(three.images[:, channel], one.images[:, 0])
        np.testing.assert_array_equal(three.labels, one.labels)
        assert three.images.flags.c_contiguous


def _rows(split) -> list[tuple]:
    """Each image with all that is known of it, as something that can be compared."""
    factors = np.zeros((len(split), 0)) if split.factors is None else split.factors
    rows = zip(split.images, split.labels, factors, strict=True)
    return [(image.tobytes(), int(label), tuple(values)) for image, label, values in rows]


@pytest.mark.parametrize("name", CONFIGS)
def test_validation_holds_out_a_twelfth_of_the_training_images(data_dir, name):
    tested = load_dataset(CONFIGS[name], data_dir)
    validated = load_dataset(replace(CONFIGS[name], measured_on="validation"), data_dir)
    count = len(tested.train)
    assert len(validated.test) == count // 12
    assert len(validated.train) == count - count // 12
    # Together they are the training images, each in exactly one of the two; the test images are in neither.
    assert sorted(_rows(validated.train) + _rows(validated.test)) == sorted(_rows(tested.train))
    assert not set(_rows(validated.test)) & set(_rows(tested.test))
    assert validated.class_names == tested.class_names
    assert validated.factor_names == tested.factor_names
    assert validated.config.measured_on == "validation"


@pytest.mark.parametrize("name", CONFIGS)
def test_validation_images_are_the_same_each_time(data_dir, name):
    config = replace(CONFIGS[name], measured_on="validation")
    first = load_dataset(config, data_dir)
    np.random.seed(1)  # noqa: NPY002 - the choice must not follow the global generator
    again = load_dataset(config, data_dir)
    np.testing.assert_array_equal(first.test.images, again.test.images)
    np.testing.assert_array_equal(first.train.labels, again.train.labels)


def test_validation_images_are_chosen_at_random_and_keep_their_order(data_dir, arrays):
    images = arrays["train-images-idx3-ubyte"]
    validated = load_dataset(DatasetConfig("mnist", measured_on="validation"), data_dir)
    places = [np.flatnonzero((images == image[0]).all((1, 2)))[0] for image in validated.test.images]
    assert places == sorted(places)
    assert np.diff(places).max() > 1  # no run of neighbours: files may be sorted by class
    np.testing.assert_array_equal(validated.test.labels, arrays["train-labels-idx1-ubyte"][places])


def test_too_few_images_to_hold_any_out_are_told(data_dir, to_idx):
    raw = MNIST_SETS["mnist"].raw_folder(data_dir)
    (raw / "train-images-idx3-ubyte").write_bytes(to_idx(np.zeros((11, 28, 28), np.uint8)))
    (raw / "train-labels-idx1-ubyte").write_bytes(to_idx(np.zeros(11, np.uint8)))
    with pytest.raises(DataError, match="MNIST has only 11 training images, too few to hold any out"):
        load_dataset(DatasetConfig("mnist", measured_on="validation"), data_dir)
