"""Model files: opening, saving, and what the title of the window says of them."""

import contextlib
import re
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from vae_desktop.dataset_catalog import describe_dataset
from vae_desktop.engine.engine import Engine
from vae_desktop.engine.run import Run
from vae_desktop.examples import examples
from vae_desktop.files import size_in_words
from vae_desktop.gui.controllers.window_settings import WindowSettings
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.language import tr

KEPT_LISTED = 12  # models in the menu


class FilesController(QObject):
    """Asks for names, and has models read and written."""

    def __init__(self, window: MainWindow, engine: Engine, settings: WindowSettings) -> None:
        super().__init__(window)
        self._window = window
        self._engine = engine
        self._project, self._library = engine.project, engine.library
        self._autosaves = engine.saver.autosaves
        self._settings = settings
        window.file_opened.connect(self.open)
        window.workspace_changed.connect(self._show_document)
        window.comparison.save_requested.connect(self._save_alone)
        menus = window.menus
        menus.file_chosen.connect(self.open)
        menus.kept_requested.connect(self._choose_kept)
        menus.save_requested.connect(self._save)
        menus.save_as_requested.connect(self._save_as)
        menus.recent_wanted.connect(self._list_recent)
        menus.save_with_timeline_requested.connect(self._save_with_timeline)
        self._library.opened.connect(self._note_opened)
        self._engine.saver.saved.connect(self._note_saved)
        self._project.runs_changed.connect(self._show_document)
        self._project.shown_changed.connect(self._show_document)
        self._project.compared_changed.connect(self._show_document)
        self._project.timeline_changed.connect(self._show_timeline_size, max_args=0)
        self._show_document()

    @Slot(Path)
    def open(self, path: Path) -> None:
        """Open a saved, kept or bundled model, or several that are compared."""
        self._window.show_workspace("playground")  # a comparison brings up the other one
        is_example = any(path == example.path for example in examples())
        self._library.open(path, "example" if is_example else "autosave" if path in self._autosaves.files() else "file")

    def open_last(self) -> None:
        """Open the model used last; at the first start, or where that one is gone, the first bundled one."""
        last = Path(self._settings.text("last_model"))
        bundled = [example.path for example in examples()]
        if _is_file(last):
            self.open(last)
        elif bundled:
            self.open(bundled[0])

    @Slot()
    def _choose_kept(self) -> None:
        self._window.ask_for_model(str(self._autosaves.folder))

    @Slot()
    def _list_recent(self) -> None:
        """Show the recent files and the models kept by the app in the menu, the newest first."""
        kept = self._autosaves.files()[::-1]
        titles = {path: self._autosaves.title(path) for path in kept[:KEPT_LISTED]}
        self._window.menus.set_recent(self._settings.recent_files(), titles, len(kept) > len(titles))

    def _note_opened(self, path: Path, origin: str) -> None:
        self._settings.set_text("last_model", str(path.absolute()))
        if origin == "file":
            self._settings.add_recent(path)

    def _note_saved(self, path: Path) -> None:
        self._note_opened(path, "file")
        text = tr("Saved to {path}").format(path=path)
        with contextlib.suppress(OSError):
            text = tr("Saved to {path}, {size}").format(path=path, size=size_in_words(path.stat().st_size))
        self._window.statusBar().showMessage(text, 6000)

    @property
    def _in_sight(self) -> list[Run]:
        return self._project.in_sight(self._window.workspace == "comparison")

    @property
    def _path_in_sight(self) -> Path | None:
        """The file that what is in sight was saved to."""
        runs = self._in_sight
        if len(runs) == 1:
            return runs[0].path
        return None if self._project.compared is None else self._project.compared.path

    def save(self, path: Path, with_timeline: bool = False) -> None:
        """Save what is in sight, perhaps with what was kept of its training."""
        self._engine.training.save(path, self._in_sight, with_timeline)

    @Slot()
    def _save(self) -> None:
        path = self._path_in_sight
        if path is not None:
            self.save(path)
        else:
            self._save_as()

    @Slot()
    def _save_as(self) -> None:
        self._ask_and_save(self._in_sight, self._path_in_sight)

    @Slot()
    def _save_with_timeline(self) -> None:
        """Ask for a name, with the size that the file will have, and save what is in sight with its kept steps."""
        runs = self._in_sight
        if any(map(_kept_bytes, runs)):
            title = tr("Save with timeline: about {size}").format(size=self._size_with_timeline(runs))
            name = file_name(runs[0]) if len(runs) == 1 else "comparison"
            path = self._window.ask_for_target(Path(f"{name}-timeline.safetensors"), title)
            if path is not None:
                self.save(path, with_timeline=True)

    @staticmethod
    def _size_with_timeline(runs: Sequence[Run]) -> str:
        size = sum(_kept_bytes(run) + _bytes(run) for run in runs)
        return size_in_words(round(size, 2 - len(str(size))))  # no more figures than are true

    def _ask_and_save(self, runs: Sequence[Run], path: Path | None) -> None:
        if runs:
            name = file_name(runs[0]) if len(runs) == 1 else "comparison"
            target = self._window.ask_for_target(path or Path(f"{name}.safetensors"))
            if target is not None:
                self._engine.training.save(target, runs)

    @Slot(object)
    def _save_alone(self, run: Run) -> None:
        self._ask_and_save([run], run.path)

    @Slot()
    def _show_timeline_size(self) -> None:
        """Offer to save the kept steps of what is in sight, if there are any, and say how much they take."""
        runs = self._in_sight
        has_steps = any(map(_kept_bytes, runs))
        tip = tr("Nothing of the training of what is on screen was kept.")
        if has_steps:
            tip = tr("Save what is on screen with every kept step of its training, as one file of about {size}.")
            tip = tip.format(size=self._size_with_timeline(runs))
        self._window.menus.set_can_save_timeline(has_steps, tip)

    def _show_document(self) -> None:
        """Say in the title what is in sight, and whether it is saved; offer only what can be done with it."""
        run, runs = self._project.shown, self._in_sight
        title = " · ".join(entry.name for entry in runs) if len(runs) > 1 else run.title if run is not None else ""
        self._window.set_document(title if runs else "", all(entry.is_saved for entry in runs))
        self._window.menus.set_can_save(bool(runs))
        self._show_timeline_size()
        can_continue = any(entry.snapshot is not None for entry in runs)
        is_followed = any(entry.followed is not None for entry in runs)
        elsewhere = tr("It trains elsewhere. Go to a step of its timeline and press Fork to train on from there here.")
        self._window.setup.controls.set_can_continue(can_continue and not is_followed, elsewhere if is_followed else "")


def _is_file(path: Path) -> bool:
    """Whether there is such a file, for a path that may be anything: one too long, or in a folder kept from us."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _kept_bytes(run: Run) -> int:
    """What the kept steps of a model's training take."""
    return 0 if run.timeline is None else run.timeline.bytes


def _bytes(run: Run) -> int:
    """What a model takes without them, about."""
    parts = run.snapshot, run.newest_codes, run.history.training
    return sum(part.nbytes for part in parts if part is not None)


def file_name(run: Run) -> str:
    """What a file of that run may be called, without an ending."""
    config = run.config
    data = re.sub(r"[^\w.-]+", "-", describe_dataset(config.dataset.name).label)
    return f"{config.model.kind}-{config.model.latent_dim}d-{data}"
