"""``vae-desktop data``: what would be read of a data set, by which rule, and what is left out; nothing is trained."""

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vae_desktop.cli.duplicates import duplicate_values
from vae_desktop.cli.options import add_data_dir_option, add_exclude_option, add_setting_option, excluding, spelled
from vae_desktop.cli.output import print_json, print_table, shown_progress
from vae_desktop.config import SETTINGS, DatasetConfig
from vae_desktop.dataset_catalog import DATASETS
from vae_desktop.files import size_in_words
from vae_desktop.language import N_, tr, tr_count
from vae_desktop.paths import images_dir
from vae_desktop.settings import settings_of

if TYPE_CHECKING:
    from vae_desktop.data.dataset import Dataset

_MOST_PAIRS = 20  # of near-duplicates, that are printed
HELP = N_("describe a data set, or list those known")
_STATES = {"there": N_("there"), "downloadable": N_("to be downloaded"), "by hand": N_("to be fetched by you")}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    help = tr("data set: {names}, or images of your own").format(names=", ".join(DATASETS))
    parser.add_argument("source", nargs="?", metavar="NAME|PATH", help=help)
    for name, entry, default in settings_of(DatasetConfig):
        if name != "name":
            add_setting_option(parser, spelled(name), name, entry, default)
    add_exclude_option(parser)
    add_data_dir_option(parser)
    parser.add_argument(
        "--duplicates", action="store_true", help=tr("look for test images that nearly equal a training image")
    )
    parser.add_argument("--json", action="store_true", help=tr("print one JSON object"))


def run(options: argparse.Namespace) -> int:
    """Print what a data set holds as a model would get it, or which sets are known."""
    if options.source is None:
        known, stored = list(_known(options.data_dir)), _stored()
        if options.json:
            print_json({"datasets": known, "cache": str(images_dir()), "stored": stored})
        else:
            print_table([(entry["name"], _line(entry)) for entry in known])
            if stored:
                print_table([(tr("in the cache"), _stored_line(entry)) for entry in stored])
        return 0
    from vae_desktop.data.custom.messages import listed
    from vae_desktop.data.duplicates import in_words, near_duplicates
    from vae_desktop.data.load import load_dataset

    names = [name for name, _, _ in settings_of(DatasetConfig) if name != "name"]
    config = DatasetConfig(
        SETTINGS["name"].parse("name", options.source), **{name: getattr(options, name) for name in names}
    )
    config = excluding(config, options)
    with shown_progress() as progress:
        dataset = load_dataset(config, options.data_dir, progress)
        pairs = near_duplicates(dataset, progress) if options.duplicates else None
    values = _values(dataset)
    if options.json:
        print_json({**values, **({} if pairs is None else {"near_duplicates": duplicate_values(pairs, dataset)})})
        return 0
    rows = _rows(dataset, values)
    if pairs is not None:
        sentence, lines = in_words(pairs, dataset)
        rows += [(tr("Duplicates"), line) for line in (sentence, *listed(lines, _MOST_PAIRS))]
    print_table(rows)
    return 0


def _known(data_dir: Path) -> Iterator[dict[str, Any]]:
    """What is known of each data set by name, and whether it is there."""
    from vae_desktop.data.presence import is_there

    for name, kind in DATASETS.items():
        is_here = is_there(DatasetConfig(name), data_dir)
        yield {
            "name": name,
            "title": tr(kind.label),
            "about": tr(kind.help),
            "state": "there" if is_here else "downloadable" if kind.download_bytes else "by hand",
            "training_images": kind.counts[0],
            "test_images": kind.counts[1],
            "classes": kind.classes,
            "download_bytes": kind.download_bytes,
            "terms": tr(kind.terms),
            "page": kind.page,
            "torchvision": kind.torchvision,
            "folder": str(data_dir / kind.folder) if kind.torchvision else None,
        }


def _line(entry: dict[str, Any]) -> str:
    """A known data set in a line: whether it is there, and what it is."""
    state, about = tr(_STATES[entry["state"]]), DATASETS[entry["name"]].about
    return tr("{state}: {about}").format(state=state, about=about)


