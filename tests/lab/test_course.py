"""Steps, checks and words belong together."""

import ast
import inspect
from string import Formatter

import pytest

from tests.lab.facts import STEPS
from vae_desktop.lab.checks import CHECKS
from vae_desktop.lab.course import read_course
from vae_desktop.language import LANGUAGES

NAMES = [step.name for step in STEPS]


def keys_of(check):
    """Every outcome that a check can have, read off its source and that of the functions beside it that it calls."""
    functions = vars(inspect.getmodule(check))
    asked, keys, seen = [check], set(), set()
    while asked:
        function = asked.pop()
        seen.add(function)
        for call in ast.walk(ast.parse(inspect.getsource(function))):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
                continue
            if call.func.id == "Outcome":
                keys |= {part.value for part in ast.walk(call.args[0]) if is_text(part)}
            other = functions.get(call.func.id)
            if inspect.isfunction(other) and other not in seen:
                asked.append(other)
    return keys


def is_text(part):
    return isinstance(part, ast.Constant) and isinstance(part.value, str)


@pytest.mark.parametrize("step", STEPS, ids=NAMES)
def test_each_outcome_has_words_a_step_is_short_and_its_emphasis_closed(step):
    assert keys_of(CHECKS[step.check]) == set(step.outcomes)
    assert len(step.text.split()) <= 60
    assert step.title
    assert step.do
    assert len(step.choices) in (2, 3) if step.ask else not step.choices
    assert all(len(text.split()) <= 45 for text in step.outcomes.values())
    assert not [text for text in (step.text, step.do, *step.outcomes.values()) if text.count("*") % 2]


def test_no_step_stands_there_twice():
    assert len(NAMES) == len(set(NAMES))


def test_each_check_is_used():
    assert set(CHECKS) == {step.check for step in STEPS}


def test_fields_are_named():
    fields = [name for step in STEPS for text in step.outcomes.values() for _, name, *_ in Formatter().parse(text)]
    assert all(name is None or name.isidentifier() for name in fields)


@pytest.mark.parametrize("name", LANGUAGES)
def test_the_words_of_each_language_are_whole(name, caplog):
    told = [step for chapter in read_course(name) for step in chapter.steps]
    assert not caplog.messages  # else they would be English
    for own, step in zip(told, STEPS, strict=True):
        assert (own.name, len(own.choices), bool(own.ask)) == (step.name, len(step.choices), bool(step.ask))
        assert own.title
        assert own.do
        assert {key: fields_of(text) for key, text in own.outcomes.items()} == {
            key: fields_of(text) for key, text in step.outcomes.items()
        }
        assert not [text for text in (own.text, own.do, *own.outcomes.values()) if text.count("*") % 2]


def fields_of(text):
    return {name for _, name, *_ in Formatter().parse(text) if name}
