"""``vae-desktop info``: what a file holds."""

from dataclasses import replace

from vae_desktop.training.checkpoint import load_checkpoint, save_checkpoints
from vae_desktop.training.timeline import Frame, FrameInfo, Timeline


def test_json(run, vae_file):
    (line,) = run("info", vae_file, "--json").lines
    assert line["title"] == "VAE 2-D · Digits"
    assert (line["model"], line["latent_dim"], line["hidden"]) == ("vae", 2, [16])
    assert line["image_shape"] == [1, 8, 8]
    assert line["parameters"] == (64 * 16 + 16) + (16 * 4 + 4) + (2 * 16 + 16) + (16 * 64 + 64)
    assert (line["dataset"]["name"], line["dataset"]["image_size"]) == ("digits", 8)
    assert line["class_names"] == list("0123456789")
    assert (line["training"]["beta"], line["training"]["seed"], line["training"]["epochs"]) == (0.1, 3, 2)
    assert (line["steps"], line["epochs_evaluated"]) == (24, 2)
    assert line["can_continue_exactly"] is True
    assert line["file_bytes"] == vae_file.stat().st_size
    assert line["format_version"] == 3
    assert line["timeline"] == []


def test_the_timeline_that_a_file_holds(run, vae_file, tmp_path):
    checkpoint = load_checkpoint(vae_file)
    frames = [FrameInfo(step, 100) for step in (0, 24)]
    timeline = Timeline(frames, {"learning_rate": 0.1, "beta": 1.0}, lambda _: Frame(checkpoint.snapshot))
    save_checkpoints(tmp_path / "m", [checkpoint], timelines=[timeline])
    (line,) = run("info", tmp_path / "m", "--json").lines
    size = 4 * checkpoint.parameters
    assert line["timeline"] == [{"step": step, "bytes": size, "is_exact": step == 0} for step in (0, 24)]
    assert line["format_version"] == 4
    rows = dict(row.split("  ", 1) for row in run("info", tmp_path / "m").out.splitlines())
    assert rows["Timeline"].strip().startswith("2 frames, ")
    assert (rows["Kept steps"].strip(), rows["Forks exactly from"].strip()) == ("0, 24", "0")


def test_of_many_kept_steps_the_first_and_the_last_are_named(run, vae_file, tmp_path):
    checkpoint = load_checkpoint(vae_file)
    frames = [FrameInfo(step, 100) for step in range(0, 24)]
    frame = Frame(replace(checkpoint.snapshot, optimizer=None))
    timeline = Timeline(frames, {"learning_rate": 0.1, "beta": 1.0}, lambda _: frame)
    save_checkpoints(tmp_path / "m", [checkpoint], timelines=[timeline])
    assert "0, 1, 2, 3, 4, 5, …, 18, 19, 20, 21, 22, 23" in run("info", tmp_path / "m").out


def test_its_last_figures_are_those_of_evaluate(run, vae_file):
    (told,) = run("info", vae_file, "--json").lines
    (measured,) = run("evaluate", vae_file, "--quick", "--device", "cpu", "--json").lines
    for name in ("test_loss", "reconstruction", "kl", "kl_per_dimension"):
        assert told[name] == measured[name]


def test_the_table_is_aligned(run, vae_file):
    result = run("info", vae_file)
    rows = dict(line.split("  ", 1) for line in result.out.splitlines())
    assert (result.status, result.err) == (0, "")
    assert rows["Title"].strip() == "VAE 2-D · Digits"
    assert rows["Continues"].strip() == "exactly"
    (column,) = {len(line) - len(line.split("  ", 1)[1].lstrip()) for line in result.out.splitlines()}
    assert column == max(map(len, rows)) + 2


def test_a_file_that_is_no_model(run, tmp_path):
    (tmp_path / "notes.txt").write_text("not a model")
    run("info", tmp_path / "notes.txt").assert_refused(1, "vae-desktop info: ", "notes.txt")


def test_a_folder(run, tmp_path):
    run("info", tmp_path).assert_refused(1, tmp_path.name, "not a file")


def test_a_loss_is_labelled_with_the_beta_that_it_was_weighed_by(run, vae_file, tmp_path):
    """It may have been changed since the last evaluation, as in a window that saves in the middle of an epoch."""
    checkpoint = load_checkpoint(vae_file)
    save_checkpoints(tmp_path / "m", [replace(checkpoint, config=checkpoint.config.with_settings(beta=4.0))])
    described = run("info", tmp_path / "m").out
    assert "(reconstruction + β·KL, β = 0.1)" in described
    (beta,) = [line.split()[-1] for line in described.splitlines() if line.startswith("β (KL weight)")]
    assert beta == "4"


def test_a_file_of_a_sound_training_has_no_notes(run, vae_file):
    (line,) = run("info", vae_file, "--json").lines
    assert line["notes"] == []


def test_levels_are_told_where_they_are_not_as_usual(run, vae_file, tmp_path):
    checkpoint = load_checkpoint(vae_file)
    dataset = replace(checkpoint.config.dataset, name="/photos", levels="bounds", white=4095.0)
    save_checkpoints(tmp_path / "m", [replace(checkpoint, config=replace(checkpoint.config, dataset=dataset))])
    rows = dict(row.split("  ", 1) for row in run("info", tmp_path / "m").out.splitlines() if "  " in row)
    assert [rows[name].strip() for name in ("Levels", "Black level", "White level")] == ["Bounds", "auto", "4095"]
    assert "Levels" not in run("info", vae_file).out
