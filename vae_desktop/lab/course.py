"""The chapters and steps of the lab, read from files: what a step is made of, and its words in each language.

``resources/lab/course.toml`` says which steps there are, what each rings, shows and checks; ``LANGUAGE.toml`` beside it
holds the words. A new step is an entry in both, and where no check fits, a function in `checks`.
"""

from __future__ import annotations

import logging
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vae_desktop import language
from vae_desktop.resources import resource_path

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Step:
    """One thing to understand, to predict and to do.

    Attributes
    ----------
    name : str
        Of the step among all, "chapter.step".
    title, text : str
        At most some sixty words; Markdown's *emphasis* is all that it may hold.
    ask : str
        The question that is answered before the window answers it; "" for none.
    choices : tuple of str
        The answers that can be given.
    do : str
        What to do in the window.
    outcomes : mapping of str to str
        What is said of each result of the check, with fields in braces for its numbers.
    check : str
        Name of the function in `checks` that looks whether it was done, and what came of it.
    ring : tuple of str
        Object names of the controls to use, the first that can be used is ringed; of a dock that stands behind
        others, its tab. "NAME.2" is the third tab, or menu, of a bar.
    ring_for : mapping of str to tuple of str
        Those that come before them as long as the check says so.
    show : tuple of str
        What *Show me* does, one after the other, as `hand` in the window understands it.
    """

    name: str
    title: str
    text: str
    ask: str
    choices: tuple[str, ...]
    do: str
    outcomes: Mapping[str, str]
    check: str
    ring: tuple[str, ...]
    ring_for: Mapping[str, tuple[str, ...]]
    show: tuple[str, ...]

    def outcome(self, key: str, numbers: Mapping[str, Any]) -> str:
        """The words for a result of the check, with its numbers; "" where there are none."""
        text = self.outcomes.get(key, "").format(**numbers)
        return re.sub(r"(?<!\w)-(?=\d)", "−", text)  # beside formulas, which have a minus sign


@dataclass(frozen=True)
class Chapter:
    """Steps that make one point of the argument."""

    name: str
    title: str
    steps: tuple[Step, ...]


def read_course(name: str | None = None) -> tuple[Chapter, ...]:
    """Read all chapters in a language, by default the chosen one.

    Where the words of that language are damaged or not there, English ones are read, and the log says so; where these
    are, too, there are no chapters.
    """
    name = language.current() if name is None else name
    for each in dict.fromkeys((name, "en")):
        try:
            return _chapters(_read("course"), _read(each))
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
            _log.warning("the lab cannot be read in the language %r: %s", each, error)
    return ()


def _read(name: str) -> dict[str, Any]:
    with resource_path(f"lab/{name}.toml").open("rb") as file:
        return tomllib.load(file)


def _chapters(course: Mapping[str, Any], words: Mapping[str, Any]) -> tuple[Chapter, ...]:
    return tuple(
        Chapter(
            chapter["name"],
            words[chapter["name"]]["title"],
            tuple(_step(chapter["name"], step, words[chapter["name"]][step["name"]]) for step in chapter["step"]),
        )
        for chapter in course["chapter"]
    )


def _step(chapter: str, step: Mapping[str, Any], words: Mapping[str, Any]) -> Step:
    return Step(
        f"{chapter}.{step['name']}",
        words["title"],
        _joined(words["text"]),
        words.get("ask", ""),
        tuple(words.get("choices", ())),
        _joined(words.get("do", "")),
        {key: _joined(text) for key, text in words["outcomes"].items()},
        step["check"],
        tuple(step.get("ring", ())),
        {key: tuple(names) for key, names in step.get("ring_for", {}).items()},
        tuple(step.get("show", ())),
    )


def _joined(text: str) -> str:
    """A text that stands on several lines of a file as one line, or a line for each part that blank lines part.

    Spaces that hold words together stay.
    """
    return "\n".join(re.sub(r"[ \t\n]+", " ", part).strip(" ") for part in text.strip().split("\n\n"))
