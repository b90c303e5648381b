"""The newest weights of each model, and the models that are built from them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from vae_desktop.config import ModelConfig
from vae_desktop.latent.plain_decoder import PlainDecoder
from vae_desktop.models.architecture import ImageShape
from vae_desktop.models.snapshot import Snapshot

if TYPE_CHECKING:
    from vae_desktop.models.autoencoder import Autoencoder

_plain_decoder = lru_cache(maxsize=1)(PlainDecoder)
_MOST_BUILT = 5  # models kept: of four models side by side, and of one alone


class Snapshots:
    """Takes weights from any thread, as each access is one of a dictionary; one thread decodes by them."""

    def __init__(self) -> None:
        self._newest: dict[int, tuple[ModelConfig, ImageShape, Snapshot]] = {}
        self._pinned: dict[int, tuple[ModelConfig, ImageShape, Snapshot]] = {}
        self._built: dict[int, tuple[Snapshot, Autoencoder]] = {}

    def __contains__(self, run_id: int) -> bool:
        return run_id in self._newest

    def put(self, run_id: int, config: ModelConfig, image_shape: ImageShape, snapshot: Snapshot) -> None:
        """Use these weights of a model from now on."""
        self._newest[run_id] = config, image_shape, snapshot

    def pin(self, run_id: int, held: tuple[ModelConfig, ImageShape, Snapshot] | None) -> None:
        """Decode by these weights of a model, whatever newer ones there are; with None, by the newest again."""
        if held is None:
            self._pinned.pop(run_id, None)
        else:
            self._pinned[run_id] = held

    def is_pinned(self, run_id: int) -> bool:
        return run_id in self._pinned

    def remove(self, run_id: int) -> None:
        self._newest.pop(run_id, None)
        self._pinned.pop(run_id, None)

    def newest(self, run_id: int) -> Snapshot | None:
        """The newest weights of a model, None if there are none."""
        found = self._newest.get(run_id)
        return None if found is None else found[2]

    def plain_decoder(self, run_id: int) -> tuple[PlainDecoder, Snapshot] | None:
        """What decodes a code without torch, and a model's weights for it; None if there are none."""
        found = self._found(run_id)
        return None if found is None else (_plain_decoder(*found[:2]), found[2])

    def model(self, run_id: int) -> Autoencoder | None:
        """A model with its weights, None if it has been removed; the last few are built once."""
        found = self._found(run_id)
        if found is None:
            return None
        snapshot = found[2]
        if run_id not in self._built:
            while len(self._built) >= _MOST_BUILT:
                del self._built[next(iter(self._built))]
            self._built[run_id] = snapshot, _build(*found)
        used, model = self._built[run_id]
        if used is not snapshot:
            model.read_from(snapshot.weights)
            self._built[run_id] = snapshot, model
        return model

    def _found(self, run_id: int) -> tuple[ModelConfig, ImageShape, Snapshot] | None:
        return self._pinned.get(run_id) or self._newest.get(run_id)


def _build(config: ModelConfig, image_shape: ImageShape, snapshot: Snapshot) -> Autoencoder:
    from vae_desktop.models.autoencoder import model_of
    from vae_desktop.training.devices import use_threads

    use_threads(1)  # more would fight with a training over the processor
    return model_of(config, image_shape, snapshot.weights)
