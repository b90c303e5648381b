"""The named streams of random numbers, as torch draws them."""

import torch

from vae_desktop.seeds import derive_seed


def generator(
    seed: int, *names: str | int, device: torch.device | str = "cpu"
) -> torch.Generator:
    """Return torch's generator at the beginning of the stream called `names` under `seed`."""
    result = torch.Generator(device)
    result.manual_seed(derive_seed(seed, *names))
    return result
