"""Any number of classes, from none to 200: colours, legend and what is left for the plot."""

import itertools

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QColor, QIcon
from PySide6.QtWidgets import QLabel, QToolButton

from tests.gui.pointing import double_click
from vae_desktop.colours import CLASS_COLOURS, DARK, LIGHT
from vae_desktop.gui.views.stage.class_legend import class_colours
from vae_desktop.gui.views.stage.latent_scatter import LatentScatter
from vae_desktop.gui.widgets.theme import ThemeSwitch, class_palette
from vae_desktop.latent.codes import Codes
from vae_desktop.latent.plane import Plane, axis_plane

LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


@pytest.fixture
def scatter(qtbot) -> LatentScatter:
    """As large as it is in a window of 1280 by 800."""
    view = LatentScatter()
    qtbot.addWidget(view)
    view.resize(612, 455)
    with qtbot.waitExposed(view):
        view.show()
    return view


def codes(classes: int, dimensions: int = 2, count: int = 1000) -> Codes:
    random = np.random.default_rng(0)
    mean = random.standard_normal((count, dimensions)).astype(np.float32)
    return Codes(mean, None, np.arange(count) % classes if classes else None)


def plane(dimensions: int) -> Plane:
    """The first two, or the only one."""
    return axis_plane(range(min(dimensions, 2)), dimensions)


def show(scatter: LatentScatter, names: tuple[str, ...], dimensions: int = 2) -> None:
    scatter.set_model(codes(len(names), dimensions), names, plane(dimensions))


def chips(scatter: LatentScatter) -> list[QToolButton]:
    found = scatter.legend.findChildren(QToolButton)
    return [chip for chip in found if chip.objectName().startswith("classChip") and chip.isVisibleTo(scatter.legend)]


def colours_of_points(scatter: LatentScatter) -> set[tuple[int, ...]]:
    style = scatter.plot.raster.style
    return set(map(tuple, style.palette[style.colour_indices].tolist()))


@pytest.mark.parametrize("mode", ["dark", "light"])
def test_up_to_ten_classes_have_the_colours_of_the_theme_on_points_and_legend(scatter, mode) -> None:
    show(scatter, LETTERS[:10])
    ThemeSwitch().set_mode(mode)
    assert class_palette(7) == CLASS_COLOURS[mode][:7]
    assert class_palette(10) == CLASS_COLOURS[mode]
    assert class_colours(0).shape == (0, 3)
    assert colours_of_points(scatter) == {QColor(colour).getRgb()[:3] for colour in CLASS_COLOURS[mode]}
    middles = [chip.icon().pixmap(12, 16, state=QIcon.State.On).toImage() for chip in chips(scatter)]
    assert [image.pixelColor(image.rect().center()).name() for image in middles] == list(CLASS_COLOURS[mode])


@pytest.mark.parametrize("count", [11, 26, 47, 200])
def test_more_classes_have_different_colours_that_show_on_both_themes(count) -> None:
    palette = class_palette(count)
    assert len(set(palette)) == count
    for theme in (LIGHT, DARK):
        assert min(contrast(colour, theme.surface) for colour in palette) > 1.5


def test_neighbours_in_hue_differ_in_lightness() -> None:
    lightness = [QColor(colour).lightnessF() for colour in class_palette(47)]
    hues = [QColor(colour).hslHueF() for colour in class_palette(47)]
    for first, second in itertools.pairwise(np.argsort(hues)):
        close = abs(hues[first] - hues[second]) < 0.01
        assert not close or abs(lightness[first] - lightness[second]) > 0.05


@pytest.mark.parametrize("count", [1, 10, 26, 47, 200])
def test_points_and_legend_have_the_same_colours(scatter, count) -> None:
    show(scatter, tuple(f"class {index}" for index in range(count)))
    assert len(chips(scatter)) == count
    assert colours_of_points(scatter) == set(map(tuple, class_colours(count).tolist()))


def test_codes_in_which_the_last_classes_do_not_occur_keep_the_colours_of_the_legend(scatter) -> None:
    few = codes(3)
    scatter.set_model(few, LETTERS, plane(2))
    assert colours_of_points(scatter) == set(map(tuple, class_colours(26)[:3].tolist()))


