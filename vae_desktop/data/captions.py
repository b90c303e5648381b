"""A person's own captions of images, as values: what is kept of a text, and the tags that say something as well."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vae_desktop.data.dataset import Split

Texts = tuple[str, ...]  # of one image
Captions = tuple[Texts, ...]  # of each of N images

LONGEST = 500  # characters of a caption; what follows says nothing that an image this small could show
MOST = 20  # captions of an image


def tidy(text: str) -> str:
    """The text in one line without control characters, cut where it is too long; "" if there is no word in it."""
    beginning = text[: 4 * LONGEST]
    shown = "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in beginning)
    line = " ".join(shown.split())[:LONGEST].strip()
    return line if any(letter.isalnum() for letter in line) else ""


def count_captioned(captions: Captions | None) -> int:
    """How many images have a caption."""
    return sum(map(bool, captions or ()))


def with_tags(split: Split, tagged: Mapping[str, Iterable[str]]) -> Captions | None:
    """The captions of a split's images with tags, each of which is one more; None if there are neither.

    Parameters
    ----------
    split : Split
    tagged : mapping of str to str
        The content hashes, in hexadecimal digits, of the images that have each tag.
    """
    tags: dict[int, list[str]] = {}
    for tag, hashes in tagged.items():
        if words := tidy(tag):
            for digest in hashes:
                tags.setdefault(int(digest, 16), []).append(words)
    if not tags:
        return split.captions
    own = split.captions or ((),) * len(split)
    found = tuple((*texts, *tags.get(key, ())) for texts, key in zip(own, split.hashes.tolist(), strict=True))
    return found if any(found) else split.captions
