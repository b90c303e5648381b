"""Chapters 5 to 7 of the lab: which windows their checks take, which they turn down, and with which words."""

from dataclasses import replace

import numpy as np
import pytest

from vae_desktop.config import RunConfig
from vae_desktop.lab.checks import CHECKS
from vae_desktop.lab.checks.kl import STEPS
from vae_desktop.lab.course import read_course
from vae_desktop.lab.seen import Model, Seen, Stretch
from vae_desktop.latent.codes import Codes
from vae_desktop.training.observed_step import Balance

_COUNT = 400


def _codes(spread: float, sigma: float | None, dims: int = 2, middle: float = 0.0) -> Codes:
    noise = np.random.default_rng(0).standard_normal((_COUNT, dims))
    mean = (middle + spread * (noise - noise.mean(0)) / noise.std(0)).astype(np.float32)
    stddev = None if sigma is None else np.full((_COUNT, dims), np.log(sigma), np.float32)
    return Codes(mean, stddev, np.arange(_COUNT) % 10)


def _figures(classes: float | None = 8.0, recall: float = 0.3, error: float = 25.0, right: float = 0.7, spread=1.0):
    prior = {"precision": 0.8, "recall": recall}
    if classes is not None:
        prior["effective_classes"] = classes
    return {
        "sampling": {"prior": prior},
        "knn_accuracy_of_samples": right,
        "reconstruction": error,
        "spread_of_means": [spread, spread],
    }


def _model(kind: str, spread: float = 1.0, sigma: float | None = 0.2, **changes) -> Model:
    dims = changes.pop("dims", 2)
    config = RunConfig().with_settings(kind=kind, latent_dim=dims)
    fields = {"step": 200, "figures": _figures(), **changes}
    return Model(config, pixels=784, **{"codes": _codes(spread, sigma, dims), **fields})


AE = _model("ae", 3.0, None, figures=_figures(6.5, 0.03, 24.0, spread=3.0))
NO_KL = _model("vae-no-kl", 2.2, 0.003, figures=_figures(6.0, 0.1, spread=2.2))
ALONE = _model("kl-only", 0.005, 1.0, figures=_figures(1.0, 0.0, 47.8, 0.11, 0.005))
FULL = _model("vae", 1.1, 0.2, figures=_figures(8.0, 0.2))
FOUR = AE, NO_KL, ALONE, FULL


def _beside(*models: Model, **changes) -> Seen:
    return Seen(workspace="comparison", compared=models, **changes)


def _with(changed: Model, **changes) -> tuple[Model, ...]:
    """The four models, one of them as it is not."""
    return tuple(replace(model, **changes) if model is changed else model for model in FOUR)


def _not_trained(changed: Model) -> list[tuple[Seen, str]]:
    """What any check of models side by side turns down."""
    nan = replace(changed.codes, mean=np.full_like(changed.codes.mean, np.nan))
    others = tuple(model for model in FOUR if model is not changed)
    return [
        (Seen(), "no_models"),
        (Seen(compared=FOUR), "no_models"),
        (_beside(*others), "other_models"),
        (_beside(*others, _model(changed.kind, dims=20)), "other_models"),
        (_beside(*_with(changed, step=STEPS - 1)), "too_early"),
        (_beside(*_with(changed, codes=None)), "too_early"),
        (_beside(*_with(FULL, codes=_codes(0.01, 0.98))), "too_early"),  # each VAE begins so
        (_beside(*_with(changed, codes=nan)), "diverged"),
    ]


def _not_measured(changed: Model) -> list[tuple[Seen, str]]:
    return [
        *_not_trained(changed),
        (_beside(*_with(changed, figures={})), "not_measured"),
        (_beside(*_with(changed, figures={}, trains=True)), "not_ended"),
        (_beside(*_with(changed, figures=_figures(None))), "no_classes"),
    ]


def _balance(angle: float) -> Balance:
    return Balance(angle, outwards=3.1, inwards=2.9, narrowing=8.3, widening=8.2)


def _on_screen(model: Model | None, **changes) -> Seen:
    return Seen(**{"model": model, "tool": "learningCurves", **changes})


LOSSES = {"reconstruction": 26.1, "kl": 6.0, "total": 32.1}
VAE = replace(FULL, losses=LOSSES)
KL_ONLY = replace(ALONE, losses=LOSSES)
LOW, HIGH = Stretch(1.0, 72, (28.0, 3.2)), Stretch(10.0, 72, (39.0, 0.5))
PATH = {"anchor_classes": ("7", "1"), "path_fraction": 1.0, "steps_off": np.zeros(24, bool)}