@pytest.mark.parametrize(("mode", "theme"), [("dark", DARK), ("light", LIGHT)])
def test_unlabelled_images_have_no_classes_to_choose_and_one_neutral_colour(scatter, mode, theme) -> None:
    entry = scatter.findChild(QAction, "classesAction")
    show(scatter, LETTERS)
    show(scatter, ())
    ThemeSwitch().set_mode(mode)
    assert not entry.isEnabled()
    assert "no classes" in entry.toolTip()
    assert colours_of_points(scatter) == {QColor(theme.accent).getRgb()[:3]}
    show(scatter, LETTERS)
    assert entry.isEnabled()


@pytest.mark.parametrize("count", [26, 47, 200])
def test_the_legend_takes_no_room_from_the_plot(scatter, count) -> None:
    show(scatter, ())
    height = scatter.plot.height()
    show(scatter, tuple(f"a name of class {index}" for index in range(count)))
    assert scatter.plot.height() == height
    scatter.controls.open_classes()
    panel = scatter.legend.window()
    assert panel.isVisible()
    assert panel.height() < 400
    panel.hide()


@pytest.mark.parametrize("length", [2, 12])
def test_chips_wrap_and_never_overlap(scatter, length) -> None:
    show(scatter, tuple(f"{index:0{length}}" for index in range(47)))
    scatter.controls.open_classes()
    right = scatter.legend.viewport().width()
    assert all(chip.geometry().right() < right for chip in chips(scatter))
    pairs = itertools.combinations(chips(scatter), 2)
    assert not any(first.geometry().intersects(second.geometry()) for first, second in pairs)
    scatter.legend.window().hide()


def test_the_panel_of_classes_opens_by_its_entry_and_closes_by_escape(scatter, qtbot) -> None:
    show(scatter, LETTERS)
    scatter.findChild(QAction, "classesAction").trigger()
    qtbot.waitUntil(chips(scatter)[0].hasFocus)
    qtbot.keyClick(chips(scatter)[0], Qt.Key.Key_Escape)
    assert not scatter.legend.window().isVisible()


def clusters(classes: int, apart: float) -> Codes:
    """A class around each of some places on a circle."""
    random, labels = np.random.default_rng(0), np.arange(600) % classes
    angles = 2 * np.pi * labels / classes
    middles = apart * np.stack((np.cos(angles), np.sin(angles)), 1)
    return Codes((middles + 0.2 * random.standard_normal((600, 2))).astype(np.float32), None, labels)


def test_a_class_with_a_place_of_its_own_has_its_name_there(scatter, qtbot) -> None:
    scatter.set_model(clusters(4, 3.0), tuple("ABCD"), plane(2))
    assert scatter.class_labels.shown == tuple("ABCD")
    scatter.set_codes(clusters(4, 0.01))
    qtbot.waitUntil(lambda: not scatter.class_labels.shown)  # they lie on one another
    scatter.set_codes(clusters(4, 3.0))
    chips(scatter)[2].click()
    assert scatter.class_labels.shown == tuple("ABD")


def test_names_of_classes_leave_one_another_room(scatter, qtbot) -> None:
    scatter.set_model(clusters(50, 6.0), tuple(f"a long name {index}" for index in range(50)), plane(2))
    few = set(scatter.class_labels.shown)
    assert 0 < len(few) < 50
    scatter.resize(1400, 1400)
    qtbot.waitUntil(lambda: set(scatter.class_labels.shown) > few)


def test_a_class_that_lies_on_another_one_has_its_name_where_it_lies_alone(scatter, qtbot) -> None:
    random = np.random.default_rng(0)
    wide, narrow = random.normal(size=(300, 2)), random.normal(scale=0.3, size=(600, 2))
    aside = random.normal((6, 0), 0.3, (100, 2))
    labels = np.repeat([0, 1, 0], (300, 600, 100))
    mean = np.concatenate((wide, narrow, aside)).astype(np.float32)
    scatter.set_model(Codes(mean, None, labels), ("wide", "narrow"), plane(2))
    qtbot.waitUntil(lambda: len(scatter.class_labels.shown) == 2)
    rects = scatter.class_labels.rects
    assert any(abs(rect.center().x()) > 0.5 for rect in rects)
    assert scatter.findChild(QLabel, "missingNames").isHidden()


