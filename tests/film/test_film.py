"""Films of a training: what they show of it, and that nothing in them jumps or flickers."""

import io
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.timelines import record
from vae_desktop.colours import DARK, LIGHT, rgb
from vae_desktop.config import DatasetConfig, ModelConfig, RunConfig, TrainingConfig
from vae_desktop.data.load import load_dataset
from vae_desktop.errors import UserError
from vae_desktop.film.film import Film, losses_about
from vae_desktop.film.scatter import ScatterScene, plane_of, positions_in, view_of
from vae_desktop.film.scenes import grid_scene, point_scene, samples_scene, scatter_scene
from vae_desktop.film.sheet import Look
from vae_desktop.film.writing import film_bytes, gif, shared_palette
from vae_desktop.latent.codes import Codes
from vae_desktop.latent.sampling import sample_prior
from vae_desktop.training.checkpoint import load_checkpoint
from vae_desktop.training.history import Change, History

STEPS = (0, 3, 8, 13, 16, 24)  # of 24, in epochs of 8, at whose ends codes are kept
BASE = RunConfig(
    DatasetConfig("digits", 8), ModelConfig("vae", hidden=(8,)), TrainingConfig(3, batch_size=200, device="cpu")
)
LOOK = Look(200)


def test_images():
    return load_dataset(BASE.dataset, Path("none")).test


