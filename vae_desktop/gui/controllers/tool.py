"""What the tools of the playground have in common: a view in a dock, and the model on screen."""

from PySide6.QtCore import QObject, Signal, Slot

from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.engine import Engine
from vae_desktop.engine.inference import InferenceThread
from vae_desktop.engine.run import Run
from vae_desktop.gui.controllers.latent_point import LatentPoint
from vae_desktop.gui.views.tools.tool_view import ToolView


class Tool(QObject):
    """Keeps a view at the model on screen; out of sight nothing is asked for it."""

    failed = Signal(str)  # in plain words

    def __init__(self, view: ToolView, session: Engine, point: LatentPoint, requests: InferenceThread) -> None:
        super().__init__(view)
        self._tool_view = view
        self._session = session
        self._point = point
        self._requests = requests
        self.run: Run | None = None
        self.dataset: Dataset | None = None  # that the model learns from, if it is at hand
        view.sight_changed.connect(self.refresh)

    @property
    def is_in_sight(self) -> bool:
        return self.run is not None and self._tool_view.is_in_sight

    def show_run(self, run: Run) -> None:
        """Begin with another model."""
        self.run, self.dataset = run, None
        self.begin()
        self.refresh()

    @Slot()
    def load_data(self) -> None:
        """Load the data set of the model on screen."""
        if self.run is not None:
            self._session.training.load_dataset(self.run.config.dataset)

    def set_dataset(self, dataset: Dataset | None) -> None:
        """Take over the images that the model on screen learns from, or their absence."""
        if dataset is not self.dataset:
            self.dataset = dataset
            self.refresh()

    def begin(self) -> None:
        """Forget what belonged to the model before."""

    def move_codes(self, run: Run) -> None:
        """Follow the codes of the model on screen."""

    @Slot()
    def refresh(self) -> None:
        """Ask for what the view shows, or for nothing if it is out of sight."""
        raise NotImplementedError
