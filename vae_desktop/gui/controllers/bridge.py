"""Between the session and the views: the one signal that crosses threads, and what each answer changes on screen."""

from __future__ import annotations

import gc
import logging
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot

from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.autosave import Autosaves
from vae_desktop.engine.listener import Fetching, Message, State
from vae_desktop.engine.mailbox import Outbox
from vae_desktop.engine.messages import Decoded, ViewAnswered
from vae_desktop.engine.pacing import Pacer
from vae_desktop.engine.run import Origin, Progress, Run, RunSet
from vae_desktop.engine.session import Session
from vae_desktop.gui.controllers.comparer import Comparer
from vae_desktop.gui.controllers.explorer import Explorer
from vae_desktop.gui.controllers.latent_point import LatentPoint
from vae_desktop.gui.controllers.view_requests import ViewRequests
from vae_desktop.gui.controllers.window_settings import WindowSettings
from vae_desktop.gui.views.curves.loss_plot import Losses
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.variants import Variant

if TYPE_CHECKING:
    from vae_desktop.gui.controllers.tools import Tools
    from vae_desktop.training.devices import Device

_log = logging.getLogger(__name__)
_KEPT_LISTED = 12  # models in the menu
_PROGRESS_INTERVAL = 0.2  # seconds; figures that change more often cannot be read


