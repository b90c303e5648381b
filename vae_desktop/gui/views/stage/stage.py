"""The middle of the window: the codes, the decoded grid, or both, of the same plane."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QSplitter, QToolButton, QVBoxLayout, QWidget

from vae_desktop.gui.views.stage.latent_scatter import LatentScatter
from vae_desktop.gui.views.stage.manifold_view import ManifoldView
from vae_desktop.gui.widgets.elided_label import ElidedLabel
from vae_desktop.gui.widgets.theme import SPACING, heading_font, small_font, tabular


class Stage(QWidget):
    """Holds the two views of the plane, and the switch between them."""

    views_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scatter = LatentScatter()
        self.manifold = ManifoldView()
        heading = QLabel(self.tr("Latent space"))
        heading.setFont(heading_font(self.font()))
        self._subtitle = ElidedLabel()
        self._subtitle.setObjectName("stageSubtitle")
        self._subtitle.setProperty("role", "muted")
        self._subtitle.setFont(tabular(small_font(self.font())))
        self._switch = QButtonGroup(self)
        header = QHBoxLayout()
        header.setSpacing(SPACING)
        header.addWidget(heading)
        header.addWidget(self._subtitle, 1, Qt.AlignmentFlag.AlignBottom)
        header.addLayout(self._buttons())
        splitter = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        splitter.addWidget(self.scatter)
        splitter.addWidget(self.manifold)
        splitter.setStretchFactor(0, 1)
        splitter.setStretchFactor(1, 1)
        splitter.setHandleWidth(SPACING)
        splitter.setSizes([1000, 1000])  # as wide as each other
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACING, SPACING // 2, SPACING, 0)
        layout.setSpacing(SPACING // 2)
        layout.addLayout(header)
        layout.addWidget(splitter, 1)
        self.show_views("codes")

    @property
    def views(self) -> str:
        """"codes", "grid" or "both"."""
        return self._switch.checkedButton().property("views")

    def show_views(self, views: str) -> None:
        """Show the codes, the decoded grid, or both."""
        for button in self._switch.buttons():
            if button.property("views") == views:
                button.setChecked(True)
        self.scatter.setVisible(self.views != "grid")
        self.manifold.setVisible(self.views != "codes")

    def set_subtitle(self, text: str) -> None:
        """Say in a line what is shown."""
        self._subtitle.set_text(text)

    def subtitle(self) -> str:
        return self._subtitle.whole_text()

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(0)
        for number, (views, text, tip) in enumerate(
            (
                ("codes", self.tr("Codes"), self.tr("Where the images lie in this plane of the latent space.")),
                ("grid", self.tr("Grid"), self.tr("What the decoder draws all over this plane.")),
                ("both", self.tr("Both"), self.tr("The codes beside the decoded grid.")),
            )
        ):
            button = QToolButton(text=text, checkable=True)
            button.setObjectName(f"{views}ViewButton")
            button.setProperty("views", views)
            button.setProperty("segment", ("first", "middle", "last")[number])
            button.setShortcut(f"Alt+{number + 1}")
            button.setToolTip(f"{tip} (Alt+{number + 1})")
            self._switch.addButton(button)
            row.addWidget(button)
            button.clicked.connect(self._switched)
        self._switch.buttons()[0].setChecked(True)
        return row

    @Slot()
    def _switched(self) -> None:
        self.show_views(self.views)
        self.views_changed.emit(self.views)
