"""Trains as it is usually done, in a process of its own.

torchvision's data set, a DataLoader that turns images into tensors one by one, and `.item()` after each step: the loop
of PyTorch's own VAE example, which a competent person would write. The app is measured against it.
"""

import time
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision.datasets import MNIST
from torchvision.transforms import ToTensor

BATCH_SIZE = 128
_LEARNING_RATE = 1e-3


class Vae(nn.Module):
    """784-400-20-400-784, Bernoulli."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.mean, self.log_variance = nn.Linear(784, 400), nn.Linear(400, 20), nn.Linear(400, 20)
        self.decoder = nn.Sequential(nn.Linear(20, 400), nn.ReLU(), nn.Linear(400, 784))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        hidden = F.relu(self.hidden(images.flatten(1)))
        mean, log_variance = self.mean(hidden), self.log_variance(hidden)
        codes = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        return self.decoder(codes), mean, log_variance


def loss_of(model: nn.Module, images: Tensor) -> Tensor:
    """Of all images together, in nats."""
    logits, mean, log_variance = model(images)
    reconstruction = F.binary_cross_entropy_with_logits(logits, images.flatten(1), reduction="sum")
    return reconstruction - 0.5 * torch.sum(1 + log_variance - mean.square() - log_variance.exp())


def epoch_seconds(model: nn.Module, images: Dataset[Any], count: int, device: str = "cpu") -> list[float]:
    """Train some epochs; the seconds of each."""
    batches = DataLoader(images, BATCH_SIZE, shuffle=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=_LEARNING_RATE)
    seconds = []
    for _ in range(count):
        began, total = time.perf_counter(), 0.0
        for batch, _ in batches:
            optimizer.zero_grad()
            loss = loss_of(model, batch.to(device))
            loss.backward()
            optimizer.step()
            total += loss.item()
        seconds.append(time.perf_counter() - began)
    return seconds


def epochs(data_dir: str, count: int, device: str = "cpu") -> dict[str, Any]:
    """Train some epochs of MNIST: the seconds of each, evaluation not counted, and the test loss at the end."""
    torch.manual_seed(0)
    train, test = (MNIST(data_dir, train=part, transform=ToTensor()) for part in (True, False))
    model = Vae().to(device)
    seconds = epoch_seconds(model, train, count, device)
    with torch.no_grad():
        losses = [loss_of(model, images.to(device)).item() for images, _ in DataLoader(test, 1000)]
    return {"epoch_seconds": seconds, "test_loss": sum(losses) / len(test)}
