"""A handful of random images laid out exactly as torchvision has each of its sets, and classes that know their MD5.

What such a class names publicly, a class derived from it names anew; Flowers-102 and Pet name nothing.
"""

import bz2
import hashlib
import io
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from vae_desktop.data.torchvision_files import Files

TRAIN, TEST = 24, 12
RANDOM = np.random.default_rng(0)


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def write(path: Path, data: bytes) -> str:
    """Write a file and its folders; its MD5."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return md5(data)


def bytes_of(*shape: int) -> np.ndarray:
    return RANDOM.integers(0, 256, shape, np.uint8)


def labels_of(count: int, classes: int) -> np.ndarray:
    return np.arange(count) % classes


def picture(width: int, height: int, kind: str = "JPEG", mode: str = "RGB") -> bytes:
    image = Image.fromarray(bytes_of(height, width, 3)).convert(mode)
    packed = io.BytesIO()
    image.save(packed, kind)
    return packed.getvalue()


def cifar(root: Path, sets: Any, name: str = "CIFAR10") -> tuple[Any, None]:
    """Pickles of rows, as CIFAR's."""
    base = getattr(sets, name)
    key = "labels" if name == "CIFAR10" else "fine_labels"
    files = [names[0] for names in base.train_list], [names[0] for names in base.test_list]
    lists: list[list[list[str]]] = []
    for names, count in zip(files, (TRAIN, TEST), strict=True):
        lists.append([])
        for file in names:
            rows = bytes_of(count // len(names) or 1, 3072)
            entry = {"data": rows, key: labels_of(len(rows), 10).tolist()}
            lists[-1].append([file, write(root / base.base_folder / file, pickle.dumps(entry))])
    meta = pickle.dumps({base.meta["key"]: [f"class {number}" for number in range(10)]})
    known = {**base.meta, "md5": write(root / base.base_folder / base.meta["filename"], meta)}
    return type(name, (base,), {"train_list": lists[0], "test_list": lists[1], "meta": known}), None


def svhn(root: Path, sets: Any) -> tuple[Any, None]:
    import scipy.io

    known = dict(sets.SVHN.split_list)
    for part, count in (("train", TRAIN), ("test", TEST)):
        packed = io.BytesIO()
        scipy.io.savemat(packed, {"X": bytes_of(32, 32, 3, count), "y": (labels_of(count, 10) + 1)[:, None]})
        url, name, _ = known[part]
        known[part] = [url, name, write(root / name, packed.getvalue())]
    return type("SVHN", (sets.SVHN,), {"split_list": known}), None


def usps(root: Path, sets: Any) -> tuple[Any, None]:
    known = dict(sets.USPS.split_list)
    for part, count in (("train", TRAIN), ("test", TEST)):
        lines = [
            f"{label + 1} "
            + " ".join(f"{place + 1}:{value:.3f}" for place, value in enumerate(RANDOM.uniform(-1, 1, 256)))
            for label in labels_of(count, 10)
        ]
        url, name, _ = known[part]
        known[part] = [url, name, write(root / name, bz2.compress("\n".join(lines).encode()))]
    return type("USPS", (sets.USPS,), {"split_list": known}), None


def qmnist(root: Path, sets: Any) -> tuple[Any, None]:
    for part, count in (("train", TRAIN), ("test", TEST)):
        raw = root / "QMNIST" / "raw"
        images = bytes((0, 0, 8, 3)) + struct.pack(">3I", count, 28, 28) + bytes_of(count, 28, 28).tobytes()
        write(raw / f"qmnist-{part}-images-idx3-ubyte", images)
        rows = np.tile(labels_of(count, 10)[:, None], (1, 8)).astype(">i4")
        rows[:, 1:] = 99  # writers, forms
        labels = bytes((0, 0, 12, 2)) + struct.pack(">2I", count, 8) + rows.tobytes()
        write(raw / f"qmnist-{part}-labels-idx2-int", labels)
    return sets.QMNIST, None


def stl(root: Path, sets: Any) -> tuple[Any, None]:
    base, known = sets.STL10, {}
    folder = root / base.base_folder
    for part, count in (("train", TRAIN), ("test", TEST)):
        known[f"{part}_X.bin"] = write(folder / f"{part}_X.bin", bytes_of(count, 3, 96, 96).tobytes())
        known[f"{part}_y.bin"] = write(folder / f"{part}_y.bin", (labels_of(count, 10) + 1).astype(np.uint8).tobytes())
    known["unlabeled_X.bin"] = write(folder / "unlabeled_X.bin", bytes_of(2, 3, 96, 96).tobytes())
    write(folder / base.class_names_file, "\n".join(f"class {number}" for number in range(10)).encode())
    lists = {
        "train_list": [[name, known[name]] for name, _ in base.train_list],
        "test_list": [[name, known[name]] for name, _ in base.test_list],
    }
    return type("STL10", (base,), lists), None


def omniglot(root: Path, sets: Any) -> tuple[Any, None]:
    base, known = sets.Omniglot, {}
    for part, alphabets, count in (
        ("images_background", ("Greek", "Latin"), TRAIN),
        ("images_evaluation", ("Tengwar",), TEST),
    ):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for number in range(count):
                path = f"{part}/{alphabets[number % len(alphabets)]}/character{number // 4:02}/{number:04}_01.png"
                data = picture(105, 105, "PNG", "1")
                archive.writestr(path, data)
                write(root / base.folder / path, data)
        known[part] = write(root / base.folder / f"{part}.zip", packed.getvalue())
    return type("Omniglot", (base,), {"zips_md5": known}), None


def pets(root: Path, sets: Any) -> tuple[Any, None]:
    folder = root / "oxford-iiit-pet"
    for part, count in (("trainval", TRAIN), ("test", TEST)):
        lines = []
        for number in range(count):
            name = f"{('Abyssinian', 'great_pyrenees')[number % 2]}_{part}{number}"
            lines.append(f"{name} {number % 2 + 1} {number % 2 + 1} 1")
            write(folder / "images" / f"{name}.jpg", picture(70 + number, 90))
        write(folder / "annotations" / f"{part}.txt", "\n".join(lines).encode())
    return sets.OxfordIIITPet, None


def flowers(root: Path, sets: Any) -> tuple[Any, Files]:
    import scipy.io

    folder, total = root / "flowers-102", TRAIN + TEST
    for number in range(1, total + 1):
        write(folder / "jpg" / f"image_{number:05}.jpg", picture(80, 70 + number))
    numbers = np.arange(1, total + 1)
    parts = {"trnid": numbers[:TRAIN:2], "valid": numbers[1:TRAIN:2], "tstid": numbers[TRAIN:]}
    known = {}
    for name, values in (("imagelabels.mat", {"labels": labels_of(total, 102) + 1}), ("setid.mat", parts)):
        packed = io.BytesIO()
        scipy.io.savemat(packed, values)
        known[name] = write(folder / name, packed.getvalue())
    own = {
        "image": ("", ""),
        "label": ("imagelabels.mat", known["imagelabels.mat"]),
        "setid": ("setid.mat", known["setid.mat"]),
    }
    kind = type("Flowers102", (sets.Flowers102,), {"_file_dict": own})  # the only place where it can be told
    return kind, Files({f"flowers-102/{name}": value for name, value in known.items()})


def celeba(root: Path, sets: Any) -> tuple[Any, None]:
    base, total = sets.CelebA, TRAIN + TEST
    folder = root / base.base_folder
    names = [f"{number:06}.jpg" for number in range(1, total + 1)]
    for name in names:
        write(folder / "img_align_celeba" / name, picture(178, 218))
    attributes = ["5_o_Clock_Shadow", "Smiling"]
    part_of = [0] * (TRAIN - 4) + [1] * 4 + [2] * TEST
    lines = {
        "list_attr_celeba.txt": [
            str(total),
            " ".join(attributes) + " ",
            *(f"{name} {(-1, 1)[number % 2]:2} {(-1, 1)[number % 3 == 0]:2}" for number, name in enumerate(names)),
        ],
        "identity_CelebA.txt": [f"{name} {number}" for number, name in enumerate(names)],
        "list_bbox_celeba.txt": [str(total), "image_id x_1 y_1 width height", *(f"{name} 1 2 3 4" for name in names)],
        "list_landmarks_align_celeba.txt": [str(total), "x y", *(f"{name} 1 2" for name in names)],
        "list_eval_partition.txt": [f"{name} {part}" for name, part in zip(names, part_of, strict=True)],
    }
    known = {name: write(folder / name, ("\n".join(rows) + "\n").encode()) for name, rows in lines.items()}
    listed = [(number, known.get(name, ""), name) for number, _, name in base.file_list]
    return type("CelebA", (base,), {"file_list": listed}), None


STANDINS: dict[str, Callable[[Path, Any], tuple[Any, Files | None]]] = {
    "cifar-10": cifar,
    "cifar-100": lambda root, sets: cifar(root, sets, "CIFAR100"),
    "svhn": svhn,
    "usps": usps,
    "qmnist": qmnist,
    "stl-10": stl,
    "omniglot": omniglot,
    "oxford-pets": pets,
    "flowers-102": flowers,
    "celeba": celeba,
}
