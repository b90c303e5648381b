"""Products of matrices in 32 bits, by the quicker one of the two libraries that torch brings for processors.

torch multiplies by MKL, which on processors of other makers than Intel does without AVX-512; oneDNN, with which torch
computes convolutions, does not. On two cores of an AMD EPYC (Zen 5) it takes half the time: 240 instead of 112 GFLOPS
of a core. Where both know the same instructions they are as quick.
"""

import torch
from torch import Tensor, nn

_WORTHWHILE = 1_500_000  # multiplications: of fewer a call of oneDNN takes longer than it gains

_has_onednn = torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")


def product(left: Tensor, right: Tensor, bias: Tensor | None = None, out: Tensor | None = None) -> Tensor:
    """`left` (n, k) times `right` (k, m), plus `bias` (m,) in each row; autograd does not see it.

    Either factor may be a transposed view. Which library computes it depends on device, type and sizes alone, so that
    the same training gives the same numbers each time. The result is in `out` where that library can write to it.
    """
    if _is_for_onednn(left, right.shape[1]):
        found: Tensor = torch.ops.mkldnn._linear_pointwise(left, right.t(), bias, "none", [], "")
        return found
    return torch.mm(left, right, out=out) if bias is None else torch.addmm(bias, left, right, out=out)


def _is_for_onednn(left: Tensor, columns: int) -> bool:
    return (
        _has_onednn
        and left.device.type == "cpu"
        and left.dtype == torch.float32
        and left.numel() * columns >= _WORTHWHILE
    )


class Linear(nn.Linear):
    """torch's layer, computed by `product`."""

    def forward(self, inputs: Tensor) -> Tensor:
        if not _is_for_onednn(inputs, self.out_features) or torch.is_autocast_enabled("cpu"):
            return super().forward(inputs)
        if not torch.is_grad_enabled():
            return product(inputs, self.weight.t(), self.bias)
        outputs: Tensor = _Affine.apply(inputs, self.weight, self.bias)
        return outputs


class _Affine(torch.autograd.Function):
    """inputs (n, k) by weight (m, k) and bias (m,) to (n, m)."""

    @staticmethod
    def forward(ctx, inputs, weight, bias):  # type: ignore[no-untyped-def]
        ctx.save_for_backward(inputs, weight)
        return product(inputs, weight.t(), bias)

    @staticmethod
    def backward(ctx, slope):  # type: ignore[no-untyped-def]
        inputs, weight = ctx.saved_tensors
        to_inputs = product(slope, weight) if ctx.needs_input_grad[0] else None
        return to_inputs, product(slope.t(), inputs), slope.sum(0)
