"""The data sets that torchvision reads, from its folder layout; nothing of torchvision is imported here."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vae_desktop.dataset_catalog import DATASETS
from vae_desktop.language import tr

_DIGITS = tuple("0123456789")


@dataclass(frozen=True)
class TorchvisionSet:
    """How a data set is read.

    Attributes
    ----------
    name : str
        In DATASETS.
    files : tuple of str
        Files and folders that are there when the data set is, from torchvision's root on.
    train, test : tuple of dict
        Arguments of torchvision's class for the parts that make up the split, one after the other.
    side : int
        Of the images unless another one is chosen: their own, or a smaller one.
    class_names : tuple of str
        Where the class itself does not tell them.
    holding : (tuple of str, tuple of str)
        Of classes that hold all images, the files in which they are, in each as many; of Pet, the tables that list
        them. From the root on.
    has_alphabets : bool
        The classes are the folders above those of torchvision's classes.
    """

    name: str
    files: tuple[str, ...]
    train: tuple[Mapping[str, Any], ...]
    test: tuple[Mapping[str, Any], ...]
    side: int
    class_names: tuple[str, ...] = ()
    holding: tuple[tuple[str, ...], ...] = ()
    has_alphabets: bool = False

    @property
    def label(self) -> str:
        return tr(DATASETS[self.name].label)

    @property
    def kind(self) -> str:
        """The name of the class in `torchvision.datasets`."""
        return DATASETS[self.name].torchvision

    def root(self, data_dir: Path) -> Path:
        """Torchvision's root: the data folder, or a folder in it with the class's name if only that has the files."""
        own = data_dir / self.kind
        return own if not self._are_in(data_dir) and self._are_in(own) else data_dir

    def is_there(self, data_dir: Path) -> bool:
        """Whether all files are there; what is in them is not looked at."""
        return self._are_in(self.root(data_dir))

    def _are_in(self, root: Path) -> bool:
        return all((root / name).exists() for name in self.files)


def _same(value: Any) -> Any:
    """Of torchvision's classes that take one, a loader that reads nothing: they give the path in place of the image."""
    return value


_IDX = tuple(
    f"QMNIST/raw/qmnist-{part}-{what}"
    for part in ("train", "test")
    for what in ("images-idx3-ubyte", "labels-idx2-int")
)
_OMNIGLOT = [f"omniglot-py/images_{part}{end}" for part in ("background", "evaluation") for end in ("", ".zip")]
_USPS = ("usps.bz2", "usps.t.bz2")
_SVHN = ("train_32x32.mat", "test_32x32.mat")
_CIFAR_10 = (
    tuple(f"cifar-10-batches-py/data_batch_{number}" for number in range(1, 6)),
    ("cifar-10-batches-py/test_batch",),
)
_CIFAR_100 = ("cifar-100-python/train",), ("cifar-100-python/test",)
_STL = ("stl10_binary/train_X.bin",), ("stl10_binary/test_X.bin",)
_PARTS = ({"split": "train"},), ({"split": "test"},)
_TRAIN_OR_NOT = ({"train": True},), ({"train": False},)

TORCHVISION_SETS = {
    entry.name: entry
    for entry in (
        TorchvisionSet("qmnist", _IDX, ({"what": "train"},), ({"what": "test"},), 28, _DIGITS, (_IDX[:1], _IDX[2:3])),
        TorchvisionSet("usps", _USPS, *_TRAIN_OR_NOT, 16, _DIGITS, (_USPS[:1], _USPS[1:])),
        TorchvisionSet("svhn", _SVHN, *_PARTS, 32, _DIGITS, (_SVHN[:1], _SVHN[1:])),
        TorchvisionSet("cifar-10", ("cifar-10-batches-py",), *_TRAIN_OR_NOT, 32, holding=_CIFAR_10),
        TorchvisionSet("cifar-100", ("cifar-100-python",), *_TRAIN_OR_NOT, 32, holding=_CIFAR_100),
        TorchvisionSet("stl-10", ("stl10_binary",), *_PARTS, 64, holding=_STL),
        TorchvisionSet(
            "omniglot",
            tuple(_OMNIGLOT),
            ({"background": True, "loader": _same},),
            ({"background": False, "loader": _same},),
            28,
            has_alphabets=True,
        ),
        TorchvisionSet(
            "oxford-pets",
            ("oxford-iiit-pet/images", "oxford-iiit-pet/annotations"),
            ({"split": "trainval"},),
            ({"split": "test"},),
            64,
            holding=(("oxford-iiit-pet/annotations/trainval.txt",), ("oxford-iiit-pet/annotations/test.txt",)),
        ),
        TorchvisionSet(
            "flowers-102",
            ("flowers-102/jpg", "flowers-102/imagelabels.mat", "flowers-102/setid.mat"),
            ({"split": "train", "loader": _same}, {"split": "val", "loader": _same}),
            ({"split": "test", "loader": _same},),
            64,
        ),
        TorchvisionSet(
            "celeba",
            ("celeba/img_align_celeba", "celeba/list_attr_celeba.txt", "celeba/list_eval_partition.txt"),
            ({"split": "all"},),
            (),  # which is parted by its list
            64,
        ),
    )
}
