"""What drives a window: the engine behind it, and a controller for each concern."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from vae_desktop.engine.autosave import Autosaves
from vae_desktop.engine.engine import Engine
from vae_desktop.engine.run import Run
from vae_desktop.gui.controllers.closer import Closer
from vae_desktop.gui.controllers.exports import ExportsController
from vae_desktop.gui.controllers.files import FilesController
from vae_desktop.gui.controllers.film_controller import FilmController
from vae_desktop.gui.controllers.follow import FollowController
from vae_desktop.gui.controllers.last_time import LastTime
from vae_desktop.gui.controllers.latent_point import LatentPoint
from vae_desktop.gui.controllers.memory_size import MemorySizeController
from vae_desktop.gui.controllers.messages import MessagesController
from vae_desktop.gui.controllers.process import Instance
from vae_desktop.gui.controllers.restart import Restart
from vae_desktop.gui.controllers.runs import RunsController
from vae_desktop.gui.controllers.setup_controller import SetupController
from vae_desktop.gui.controllers.timeline import TimelineController
from vae_desktop.gui.controllers.timeline_size import TimelineSizeController
from vae_desktop.gui.controllers.training import TrainingController
from vae_desktop.gui.controllers.training_times import TrainingTimes
from vae_desktop.gui.controllers.transport_controller import TransportController
from vae_desktop.gui.controllers.window_settings import WindowSettings
from vae_desktop.gui.controllers.workspaces import WorkspacesController
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.gui.widgets.file_dialogs import last_folders
from vae_desktop.gui.widgets.theme import ThemeSwitch

if TYPE_CHECKING:
    from vae_desktop.gui.controllers.formulas import FormulasController
    from vae_desktop.gui.controllers.lab import LabController
    from vae_desktop.gui.controllers.normals import NormalsController
    from vae_desktop.gui.controllers.pixels import PixelsController

_FIRST_PICTURE = 200  # ms that belong to the window, and to the last model's picture, before torch is loaded


class WindowController(QObject):
    """Makes the controllers, and brings the threads' calls into the window's thread.

    Threads post to the engine's outbox, which emits `_outbox_filled` once for any number of calls; the queued
    connection brings that into the window's thread, and there all of them are made in one go.

    Attributes
    ----------
    engine : Engine
    point : LatentPoint
        The current latent point.
    """

    _outbox_filled = Signal()

    def __init__(
        self, window: MainWindow, settings: WindowSettings, instance: Instance, data_dir: Path, cache_dir: Path
    ) -> None:
        super().__init__(window)
        self._window = window
        self._settings = settings
        self._instance = instance
        autosaves = Autosaves(instance.folder, instance.name)
        self.engine = Engine(self._outbox_filled.emit, data_dir, autosaves, cache_dir)
        self._outbox_filled.connect(self._run_calls, Qt.ConnectionType.QueuedConnection)
        self.point = LatentPoint(window)
        self.messages = MessagesController(window, self.engine, settings)
        self.workspaces = WorkspacesController(window, self.engine, self.point)
        self.runs = RunsController(window, self.engine)
        self.training = TrainingController(window, self.engine, settings)
        times = TrainingTimes(settings)
        self.transport = TransportController(window, self.engine, times)
        self.timeline = TimelineController(window, self.engine, settings)
        self.timeline_size = TimelineSizeController(window, self.engine, settings)
        self.memory_size = MemorySizeController(window, settings)
        self.setup = SetupController(window, self.engine, settings, times)
        self.setup.dataset_taken.connect(self.training.load_chosen_dataset)
        self.files = FilesController(window, self.engine, settings)
        self.follow = FollowController(window, self.engine, settings)
        self.exports = ExportsController(window, self.engine)
        self.last_time = LastTime(window, self.engine, settings)
        self.films = FilmController(window, self.engine, self.workspaces)
        self.closer = Closer(window, self.engine, settings, instance)
        last_folders.keep_in(
            find=lambda kind: settings.text(f"folder_{kind}"),
            keep=lambda kind, folder: settings.set_text(f"folder_{kind}", folder),
        )
        self.lab: LabController | None = None  # until the window has been painted
        self.formulas: FormulasController | None = None  # until then, too
        self.normals: NormalsController | None = None
        self.pixels: PixelsController | None = None
        self.restart = Restart(window, self.engine, settings, self.point, self.closer)
        self._themes = ThemeSwitch(self)
        self._themes.set_mode(settings.text("theme", "system"))
        window.menus.set_theme_mode(self._themes.mode)
        window.menus.theme_chosen.connect(self.choose_theme)
        self._actions: dict[str, Callable[[], object]] = {
            **dict.fromkeys(("download", "retry", "repair"), self.training.download_missing),
            "open_folder": self.training.show_missing_folder,
            "open_kept": partial(self.last_time.recover, False),
            "recover": partial(self.last_time.recover, True),
            "discard": self.engine.library.discard_offered,
            "slower": self.training.continue_slower,
            "undo_removal": self.runs.undo_removal,
            "undo_exclusion": self.workspaces.undo_exclusion,
            "restart": self.restart.begin,
        }
        window.banner.action_requested.connect(self._act_on_message)
        window.banner.dismissed.connect(self._decline)
        self._warming = QTimer(self, singleShot=True, interval=_FIRST_PICTURE)
        self._warming.timeout.connect(self.warm_up)
        window.first_painted.connect(self._warming.start)
        self._end_invitation_once()
        window.restore_layout(*settings.layout())

    @Slot()
    def warm_up(self) -> None:
        """Load torch and the chosen data set behind the window, and make what is not seen at once."""
        if self.closer.is_closed:  # the window was closed before it was painted
            return
        if not self.workspaces.tools:
            from vae_desktop.gui.controllers.formulas import FormulasController
            from vae_desktop.gui.controllers.normals import NormalsController
            from vae_desktop.gui.controllers.pixels import PixelsController

            tools = self.workspaces.make_tools()
            tools.path.export_wanted.connect(self.exports.export_path)
            tools.images.actions.export_wanted.connect(self.exports.export_images)
            self.formulas = FormulasController(self._window, self.engine, tools.drawing, self.point, self._settings)
            self.normals = NormalsController(self._window, self.engine, tools.drawing)
            self.pixels = PixelsController(self._window, self.engine)
            self._begin_lab()
        self.engine.training.warm_up()
        if not self.engine.starter.is_beginning and not self.engine.project.active:
            self.training.load_chosen_dataset()
        self.setup.warm_up()

    def _begin_lab(self) -> None:
        """Make the lab, for which the first picture need not wait."""
        from vae_desktop.gui.controllers.lab import LabController
        from vae_desktop.gui.controllers.lab_hand import Hand
        from vae_desktop.gui.controllers.lab_sight import Sight

        sight = Sight(self._window, self.engine, self.workspaces, self.point)
        hand = Hand(self._window, self.point, self.files)
        self.lab = LabController(self._window, self._settings, sight.look, hand)

    def tell_of_last_time(self) -> None:
        """Say what was lost and how the app ended; offer what it kept, unless it was declined or comes back anyway."""
        self.messages.tell_of_lost_settings()
        if not self.restart.is_coming_back:
            self.last_time.tell(self._instance)

    # For programs that drive the window

    def open_last_model(self) -> None:
        """Open what was there before a restart, or the model used last; at the first start the first bundled one."""
        if self.restart.is_coming_back and self.restart.bring_back():
            return
        self.setup.take_next()
        self.files.open_last()

    @Slot(str)
    def choose_theme(self, mode: str) -> None:
        """Show the "light" or the "dark" theme, or that of the "system", now and at the next start."""
        self._settings.set_text("theme", mode)
        self._themes.set_mode(mode)

    @Slot()
    def _run_calls(self) -> None:
        self.engine.run_calls()

    @Slot(str)
    def _act_on_message(self, action: str) -> None:
        self._actions[action]()

    @Slot(str, list)
    def _decline(self, action: str, about: Sequence[str]) -> None:
        self.engine.following.give_up(about)
        if action in ("open_kept", "recover"):
            self.last_time.decline()

    def _end_invitation_once(self) -> None:
        """Whoever has dragged the point once need not be told again."""
        scatter, settings = self._window.stage.scatter, self._settings
        if settings.text("has_pointed"):
            scatter.end_invitation()
        else:
            once = Qt.ConnectionType.SingleShotConnection
            scatter.position_pointed.connect(lambda _: settings.set_text("has_pointed", "yes"), once)
            self.engine.project.status_changed.connect(self._end_invitation)

    def _end_invitation(self, run: Run) -> None:
        """While points move there is something else to look at."""
        if run.status == "training":
            self._window.stage.scatter.end_invitation()
