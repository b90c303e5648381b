"""The button that plays the kept steps, with its speed and its loop in the menu behind its arrow."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QActionGroup

from vae_desktop.gui.widgets.controls import action, named
from vae_desktop.gui.widgets.icons import icon_named
from vae_desktop.gui.widgets.split_button import SplitButton
from vae_desktop.language import tr

SPEEDS = 0.5, 1.0, 2.0, 4.0


class PlayButton(SplitButton):
    """It is down while the steps are played.

    Attributes
    ----------
    loop : QAction
        Checked if the first step follows the last.
    speeds : dict of float to QAction
        Of which one is checked.
    """

    options_changed = Signal()

    def __init__(self) -> None:
        super().__init__(is_narrow=True)
        tip = tr(
            "Play the kept steps one after the other, from the one that is shown; from the last, or now, from the "
            "first. The arrow: speed and loop."
        )
        named(self, "timelinePlayButton", tr("Play the timeline"), tip)
        self.setCheckable(True)
        group = QActionGroup(self)
        text = tr("{speed}× speed")
        self.speeds = {
            speed: group.addAction(action(self, f"speed{speed:g}Action", text.format(speed=f"{speed:g}"), is_on=False))
            for speed in SPEEDS
        }
        tip = tr("After the last kept step goes on with the first.")
        self.loop = action(self, "loopTimelineAction", tr("Loop"), tip, is_on=False)
        self.options.addActions(group.actions())
        self.options.addSeparator()
        self.options.addAction(self.loop)
        self.set_speed(1.0)
        group.triggered.connect(self.options_changed)
        self.loop.triggered.connect(self.options_changed)
        self.toggled.connect(self._show_icon)
        self._show_icon()

    @property
    def speed(self) -> float:
        return next(speed for speed, entry in self.speeds.items() if entry.isChecked())

    def set_speed(self, speed: float) -> None:
        """Choose a speed, if it is one of those that are offered."""
        if speed in self.speeds:
            self.speeds[speed].setChecked(True)

    @Slot()
    def _show_icon(self) -> None:
        self.setIcon(icon_named("pause" if self.isChecked() else "play"))
