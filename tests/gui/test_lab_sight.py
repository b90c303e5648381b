"""What the lab reads off a run's history."""

import numpy as np

from vae_desktop.config import RunConfig
from vae_desktop.gui.controllers.lab_sight import stretches_of
from vae_desktop.lab.seen import Stretch
from vae_desktop.training.history import Change, Evaluation, History


def judged(step, beta, reconstruction, kl):
    return Evaluation(step, reconstruction + beta * kl, reconstruction, kl, (kl,))


def history(steps, evaluations, changes=()):
    result = History()
    result.append(np.zeros((steps, 3), np.float32))
    result.evaluations.extend(evaluations)
    result.changes.extend(changes)
    return result


def test_a_training_without_a_change_of_beta_is_one_stretch():
    told = history(30, [judged(12, 1, 30, 3), judged(24, 1, 28, 3.5)], [Change(10, "learning_rate", 0.1)])
    assert stretches_of(told, RunConfig()) == (Stretch(1.0, 30, (28, 3.5)),)


def test_each_change_of_beta_begins_a_stretch_with_losses_of_its_own():
    evaluations = [judged(12, 1, 30, 3), judged(24, 10, 40, 0.5)]
    told = history(60, evaluations, [Change(12, "beta", 10.0), Change(40, "beta", 2.0)])
    config = RunConfig().with_settings(beta=2.0)
    assert stretches_of(told, config) == (Stretch(1.0, 12, (30, 3)), Stretch(10.0, 28, (40, 0.5)), Stretch(2.0, 20))


def test_an_autoencoder_has_no_losses_to_weigh():
    told = history(20, [Evaluation(12, 30, 30, None, None)])
    assert stretches_of(told, RunConfig().with_settings(kind="ae"))[0].losses is None
