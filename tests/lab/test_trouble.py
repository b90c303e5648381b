"""Chapter 3: what is rejected, what is accepted, and what is said for and against."""

from dataclasses import replace

import numpy as np
import pytest

from tests.lab.facts import found, is_answered, is_missing, model
from vae_desktop.lab.seen import Samples, Seen


def sampled(off, source="prior", **facts):
    return replace(Seen(tool="samples", model=model("ae"), samples=Samples(source, 40, off)), **facts)


@pytest.mark.parametrize(("check", "dimensions"), [("random_in_plane", 2), ("random_in_space", 20)])
def test_where_random_codes_fall(check, dimensions):
    its = model("ae", dimensions)
    assert is_missing(check, "no_model", Seen())
    assert is_missing(check, "is_vae", sampled(3, model=model("vae", dimensions)))
    assert is_missing(check, "no_samples", sampled(3, model=its, tool="path"))
    assert is_missing(check, "not_prior", sampled(3, "box", model=its))
    assert is_missing(check, "unknown", sampled(-1, model=its))
    assert is_answered(check, "off", 0, sampled(39, model=its))
    assert is_answered(check, "off", 1, sampled(22, model=its))
    assert is_answered(check, "among", 1, sampled(18, model=its))
    assert is_answered(check, "among", 2, sampled(0, model=its))


def test_a_plane_is_no_space():
    assert is_missing("random_in_plane", "not_2d", sampled(3, model=model("ae", 20)))
    assert is_missing("random_in_space", "too_few", sampled(3))
    assert is_missing("random_in_space", "too_few", sampled(3, tool="path"))  # before it is said to open the samples


def test_how_wide_the_cloud_is_beside_the_prior():
    numbers = found("random_in_plane", sampled(0, model=model("ae", spread=12.0))).numbers
    assert numbers["spread"] == pytest.approx(12, rel=0.1)
    assert numbers["within"] < 0.05


def standing(code, distance, **facts):
    return replace(Seen(model=model("ae"), code=np.array(code, np.float32), distance=distance), **facts)


def test_in_a_hole():
    assert is_missing("in_hole", "no_model", Seen())
    assert is_missing("in_hole", "is_vae", standing([0, 0], 20.0, model=model()))
    assert is_missing("in_hole", "not_2d", standing([0] * 20, 20.0, model=model("ae", 20)))
    assert is_missing("in_hole", "outside", standing([9, 0], 20.0))
    assert is_missing("in_hole", "unknown", standing([0, 0], None))
    last = model("ae").codes.mean
    assert is_missing("in_hole", "among", standing(last[last[:, 0].argmax()], 0.0))  # of the cloud, at its edge
    assert is_missing("in_hole", "among", standing([0, 0], 1.0))
    assert is_answered("in_hole", "gap", 0, standing([0, 0], 4.0))
    assert is_answered("in_hole", "hole", 1, standing([0, 0], 10.0))
    assert is_answered("in_hole", "hole", 2, standing([0, 0], 28.0))


def judged(precision, classes, own=9.9, **facts):
    drawn = {"precision": precision, "recall": 0.03, "effective_classes": classes, "confidence": 0.8}
    sampling = {"prior": drawn, "reconstructions": {**drawn, "effective_classes": own}}
    return Seen(model=model("ae", figures={"sampling": sampling}), **facts)


def test_which_classes_random_codes_reach():
    check = "classes_reached"
    assert is_missing(check, "no_model", Seen())
    assert is_missing(check, "is_vae", Seen(model=model()))
    assert is_missing(check, "not_measured", Seen(model=model("ae")))
    assert is_missing(check, "no_images", Seen(model=model("ae", has_images=False)))
    assert is_missing(check, "training", judged(0.9, 4.0, is_training=True))
    assert is_missing(check, "no_classes", judged(0.9, None, None))
    assert is_answered(check, "noise", 0, judged(0.2, 4.0))
    assert is_answered(check, "few", 1, judged(0.9, 4.0))
    assert is_answered(check, "all", 2, judged(0.9, 9.0))
