"""Which files torchvision's data sets consist of, where they come from, and their MD5, as its classes say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_PETS = "https://www.robots.ox.ac.uk/~vgg/data/pets/data/"
_FLOWERS = "https://www.robots.ox.ac.uk/~vgg/data/flowers/102/"

UNLABELLED = "unlabeled"  # begins the name of a file of STL-10 that is left out


@dataclass(frozen=True)
class Source:
    """A file to download.

    Attributes
    ----------
    url : str
    md5 : str
    folder : str
        Where the file or what it holds is put, under torchvision's root.
    gives : tuple of str
        Files and folders that are there once it has been put in place, from the root on.
    is_packed : bool
        Whether what it holds is put there: the members of an archive, or the contents of a ``.gz``.
    is_kept : bool
        Whether the file itself is put there.
    """

    url: str
    md5: str
    folder: str
    gives: tuple[str, ...]
    is_packed: bool = False
    is_kept: bool = True

    @property
    def name(self) -> str:
        """Of the file."""
        return self.url.rpartition("/")[2]


@dataclass(frozen=True)
class Files:
    """What a data set consists of.

    Attributes
    ----------
    md5 : dict of str to str
        By their paths from torchvision's root on, the files whose MD5 is known: they are read only if they have it.
    sources : tuple of Source
        Empty if a person has to fetch them.
    """

    md5: Mapping[str, str] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()


def files_of(kind: Any) -> Files:
    """The files of a data set by its class in `torchvision.datasets`, or one derived from that.

    What the class itself names is taken from its public attributes; Pet and Flowers keep theirs to themselves, so that
    theirs stand here.
    """
    names = [base.__name__ for base in kind.__mro__]
    return next(find(kind) for name, find in _FILES.items() if name in names)


def _of_cifar(kind: Any) -> Files:
    pairs = [*kind.train_list, *kind.test_list, (kind.meta["filename"], kind.meta["md5"])]
    return _of_archive(kind, pairs)


def _of_stl(kind: Any) -> Files:
    labelled = [pair for pair in kind.train_list if not pair[0].startswith(UNLABELLED)]
    return _of_archive(kind, [*labelled, *kind.test_list])


def _of_archive(kind: Any, pairs: list[Any]) -> Files:
    """Of one archive with files of known MD5 in one folder."""
    md5 = {f"{kind.base_folder}/{name}": md5 for name, md5 in pairs}
    return Files(md5, (Source(kind.url, kind.tgz_md5, "", (kind.base_folder, *md5), is_packed=True, is_kept=False),))


def _of_split_list(kind: Any) -> Files:
    parts = [kind.split_list[part] for part in ("train", "test")]
    sources = tuple(Source(url, md5, "", (name,)) for url, name, md5 in parts)
    return Files({name: md5 for _, name, md5 in parts}, sources)


def _of_qmnist(kind: Any) -> Files:
    folder = "QMNIST/raw"
    sources = []
    for part in ("train", "test"):
        for url, md5 in kind.resources[part]:
            name = url.rpartition("/")[2].removesuffix(".gz")
            sources.append(Source(url, md5, folder, (f"{folder}/{name}",), is_packed=True, is_kept=False))
    return Files({}, tuple(sources))


def _of_omniglot(kind: Any) -> Files:
    # torchvision looks at the archives, so they have to stay beside what was in them.
    archives = {f"{kind.folder}/{name}.zip": md5 for name, md5 in kind.zips_md5.items()}
    sources = [
        Source(
            f"{kind.download_url_prefix}/{name}.zip",
            md5,
            kind.folder,
            (f"{kind.folder}/{name}", f"{kind.folder}/{name}.zip"),
            is_packed=True,
        )
        for name, md5 in kind.zips_md5.items()
    ]
    return Files(archives, tuple(sources))


def _of_pets(kind: Any) -> Files:
    folder = "oxford-iiit-pet"
    archives = {"images": "5c4f3ee8e5d25df40f4fd59a7f44e54c", "annotations": "95a8c909bbe2e81eed6a22bccdf3f68f"}
    sources = [
        Source(f"{_PETS}{name}.tar.gz", md5, folder, (f"{folder}/{name}",), is_packed=True, is_kept=False)
        for name, md5 in archives.items()
    ]
    return Files({}, tuple(sources))


def _of_flowers(kind: Any) -> Files:
    folder = "flowers-102"
    tables = {"imagelabels.mat": "e0620be6f572b9609742df49c70aed4d", "setid.mat": "a5357ecc9cb78c4bef273ce3793fc85c"}
    images = Source(
        f"{_FLOWERS}102flowers.tgz",
        "52808999861908f626f3c1f4e79d11fa",
        folder,
        (f"{folder}/jpg",),
        is_packed=True,
        is_kept=False,
    )
    sources = [Source(f"{_FLOWERS}{name}", md5, folder, (f"{folder}/{name}",)) for name, md5 in tables.items()]
    return Files({f"{folder}/{name}": md5 for name, md5 in tables.items()}, (images, *sources))


def _of_celeba(kind: Any) -> Files:
    names = [(name, md5) for _, md5, name in kind.file_list if name.endswith(".txt")]
    return Files({f"{kind.base_folder}/{name}": md5 for name, md5 in names})


_FILES = {
    "CIFAR10": _of_cifar,
    "STL10": _of_stl,
    "SVHN": _of_split_list,
    "USPS": _of_split_list,
    "QMNIST": _of_qmnist,
    "Omniglot": _of_omniglot,
    "OxfordIIITPet": _of_pets,
    "Flowers102": _of_flowers,
    "CelebA": _of_celeba,
}
