"""Captions that lie beside images: lists such as Hugging Face's ``metadata.jsonl``, and texts with an image's name."""

from __future__ import annotations

import csv
import itertools
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from vae_desktop.data.captions import LONGEST, MOST, Captions, Texts, tidy
from vae_desktop.data.custom.files import File
from vae_desktop.data.custom.image_index import Index, indexes_of
from vae_desktop.data.custom.messages import because, counted, images_in_words
from vae_desktop.data.origins import Origins
from vae_desktop.files import size_in_words
from vae_desktop.language import tr, tr_count
from vae_desktop.progress import Progress

CAPTION_LIST = re.compile(r"(captions?|prompts?|descriptions?)\.(jsonl|csv|tsv|txt)", re.IGNORECASE)
CAPTION_COLUMN = re.compile(r"(\w+_)?(text|caption|description|prompt|sentence|comment)s?(_?\d+)?", re.IGNORECASE)

CAPTIONED = re.compile(rf"{CAPTION_LIST.pattern}|metadata\.(jsonl|csv)", re.IGNORECASE)  # lists that may have some
_BESIDE = (".txt", ".caption")
_MOST_BYTES = 60_000_000  # of a list
_MOST_BESIDE = 60_000  # bytes of a text with an image's name
_LONGEST_LINE = 1 << 18
_MOST_FIELDS = 256
_LONGEST_PATH = 4096
_NUMBERED = re.compile(r"#\d+$")
_SPARE_LINES = 10_000  # that a list may have besides as many captions as its images can
_TRIED = 20  # lines that tell which column names images

Row = dict[str, list[str]]  # texts by the names of columns; in CSV without a head these are "0", "1" ...


@dataclass(eq=False)
class FoundCaptions:
    """The captions of image files, and what to say of them.

    Attributes
    ----------
    texts : dict of Texts by File
    used : set of File
        The files that they were read from, or that are mentioned as captions that cannot be used.
    beside : set of File
        Those of them that have an image's name.
    notes, skipped : lists of str
        Lines of the report.
    """

    texts: dict[File, Texts] = field(default_factory=dict)
    used: set[File] = field(default_factory=set)
    beside: set[File] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    _faults: Counter[str] = field(default_factory=Counter)

    def add(self, image: File, text: str) -> None:
        """Take one more caption of an image, as far as it says anything that is not known yet."""
        words = tidy(text)
        have = self.texts.get(image, ())
        if not words:
            self._faults["empty"] += 1
        elif words in have:
            self._faults["twice"] += 1
        elif len(have) >= MOST:
            self._faults["more"] += 1
        else:
            self._faults["long"] += len(text.strip()) > LONGEST
            self.texts[image] = (*have, words)

    def note_wordless(self) -> None:
        """Note a text beside an image that is no caption."""
        self._faults["wordless"] += 1

    def along(self, origins: Origins | None) -> Captions | None:
        """The captions of images that came from these files; None if there are none."""
        if origins is None or not self.texts:
            return None
        by_path = {file.path: texts for file, texts in self.texts.items()}
        of_files = [by_path.get(path, ()) for path in origins.files]
        return tuple(of_files[number] for number in origins.file_of.tolist())

    def finish(self) -> None:
        """Say what was wrong with captions."""
        lines = {
            "wordless": tr("texts beside images without a word in them, not used"),
            "empty": tr("captions without a word in them, not used"),
            "twice": tr("captions that an image has twice, used once"),
            "more": tr("captions of images that have more than {most}, not used").format(most=MOST),
            "long": tr("captions of more than {most} characters, cut there").format(most=LONGEST),
        }
        self.skipped += [counted(line, self._faults[key]) for key, line in lines.items() if self._faults[key]]


def read_captions(files: Sequence[File], images: Sequence[File], progress: Progress) -> FoundCaptions:
    """The captions of images among files.

    A list has an object in JSON on each line, as ``metadata.jsonl`` of Hugging Face's imagefolder, or is CSV, as
    ``captions.csv``: one column names the image, others whose names say so are captions. An image may have several
    lines, or several captions in one. ``7.txt`` beside ``7.png`` is the caption of that, each line one.

    Raises
    ------
    Cancelled
        If `progress` raised it.
    """
    found = FoundCaptions()
    lists = [file for file in files if CAPTIONED.fullmatch(file.parts[-1])]
    if lists:
        indexes = indexes_of(images, {file.parts[:-1] for file in lists})
        for file in lists:
            _read_list(file, indexes, found, progress)
    _read_beside([file for file in files if file not in found.used], images, found, progress)
    found.finish()
    return found


def _read_beside(files: Sequence[File], images: Sequence[File], found: FoundCaptions, progress: Progress) -> None:
    """Take the texts that have the names of images."""
    named = {(*image.parts[:-1], PurePosixPath(image.parts[-1]).stem): image for image in images}
    count = 0
    for file in files:
        name = PurePosixPath(file.parts[-1])
        image = named.get((*file.parts[:-1], name.stem)) if name.suffix.lower() in _BESIDE else None
        if image is None:
            continue
        progress.check()
        text = _text_of(file, _MOST_BESIDE, found)
        if text is None:
            continue
        if not any(letter.isalpha() for letter in text):  # nothing, or numbers, as of the boxes of a detector
            found.used.add(file)
            found.note_wordless()
            continue
        found.used.add(file)
        found.beside.add(file)
        count += 1
        for line in itertools.islice(filter(str.strip, text.splitlines()), MOST + 1):
            found.add(image, line)
    if count:
        text = tr("captions from texts with the names of images: {images}")
        found.notes.append(text.format(images=images_in_words(count)))


