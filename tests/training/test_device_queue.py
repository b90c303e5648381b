"""How far training runs ahead of its device, which is emulated: one that computes steps at its own pace, in order."""

from collections import deque

import pytest
import torch

from vae_desktop.training import recorded_step
from vae_desktop.training.batches import Batches
from vae_desktop.training.recorded_step import DeviceQueue
from vae_desktop.training.trainer import Trainer


class Device:
    """Takes so many seconds for a step, on a clock of its own that only waiting moves on."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.now = 0.0
        self._ends = deque([0.0])  # of the steps it was given
        self.most_behind = 0

    @property
    def behind(self):
        """How many steps it has been given and not computed."""
        return sum(end > self.now for end in self._ends)

    def marker(self):
        return Marker(self)

    def take(self):
        self._ends.append(max(self.now, self._ends[-1]) + self.seconds)
        self.most_behind = max(self.most_behind, self.behind)
        return self._ends[-1]


class Marker:
    def __init__(self, device):
        self._device = device

    def record(self):
        self._end = self._device.take()

    def synchronize(self):
        self._device.now = max(self._device.now, self._end)


@pytest.fixture
def emulated(monkeypatch):
    """Have the processor stand for a device that computes steps of so many seconds while the thread goes on."""

    def make(seconds):
        device = Device(seconds)
        monkeypatch.setitem(recorded_step.MARKERS, "cpu", device.marker)
        return device

    return make


@pytest.mark.parametrize(("seconds", "most"), [(0.0001, 2), (0.02, 2), (0.049, 2), (0.2, 1), (3.0, 1)])
def test_at_most_two_steps_wait_and_behind_a_long_one_none(emulated, seconds, most):
    """So whatever is asked of the thread is acted on within a step and 50 ms."""
    device = emulated(seconds)
    queue = DeviceQueue(torch.device("cpu"), clock=lambda: device.now)
    waits = []
    for step in range(30):
        queue.make_room()
        queue.add()
        if step > 2:  # it has seen how long they are
            waits.append(device.behind)
            assert device.behind * seconds <= seconds + 0.05
    assert max(waits) == most


def test_a_step_that_becomes_short_again_may_be_followed(emulated):
    device = emulated(0.2)
    queue = DeviceQueue(torch.device("cpu"), clock=lambda: device.now)
    for step in range(20):
        device.seconds = 0.2 if step < 10 else 0.01
        queue.make_room()
        queue.add()
    assert device.behind == 2


def test_training_does_not_run_ahead(emulated, dataset, config):
    device = emulated(0.02)
    batches = Batches(dataset.train.images, 9, 7, torch.device("cpu"))
    trainer = Trainer(config, dataset.image_shape, torch.device("cpu"))
    for step in range(40):
        trainer.step(batches.at(step))
    assert device.most_behind == 2


@pytest.mark.parametrize(("models", "seconds"), [(2, 0.045), (3, 0.04), (4, 0.045), (4, 0.2)])
def test_so_it_is_for_models_that_take_their_steps_in_turn(emulated, models, seconds):
    device = emulated(seconds)
    queues = [DeviceQueue(torch.device("cpu"), clock=lambda: device.now) for _ in range(models)]
    for step in range(30):
        for queue in queues:
            queue.make_room()
            queue.add()
            if step > 2:
                assert device.behind <= models + max(1, 0.05 / seconds)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no such device here")
def test_a_card_is_waited_for():
    queue, numbers = DeviceQueue(torch.device("cuda")), torch.ones(4000, 4000, device="cuda")
    before = [torch.cuda.Event() for _ in range(50)]
    for step, event in enumerate(before):
        queue.make_room()
        assert step < 2 or before[step - 1].query()  # all before the last step has been computed
        event.record()
        numbers = numbers @ numbers / 4000
        queue.add()
    assert float(numbers.max()) == pytest.approx(1, rel=1e-3)
