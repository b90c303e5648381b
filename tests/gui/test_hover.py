"""The card of the image behind the point under the mouse."""


import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QLabel, QToolButton, QToolTip

from tests.gui.pointing import HERE, pixel_of, rest
from vae_desktop.gui.views.stage.hover_card import HoverCard
from vae_desktop.gui.views.stage.latent_scatter import LatentScatter
from vae_desktop.latent.codes import Codes
from vae_desktop.latent.plane import axis_plane

NAMES = ("trouser", "sneaker")
PLANE = axis_plane((0, 1), 2)
HINT = "Load MNIST to see the originals"
ORIGINALS = np.stack([np.full((28, 28, 1), 10 * index, np.uint8) for index in range(5)])
RECONSTRUCTIONS = np.stack([np.full((14, 14, 3), (5 * index, 0, 255), np.uint8) for index in range(5)])
FAR = QPoint(0, 60)  # px, from a point to where none is


@pytest.fixture
def scatter(qtbot, every_mouse_move) -> LatentScatter:
    """Five points far from one another, of two classes, with their images."""
    view = LatentScatter()
    qtbot.addWidget(view)
    view.resize(620, 490)
    with qtbot.waitExposed(view):
        view.show()
    view.set_model(codes(), NAMES, PLANE)
    view.set_originals(ORIGINALS)
    return view


@pytest.fixture
def card(scatter) -> HoverCard:
    return scatter.findChild(HoverCard, "hoverCard")


def codes(shift: float = 0.0) -> Codes:
    mean = np.array([(-2, -2), (2, -2), (-2, 2), (2, 2), (0, 0.5)], np.float32)
    return Codes(mean + np.float32(shift), None, np.array([0, 1, 0, 1, 0]))


def place(scatter: LatentScatter, index: int) -> QPoint:
    """Where a point is in the plot's viewport."""
    return pixel_of(scatter.plot, scatter.drawn.mean[index])


def hover(scatter: LatentScatter, qtbot, index: int, off: QPoint = HERE) -> None:
    """Move the mouse to a point, or beside it."""
    rest(qtbot, scatter.plot, scatter.drawn.mean[index], off)


def texts(card: HoverCard) -> list[str]:
    return [label.text() for label in card.findChildren(QLabel) if label.isVisible() and label.text()]


def pictures(card: HoverCard) -> list[QLabel]:
    return [label for label in card.findChildren(QLabel) if label.isVisible() and not label.pixmap().isNull()]


def test_the_card_says_where_an_image_came_from(scatter, card, qtbot) -> None:
    long = f"{'folder/' * 20}7.png"
    scatter.set_originals(ORIGINALS[:4], HINT, lambda image: (f"cat/{image}.png", long)[image == 1])
    hover(scatter, qtbot, 3)
    assert "cat/3.png" in texts(card)
    hover(scatter, qtbot, 1)
    (end,) = [text for text in texts(card) if text.endswith("/7.png")]
    assert end.startswith("…")
    assert card.width() <= 320
    hover(scatter, qtbot, 4)  # whose image is missing
    assert not any(".png" in text for text in texts(card))


def test_the_card_shows_a_persons_own_caption(scatter, card, qtbot) -> None:
    scatter.set_originals(ORIGINALS[:4], HINT, caption_of=lambda image: ("", "", "", "a grey square")[image])
    hover(scatter, qtbot, 3)
    assert "a grey square" in texts(card)
    hover(scatter, qtbot, 2)
    assert "a grey square" not in texts(card)
    hover(scatter, qtbot, 4)  # whose image is missing
    assert HINT in texts(card)


