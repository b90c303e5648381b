"""The models that come with the app; resources/models/README.md says how each was made."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

from vae_desktop.language import N_
from vae_desktop.resources import resource_path
from vae_desktop.settings import Choice


@dataclass(frozen=True)
class Example(Choice):
    """A bundled model, by its file's name."""

    @property
    def path(self) -> Path:
        return resource_path(f"models/{self.name}")


_EXAMPLES = (
    Example(
        "vae-2d.safetensors",
        N_("VAE 2-D"),
        N_("Squared error and KL divergence together: one continuous cloud of digits."),
    ),
    Example(
        "ae-2d.safetensors",
        N_("AE 2-D"),
        N_("Reconstruction alone: clusters with holes between them."),
    ),
    Example(
        "vae-20d.safetensors",
        N_("VAE 20-D"),
        N_("The best of the bundled models: sharp digits, and more dimensions than can be seen at once."),
    ),
    Example(
        "vae-20d-words.safetensors",
        N_("VAE 20-D, with words"),
        N_("The same model with a diffusion in its latent space: type what it is to draw under Words."),
    ),
    Example(
        "ae-20d.safetensors",
        N_("AE 20-D"),
        N_(
            "Near-perfect reconstructions, and nothing that holds its codes together: random codes from N(0, I) miss "
            "them."
        ),
    ),
)


def examples() -> tuple[Example, ...]:
    """The bundled models, the one to begin with first; those that this installation lacks are left out."""
    there = []
    for example in _EXAMPLES:
        with contextlib.suppress(FileNotFoundError):
            if example.path.is_file():
                there.append(example)
    return tuple(there)