# By check: what is turned down with which words; what is taken, with which words and which answer.
REJECTED: dict[str, list[tuple[Seen, str]]] = {
    "sigma_without_kl": [*_not_trained(NO_KL), (_beside(_model("vae-no-kl", sigma=0.2), FULL), "too_early")],
    "means_without_kl": [
        *_not_trained(NO_KL),
        (_beside(*FOUR), "no_scale"),
        (_beside(_model("vae-no-kl", 1.1), FULL, has_common_scale=True), "too_early"),
    ],
    "holes_without_kl": _not_measured(NO_KL),
    "means_of_kl_only": [*_not_trained(ALONE), (_beside(*FOUR), "no_means")],
    "neighbours_of_kl_only": [
        *_not_measured(ALONE),
        (_beside(*_with(ALONE, codes=replace(ALONE.codes, labels=None))), "no_classes"),
    ],
    "pictures_of_kl_only": _not_measured(ALONE),
    "argument_in_figures": _not_measured(AE),
    "two_terms": [
        (_on_screen(None), "no_model"),
        (_on_screen(AE), "other_kind"),
        (_on_screen(NO_KL), "other_kind"),
        (_on_screen(KL_ONLY), "other_kind"),
        (_on_screen(VAE, tool="runs"), "no_curves"),
        (_on_screen(FULL), "not_judged"),
    ],
    "beta_turned": [
        (_on_screen(None), "no_model"),
        (_on_screen(replace(NO_KL, stretches=(LOW, HIGH))), "other_kind"),
        (_on_screen(replace(FULL, stretches=(LOW,))), "not_turned"),
        (_on_screen(replace(FULL, stretches=(LOW, replace(HIGH, beta=1.0)))), "not_turned"),
        (_on_screen(replace(FULL, stretches=(LOW, replace(HIGH, steps=12)))), "too_early"),
        (_on_screen(replace(FULL, stretches=(LOW, replace(HIGH, losses=None)))), "too_early"),
    ],
    "terms_in_balance": [
        (_on_screen(None), "no_model"),
        (_on_screen(replace(NO_KL, balance=_balance(140))), "other_kind"),
        (_on_screen(FULL), "no_step"),
        (_on_screen(replace(FULL, trains=True), is_training=True), "trains"),
        (_on_screen(replace(FULL, trains=True)), "held"),
    ],
    "path_between": [
        (_on_screen(None, **PATH), "no_model"),
        (_on_screen(replace(FULL, codes=_codes(0.8, 0.7)), **PATH), "emptied"),
        (_on_screen(FULL, **{**PATH, "anchor_classes": ("7", "")}), "no_path"),
        (_on_screen(FULL, **{**PATH, "path_fraction": 0.1}), "not_played"),
        (_on_screen(FULL, **{**PATH, "steps_off": None}), "unknown"),
    ],
    "cloud_near_prior": [
        (_on_screen(None, shows_grid=True), "no_model"),
        (_on_screen(replace(FULL, codes=None), shows_grid=True), "no_model"),
        (_on_screen(replace(FULL, codes=_codes(0.8, 0.7)), shows_grid=True), "emptied"),
        (_on_screen(FULL), "no_grid"),
        (_on_screen(FULL, shows_grid=True, workspace="comparison"), "no_grid"),
    ],
}
ACCEPTED: dict[str, list[tuple[Seen, str, int]]] = {
    "sigma_without_kl": [
        (_beside(*FOUR), "shrunk", 1),
        (_beside(_model("vae-no-kl", sigma=0.2, step=480), FULL), "kept", 0),
        (_beside(_model("vae-no-kl", sigma=0.9, step=480), FULL), "kept", 2),
    ],
    "means_without_kl": [
        (_beside(*FOUR, has_common_scale=True), "drifted", 1),
        (_beside(_model("vae-no-kl", 1.1, step=480), FULL, has_common_scale=True), "near", 0),
        (_beside(_model("vae-no-kl", 0.5, step=480), FULL, has_common_scale=True), "near", 2),
    ],
    "holes_without_kl": [
        (_beside(*FOUR), "fewer", 0),
        (_beside(*_with(NO_KL, figures=_figures(6.0, 0.4))), "mixed", 0),
        (_beside(*_with(NO_KL, figures=_figures(8.1))), "not_fewer", 1),
        (_beside(*_with(NO_KL, figures=_figures(9.5))), "not_fewer", 2),
    ],
    "means_of_kl_only": [
        (_beside(*FOUR, compared_points="means"), "one_point", 1),
        (_beside(_model("kl-only", 1.0), FULL, compared_points="means"), "apart", 2),
        (_beside(_model("kl-only", 3.0), FULL, compared_points="means"), "apart", 0),
    ],
    "neighbours_of_kl_only": [
        (_beside(*FOUR), "guessing", 2),
        (_beside(*_with(ALONE, figures=_figures(right=0.8))), "better", 0),
        (_beside(*_with(ALONE, figures=_figures(right=0.4))), "better", 1),
    ],
    "pictures_of_kl_only": [
        (_beside(*FOUR), "one", 2),
        (_beside(*_with(ALONE, figures=_figures(7.0))), "several", 1),
        (_beside(*_with(ALONE, figures=_figures(3.0))), "several", 0),
    ],
    "argument_in_figures": [
        (_beside(*FOUR), "as_note", 2),
        (_beside(*_with(AE, figures=_figures(9.0))), "against", 0),
        (_beside(*_with(NO_KL, figures=_figures(9.0))), "against", 1),
    ],
    "two_terms": [
        (_on_screen(VAE), "drawing", 0),
        (_on_screen(replace(VAE, beta=3.0)), "drawing", 1),
        (_on_screen(replace(VAE, beta=20.0)), "order", 2),
    ],
    "beta_turned": [
        (_on_screen(replace(FULL, stretches=(LOW, HIGH))), "traded", 0),
        (_on_screen(replace(FULL, stretches=(HIGH, LOW))), "traded", 0),
        (_on_screen(replace(FULL, stretches=(LOW, replace(HIGH, losses=(27.0, 3.0))))), "not_traded", 1),
        (_on_screen(replace(FULL, stretches=(LOW, replace(HIGH, losses=(27.0, 4.0))))), "not_traded", 2),
    ],
    "terms_in_balance": [
        (_on_screen(replace(FULL, balance=_balance(140))), "against", 2),
        (_on_screen(replace(FULL, balance=_balance(95))), "not_against", 1),
        (_on_screen(replace(FULL, balance=_balance(60))), "not_against", 0),
    ],
    "path_between": [
        (_on_screen(FULL, **PATH), "gradual", 0),
        (_on_screen(FULL, **{**PATH, "steps_off": np.arange(24) == 12}), "border", 1),
        (_on_screen(FULL, **{**PATH, "steps_off": np.arange(24) > 12}), "hole", 2),
    ],
    "cloud_near_prior": [
        (_on_screen(FULL, shows_grid=True), "near", 1),
        (_on_screen(AE, shows_grid=True), "off", 2),
        (_on_screen(_model("vae", 0.2, 0.1), shows_grid=True), "off", 0),
        (_on_screen(replace(FULL, codes=_codes(1.0, 0.1, middle=2.0)), shows_grid=True), "off", 1),
    ],
}
STEPS_OF_LAB = {step.check: step for chapter in read_course("en") for step in chapter.steps}


