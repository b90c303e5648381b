"""All measures together: what is there for which model and images, progress, cancelling."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from vae_desktop.catalog import LIKELIHOODS, MODELS
from vae_desktop.config import DatasetConfig
from vae_desktop.data.dataset import Dataset, Split
from vae_desktop.errors import Cancelled, UserError
from vae_desktop.latent import classifier
from vae_desktop.latent import measuring as measuring_module
from vae_desktop.latent.evidence import importance_weighted_bound, restoration
from vae_desktop.latent.measures import MEASURES, QUICK, SOURCES, Extent, known_rows
from vae_desktop.latent.measuring import measuring
from vae_desktop.progress import Progress

SHORT = Extent(importance_samples=3, sampled_images=50)


@pytest.fixture(autouse=True)
def _little_training(monkeypatch):
    monkeypatch.setattr(classifier, "STEPS", 2)


@pytest.fixture(scope="module")
def measured(digits, run_config, fresh_model):
    """Measure a fresh model of some kind on the digits."""

    def call(extent=SHORT, dataset=digits, **model):
        config = run_config(**model)
        return dict(measuring(config, fresh_model(config, dataset), dataset, extent))

    return call


def leaves(value, key=""):
    """Keys, dotted, of the numbers and texts in a result."""
    if isinstance(value, dict):
        for name, entry in value.items():
            yield from leaves(entry, f"{key}.{name}".lstrip("."))
    elif value is not None:
        yield key


@pytest.mark.parametrize("kind", MODELS)
def test_every_figure_is_described_and_plain(measured, kind):
    values = measured(kind=kind)
    json.dumps(values, allow_nan=False)
    assert {key.partition(".")[0] for key in MEASURES} == set(values)
    described = set(MEASURES) | {
        f"sampling.{way}.{key.partition('.')[2]}" for way in SOURCES for key in MEASURES if key.startswith("sampling.")
    }
    assert set(leaves(values)) - described == {"denoising.noise", "denoising.strengths"}


@pytest.mark.parametrize(
    ("kind", "absent"),
    [
        ("vae", set()),
        ("vae-no-kl", set()),
        (
            "ae",
            {
                "negative_elbo",
                "kl",
                "kl_per_dimension",
                "active_units",
                "mean_sigma",
                "importance_weighted_bound",
                "importance_samples",
                "knn_accuracy_of_samples",
                "linear_vae_optimum",
            },
        ),
        ("kl-only", {"importance_weighted_bound", "importance_samples", "linear_vae_optimum"}),
    ],
)
def test_a_model_has_the_figures_of_its_kind(measured, kind, absent):
    values = measured(kind=kind)
    assert {key for key, value in values.items() if value is None} == absent | {"factors"}
    assert set(values["sampling"]) == set(SOURCES) - {"mixture", "diffusion"}


def test_the_elbo_has_weight_one_and_the_loss_the_runs_beta(measured):
    values = measured(beta=0.5)
    assert values["negative_elbo"] == pytest.approx(values["reconstruction"] + values["kl"])
    assert values["test_loss"] == pytest.approx(values["reconstruction"] + 0.5 * values["kl"])
    assert values["kl"] == pytest.approx(sum(values["kl_per_dimension"]))
    no_kl, kl_only = measured(QUICK, kind="vae-no-kl"), measured(QUICK, kind="kl-only")
    assert no_kl["test_loss"] == no_kl["reconstruction"]
    assert kl_only["test_loss"] == kl_only["kl"]


def test_the_linear_optimum_has_the_runs_beta(measured):
    assert measured(QUICK, beta=0.0)["linear_vae_optimum"] == measured(QUICK)["pca_squared_error"]
    assert measured(QUICK, beta=2.0)["linear_vae_optimum"] > measured(QUICK)["linear_vae_optimum"]
    for likelihood in ("bernoulli", "gaussian-calibrated"):
        assert measured(QUICK, likelihood=likelihood)["linear_vae_optimum"] is None


def test_the_parts_are_those_of_the_measures_alone(measured, digits, run_config, fresh_model):
    values = measured(latent_dim=3)
    model = fresh_model(run_config(latent_dim=3), digits)
    images = torch.from_numpy(digits.test.images)
    assert values["importance_weighted_bound"] == importance_weighted_bound(model, images, 3, seed=3)
    assert values["importance_samples"] == 3
    assert values["pca_ratio"] == values["squared_error"] / values["pca_squared_error"]
    assert [entry["strength"] for entry in values["denoising"]["strengths"]] == [0.25, 0.5, 0.75]
    expected = restoration(model, images, "gaussian", 0.5, seed=3)
    assert values["denoising"]["strengths"][1] == {"strength": 0.5, **expected._asdict()}
    assert [len(values[key]) for key in ("kl_per_dimension", "mean_sigma", "spread_of_means")] == [3, 3, 3]


@pytest.mark.parametrize("kind", ["ae", "vae"])
def test_codes_are_drawn_in_each_way(kind, digits, run_config, fresh_model, monkeypatch):
    config, drawn = run_config(kind), []
    model = fresh_model(config, digits)
    model.encoder[-1].bias.data[:2] = torch.tensor([9.0, -9.0])
    decode = measuring_module.decoded
    monkeypatch.setattr(
        measuring_module, "decoded", lambda model, codes, told: drawn.append(codes) or decode(model, codes)
    )
    dict(measuring(config, model, digits, Extent(importance_samples=0, sampled_images=300)))
    with torch.inference_mode():
        train, test = (model.encode(torch.from_numpy(part.images) / 255) for part in (digits.train, digits.test))
    variance = train.mean.var(0)
    if train.log_stddev is not None:  # codes are drawn from the posteriors, wider than the means
        variance = variance + (2 * train.log_stddev).exp().mean(0)
        assert bool((variance > 9 * train.mean.var(0)).all())
    stddev, middle = variance.sqrt(), train.mean.mean(0)
    test = test.mean
    prior, box, normal, reconstructions, own, again = drawn
    assert [len(codes) for codes in drawn] == [300] * 6
    assert torch.equal(prior, again)
    if train.log_stddev is None:  # an autoencoder's codes are points
        assert torch.equal(own, reconstructions)
    else:
        assert float((own - reconstructions).std()) > 0.1
    torch.testing.assert_close(prior.mean(0), torch.zeros(2), atol=0.3, rtol=0)
    reach = (box - middle).abs().amax(0) / stddev
    assert bool(((reach > 2) & (reach < 6)).all())
    # Evenly: the fourth moment of a normal would be 3.
    assert bool((((box - box.mean(0)) / box.std(0)).pow(4).mean(0) < 2).all())
    torch.testing.assert_close(normal.std(0), stddev, atol=0, rtol=0.15)
    torch.testing.assert_close(normal.mean(0), middle, atol=0.3, rtol=0)
    nearest = torch.cdist(reconstructions, test, compute_mode="donot_use_mm_for_euclid_dist").min(1)
    assert float(nearest.values.max()) < 1e-4
    assert len(nearest.indices.unique()) > 290  # equal digits aside, each test image once


def test_what_a_diffusion_draws_is_measured_beside_a_mixture(digits, run_config, fresh_model):
    config, asked = run_config("vae"), []
    model = fresh_model(config, digits)

    def draw(count, seed):
        asked.append((count, seed))
        return np.zeros((count, 2), np.float32)

    extent = Extent(importance_samples=0, sampled_images=100)
    plain, drawn = (dict(measuring(config, model, digits, extent, diffusion=way)) for way in (None, draw))
    assert asked == [(100, config.training.seed)]
    assert set(drawn["sampling"]) == set(SOURCES)
    assert drawn["sampling"]["diffusion"]["effective_classes"] == pytest.approx(1)
    same = ("prior", "box", "normal", "reconstructions")
    assert plain["sampling"] == {source: drawn["sampling"][source] for source in same}


def test_a_denoising_model_is_tried_with_its_own_noise(measured):
    denoising = measured(QUICK, kind="denoising-ae", noise="masking", noise_strength=0.4)["denoising"]
    assert denoising["noise"] == "masking"
    assert measured(QUICK, noise="masking")["denoising"]["noise"] == "gaussian"


def test_what_takes_long_can_be_left_out(measured):
    values = measured(QUICK)
    assert not {"importance_weighted_bound", "sampling", "classifier"} & set(values)
    assert {"negative_elbo", "knn_accuracy", "pca_ratio", "denoising"} <= set(values)


def test_the_same_model_has_the_same_figures(measured):
    assert measured() == measured()


def test_kl_alone_tells_samples_apart_no_better_than_chance(digits, run_config, fresh_model):
    config = run_config("kl-only", latent_dim=6)
    model = fresh_model(config, digits)
    last = model.encoder[-1]
    torch.nn.init.zeros_(last.bias)
    torch.nn.init.normal_(last.weight, std=1e-4, generator=torch.Generator().manual_seed(0))  # all but N(0, I)
    values = dict(measuring(config, model, digits, QUICK))
    assert values["kl"] == pytest.approx(0, abs=1e-3)
    assert values["knn_accuracy"] > 0.5
    assert values["knn_accuracy_of_samples"] < 0.2
    assert values["active_units"] == 0
    assert values["mean_sigma"] == pytest.approx([1] * 6, abs=1e-3)


def test_few_coloured_images_without_labels(few, measured):
    values = measured(dataset=few)
    assert values["knn_accuracy"] is values["knn_accuracy_of_samples"] is None
    assert values["classifier"] == "pixels, averaged to at most 32×32"
    for quality in values["sampling"].values():
        assert 0 <= quality["precision"] <= 1
        assert quality["effective_classes"] is quality["confidence"] is None
    json.dumps(values, allow_nan=False)


def test_a_single_test_image(few, measured):
    one = Split(few.test.images[:1], few.test.labels, few.test.factors[:1])
    values = measured(dataset=replace(few, test=one))
    assert values["sampling"] is values["classifier"] is None
    assert values["factors"]["size"] == {
        "correlations": [None, None],
        "best_dimension": None,
        "best_correlation": None,
    }


def test_factors_are_matched_with_dimensions(few, run_config, fresh_model):
    config = run_config(latent_dim=4)
    model = fresh_model(config, few)
    with torch.inference_mode():
        means = model.encode(torch.from_numpy(few.test.images) / 255).mean.numpy()
    factors = np.column_stack((-means[:, 2], means[:, 1] ** 3))
    dataset = replace(few, test=replace(few.test, factors=factors))
    found = dict(measuring(config, model, dataset, QUICK))["factors"]
    assert list(found) == ["size", "angle"]
    assert found["size"]["correlations"][2] == pytest.approx(1)
    assert found["size"]["best_correlation"] == pytest.approx(1)
    assert found["size"]["best_dimension"] == found["size"]["correlations"].index(max(found["size"]["correlations"]))
    assert found["angle"]["correlations"][1] == pytest.approx(1)


def test_two_hundred_classes(measured):
    random = np.random.default_rng(0)
    train, test = (
        Split(random.integers(0, 256, (count, 1, 8, 8), np.uint8), random.integers(0, 200, count))
        for count in (300, 60)
    )
    dataset = Dataset(DatasetConfig(), train, test, tuple(str(number) for number in range(200)))
    values = measured(dataset=dataset)
    assert 1 <= values["sampling"]["prior"]["effective_classes"] <= 200
    assert 0 <= values["knn_accuracy"] < 0.2


def test_more_dimensions_than_pixels_leave_no_ratio(measured):
    assert measured(QUICK, latent_dim=70)["pca_ratio"] is None


def test_codes_that_are_not_finite_are_refused(digits, run_config, fresh_model):
    model = fresh_model(run_config(), digits)
    torch.nn.init.constant_(model.encoder[-1].bias, float("inf"))
    with pytest.raises(UserError, match="not finite"):
        dict(measuring(run_config(), model, digits, QUICK))


def test_figures_come_one_by_one_with_progress(digits, run_config, fresh_model):
    config, told = run_config(), []
    progress = Progress(lambda *values: told.append(values))
    steps = measuring(config, fresh_model(config, digits), digits, SHORT, progress=progress)
    assert next(steps)[0] == "test_loss"
    seen = len(told)
    keys = [key for key, _ in steps]
    assert len(keys) == len(set(keys))
    assert 0 < seen < len(told)
    done, totals = zip(*told, strict=True)
    assert list(done) == sorted(done)
    assert set(totals) == {done[-1]}
    assert len(set(done)) > 10


@pytest.mark.parametrize("part", range(8))
def test_it_can_be_cancelled_at_any_time(digits, run_config, fresh_model, part):
    config, model = run_config(), fresh_model(run_config(), digits)
    asked = []
    dict(measuring(config, model, digits, SHORT, progress=Progress(is_cancelled=lambda: asked.append(True))))
    last = 1 + part * (len(asked) - 1) // 7

    def is_cancelled():
        asked.append(True)
        return len(asked) == last

    asked.clear()
    with pytest.raises(Cancelled):
        dict(measuring(config, model, digits, SHORT, progress=Progress(is_cancelled=is_cancelled)))
    assert len(asked) == last


def test_units_tell_likelihoods_apart(run_config):
    for key in ("test_loss", "negative_elbo", "reconstruction", "importance_weighted_bound"):
        units = {MEASURES[key].unit_for(run_config(likelihood=name).model) for name in LIKELIHOODS}
        assert len(units) == len(LIKELIHOODS)
    assert MEASURES["test_loss"].unit_for(run_config("kl-only").model) == MEASURES["kl"].unit == "nats / image"


MNIST = DatasetConfig("mnist")
VALUES = {
    "negative_elbo": 140.0,
    "test_loss": 42.0,
    "linear_vae_optimum": 50.0,
    "pca_ratio": 0.7,
    "knn_accuracy": 0.8,
}


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ({"likelihood": "bernoulli"}, {"elbo_2d_bernoulli": 140.0, "knn_2d": 0.8}),
        ({"likelihood": "bernoulli", "latent_dim": 20}, {"elbo_20d_bernoulli": 140.0}),
        ({"likelihood": "bernoulli", "latent_dim": 10}, {}),
        ({}, {"sse_kl_2d": 0.84, "knn_2d": 0.8}),
        ({"beta": 0.5}, {"knn_2d": 0.8}),
        ({"likelihood": "gaussian-calibrated"}, {"knn_2d": 0.8}),
        ({"latent_dim": 20}, {}),
        ({"kind": "ae"}, {"ae_2d_mse": 0.7, "knn_2d": 0.8}),
        ({"kind": "denoising-ae"}, {"knn_2d": 0.8}),
        ({"kind": "kl-only", "likelihood": "bernoulli"}, {"knn_2d": 0.8}),
    ],
)
def test_known_figures_are_those_of_the_matching_models(run_config, model, expected):
    config = replace(run_config(**model), dataset=MNIST)
    assert known_rows(config, MNIST, (1, 28, 28), VALUES) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("trained_on", "measured_on", "shape"),
    [
        (DatasetConfig("digits"), MNIST, (1, 28, 28)),
        (MNIST, DatasetConfig("digits"), (1, 28, 28)),
        (MNIST, MNIST, (1, 14, 14)),
        (MNIST, MNIST, (3, 28, 28)),
        (MNIST, DatasetConfig("mnist", measured_on="validation"), (1, 28, 28)),
    ],
)
def test_other_images_have_no_known_figures(run_config, trained_on, measured_on, shape):
    config = replace(run_config(), dataset=trained_on)
    assert known_rows(config, measured_on, shape, VALUES) == {}


@pytest.mark.parametrize(
    "key", ["pca_squared_error", "pca_ratio", "linear_vae_optimum", "rows.sse_kl_2d", "rows.ae_2d_mse"]
)
def test_linear_models_are_called_the_best_on_the_training_images_only(key):
    assert "training images" in MEASURES[key].definition
    assert "any linear" not in MEASURES[key].definition
