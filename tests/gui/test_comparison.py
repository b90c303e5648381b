"""Models side by side in a real window, from one click to columns, figures, files and back."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QPolygonF
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLineEdit, QPushButton, QScrollArea, QTableWidget, QToolButton

from tests.gui.pointing import hover, pixel_of
from vae_desktop.gui.views.setup.setting_field import SettingField
from vae_desktop.gui.widgets.tile_board import TileBoard
from vae_desktop.training.checkpoint import load_checkpoints
from vae_desktop.training.trainer import Trainer
from vae_desktop.variants import KL_TERM, Variant, kl_term_configs


class Comparison:
    """Uses the workspace as a person would."""

    def __init__(self, driver):
        self.driver = driver
        self.window = driver.window
        self.view = driver.window.comparison
        self.engine = driver.window.controller.engine
        self.controller = driver.window.controller.workspaces.comparison
        self.wait = driver.wait

    @property
    def columns(self):
        return self.view.columns

    @property
    def runs(self):
        return [column.run for column in self.columns]

    def small(self, epochs):
        """Set up small models that learn in few epochs."""
        sizes = {"imageSize": "8", "hidden": "32", "latentDim": "2"}
        for name, text in {**sizes, "learningRate": "0.005", "epochs": str(epochs)}.items():
            self.driver.type(f"{name}Field", text)

    def begin(self, epochs=100_000):
        """Train small models of what the KL term does, until all have taken some steps."""
        self.small(epochs)
        self.window.show_workspace("comparison")
        self.view.editor.set_variants(KL_TERM)
        self.begin_by("compareVariantsButton")

    def begin_by(self, button):
        """Begin by a button, until all models have taken some steps."""
        before = len(self.engine.project.comparisons)
        self.driver.click(button)
        comparisons = self.engine.project.comparisons
        self.wait(lambda: len(comparisons) > before and tuple(self.runs) == comparisons[-1].runs)
        self.wait(lambda: all(len(run.history.training) > 2 for run in self.runs))

    def train(self, *variants, epochs=2):
        """Train models to the end."""
        self.small(epochs)
        self.window.show_workspace("comparison")
        self.view.editor.set_variants(variants or KL_TERM)
        before = len(self.engine.project.comparisons)
        self.driver.click("compareVariantsButton")
        self.wait(lambda: len(self.engine.project.comparisons) > before and self.driver.state == "idle")

    def show(self, trained):
        """Have models on show that were trained before."""
        self.window.show_workspace("comparison")
        self.engine.project.show_comparison(trained)
        self.wait(lambda: all(shows(column.grid) for column in self.columns))

    def wait_for_measures(self):
        self.wait(lambda: all("sampling" in run.measures for run in self.runs))

    def cell(self, label, column):
        """What the table of figures shows, with its mark."""
        table = self.driver.find("comparisonTable", QTableWidget)
        row = next(row for row in range(table.rowCount()) if table.item(row, 0).text().startswith(label))
        return table.item(row, column + 1).text()

    def pictures(self, name):
        return [getattr(column, name).picture for column in self.columns]


@pytest.fixture
def comparison(shared_driver, every_mouse_move):
    """The workspace of a window that all tests share, with every choice as at the start; afterwards nothing trains."""
    result = Comparison(shared_driver)
    shared_driver.find("commonScaleAction", QAction).setChecked(False)
    shared_driver.find("fittingComparedAction", QAction).trigger()
    shared_driver.find("rawCursorComparedButton", QToolButton).setChecked(False)
    shared_driver.find("randomWayCombo", QComboBox).setCurrentIndex(0)
    result.view.image.setValue(0)
    result.view.show_editor()
    yield result
    if result.driver.state != "idle":
        result.driver.click("stopButton")
        result.wait(lambda: result.driver.state == "idle")


def trained_once(*variants, epochs=2):
    """Models that are trained once, for all tests that only look at them."""

    @pytest.fixture(scope="module")
    def trained(_shared_driver):
        comparison = Comparison(_shared_driver)
        comparison.train(*variants, epochs=epochs)
        comparison.wait_for_measures()
        return comparison.engine.project.comparisons[-1]

    return trained


trained_kl_term = trained_once(epochs=15)
trained_pair = trained_once(Variant("vae"), Variant("ae"))
trained_four = trained_once(
    Variant("vae"), Variant("ae"), Variant("vae", beta=4.0), Variant("vae", latent_dim=3), epochs=8
)


@pytest.fixture
def kl_term(comparison, trained_kl_term):
    """The four models of what the KL term does, on show."""
    comparison.show(trained_kl_term)
    return comparison


@pytest.fixture
def pair(comparison, trained_pair):
    """A VAE and an AE of two dimensions, on show."""
    comparison.show(trained_pair)
    return comparison


@pytest.fixture
def four(comparison, trained_four):
    """Three models of two and one of three dimensions, on show."""
    comparison.show(trained_four)
    return comparison


@pytest.fixture
def own_comparison(driver, every_mouse_move):
    """The workspace of a window that may be closed."""
    return Comparison(driver)


def shows(board):
    """Whether there is something on a board of tiles or of a grid."""
    return (board.pictures if isinstance(board, TileBoard) else board.sheet) is not None


@pytest.mark.parametrize(("button", "latent_dim"), [("compareKlTermButton", 20), ("compareKlTerm2dButton", 2)])
def test_one_click_trains_four_models_in_settings_of_their_own(comparison, button, latent_dim):
    comparison.small(7)
    comparison.window.show_workspace("comparison")
    before = comparison.window.setup.form.config()
    comparison.begin_by(button)
    assert [run.config for run in comparison.runs] == kl_term_configs(latent_dim, has_mnist=False)
    assert comparison.window.setup.form.config() == before
    for name in ("image", "at_cursor"):
        comparison.wait(lambda name=name: all(picture is not None for picture in comparison.pictures(name)))
    for part in ("random", "grid"):
        comparison.wait(lambda part=part: all(shows(getattr(column, part)) for column in comparison.columns))
    assert comparison.driver.window.status.text().startswith("Training 4 models")
    comparison.driver.click("stopButton")
    comparison.wait(lambda: comparison.driver.state == "idle")
    assert {run.status for run in comparison.runs} == {"stopped"}


def test_pictures_and_scatters_follow_the_training(comparison):
    comparison.begin()
    column = comparison.columns[3]
    comparison.wait(lambda: column.random.pictures is not None and column.plot.positions.any())
    sheet, places = column.random.pictures.tobytes(), column.plot.positions.copy()
    comparison.wait(lambda: column.random.pictures.tobytes() != sheet)
    comparison.wait(lambda: not np.array_equal(comparison.columns[3].plot.positions, places))


def test_the_figures_tell_the_story(kl_term):
    kl_term.wait_for_measures()
    assert kl_term.cell("Mean σ", 2) == "1.00\u2007\u2007"
    assert float(kl_term.cell("KL divergence", 2).rstrip("\u2007")) < 0.1
    assert kl_term.cell("Reconstruction", 2).endswith("✗")
    assert kl_term.cell("Reconstruction", 0).endswith("✓")
    assert kl_term.cell("Reconstruction", 3)[-1] not in "✗"
    assert kl_term.cell("kNN accuracy of samples", 0).startswith("–")
    spread = [run.codes.mean.std(0).mean() for run in kl_term.runs]
    assert spread[0] > 2 * spread[3] > 10 * spread[2]
    assert "measured after step" in kl_term.driver.find("comparisonNote").whole_text()


def test_each_column_says_whether_its_model_generates_and_why(kl_term):
    kl_term.wait_for_measures()
    kl_term.wait(
        lambda: all("random codes" in column.caption.text() for column in (kl_term.columns[0], kl_term.columns[3]))
    )
    captions = [column.caption.text() for column in kl_term.columns]
    verdicts = [kl_term.cell("Do random codes", column).rstrip(" ✓✗\u2007") for column in range(4)]
    assert verdicts[2] == "no: always the same picture"
    for caption, verdict in zip(captions, verdicts, strict=True):
        assert caption.startswith(f"<b>{verdict[0].upper()}{verdict[1:]}")
    assert "Without the KL term nothing pulls its codes towards N(0, I)" in captions[0]
    assert "made every image's code the same" in captions[2]
    assert "The KL term keeps its codes near N(0, I)" in captions[3]


def test_the_captions_say_when_the_pictures_are_of_other_codes_than_theirs(kl_term):
    kl_term.wait_for_measures()
    caption = kl_term.columns[0].caption
    kl_term.wait(lambda: "Without the KL term" in caption.text())
    assert "fitted normal" not in caption.text()
    kl_term.driver.find("randomWayCombo", QComboBox).setCurrentIndex(1)
    assert "From N(0, I), not the fitted normal below" in caption.text()


def test_in_its_first_epoch_it_is_too_early_for_a_verdict(comparison):
    comparison.begin()
    captions = [column.caption for column in comparison.columns]
    comparison.wait(lambda: all("Too early to say: step" in caption.text() for caption in captions))


def test_further_figures_are_folded(kl_term):
    kl_term.wait_for_measures()
    table = kl_term.driver.find("comparisonTable", QTableWidget)

    def shown():
        return [table.item(row, 0).text() for row in range(table.rowCount()) if not table.isRowHidden(row)]

    assert shown()[0] == "Do random codes from N(0, I) decode to images?"
    assert "Precision" not in shown()
    kl_term.driver.find("allFiguresButton", QToolButton).setChecked(True)
    assert "Precision" in shown()
    assert not kl_term.cell("Precision", 2).endswith("✓")  # the same picture each time
    kl_term.driver.find("allFiguresButton", QToolButton).setChecked(False)


def test_pictures_are_large_enough_and_as_many_in_each_column(kl_term):
    boards = [column.random for column in kl_term.columns]
    kl_term.wait(lambda: all(board.tile_rect(0).width() >= 36 for board in boards))
    assert len({len(model.random_codes) for model in kl_term.controller.models}) == 1
    for column in kl_term.columns:
        assert column.grid.sheet_rect().width() / column.grid.shape[0] >= 36


def test_curves_and_figures_take_turns_where_there_is_no_room_for_both(kl_term):
    curves, figures = (kl_term.driver.find(f"{name}ComparedButton", QToolButton) for name in ("curves", "figures"))
    figures.click()
    curves.click()
    assert (curves.isChecked(), figures.isChecked()) == (True, False)
    figures.click()
    assert (curves.isChecked(), figures.isChecked()) == (False, True)
    table = kl_term.driver.find("comparisonTable", QTableWidget)
    assert all(table.columnWidth(column) >= 84 for column in range(1, 5))
    figures.click()


def test_the_heads_stay_while_the_columns_scroll_and_others_begin_at_their_top(kl_term, trained_pair):
    column = kl_term.columns[0]
    (area,) = (found for found in kl_term.view.findChildren(QScrollArea) if found.accessibleName() and
               found.isAncestorOf(column))  # fmt: skip
    assert not area.isAncestorOf(column.caption)
    kl_term.wait(lambda: area.verticalScrollBar().maximum() > 0)
    area.verticalScrollBar().setValue(area.verticalScrollBar().maximum())
    for column in kl_term.columns:
        assert column.head.mapTo(kl_term.view, QPoint()).x() == column.mapTo(kl_term.view, QPoint()).x()
        assert column.head.width() == column.width()
    kl_term.show(trained_pair)
    assert area.verticalScrollBar().value() == 0


def test_a_double_click_on_measure_all_does_not_cancel(kl_term):
    kl_term.wait_for_measures()
    table = kl_term.view.table
    cancelled = []
    table.cancel_requested.connect(lambda: cancelled.append(True))
    cancel = kl_term.driver.find("cancelMeasuringAllButton", QPushButton)
    table.show_progress("a model", 0, 1)
    QTest.mouseClick(cancel, Qt.MouseButton.LeftButton)
    assert not cancelled
    cancel.click()  # by the keyboard
    assert cancelled
    table.end_progress()


def test_before_models_are_chosen_there_is_one_main_button_and_no_cursor(driver):
    train, point = driver.find("trainButton", QPushButton), driver.find("latentPointDock")
    driver.window.show_workspace("comparison")
    assert not train.property("primary")
    assert not point.isVisible()
    driver.window.show_workspace("playground")
    assert train.property("primary")
    assert point.isVisible()
    comparison = Comparison(driver)
    comparison.begin()
    assert train.property("primary")
    assert point.isVisible()
    comparison.view.show_editor()
    assert not train.property("primary")
    driver.stop()


def test_curves_and_figures_unfold_below(kl_term):
    for name, part in (("curves", kl_term.view.curves), ("figures", kl_term.view.table)):
        button = kl_term.driver.find(f"{name}ComparedButton", QToolButton)
        button.setChecked(False)
        assert not part.isVisible()
        button.setChecked(True)
        assert part.isVisible()
        button.setChecked(False)


def test_kl_alone_shows_samples_since_its_means_lie_on_one_point(kl_term):
    places = [column.plot.positions for column in kl_term.columns]
    assert places[2].std(0) == pytest.approx([1, 1], abs=0.2)
    captions = [column.codes.caption() for column in kl_term.columns]
    assert [text.startswith("samples") for text in captions] == [False, False, True, False]
    assert places[3] == pytest.approx(kl_term.runs[3].codes.mean, abs=1e-5)
    kl_term.driver.find("meansComparedAction", QAction).trigger()  # on request
    assert kl_term.columns[2].plot.positions.std(0) == pytest.approx([0, 0], abs=0.2)
    kl_term.driver.find("samplesComparedAction", QAction).trigger()
    assert not np.allclose(kl_term.columns[3].plot.positions, kl_term.runs[3].codes.mean)
    assert np.allclose(kl_term.columns[0].plot.positions, kl_term.runs[0].codes.mean)  # an AE has points


def test_a_common_scale_shows_how_far_codes_spread(kl_term):
    sizes = [column.plot.pixel_size() for column in kl_term.columns]
    assert sizes[0] > 1.5 * sizes[3]
    kl_term.driver.find("commonScaleAction", QAction).trigger()
    sizes = [column.plot.pixel_size() for column in kl_term.columns]
    assert sizes == pytest.approx([sizes[0]] * 4, rel=0.02)


def test_one_cursor_goes_through_all_latent_spaces(kl_term):
    before = [picture.copy() for picture in kl_term.pictures("at_cursor")]
    plot = kl_term.columns[0].plot
    target = kl_term.runs[0].codes.mean[7]
    QTest.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=pixel_of(plot, target))
    models = kl_term.controller.models
    codes = [model.space.code for model in models]
    assert codes[0] == pytest.approx(target, abs=0.2)
    for model, code in zip(models, codes, strict=True):
        assert model.spread.to_units(code) == pytest.approx(kl_term.controller.cursor.code, abs=1e-4)
    kl_term.wait(lambda: not np.array_equal(kl_term.pictures("at_cursor")[0], before[0]))
    kl_term.wait(lambda: not np.array_equal(kl_term.pictures("at_cursor")[3], before[3]))
    kl_term.driver.find("rawCursorComparedButton", QToolButton).click()
    for model in models:
        assert model.space.code == pytest.approx(codes[0], abs=1e-4)


def test_a_model_of_other_dimensions_says_why_it_has_no_cursor(comparison):
    comparison.train(Variant("vae"), Variant("ae"), Variant("vae", latent_dim=5))
    assert [run.name for run in comparison.runs] == ["VAE 2-D", "AE 2-D", "VAE 5-D"]
    comparison.wait(lambda: comparison.pictures("at_cursor")[0] is not None)
    assert comparison.pictures("at_cursor")[2] is None
    assert comparison.columns[2].at_cursor.empty_text == "no cursor"
    assert "it has 2 dimensions, this model 5" in comparison.columns[2].at_cursor.toolTip()
    assert "it has 2 dimensions" not in comparison.columns[0].at_cursor.toolTip()
    comparison.wait(lambda: comparison.columns[2].random.pictures is not None)
    board = comparison.columns[2].random
    QTest.mouseClick(board, Qt.MouseButton.LeftButton, pos=board.rect().center())
    comparison.wait(lambda: comparison.pictures("at_cursor")[2] is not None)  # the cursor is there now
    assert comparison.pictures("at_cursor")[0] is None


def test_random_codes_are_the_same_for_all_and_others_on_demand(comparison):
    comparison.train(Variant("vae"), Variant("ae", latent_dim=3))
    codes = [model.random_codes for model in comparison.controller.models]
    assert np.array_equal(codes[0], codes[1][:, :2])
    comparison.wait(lambda: comparison.columns[0].random.pictures is not None)
    sheet = comparison.columns[0].random.pictures.tobytes()
    comparison.driver.find("newRandomButton", QToolButton).click()
    comparison.wait(lambda: comparison.columns[0].random.pictures.tobytes() != sheet)
    comparison.driver.find("randomWayCombo", QComboBox).setCurrentIndex(1)
    model = comparison.controller.models[1]
    assert model.spread.to_units(model.random_codes).std() == pytest.approx(1, abs=0.3)


def test_a_random_code_of_a_fitted_normal_is_marked_in_every_column(pair):
    pair.driver.find("randomWayCombo", QComboBox).setCurrentIndex(1)
    pair.wait(lambda: pair.columns[1].random.pictures is not None)
    board = pair.columns[1].random
    QTest.mouseClick(board, Qt.MouseButton.LeftButton, pos=board.tile_rect(8).center())
    assert [column.random.chosen for column in pair.columns] == [8, 8]
    pair.driver.find("newRandomButton", QToolButton).click()
    assert [column.random.chosen for column in pair.columns] == [None, None]


def test_every_model_reconstructs_the_same_image(kl_term):
    kl_term.wait(lambda: all(picture is not None for picture in kl_term.pictures("image")))
    before, original = kl_term.pictures("image"), kl_term.view.original.picture
    kl_term.view.image.setValue(11)
    dataset = kl_term.engine.datasets.held(kl_term.runs[0].config.dataset)
    assert np.array_equal(kl_term.view.original.picture, dataset.test.images[11].transpose(1, 2, 0))
    assert not np.array_equal(kl_term.view.original.picture, original)
    kl_term.wait(lambda: not np.array_equal(kl_term.pictures("image")[3], before[3]))


def test_each_model_decodes_its_own_sample_with_the_same_noise(kl_term):
    kl_term.wait(lambda: all(picture is not None for picture in kl_term.pictures("image")))
    earlier = kl_term.pictures("image")
    kl_term.view.image.setValue(4)
    kl_term.wait(lambda: all(now is not then for now, then in zip(kl_term.pictures("image"), earlier, strict=True)))
    before = kl_term.pictures("image")
    kl_term.driver.find("comparedSampleButton", QToolButton).click()
    kl_term.wait(lambda: not np.array_equal(kl_term.pictures("image")[3], before[3]))
    assert np.array_equal(kl_term.pictures("image")[0], before[0])  # an autoencoder has nothing to sample
    for column, run in zip(kl_term.columns, kl_term.runs, strict=True):
        text = kl_term.driver.find(f"comparedPosterior{run.id}").text()
        assert f"{run.codes.mean[4, 0]:.2f}".replace("-", "−") in text
        assert ("σ" in text) == (run.codes.log_stddev is not None)
        assert column.isVisible()
    kl_term.view.image.setValue(5)
    kl_term.wait(lambda: not np.array_equal(kl_term.pictures("image")[0], before[0]))


def test_beta_of_a_column_is_changed_while_training_and_marked(comparison):
    comparison.begin()
    field = comparison.columns[3].beta
    assert [column.beta is not None for column in comparison.columns] == [False, False, False, True]
    field.selectAll()
    QTest.keyClicks(field, "7")
    QTest.keyClick(field, Qt.Key.Key_Return)
    vae = comparison.runs[3]
    comparison.wait(lambda: vae.history.changes)
    assert (vae.history.changes[0].name, vae.history.changes[0].value) == ("beta", 7.0)
    assert not any(run.history.changes for run in comparison.runs[:3])
    comparison.driver.find("curvesComparedButton", QToolButton).setChecked(True)
    comparison.wait(lambda: len(comparison.view.curves.marks) == 1)
    assert comparison.view.curves.marks[0].change == vae.history.changes[0]
    assert not comparison.driver.find("betaField", QLineEdit).isEnabled()  # each column has its own
    QTest.keyClicks(field, "x")
    assert field.error
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert len(vae.history.changes) == 1


def test_units_of_likelihoods_have_plots_of_their_own(comparison):
    comparison.train(Variant("vae"), Variant("ae"), Variant("vae", likelihood="bernoulli"))
    panes = comparison.view.curves.panes
    names = [(pane.curves[0].term, sorted(curve.name for curve in pane.curves)) for pane in panes]
    squared, bernoulli = ["AE Squared error", "VAE Squared error"], ["VAE Bernoulli"]
    assert names == [
        ("total", squared),
        ("total", bernoulli),
        ("reconstruction", squared),
        ("reconstruction", bernoulli),
        ("kl", ["VAE Bernoulli", "VAE Squared error"]),
    ]
    assert len({pane.unit for pane in panes}) == 3


def test_a_column_is_promoted_and_the_columns_are_still_there(comparison):
    comparison.begin()
    comparison.driver.find(f"promoteButton{comparison.runs[1].id}", QToolButton).click()
    assert comparison.window.workspace == "playground"
    assert comparison.engine.project.shown is comparison.runs[1]
    comparison.wait(lambda: comparison.driver.picture)
    picture = comparison.driver.picture
    comparison.wait(lambda: comparison.driver.picture != picture)  # it goes on training
    comparison.window.findChild(QAction, "comparisonAction").trigger()
    assert comparison.window.workspace == "comparison"
    step = len(comparison.runs[3].history.training)
    comparison.wait(lambda: len(comparison.runs[3].history.training) > step)
    comparison.wait(lambda: comparison.columns[0].random.pictures is not None)
    sheet = comparison.columns[0].random.pictures.tobytes()
    comparison.wait(lambda: comparison.columns[0].random.pictures.tobytes() != sheet)


def test_a_set_is_saved_and_opened_as_one(pair, tmp_path):
    pair.wait_for_measures()
    path = tmp_path / "set.safetensors"
    pair.window.controller.files.save(path)
    pair.wait(lambda: path.exists() and not pair.window.isWindowModified())
    assert len(load_checkpoints(path)) == 2
    first = pair.runs
    pair.window.show_workspace("playground")
    pair.window.file_opened.emit(path)
    pair.wait(lambda: pair.runs and pair.runs[0] is not first[0])
    assert pair.window.workspace == "comparison"
    assert [run.name for run in pair.runs] == [run.name for run in first]
    pair.wait(lambda: all(column.random.pictures is not None for column in pair.columns))
    pair.driver.click("measureAllButton")
    pair.wait(lambda: all("sampling" in run.measures for run in pair.runs))
    assert pair.runs[1].measures == first[1].measures


def test_one_column_is_saved_alone(kl_term, tmp_path, monkeypatch):
    monkeypatch.setattr(kl_term.window, "ask_for_target", lambda _: tmp_path / "one.safetensors")
    kl_term.driver.find(f"saveButton{kl_term.runs[3].id}", QToolButton).click()
    kl_term.wait(lambda: (tmp_path / "one.safetensors").exists())
    assert load_checkpoints(tmp_path / "one.safetensors")[0].config.model.kind == "vae"


def test_continue_goes_on_with_all(comparison):
    comparison.train(Variant("ae"), Variant("vae"))
    steps, count = [run.snapshot.step for run in comparison.runs], len(comparison.engine.project.comparisons)
    comparison.driver.click("continueButton")
    comparison.wait(lambda: all(run.snapshot.step > step for run, step in zip(comparison.runs, steps, strict=True)))
    assert len(comparison.engine.project.comparisons) == count


def test_one_that_diverges_is_named_and_the_others_go_on(comparison, monkeypatch):
    step = Trainer.step

    def stepped(trainer, batch):
        row = step(trainer, batch)
        return row * float("nan") if trainer.steps > 30 and not trainer.model.is_variational else row

    monkeypatch.setattr(Trainer, "step", stepped)
    comparison.begin()
    comparison.wait(lambda: comparison.runs[0].status == "diverged")
    assert "AE" in comparison.window.banner.text()
    assert "diverged" in comparison.columns[0].status.whole_text()
    count = len(comparison.runs[3].history.training)
    comparison.wait(lambda: len(comparison.runs[3].history.training) > count)
    assert comparison.driver.state == "training"


def test_the_models_are_still_known_while_the_window_is_greyed(comparison):
    comparison.view.editor.set_variants(KL_TERM)
    before = comparison.view.editor.variants()
    comparison.view.setEnabled(False)
    assert comparison.view.editor.variants() == before
    comparison.view.setEnabled(True)


def test_models_are_added_and_left_out(comparison):
    comparison.window.show_workspace("comparison")
    editor = comparison.view.editor
    editor.set_variants(KL_TERM)
    add = comparison.driver.find("addVariantButton", QPushButton)
    assert not add.isEnabled()  # four are the most

    def leave_out():
        return [button for button in editor.findChildren(QToolButton) if button.objectName().startswith("remove")]

    for _ in range(2):
        leave_out()[-1].click()
    assert [variant.kind for variant in editor.variants()] == ["ae", "vae-no-kl"]
    assert not any(button.isEnabled() for button in leave_out())  # two are the fewest
    add.click()
    assert editor.variants()[2] == Variant("vae")


def test_a_value_that_a_setting_cannot_take_is_told_in_words(comparison):
    comparison.window.show_workspace("comparison")
    comparison.view.editor.set_variants([Variant("ae"), Variant("vae")])
    comparison.view.editor.findChildren(SettingField)[-2].setText("-4")
    comparison.driver.click("compareVariantsButton")
    assert "out of range" in comparison.driver.find("variantsError").text()
    assert comparison.engine.training.state == "idle"


def test_the_layout_of_the_playground_is_kept_when_closed_in_the_comparison(own_comparison, open_window):
    assert own_comparison.window.losses.isVisible()
    own_comparison.window.show_workspace("comparison")
    assert not own_comparison.window.losses.isVisible()
    own_comparison.window.close()
    again = open_window()
    assert again.window.workspace == "playground"
    assert again.window.losses.isVisible()
    assert again.window.panel.isVisible()


def test_closed_in_mid_training_all_models_are_kept_as_one(own_comparison, open_window):
    own_comparison.begin()
    own_comparison.window.close()
    files = own_comparison.engine.saver.autosaves.files()
    assert len(files) == 1
    again = Comparison(open_window())
    again.driver.window.controller.files.open(Path(files[0]))
    again.wait(lambda: len(again.columns) == 4)
    assert [run.config.model.kind for run in again.runs] == ["ae", "vae-no-kl", "kl-only", "vae"]


def test_the_grid_goes_through_the_cursor(comparison):
    comparison.train(Variant("vae", latent_dim=6), Variant("ae", latent_dim=6))
    for part in ("random", "grid"):
        comparison.wait(lambda part=part: all(shows(getattr(column, part)) for column in comparison.columns))
    asked = comparison.driver.window.controller.engine.inference
    before = asked.newest(f"compared {comparison.runs[0].id} grid").codes
    board = comparison.columns[0].random
    QTest.mouseClick(board, Qt.MouseButton.LeftButton, pos=board.rect().center())
    model = comparison.controller.models[0]
    code, plane = model.space.code, model.space.plane
    assert model.random_codes[board.chosen] == pytest.approx(code, abs=1e-4)
    codes = asked.newest(f"compared {comparison.runs[0].id} grid").codes
    assert not np.array_equal(codes, before)
    off_plane = codes - plane.project(codes) @ plane.basis
    assert off_plane == pytest.approx(np.repeat(off_plane[:1], len(codes), 0), abs=1e-5)
    assert off_plane[0] == pytest.approx(code - plane.project(code[None])[0] @ plane.basis, abs=1e-5)


def test_figures_of_other_models_stand_where_headings_stood(pair):
    pair.wait_for_measures()
    pair.view.show_editor()
    pair.train(Variant("vae"), Variant("ae", likelihood="bernoulli"))
    table = pair.driver.find("comparisonTable", QTableWidget)
    spanned = [row for row in range(table.rowCount()) if table.columnSpan(row, 0) > 1]
    assert all(table.item(row, 1) is None for row in spanned)


def test_settings_that_cannot_be_trained_are_shown_where_they_stand(pair):
    pair.view.editor.findChild(SettingField).setText("-4")
    pair.driver.click("trainButton")
    assert pair.view.editor.isVisible()
    assert "out of range" in pair.driver.find("variantsError").text()


def test_an_opened_set_is_what_the_next_training_begins_from(comparison, tmp_path):
    comparison.train(Variant("vae", beta=3.0), Variant("ae", latent_dim=4))
    comparison.window.controller.files.save(tmp_path / "set.safetensors")
    comparison.wait(lambda: not comparison.window.isWindowModified())
    count = len(comparison.engine.project.comparisons)
    comparison.window.file_opened.emit(tmp_path / "set.safetensors")
    comparison.wait(lambda: len(comparison.engine.project.comparisons) > count)
    kinds = [(variant.kind, variant.beta, variant.latent_dim) for variant in comparison.view.editor.variants()]
    assert kinds == [("vae", 3.0, 2), ("ae", None, 4)]


def test_one_model_that_is_opened_brings_up_the_playground(pair, tmp_path):
    path = tmp_path / "one.safetensors"
    pair.engine.training.save(path, pair.runs[:1])
    pair.wait(path.exists)
    pair.window.file_opened.emit(path)
    project = pair.engine.project
    pair.wait(lambda: project.shown is not None and project.shown.path == path)
    assert pair.window.workspace == "playground"


def test_controls_of_all_columns_forget_those_of_other_models(four, trained_pair):
    """Both the ones that stood there before and the ones that come are of one data set, with the same classes."""
    runs = four.runs
    four.show(trained_pair)
    chip = four.view.controls.legend.findChild(QToolButton, "classChip3")
    for _ in range(2):
        chip.click()  # an error in what has been taken away would end the test
    assert set(four.runs).isdisjoint(runs)


def test_the_image_under_the_mouse_is_shown_in_every_column(four):
    chosen = four.view.original.picture
    four.wait(lambda: all(picture is not None for picture in four.pictures("image")))
    before = four.pictures("image")
    image = int(np.abs(four.columns[0].plot.positions[:, 0]).argmax())
    hover(four.driver.qtbot, four.columns[0].scatter, image)
    test = four.engine.datasets.held(four.runs[0].config.dataset).test
    assert np.array_equal(four.view.original.picture, test.images[image].transpose(1, 2, 0))
    four.wait(lambda: all(not np.array_equal(*pair) for pair in zip(four.pictures("image"), before, strict=True)))
    during = four.pictures("image")
    card = four.view.controls.card
    assert card.isVisible()
    assert four.view.rect().contains(card.geometry())
    assert [column.scatter.hover.ringed for column in four.columns] == [image] * 4
    cursor = four.controller.cursor.code
    four.driver.qtbot.mouseMove(four.columns[0].grid, QPoint(2, 2))
    four.columns[0].plot.left.emit()
    assert not card.isVisible()
    assert [column.scatter.hover.ringed for column in four.columns] == [None] * 4
    assert np.array_equal(four.view.original.picture, chosen)
    assert np.array_equal(four.controller.cursor.code, cursor)  # to look at an image moves nothing
    four.wait(lambda: not any(np.array_equal(*pair) for pair in zip(four.pictures("image"), during, strict=True)))


def test_a_click_on_a_point_chooses_its_image_for_all_models(four):
    column = four.columns[2]
    outermost = int(np.abs(column.plot.positions[:, 0]).argmax())
    place = pixel_of(column.plot, column.plot.positions[outermost])
    image = column.scatter.hover.nearest(column.plot.mapToScene(place))
    QTest.mouseClick(column.plot.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert four.view.image.value() == image
    assert [entry.scatter.chosen for entry in four.columns] == [image] * 4
    assert four.controller.models[2].space.code == pytest.approx(four.runs[2].codes.mean[image], abs=1e-4)
    assert [entry.scatter.overlays.posterior.isVisible() for entry in four.columns] == [True, False, True, True]
    four.columns[0].scatter.position_pointed.emit(np.zeros(2, np.float32))
    assert [entry.scatter.chosen for entry in four.columns] == [None] * 4


def test_what_is_selected_in_one_column_is_selected_in_all(four):
    plot = four.columns[1].plot
    plot.setFocus()
    low, high = plot.positions.min(0), plot.positions.mean(0)
    corners = [(low[0] - 1, low[1] - 1), (high[0], low[1] - 1), (high[0], high[1]), (low[0] - 1, high[1])]
    plot.lassoed.emit(QPolygonF([QPointF(float(x), float(y)) for x, y in corners]))
    images = four.columns[1].scatter.selection.images
    assert set(images) == set(np.flatnonzero((plot.positions < high).all(1)))
    assert 0 < len(images) < 360
    for column in four.columns:
        assert np.array_equal(column.scatter.selection.images, images)
    bar = four.view.controls.selection_bar
    assert bar.isVisible()
    assert bar.text().startswith(f"{len(images):,} of 360 codes selected")
    four.driver.find("comparedClearSelectionButton", QToolButton).click()
    assert not bar.isVisible()
    assert not any(len(column.scatter.selection.images) for column in four.columns)


def test_overlays_and_classes_are_chosen_for_all_columns_at_once(four):
    actions = {name: four.driver.find(f"compared{name.title()}OverlayAction", QAction) for name in ("density", "holes")}
    manifold = four.driver.find("comparedManifoldOverlayAction", QAction)
    playground = four.window.stage.scatter.overlays.shown
    for name, action in (*actions.items(), ("manifold", manifold)):
        action.setChecked(True)
        layers = [getattr(column.scatter.overlays, name) for column in four.columns]
        four.wait(lambda layers=layers: all(layer.isVisible() and layer.picture is not None for layer in layers))
        action.setChecked(False)
        assert not any(layer.isVisible() for layer in layers)
    assert four.window.stage.scatter.overlays.shown == playground
    chip = four.view.controls.legend.findChild(QToolButton, "classChip3")
    chip.click()
    for column in four.columns:  # what is greyed cannot be selected
        column.scatter.selection.clear()
        column.plot.all_selected.emit()
        assert set(column.scatter.selection.images) == set(np.flatnonzero(column.run.codes.labels != 3))
    chip.click()
    four.columns[0].scatter.selection.clear()


def test_sliders_move_the_shared_cursor_in_its_unit(four):
    assert four.window.panel.isVisible()
    assert not four.window.panel.image.isVisible()
    before = four.pictures("at_cursor")
    four.driver.find("latentSlider0").setValue(1.5)
    four.driver.find("latentSlider1").setValue(-0.5)
    models = four.controller.models
    assert four.controller.cursor.code.tolist() == [1.5, -0.5]
    for model in models[:3]:
        middle, stddev = model.spread.middle, model.spread.stddev
        assert model.space.code == pytest.approx(middle + stddev * (1.5, -0.5), abs=1e-4)
    assert models[3].space.code is None
    four.wait(lambda: not np.array_equal(four.pictures("at_cursor")[1], before[1]))
    code = models[0].space.code
    four.driver.find("rawCursorComparedButton", QToolButton).click()
    assert [four.driver.find(f"latentSlider{d}").value() for d in (0, 1)] == pytest.approx(code.tolist(), abs=1e-3)
    for d in (0, 1):  # now they cover the codes of all three models
        slider = four.driver.find(f"latentSlider{d}")
        assert slider.minimum() <= min(run.codes.mean[:, d].min() for run in four.runs[:3])
        assert slider.maximum() >= max(run.codes.mean[:, d].max() for run in four.runs[:3])
    four.driver.click("resetButton")
    assert four.controller.cursor.code.tolist() == [0.0, 0.0]
    random = four.columns[3].random
    four.wait(lambda: shows(random))
    QTest.mouseClick(random, Qt.MouseButton.LeftButton, pos=random.tile_rect(3).center())
    slider = four.driver.find("latentSlider2")
    four.wait(slider.isVisible)
    assert slider.minimum() <= four.runs[3].codes.mean[:, 2].min()
    assert four.controller.models[0].space.code is None


def test_sliders_are_the_playgrounds_again_when_it_comes_back(four):
    four.controller.cursor.move_to(np.array([0.5, 0.5], np.float32))
    four.engine.project.show(four.runs[1])
    four.window.show_workspace("playground")
    point = four.window.controller.point
    point.move_to(np.array([0.25, -0.75], np.float32))
    assert [four.driver.find(f"latentSlider{d}").value() for d in (0, 1)] == [0.25, -0.75]
    four.driver.find("latentSlider0").setValue(1.0)
    assert point.code.tolist() == [1.0, -0.75]
    assert four.controller.cursor.code.tolist() == [0.5, 0.5]
    assert four.window.panel.image.isVisible()
    four.window.show_workspace("comparison")
    assert [four.driver.find(f"latentSlider{d}").value() for d in (0, 1)] == [0.5, 0.5]


def test_nothing_is_decoded_for_a_workspace_out_of_sight(four):
    four.engine.project.show(four.runs[0])
    requests = four.window.controller.engine.inference
    names = [f"compared {run.id} {kind}" for run in four.runs for kind in ("image", "grid", "random")]
    assert all(requests.newest(name) is not None for name in names)
    assert requests.newest("traversal 0") is None
    four.window.show_workspace("playground")
    four.controller.cursor.move_to(np.array([1.0, 1.0], np.float32))
    assert all(requests.newest(name) is None for name in names)
    four.wait(lambda: requests.newest("traversal 0") is not None)
    four.window.show_workspace("comparison")
    assert all(requests.newest(name) is not None for name in names)
    assert requests.newest("traversal 0") is None