def colour_in(label: QLabel) -> tuple[int, ...]:
    """In its middle; the last number is 0 where nothing is drawn."""
    image = label.pixmap().toImage()
    return image.pixelColor(image.width() // 2, image.height() // 2).getRgb()


def test_a_point_under_the_mouse_shows_its_class_number_and_pictures(scatter, card, qtbot) -> None:
    with qtbot.waitSignal(scatter.image_hovered) as hovered:
        hover(scatter, qtbot, 3, QPoint(5, -5))
    assert hovered.args == [3]
    scatter.hover.show_reconstruction(RECONSTRUCTIONS[3])
    assert card.isVisible()
    assert texts(card) == ["sneaker", "image 3", "original", "reconstruction"]
    original, reconstruction = pictures(card)
    assert colour_in(original) == (30, 30, 30, 255)
    assert colour_in(reconstruction) == (15, 0, 255, 255)
    assert original.pixmap().size() == reconstruction.pixmap().size()
    assert original.pixmap().width() == 84  # three screen pixels each
    hover(scatter, qtbot, 0)
    assert texts(card)[:2] == ["trouser", "image 0"]


def test_the_card_shows_mean_and_sigma_of_a_posterior(scatter, card, qtbot) -> None:
    log_stddev = np.log(np.full((5, 2), (0.25, 0.5), np.float32))
    scatter.set_codes(Codes(codes().mean, log_stddev, codes().labels))
    hover(scatter, qtbot, 2)
    assert "μ  −2.00  2.00\nσ  0.25  0.50" in texts(card)


def test_the_place_of_a_reconstruction_is_kept_until_it_is_there(scatter, card, qtbot) -> None:
    hover(scatter, qtbot, 3)
    size = card.size()
    assert texts(card) == ["sneaker", "image 3", "original", "reconstruction"]
    assert colour_in(pictures(card)[1]) == (0, 0, 0, 0)
    scatter.hover.show_reconstruction(RECONSTRUCTIONS[3])
    assert card.size() == size
    hover(scatter, qtbot, 1)  # the picture of the image before is not taken for this one's
    assert colour_in(pictures(card)[1]) == (0, 0, 0, 0)


def test_away_from_every_point_there_is_no_card(scatter, card, qtbot) -> None:
    hover(scatter, qtbot, 4, QPoint(0, 11))
    assert card.isVisible()
    with qtbot.waitSignal(scatter.hover_ended):
        hover(scatter, qtbot, 4, QPoint(0, 14))
    assert not card.isVisible()
    scatter.hover.show_reconstruction(RECONSTRUCTIONS[4])  # one that comes too late
    assert not card.isVisible()


def test_the_nearest_of_close_points_is_shown(scatter, card, qtbot) -> None:
    close = codes()
    close.mean[1] = close.mean[0] + np.float32(0.1)
    scatter.set_codes(close)
    hover(scatter, qtbot, 1, QPoint(2, -2))
    assert "image 1" in texts(card)
    hover(scatter, qtbot, 0, -QPoint(2, -2))
    assert "image 0" in texts(card)


@pytest.mark.parametrize("index", range(5))
@pytest.mark.parametrize("originals", [ORIGINALS, ()], ids=["originals", "no originals"])
def test_the_card_stands_beside_the_point_within_the_plot(scatter, card, qtbot, index, originals) -> None:
    scatter.set_originals(originals, HINT)
    hover(scatter, qtbot, index)
    scatter.hover.show_reconstruction(RECONSTRUCTIONS[index])
    where = place(scatter, index)
    assert scatter.plot.rect().contains(card.geometry())
    assert not card.geometry().contains(where)
    gap = card.geometry().adjusted(-24, -24, 24, 24)
    assert gap.contains(where)


def test_hovering_never_moves_the_current_point_and_the_card_takes_no_mouse(scatter, card, qtbot) -> None:
    with qtbot.assertNotEmitted(scatter.position_pointed), qtbot.assertNotEmitted(scatter.image_chosen):
        for index in range(5):
            hover(scatter, qtbot, index)
    assert card.isVisible()
    assert scatter.plot.childAt(card.geometry().center()) is scatter.plot.viewport()


@pytest.mark.parametrize("off", [HERE, QPoint(0, 11)])
def test_a_click_on_a_point_chooses_its_image(scatter, card, qtbot, off) -> None:
    hover(scatter, qtbot, 4, off)
    with qtbot.assertNotEmitted(scatter.position_pointed), qtbot.waitSignal(scatter.image_chosen) as chosen:
        qtbot.mouseClick(scatter.plot.viewport(), Qt.MouseButton.LeftButton, pos=place(scatter, 4) + off)
    assert chosen.args == [4]


def test_a_click_away_from_every_point_chooses_the_place_and_hides_the_card(scatter, card, qtbot) -> None:
    qtbot.keyClick(scatter.plot, Qt.Key.Key_Space)
    assert card.isVisible()
    where = place(scatter, 4) + QPoint(0, 14)
    expected = scatter.plot.getViewBox().mapSceneToView(scatter.plot.mapToScene(where))
    with qtbot.assertNotEmitted(scatter.image_chosen), qtbot.waitSignal(scatter.position_pointed) as pointed:
        qtbot.mouseClick(scatter.plot.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert pointed.args[0] == pytest.approx((expected.x(), expected.y()), abs=0.05)
    assert not card.isVisible()


@pytest.mark.parametrize("button", [Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton])
def test_while_the_mouse_drags_there_is_no_card(scatter, card, qtbot, button) -> None:
    hover(scatter, qtbot, 4)
    start = place(scatter, 4)
    viewport = scatter.plot.viewport()
    qtbot.mousePress(viewport, button, pos=start)
    for step in range(1, 5):
        qtbot.mouseMove(viewport, start + step * QPoint(5, 5))
        QCoreApplication.processEvents()
        assert not card.isVisible()
    qtbot.mouseRelease(viewport, button, pos=start + QPoint(20, 20))
    hover(scatter, qtbot, 4)
    assert card.isVisible()


def test_leaving_the_plot_hides_the_card(scatter, card, qtbot) -> None:
    hover(scatter, qtbot, 4)
    assert card.isVisible()
    QCoreApplication.sendEvent(scatter.plot, QEvent(QEvent.Type.Leave))
    assert not card.isVisible()
    scatter.set_codes(codes())  # and it does not come back by itself
    assert not card.isVisible()


def test_the_card_stays_with_its_image_while_the_scatter_moves_and_goes_when_that_has_left(
    scatter, card, qtbot
) -> None:
    scatter.plot.getViewBox().sigRangeChangedManually.emit([True, True])  # as the wheel does
    hover(scatter, qtbot, 4)
    width = scatter.plot.getViewBox().viewPixelSize()[0]
    moved = codes(8 * width)
    moved.mean[2] = codes().mean[4]  # another image comes nearer
    scatter.set_codes(moved)
    assert "image 4" in texts(card)
    scatter.set_codes(codes(20 * width))
    assert not card.isVisible()
    scatter.set_codes(codes())
    assert "image 4" in texts(card)


def test_new_reconstructions_appear_on_a_card_that_is_open(scatter, card, qtbot) -> None:
    hover(scatter, qtbot, 3)
    scatter.hover.show_reconstruction(RECONSTRUCTIONS[3])
    scatter.hover.show_reconstruction(255 - RECONSTRUCTIONS[3])
    assert colour_in(pictures(card)[1]) == (240, 255, 0, 255)


def test_without_originals_a_hint_says_how_to_get_them(scatter, card, qtbot) -> None:
    scatter.set_originals((), HINT)
    hover(scatter, qtbot, 3)
    assert texts(card) == ["sneaker", "image 3", HINT]
    assert not pictures(card)
    scatter.hover.show_reconstruction(RECONSTRUCTIONS[3])
    assert texts(card) == ["sneaker", "image 3", "reconstruction", HINT]
    assert [colour_in(picture) for picture in pictures(card)] == [(15, 0, 255, 255)]
    scatter.set_originals(ORIGINALS, HINT)
    assert texts(card) == ["sneaker", "image 3", "original", "reconstruction"]
    assert colour_in(pictures(card)[0]) == (30, 30, 30, 255)


def test_another_model_begins_without_pictures(scatter, card, qtbot) -> None:
    hover(scatter, qtbot, 3)
    scatter.set_model(codes(), NAMES, PLANE)
    assert not card.isVisible()
    hover(scatter, qtbot, 3)
    assert texts(card) == ["sneaker", "image 3"]
    assert not pictures(card)


def test_images_beyond_the_originals_have_a_card_without_one(scatter, card, qtbot) -> None:
    scatter.set_originals(ORIGINALS[:3], HINT)
    hover(scatter, qtbot, 3)
    assert texts(card) == ["sneaker", "image 3", HINT]
    hover(scatter, qtbot, 2)
    assert texts(card) == ["trouser", "image 2", "original", "reconstruction"]


def test_an_image_that_was_chosen_may_leave(scatter) -> None:
    """As those of the training images do when they are no longer shown."""
    stddev = np.zeros((5, 2), np.float32)
    scatter.set_codes(Codes(codes().mean, stddev, codes().labels))
    scatter.set_chosen(4)
    scatter.set_codes(Codes(codes().mean[:3], stddev[:3], codes().labels[:3]))
    assert len(scatter.plot.positions) == 3


def test_of_an_image_that_was_chosen_and_one_that_was_given_the_later_one_is_shown(scatter) -> None:
    def width():
        return scatter.overlays.posterior.path(1.0).boundingRect().width()

    scatter.set_codes(Codes(codes().mean, np.zeros((5, 2), np.float32), codes().labels))
    given = Codes(np.zeros((1, 2), np.float32), np.full((1, 2), np.log(3), np.float32), None)
    scatter.set_chosen(4)
    assert width() == pytest.approx(2)
    scatter.set_given(given)
    assert (width(), scatter.chosen) == (pytest.approx(6), None)
    scatter.set_chosen(4)
    assert width() == pytest.approx(2)
    scatter.set_given(None)
    assert (width(), scatter.chosen) == (pytest.approx(2), 4)


def test_unlabelled_images_have_a_card_without_a_class(scatter, card, qtbot) -> None:
    scatter.set_model(Codes(codes().mean, None, None), (), PLANE)
    scatter.set_originals(ORIGINALS)
    hover(scatter, qtbot, 2)
    assert texts(card) == ["image 2", "original", "reconstruction"]


def test_greyed_classes_and_codes_that_are_not_finite_cannot_be_hovered(scatter, card, qtbot) -> None:
    scatter.findChild(QToolButton, "classChip1").click()
    hover(scatter, qtbot, 3)
    assert not card.isVisible()
    broken = codes()
    broken.mean[0] = np.nan
    scatter.set_codes(broken)
    hover(scatter, qtbot, 2)
    assert "image 2" in texts(card)


def test_space_shows_the_image_nearest_to_the_current_point(scatter, card, qtbot) -> None:
    scatter.set_point(np.array([1.2, 1.0], np.float32))
    qtbot.keyClick(scatter.plot, Qt.Key.Key_Space)
    assert "image 3" in texts(card)
    qtbot.keyClick(scatter.plot, Qt.Key.Key_Left)
    assert not card.isVisible()


def test_the_tooltip_of_the_plot_does_not_lie_over_the_card(scatter, card, qtbot) -> None:
    tip = scatter.plot.toolTip()
    assert tip
    hover(scatter, qtbot, 4)
    assert not scatter.plot.toolTip()
    where = place(scatter, 4)
    QCoreApplication.sendEvent(
        scatter.plot.viewport(), QHelpEvent(QEvent.Type.ToolTip, where, scatter.plot.mapToGlobal(where))
    )
    assert not QToolTip.isVisible()
    hover(scatter, qtbot, 4, FAR)
    assert scatter.plot.toolTip() == tip


def test_the_nearest_of_seventy_thousand_points_is_found(scatter, card, qtbot) -> None:
    random = np.random.default_rng(0)
    mean = random.standard_normal((70_000, 2)).astype(np.float32)
    scatter.set_model(Codes(mean, None, None), (), PLANE)
    outermost = int(np.abs(mean[:, 0]).argmax())
    hover(scatter, qtbot, outermost)
    assert f"image {outermost:,}" in texts(card)
