"""``vae-desktop fork``: with nothing changed it ends as the training itself did; what may be changed, and what not."""

import numpy as np
import pytest

from tests.cli.timelines import damage, record
from tests.same_training import assert_same_training
from vae_desktop.config import DatasetConfig, ModelConfig, RunConfig, TrainingConfig
from vae_desktop.training.checkpoint import load_checkpoint, load_checkpoints
from vae_desktop.training.history import Change
from vae_desktop.training.run_folder.contents import Rows
from vae_desktop.training.run_folder.reader import RunReader
from vae_desktop.training.run_folder.source import Source
from vae_desktop.variants import Variant

STEPS = (0, 3, 8, 13, 24)  # of 24, in epochs of 8
BASE = RunConfig(
    DatasetConfig("digits", 8),
    ModelConfig("vae", hidden=(8,)),
    TrainingConfig(3, schedule="one-cycle", batch_size=200, beta_warm_up=2.0, device="cpu"),
)
CONFIGS = {
    "ae": BASE.with_settings(kind="ae"),
    "vae": BASE,
    "convolutional ae": BASE.with_settings(kind="ae", architecture="convolutional", schedule="constant"),
    "convolutional vae": BASE.with_settings(architecture="convolutional"),
}


@pytest.fixture(scope="module", params=CONFIGS)
def of_kind(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("timelines") / "model.safetensors"
    record(path, [CONFIGS[request.param]], STEPS, STEPS)
    return path


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """A model with the frames of some steps, of which that of step 3 has no moments."""
    path = tmp_path_factory.mktemp("timeline") / "model.safetensors"
    record(path, [BASE], STEPS, (0, 8, 13, 24))
    return path


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    path = tmp_path_factory.mktemp("compared") / "models.safetensors"
    record(path, [Variant("ae").applied_to(BASE), Variant("vae", beta=4.0).applied_to(BASE)], STEPS, STEPS)
    return path


@pytest.fixture
def fork(run, tmp_path):
    """Fork a model; return what the command gave, and what was saved."""

    def call(file, step, *arguments):
        output = tmp_path / "fork.safetensors"
        result = run("fork", file, "--step", step, "--output", output, *arguments)
        return result, load_checkpoint(output) if output.exists() else None

    return call


@pytest.mark.parametrize("step", [0, 3, 8, 13])
def test_with_nothing_changed_it_ends_as_the_training_did(of_kind, fork, step):
    result, end = fork(of_kind, step)
    assert (result.status, result.err) == (0, "")
    whole = load_checkpoint(of_kind)
    assert_same_training(end, whole)
    assert (whole.history.forked_at, end.history.forked_at) == (None, step)
    assert (end.config, end.snapshot.span) == (whole.config, whole.snapshot.span)
    assert np.array_equal(end.codes.mean, whole.codes.mean)


@pytest.mark.parametrize("which", [1, 2])
def test_one_of_several_models(compared, fork, which):
    for step in (0, 3, 13):
        _, end = fork(compared, step, "--which", which)
        assert_same_training(end, load_checkpoints(compared)[which - 1])


@pytest.fixture(scope="module")
def convolutional(tmp_path_factory):
    path = tmp_path_factory.mktemp("compared") / "models.safetensors"
    base = CONFIGS["convolutional vae"]
    record(path, [Variant("ae").applied_to(base), Variant("vae", beta=4.0).applied_to(base)], STEPS, STEPS)
    return path


@pytest.mark.parametrize("which", [1, 2])
def test_one_of_several_convolutional_models(convolutional, fork, which):
    for step in (0, 3, 13):
        _, end = fork(convolutional, step, "--which", which)
        assert_same_training(end, load_checkpoints(convolutional)[which - 1])


def test_one_of_several_models_is_described(compared, run):
    (line,) = run("info", compared, "--which", 2, "--json").lines
    assert (line["training"]["beta"], [frame["step"] for frame in line["timeline"]]) == (4.0, list(STEPS))
    run("info", compared).assert_refused(2, "models.safetensors holds several models: 1 AE, 2 VAE β=4.")


def test_what_is_changed_acts_from_the_step_on(file, fork):
    result, end = fork(file, 13, "--set", "beta=4", "learning_rate=1e-4", "seed=5")
    whole = load_checkpoint(file)
    assert (result.status, result.err) == (0, "")
    assert end.history.training[:13].tolist() == whole.history.training[:13].tolist()
    assert (end.history.training[13:] != whole.history.training[13:]).any(1).all()
    assert (end.snapshot.step, end.snapshot.span) == (24, whole.snapshot.span)
    assert (end.config.training.beta, end.config.training.seed, end.config.training.learning_rate) == (4.0, 5, 1e-4)
    assert end.history.changes == [Change(13, "learning_rate", 1e-4), Change(13, "beta", 4.0)]
    assert [entry.step for entry in end.history.evaluations] == [0, 8, 16, 24]


def test_epochs_count_from_the_models_first_step(file, fork):
    _, end = fork(file, 8, "--epochs", 2)
    assert (end.snapshot.step, end.config.training.epochs) == (16, 2)
    _, longer = fork(file, 8, "--set", "epochs=4")
    assert (longer.snapshot.step, longer.config.training.epochs) == (32, 4)


def test_from_the_end_a_cycle_of_its_own_begins(file, fork):
    result, end = fork(file, 24, "--epochs", 4)
    assert "schedule and β warm-up begin at its first step" in result.err
    assert (end.snapshot.span.first, end.snapshot.step) == (24, 32)


def test_another_batch_size_makes_other_epochs(file, fork):
    result, end = fork(file, 13, "--set", "batch-size=100", "schedule=constant")
    assert "schedule and β warm-up begin" in result.err
    assert (end.snapshot.span.per_epoch, end.snapshot.span.first) == (15, 13)
    assert end.snapshot.step == 13 + 2 * 15  # of the three epochs 1.4 were left
    assert [entry.step for entry in end.history.evaluations] == [0, 8, 15, 30, 43]


def test_a_fork_keeps_the_frames_before_it_and_its_own(file, fork):
    result, end = fork(file, 13, "--timeline", "8 MB", "--set", "beta=4")
    assert (result.status, result.err) == (0, "")
    steps = end.timeline.steps
    assert {0, 3, 8, 13, 24} <= set(steps)
    assert len(steps) > 8
    assert end.timeline.reasons[13] == "change"
    before, after = end.at(8), end.at(24)
    assert (before.config.training.beta, after.config.training.beta) == (1.0, 4.0)
    whole = load_checkpoint(file).at(8)
    assert all((values == whole.snapshot.weights[name]).all() for name, values in before.snapshot.weights.items())


def test_frames_are_kept_as_in_the_file_unless_none_are_wanted(file, fork):
    assert 3 in fork(file, 13)[1].timeline.steps
    assert fork(file, 13, "--timeline", 0)[1].timeline is None


def test_its_folder_has_all_steps_of_it_and_its_frames(file, fork, tmp_path):
    _, end = fork(file, 13, "--set", "beta=4", "--run-dir", tmp_path / "run")
    poll = (reader := RunReader(Source(str(tmp_path / "run")))).poll()
    rows = [line.values for line in poll.models[0].lines if isinstance(line, Rows)]
    assert np.array_equal(np.concatenate(rows), end.history.training, equal_nan=True)
    assert poll.head.models[0].description.forked_at == 13
    timeline = next(news.timeline for _ in range(9) for news in reader.poll().models if news.timeline)
    assert [info.step for info in timeline[1]] == end.timeline.steps
    assert end.timeline.steps[:4] == [0, 3, 8, 13]
    assert load_checkpoints(tmp_path / "run" / "models.safetensors")[0].config == end.config


def test_a_frame_without_moments_says_what_begins_anew(file, fork):
    result, end = fork(file, 3)
    assert "Step 3 was kept without the optimizer" in result.err
    assert end.snapshot.step == 24


def test_what_keeps_the_shapes_of_the_weights_may_be_changed(file, fork):
    result, end = fork(file, 8, "--set", "likelihood=bernoulli", "activation=tanh", "model=vae-no-kl")
    assert result.status == 0
    assert (end.config.model.likelihood, end.config.model.kind) == ("bernoulli", "vae-no-kl")
    assert end.history.changes == [Change(8, "likelihood", 0, "bernoulli"), Change(8, "kind", 0, "vae-no-kl")]


def test_other_images_of_the_same_shape(file, fork):
    result, end = fork(file, 8, "--set", "dataset=shapes", "image-size=8", "--timeline", "8 MB")
    assert result.status == 0
    assert "schedule and β warm-up begin" in result.err  # of other images there are others in an epoch
    assert end.history.changes == [Change(8, "name", 0, "shapes")]
    assert len(end.at(0).codes or end.codes) == len(end.codes)
    assert end.timeline.reasons[8] == "change"


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--step", 8, "--set", "latent-dim=3"], 2, "Latent dimensions: a fork keeps the weights of its model"),
        (["--step", 8, "--set", "model=ae"], 2, "Model: a fork keeps the weights"),
        (["--step", 8, "--set", "likelihood=gaussian-calibrated"], 2, "Likelihood: a fork keeps the weights"),
        (["--step", 8, "--set", "colour=red"], 2, "There is no setting 'colour', but these: dataset, image-size"),
        (["--step", 8, "--set", "beta"], 2, "'beta' is no change of a setting, such as beta=4"),
        (["--step", 8, "--set", "beta=-1"], 2, "β (KL weight): -1 is out of range (0 to 10000)."),
        (["--step", 8, "--set", "batch_size=2000"], 2, "Batch size: 2,000 is more than the 1,437"),
        (["--step", 8, "--set", "image-size=9"], 1, "takes images of 1×8×8"),
        (["--step", 9], 1, "Step 9 was not kept; the nearest that was is 8."),
        (["--step", -1], 2, "Step: -1 is out of range"),
        (["--step", "x"], 2, "Step: 'x' is not a whole number."),
        ([], 2, "at step 24 there are 3 epochs behind the model"),
        (["--step", 13, "--epochs", 1], 2, "at step 13 there are 1.6 epochs behind the model"),
        (["--step", 24], 2, "at step 24 there are 3 epochs behind the model"),
        (["--step", 8, "--which", 2], 2, "model.safetensors holds one model."),
    ],
)
def test_what_cannot_be(file, run, tmp_path, arguments, status, words):
    run("fork", file, *arguments, "--output", tmp_path / "f.safetensors").assert_refused(status, words)
    assert not (tmp_path / "f.safetensors").exists()


