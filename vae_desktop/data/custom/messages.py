"""Names and numbers of things as a person reads them."""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from vae_desktop.file_kinds import Kind
from vae_desktop.language import tr, tr_count

SortKey = tuple[list[tuple[int, str]], str]

LONGEST = 120
_UNPRINTABLE = ("Cc", "Cs", "Zl", "Zp")  # control characters, broken encoding, line breaks


def natural_key(name: str) -> SortKey:
    """Sort key that counts: "class 2" comes before "class 10"; capitals do not matter."""
    parts = re.split(r"(\d+)", name.casefold())
    # Every second part is a number, which orders by its length first, then by its digits.
    numbered = [part.lstrip("0") if number % 2 else part for number, part in enumerate(parts)]
    return [(len(part) if number % 2 else 0, part) for number, part in enumerate(numbered)], name


def shown(name: str) -> str:
    """The name in one line of at most 120 characters; what no file could take becomes "�"."""
    beginning = name[: LONGEST + 1]
    line = "".join("�" if unicodedata.category(letter) in _UNPRINTABLE else letter for letter in beginning)
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def images_in_words(count: int) -> str:
    """The number and its noun: 1 image, 1,204 images."""
    return tr_count("{count:,} image", "{count:,} images", count).format(count=count)


def counted(what: str, count: int) -> str:
    """A line of a report: how many there are of something."""
    return tr("{name}: {value}").format(name=what, value=f"{count:,}")


def because(name: str, reason: object) -> str:
    """A line of a report: why something is not read."""
    return tr("{name}: {reason}").format(name=name, reason=reason)


def not_used(name: str) -> str:
    """A line of a report: a file or an array that is left out."""
    return tr("{name}: not used").format(name=shown(name))


def unlabelled(name: str, count: int) -> str:
    """A line of a report: a file of so many images that is left out, as it has no labels beside one that has."""
    text = tr("{files}: {images} without labels, not used; choose that file by itself to see them")
    return text.format(files=shown(name), images=images_in_words(count))


def within(name: str, path: Path) -> str:
    """What something in a file is called."""
    return tr("{name} in {path}").format(name=shown(name), path=path)


def what_it_is(kind: Kind | None, otherwise: str) -> str:
    """Why a file is not what it should be: what it is, if that is known."""
    return otherwise if kind is None else tr("it is {kind}").format(kind=kind)


def listed(lines: Sequence[str], limit: int) -> tuple[str, ...]:
    """At most `limit` lines, and then how many more there are."""
    rest = len(lines) - limit
    return (*lines[:limit], tr("and {count:,} more").format(count=rest)) if rest > 0 else tuple(lines)
