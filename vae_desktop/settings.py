"""What a setting is: a dataclass field that carries what a form, a command line and a file need.

A value that a setting cannot take never gets into an object.
"""

import math
import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar

from vae_desktop.errors import InvalidSetting
from vae_desktop.file_kinds import readable_name
from vae_desktop.language import N_, tr

Kind = Literal["integer", "number", "sizes", "choice"]
Group = Literal["main", "architecture", "optimisation", "reproducibility"]
ConfigT = TypeVar("ConfigT")
ChoiceT = TypeVar("ChoiceT", bound="Choice")

_WANTED = {
    "integer": N_("{label}: {value} is not a whole number."),
    "number": N_("{label}: {value} is not a number."),
    "sizes": N_("{label}: {value} is not a list of at most 8 whole numbers, such as 400 256."),
    "choice": N_("{label}: {value} is not one of the choices."),
}
_NO_SIZES = "none"  # an empty list, where an empty text stands for the automatic value
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?", re.IGNORECASE)
_WHOLE = re.compile(r"([+-]?\d{1,4000})(?:e\+?(\d{1,2}))?", re.IGNORECASE)  # what Python can write out again
_GROUPED = re.compile(r"\d[.,'\u2019\s]\d{3}(?!\d)")
_SIGNS = str.maketrans("\u2212\uff0d\uff0b\uff0e\uff0c", "--+.,")  # a typeset minus, and full-width Chinese signs


@dataclass(frozen=True)
class Choice:
    """One value of a setting with few values: its name in files and commands, its label, and what it is for."""

    name: str
    label: str
    help: str

    @property
    def about(self) -> str:
        """What there is to say of it, translated."""
        return tr(self.help)


def by_name(*entries: ChoiceT) -> dict[str, ChoiceT]:
    """A table of what is known by name."""
    return {entry.name: entry for entry in entries}


@dataclass(frozen=True)
class Setting:
    """What a form or a command line needs to know about one field.

    Attributes
    ----------
    label, help, unit : str
        Short name, what the setting does to the latent space, and its unit ("" for a plain number); all in English,
        translated where they are shown.
    kind : {"integer", "number", "sizes", "choice"}
        "sizes" is a tuple of integers, each within the range.
    minimum, maximum : float
        The range, both ends included.
    logarithmic : bool
        Steps multiply rather than add.
    at_once : bool
        A change acts on the training that runs; other settings wait for the next run.
    automatic : str, or None
        The text that stands for the value None, which is allowed only where there is such a text.
    takes_path : bool
        Of a choice: the path of a file or folder is allowed too.
    numbered : str
        Of a choice: the one of which there can be several, so that "cuda:1" is allowed beside "cuda".
    only_for : tuple of str
        Kinds of model for which the setting matters; empty for all.
    is_for_own : bool
        It matters only for a person's own images.
    only_with : (str, str), or None
        The name of another setting, and the one value of it for which this setting matters.
    group : {"main", "architecture", "optimisation", "reproducibility"}
        Where a form shows it: "main" settings always, the others in a fold of that name.
    """

    label: str
    help: str
    kind: Kind = "integer"
    minimum: float = -math.inf
    maximum: float = math.inf
    unit: str = ""
    choices: tuple[Choice, ...] = ()
    logarithmic: bool = False
    at_once: bool = False
    automatic: str | None = None
    takes_path: bool = False
    numbered: str = ""
    only_for: tuple[str, ...] = ()
    is_for_own: bool = False
    only_with: tuple[str, str] | None = None
    group: Group = "optimisation"

    def parse(self, name: str, text: str) -> Any:
        """Turn typed text into a checked value.

        Raises
        ------
        InvalidSetting
            If the text is no such value; the message says why.
        """
        text = text.strip()
        if self.automatic is not None and text.lower() in ("", self.automatic.lower()):
            return None
        try:
            value: Any
            if self.kind == "choice":
                value = self._absolute(text)
            elif self.kind == "sizes":
                parts = [] if text == _NO_SIZES else text.replace(",", " ").split()
                value = tuple(read_whole_number(part) for part in parts)
            else:
                value = read_whole_number(text) if self.kind == "integer" else read_number(text)
        except ValueError:
            message = self._refusal(_abridged(repr(text)))
            if _GROUPED.search(text):
                message = tr("{message} Write it without separators of thousands.").format(message=message)
            raise InvalidSetting(name, message) from None
        self.check(name, value)
        return value

    def check(self, name: str, value: Any) -> None:
        """Raise InvalidSetting unless `value` has the right type and lies in the range."""
        if value is None and self.automatic is not None:
            return
        if self.kind == "choice":
            self._check_choice(name, value)
        elif self.kind != "sizes":
            self._check_number(name, value)
        elif isinstance(value, tuple) and len(value) <= 8:
            for size in value:
                self._check_number(name, size)
        else:
            raise InvalidSetting(name, self._refusal(repr(value)))

    def format(self, value: Any) -> str:
        """Text of a value, as a person would type it."""
        if value is None:
            return self.automatic or ""
        if self.kind == "sizes":
            return " ".join(str(size) for size in value) or _NO_SIZES
        return shortest(value) if self.kind == "number" else str(value)

    def _absolute(self, text: str) -> str:
        """A path as one that means the same from every folder; any other text as it is."""
        if not self.takes_path or any(text == choice.name for choice in self.choices):
            return text
        path = Path(os.path.expanduser(text))  # pathlib raises where there is no such user
        return str(path.absolute()) if _is_path(text) or (text and path.exists()) else text

    def _check_choice(self, name: str, value: Any) -> None:
        if value in [choice.name for choice in self.choices]:
            return
        if isinstance(value, str) and self.numbered and re.fullmatch(rf"{self.numbered}:\d{{1,2}}", value):
            return
        if isinstance(value, str) and self.takes_path:
            if _is_path(value):
                return
            if not _is_text(value):
                shown = readable_name(value)
                text = tr(
                    "{label}: the path {path} is not valid UTF-8, so that no model could keep it. "
                    "Rename the file or folder."
                )
                raise InvalidSetting(name, text.format(label=tr(self.label), path=shown))
        known = ", ".join(choice.name for choice in self.choices)
        text = tr("{label}: {value} is unknown; choose from {known}.")
        if self.takes_path:
            text = tr("{label}: {value} is unknown; choose from {known}, or give the path of a folder or file.")
        raise InvalidSetting(name, text.format(label=tr(self.label), value=_abridged(repr(value)), known=known))

    def _check_number(self, name: str, value: Any) -> None:
        wanted = float if self.kind == "number" else int
        right_type = isinstance(value, (int, wanted)) and not isinstance(value, bool)
        if not right_type or value != value:
            raise InvalidSetting(name, self._refusal(repr(value)))
        if not self.minimum <= value <= self.maximum:
            text = tr("{label}: {value} is out of range ({minimum} to {maximum}).")
            minimum, maximum = shortest(self.minimum), shortest(self.maximum)
            value = _abridged(shortest(value))
            raise InvalidSetting(name, text.format(label=tr(self.label), value=value, minimum=minimum, maximum=maximum))

    def _refusal(self, value: str) -> str:
        return tr(_WANTED[self.kind]).format(label=tr(self.label), value=value)