def _stored() -> list[dict[str, Any]]:
    """The data sets that are kept in the cache, the last used first."""
    from vae_desktop.data.stored.folders import stored_images

    return [asdict(entry) for entry in stored_images()]


def _stored_line(entry: dict[str, Any]) -> str:
    """A data set in the cache in a line."""
    text = tr("{name}: {images:,} images, {size}") if entry["is_finished"] else tr("not finished yet: {size}")
    size = size_in_words(entry["bytes"])
    return text.format(name=entry["name"], images=entry["images"], size=size)


def _values(dataset: "Dataset") -> dict[str, Any]:
    import numpy as np

    from vae_desktop.data.captions import count_captioned
    from vae_desktop.data.stored.mapped import is_mapped

    train, test = dataset.train, dataset.test
    counts = [
        (np.zeros(len(dataset.class_names), int) if part.labels is None else _counts(part.labels, dataset)).tolist()
        for part in (train, test)
    ]
    report = dataset.report
    kind = DATASETS.get(dataset.config.name)
    return {
        **asdict(dataset.config),
        "title": dataset.title,
        "training_images": len(train),
        "test_images": len(test),
        "image_shape": dataset.image_shape,
        "bytes": train.images.nbytes + test.images.nbytes,
        "is_in_cache": is_mapped(train.images),
        "range": [
            min(int(part.images.min()) for part in (train, test)),
            max(int(part.images.max()) for part in (train, test)),
        ],
        "classes": [
            {"name": name, "training_images": of_train, "test_images": of_test}
            for name, of_train, of_test in zip(dataset.class_names, *counts, strict=True)
        ],
        "factors": dataset.factor_names,
        "captioned_images": sum(count_captioned(part.captions) for part in (train, test)),
        "converted": () if report is None else report.converted,
        "skipped": () if report is None else report.skipped,
        "terms": "" if kind is None else tr(kind.terms),
        "page": "" if kind is None else kind.page,
    }


def _counts(labels: Any, dataset: "Dataset") -> Any:
    import numpy as np

    return np.bincount(labels, minlength=len(dataset.class_names))


def _rows(dataset: "Dataset", values: dict[str, Any]) -> list[tuple[str, str]]:
    channels, height, width = values["image_shape"]
    images = tr_count("{height}×{width} pixels, {count} channel", "{height}×{width} pixels, {count} channels", channels)
    class_line = tr("{name}: {training:,} + {test:,}")
    classes = [
        class_line.format(name=tr(entry["name"]), training=entry["training_images"], test=entry["test_images"])
        for entry in values["classes"]
    ]
    levels = tr("{least} to {greatest}, {size} in memory")
    if values["is_in_cache"]:
        levels = tr("{least} to {greatest}, {size} in the cache")
    levels = levels.format(least=values["range"][0], greatest=values["range"][1], size=size_in_words(values["bytes"]))
    rows = [
        (tr("Data set"), values["title"]),
        (tr("Training images"), f"{values['training_images']:,}"),
        (tr("Test images"), f"{values['test_images']:,}"),
        (tr("Images"), images.format(height=height, width=width, count=channels)),
        (tr("Levels"), levels),
        (tr("Classes"), tr(", ").join(classes) or tr("none")),
    ]
    if values["factors"]:
        rows.append((tr("Factors"), tr(", ").join(map(tr, values["factors"]))))
    if values["captioned_images"]:
        total = values["training_images"] + values["test_images"]
        text = tr("{count:,} of {total:,} images have some").format(count=values["captioned_images"], total=total)
        rows.append((tr("Captions"), text))
    if values["terms"]:
        rows.append((tr("Terms"), tr("{terms} ({page})").format(terms=values["terms"], page=values["page"])))
    report = dataset.report
    rows += [(tr("Read"), report.read)] if report is not None else []
    rows += [(tr("Converted"), line) for line in values["converted"]]
    return rows + [(tr("Skipped"), line) for line in values["skipped"]]
