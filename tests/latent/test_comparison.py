"""Figures side by side: better and worse where it can be said, and units that never share a row."""

from dataclasses import replace

import numpy as np
import pytest

from vae_desktop.config import ModelConfig, RunConfig
from vae_desktop.latent.codes import Codes
from vae_desktop.latent.comparison import comparison_rows
from vae_desktop.latent.posteriors import figures_of
from vae_desktop.latent.verdict import Compared, Verdict, explanation, verdict


def compared(kind="vae", likelihood="squared-error", **values):
    return Compared(RunConfig(model=ModelConfig(kind, likelihood=likelihood)), values)


def row_of(rows, label, heading=""):
    return next(row for row in rows if (row.label, row.heading) == (label, heading))


def test_the_best_and_the_worst_by_the_way_that_is_good():
    rows = comparison_rows([compared(reconstruction=value, knn_accuracy=value / 100) for value in (30, 20, 40)])
    assert [cell.rank for cell in row_of(rows, "Reconstruction").cells] == ["", "best", "worst"]
    assert [cell.rank for cell in row_of(rows, "kNN accuracy").cells] == ["", "worst", "best"]
    assert [cell.text for cell in row_of(rows, "kNN accuracy").cells] == ["30.0%", "20.0%", "40.0%"]


def test_a_figure_that_is_neither_good_nor_bad_has_no_best():
    rows = comparison_rows([compared(kl=2.0, mean_sigma=[0.1, 0.3]), compared(kl=5.0, mean_sigma=[1.0, 1.0])])
    for label, texts in (("KL divergence", ["2.00", "5.00"]), ("Mean σ", ["0.20", "1.00"])):
        assert [(cell.text, cell.rank) for cell in row_of(rows, label).cells] == [(text, "") for text in texts]


def test_likelihoods_of_different_units_stand_in_different_rows():
    rows = comparison_rows(
        [
            compared(reconstruction=30.0),
            compared(likelihood="bernoulli", reconstruction=140.0),
            compared(reconstruction=20.0),
        ]
    )
    squared, bernoulli = (row for row in rows if row.label == "Reconstruction")
    assert [(cell.text, cell.rank) for cell in squared.cells] == [("30.00", "worst"), ("–", ""), ("20.00", "best")]
    assert [(cell.text, cell.rank) for cell in bernoulli.cells] == [("–", ""), ("140.00", ""), ("–", "")]
    assert squared.unit != bernoulli.unit


def test_what_a_model_has_not_differs_from_what_is_not_known_yet():
    rows = comparison_rows([compared("ae", kl=None), compared(kl=1.0), compared()])
    assert [cell.text for cell in row_of(rows, "KL divergence").cells] == ["–", "1.00", ""]


@pytest.mark.parametrize("values", [(1.0, 1.0), (1.0, 1.0 + 1e-5), (2.0, None)])
def test_without_a_difference_there_is_no_best(values):
    rows = comparison_rows([compared(reconstruction=value) for value in values])
    assert [cell.rank for cell in row_of(rows, "Reconstruction").cells] == ["", ""]


def test_active_units_out_of_different_numbers_are_not_compared():
    models = [compared(active_units=2), compared(active_units=1), compared(active_units=7)]
    assert [cell.rank for cell in row_of(comparison_rows(models[:2]), "Active units").cells] == ["best", "worst"]
    models[2] = Compared(RunConfig(model=ModelConfig("vae", latent_dim=10)), models[2].values)
    assert [cell.rank for cell in row_of(comparison_rows(models), "Active units").cells] == [""] * 3


def test_restored_images_are_not_compared_with_clean_ones():
    errors = {"denoising-ae": 50.0, "ae": 20.0, "vae": 30.0}
    models = [compared(kind, reconstruction=error) for kind, error in errors.items()]
    assert [cell.rank for cell in row_of(comparison_rows(models), "Reconstruction").cells] == ["", "best", "worst"]


def test_a_difference_that_cannot_be_seen_is_none():
    rows = comparison_rows([compared(reconstruction=0.0011), compared(reconstruction=0.0013)])
    assert [(cell.text, cell.rank) for cell in row_of(rows, "Reconstruction").cells] == [("0.001", "")] * 2


