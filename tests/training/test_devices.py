"""Which devices are found and chosen, where graphics cards are emulated: PyTorch is told that they are there.

What a card would answer is raised by its first kernel; no card has been at hand.
"""

import os
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from vae_desktop.errors import DeviceError
from vae_desktop.training import devices
from vae_desktop.training.batches import Batches
from vae_desktop.training.devices import find_devices, has_bfloat16, name_of, select_device

NO_KERNELS = (
    "CUDA error: no kernel image is available for execution on the device\n"
    "CUDA kernel errors might be asynchronously reported at some other API call"
)
ASSERTED = "CUDA error: device-side assert triggered\nCompile with TORCH_USE_CUDA_DSA"


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


@pytest.fixture
def machine(monkeypatch):
    """A machine with CUDA cards, Apple's processor, or both, some of which answer their first kernel with an error."""

    def make(cards=0, mps=False, **faults):
        card = SimpleNamespace(name="NVIDIA Test", major=6, minor=1, total_memory=8_100_000_000)
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cards > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: cards)
        monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index: card)
        monkeypatch.setattr(torch.cuda, "set_device", lambda device: used.append(str(device)))
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

        def run_kernel(device):
            fault = faults.get(f"{device.type}{device.index or 0}")
            if fault:
                raise RuntimeError(fault)

        monkeypatch.setattr(devices, "run_kernel", run_kernel)
        return used

    used = []
    flags = torch.backends.cudnn.deterministic, torch.backends.cudnn.allow_tf32
    monkeypatch.setattr(os, "environ", dict(os.environ))
    yield make
    torch.backends.cudnn.deterministic, torch.backends.cudnn.allow_tf32 = flags


def test_the_processor_of_this_machine_computes():
    devices.run_kernel(torch.device("cpu"))
    assert select_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize(
    ("machine_has", "chosen", "passed_over"),
    [
        ({}, "cpu", []),
        ({"cards": 1}, "cuda:0", []),
        ({"mps": True}, "mps", []),
        ({"cards": 1, "cuda0": NO_KERNELS}, "cpu", ["no kernels for this card"]),
        ({"cards": 2, "cuda0": NO_KERNELS}, "cuda:1", ["number 0, is not used"]),
        ({"cards": 1, "mps": True, "cuda0": NO_KERNELS, "mps0": "MPS backend out of memory"}, "cpu", ["no", "full"]),
        ({"cards": 1, "cuda0": ASSERTED}, "cpu", ["stays until this program is started again"]),
    ],
)
def test_the_quickest_device_that_works_is_chosen_and_others_are_told_of(machine, machine_has, chosen, passed_over):
    machine(**machine_has)
    told = []
    assert str(select_device("auto", told.append)) == chosen
    assert len(told) == len(passed_over)
    for words, expected in zip(told, passed_over, strict=True):
        assert expected in words


@pytest.mark.parametrize(
    ("machine_has", "name", "words"),
    [
        ({"cards": 1, "cuda0": NO_KERNELS}, "cuda", "cannot be used: The installed PyTorch has no kernels"),
        ({"cards": 2, "cuda1": "CUDA out of memory"}, "cuda:1", "number 1, cannot be used: Its memory is full"),
        ({"cards": 1}, "cuda:1", "There is no graphics card of that number"),
        ({"mps": True, "mps0": "the shader is lost"}, "mps", "cannot be used: the shader is lost"),
        ({}, "mps", "not available on this machine. MPS is for Apple computers."),
    ],
)
def test_a_device_that_was_asked_for_and_does_not_work_is_refused_with_the_reason(machine, machine_has, name, words):
    machine(**machine_has)
    with pytest.raises(DeviceError, match=words) as raised:
        select_device(name)
    assert "Choose the CPU or Automatic" in str(raised.value)


def test_why_there_is_no_cuda_is_said(machine, monkeypatch):
    machine()
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    too_old = "The NVIDIA driver on your system is too old (found version 11040). Please update your GPU driver."

    def init():
        raise RuntimeError(too_old)

    monkeypatch.setattr(torch.cuda, "init", init)
    about = next(device for device in find_devices() if device.name == "cuda")
    assert not about.is_there
    assert about.about.startswith("The NVIDIA driver on your system is too old (found version 11040). Update")
    monkeypatch.setattr(torch.version, "cuda", None)
    assert "built without CUDA" in find_devices()[0].about


def test_each_of_several_cards_can_be_chosen(machine):
    used = machine(cards=2)
    assert [device.name for device in find_devices()] == ["cuda", "cuda:0", "cuda:1", "mps", "cpu"]
    assert "NVIDIA Test, compute capability 6.1, 8 GB" in [device.about for device in find_devices()]
    for name in ("cuda:1", "cuda:0", "cuda"):
        select_device(name)
    assert used == ["cuda:1", "cuda:0", "cuda:0"]  # the thread's own card, on which graphs and events are made
    assert name_of(torch.device("cuda:1")) == "cuda:1"


def test_a_card_alone_has_no_number(machine):
    machine(cards=1)
    assert [device.name for device in find_devices() if device.is_there] == ["cuda", "cpu"]
    assert str(select_device("cuda:0")) == "cuda:0"
    assert name_of(torch.device("cuda:0")) == "cuda"


def test_on_cuda_the_same_is_computed_each_time_in_32_bits(machine):
    machine(cards=1)
    torch.backends.cudnn.deterministic, torch.backends.cudnn.allow_tf32 = False, True  # as torch begins
    select_device("auto")
    assert torch.backends.cudnn.deterministic
    assert not torch.backends.cudnn.benchmark
    assert not torch.backends.cudnn.allow_tf32
    assert not torch.backends.cuda.matmul.allow_tf32
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"


@pytest.mark.parametrize("free", [None, 4_000, 1_000])
def test_images_that_would_fill_a_devices_memory_stay_in_the_main_one(monkeypatch, free):
    images = np.arange(40 * 16, dtype=np.uint8).reshape(40, 1, 4, 4)
    expected = [batch.images for batch in map(Batches(images, 9, 7, torch.device("cpu")).at, range(12))]
    moved = []
    monkeypatch.setattr(devices, "free_memory", lambda device: free)
    monkeypatch.setattr(torch.Tensor, "to", lambda tensor, *where, **how: moved.append(len(tensor)) or tensor)
    batches = Batches(images, 9, 7, torch.device("cpu"))
    stays = free == 1_000  # of which 640 bytes would be more than half
    assert (40 in moved) is not stays
    for step, batch in enumerate(expected):
        assert torch.equal(batches.at(step).images, batch)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no such device here")
def test_on_a_card_batches_from_the_main_memory_are_those_from_its_own(monkeypatch):
    images = np.arange(40 * 16, dtype=np.uint8).reshape(40, 1, 4, 4)
    device = select_device("cuda")
    expected = Batches(images, 9, 7, device)
    monkeypatch.setattr(devices, "free_memory", lambda device: 1_000)
    found = Batches(images, 9, 7, device)
    assert found.images.device.type == "cpu"
    for step in range(12):
        assert torch.equal(found.at(step).images, expected.at(step).images)
