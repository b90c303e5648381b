"""The processes that train together, each on its share of every batch; one alone is the trivial case of them.

PyTorch's torchrun starts them and tells each by its environment which one it is. Their gradients are averaged by
DistributedDataParallel, over NCCL between NVIDIA's cards and over gloo elsewhere; whatever else they tell one another
is small, and goes over gloo. No number of a training depends on how many there are, but for the order of sums.
"""

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from vae_desktop.errors import InvalidSetting, UserError
from vae_desktop.language import tr

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

Result = TypeVar("Result")


@dataclass(frozen=True, eq=False)
class Processes:
    """The processes of a training, as one of them sees them.

    Where something is asked of all of them, each has to ask for it, and in the same order; it waits for the others.

    Attributes
    ----------
    rank : int
        Which one this is, from 0, the leader, which alone writes and speaks.
    count : int
        How many there are.
    local_rank, local_count : int
        Which one of those of its machine this is, and how many these are.
    has_agent : bool
        Whether torchrun watches over them: it ends all by a signal, and starts all anew where one has failed.
    is_restart : bool
        Whether it has done so.
    """

    rank: int = 0
    count: int = 1
    local_rank: int = 0
    local_count: int = 1
    has_agent: bool = False
    is_restart: bool = False

    @property
    def are_several(self) -> bool:
        return self.count > 1

    @property
    def leads(self) -> bool:
        """Whether this is the one that writes and speaks."""
        return self.rank == 0

    def share(self, size: int) -> slice:
        """Which of `size` things in a row are this process's; there may be none where these are fewer."""
        return slice(self.rank * size // self.count, (self.rank + 1) * size // self.count)

    def gathered(self, value: Result) -> list[Result]:
        """What each process has, in their order."""
        if not self.are_several:
            return [value]
        import torch.distributed as dist

        found: list[Any] = [None] * self.count
        dist.all_gather_object(found, value)
        return found

    def summed(self, values: "Tensor") -> "Tensor":
        """The sum over the processes of a tensor in the main memory, added up in their order: the same in each."""
        return functools.reduce(lambda one, other: one + other, self.gathered(values))

    def led(self, work: Callable[[], Result]) -> Result:
        """What the leader alone does and all are told; where it fails the others end without a word."""
        if not self.are_several:
            return work()
        import torch.distributed as dist

        told: list[Any] = [None, False]
        try:
            if self.leads:
                told = [work(), True]
        finally:
            dist.broadcast_object_list(told, src=0)
        if not told[1]:
            raise SystemExit(1)
        return told[0]

    def leader_first(self, work: Callable[[], Result]) -> Result:
        """What each does for itself, the leader before the others, which find what it has left on the disk."""
        own: list[Result] = []
        self.led(lambda: own.append(work()))
        return own[0] if own else work()

    def synchronised(self, module: "nn.Module") -> "nn.Module":
        """The module, whose parameters are now the leader's, and whose gradients become means over the processes."""
        from torch.nn.parallel import DistributedDataParallel

        return DistributedDataParallel(module, gradient_as_bucket_view=True)

    def select_device(self, name: str, tell: Callable[[str], object]) -> "torch.device":
        """The device of that name for this process: of cards one of its own, as many as there are processes.

        Parameters
        ----------
        name, tell
            As `devices.select_device` takes them.

        Raises
        ------
        DeviceError
            If it is not there, or cannot be used.
        UserError
            If it cannot be one for each process.
        """
        from vae_desktop.training.devices import select_device

        if not self.are_several:
            return select_device(name, tell)
        device = select_device(self._own_device(name, tell), tell)
        found = sorted(set(self.gathered(device.type)))
        if len(found) > 1:
            text = tr("The processes have found different devices: {devices}. Choose one for all with --device.")
            raise UserError(text.format(devices=", ".join(found)))
        return device

    def check_batch_size(self, batch_size: int) -> None:
        """Raise InvalidSetting if a batch has no image for some of the processes."""
        if batch_size < self.count:
            text = tr(
                "A batch of {size} cannot be shared by {count} processes: choose a larger batch, or fewer processes."
            )
            raise InvalidSetting("batch_size", text.format(size=batch_size, count=self.count))

    def _own_device(self, name: str, tell: Callable[[str], object]) -> str:
        import torch

        if name not in ("auto", "cuda"):
            if name != "cpu":
                text = tr("{device} is one device, and {count} processes need one each: choose cuda, cpu or auto.")
                raise InvalidSetting("device", text.format(device=name, count=self.count))
            return name
        cards = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if cards >= self.local_count:
            return f"cuda:{self.local_rank}"
        text = tr("This machine has {cards} of the {count} NVIDIA graphics cards that its processes need, one each.")
        text = text.format(cards=cards, count=self.local_count)
        if name == "cuda":
            if self.local_rank:
                raise SystemExit(1)  # the first one of each machine says it
            raise UserError(f"{text} {tr('Start as many processes as there are cards, or choose the CPU.')}")
        if cards and self.local_rank == 0:
            tell(f"{text} {tr('They compute on the processor.')}")
        return "cpu"


ALONE = Processes()


class Agreement:
    """What processes agree on though it depends on time: after the same steps of each, some times a second.

    To be called after each step, by all of them.

    Parameters
    ----------
    processes : Processes
    clock : callable
        Seconds.
    """

    _INTERVAL = 0.25  # seconds between two agreements, about
    _MOST = 1000  # steps between them

    def __init__(self, processes: Processes, clock: Callable[[], float] = time.perf_counter) -> None:
        self._processes = processes
        self._clock = clock
        self._steps, self._due = 0, 1
        self._met = 0, clock()  # the steps and the time of the last one

    def __call__(self, *wishes: bool) -> tuple[bool, ...]:
        """Whether any process wishes each of these; nobody does before an agreement is due."""
        self._steps += 1
        return self.now(*wishes) if self._steps >= self._due else (False,) * len(wishes)

    def now(self, *wishes: bool) -> tuple[bool, ...]:
        """The same between two steps, whether it is due or not."""
        steps, began = self._met
        found = self._processes.gathered((self._clock() - began, *wishes))
        longest = max(seconds for seconds, *_ in found)
        taken = self._steps - steps
        if taken:
            between = min(int(self._INTERVAL * taken / max(longest, 1e-9)), self._MOST)
            self._due, self._met = self._steps + max(between, 1), (self._steps, self._clock())
        return tuple(any(wish) for wish in list(zip(*found, strict=True))[1:])
