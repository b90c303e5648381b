"""Films of a training: what they show is chosen in the menu, and what can be filmed is on screen."""

from pathlib import Path

from PySide6.QtCore import QObject, Slot

from vae_desktop.colours import DARK
from vae_desktop.engine.engine import Engine
from vae_desktop.engine.film_export import FilmRequest
from vae_desktop.engine.run import Run
from vae_desktop.gui.controllers.files import file_name
from vae_desktop.gui.controllers.workspaces import WorkspacesController
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.gui.widgets.theme import current_theme
from vae_desktop.language import tr
from vae_desktop.latent.codes import Floats

_NAMES = {"scatter": "latent-space", "grid": "grid", "samples": "samples", "point": "point"}  # of files, by the film


class FilmController(QObject):
    """Has the kept steps of the model on screen exported as a film, in the colours of the window."""

    def __init__(self, window: MainWindow, engine: Engine, workspaces: WorkspacesController) -> None:
        super().__init__(window)
        self._window, self._engine, self._workspaces = window, engine, workspaces
        self._films = engine.films
        window.menus.film_requested.connect(self._export)
        window.filming.cancel_requested.connect(self._films.cancel)
        self._films.progressed.connect(window.filming.show_progress)
        self._films.ended.connect(window.filming.hide, check_nargs=False)  # a method of Qt
        self._films.exported.connect(self._tell_exported)
        project = engine.project
        for signal in (project.shown_changed, project.timeline_changed, project.runs_changed):
            signal.connect(self._offer, max_args=0)
        window.workspace_changed.connect(self._offer)
        self._offer()

    @property
    def _run(self) -> Run | None:
        """The model that can be filmed: the one on screen, if something of its training was kept."""
        run = self._engine.project.shown if self._window.workspace == "playground" else None
        return run if run is not None and run.timeline is not None and run.timeline.frames else None

    @Slot()
    def _offer(self) -> None:
        tip = tr("The training of the model on screen as a film: GIF, WebP, or a folder of pictures.")
        if self._run is None:
            tip = tr("A film needs one model on screen of whose training steps were kept.")
        self._window.menus.set_can_film(self._run is not None, tip)

    @Slot(str)
    def _export(self, of: str) -> None:
        """Ask for a name, then make the film of what has been kept by then."""
        run = self._run
        if run is None:
            return
        codes = self._codes(of, run)
        if of in ("samples", "point") and codes is None:
            self._engine.messages.complain(tr("There is nothing to be decoded yet: look at Samples first."))
            return
        path = self._window.ask_for_film(tr("Export film"), Path(f"{file_name(run)}-{run.id}-{_NAMES[of]}.gif"))
        if path is not None:
            request = FilmRequest(of, current_theme() is DARK, codes)  # type: ignore[arg-type]
            self._films.start(run, request, path)

    def _codes(self, of: str, run: Run) -> Floats | None:
        """The codes (N, d) that a film of samples or of the current point decodes, as they are now."""
        if of == "point":
            code = self._workspaces.playground.space.code
            return None if code is None else code[None].copy()
        tools = self._workspaces.tools
        return tools.samples.drawn(run) if of == "samples" and tools is not None else None

    def _tell_exported(self, path: Path) -> None:
        self._window.statusBar().showMessage(tr("Exported to {path}").format(path=path), 6000)
