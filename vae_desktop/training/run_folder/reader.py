"""Reads a training's folder while it grows: each time what is new since the last, as values; trusts nothing."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from vae_desktop.errors import UserError
from vae_desktop.language import tr
from vae_desktop.training.run_folder.contents import FAULTS, Head, head_in, labels_in, status_in
from vae_desktop.training.run_folder.layout import FRAMES, LABELS, RUN, STATUS, Status, why_no_run
from vae_desktop.training.run_folder.model_reader import Large, ModelReader, News
from vae_desktop.training.run_folder.protocols import FileGone, SourceError, SourceUnusable
from vae_desktop.training.run_folder.source import Source
from vae_desktop.training.timeline import Frame, FrameInfo

_MOST_JSON, _MOST_LABELS = 2**20, 2**30  # bytes of a file
_SOON = 0.5  # seconds that a look waits for a large file; then it comes beside the next ones
_log = logging.getLogger(__name__)
_T = TypeVar("_T")


@dataclass(frozen=True, eq=False)
class Poll:
    """What was found in one look at a folder.

    Attributes
    ----------
    head : Head
    is_new : bool
        Whether the folder is another training's than at the last look: all that was read before is void.
    status : Status
    models : tuple of News
    has_more : bool
        Whether more could have been read at once.
    trouble : str
        Why large files cannot be read, in words, though all else can; "" if they can.
    """

    head: Head
    is_new: bool
    status: Status
    models: tuple[News, ...]
    has_more: bool
    trouble: str


@dataclass(frozen=True, eq=False)
class _Coming:
    """A large file that comes in a thread of its own: what changes of the model's news by it, if it does."""

    large: Large
    began: float
    found: Future[dict[str, Any]]


class RunReader:
    """Reads what is new in a folder; of large files at most one at a time, and only as traffic allows it.

    While one comes over a slow link, looks go on beside it. Where one cannot be read it is tried again later; whether
    the link holds is judged by the small ones.

    Parameters
    ----------
    source : Source
    clock : callable
        Seconds.
    """

    def __init__(self, source: Source, clock: Callable[[], float] = time.monotonic) -> None:
        self.source = source
        self._clock = clock
        self._head: Head | None = None
        self._models: list[ModelReader] = []
        self._is_new = False  # what it is of has not been told yet
        self._large_due = 0.0  # a slow link is not taken up by snapshots alone
        self._turn = 0  # the model whose snapshot is read next
        self._coming: _Coming | None = None

    def poll(self) -> Poll:
        """Look once at the folder.

        Raises
        ------
        SourceUnusable
            If it is of a newer version.
        SourceError
            If it cannot be read now, or makes no sense now: in plain words. Later it may.
        """
        try:
            status = self._parsed(STATUS, status_in)
        except FileGone as error:
            raise SourceError(self._why_none()) from error
        if self._head is None or status.id != self._head.id:
            self._begin(status)
        assert self._head is not None
        if len(status.models) != len(self._models):
            raise SourceError(tr("{file} in {folder} is damaged.").format(file=STATUS, folder=self.source.title))
        for model, one in zip(self._models, status.models, strict=True):
            model.read_lines(one)
        large = None if self._is_new else self._read_large(status)
        # From here on nothing can fail: what has been read is not lost.
        is_new, self._is_new = self._is_new, False
        news = [News(model.take_lines()) for model in self._models]
        if large is not None:
            number, changes = large
            news[number] = replace(news[number], **changes)
        has_more = is_new or large is not None or any(model.is_behind for model in self._models)
        trouble = next((model.trouble for model in self._models if model.trouble), "")
        return Poll(self._head, is_new, status, tuple(news), has_more, trouble)

    def read_frame(self, number: int, info: FrameInfo) -> Frame:
        """Read a frame of a model's timeline, in any thread.

        Raises
        ------
        FileGone
            If it has been thinned out.
        CheckpointError
            If it is damaged.
        SourceError
            If the link is broken.
        """
        try:
            return self._models[number].read(FRAMES, info)
        except FileGone:
            try:
                self._parsed(STATUS, status_in)
            except FileGone as error:  # all of the folder has gone, and may come back
                raise SourceError(self._why_none()) from error
            raise

    def _why_none(self) -> str:
        """Why there is no training in the folder, in words."""
        folder = self.source.title
        if self._head is not None:
            return tr("The training in {folder} is gone: it was deleted, or moved.").format(folder=folder)
        text = tr("There is no training in {folder}, or none that has begun: it has no {file}.")
        found = why_no_run(Path(folder)) if self.source.is_local else ""
        return found or text.format(folder=folder, file=STATUS)

    def _begin(self, status: Status) -> None:
        """Read what a training is, and be at its beginning."""
        head = self._parsed(RUN, head_in)
        if head.id != status.id:
            raise SourceError(tr("{folder} is just being begun anew.").format(folder=self.source.title))
        labels = None
        try:
            classes = len(head.models[0].description.class_names)
            labels = self._parsed(LABELS, partial(labels_in, count=head.test_images, classes=classes), _MOST_LABELS)
        except FileGone:
            pass
        except SourceError as error:  # without them points have one colour
            _log.warning("%s", error)
        self._coming = None
        self._models = [ModelReader(self.source, number, one, head, labels) for number, one in enumerate(head.models)]
        self._head, self._is_new = head, True

    def _read_large(self, status: Status) -> tuple[int, dict[str, Any]] | None:
        """Read a timeline, codes or a snapshot that is new, if there may be one now; of which model, and what it is."""
        self._coming = coming = self._coming or self._begin_large(status)
        if coming is None or not wait([coming.found], _SOON).done:
            return None
        ended, self._coming = self._clock(), None
        self._large_due = ended + (0.0 if self.source.is_local else ended - coming.began)
        model, error = self._models[coming.large.model], coming.found.exception()
        if isinstance(error, SourceError):
            model.put_off(coming.large, str(error), ended)
            return None
        model.know(coming.large)
        return model.number, coming.found.result()

    def _begin_large(self, status: Status) -> _Coming | None:
        began = self._clock()
        may_wait = all(model.has_begun for model in self._models)
        if may_wait and (began < self._large_due or not self.source.traffic.has_room):
            return None
        for place in range(len(self._models)):
            number = (self._turn + place) % len(self._models)
            large = self._models[number].next_large(status.models[number], began)
            if large is not None:
                self._turn = number + 1
                found: Future[dict[str, Any]] = Future()
                threading.Thread(target=_resolve, args=(found, large.read), name="large file", daemon=True).start()
                return _Coming(large, began, found)
        return None

    def _parsed(self, name: str, parse: Callable[[bytes], _T], most: int = _MOST_JSON) -> _T:
        data = self.source.read_whole(name, most)
        try:
            return parse(data)
        except SourceUnusable as error:
            text = tr("{folder} cannot be followed: {reason}")
            raise SourceUnusable(text.format(folder=self.source.title, reason=error)) from error
        except FAULTS as error:
            text = tr("{file} in {folder} is damaged: {reason}")
            reason = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
            raise SourceError(text.format(file=name, folder=self.source.title, reason=reason)) from error


def _resolve(found: Future[_T], read: Callable[[], _T]) -> None:
    try:
        found.set_result(read())
    except Exception as error:  # noqa: BLE001 - whoever waits for it gets it
        found.set_exception(error)
