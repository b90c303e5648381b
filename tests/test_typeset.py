"""Formulas set as drawings: what is asked for by several threads is drawn as one thread would."""

import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from vae_desktop.typeset import typeset

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from ziamath.mathfont import MathFont
    from ziamath.zmath import loadedfonts

_FORMULAS = [rf"{letter}_{{{number}}} = \sqrt{{{letter}}} + {number}" for number in range(4) for letter in "abcdxyz"]


@pytest.fixture
def threads_take_turns_often() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("threads_take_turns_often")
def test_several_threads_set_formulas_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [typeset(latex) for latex in _FORMULAS]
    for _ in range(3):
        new_font = MathFont(loadedfonts["default"].fname)  # which has not read the shape of any letter
        monkeypatch.setitem(loadedfonts, "default", new_font)
        typeset.cache_clear()
        with ThreadPoolExecutor(4) as threads:
            assert list(threads.map(typeset, _FORMULAS)) == expected
