"""The main window: where the views stand, and how the window itself behaves."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QByteArray, QSize, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QGuiApplication, QIcon, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QTabBar, QWidget

from vae_desktop.gui.views.comparison.view import ComparisonView
from vae_desktop.gui.views.curves.loss_plot import LossPlot
from vae_desktop.gui.views.measures_panel import MeasuresPanel
from vae_desktop.gui.views.point.latent_panel import LatentPanel
from vae_desktop.gui.views.runs_table import RunsTable
from vae_desktop.gui.views.setup.setup_panel import SetupPanel
from vae_desktop.gui.views.stage.stage import Stage
from vae_desktop.gui.views.timeline.panel import TimelinePanel
from vae_desktop.gui.views.tools.tool_view import ToolView
from vae_desktop.gui.views.window.closing_panel import ClosingPanel
from vae_desktop.gui.views.window.dock_layout import DockLayout
from vae_desktop.gui.views.window.fetching_bar import FetchingBar, FilmBar
from vae_desktop.gui.views.window.file_window import FileWindow
from vae_desktop.gui.views.window.message_banner import MessageBanner
from vae_desktop.gui.views.window.window_menus import WindowMenus
from vae_desktop.gui.widgets.controls import column, label, named
from vae_desktop.gui.widgets.dock_focus import DockFocus, focus_first
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.language import tr
from vae_desktop.resources import resource_path

_SIZE = QSize(1360, 860)
_LEAST = QSize(1000, 560)  # in a frame on a screen of 1024 by 600
_FRAME = QSize(4, 40)  # px, about, that the system lays around a window
_WORKSPACES = ("playground", "comparison")


class MainWindow(FileWindow):
    """Holds the views."""

    controller: Any  # the WindowController, which `app.create_window` sets
    first_painted = Signal()
    workspace_changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setWindowIcon(QIcon(str(resource_path("icons/vae_desktop.svg"))))
        self.setMinimumSize(_LEAST)
        self.resize(_SIZE.boundedTo(self.screen().availableSize() - _FRAME))
        self._painted = False
        self.may_close: Callable[[], bool] = lambda: True
        self.banner = MessageBanner()
        self.stage = Stage()
        self.comparison = ComparisonView()
        self.setup = SetupPanel()
        self.panel = LatentPanel()
        self.timeline = TimelinePanel()
        self.losses = LossPlot()
        self.runs = RunsTable()
        self.measures = MeasuresPanel()
        self.tools: dict[str, ToolView] = {}  # views by name, which come after the first paint
        self.fetching, self.filming = FetchingBar(), FilmBar()
        self.status = named(label(figures=True), "statusLabel", tr("Status"))
        self.status.setContentsMargins(SPACING // 2, 0, 0, 1)  # where QStatusBar paints a message for the while
        self.statusBar().addWidget(self.status, 1)
        for bar in (self.filming, self.fetching):
            self.statusBar().addPermanentWidget(bar)
        # Whatever view is painted first will do; an event filter on the window would slow every event down.
        self.panel.image.painted.connect(self._tell_first_painted)
        self._place_stage()
        self.docks = DockLayout(self, (self.setup, self.panel), (self.losses, self.runs, self.measures))
        self._focus = DockFocus(self)
        self.menus = WindowMenus(self, self.docks.docks, self.stage.formulas_action)
        self.menus.set_curve_actions(self.losses.actions())
        self.closing = ClosingPanel(self)
        self.setup.controls.train_button.setFocus()
        self.menus.open_requested.connect(self.ask_for_model)
        self.menus.images_requested.connect(self.choose_images)
        self.menus.layout_reset_requested.connect(self._reset_layout)
        self.menus.data_folder_requested.connect(self.choose_data_folder)
        self.menus.workspace_chosen.connect(self._go_to_workspace)
        self.menus.tool_chosen.connect(self.show_tool)
        self.menus.face_chosen.connect(self.setup.go_to_face)
        self.menus.step_requested.connect(self.setup.controls.step_requested)

    def set_document(self, title: str, is_saved: bool) -> None:
        """Name the model on screen in the title bar, with a mark if it is not saved."""
        self.setWindowTitle(f"{title}[*] – vae_desktop" if title else "vae_desktop")
        self.setWindowModified(bool(title) and not is_saved)

    @property
    def workspace(self) -> str:
        """"playground" for one model, "comparison" for several side by side."""
        return _WORKSPACES[self._tabs.currentIndex()]

    @Slot(str)
    def show_workspace(self, workspace: str) -> None:
        """Bring a workspace to the front."""
        self._tabs.setCurrentIndex(_WORKSPACES.index(workspace))

    @Slot(str)
    def _go_to_workspace(self, workspace: str) -> None:
        """Bring a workspace to the front for the keyboard: what can be used first in it has the focus."""
        self.show_workspace(workspace)
        focus_first(self.stage if workspace == "playground" else self.comparison)

    def add_tool(self, name: str, view: ToolView) -> None:
        """Put the view of a tool of the playground into its dock: by the name of its controller."""
        self.tools[name] = view
        self.docks.fill(name, view)

    @Slot(str)
    def show_tool(self, name: str) -> None:
        """Bring a tool of the playground to the front."""
        self.show_workspace("playground")
        self.docks.bring_up(name)
        if name in self.tools:
            self.tools[name].main_part.setFocus()

    def restore_layout(self, geometry: QByteArray, docks: QByteArray) -> None:
        """Put window and docks where they were; Qt moves a window that would be off-screen into sight."""
        if not geometry.isEmpty():
            self.restoreGeometry(geometry)
        self.docks.restore(docks)

    def focusNextPrevChild(self, forward: bool) -> bool:
        return self._focus.go_on(forward)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.may_close():
            event.accept()
        else:
            event.ignore()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.closing.centre()
        if self.docks.is_restored and self.isVisible() and self.workspace == "playground":
            self.docks.fit(event.oldSize())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.docks.dress()
        QTimer.singleShot(0, self._fit_screen)
        QTimer.singleShot(1000, self._tell_first_painted)  # the view may be closed or lie behind another

    def _place_stage(self) -> None:
        self._tabs = QTabBar(documentMode=True, drawBase=False, expanding=False)
        named(self._tabs, "workspaceTabs", tr("Workspace"))
        for text, tip in (
            (tr("Playground"), tr("One model: its latent space under your hands. (F2)")),
            (tr("Compare"), tr("Two to four models side by side, trained on the same batches. (F3)")),
        ):
            self._tabs.setTabToolTip(self._tabs.addTab(text), tip)
        self._workspaces = QStackedWidget()
        self._workspaces.addWidget(self.stage)
        self._workspaces.addWidget(self.comparison)
        self._tabs.currentChanged.connect(self._show_workspace)
        middle = QWidget()
        column(self.banner, self._tabs, (self._workspaces, 1), self.timeline, spacing=SPACING // 2, on=middle)
        self.setCentralWidget(middle)

    @Slot()
    def _fit_screen(self) -> None:
        """Keep what the system's frame has pushed off the screen in sight; the first time, part the window."""
        if not self.docks.is_restored:
            self.docks.is_restored = True
            self.docks.fit()
        area, frame = self.screen().availableGeometry(), self.frameGeometry()
        if self.isMaximized() or self.isFullScreen() or area.contains(frame):
            return
        if QGuiApplication.platformName() != "offscreen":  # whose screen is smaller than any window
            self.resize(self.size().boundedTo(area.size() - (frame.size() - self.size())))
            frame = self.frameGeometry()
            left = max(area.left(), min(frame.left(), area.right() + 1 - frame.width()))
            self.move(left, max(area.top(), min(frame.top(), area.bottom() + 1 - frame.height())))

    @Slot()
    def _tell_first_painted(self) -> None:
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self.first_painted.emit)

    @Slot(int)
    def _show_workspace(self, index: int) -> None:
        """Give the room of the docks that tell of one model to the columns, and back."""
        self.docks.set_away(bool(index))
        self._workspaces.setCurrentIndex(index)
        self.menus.set_curve_actions((self.comparison.curves if index else self.losses).actions())
        self.workspace_changed.emit(_WORKSPACES[index])

    @Slot()
    def _reset_layout(self) -> None:
        self.show_workspace("playground")
        self.docks.reset()
