"""The learning curves of each kind of model and likelihood: units, signs and the logarithmic axis."""

import numpy as np
import pyqtgraph
import pytest

from vae_desktop.config import ModelConfig
from vae_desktop.gui.views.curves.loss_plot import LossPlot
from vae_desktop.gui.views.curves.losses import Losses
from vae_desktop.training.history import Change, Evaluation, History


@pytest.fixture
def losses(qtbot) -> LossPlot:
    view = LossPlot()
    qtbot.addWidget(view)
    view.resize(700, 250)
    with qtbot.waitExposed(view):
        view.show()
    return view


def history(total: float = 20.0, reconstruction: float = 18.0, kl: float | None = 2.0, steps: int = 50) -> History:
    """Losses that fall to these values from twice their size above."""
    result = History()
    fall = np.linspace(1, 0, steps)[:, None]
    last = np.array([total, reconstruction, np.nan if kl is None else kl])
    result.append(last + 2 * fall * np.abs(last))
    result.evaluations = [Evaluation(steps, total, reconstruction, kl, None if kl is None else (kl,))]
    return result


def show(losses: LossPlot, history: History, model: ModelConfig | None = None) -> None:
    losses.set_models([Losses("", model or ModelConfig(), history)])


def unit(losses: LossPlot, pane: int) -> str:
    return losses.panes[pane].getAxis("left").labelText


def drawn_in(losses: LossPlot, pane: int) -> set[str]:
    """The terms that a pane draws both curves of."""
    pane = losses.panes[pane]
    return {
        curve.term
        for curve in pane.curves
        if all(item.getData()[0] is not None and len(item.getData()[0]) for item in pane.drawn(curve.name))
    }


@pytest.mark.parametrize(
    ("likelihood", "expected"),
    [
        ("squared-error", "sq. error / image"),
        ("bernoulli", "nats (Bernoulli) / image"),
        ("gaussian-calibrated", "nats (Gaussian) / image"),
    ],
)
def test_the_left_axis_has_the_unit_of_the_likelihood_and_the_right_one_nats(losses, likelihood, expected) -> None:
    show(losses, history(), ModelConfig(likelihood=likelihood))
    assert unit(losses, 0) == expected
    assert unit(losses, 1) == "nats / image"
    assert drawn_in(losses, 0) == {"total", "reconstruction"}
    assert drawn_in(losses, 1) == {"kl"}


@pytest.mark.parametrize("likelihood", ["squared-error", "bernoulli"])
def test_the_total_of_kl_alone_stands_with_the_kl(losses, likelihood) -> None:
    show(losses, history(total=2.0), ModelConfig(kind="kl-only", likelihood=likelihood))
    assert drawn_in(losses, 0) == {"reconstruction"}
    assert drawn_in(losses, 1) == {"total", "kl"}
    show(losses, history(), ModelConfig())
    assert drawn_in(losses, 0) == {"total", "reconstruction"}
    assert drawn_in(losses, 1) == {"kl"}


@pytest.mark.parametrize(("kind", "term"), [("vae-no-kl", "KL"), ("kl-only", "Reconstruction")])
def test_a_term_that_does_not_count_is_drawn_and_says_so(losses, kind, term) -> None:
    show(losses, history(), ModelConfig(kind=kind))
    assert drawn_in(losses, 0) | drawn_in(losses, 1) == {"total", "reconstruction", "kl"}
    assert f"{term} (weight 0)" in shown(losses)
    show(losses, history(), ModelConfig())
    assert "weight 0" not in shown(losses)


def test_the_pane_of_the_kl_is_there_only_for_models_that_have_one(losses) -> None:
    show(losses, history(kl=None), ModelConfig(kind="denoising-ae"))
    assert len(losses.panes) == 1
    assert "KL" not in shown(losses)
    show(losses, history(), ModelConfig())
    assert losses.panes[1].isVisible()
    assert "KL" in shown(losses)


def test_negative_losses_are_shown_whole_and_in_figures(losses) -> None:
    show(losses, history(total=-998.5, reconstruction=-1000.5), ModelConfig(likelihood="gaussian-calibrated"))
    low, high = losses.panes[0].viewRange()[1]
    assert low < -1000.5
    assert high > 1000.5
    assert "-998.50 / -998.50" in shown(losses)
    assert "-1000.50 / -1000.50" in shown(losses)


