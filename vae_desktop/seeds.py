"""Every random number comes from a stream named by (seed, purpose, place).

No stream is shared and none has a hidden position: the noise of step 500 is the same whether the run
was interrupted before it or not, and a new view or a second model changes no number of the first.
"""

import hashlib

import numpy as np


def derive_seed(seed: int, *names: str | int) -> int:
    """Return a 63-bit seed for the stream called `names` under `seed`."""
    key = "/".join(str(part) for part in (seed, *names)).encode()
    return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "little") >> 1


def random_numbers(seed: int, *names: str | int) -> np.random.Generator:
    """Return numpy's generator at the beginning of the stream called `names` under `seed`."""
    return np.random.default_rng(derive_seed(seed, *names))
