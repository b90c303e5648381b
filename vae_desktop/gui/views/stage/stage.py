"""The middle of the window: the codes, and beside them the decoded grid of the same plane, or formulas."""

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup, QResizeEvent
from PySide6.QtWidgets import QSplitter, QWidget

from vae_desktop.gui.views.stage.latent_scatter import LatentScatter
from vae_desktop.gui.views.stage.manifold_view import ManifoldView
from vae_desktop.gui.widgets.controls import action, column, label, named, row, styled, toggle
from vae_desktop.gui.widgets.labels import ElidedLabel
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.language import tr

_LEAST = 240  # px, of the codes beside formulas
_WIDE = 900  # px, from which on there is room for the grid beside the codes, which are as wide as high


class Stage(QWidget):
    """Holds the two views of the plane, and the switch between them.

    Where there is room the grid stands beside the codes by itself, until the person has chosen what to see.

    Attributes
    ----------
    scatter : LatentScatter
    manifold : ManifoldView
    subtitle : ElidedLabel
        Says in a line what is shown.
    views : str
        "codes", "grid", "both" or "formulas": the codes with the formulas of one image beside them.
    """

    views_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scatter = LatentScatter()
        self.manifold = ManifoldView()
        self.subtitle = named(styled(ElidedLabel(), "muted", "small", figures=True), "stageSubtitle")
        self.views = "codes"
        self._before_formulas = "codes"
        self._formulas: QWidget | None = None  # made when they are first wanted
        self._has_chosen = False
        tip = tr("Show what the decoder draws all over this plane, beside the codes.")
        self._grid = toggle("gridButton", tr("Grid"), tip, then=self._toggle_grid)
        self._actions = self._view_actions()
        heading = label(tr("Latent space"), size="heading")
        bottom = Qt.AlignmentFlag.AlignBottom
        header = row(heading, (self.subtitle, 1, bottom), self._grid, self.scatter.tools.buttons)
        self._splitter = splitter = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        for place, view in enumerate((self.scatter, self.manifold)):
            splitter.addWidget(view)
            splitter.setStretchFactor(place, 1)
        splitter.setHandleWidth(SPACING)
        splitter.setSizes([1000, 1000])  # as wide as each other
        margins = (SPACING, SPACING // 2, SPACING, 0)
        column(header, (splitter, 1), spacing=SPACING // 2, margins=margins, on=self)
        self._set_views("codes")

    def show_views(self, views: str) -> None:
        """Show the codes, the decoded grid, both, or formulas beside the codes, from now on whatever the room."""
        self._has_chosen = True
        self._set_views(views)

    def set_formulas(self, view: QWidget) -> None:
        """Put in what stands beside the codes while formulas are shown."""
        self._formulas = view
        self._splitter.addWidget(view)
        self._splitter.setStretchFactor(2, 1)
        self._splitter.setSizes([1000, 1000, 1000])  # each as wide as the others, of those that are shown
        view.setVisible(self.views == "formulas")
        self._part_formulas()

    @Slot(bool)
    def toggle_formulas(self, is_on: bool) -> None:
        """Show formulas beside the codes, or again what was there before."""
        if is_on != (self.views == "formulas"):
            self.show_views("formulas" if is_on else self._before_formulas)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self._has_chosen and self.isVisible():
            self._set_views("both" if self.width() >= _WIDE else "codes")
        elif self.views == "formulas":
            self._part_formulas()

    def _set_views(self, views: str) -> None:
        if views == "formulas" != self.views:
            self._before_formulas = self.views
        has_changed, self.views = views != self.views, views
        self._actions[views].setChecked(True)
        with QSignalBlocker(self._grid):
            self._grid.setChecked(views in ("grid", "both"))
        self.scatter.setVisible(views != "grid" and (views != "formulas" or self._part_formulas()))
        self.manifold.setVisible(views in ("grid", "both"))
        if self._formulas is not None:
            self._formulas.setVisible(views == "formulas")
        if has_changed:
            self.views_changed.emit(views)

    def _part_formulas(self) -> bool:
        """Let formulas have the width that they need; return whether there is room for the codes beside them."""
        if self._formulas is None:
            return True
        needed = self._formulas.sizeHint().width()
        has_room = self.width() >= needed + _LEAST
        self._formulas.setMinimumWidth(needed if has_room else 0)
        if self.views == "formulas":
            self.scatter.setVisible(has_room)
        return has_room

    def _view_actions(self) -> dict[str, QAction]:
        """Entries at the head of the menu, one of which is checked."""
        menu, group, result = self.scatter.tools.menu, QActionGroup(self), {}
        first = menu.actions()[0]
        for number, (views, text, tip) in enumerate(
            (
                ("codes", tr("Codes"), tr("Where the images lie in this plane of the latent space.")),
                ("grid", tr("Grid alone"), tr("What the decoder draws all over this plane.")),
                ("both", tr("Codes and grid"), tr("The codes beside the decoded grid.")),
                ("formulas", tr("Codes and formulas"), tr("The codes beside the whole computation of one image.")),
            ),
            1,
        ):
            entry = action(self, f"{views}ViewAction", text, tip, f"Alt+{number}", data=views, is_on=False)
            group.addAction(entry)
            result[views] = entry
        group.triggered.connect(self._choose_views)
        menu.insertActions(first, group.actions())
        menu.insertSeparator(first)
        self.addActions(group.actions())  # so that their keys work while the menu is closed
        return result

    @property
    def formulas_action(self) -> QAction:
        """The entry that shows formulas."""
        return self._actions["formulas"]

    @Slot(QAction)
    def _choose_views(self, entry: QAction) -> None:
        self.show_views(entry.data())

    @Slot(bool)
    def _toggle_grid(self, is_on: bool) -> None:
        self.show_views("both" if is_on else "codes")
