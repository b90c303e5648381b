"""The middle of the window: the codes, the decoded grid, or both, of the same plane."""

from typing import cast

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSplitter, QWidget

from vae_desktop.gui.views.stage.latent_scatter import LatentScatter
from vae_desktop.gui.views.stage.manifold_view import ManifoldView
from vae_desktop.gui.widgets.controls import column, label, named, row, styled, toggle
from vae_desktop.gui.widgets.labels import ElidedLabel
from vae_desktop.gui.widgets.theme import SPACING


class Stage(QWidget):
    """Holds the two views of the plane, and the switch between them.

    Attributes
    ----------
    scatter : LatentScatter
    manifold : ManifoldView
    subtitle : ElidedLabel
        Says in a line what is shown.
    """

    views_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scatter = LatentScatter()
        self.manifold = ManifoldView()
        self.subtitle = named(styled(ElidedLabel(), "muted", "small", figures=True), "stageSubtitle")
        self._switch = QButtonGroup(self)
        heading = label(self.tr("Latent space"), size="heading")
        header = row(heading, (self.subtitle, 1, Qt.AlignmentFlag.AlignBottom), self._buttons())
        splitter = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        for place, view in enumerate((self.scatter, self.manifold)):
            splitter.addWidget(view)
            splitter.setStretchFactor(place, 1)
        splitter.setHandleWidth(SPACING)
        splitter.setSizes([1000, 1000])  # as wide as each other
        margins = (SPACING, SPACING // 2, SPACING, 0)
        column(header, (splitter, 1), spacing=SPACING // 2, margins=margins, on=self)
        self.show_views("codes")

    @property
    def views(self) -> str:
        """"codes", "grid" or "both"."""
        return str(cast(QAbstractButton, self._switch.checkedButton()).property("views"))

    def show_views(self, views: str) -> None:
        """Show the codes, the decoded grid, or both."""
        for button in self._switch.buttons():
            if button.property("views") == views:
                button.setChecked(True)
        self.scatter.setVisible(self.views != "grid")
        self.manifold.setVisible(self.views != "codes")

    def _buttons(self) -> QHBoxLayout:
        for number, (views, text, tip) in enumerate(
            (
                ("codes", self.tr("Codes"), self.tr("Where the images lie in this plane of the latent space.")),
                ("grid", self.tr("Grid"), self.tr("What the decoder draws all over this plane.")),
                ("both", self.tr("Both"), self.tr("The codes beside the decoded grid.")),
            )
        ):
            button = toggle(f"{views}ViewButton", text, tip, f"Alt+{number + 1}", is_on=number == 0)
            button.setProperty("views", views)
            button.setProperty("segment", ("first", "middle", "last")[number])
            button.clicked.connect(self._switched)
            self._switch.addButton(button)
        return row(*self._switch.buttons(), spacing=0)

    @Slot()
    def _switched(self) -> None:
        self.show_views(self.views)
        self.views_changed.emit(self.views)
