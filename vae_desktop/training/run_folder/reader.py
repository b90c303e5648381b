"""Reads a training's folder while it grows: each time what is new since the last, as values; trusts nothing."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from vae_desktop.errors import UserError
from vae_desktop.language import tr
from vae_desktop.training.run_folder.contents import FAULTS, Head, head_in, labels_in, status_in
from vae_desktop.training.run_folder.layout import FRAMES, LABELS, RUN, STATUS, Status
from vae_desktop.training.run_folder.model_reader import ModelReader, News
from vae_desktop.training.run_folder.protocols import FileGone, SourceError, SourceUnusable
from vae_desktop.training.run_folder.source import Source
from vae_desktop.training.timeline import Frame, FrameInfo

_MOST_JSON, _MOST_LABELS = 2**20, 2**30  # bytes of a file
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
    """

    head: Head
    is_new: bool
    status: Status
    models: tuple[News, ...]
    has_more: bool


class RunReader:
    """Reads what is new in a folder; of large files at most one in each look, and only as traffic allows it.

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
        self._large_due = 0.0  # a slow link is not taken up by snapshots alone
        self._turn = 0  # the model whose snapshot is read next

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
            text = tr("There is no training in {folder}, or none that has begun: it has no {file}.")
            raise SourceError(text.format(folder=self.source.title, file=STATUS)) from error
        is_new = self._head is None or status.id != self._head.id
        if is_new:
            self._begin(status)
        assert self._head is not None
        if len(status.models) != len(self._models):
            raise SourceError(tr("{file} in {folder} is damaged.").format(file=STATUS, folder=self.source.title))
        news = [News(model.lines(one)) for model, one in zip(self._models, status.models, strict=True)]
        has_more = any(model.is_behind for model in self._models)
        has_more |= not is_new and self._read_large(status, news)
        return Poll(self._head, is_new, status, tuple(news), has_more or is_new)

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
        return self._models[number].read(FRAMES, info)

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
        self._models = [ModelReader(self.source, number, one, head, labels) for number, one in enumerate(head.models)]
        self._head = head

    def _read_large(self, status: Status, news: list[News]) -> bool:
        """Read a timeline, codes or a snapshot that is new, if there may be one now; return whether there was one."""
        began = self._clock()
        may_wait = all(model.has_begun for model in self._models)
        if may_wait and (began < self._large_due or not self.source.traffic.has_room):
            return False
        for place in range(len(self._models)):
            number = (self._turn + place) % len(self._models)
            found = self._models[number].large(status.models[number], news[number])
            if found is not None:
                news[number], self._turn = found, number + 1
                ended = self._clock()
                self._large_due = ended + (0.0 if self.source.is_local else ended - began)
                return True
        return False

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
