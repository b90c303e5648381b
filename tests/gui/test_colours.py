"""Colours that everybody tells apart, and text that everybody can read, in both themes."""

import itertools

import pytest
from coloraide import Color

from vae_desktop.colours import CLASS_COLOURS, DARK, LIGHT, Theme

THEMES = {"light": LIGHT, "dark": DARK}
# Viénot's matrices are the better ones for red and green, Brettel's two planes for blue and yellow.
SIGHTS = {"normal": None, "protan": "vienot", "deutan": "vienot", "tritan": "brettel"}


def seen(colour: str, sight: str) -> Color:
    method = SIGHTS[sight]
    return Color(colour) if method is None else Color(colour).filter(sight, 1, method=method).clip("srgb")


@pytest.mark.parametrize("mode", THEMES)
def test_classes_stand_out_from_the_plot(mode) -> None:
    assert min(contrast(colour, THEMES[mode].surface) for colour in CLASS_COLOURS[mode]) >= 3


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("mode", THEMES)
def test_any_two_of_ten_classes_are_apart_for_all_eyes(mode, sight) -> None:
    colours = [seen(colour, sight) for colour in CLASS_COLOURS[mode]]
    assert len(colours) == 10
    assert min(first.delta_e(second, method="2000") for first, second in itertools.combinations(colours, 2)) >= 15


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_text_is_readable_on_what_it_stands_on(theme: Theme) -> None:
    for text in (theme.text, theme.muted):
        assert min(contrast(text, ground) for ground in (theme.window, theme.surface)) >= 4.5
    assert min(contrast(theme.error, ground) for ground in (theme.window, theme.error_surface)) >= 4.5
    assert contrast(theme.on_accent, theme.accent) >= 4.5
    assert contrast(theme.text, theme.info_surface) >= 4.5


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_the_focus_stands_out(theme: Theme) -> None:
    assert min(contrast(theme.accent, ground) for ground in (theme.window, theme.surface)) >= 3


def contrast(first: str, second: str) -> float:
    return Color(first).contrast(second, method="wcag21")
