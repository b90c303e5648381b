"""The data sets that the app knows by name, a row each; what is read of them, and how, stands in `data/`."""

from dataclasses import dataclass
from pathlib import PurePath

from vae_desktop.files import size_in_words
from vae_desktop.language import N_, sentences, tr
from vae_desktop.settings import Choice, by_name


@dataclass(frozen=True)
class DrawingPreprocessing:
    """How a data set's images were made from drawings: the ink was scaled to a length, then moved.

    `fraction` is that length, of the longer side of its box, as a fraction of the image's side; `by_mass`, whether the
    ink's centre of mass is moved to the middle, rather than the middle of its box; `source`, where that is said.
    """

    fraction: float
    by_mass: bool
    source: str


@dataclass(frozen=True)
class DatasetKind(Choice):
    """A data set.

    Attributes
    ----------
    epochs : int
        Passes after which its latent space has visibly formed, the default for a run.
    counts : (int, int)
        Its training and test images; (0, 0) where that depends on files of the person.
    classes : int
        How many; 0 where there are none, or where that depends.
    download_bytes : int
        What a download brings, of torchvision's sets about; 0 if the app does not download it.
    terms : str
        Licence or terms as the page of the data set states them.
    page : str
        Where that is.
    torchvision : str
        The class of `torchvision.datasets` whose folder layout its files have, or "".
    folder : str
        Where that layout has them, under the data folder.
    preprocessing : DrawingPreprocessing or None
        None: drawings are taken as they are.
    """

    epochs: int
    counts: tuple[int, int] = (0, 0)
    classes: int = 0
    download_bytes: int = 0
    terms: str = ""
    page: str = ""
    torchvision: str = ""
    folder: str = ""
    preprocessing: DrawingPreprocessing | None = None

    @property
    def about(self) -> str:
        """What it is, what a download takes and on which terms it may be used, in the language of the window."""
        size = size_in_words(round(self.download_bytes, 2 - len(str(self.download_bytes))))
        download = tr("Download: {size}.").format(size=size) if self.download_bytes else ""
        terms = tr("Terms: {terms}.").format(terms=tr(self.terms)) if self.terms else ""
        return sentences(tr(self.help), download, terms)


