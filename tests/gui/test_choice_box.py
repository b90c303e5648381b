"""The combo box of settings."""

import pytest

from vae_desktop.gui.widgets.choice_box import ChoiceBox


@pytest.mark.parametrize(("width", "is_cut"), [(120, True), (400, False)])
def test_a_text_that_is_too_long_ends_with_an_ellipsis(qtbot, width, is_cut) -> None:
    long = "16 bits where that is quicker"

    def pictures(text):
        box = ChoiceBox()
        qtbot.addWidget(box)
        box.setStyleSheet("QComboBox { padding: 4px 8px; }")  # as the themes do: with one, Qt would cut the text
        box.addItem(text)
        box.resize(width, 30)
        return box.grab().toImage()

    shown = pictures(long)
    shorter = [long[:length].rstrip() + "…" for length in range(6, 14)]  # these have room
    assert (shown in [pictures(text) for text in shorter]) == is_cut
