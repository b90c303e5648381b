"""Which devices compute in 16 bits."""

import pytest
import torch

from vae_desktop.training.devices import has_bfloat16


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        ({"avx512_bf16": True, "amx_bf16": True}, True),
        ({"avx512_bf16": True, "amx_bf16": False}, False),
        ({"neon": True}, False),
    ],
)
def test_a_processor_needs_tiles_to_be_quicker_with_16_bits(monkeypatch, capabilities, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    assert has_bfloat16(torch.device("cpu")) is expected