def test_log_scale_is_taken_back_where_a_loss_is_not_positive_and_returns_with_another_run(losses, qtbot) -> None:
    show(losses, history(), ModelConfig())
    losses.log.trigger()
    assert logarithmic(losses)
    show(losses, history(total=-3.0), ModelConfig(likelihood="gaussian-calibrated"))
    assert not losses.log.isEnabled()
    assert not losses.log.isChecked()
    assert not logarithmic(losses)
    assert "0 or less" in losses.log.toolTip()
    show(losses, history(), ModelConfig())
    assert losses.log.isEnabled()
    assert logarithmic(losses)
    assert losses.log.shortcut().toString() == "Ctrl+L"


def test_log_scale_that_nobody_chose_is_not_checked_when_it_returns(losses) -> None:
    losses.log.trigger()
    losses.log.trigger()
    show(losses, history(total=0.0), ModelConfig())
    assert not losses.log.isEnabled()
    show(losses, history(), ModelConfig())
    assert losses.log.isEnabled()
    assert not losses.log.isChecked()


def test_log_scale_is_taken_back_in_the_middle_of_a_training(losses, qtbot) -> None:
    growing = history(total=5.0, reconstruction=4.0)
    show(losses, growing, ModelConfig(likelihood="gaussian-calibrated"))
    losses.log.trigger()
    assert logarithmic(losses)
    growing.append([[-0.5, -1.0, 0.5]])
    losses.refresh()
    qtbot.waitUntil(lambda: not losses.log.isEnabled())
    assert not logarithmic(losses)
    assert losses.panes[0].viewRange()[1][0] < -1.0


def test_a_collapsed_kl_does_not_take_the_log_scale_from_the_losses(losses) -> None:
    show(losses, history(kl=0.0), ModelConfig())
    assert losses.log.isEnabled()


def test_long_readouts_do_not_widen_the_window(losses) -> None:
    show(losses, history(), ModelConfig())
    before = losses.minimumSizeHint().width()
    long = history(total=-123456.78, reconstruction=-123456.78)
    show(losses, long, ModelConfig(kind="vae-no-kl", likelihood="bernoulli"))
    assert losses.minimumSizeHint().width() == before


def test_long_histories_are_drawn_by_their_peaks(losses, qtbot) -> None:
    long = History()
    rows = np.full((200_000, 3), 5.0, np.float32)
    rows[123_457] = 50.0
    long.append(rows)
    show(losses, long, ModelConfig())
    x, y = losses.panes[0].drawn("Total")[0].getData()
    assert len(x) < 10_000
    assert y.max() == 50.0


def shown(losses: LossPlot) -> str:
    return losses.readout.text().replace("&nbsp;", " ").replace("<b>", "").replace("</b>", "")


def logarithmic(losses: LossPlot) -> bool:
    return losses.panes[0].getAxis("left").logMode


def marks(losses: LossPlot) -> dict[str, list[tuple[float, str]]]:
    """Step and label of each line that marks a change, by pane."""
    return {
        f"pane {number}": sorted(
            (line.value(), "" if getattr(line, "label", None) is None else line.label.format)
            for line in pane.getPlotItem().items
            if isinstance(line, pyqtgraph.InfiniteLine) and line.isVisible()
        )
        for number, pane in enumerate(losses.panes)
    }


def test_changes_of_rates_leave_marks(losses) -> None:
    run = history()
    run.changes = [Change(10, "beta", 4.0), Change(20, "epochs", 300.0), Change(30, "learning_rate", 0.001)]
    show(losses, run, ModelConfig())
    assert marks(losses)["pane 0"] == [(10, "β 4"), (30, "Learning rate 0.001")]
    assert marks(losses)["pane 1"] == [(10, ""), (30, "")]
    run.changes.append(Change(40, "beta", 0.5))
    losses.refresh()
    losses.redraw()
    assert marks(losses)["pane 0"][-1] == (40, "β 0.5")
    show(losses, history(), ModelConfig())
    assert marks(losses) == {"pane 0": [], "pane 1": []}


