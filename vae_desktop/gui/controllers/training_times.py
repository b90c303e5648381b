"""How long an epoch took on this machine, for settings that were trained before."""

import json
import math
from collections.abc import Sequence

from vae_desktop.config import RunConfig
from vae_desktop.gui.controllers.window_settings import WindowSettings

_KEY = "training_times"
_MOST = 40  # remembered


class TrainingTimes:
    """Remembers seconds for an epoch, by whatever makes an epoch longer or shorter; the newest are kept."""

    def __init__(self, settings: WindowSettings) -> None:
        self._settings = settings
        self._seconds: dict[str, float] = {}
        try:
            stored = json.loads(settings.text(_KEY, "{}"))
        except ValueError:
            stored = {}
        if isinstance(stored, dict):
            self._seconds = {key: value for key, value in stored.items() if _is_time(value)}

    def note(self, configs: Sequence[RunConfig], seconds: float) -> None:
        """Take in what an epoch took of models that were trained together."""
        key = _key(configs)
        self._seconds.pop(key, None)
        self._seconds[key] = float(f"{seconds:.3g}")
        self._seconds = dict(list(self._seconds.items())[-_MOST:])
        self._settings.set_text(_KEY, json.dumps(self._seconds))

    def estimate(self, configs: Sequence[RunConfig]) -> float | None:
        """Seconds that such a training takes, or None where nobody knows."""
        seconds = self._seconds.get(_key(configs))
        return None if seconds is None else seconds * configs[0].training.epochs


def _key(configs: Sequence[RunConfig]) -> str:
    """What decides how long an epoch takes."""
    return " + ".join(sorted(_one_key(config) for config in configs))


def _one_key(config: RunConfig) -> str:
    data, model, training = config.dataset, config.model, config.training
    parts = (
        data.name, data.image_size, data.colours, model.kind, model.latent_dim, model.architecture, model.hidden,
        model.activation, model.likelihood, training.batch_size, training.precision, training.device,
    )  # fmt: skip
    return "|".join(str(part) for part in parts)


def _is_time(value: object) -> bool:
    return isinstance(value, float) and math.isfinite(value) and value > 0