@pytest.mark.parametrize("check", REJECTED)
def test_what_is_missing_is_said(check: str) -> None:
    for seen, key in REJECTED[check]:
        found = CHECKS[check](seen, Seen())
        assert (found.key, found.is_done) == (key, False)
        assert STEPS_OF_LAB[check].outcome(found.key, found.numbers)


@pytest.mark.parametrize("check", ACCEPTED)
def test_the_answer_is_that_of_the_window(check: str) -> None:
    for seen, key, choice in ACCEPTED[check]:
        found, step = CHECKS[check](seen, Seen()), STEPS_OF_LAB[check]
        assert (found.key, found.is_done, found.choice) == (key, True, choice)
        assert 0 <= choice < len(step.choices)
        assert step.outcome(found.key, found.numbers)


@pytest.mark.parametrize("check", ACCEPTED)
def test_all_words_of_a_step_can_be_reached_and_say_what_was_found(check: str) -> None:
    reached = {case[1] for case in (*REJECTED[check], *ACCEPTED[check])}
    assert reached == set(STEPS_OF_LAB[check].outcomes)
    assert len(REJECTED[check]) >= 3


def test_numbers_are_those_of_the_models() -> None:
    found = CHECKS["sigma_without_kl"](_beside(*FOUR), Seen())
    assert found.numbers["without"] == pytest.approx(0.003, rel=1e-4)
    assert found.numbers["full"] == pytest.approx(0.2, rel=1e-4)
    found = CHECKS["means_without_kl"](_beside(*FOUR, has_common_scale=True), Seen())
    assert (found.numbers["without"], found.numbers["full"]) == pytest.approx((2.2, 1.1), rel=1e-4)
    found = CHECKS["cloud_near_prior"](_on_screen(FULL, shows_grid=True), Seen())
    assert found.numbers["width"] == pytest.approx(np.hypot(1.1, 0.2), rel=1e-4)
    found = CHECKS["two_terms"](_on_screen(replace(VAE, beta=2.0)), Seen())
    assert found.numbers["total"] == pytest.approx(38.1)
    assert found.numbers["share"] == pytest.approx(12 / 38.1)