def test_a_fork_is_drawn_with_its_parent(losses) -> None:
    parent, fork = history(steps=50), history(total=10.0, steps=40)
    fork.evaluations.insert(0, Evaluation(10, 30.0, 28.0, 2.0, (2.0,)))
    parent.evaluations = [Evaluation(step, 20.0, 18.0, 2.0, (2.0,)) for step in (10, 20, 50)]
    own = Losses("#2", ModelConfig(), fork, 20, "#1")
    losses.set_models([own, Losses("#1 (parent)", ModelConfig(), parent, left_at=20)])
    pane = losses.panes[0]
    assert [(curve.name, curve.is_beyond) for curve in pane.curves] == [
        ("#2", False), ("#1 (parent)", False), ("#1 (parent)", True)
    ]  # fmt: skip
    assert pane.drawn("#2")[0].getData()[0].tolist() == list(range(21, 41))  # before that it is the parent's
    assert pane.drawn("#2")[1].getData()[0].tolist() == [40]
    batches, tests = pane.drawn("#1 (parent)")
    assert (batches.getData()[0][-1], tests.getData()[0].tolist()) == (20, [10, 20])
    assert marks(losses)["pane 0"] == [(20, "")]
    above, (*_, beyond) = pane.drawn("#2"), [entry for entry in pane.listDataItems() if entry.opts["pen"].width() == 1]
    assert max(item.zValue() for item in (beyond, batches)) < above[1].zValue()  # the fork is above its parent
    assert "#1 (parent) 20.00 / 20.00" in shown(losses)
    losses.parents.trigger()
    assert [curve.name for curve in losses.panes[0].curves] == ["Total", "Reconstruction"]
    assert losses.panes[0].drawn("Total")[0].getData()[0][0] == 1
    assert marks(losses)["pane 0"] == [(20, "from #1")]
    losses.parents.trigger()
    assert len(losses.panes) == 3
    losses.set_models([own])
    assert not losses.parents.isEnabled()
    assert marks(losses)["pane 0"] == [(20, "from #1")]


def test_a_ruined_parent_does_not_flatten_its_fork(losses) -> None:
    parent, fork = history(steps=100), history(steps=200)
    rows = parent.training.copy()
    rows[50:] = 5000.0
    ruined = History()
    ruined.append(rows)
    losses.set_models([Losses("#2", ModelConfig(), fork, 50, "#1"), Losses("#1", ModelConfig(), ruined, left_at=50)])
    assert losses.panes[0].getViewBox().viewRange()[1][1] < 200
    assert losses.panes[0].spike.isVisible()


