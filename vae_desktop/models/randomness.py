"""Every random number comes from a generator named by (seed, purpose, place).

No stream is shared and none has a hidden position: the noise of step 500 is the same whether the run
was interrupted before it or not, and a new view or a second model changes no number of the first.
"""

import hashlib

import torch


def derive_seed(seed: int, *names: str | int) -> int:
    """Return a 63-bit seed for the stream called `names` under `seed`."""
    key = "/".join(str(part) for part in (seed, *names)).encode()
    return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "little") >> 1


def generator(
    seed: int, *names: str | int, device: torch.device | str = "cpu"
) -> torch.Generator:
    """Return a fresh generator for the stream called `names` under `seed`."""
    result = torch.Generator(device)
    result.manual_seed(derive_seed(seed, *names))
    return result