def read_number(text: str) -> float:
    """Read a number as people write it anywhere: 0.5, 0,5, 1e-3, +2, −2.

    A single point or comma is the decimal separator, never a separator of thousands: "1,234" is a little more than 1.
    What can only be meant with such separators, as "1,234.5", is refused rather than guessed.

    Raises
    ------
    ValueError
        If the text is no number.
    """
    text = text.strip().translate(_SIGNS)
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return float(text.replace(",", "."))


def read_whole_number(text: str) -> int:
    """Read a whole number, such as 60000 or 6e4; separators are refused, since "1,000" could be 1 or a thousand.

    Raises
    ------
    ValueError
        If the text is no whole number.
    """
    match = _WHOLE.fullmatch(text.strip().translate(_SIGNS))
    if match is None:
        raise ValueError(text)
    return int(match[1]) * 10 ** int(match[2] or 0)


def shortest(value: float) -> str:
    """The shortest text that reads back as the same number: 1, 0.001, 1e-07."""
    return str(value) if isinstance(value, int) else repr(float(value)).removesuffix(".0")


def _is_path(text: str) -> bool:
    """Whether a text reads as a path on some system; a file may come from another one."""
    return ("/" in text or "\\" in text) and "\0" not in text and len(text) <= 4096 and _is_text(text)


def _is_text(text: str) -> bool:
    """Whether a text has no bytes that are no text, which no file could keep."""
    return readable_name(text) == text


def _abridged(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:20]}…"


def setting(
    default: Any, label: str, help: str, between: tuple[float, float] = (-math.inf, math.inf), **details: Any
) -> Any:
    """Declare a dataclass field that is a setting, of the kind that its choices or its default tell."""
    kind = "choice" if "choices" in details else "number" if isinstance(default, float) else "integer"
    details = {"kind": kind, "minimum": between[0], "maximum": between[1], **details}
    return field(default=default, metadata={"setting": Setting(label, help, **details)})


def settings_of(config: Any) -> Iterator[tuple[str, Setting, Any]]:
    """Yield (field name, setting, value) for each setting of a config object, or defaults of its class."""
    kind: Any = config if isinstance(config, type) else type(config)
    for name, entry, default in _declared(kind):
        yield name, entry, default if config is kind else getattr(config, name)


@cache  # the form asks for them with each letter that is typed
def _declared(kind: Any) -> list[tuple[str, Setting, Any]]:
    """The name, the setting and the default of each setting of a class."""
    found = [(each, each.metadata["setting"]) for each in fields(kind) if "setting" in each.metadata]
    return [(each.name, entry, None if each.default is MISSING else each.default) for each, entry in found]


class Checked:
    """Validates each setting when an object is made."""

    def __post_init__(self) -> None:
        for name, entry, value in settings_of(self):
            entry.check(name, value)


def config_from_json(kind: type[ConfigT], values: Any, optional: Collection[str] = ()) -> ConfigT:
    """Rebuild a config object, trusting nothing; of the `optional` settings, one that is missing has its default.

    Raises
    ------
    InvalidSetting
        If a key is unknown or missing, or a value has the wrong type or range.
    """
    known = {entry.name: entry for entry in fields(kind)}  # type: ignore[arg-type]
    if not isinstance(values, Mapping) or set(values) - set(known) or set(known) - set(values) - set(optional):
        text = tr("{name} needs exactly the keys {keys}.").format(name=kind.__name__, keys=", ".join(known))
        raise InvalidSetting(kind.__name__, text)
    arguments: dict[str, Any] = {}
    for name, entry in known.items():
        if name not in values:
            continue
        value = values[name]
        if "setting" not in entry.metadata and is_dataclass(entry.type):
            value = config_from_json(entry.type, value, optional)  # type: ignore[arg-type]
        arguments[name] = tuple(value) if isinstance(value, list) else value
    return kind(**arguments)