def test_the_plot_says_how_many_classes_have_no_name_in_it(scatter, qtbot) -> None:
    random = np.random.default_rng(0)
    mixed = random.normal(size=(900, 2)).astype(np.float32)
    scatter.set_model(Codes(mixed, None, np.arange(900) % 9), tuple("abcdefghi"), plane(2))
    assert scatter.class_labels.shown == ()
    assert scatter.findChild(QLabel, "missingNames").text() == "9 more classes: Show ▸ Classes"


def test_names_of_other_images_do_not_stay(scatter) -> None:
    scatter.set_model(clusters(4, 3.0), tuple("ABCD"), plane(2))
    show(scatter, ())
    assert scatter.class_labels.shown == ()


def test_long_names_are_cut_and_whole_in_the_tooltip(scatter) -> None:
    name = "a class of <b>pictures</b> & drawings with an unreasonably long name"
    show(scatter, (name, "salt & pepper"))
    long, short = chips(scatter)
    assert long.text().endswith("…")
    assert long.width() < 200
    assert "&lt;b&gt;pictures&lt;/b&gt; &amp; drawings with an unreasonably long name" in long.toolTip()
    assert long.accessibleName() == name
    assert short.text() == "salt && pepper"  # a single one would be an underline


def test_a_double_click_shows_a_class_alone_and_strikes_out_the_others(scatter, qtbot) -> None:
    show(scatter, LETTERS)
    double_click(chips(scatter)[4], Qt.MouseButton.LeftButton)
    assert [chip.font().strikeOut() for chip in chips(scatter)] == [index != 4 for index in range(26)]
    grey = QColor(LIGHT.border).getRgb()[:3]
    assert colours_of_points(scatter) == {grey, tuple(class_colours(26)[4].tolist())}
    double_click(chips(scatter)[4], Qt.MouseButton.LeftButton)
    assert not any(chip.font().strikeOut() for chip in chips(scatter))
    assert len(colours_of_points(scatter)) == 26


def test_the_keyboard_goes_along_the_legend_hides_and_isolates(scatter, qtbot) -> None:
    show(scatter, tuple(f"class {index}" for index in range(200)))
    assert sum(bool(chip.focusPolicy() & Qt.FocusPolicy.TabFocus) for chip in chips(scatter)) == 1
    scatter.controls.open_classes()
    qtbot.keyClick(chips(scatter)[0], Qt.Key.Key_Left)
    last = chips(scatter)[199]
    qtbot.waitUntil(last.hasFocus)
    assert scatter.legend.viewport().rect().contains(last.mapTo(scatter.legend.viewport(), last.rect().center()))
    qtbot.keyClick(last, Qt.Key.Key_Space)
    assert not last.isChecked()
    qtbot.keyClick(last, Qt.Key.Key_Return)
    assert [index for index, chip in enumerate(chips(scatter)) if chip.isChecked()] == [199]
    scatter.legend.window().hide()


@pytest.mark.parametrize("count", [0, 1, 10, 200])
def test_one_dimension_is_spread_over_the_same_height_for_any_number_of_classes(scatter, count) -> None:
    show(scatter, tuple(f"class {index}" for index in range(count)), dimensions=1)
    heights = scatter.plot.positions[:, 1]
    assert 2.5 < np.ptp(heights) < 3.5
    assert abs(heights.mean()) < 0.2


def test_one_dimension_is_spread_anew_for_other_labels(scatter) -> None:
    show(scatter, ("a", "b"), dimensions=1)
    shuffled = codes(2, 1)
    labels = 1 - shuffled.labels
    scatter.set_model(Codes(shuffled.mean, None, labels), ("a", "b"), plane(1))
    heights = scatter.plot.positions[:, 1]
    assert heights[labels == 0].max() < heights[labels == 1].min()


def contrast(first: str, second: str) -> float:
    """As WCAG defines it."""
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = np.array(QColor(colour).getRgbF()[:3])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def test_axes_tell_latent_units_after_a_model_whose_codes_lie_on_one_point(scatter) -> None:
    """Of a model of the KL alone: a range that small once scaled the ticks of all models after it."""
    collapsed = codes(3)
    scatter.set_model(Codes(collapsed.mean * 1e-4, None, collapsed.labels), ("a", "b", "c"), plane(2))
    show(scatter, ("a", "b", "c"), 3)
    for side in ("left", "bottom"):
        axis = scatter.plot.getAxis(side)
        ticks = [float(text) for text in axis.tickStrings([1.0, 2.0], axis.autoSIPrefixScale * axis.scale, 1.0)]
        assert ticks == [1.0, 2.0]
