"""What is freed goes back to the system."""

import platform

import pytest
import torch

from vae_desktop.bench.memory import resident_megabytes
from vae_desktop.engine.processor import give_back_memory

_MEGABYTES = 60


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries cannot be told so")
def test_memory_between_what_is_still_used_is_given_back() -> None:
    # Blocks that end up between others: those that the C library would give back by itself lie at the end.
    blocks = [torch.zeros(100_000, dtype=torch.uint8) for _ in range(10 * _MEGABYTES)]
    kept = blocks[::20]
    before = resident_megabytes()
    del blocks
    held = resident_megabytes()
    give_back_memory()
    assert before - held < _MEGABYTES / 2 < before - resident_megabytes()
    assert all(block.sum() == 0 for block in kept)
