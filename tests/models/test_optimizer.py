"""Adam as torch has it, without its class."""

import torch
from torch import nn

from vae_desktop.models.optimizer import Adam


def fresh_model():
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(5, 4), nn.Conv2d(2, 3, 3)).to(memory_format=torch.channels_last)


def set_gradients(model, step):
    random = torch.Generator().manual_seed(step)
    for parameter in model.parameters():
        parameter.grad = torch.empty_like(parameter).copy_(torch.randn(parameter.shape, generator=random))


def test_it_is_torchs_own_to_the_bit():
    ours, theirs = fresh_model(), fresh_model()
    optimizer, reference = Adam(ours), torch.optim.Adam(theirs.parameters(), fused=True)
    for step in range(20):
        rate = 0.01 / (1 + step)
        for model in (ours, theirs):
            set_gradients(model, step)
        reference.param_groups[0]["lr"] = rate
        reference.step()
        optimizer.step(rate)
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(one, other)
        for key, tensor in reference.state[other].items():
            name = next(name for name, parameter in ours.named_parameters() if parameter is one)
            assert torch.equal(torch.from_numpy(optimizer.state()[f"{name}.{key}"]), tensor)


def test_the_encoder_can_have_a_rate_of_its_own():
    ours, theirs = (nn.ModuleDict({"encoder": fresh_model(), "decoder": fresh_model()}) for _ in range(2))
    optimizer = Adam(ours, encoder_rate=0.25)
    groups = [{"params": theirs["encoder"].parameters(), "lr": 0.005}, {"params": theirs["decoder"].parameters()}]
    reference = torch.optim.Adam(groups, lr=0.02, fused=True)
    for step in range(5):
        for model in (ours, theirs):
            set_gradients(model, step)
        reference.step()
        optimizer.step(0.02)
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(one, other)


def test_weights_decay_as_in_torchs_own_to_the_bit():
    ours, theirs = fresh_model(), fresh_model()
    optimizer = Adam(ours, weight_decay=0.05)
    reference = torch.optim.AdamW(theirs.parameters(), lr=0.01, weight_decay=0.05, fused=True)
    for step in range(5):
        for model in (ours, theirs):
            set_gradients(model, step)
        reference.step()
        optimizer.step(0.01)
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_restored_one_goes_on_as_if_never_interrupted():
    whole, first = fresh_model(), fresh_model()
    optimizers = Adam(whole), Adam(first)
    for step in range(6):
        if step == 3:
            state = optimizers[1].state()
            optimizers = optimizers[0], Adam(first)
            optimizers[1].restore(state)
        for model, optimizer in zip((whole, first), optimizers, strict=True):
            set_gradients(model, step)
            optimizer.step(0.1)
    for one, other in zip(whole.parameters(), first.parameters(), strict=True):
        assert torch.equal(one, other)