def test_files_that_do_not_serve(file, vae_file, compared, run, tmp_path):
    output = tmp_path / "f.safetensors"
    before = file.read_bytes()
    run("fork", file, "--step", 8, "--output", file).assert_refused(2, "give the fork a file of its own")
    assert file.read_bytes() == before
    run("fork", file, "--step", 8, "--output", tmp_path).assert_refused(1, "it is a folder")
    run("fork", vae_file, "--step", 8, "--output", output).assert_refused(1, "vae.safetensors has no timeline")
    words = "models.safetensors holds several models: 1 AE, 2 VAE β=4. Say with --which N"
    run("fork", compared, "--step", 8, "--output", output).assert_refused(2, words)


def test_a_damaged_frame_is_named_and_the_others_serve(file, run, tmp_path):
    damage(file, tmp_path / "model.safetensors", 8)
    arguments = ["fork", tmp_path / "model.safetensors", "--output", tmp_path / "f.safetensors", "--step"]
    run(*arguments, 8).assert_refused(1, "model.safetensors", "not finite numbers")
    assert run(*arguments, 13).status == 0


@pytest.mark.parametrize("step", [3, 13])
def test_a_model_is_evaluated_as_it_was(file, run, step):
    (line,) = run("evaluate", file, "--step", step, "--quick", "--json").lines
    assert line["step"] == step
    (end,) = run("evaluate", file, "--quick", "--json").lines
    assert end["step"] == 24
    assert line["test_loss"] > end["test_loss"]


def test_an_evaluation_of_a_step_is_that_of_the_training(file, run):
    (line,) = run("evaluate", file, "--step", 8, "--quick", "--json").lines
    (own,) = [entry for entry in load_checkpoint(file).history.evaluations if entry.step == 8]
    assert (line["test_loss"], line["kl"]) == (own.total, own.kl)


def test_samples_are_drawn_at_a_step(file, run, tmp_path):
    def sheet(*arguments):
        result = run("sample", file, "--count", 4, "--output", tmp_path / "s.png", *arguments)
        assert (result.status, result.err) == (0, "")
        return (tmp_path / "s.png").read_bytes()

    assert sheet("--step", 24) == sheet() != sheet("--step", 8)
    for source in ("box", "normal"):
        assert sheet("--step", 24, "--from", source) == sheet("--from", source)
        assert sheet("--step", 3, "--from", source) != sheet("--step", 13, "--from", source)  # both without codes


def test_commands_that_show_a_step_name_the_nearest(file, run, tmp_path):
    run("evaluate", file, "--step", 14).assert_refused(1, "Step 14 was not kept; the nearest that was is 13.")
    run("sample", file, "--step", 2, "--output", tmp_path / "s.png").assert_refused(1, "the nearest that was is 3.")
