"""vae_desktop: see and test why a variational autoencoder's latent space is continuous.

For programs: the names in `__all__`, each loaded when it is first asked for, so that the package alone brings neither
torch nor Qt.

    config = RunConfig().with_settings(name="digits", latent_dim=2, epochs=20)
    training = TrainingLoop([config], load_dataset(config.dataset, Path("data")), select_device("auto"))
    for reports in training.epochs():
        print(reports[0].evaluation.total)
    save_checkpoints(Path("model.safetensors"), [training.checkpoint_of(training.models[0])])
"""

import importlib
from typing import Any

__version__ = "0.1.0"

_MODULES = {
    "RunConfig": "config",
    "TrainingLoop": "training.loop",
    "load_checkpoint": "training.checkpoint",
    "load_dataset": "data.load",
    "restored_model": "models.autoencoder",
    "save_checkpoints": "training.checkpoint",
    "select_device": "training.devices",
}
__all__ = ["__version__", *_MODULES]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
