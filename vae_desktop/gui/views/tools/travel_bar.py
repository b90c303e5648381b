"""What moves the current point along a way, and says where on it the point is."""

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QWidget

from vae_desktop.gui.widgets.controls import named, push_button, row, set_text, styled
from vae_desktop.gui.widgets.labels import ElidedLabel
from vae_desktop.gui.widgets.value_slider import ValueSlider
from vae_desktop.language import tr

_FINE = 1000  # positions of the slider


class TravelBar(QWidget):
    """A button that plays, a slider, and a line of text.

    Parameters
    ----------
    name : str
        In the names of the parts, such as "path".
    label : str
        What the slider is called.
    play_tip, slider_tip : str

    Attributes
    ----------
    play_button : QPushButton
        Toggled when the way is to be played, or no longer.
    slider : ValueSlider
        How far along the way one is.
    where : ElidedLabel
        Says so in words.
    """

    def __init__(self, name: str, label: str, play_tip: str, slider_tip: str) -> None:
        super().__init__()
        self.play_button = push_button(f"play{name.title()}Button", tr("Play"), play_tip)
        self.play_button.setCheckable(True)
        self.slider = ValueSlider(f"{name}Slider", label, slider_tip, (0, _FINE), per_unit=_FINE, words="{:.0%}")
        self.where = styled(named(ElidedLabel(), f"{name}Where"), "muted", "small", figures=True)
        row(self.play_button, (self.slider, 1), self.where, on=self)

    def set_usable(self, is_usable: bool) -> None:
        """Without a way there is nothing to go along."""
        self.play_button.setEnabled(is_usable)
        self.slider.setEnabled(is_usable)
        if not is_usable:
            self.where.set_text("")
            self.set_fraction(0.0)

    def set_fraction(self, fraction: float) -> None:
        """Put the slider there without telling."""
        with QSignalBlocker(self.slider):
            self.slider.setValue(self.slider.position_of(fraction))

    def set_playing(self, plays: bool) -> None:
        self.play_button.setChecked(plays)
        set_text(self.play_button, tr("Pause") if plays else tr("Play"))