DATASETS = by_name(
    DatasetKind(
        "digits",
        N_("Digits"),
        N_("1,797 real handwritten digits that come with scikit-learn. Always there."),
        200,
        counts=(1437, 360),
        classes=10,
        preprocessing=DrawingPreprocessing(1.0, False, N_("its images, whose ink always fills the height")),
    ),
    DatasetKind(
        "shapes",
        N_("Shapes"),
        N_(
            "24,000 drawn squares, ellipses and hearts of known position, size and rotation: does a latent dimension "
            "find such a factor?"
        ),
        20,
        counts=(20_000, 4_000),
        classes=3,
    ),
    DatasetKind(
        "mnist",
        N_("MNIST"),
        N_("70,000 handwritten digits, 28×28 pixels."),
        20,
        counts=(60_000, 10_000),
        classes=10,
        terms=N_("not stated"),
        page="http://yann.lecun.com/exdb/mnist/",
        torchvision="MNIST",
        folder="MNIST/raw",
        download_bytes=11_594_722,
        preprocessing=DrawingPreprocessing(20 / 28, True, "LeCun et al. 1998, the MNIST database"),
    ),
    DatasetKind(
        "fashion-mnist",
        N_("Fashion-MNIST"),
        N_("70,000 pictures of clothes in 10 classes, 28×28 pixels."),
        20,
        counts=(60_000, 10_000),
        classes=10,
        terms="MIT",
        page="https://github.com/zalandoresearch/fashion-mnist",
        torchvision="FashionMNIST",
        folder="FashionMNIST/raw",
        download_bytes=30_878_645,
        preprocessing=DrawingPreprocessing(1.0, False, "Xiao et al. 2017, arXiv 1708.07747"),
    ),
    DatasetKind(
        "kmnist",
        N_("KMNIST"),
        N_("70,000 cursive Japanese characters in 10 classes, 28×28 pixels."),
        20,
        counts=(60_000, 10_000),
        classes=10,
        terms="CC BY-SA 4.0",
        page="http://codh.rois.ac.jp/kmnist/",
        torchvision="KMNIST",
        folder="KMNIST/raw",
        download_bytes=21_240_888,
    ),
    DatasetKind(
        "emnist-letters",
        N_("EMNIST letters"),
        N_("145,600 handwritten letters in 26 classes, 28×28 pixels."),
        10,
        counts=(124_800, 20_800),
        classes=26,
        terms=N_("not stated"),
        page="https://www.nist.gov/itl/products-and-services/emnist-dataset",
        torchvision="EMNIST",
        folder="EMNIST/raw",
        download_bytes=561_753_746,
        preprocessing=DrawingPreprocessing(24 / 28, False, "Cohen et al. 2017, arXiv 1702.05373"),
    ),
    DatasetKind(
        "qmnist",
        N_("QMNIST"),
        N_(
            "120,000 handwritten digits, 28×28 pixels: MNIST's made anew from the same forms, with all 60,000 of its "
            "test images."
        ),
        20,
        counts=(60_000, 60_000),
        classes=10,
        download_bytes=20_400_000,
        terms=N_("BSD-style, as its LICENSE says"),
        page="https://github.com/facebookresearch/qmnist",
        torchvision="QMNIST",
        folder="QMNIST/raw",
    ),
    DatasetKind(
        "usps",
        N_("USPS"),
        N_("9,298 handwritten digits from envelopes, 16×16 pixels."),
        100,
        counts=(7_291, 2_007),
        classes=10,
        download_bytes=8_400_000,
        terms=N_("not stated"),
        page="https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass.html#usps",
        torchvision="USPS",
        folder="",
    ),
    DatasetKind(
        "svhn",
        N_("SVHN"),
        N_("99,289 house numbers from photographs in 10 classes, 32×32 pixels, colour. Its extra part is left out."),
        20,
        counts=(73_257, 26_032),
        classes=10,
        download_bytes=246_000_000,
        terms=N_("for non-commercial use only"),
        page="http://ufldl.stanford.edu/housenumbers/",
        torchvision="SVHN",
        folder="",
    ),
    DatasetKind(
        "cifar-10",
        N_("CIFAR-10"),
        N_("60,000 photographs of animals and vehicles in 10 classes, 32×32 pixels, colour."),
        20,
        counts=(50_000, 10_000),
        classes=10,
        download_bytes=170_000_000,
        terms=N_("not stated"),
        page="https://www.cs.toronto.edu/~kriz/cifar.html",
        torchvision="CIFAR10",
        folder="cifar-10-batches-py",
    ),
    DatasetKind(
        "cifar-100",
        N_("CIFAR-100"),
        N_("60,000 photographs in 100 classes, 32×32 pixels, colour."),
        20,
        counts=(50_000, 10_000),
        classes=100,
        download_bytes=169_000_000,
        terms=N_("not stated"),
        page="https://www.cs.toronto.edu/~kriz/cifar.html",
        torchvision="CIFAR100",
        folder="cifar-100-python",
    ),
    DatasetKind(
        "stl-10",
        N_("STL-10"),
        N_(
            "13,000 photographs in 10 classes, 96×96 pixels read as 64×64, colour. The 100,000 without classes are "
            "left out."
        ),
        50,
        counts=(5_000, 8_000),
        classes=10,
        download_bytes=2_640_000_000,
        terms=N_("not stated"),
        page="https://cs.stanford.edu/~acoates/stl10/",
        torchvision="STL10",
        folder="stl10_binary",
    ),
    DatasetKind(
        "omniglot",
        N_("Omniglot"),
        N_(
            "32,460 handwritten letters from 50 alphabets, which are the classes, 105×105 pixels read as 28×28; the "
            "test has 20 alphabets of its own."
        ),
        30,
        counts=(19_280, 13_180),
        classes=50,
        download_bytes=16_000_000,
        terms="MIT",
        page="https://github.com/brendenlake/omniglot",
        torchvision="Omniglot",
        folder="omniglot-py",
    ),
    DatasetKind(
        "oxford-pets",
        N_("Oxford-IIIT Pet"),
        N_("7,349 photographs of cats and dogs of 37 breeds, of all sizes read as 64×64, colour."),
        100,
        counts=(3_680, 3_669),
        classes=37,
        download_bytes=811_000_000,
        terms="CC BY-SA 4.0",
        page="https://www.robots.ox.ac.uk/~vgg/data/pets/",
        torchvision="OxfordIIITPet",
        folder="oxford-iiit-pet",
    ),
    DatasetKind(
        "flowers-102",
        N_("Flowers-102"),
        N_(
            "8,189 photographs of flowers in 102 classes, of all sizes read as 64×64, colour. Its validation images "
            "are training images here."
        ),
        100,
        counts=(2_040, 6_149),
        classes=102,
        download_bytes=345_000_000,
        terms=N_("not stated"),
        page="https://www.robots.ox.ac.uk/~vgg/data/flowers/102/",
        torchvision="Flowers102",
        folder="flowers-102",
    ),
    DatasetKind(
        "celeba",
        N_("CelebA"),
        N_(
            "202,599 photographs of faces, smiling or not, with 40 attributes as factors, 178×218 pixels read as "
            "64×64, colour. Its validation images are training images here."
        ),
        5,
        counts=(182_637, 19_962),
        classes=2,
        terms=N_("for non-commercial research only"),
        page="http://mmlab.ie.cuhk.edu.hk/projects/CelebA.html",
        torchvision="CelebA",
        folder="celeba",
    ),
)

_OWN_EPOCHS = 50


def describe_dataset(name: str) -> DatasetKind:
    """The entry of a data set by its name, or one made up for a person's own, whose name is its path."""
    if name in DATASETS:
        return DATASETS[name]
    # Both separators count: a model may come from a machine of another kind.
    label = PurePath(name.replace("\\", "/")).name or name
    return DatasetKind(name, label, name, _OWN_EPOCHS)
