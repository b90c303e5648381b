"""The large picture: any size and colour, each pixel a whole number of screen pixels."""

import numpy as np
import pytest
from PySide6.QtCore import QSize

from vae_desktop.gui.widgets.decoded_image import DecodedImage, crisp_rect
from vae_desktop.gui.widgets.tile_board import TileBoard


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (128, 128, 3), (40, 96, 3), (96, 17, 1)])
def test_pictures_are_painted_in_their_own_colours_pixel_by_pixel(qtbot, shape) -> None:
    view = DecodedImage()
    qtbot.addWidget(view)
    view.resize(296, 296)
    picture = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    view.set_picture(picture)
    shot = view.grab().toImage()
    target = crisp_rect(QSize(shape[1], shape[0]), view.size(), 1.0).toRect()
    scale = target.width() // shape[1]
    assert scale == min(294 // shape[0], 294 // shape[1])  # as large as fits
    expected = np.broadcast_to(picture, (*shape[:2], 3)).repeat(scale, 0).repeat(scale, 1)
    painted = [
        [shot.pixelColor(target.x() + x, target.y() + y).getRgb()[:3] for x in range(target.width())]
        for y in range(target.height())
    ]
    np.testing.assert_array_equal(np.array(painted, np.uint8), expected)


def test_a_picture_that_is_a_view_of_other_memory_is_painted_right(qtbot) -> None:
    view = DecodedImage()
    qtbot.addWidget(view)
    view.resize(140, 140)
    planes = np.random.default_rng(0).integers(0, 256, (3, 8, 8), np.uint8)
    view.set_picture(planes.transpose(1, 2, 0))
    shown = view.grab().toImage()
    view.set_picture(np.ascontiguousarray(planes.transpose(1, 2, 0)))
    assert shown == view.grab().toImage()


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0, 3.0])
@pytest.mark.parametrize("size", [QSize(8, 8), QSize(28, 28), QSize(128, 128), QSize(17, 96)])
def test_on_any_screen_a_pixel_is_a_whole_number_of_screen_pixels(ratio, size) -> None:
    room = QSize(297, 211)
    rect = crisp_rect(size, room, ratio)
    scale = rect.width() * ratio / size.width()
    assert scale == pytest.approx(round(scale))
    assert rect.height() * ratio / size.height() == pytest.approx(scale)
    for edge in (rect.x() * ratio, rect.y() * ratio):
        assert edge == pytest.approx(round(edge))
    assert min(rect.x(), rect.y()) >= 0.5
    assert (scale + 1) * max(size.width() / (room.width() - 2), size.height() / (room.height() - 2)) > ratio


@pytest.mark.parametrize("has_room", [True, False])
def test_captions_of_tiles_are_written_only_where_room_is_made_for_them(qtbot, has_room):
    board = TileBoard()
    qtbot.addWidget(board)
    board.resize(400, 120)
    board.set_tiles(6, (8, 8), has_captions=has_room)
    board.set_pictures(np.zeros((6, 8, 8, 1), np.uint8))
    before = board.grab().toImage()
    board.set_captions("123456")
    assert (board.grab().toImage() != before) == has_room
