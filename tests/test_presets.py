"""Recipes change what they name and nothing else."""

import pytest

from vae_desktop.config import DatasetConfig, ModelConfig, RunConfig, TrainingConfig
from vae_desktop.dataset_catalog import DATASETS, describe_dataset
from vae_desktop.presets import PRESETS, preset_of
from vae_desktop.settings import settings_of

NAMED = {"architecture", "hidden", "activation", "likelihood", "epochs"} | {
    "learning_rate", "encoder_rate", "schedule", "beta_warm_up", "precision", "batch_size"
}  # fmt: skip


@pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))
def test_it_leaves_the_question_alone(preset):
    before = RunConfig(
        DatasetConfig("mnist"), ModelConfig("denoising-ae", 7, noise="masking"), TrainingConfig(beta=3.0, seed=5)
    )
    after = preset.applied_to(before)
    for part in ("dataset", "model", "training"):
        olds, news = (settings_of(getattr(config, part)) for config in (before, after))
        for (name, _, old), (_, _, new) in zip(olds, news, strict=True):
            assert old == new or name in NAMED
    assert preset_of(after) is preset
    assert preset_of(after.with_settings(learning_rate=0.0123)) is None


@pytest.mark.parametrize("dataset", [*DATASETS, "/some/photos"])
def test_epochs_follow_the_data_set(dataset):
    usual = describe_dataset(dataset).epochs
    config = PRESETS["note"].applied_to(RunConfig(DatasetConfig(dataset)))
    assert config.training.epochs == usual
    epochs = [PRESETS[name].settings_for(dataset, 2)["epochs"] for name in ("quick", "best")]
    assert epochs[0] < usual < epochs[1]


def test_the_defaults_are_those_of_the_note():
    assert preset_of(RunConfig()) is PRESETS["note"]
