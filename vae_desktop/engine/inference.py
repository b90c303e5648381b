"""The thread that runs models for the views: first the newest latent point, then what they ask."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from psygnal import Signal

from vae_desktop.config import ModelConfig
from vae_desktop.engine.messages import Messages
from vae_desktop.engine.processor import prepare_threads
from vae_desktop.engine.snapshots import Snapshots
from vae_desktop.engine.tasks import Outbox
from vae_desktop.engine.view_requests import SheetRequest, ViewRequest
from vae_desktop.engine.view_turns import Asked, ViewTurns
from vae_desktop.language import tr
from vae_desktop.latent.codes import Floats, Picture
from vae_desktop.latent.grid import Indices
from vae_desktop.models.architecture import ImageShape
from vae_desktop.models.snapshot import Snapshot

_END = object()


@dataclass(frozen=True, eq=False)
class Decoded:
    """The picture (H, W, C), uint8, of a code, by the model `run_id` as it was after `step` steps."""

    run_id: int
    step: int
    request_id: int
    picture: Picture


class InferenceThread:
    """Works on immutable CPU snapshots: the current point, then urgent requests of views, then others part by part.

    The point, each view's request and each model's snapshot are one-place mailboxes: a newer one replaces an older
    one. With a new snapshot the same point and requests are worked on again, so that pictures follow training. The
    point needs no torch; views wait for :meth:`serve_views`, and the point does not wait for them.

    Answers arrive in the owner's thread: pictures of the point through `decoded`, each with the number of its request,
    and those to views by the function that was given with the request, unless something newer has been asked for since.
    """

    decoded = Signal(Decoded)
    answered = Signal(object, object)  # a view's newest request, and what it is about to be shown

    def __init__(self, outbox: Outbox, messages: Messages) -> None:
        self._outbox = outbox
        self._messages = messages
        self.last_request = 0
        self._wake = threading.Condition()
        self._snapshots = Snapshots()
        self._request: tuple[int, int, Floats] | None = None  # run, request, code (d,)
        self._pending = False
        self._turns = ViewTurns(self._snapshots)
        self._at_work = threading.Lock()
        self.renew()

    def renew(self) -> None:
        """Be of use again after :meth:`close`."""
        self._closing = threading.Event()  # one for each thread: one that is slow to end must not come back to life
        self._thread = threading.Thread(target=self._main, args=(self._closing,), name="inference", daemon=True)

    def start(self) -> None:
        """Begin, unless it has begun."""
        if self._thread.ident is None and not self._closing.is_set():
            self._thread.start()

    def close(self, timeout: float) -> None:
        """End the thread; wait at most `timeout` seconds."""
        with self._wake:
            self._closing.set()
            self._wake.notify()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def publish(
        self, run_id: int, config: ModelConfig, image_shape: ImageShape, snapshot: Snapshot, is_live: bool = False
    ) -> None:
        """Use these weights of a model from now on; live ones come from a training that goes on."""
        with self._wake:
            self._snapshots.put(run_id, config, image_shape, snapshot)
            if is_live:
                self._turns.note_training()
            if not self._snapshots.is_pinned(run_id):
                self._begin_anew(run_id)

    def pin(self, run_id: int, held: tuple[ModelConfig, ImageShape, Snapshot] | None) -> None:
        """Work by these weights of a model, whatever newer ones are published; with None, by the newest again."""
        with self._wake:
            self._snapshots.pin(run_id, held)
            self._begin_anew(run_id)

    def _begin_anew(self, run_id: int) -> None:
        """Have all that is asked of a model worked out by its weights of now."""
        self._pending |= self._request is not None and self._request[0] == run_id
        self._turns.begin_anew(run_id)
        self._wake.notify()

    def remove(self, run_id: int) -> None:
        """Let go of a model; what views have asked of it is not answered."""
        with self._wake:
            self._snapshots.remove(run_id)
            if self._request is not None and self._request[0] == run_id:
                self._request, self._pending = None, False

    def newest_snapshot(self, run_id: int) -> Snapshot | None:
        """The newest snapshot of a model that was published."""
        return self._snapshots.newest(run_id)

    def decode(self, run_id: int, code: Floats) -> None:
        """Ask for the picture of a code (d,); any earlier request that has not begun is forgotten."""
        with self._wake:
            self.last_request += 1
            self._request = (run_id, self.last_request, np.array(code, np.float32))
            self._pending = run_id in self._snapshots
            self._wake.notify()

    def ask(self, request: ViewRequest, show: Callable[[Any], object] = lambda answer: None) -> None:
        """Have something worked out for a view; its earlier request is forgotten, however far it is.

        Pictures of the same codes that are asked for already are not begun anew. `show` gets each answer.
        """
        with self._wake:
            if self._turns.ask(request, show):
                self._wake.notify()

    def ask_pictures(
        self,
        view: str,
        run_id: int,
        codes: Floats | None,
        side: int,
        show: Callable[[Picture], object],
        passes: Sequence[tuple[Indices, Indices]] = (),
    ) -> None:
        """Have codes decoded for a view as a SheetRequest says; None: it wants no pictures any more."""
        if codes is None:
            self.forget(view)
        else:
            self.ask(SheetRequest(view, run_id, codes, side, passes), show)

    @property
    def asked(self) -> dict[str, ViewRequest]:
        """What each view has asked for last, as long as it wants it."""
        with self._wake:
            return self._turns.requests

    def newest(self, view: str) -> ViewRequest | None:
        """What a view has asked for last."""
        return self.asked.get(view)

    def is_waiting(self, view: str) -> bool:
        """Whether something is asked for of which nothing has been answered yet."""
        with self._wake:
            return self._turns.is_waiting(view)

    def serve_views(self) -> None:
        """Begin with what views ask for: torch is loaded."""
        with self._wake:
            self._turns.has_begun = True
            self._wake.notify()

    def forget(self, view: str) -> None:
        """Work no longer on a view's request."""
        with self._wake:
            self._turns.forget(view)

    def _main(self, closing: threading.Event) -> None:
        prepare_threads()
        with self._at_work:  # the thread before this one may be slow to end
            self._run(closing)

    def _run(self, closing: threading.Event) -> None:
        while True:
            with self._wake:
                while not (self._pending or closing.is_set() or self._turns.next() is not None):
                    self._wake.wait(self._turns.pause())
                if closing.is_set():
                    return
                point = self._request if self._pending else None
                self._pending = False
                task = None if point is not None else self._turns.next()
            try:
                if point is not None:
                    self._decode_point(*point)
                elif task is not None:
                    self._advance(task)
            except Exception as error:  # noqa: BLE001 - the edge of the thread
                if task is not None:
                    with self._wake:
                        self._turns.drop(task)
                message = tr("The picture could not be made: {error}").format(error=error)
                self._outbox.call(self._messages.complain, message, traceback.format_exc())

    def _decode_point(self, run_id: int, request_id: int, code: Floats) -> None:
        found = self._snapshots.plain_decoder(run_id)
        if found is not None:
            decoder, snapshot = found
            decoded = Decoded(run_id, snapshot.step, request_id, decoder.decode(snapshot.weights, code))
            self._outbox.call_latest("decoded", self._tell_decoded, decoded)

    def _advance(self, task: Asked) -> None:
        """Do the next part of a task."""
        began = time.monotonic()
        if task.work is None:
            task.is_stale = False  # before the weights are read: what comes from here on is newer
        model = self._snapshots.model(task.request.run_id)  # the newest weights, also within a pass
        if model is None:
            return
        if task.work is None:
            task.work = task.request.work(model, task.latest)
        pacer = self._turns.pacer(task)
        value = next(task.work, _END)
        with self._wake:
            is_wanted = self._turns.pass_on(task)
        if value is _END:
            task.work, task.is_answered = None, True
        elif value is not None and is_wanted:
            task.latest = value
            self._outbox.call_latest(("view", task.request.view), self._answer, task, value)
        pacer.ran(began, time.monotonic())

    def _tell_decoded(self, decoded: Decoded) -> None:
        """Hand out a picture, in the owner's thread, unless its model has been removed."""
        if self.newest_snapshot(decoded.run_id) is not None:
            self.decoded.emit(decoded)

    def _answer(self, asked: Asked, value: Any) -> None:
        """Hand out an answer, in the owner's thread, if it is to a view's newest request."""
        with self._wake:
            is_wanted = self._turns.is_wanted(asked)
        if is_wanted:
            asked.is_told = True
            self.answered.emit(asked.request, value)
            asked.show(value)