@pytest.mark.parametrize("good", [100, 5000])
def test_a_ruined_training_shows_what_was_good(losses, good) -> None:
    rows = np.full((3 * good, 3), 3.0, np.float32)
    rows[:, 0] = np.linspace(60, 20, len(rows))
    rows[good:, 0] = np.minimum(10.0 ** np.minimum(np.arange(1, 2 * good + 1), 20), 9.8e13)
    run = History()
    run.append(rows)
    show(losses, run, ModelConfig())
    (low, high), spike = losses.panes[0].viewRange()[1], losses.panes[0].spike
    assert low < 47
    assert 60 <= high < 70
    assert spike.isVisible()
    assert "Total 9.8e13" in shown(losses)
    rows[good + good // 2 :, 0] = 80.0  # a rise from which it comes back is a spike, and the rest is shown
    risen = History()
    risen.append(rows)
    show(losses, risen, ModelConfig())
    assert losses.panes[0].viewRange()[1][1] > 80


def test_models_side_by_side_are_named_above_their_curves(qtbot) -> None:
    view = LossPlot(compares=True)
    qtbot.addWidget(view)
    view.set_models([Losses("AE", ModelConfig("ae"), history()), Losses("VAE", ModelConfig(), history())])
    text = shown(view)
    assert text.index("AE") < text.index("VAE") < text.index("pale: batches")


def test_what_a_fork_shares_is_in_the_unit_of_its_parent(losses) -> None:
    fork = Losses("#2", ModelConfig(likelihood="bernoulli"), history(), 20, "#1")
    fork.history.changes = [Change(20, "likelihood", 0.0, "bernoulli")]
    losses.set_models([fork])
    assert losses.panes[0].drawn("Total")[0].getData()[0][0] == 21
    assert marks(losses)["pane 0"] == [(20, "Likelihood: Bernoulli"), (20, "from #1")]
    losses.set_models([fork, Losses("#1 (parent)", ModelConfig(), history(), left_at=20)])
    assert [curve.name for curve in losses.panes[0].curves] == ["Total", "Reconstruction"]  # the parent's is another
    assert not losses.parents.isEnabled()


def test_of_very_many_changes_the_newest_are_marked(losses) -> None:
    run = history()
    run.changes = [Change(step, "beta", float(step)) for step in range(3000)]
    show(losses, run, ModelConfig())
    assert [step for step, _ in marks(losses)["pane 0"]] == list(range(2970, 3000))


def test_an_evaluation_before_the_first_step_begins_no_line(losses) -> None:
    before, after = Evaluation(0, 500.0, 490.0, 10.0, (10.0,)), Evaluation(50, 20.0, 18.0, 2.0, (2.0,))
    result = history()
    result.evaluations = [before]
    show(losses, result, ModelConfig("vae"))
    assert losses.panes[0].drawn("Total")[1].getData()[0].tolist() == [0]
    result.evaluations = [before, after]
    show(losses, result, ModelConfig("vae"))
    assert losses.panes[0].drawn("Total")[1].getData()[0].tolist() == [50]
    assert losses.panes[0].getViewBox().viewRect().bottom() < 500


def test_the_gradient_has_a_pane_of_its_own_while_it_is_wanted(losses) -> None:
    run = history()
    run.note_gradient_norm(5, 3.0)
    run.note_gradient_norm(20, 7.5)
    show(losses, run, ModelConfig("vae"))
    assert len(losses.panes) == 2
    losses.gradient.trigger()
    assert unit(losses, 2) == "gradient norm"
    steps, norms = losses.panes[2].drawn("Gradient")[0].getData()
    assert (steps.tolist(), norms.tolist()) == ([5, 20], [3.0, 7.5])
    assert "Gradient" not in losses.readout.text()
    losses.gradient.trigger()
    assert len(losses.panes) == 2


def test_a_pane_of_gradients_that_are_not_known_says_why(losses) -> None:
    run = history()
    show(losses, run)
    losses.gradient.trigger()
    pane = losses.panes[2]
    assert pane.hint.isVisible()
    assert "no file keeps it" in pane.hint.text()
    run.note_gradient_norm(5, 3.0)
    run.note_gradient_norm(20, 7.5)
    losses.redraw()
    assert not pane.hint.isVisible()


@pytest.mark.parametrize("width", [120, 200, 500])
def test_steps_beside_one_another_do_not_touch(losses, width) -> None:
    axis = losses.panes[0].getAxis("bottom")
    _, steps = axis.tickValues(0, 33_000, width)[0]
    assert len(steps) > 0
    assert (np.diff(steps) * width / 33_000 > losses.fontMetrics().horizontalAdvance("30000")).all()


def test_test_values_are_not_joined_across_a_change(losses) -> None:
    run = history(steps=200)
    run.evaluations = [Evaluation(step, 20.0 + step, 18.0, 2.0, (2.0,)) for step in (50, 100, 150, 200)]
    run.changes = [Change(100, "beta", 4.0), Change(120, "epochs", 300.0)]
    show(losses, run, ModelConfig())
    steps, values = losses.panes[0].drawn("Total")[1].getData()
    assert steps.tolist() == [50, 100, 100, 150, 200]
    assert np.isnan(values).tolist() == [False, False, True, False, False]


def spiked(at: int) -> History:
    result = history(steps=1000)
    rows = result.training.copy()
    rows[at, 0] = 5000.0
    again = History()
    again.append(rows)
    again.evaluations = result.evaluations
    return again


@pytest.mark.parametrize("at", [0, 3, 700])
def test_one_spike_does_not_flatten_the_rest(losses, at) -> None:
    show(losses, spiked(at), ModelConfig())
    pane = losses.panes[0]
    low, high = pane.viewRange()[1]
    assert low < 18
    assert 50 < high < 100
    assert pane.spike.isVisible()
    assert "5000" in pane.spike.toPlainText()
    assert pane.spike.pos().x() == at + 1
    losses.spikes.trigger()
    assert pane.viewRange()[1][1] > 5000
    assert not pane.spike.isVisible()
    losses.spikes.trigger()
    assert pane.viewRange()[1][1] < 100


def test_a_click_on_the_arrow_shows_the_spike(losses) -> None:
    show(losses, spiked(3), ModelConfig())
    losses.panes[0].spike.clicked.emit()
    assert losses.spikes.isChecked()
    assert losses.panes[0].viewRange()[1][1] > 5000


def test_the_range_narrows_again_when_early_values_have_become_few(losses) -> None:
    growing = History()
    growing.append(np.tile([900.0, 890.0, 10.0], (40, 1)))
    show(losses, growing, ModelConfig())
    assert losses.panes[0].viewRange()[1][1] > 900
    growing.append(np.random.default_rng(0).uniform(20, 30, (5000, 3)))
    losses.redraw()
    assert losses.panes[0].viewRange()[1][1] < 50


@pytest.mark.parametrize(("width", "whole"), [(900, 4), (420, 2)])
def test_of_models_side_by_side_as_many_are_read_as_there_is_room_for(qtbot, width, whole) -> None:
    view = LossPlot(compares=True)
    qtbot.addWidget(view)
    view.resize(width, 250)
    names = ["AE", "VAE without KL", "KL only", "VAE"]
    with qtbot.waitExposed(view):
        view.show()
    view.set_models([Losses(name, ModelConfig(), history()) for name in names])
    view.set_playhead(20)
    shown = view.readout.label.text().replace("&nbsp;", " ")
    assert [name for name in names if f"{name} <b>" in shown] == names[: shown.count("<b>")]
    assert shown.count("<b>") >= whole
    assert shown.count("<b>") == 4 or shown.endswith("…")
    assert shown.count("<span") == shown.count("</span>") >= whole
