"""Names that speak of a part of a split, in any wording."""

import re
from collections.abc import Collection

TRAIN, TEST, VALIDATION = "train", "test", "validation"
_PARTS = (
    (TRAIN, r"train(?:ing|val)?|trn|训练"),
    (TEST, r"test(?:ing)?|tst|测试"),
    (VALIDATION, r"val(?:id|idation)?|dev|devel|development|eval|evaluation|holdout|验证"),
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|训练|测试|验证|[^\W\d_]+")
PLAIN = r"sets?|data|datasets?|images?|imgs?|pictures?|photos?|files?|folder|split|part|samples?|examples?|集"
_NUMBERED = re.compile(r"(|.*[\W_])(images?|imgs?|parts?)[\W_]*\d+", re.IGNORECASE)


def are_numbered(names: Collection[str]) -> bool:
    """Whether folders are numbered parts of one, such as ``images_001`` and ``images_002``, and so no classes."""
    found = [_NUMBERED.fullmatch(name) for name in names]
    return len(found) > 1 and None not in found and len({match[1] for match in found if match is not None}) == 1


def part_of(name: str) -> tuple[str, str] | None:
    """The part of a split that a name speaks of in any wording, and what else it says; None if it speaks of none.

    ``train``, ``Training set``, ``trainset``, ``train2017``, ``cars_train`` and ``trainA`` are all for the training;
    the last two say "cars" and "A" besides.
    """
    found, rest = "", []
    for word in _WORD.findall(name):
        part = next((part for part, words in _PARTS if re.fullmatch(f"(?:{words})(?:{PLAIN})?", word, re.I)), "")
        if part and not found:
            found = part
        elif not re.fullmatch(PLAIN, word, re.IGNORECASE):
            rest.append(word)
    return (found, " ".join(rest)) if found else None