test_images.__test__ = False


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Train models with a timeline, of some number of dimensions and some kind."""
    checkpoints = {}

    def make(**settings):
        key = tuple(settings.items())
        if key not in checkpoints:
            path = tmp_path_factory.mktemp("film") / "model.safetensors"
            record(path, [BASE.with_settings(**settings)], STEPS, ())
            checkpoints[key] = load_checkpoint(path)
        return checkpoints[key]

    return make


def frames_of(contents):
    """Frames (N, H, W, 3) and their durations in ms."""
    frames, durations = [], []
    with Image.open(io.BytesIO(contents)) as image:
        for number in range(image.n_frames):
            image.seek(number)
            image.load()
            frames.append(np.asarray(image.convert("RGB")))
            durations.append(image.info["duration"])
        assert image.info.get("loop") == 0
    return np.array(frames), durations


@pytest.mark.parametrize("settings", [{"latent_dim": 1}, {}, {"latent_dim": 5}, {"kind": "ae"}], ids=str)
def test_the_scatter_holds_one_plane_and_one_rectangle(made, settings):
    checkpoint = made(**settings)
    scene, left_out = scatter_scene(checkpoint, test_images)
    assert (scene.steps, left_out) == (list(STEPS), [])
    plane = plane_of(checkpoint.codes)
    for step in STEPS:
        positions = scene.positions[step]
        assert positions.shape == (360, 2)
        codes = checkpoint.at(step).codes if step in (8, 16) else None
        if codes is not None:  # along the plane of the last moment
            assert np.array_equal(positions[:, 0], positions_in(plane, codes.mean, np.zeros(360))[:, 0])
    last = scene.positions[24]
    left, bottom, width, height = scene.view
    assert width == height or settings == {"latent_dim": 1}  # whose heights only part the classes
    inside = (last > (left, bottom)).all(1) & (last < (left + width, bottom + height)).all(1)
    assert inside.mean() > 0.97


def test_codes_that_frames_lack_are_those_that_their_weights_give(made):
    checkpoint, asked = made(), []

    def images():
        asked.append(1)
        return test_images()

    scene, _ = scatter_scene(checkpoint, images)
    assert len(asked) == 1
    at_8 = checkpoint.at(8)
    kept, computed = at_8.codes, scene.positions[3]
    assert np.array_equal(scene.positions[8], kept.mean)
    assert not np.array_equal(computed, kept.mean)
    assert np.isfinite(computed).all()


def test_without_the_images_moments_with_codes_are_shown(made):
    def gone():
        raise UserError("They are gone.")

    scene, (message,) = scatter_scene(made(), gone)
    assert scene.steps == [0, 8, 16, 24]
    assert message == "2 steps are left out, as no codes of theirs were kept: They are gone."


def test_a_point_that_stays_is_drawn_at_the_same_pixels():
    random = np.random.default_rng(0)
    still, labels = np.zeros((1, 2), np.float32), np.array([0, *[1] * 50])
    positions = {step: np.concatenate((still, random.normal(0, step, (50, 2)).astype(np.float32))) for step in (1, 2)}
    view = view_of(list(positions.values()))
    plane = plane_of(Codes(positions[2], None, labels))
    scene = ScatterScene(positions, labels, 2, plane, view, has_prior=False)
    one, between, other = (scene.draw(place, LOOK).astype(int) for place in (0, 0.5, 1))
    left, bottom, side, _ = view
    x, y = round(LOOK.side * -left / side), round(LOOK.side * (1 + bottom / side))
    assert np.array_equal(one[y, x], other[y, x])
    assert np.array_equal(one[y, x], between[y, x])
    assert np.abs(one[y, x] - rgb(LOOK.classes(2)[0])).max() <= 2
    assert not np.array_equal(one, other)


def test_a_moment_far_off_does_not_shrink_the_others():
    random = np.random.default_rng(0)
    near, far = random.normal(0, 1, (100, 2)), random.normal(0, 1000, (100, 2))
    left, _, side, _ = view_of([far, near])
    assert -6 < left < left + side < 6
    assert view_of([near, np.full((100, 2), np.nan)])[2] < 7
    assert view_of([np.zeros((5, 2))])[2] > 0
    assert view_of([near * 0.1], least=2.0)[2] >= 4


@pytest.mark.parametrize("is_dark", [False, True])
@pytest.mark.parametrize("settings", [{"latent_dim": 1}, {}, {"latent_dim": 5}, {"kind": "ae"}], ids=str)
def test_each_scene_in_each_theme(made, settings, is_dark):
    checkpoint, look = made(**settings), Look(200, is_dark)
    code = np.zeros(checkpoint.config.model.latent_dim, np.float32)
    for scene, left_out in (
        scatter_scene(checkpoint, test_images),
        grid_scene(checkpoint, look),
        samples_scene(checkpoint, sample_prior(10, len(code), 0)),
        point_scene(checkpoint, code),
    ):
        film = Film(checkpoint, scene, look, ("a", "b"))
        assert (film.steps, left_out) == (list(STEPS), [])
        pictures = [np.asarray(picture) for picture in film.pictures()]
        assert {picture.shape for picture in pictures} == {(len(pictures[0]), 200, 3)}
        assert tuple(pictures[0][0, 0]) == rgb((DARK if is_dark else LIGHT).window)
        square = (slice(30, 30 + look.side), slice(look.margin, -look.margin))
        assert all((one[square] != other[square]).any() for one, other in pairwise(pictures))


def test_the_step_is_written_in_and_the_playhead_moves(made):
    scene, _ = samples_scene(made(), sample_prior(4, 2, 0))
    film = Film(made(), scene, LOOK)
    one, other = (np.asarray(film.picture(number)).astype(int) for number in (1, 2))
    heading, curve = slice(0, LOOK.margin + LOOK.text_size), slice(-LOOK.margin - 10, None)
    half = 100
    assert np.array_equal(one[heading, :half], other[heading, :half])  # the name of the model
    assert not np.array_equal(one[heading, half:], other[heading, half:])
    assert not np.array_equal(one[curve], other[curve])


def test_it_says_which_model_it_is_and_where_something_changed(made):
    look = Look(480)
    scene, _ = samples_scene(made(), sample_prior(4, 2, 0))
    changed = replace(made(), history=made().history.until(10**6))
    changed.history.changes = [Change(STEPS[1], "beta", 4.0)]
    films = [
        Film(made(), scene, look),
        Film(changed, scene, look),
        Film(made(), scene, look, number="#3"),
        Film(made(), scene, look, forked_from=("#3", STEPS[1])),
    ]
    plain, *others = [np.asarray(film.picture(len(STEPS) - 1)).astype(int) for film in films]
    heading, curve = slice(0, look.margin + look.text_size), slice(-60, None)
    differ = [
        (not np.array_equal(plain[heading], other[heading]), not np.array_equal(plain[curve], other[curve]))
        for other in others
    ]
    assert differ == [(True, True), (True, False), (False, True)]


def test_the_loss_is_the_mean_since_the_moment_before():
    history = History()
    history.append([[value, value, 0] for value in (8, 4, 2, 6)])
    assert losses_about(history, [0, 2, 4]).tolist() == [8, 6, 4]
    assert np.isnan(losses_about(History(), [0, 5])).all()


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_a_film_read_back_has_each_picture_for_its_time(made, kind):
    checkpoint = made()
    scene, _ = scatter_scene(checkpoint, test_images)
    film = Film(checkpoint, scene, LOOK, checkpoint.class_names)
    frames, durations = frames_of(film_bytes(film, kind, fps=8))
    assert len(frames) == 2 * 5 + 1  # points glide: one more between two moments
    paces = {"gif": [60, 60, 70, 60, 60] * 2, "webp": [62] * 10}  # GIF counts in hundredths
    assert durations[:-1] == pytest.approx(paces[kind], abs=10)
    assert sum(durations[:-1]) == pytest.approx(5000 / 8, abs=10)
    assert durations[-1] > 1500
    for frame, picture in zip(frames, film.pictures(each=2), strict=True):
        differences = np.abs(frame.astype(int) - np.asarray(picture).astype(int))
        assert differences.mean() < (1.5 if kind == "gif" else 1e-9)
        assert tuple(frame[0, 0]) == rgb(LIGHT.window)


def test_points_glide_from_moment_to_moment():
    positions = {0: np.zeros((1, 2), np.float32), 9: np.full((1, 2), 2, np.float32)}
    plane = plane_of(Codes(positions[9], None, None))
    scene = ScatterScene(positions, None, 0, plane, (-1.0, -1.0, 4.0, 4.0), has_prior=False)
    side = LOOK.side
    for place in (0, 0.25, 1):
        picture = scene.draw(place, LOOK).astype(int)
        x, y = (np.array((1 + 2 * place, 3 - 2 * place)) * side / 4).astype(int)
        assert np.abs(picture[y, x] - rgb(LIGHT.accent)).max() <= 4


def test_without_a_pace_a_film_takes_some_seconds(made):
    scene, _ = samples_scene(made(), sample_prior(4, 2, 0))
    _, durations = frames_of(film_bytes(Film(made(), scene, Look(120)), "gif"))
    assert durations[0] == 250  # six pictures are too few for eight seconds


def test_colours_that_must_be_exact_are_so_beside_many_others():
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))
    palette = shared_palette(noise, [(1, 2, 3), (200, 100, 7)])
    exact = Image.new("RGB", (8, 8), (200, 100, 7))
    frames, _ = frames_of(b"".join(gif([noise.resize((8, 8)), exact], palette, 10)))
    assert (frames[1] == (200, 100, 7)).all()


def test_pictures_are_made_and_written_one_at_a_time():
    made = []

    def pictures():
        for level in range(20):
            made.append(level)
            yield Image.new("RGB", (16, 16), (level, level, level))

    parts = gif(pictures(), shared_palette(Image.new("RGB", (4, 4)), []), 10)
    for _ in range(4):  # the head, and three pictures
        next(parts)
    assert len(made) <= 4