def _text_of(file: File, most: int, found: FoundCaptions) -> str | None:
    """A file as a text; None, and a line in the report, if it is none or too large."""
    try:
        with file.open() as stream:
            content = stream.read(most + 1)
    except Exception:  # noqa: BLE001 - archives are damaged in many ways, and why it is no image is said
        return None
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    if len(content) > most:
        reason = tr("captions not used, as it takes more than {most}").format(most=size_in_words(most))
    else:
        try:
            return content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            reason = tr("captions not used, as it is not encoded in UTF-8; save it in that")
    _refused(file, reason, found)
    return None


def _refused(file: File, reason: str, found: FoundCaptions) -> None:
    found.skipped.append(because(file.name, reason))
    found.used.add(file)


def _read_list(
    file: File, indexes: Mapping[tuple[str, ...] | str, Index], found: FoundCaptions, progress: Progress
) -> None:
    """Take the captions of a list."""
    text = _text_of(file, _MOST_BYTES, found)
    if text is None:
        return
    faults: Counter[str] = Counter()
    rows = _objects(text, faults) if file.parts[-1].lower().endswith(".jsonl") else _records(text, faults)
    first = list(itertools.islice(rows, _TRIED))
    place = _place_of_images(first, [indexes[file.parts[:-1]], indexes[()]])
    if place is None:
        if CAPTION_LIST.fullmatch(file.parts[-1]):
            _refused(file, tr("captions not used, as no column of it names images that are here"), found)
        return
    column, index = place
    names = [name for row in first for name in row]
    is_named = any(CAPTION_COLUMN.fullmatch(name) for name in names)
    is_list = CAPTION_LIST.fullmatch(file.parts[-1]) is not None and not is_named
    captioned: set[File] = set()
    missing = 0
    for row in itertools.islice(itertools.chain(first, rows), len(index) * MOST + _SPARE_LINES):
        progress.check()
        image = next(filter(None, (_find(index, text) for text in row.get(column, ()))), None)
        texts = [
            text
            for name, some in row.items()
            for text in some
            if name != column and (CAPTION_COLUMN.fullmatch(name) or is_list)
        ]
        if image is None:
            missing += 1
        elif texts:
            captioned.add(image)
            for text in texts[: MOST + 1]:
                found.add(image, text)
    if not captioned:
        return
    found.used.add(file)
    text = tr("captions from {file}: {images}")
    found.notes.append(text.format(file=file.name, images=images_in_words(len(captioned))))
    if missing - (not is_named and missing == 1):
        found.skipped.append(
            tr_count(
                "{file}: {count:,} line names no image that is here",
                "{file}: {count:,} lines name no image that is here",
                missing,
            ).format(file=file.name, count=missing)
        )
    if faults["broken"]:
        text = tr("{file}: lines that cannot be read: {count:,}")
        found.skipped.append(text.format(file=file.name, count=faults["broken"]))


def _lines(text: str, faults: Counter[str]) -> Iterator[str]:
    """The lines with something in them; one that is far too long counts as a fault."""
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end + 1
        if end - start > _LONGEST_LINE:
            faults["broken"] += 1
        elif (line := text[start:end]).strip():
            yield line
        start = end


def _objects(text: str, faults: Counter[str]) -> Iterator[Row]:
    """The objects in JSON of the lines, with texts and lists of texts only."""
    for line in _lines(text, faults):
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            faults["broken"] += 1
            continue
        row: Row = {}
        for name, value in itertools.islice(found.items(), _MOST_FIELDS):
            values = value[: MOST + 1] if isinstance(value, list) else [value]
            row[name] = [text for text in values if isinstance(text, str)]
        yield row


def _records(text: str, faults: Counter[str]) -> Iterator[Row]:
    """The records of CSV, by the names in its first line if these name captions, else by their numbers."""
    beginning = text.lstrip()[:_LONGEST_LINE].partition("\n")[0]
    sign = next((sign for sign in "\t,;|" if sign in beginning), None)
    lines = _lines(text, faults)
    records = iter(line.split(None, 1) for line in lines) if sign is None else csv.reader(lines, delimiter=sign)
    names: list[str] | None = None
    while True:
        try:
            fields = next(records)
        except StopIteration:
            return
        except csv.Error:  # a field of more than 131,072 characters, or a broken quotation
            faults["broken"] += 1
            continue
        fields = fields[:_MOST_FIELDS]
        if not any(fields):
            continue
        if names is None:
            has_head = any(CAPTION_COLUMN.fullmatch(name.strip()) for name in fields)
            names = [name.strip() for name in fields] if has_head else list(map(str, range(_MOST_FIELDS)))
            if has_head:
                continue
        yield {name: [value] for name, value in zip(names, fields, strict=False)}


def _place_of_images(rows: Sequence[Row], indexes: Sequence[Index]) -> tuple[str, Index] | None:
    """The column that names most images, among those of its folder or of any; None if none names any."""
    for index in indexes:
        hits: Counter[str] = Counter()
        for row in rows:
            hits.update(name for name, texts in row.items() if any(_find(index, text) is not None for text in texts))
        if hits:
            return hits.most_common(1)[0][0], index
    return None


def _find(index: Index, text: str) -> File | None:
    """The image that a text names; Flickr's captions are numbered, as in "7.png#0"."""
    return index.find(_NUMBERED.sub("", text.strip())) if len(text) <= _LONGEST_PATH else None
