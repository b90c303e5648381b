"""The named streams of random numbers, as torch draws them, and the noise that a denoising autoencoder undoes."""

import torch
from torch import Tensor

from vae_desktop.seeds import derive_seed


def generator(seed: int, *names: str | int, device: torch.device | str = "cpu") -> torch.Generator:
    """Return torch's generator at the beginning of the stream called `names` under `seed`."""
    result = torch.Generator(device)
    result.manual_seed(derive_seed(seed, *names))
    return result


def corrupted(
    images: Tensor, noise: str, strength: float, random: torch.Generator, size: int = 0, part: slice = slice(None)
) -> Tensor:
    """Images with noise (Vincent et al. 2010, "Stacked denoising autoencoders", section 3.3).

    Parameters
    ----------
    images : Tensor (N, C, H, W), 0 to 1
    noise : {"gaussian", "masking", "salt-and-pepper"}
    strength : float, 0 to 1
        Standard deviation of the normal noise, or the fraction of the pixels that is hit. All channels of a pixel are
        hit together.
    random : torch.Generator
        On the images' device.
    size : int, optional
        How many images the batch has of which these are a part; by default these are all.
    part : slice, optional
        Which of the batch they are: each has the noise that it would have among all.

    Returns
    -------
    Tensor (N, C, H, W), 0 to 1
    """
    size = size or len(images)
    if noise == "gaussian":
        shift = torch.randn((size, *images.shape[1:]), generator=random, device=images.device)[part]
        return (images + strength * shift).clamp_(0, 1)
    chance = torch.rand(size, 1, *images.shape[2:], generator=random, device=images.device)[part]
    if noise == "masking":
        return images * (chance >= strength)
    # The lower half of the pixels that are hit becomes black, the upper half white.
    return torch.where(chance < strength, (chance >= strength / 2).to(images.dtype), images)
