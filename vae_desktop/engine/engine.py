"""The app without its window: its parts, and how they end without anything being lost."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from pathlib import Path

from vae_desktop.data.stored import mapped
from vae_desktop.engine.autosave import Autosaves
from vae_desktop.engine.datasets import DatasetLoader
from vae_desktop.engine.film_export import FilmExport
from vae_desktop.engine.following import Following
from vae_desktop.engine.fork_starter import ForkStarter
from vae_desktop.engine.image_findings import ImageFindings
from vae_desktop.engine.image_marks import ImageMarks
from vae_desktop.engine.inference import InferenceThread
from vae_desktop.engine.known_images import KnownImages
from vae_desktop.engine.library import Library
from vae_desktop.engine.measurements import Measurements, TrainingImageCodes
from vae_desktop.engine.messages import Messages
from vae_desktop.engine.opened_codes import OpenedCodes
from vae_desktop.engine.pixel_diffusion import PixelDiffusion
from vae_desktop.engine.playhead import Playhead
from vae_desktop.engine.project import Project
from vae_desktop.engine.run import Comparison, Run
from vae_desktop.engine.run_starter import RunStarter
from vae_desktop.engine.run_tracker import RunTracker
from vae_desktop.engine.saving import ModelSaver
from vae_desktop.engine.tasks import Outbox, Tasks
from vae_desktop.engine.timeline_store import TimelineStore
from vae_desktop.engine.timelines import Timelines
from vae_desktop.engine.training import Training
from vae_desktop.engine.words import Words
from vae_desktop.engine.words_judge import WordsJudge
from vae_desktop.errors import UserError


class Engine:
    """Makes the parts, each of one concern, and closes them; all belong to the thread that calls :meth:`run_calls`.

    The threads start at the first need.

    Parameters
    ----------
    on_filled : callable
        Called in another thread when there are calls to be made; see Outbox.
    data_dir : Path
        Folder of data sets.
    autosaves : Autosaves
    cache_dir : Path, optional
        Folder of what can be made again.
    """

    def __init__(
        self,
        on_filled: Callable[[], object],
        data_dir: Path,
        autosaves: Autosaves,
        cache_dir: Path | None = None,
    ) -> None:
        self.messages = Messages()
        self.outbox = Outbox(on_filled)
        self.tasks = Tasks(self.outbox, self.messages.report)
        self.project = Project()
        self.inference = InferenceThread(self.outbox, self.messages)
        self.datasets = DatasetLoader(self.tasks, self.messages, data_dir)
        self.saver = ModelSaver(self.tasks, self.project, self.messages, autosaves)
        self.tracker = RunTracker(self.project, self.saver, self.messages)
        # What is shown must be known to the decoder before any view asks for it.
        self.project.shown_changed.connect(self._publish)
        self.project.status_changed.connect(self._publish)
        self.project.compared_changed.connect(self._publish_all)
        store = None if cache_dir is None else TimelineStore(cache_dir / "timelines")
        recorded = self.outbox, self.tasks, self.project, self.datasets, self.messages
        self.timelines = Timelines(*recorded, store)
        steered = self.outbox, self.tasks, self.project, self.saver, self.tracker, self.inference
        self.training = Training(*steered, self.timelines)
        begun = self.project, self.datasets, self.saver, self.tracker, self.training, self.messages
        self.marks = ImageMarks(self.datasets)
        self.starter = RunStarter(*begun, self.timelines, self.marks)
        forked = self.project, self.datasets, self.training, self.messages, self.timelines
        self.fork_starter = ForkStarter(*forked, self.starter)
        followed = self.outbox, self.tasks, self.project, self.tracker, self.inference, self.datasets, self.messages
        self.following = Following(*followed)
        self.playhead = Playhead(self.project, self.timelines, self.inference, self.messages)
        self.films = FilmExport(self.tasks, self.project, self.datasets, self.messages)
        self.training_image_codes = TrainingImageCodes(self.tasks, self.project, self.datasets, self.training)
        self.opened_codes = OpenedCodes(self.tasks, self.project, self.datasets)
        self.known_images = KnownImages(self.project, self.datasets, self.messages)
        measured = self.tasks, self.project, self.datasets, self.training, self.known_images
        self.measurements = Measurements(*measured, cache_dir)
        self.words_judge = WordsJudge(self.tasks, self.datasets, self.training, cache_dir)
        self.pixels = PixelDiffusion(self.tasks, self.project, self.datasets, self.training, cache_dir)
        fitted = self.tasks, self.project, self.datasets, self.training, self.saver, self.known_images
        self.words = Words(*fitted)
        self.findings = ImageFindings(self.tasks, self.project, self.datasets, self.training, self.messages)
        parts = self.tasks, self.project, self.saver, self.tracker, self.training, self.starter, self.messages
        self.library = Library(*parts, self.inference, self.timelines)
        self.is_halted = False
        self._has_given_up = False  # by the person: a disk that does not answer is not waited for either

    def run_calls(self) -> None:
        """Make the calls that threads have posted; an error in one is reported, and the others are made."""
        for call in self.outbox.take():
            try:
                call()
            except Exception:  # noqa: BLE001 - the edge of one call
                sys.excepthook(*sys.exc_info())
            self.training.tell_state()

    @property
    def writing(self) -> list[Path]:
        """The files that the person asked for and that are not whole yet, those that wait for a model's state too.

        While it closes also the folder of autosaves, as long as models are being kept there.
        """
        folder = self.saver.autosaves.folder
        writing = [path for path in self.tasks.writing if self.is_halted or path != folder]
        return list(dict.fromkeys([*self.saver.waiting, *writing]))

    def finish_writing(self, timeout: float) -> None:
        """Make the threads' calls until nothing is being written, at most `timeout` seconds."""
        deadline = time.monotonic() + timeout
        self.run_calls()
        while self.writing and time.monotonic() < deadline:
            time.sleep(0.005)  # not for a task: the state of a model that is waited for comes from none
            self.run_calls()

    def give_up_writing(self) -> None:
        """Let be what is being written: each file keeps what it holds."""
        writing = self.writing
        self._has_given_up = True
        self.saver.give_up(writing)
        self.tasks.cancel_writing(writing)

    def halt(self, timeout: float = 1.4) -> None:
        """End the threads, and begin to keep every model that would be lost; :meth:`close` or :meth:`go_on` follows."""
        self.is_halted = True
        self.starter.drop()
        self.following.close()
        self.measurements.cancel()
        self.tasks.cancel_all()
        if not self.training.halt(timeout):  # a step takes longer than there is time
            self.run_calls()
            self.training.end_without_thread()
        self.inference.close(timeout=0.2)
        self.run_calls()  # which may begin to write what waited for the training's end
        self.saver.autosave(list(self.project.runs.values()))

    def go_on(self) -> None:
        """Be of use again after :meth:`halt`; what was trained has been stopped."""
        self.is_halted = self._has_given_up = False
        self.inference.renew()
        self.training.go_on()
        self.following.go_on()
        if self.project.shown is not None:
            self.project.show(self.project.shown)
        if self.project.compared is not None:
            self.project.show_comparison(self.project.compared)

    def close(self, timeout: float = 1.4, may_lose: bool = False) -> UserError | None:
        """Halt, wait until all is written and no model would be lost; return the error if keeping one failed.

        After an error the engine can still be used, and closed again. If models may be lost, nothing is waited for.
        """
        if not self.is_halted:
            self.halt(timeout)
        if not may_lose:
            self.finish_writing(math.inf)
            try:
                self.saver.keep(list(self.project.runs.values()))  # what failed in the background is tried again
            except UserError as error:
                self.go_on()
                return error
        self.timelines.close(timeout=0.3 if may_lose or self._has_given_up else 3.0)  # frames are not worth more
        self.tasks.join(timeout=0.3)
        mapped.rest()
        self.run_calls()
        self.outbox.close()  # a task that was not waited for must not wake a window that is gone
        return None

    def _publish(self, run: Run) -> None:
        """Have a model decoded as it was when it ended; one in training is published by its thread."""
        self.inference.start()
        if run.snapshot is not None and run not in self.project.active:
            self.inference.publish(run.id, run.config.model, run.image_shape, run.snapshot)
        if run.moment is not None:  # one that comes back to the list, too
            self.inference.pin(run.id, (run.config.model, run.image_shape, run.moment.snapshot))

    def _publish_all(self, comparison: Comparison) -> None:
        for run in comparison.runs:
            self._publish(run)
