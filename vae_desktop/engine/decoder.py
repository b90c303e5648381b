"""The thread that turns the newest latent point into a picture; it never waits for training."""

from __future__ import annotations

import threading
import traceback
from typing import TYPE_CHECKING

from vae_desktop.config import ModelConfig
from vae_desktop.engine.mailbox import Outbox
from vae_desktop.engine.messages import Decoded, DecodingFailed
from vae_desktop.latent.codes import Floats, Picture

if TYPE_CHECKING:
    from vae_desktop.models.autoencoder import Decoder
    from vae_desktop.models.networks import ImageShape
    from vae_desktop.models.snapshot import Snapshot


class DecoderThread:
    """Decodes one latent point per model on immutable CPU snapshots.

    The request and each model's snapshot are one-place mailboxes: a newer one replaces an older one that was not
    yet looked at. A new snapshot of the model asked for is decoded at the same point again, so that the picture
    follows the training.
    """

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._wake = threading.Condition()
        self._models: dict[int, tuple[ModelConfig, ImageShape, Snapshot]] = {}
        self._request: tuple[int, int, Floats] | None = None  # run, request, code (d,)
        self._pending = False
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="decoder", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self, timeout: float) -> None:
        """End the thread; wait at most `timeout` seconds."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def publish(self, run_id: int, config: ModelConfig, image_shape: ImageShape, snapshot: Snapshot) -> None:
        """Decode this model with these weights from now on."""
        with self._wake:
            self._models[run_id] = (config, image_shape, snapshot)
            if self._request is not None and self._request[0] == run_id:
                self._pending = True
                self._wake.notify()

    def newest(self, run_id: int) -> Snapshot | None:
        """The newest snapshot of a model that was published."""
        with self._wake:
            return self._models[run_id][2] if run_id in self._models else None

    def request(self, run_id: int, request_id: int, code: Floats) -> None:
        """Ask for the picture of a code (d,); any earlier request that has not begun is forgotten."""
        with self._wake:
            self._request = (run_id, request_id, code)
            self._pending = run_id in self._models
            self._wake.notify()

    def _run(self) -> None:
        built: tuple[int, Snapshot, Decoder] | None = None
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._pending or self._closing)
                if self._closing:
                    return
                self._pending = False
                assert self._request is not None
                run_id, request_id, code = self._request
                config, image_shape, snapshot = self._models[run_id]
            try:
                if built is None or built[0] != run_id:
                    built = run_id, snapshot, _build(config, image_shape, snapshot)
                elif built[1] is not snapshot:
                    built[2].read_from(snapshot.weights)
                    built = run_id, snapshot, built[2]
                picture = _decode(built[2], code)
            except Exception as error:  # noqa: BLE001 - the edge of the thread
                message = f"The picture could not be decoded: {error}"
                self._outbox.post(DecodingFailed(message, traceback.format_exc()))
                continue
            self._outbox.post_latest("decoded", Decoded(run_id, snapshot.step, request_id, picture))


def _build(config: ModelConfig, image_shape: ImageShape, snapshot: Snapshot) -> Decoder:
    import torch

    from vae_desktop.models.autoencoder import decoder_of

    # Per thread, and none to spare: more threads here fight with training over the processor.
    torch.set_num_threads(1)
    return decoder_of(config, image_shape, snapshot.weights)


def _decode(decoder: Decoder, code: Floats) -> Picture:
    import torch

    from vae_desktop.latent.sampling import decode_to_pictures

    return decode_to_pictures(decoder, torch.from_numpy(code)[None])[0]
