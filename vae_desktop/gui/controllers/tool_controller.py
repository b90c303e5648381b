"""What the controllers of the tools have in common: a view in a dock, and the model on screen."""

import time
from typing import ClassVar, Generic, NamedTuple, TypeVar

from PySide6.QtCore import QObject, QTimer, Slot

from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.engine import Engine
from vae_desktop.engine.run import Run
from vae_desktop.gui.controllers.latent_point import LatentPoint
from vae_desktop.gui.views.stage.latent_scatter import LatentScatter
from vae_desktop.gui.views.tools.tool_view import ToolView
from vae_desktop.gui.widgets.tile_board import TileBoard
from vae_desktop.latent.codes import Floats
from vae_desktop.progress import Pacer

ViewT = TypeVar("ViewT", bound=ToolView)

_RESTS = 80  # ms after which a playhead counts as at rest


class ToolContext(NamedTuple):
    """What the tools work with, all with the same."""

    scatter: LatentScatter  # the codes of the model on screen
    point: LatentPoint
    engine: Engine


class ToolController(QObject, Generic[ViewT]):
    """Keeps a view up to date with the model on screen; while the view is out of sight, nothing is asked for it."""

    name: ClassVar[str]  # of the requests for the view
    follow_interval: ClassVar[float] = 0.0  # seconds, at least, between two looks at codes that move

    def __init__(self, view: ViewT, context: ToolContext) -> None:
        super().__init__(view)
        self.view = view
        self._scatter, self._point, self._engine = context
        self._requests = self._engine.inference
        self._pacer = Pacer(self.follow_interval, fraction=0.1)
        self.run: Run | None = None
        self._later = QTimer(self, singleShot=True, interval=_RESTS)
        self._later.timeout.connect(self._catch_up)
        view.sight_changed.connect(self.refresh)

    @property
    def dataset(self) -> Dataset | None:
        """The images that the model on screen learns from, if they are at hand."""
        return None if self.run is None else self._engine.datasets.of(self.run)

    def start(self) -> None:
        """Follow the model on screen from now on."""
        project = self._engine.project
        project.shown_changed.connect(self._show_run)
        project.codes_changed.connect(self._move_codes)
        self._engine.datasets.loaded.connect(self._take_dataset)
        if project.shown is not None:
            self._show_run(project.shown)

    @Slot()
    def load_data(self) -> None:
        """Load the data set of the model on screen."""
        if self.run is not None:
            self._engine.starter.load_images_of(self.run)

    def _show_run(self, run: Run) -> None:
        """Begin with another model."""
        self.run = run
        self.begin(run)
        self._take_dataset()

    def _take_dataset(self) -> None:
        """Take over the images that the model on screen learns from, or their absence."""
        if self.dataset is not None:
            self.take_images(self.dataset)
        self.refresh()

    def _move_codes(self, run: Run) -> None:
        """Follow the codes of the model on screen; while it trains or its past goes by, at a bounded rate."""
        if run is not self.run or run.awaits_codes:
            return
        now, is_past = time.monotonic(), run.moment is not None
        if self._pacer.is_due(now) or not (run.is_in_motion or is_past):
            self.follow_codes(run)
            self._pacer.ran(now, time.monotonic())
        elif is_past:  # no others need come after these
            self._later.start()

    @Slot()
    def _catch_up(self) -> None:
        if self.run is not None:
            self._move_codes(self.run)

    @Slot()
    def refresh(self) -> None:
        """Ask for what the view shows, or for nothing if it is out of sight."""
        if self.run is None or not self.view.is_in_sight or not self.ask(self.run):
            self.forget()

    def begin(self, run: Run) -> None:
        """Forget what belonged to the model before."""

    def take_images(self, dataset: Dataset) -> None:
        """Offer the images that the model on screen learns from."""

    def follow_codes(self, run: Run) -> None:
        """Show where the codes of the model on screen are now."""

    def ask(self, run: Run) -> bool:
        """Ask for what the view, which is in sight, shows; return whether there is anything to ask for."""
        raise NotImplementedError

    def forget(self) -> None:
        """Drop what is asked for: nothing of it is to be seen."""
        self._requests.forget(self.name)

    def _ask_for_pictures(self, board: TileBoard, run: Run, codes: Floats, has_captions: bool = False) -> None:
        """Have codes (M, d) decoded, and show the pictures on a board as large as fit."""
        board.set_tiles(len(codes), run.image_shape[1:], has_captions)
        self._requests.ask_pictures(self.name, run.id, codes, board.tile_side(), board.set_pictures)