def test_drawn_images_are_judged_by_the_way_of_drawing():
    quality = {"precision": 0.9, "recall": 0.2, "effective_classes": 5.0, "confidence": None}
    other = {**quality, "recall": 0.8}
    rows = comparison_rows([compared(sampling={"prior": quality}), compared(sampling={"prior": other}), compared()])
    recall = row_of(rows, "Recall", "N(0, I)")
    assert [(cell.text, cell.rank) for cell in recall.cells] == [("0.20", "worst"), ("0.80", "best"), ("", "")]
    assert not [row for row in rows if row.label == "Confidence" or row.heading == "box of the codes"]


def test_a_classifier_that_is_sure_of_noise_wins_nothing():
    quality = {"precision": 0.0, "recall": 0.0, "effective_classes": 1.0}
    ways = [{"prior": {**quality, "confidence": confidence}} for confidence in (0.98, 0.9)]
    row = row_of(comparison_rows([compared(sampling=way) for way in ways]), "Confidence", "N(0, I)")
    assert [(cell.text, cell.rank) for cell in row.cells] == [("0.98", ""), ("0.90", "")]


def test_figures_that_codes_alone_give():
    means = np.random.default_rng(0).normal(0, (3.0, 0.01), (500, 2)).astype(np.float32)
    figures = figures_of(Codes(means, np.log(np.full_like(means, 0.5)), None))
    assert figures["active_units"] == 1
    assert figures["mean_sigma"] == pytest.approx([0.5, 0.5])
    assert figures["spread_of_means"] == pytest.approx(means.std(0))
    of_points = figures_of(Codes(means, None, None))
    assert (of_points["mean_sigma"], of_points["active_units"]) == (None, None)
    means[3] = np.nan
    assert figures_of(Codes(means, None, None)) == {}


def drawn(likeness, reach, classes=9.0, kind="vae", recall=0.5, **values):
    """A model whose random pictures look so much like its reconstructions, and reach so many of them."""
    prior = {"precision": likeness, "recall": recall, "effective_classes": classes, "confidence": None}
    own = {"precision": 1.0, "recall": 0.9, "effective_classes": 9.0, "confidence": None}
    generation = {"likeness": likeness, "reach": reach}
    return compared(kind, sampling={"prior": prior, "reconstructions": own}, generation=generation, **values)


@pytest.mark.parametrize(
    ("likeness", "reach", "answer", "text"),
    [
        # As measured of a VAE and an AE: MNIST 20-D, MNIST 2-D, Digits 20-D, Digits 2-D.
        (0.71, 0.66, "yes", "yes: 71% look like its reconstructions, and they reach 66% of their variety"),
        (0.22, 0.09, "no", "no: only 22% look like its reconstructions, and they reach 9% of their variety"),
        (0.96, 0.93, "yes", "yes: 96% look like its reconstructions, and they reach 93% of their variety"),
        (0.92, 0.49, "hardly", "hardly: 92% look like its reconstructions, but they reach only 49% of their variety"),
        (0.76, 0.78, "yes", "yes: 76% look like its reconstructions, and they reach 78% of their variety"),
        (0.47, 0.29, "hardly", "hardly: only 47% look like its reconstructions, and they reach 29% of their variety"),
        (0.95, 0.86, "yes", "yes: 95% look like its reconstructions, and they reach 86% of their variety"),
        (0.95, 0.42, "hardly", "hardly: 95% look like its reconstructions, but they reach only 42% of their variety"),
    ],
)
def test_whether_a_model_can_generate_is_said_by_its_figures(likeness, reach, answer, text):
    assert verdict(drawn(likeness, reach)) == Verdict(answer, text, answer)
    first, *others = comparison_rows([drawn(likeness, reach)])
    assert (first.label, first.cells[0].text) == ("Do random codes from N(0, I) decode to images?", answer)
    assert [float(row.cells[0].text) for row in others[:2]] == [likeness, reach]


def test_what_always_decodes_to_the_same_picture_cannot_generate():
    same = Verdict("no", "no: always the same picture")
    assert verdict(drawn(0.9, 0.9, classes=1.0, recall=0.01)) == same
    assert verdict(drawn(0.9, 0.9, active_units=0)) == same
    assert verdict(drawn(0.9, 0.9, classes=4.0, recall=0.01)).answer == "yes"  # coarse pictures, but various ones
    assert verdict(drawn(0.9, 0.9, classes=None, recall=0.01)).answer == "yes"