class Bridge(QObject):
    """Listens to the session, in the window's thread, and shows what it says.

    Worker threads post to the outbox; it emits `_outbox_filled` once for any number of events, the queued
    connection brings that into the window's thread, and there everything is taken out in one go.
    """

    file_ended = Signal(Path, bool)  # one that the person or the app wanted is whole, or it failed
    _outbox_filled = Signal()

    def __init__(
        self,
        window: MainWindow,
        point: LatentPoint,
        settings: WindowSettings,
        data_dir: Path,
        autosaves: Autosaves,
        cache_dir: Path,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._settings = settings
        self._outbox = Outbox(self._outbox_filled.emit)
        self._progress_pacer = Pacer(_PROGRESS_INTERVAL, share=1.0)
        self.session = Session(self._outbox, self, data_dir, autosaves, cache_dir)
        self.requests = ViewRequests(self.session)
        self.explorer = Explorer(window.stage, window.panel, point, self.session, self.requests)
        self.comparer = Comparer(window.comparison, self.session, self.requests)
        self._point = point
        self._has_torch = False  # until its devices are known
        self.devices: tuple[Device, ...] = ()
        self.tools: Tools | tuple[()] = ()  # until the window has been painted
        window.workspace_changed.connect(self._change_workspace)
        window.menus.recent_wanted.connect(self._list_recent)
        self._outbox_filled.connect(self._drain, Qt.ConnectionType.QueuedConnection)
        self._show_document()
        self.state_changed(self.session.state)

    def make_tools(self) -> Tools:
        """Make the tools of the playground and their views, for which the first picture need not wait."""
        from vae_desktop.gui.controllers.tools import Tools

        self.tools = Tools.of(self._window, self.session, self._point, self.requests)
        for tool in self.tools:
            tool.failed.connect(self._show_failure)
        if self.session.shown is not None:
            for tool in self.tools:
                tool.show_run(self.session.shown)
            self._show_originals(self.session.shown)
        return self.tools

    @Slot()
    def _drain(self) -> None:
        for event in self._outbox.drain():
            try:
                self.session.handle(event)
            except Exception:  # noqa: BLE001 - reported, and the events after it still arrive
                sys.excepthook(*sys.exc_info())

    # What the session says

    def state_changed(self, state: State) -> None:
        self._window.setProperty("state", state)
        self._window.setup.controls.set_state(state)
        self._window.status.setText(self._status_text(state))
        if state in ("idle", "failed"):
            self.comparer.measure_trained()

    def message_posted(self, message: Message) -> None:
        if message.level == "error":  # with details: not what a person could have done otherwise
            level = logging.ERROR if message.details else logging.WARNING
            _log.log(level, "%s\n%s" if message.details else "%s%s", message.text, message.details)
        self._window.banner.show_message(message)
        if message.about:  # what was written before must not be read as the answer
            self._window.statusBar().clearMessage()

    def message_withdrawn(self, about: str) -> None:
        self._window.banner.withdraw(about)

    def devices_found(self, devices: tuple[Device, ...]) -> None:
        self._has_torch = True
        self.devices = devices
        self._window.status.setText(self._status_text(self.session.state))
        self._window.setup.form.set_devices(devices)
        # torch is loaded by now: its many objects stay, and to look through them at each collection would take 150 ms.
        if not gc.get_freeze_count():  # once, or what is left of closed windows would stay too
            gc.freeze()

    def dataset_loaded(self, dataset: Dataset) -> None:
        self._settings.set_text("dataset", dataset.config.name)  # one that can be loaded again
        self._window.setup.form.set_dataset(dataset)
        shown = self.session.shown
        if shown is not None and shown.config.dataset == dataset.config:
            self._show_originals(shown)
        self.comparer.show_originals(dataset)

    def spectrum_found(self, dataset: Dataset) -> None:
        self._window.setup.form.spectrum_found()
        if self.session.shown is not None:
            self.explorer.explain_collapse(self.session.shown)

    def fetching_progressed(self, what: Fetching, done: int, total: int) -> None:
        self._window.fetching.show_progress(what, done, total)

    def fetching_ended(self) -> None:
        self._window.fetching.hide()

    def runs_changed(self) -> None:
        self._window.runs.set_runs(self.session.runs.values(), self.session.shown)
        self._window.runs.set_can_undo(self.session.can_undo_removal)
        self._window.setup.form.set_active_models([run.config.model.kind for run in self.session.active])
        for run in self.session.runs.values():
            self.comparer.show_status(run)
        self._show_document()

    def run_shown(self, run: Run) -> None:
        self.explorer.show_run(run)
        for tool in self.tools:
            tool.show_run(run)
        self._show_originals(run)
        self._window.losses.set_models([Losses(run.name, run.config.model, run.history)])
        self._show_subtitle(run)
        self.measures_changed(run)
        self.runs_changed()
        if not self.session.active:  # else form and progress belong to the run that trains
            # An example is looked at; the next run is still the one that the person was setting up.
            if not run.is_example:
                self._window.setup.form.set_config(run.config)
            dataset = self.session.loaded(run.config.dataset)
            if dataset is not None:
                self.dataset_loaded(dataset)
            self._window.setup.controls.show_progress(run.progress)

    def set_shown(self, run_set: RunSet) -> None:
        self._window.show_workspace("comparison")
        self.comparer.show_set(run_set)
        if not self.session.active:  # the next training begins from what is on show
            self._window.comparison.editor.set_variants([Variant.of(run.config) for run in run_set.runs])
            self._window.setup.form.set_config(run_set.runs[-1].config)
            self._window.setup.controls.show_progress(run_set.runs[-1].progress)
        dataset = self.session.loaded(run_set.runs[0].config.dataset)
        if dataset is not None:
            self.dataset_loaded(dataset)
        self.runs_changed()

    def measures_changed(self, run: Run) -> None:
        self.comparer.refresh_figures()
        if run is self.session.shown:
            self._window.measures.set_figures(run.config, run.measures, run.measured_step)

    def measuring_progressed(self, run: Run, done: int, total: int) -> None:
        self._window.measures.show_progress(run.title, done, total)
        self._window.comparison.table.show_progress(run.title, done, total)

    def measuring_ended(self, run: Run) -> None:
        self._window.measures.end_progress()
        self._window.comparison.table.end_progress()
        self.comparer.show_figures()

    def metrics_arrived(self, run: Run) -> None:
        self.comparer.metrics_arrived(run)
        if run is self.session.shown and self._window.workspace == "playground":
            self._window.losses.refresh()

    def codes_moved(self, run: Run) -> None:
        self.comparer.move_codes(run)
        if run is not self.session.shown or run.codes is None or self._window.workspace != "playground":
            return
        self.explorer.move_codes(run)
        for tool in self.tools:
            tool.move_codes(run)
        self._show_originals(run)
        self._show_subtitle(run)

    def progress_made(self, progress: Progress) -> None:
        now = time.monotonic()
        if self._progress_pacer.is_due(now) or progress.step >= progress.last_step:
            self._progress_pacer.ran(now, now)
            self._window.setup.controls.show_progress(progress, self._title_out_of_sight())
            self._window.status.setText(self._status_text(self.session.state))

    def picture_decoded(self, decoded: Decoded) -> None:
        self.explorer.show_picture(decoded)

    def view_answered(self, answer: ViewAnswered) -> None:
        self.requests.show_answer(answer)

    def embedding_progressed(self, run: Run, done: int, total: int) -> None:
        if run is self.session.shown:
            self._window.stage.set_subtitle(
                self.tr("{run} · embedding the training images, {share}").format(
                    run=run.title, share=f"{done / max(total, 1):.0%}"
                )
            )

    def file_exported(self, path: Path) -> None:
        self._window.statusBar().showMessage(self.tr("Exported to {path}").format(path=path), 6000)

    def file_opened(self, path: Path, origin: Origin) -> None:
        self._settings.set_text("last_model", str(path.absolute()))
        if origin == "file":
            self._settings.add_recent(path)

    def file_saved(self, path: Path) -> None:
        self.file_opened(path, "file")
        self._window.statusBar().showMessage(self.tr("Saved to {path}").format(path=path), 6000)

    def file_written(self, path: Path, is_whole: bool) -> None:
        self.file_ended.emit(path, is_whole)

    @Slot()
    def _list_recent(self) -> None:
        """Show the recent files and the models kept by the app in the menu, the newest first."""
        kept = self.session.autosaves.files()[::-1]
        titles = {path: self.session.autosaves.title(path) for path in kept[:_KEPT_LISTED]}
        self._window.menus.set_recent(self._settings.recent_files(), titles, len(kept) > len(titles))

    @Slot(str)
    def _change_workspace(self, workspace: str) -> None:
        """Bring the workspace that comes to the front up to date."""
        if workspace == "comparison":
            self.explorer.feeds.suspend()
            if self.tools:
                self.tools.path.stop()
            self.comparer.come_into_sight()
        else:
            self.comparer.leave_sight()
            if self.session.shown is not None:
                self.codes_moved(self.session.shown)
                self.metrics_arrived(self.session.shown)
                self.explorer.come_into_sight()
        self._window.setup.controls.set_compares(workspace == "comparison")
        self._show_document()

    def _show_originals(self, run: Run) -> None:
        """Give the images that the model on screen learns from, as far as they are at hand, to who shows them."""
        dataset = self.session.loaded(run.config.dataset)
        self.explorer.show_originals(run, dataset)
        fits = dataset is not None and dataset.image_shape == run.image_shape
        for tool in self.tools:
            tool.set_dataset(dataset if fits else None)

    @Slot(str)
    def _show_failure(self, text: str) -> None:
        self._window.banner.show_message(Message("error", text))

    # In words

    def _show_document(self) -> None:
        run, runs = self.session.shown, self.session.in_sight(self._window.workspace == "comparison")
        title = " · ".join(entry.name for entry in runs) if len(runs) > 1 else run.title if run is not None else ""
        self._window.set_document(title if runs else "", all(entry.is_saved for entry in runs))
        self._window.menus.set_can_save(bool(runs))
        self._window.setup.controls.set_can_continue(any(entry.snapshot is not None for entry in runs))
        self._window.measures.set_can_measure(run is not None)

    def _title_out_of_sight(self) -> str:
        """What the buttons act on, where that is not what is on screen."""
        active = self.session.active
        in_sight = self.session.in_sight(self._window.workspace == "comparison")
        if not active or any(run in in_sight for run in active):
            return ""
        return active[0].title if len(active) == 1 else " · ".join(run.name for run in active)

    def _show_subtitle(self, run: Run) -> None:
        if run.codes is None:
            self._window.stage.set_subtitle("")
            return
        text = self.tr("{count} test images").format(count=f"{len(run.codes):,}")
        if run.train_codes is not None:
            count = f"{len(run.train_codes):,}"
            text = self.tr("{test} and {count} training images").format(test=text, count=count)
        self._window.stage.set_subtitle(f"{run.title} · {text}")

    def _status_text(self, state: State) -> str:
        active = self.session.active
        if active:
            doing = {"paused": self.tr("Paused"), "stopping": self.tr("Stopping…")}.get(state, self.tr("Training"))
            return self.tr("{doing} {run} on {device}").format(
                doing=doing,
                run=active[0].title if len(active) == 1 else self.tr("{count} models").format(count=len(active)),
                device=active[0].device.upper(),
            )
        return {
            "idle": self.tr("Ready") if self._has_torch else self.tr("PyTorch is loading; sliders work already"),
            "loading": self.tr("Loading…"),
            "stopping": self.tr("Stopping…"),
            "failed": self.tr("Training failed; the last good model is kept"),
        }.get(state, "")
