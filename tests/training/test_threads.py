"""The number of threads follows what steps take."""

import pytest
import torch

from vae_desktop.training.threads import ThreadTuner


class Processor:
    """Steps whose time depends on the number of threads that is set; time passes only with them."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.now = 0.0
        self.used = []

    def clock(self):
        return self.now

    def run(self, tuner, steps):
        for _ in range(steps):
            count = torch.get_num_threads()
            self.used.append(count)
            self.now += self.seconds[count]
            tuner.step_done()


@pytest.fixture(autouse=True)
def eight_threads():
    """As on a machine of eight cores; afterwards as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(8)
    yield
    torch.set_num_threads(before)


def test_it_takes_as_many_as_pay():
    processor = Processor({1: 0.010, 2: 0.006, 4: 0.004, 8: 0.005})
    processor.run(ThreadTuner(processor.clock), 300)
    assert torch.get_num_threads() == 4


def test_it_does_not_try_more_than_pay():
    processor = Processor({1: 0.010, 2: 0.010})
    processor.run(ThreadTuner(processor.clock), 1000)
    assert torch.get_num_threads() == 1
    assert max(processor.used) == 2


def test_it_uses_all_where_all_pay_and_no_more():
    processor = Processor({1: 0.010, 2: 0.006, 4: 0.004, 8: 0.003})
    processor.run(ThreadTuner(processor.clock), 300)
    assert torch.get_num_threads() == 8


def test_it_takes_fewer_as_soon_as_others_need_the_processor():
    processor = Processor({1: 0.010, 2: 0.006, 4: 0.007})
    tuner = ThreadTuner(processor.clock)
    processor.run(tuner, 300)
    assert torch.get_num_threads() == 2
    processor.seconds = {1: 0.012, 2: 0.020, 4: 0.030}
    processor.run(tuner, 400)
    assert torch.get_num_threads() == 1
    processor.seconds = {1: 0.010, 2: 0.006, 4: 0.007}
    processor.run(tuner, 1000)
    assert torch.get_num_threads() == 2


def test_searching_takes_a_small_share_of_the_time():
    processor = Processor({1: 0.100, 2: 0.060, 4: 0.100})
    tuner = ThreadTuner(processor.clock)
    processor.run(tuner, 5000)
    elsewhere = sum(count != 2 for count in processor.used)
    assert 0 < elsewhere / len(processor.used) < 0.06


def test_a_pause_now_and_then_does_no_harm():
    processor = Processor({1: 0.010, 2: 0.006, 4: 0.010})
    tuner = ThreadTuner(processor.clock)
    for _ in range(60):
        processor.run(tuner, 5)
        processor.now += 100
    assert torch.get_num_threads() == 2


def test_other_models_are_looked_at_anew():
    processor = Processor({1: 0.010, 2: 0.006, 4: 0.004, 8: 0.003})
    tuner = ThreadTuner(processor.clock)
    processor.run(tuner, 300)
    tuner.begin()
    processor.seconds = {1: 0.001, 2: 0.002}
    processor.used.clear()
    processor.run(tuner, 100)
    assert torch.get_num_threads() == 1
    assert max(processor.used) == 2


def test_at_the_end_torch_has_its_own_number_again():
    processor = Processor({1: 0.010, 2: 0.020})
    tuner = ThreadTuner(processor.clock)
    processor.run(tuner, 100)
    tuner.end()
    assert torch.get_num_threads() == 8