def test_a_better_model_never_has_a_worse_answer():
    order = ["no", "hardly", "yes"]
    for other in (0.1, 0.5, 1.0):
        for swap in (False, True):
            pairs = [(value, other)[:: -1 if swap else 1] for value in np.linspace(0, 1, 101).tolist()]
            answers = [order.index(verdict(drawn(*pair)).answer) for pair in pairs]
            assert answers == sorted(answers)


def test_nothing_is_said_of_a_model_that_has_hardly_begun():
    early = replace(compared(active_units=0, spread_of_means=[0.0], mean_sigma=[1.0]), missed=0.1, early_step=1200)
    assert verdict(early) == Verdict("", "too early to say: step 1,200")
    assert explanation(early) == ""


def test_coarse_reconstructions_are_told_apart_from_the_verdict():
    model = drawn(0.96, 0.93, spread_of_means=[0.9, 0.9], mean_sigma=[0.4, 0.4], active_units=2)
    assert "coarse" not in explanation(model)
    model.values["sampling"]["reconstructions"]["recall"] = 0.02
    assert explanation(model).endswith("2-D: even reconstructions are coarse (2% of real variety).")
    assert verdict(model).answer == "yes"


def test_before_images_are_judged_the_distance_of_random_codes_is_told():
    assert verdict(compared()) == Verdict("", "")
    model = compared(active_units=2)
    assert verdict(replace(model, missed=0.83)).text == "83% of random codes miss them"
    assert verdict(replace(model, missed=0.1)).text == "90% of random codes fall among them"
    assert verdict(replace(drawn(0.63, 0.9), missed=0.83)).answer == "yes"
    assert verdict(compared("kl-only", active_units=0)).answer == "no"


def test_a_collapsed_model_earns_nothing_for_pictures_that_look_real():
    models = [
        drawn(1.0, 0.0, 1.0, recall=0.0, active_units=0),
        drawn(0.67, 0.85, recall=0.8, active_units=2),
        drawn(0.4, 0.8, recall=0.7),
    ]
    rows = comparison_rows(models)
    assert [cell.rank for cell in row_of(rows, "Precision", "N(0, I)").cells] == ["", "best", "worst"]
    assert [cell.rank for cell in row_of(rows, "Recall", "N(0, I)").cells] == ["worst", "best", ""]
    assert [cell.rank for cell in rows[0].cells] == ["worst", "best", "worst"]
    assert {row.label for row in rows if row.is_detail} >= {"Precision", "Recall", "kNN accuracy"}
    assert not rows[0].is_detail


def test_why_random_codes_decode_as_they_do_is_said_by_figures():
    two = [0.9, 0.9]
    points = replace(compared("ae", spread_of_means=[6.0, 8.0], mean_sigma=None), missed=0.97)
    assert explanation(points) == (
        "Without the KL term nothing pulls its codes towards N(0, I): they spread 7.1 instead of 1, "
        "so 97% of random codes miss them."
    )
    assert explanation(replace(points, missed=0.1)).endswith(", so random codes reach only a part of them.")
    free = compared("vae-no-kl", spread_of_means=np.array([2.0, 2.0]), mean_sigma=np.array([0.1, 0.1]))
    assert "σ shrank to 0.1 and they spread 2 instead of 1" in explanation(free)
    narrow = replace(compared("ae", spread_of_means=[1.0, 1.1], mean_sigma=None), missed=0.87)
    assert explanation(narrow) == (
        "Without the KL term nothing pulls its codes towards N(0, I), so 87% of random codes miss them."
    )
    collapsed = compared("kl-only", spread_of_means=[0.0, 0.0], mean_sigma=[1.0, 1.0], active_units=0)
    assert explanation(collapsed).startswith(
        "The KL term, alone, made every image's code the same N(0, I) (mean σ 1.00)"
    )
    vae = compared(spread_of_means=two, mean_sigma=[0.4, 0.4], active_units=2)
    assert "(spread 0.98, 2 of 2 dimensions used)" in explanation(vae)
    assert explanation(compared()) == ""
