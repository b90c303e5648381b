"""What errors of devices mean: the words are those that CUDA, cuBLAS, cuDNN, MPS and the processor's allocator use."""

from dataclasses import replace

import pytest
import torch

from vae_desktop.config import TrainingConfig
from vae_desktop.training.failures import (
    device_words,
    failure_words,
    is_of_device,
    is_out_of_memory,
    out_of_memory,
    stays,
)

NO_MEMORY = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB."),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported"),
    RuntimeError("MPS backend out of memory (MPS allocated: 5.00 GB)"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory"),
    MemoryError(),
]
STAYS = [
    RuntimeError("CUDA error: device-side assert triggered\nCUDA kernel errors might be"),
    RuntimeError("CUDA error: an illegal memory access was encountered\nCUDA kernel errors"),
    RuntimeError("CUDA error: unspecified launch failure"),
    RuntimeError("CUDA error: uncorrectable ECC error encountered"),
]


@pytest.mark.parametrize("error", NO_MEMORY)
def test_a_full_memory_is_told_by_its_many_names(error):
    assert is_out_of_memory(error)
    assert not stays(error)
    assert "out of memory. Choose a smaller batch" in failure_words(error)


@pytest.mark.parametrize("error", STAYS)
def test_after_an_error_that_stays_only_a_restart_helps(error):
    assert stays(error)
    assert not is_out_of_memory(error)
    words = failure_words(error, "The model is kept as it was at step 120.")
    assert "stays until the app is started again" in words
    assert "The model is kept as it was at step 120." in words


def test_a_card_without_kernels_has_a_remedy():
    error = RuntimeError("CUDA error: no kernel image is available for execution on the device\nCUDA kernel")
    assert "README" in device_words(error)
    assert "choose the CPU" in failure_words(error)


def test_any_other_error_is_no_devices():
    error = RuntimeError("the cat sat on the cable")
    assert not is_of_device(error)
    assert "the cat sat on the cable" in failure_words(error)


def test_a_full_memory_is_answered_by_what_can_help():
    training = TrainingConfig(batch_size=512)
    on_card, on_cpu = (out_of_memory(device, training) for device in ("cuda", "cpu"))
    assert "a smaller batch than 512" in on_card
    assert "or the CPU as the device" in on_card
    assert "CPU" not in on_cpu
    single = out_of_memory("cuda", replace(training, batch_size=1))
    assert "batch" not in single
    assert "narrower layers" in single
    for device in ("cuda", "cpu"):
        assert "batch" not in out_of_memory(device, training, has_begun=False)
