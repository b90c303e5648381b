"""Products of matrices are torch's own, whichever library computes them."""

import pytest
import torch
from torch import nn

from vae_desktop.models.products import Linear, product

SIZES = [(3, 5, 7), (128, 784, 400), (128, 400, 784), (1, 2000, 2000)]


def drawn(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("transposed", ["neither", "left", "right", "both"])
def test_a_product_is_that_of_the_definition(size, transposed) -> None:
    rows, inner, columns = size
    left = drawn(inner, rows).t() if transposed in ("left", "both") else drawn(rows, inner)
    right = drawn(columns, inner).t() if transposed in ("right", "both") else drawn(inner, columns)
    bias, expected = drawn(columns), left.double() @ right.double()
    scale = {"rtol": 0.0, "atol": 1e-5 * inner}
    torch.testing.assert_close(product(left, right).double(), expected, **scale)
    torch.testing.assert_close(product(left, right, bias).double(), expected + bias, **scale)
    torch.testing.assert_close(product(left, right, out=torch.empty(rows, columns)).double(), expected, **scale)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_layer_and_its_gradients_are_those_of_torch(size) -> None:
    rows, inputs, outputs = size
    found, expected = Linear(inputs, outputs), nn.Linear(inputs, outputs)
    expected.load_state_dict(found.state_dict())
    slopes = []
    for layer in (found, expected):
        images = drawn(rows, inputs).requires_grad_()
        result = layer(images)
        (result * drawn(rows, outputs)).sum().backward()
        slopes.append((result, images.grad, layer.weight.grad, layer.bias.grad))
    for ours, theirs in zip(*slopes, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-3)


def test_a_layer_computes_in_16_bits_where_it_is_told_to() -> None:
    with torch.autocast("cpu", torch.bfloat16):
        assert Linear(2000, 2000)(drawn(1, 2000)).dtype == torch.bfloat16
