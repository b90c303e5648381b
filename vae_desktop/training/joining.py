"""How a process finds the others with which it trains: by the environment that torchrun gives each of them."""

import os
import re
import time
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from vae_desktop.errors import UserError
from vae_desktop.language import tr
from vae_desktop.training.processes import ALONE, Processes

if TYPE_CHECKING:
    from torch._C._distributed_c10d import Store

_VARIABLES = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")  # all that a process needs to find the others
_JOINING = timedelta(minutes=5)  # until all are there: torchrun starts them together
_LOOK = 0.05  # seconds between two looks for those that have not come
_SILENCE = timedelta(hours=1)  # of one that is still there: it may be reading a large data set for all


def rank_of_several() -> int:
    """Which one this process is of those that are to train together, by the environment; 0 for one alone, too."""
    count, rank = (os.environ.get(name, "") for name in ("WORLD_SIZE", "RANK"))
    return int(rank) if count.isdecimal() and int(count) > 1 and rank.isdecimal() else 0


def joined(patience: timedelta = _JOINING) -> Processes:
    """The processes that this one belongs to by its environment, once all of them are there.

    The environment has RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT, as torchrun and others set them; without them it
    is alone.

    Parameters
    ----------
    patience : timedelta
        How long to wait for the others.

    Raises
    ------
    UserError
        If the variables are set by half, PyTorch cannot do it, or not all of the processes come.
    """
    has_agent = "TORCHELASTIC_RUN_ID" in os.environ
    given = [name for name in _VARIABLES[:2] if os.environ.get(name)]
    if not given:
        return ALONE
    missing = [name for name in _VARIABLES if not os.environ.get(name)]
    if missing and os.environ.get("WORLD_SIZE") != "1":
        text = tr(
            "{given} is set for several processes, but not {missing}: start them with torchrun, which sets all of it, "
            "or unset {given} for one process alone."
        )
        raise UserError(text.format(given=", ".join(given), missing=", ".join(missing)))
    rank, count, local_rank, local_count = (
        _number(name, default)
        for name, default in (("RANK", 0), ("WORLD_SIZE", 1), ("LOCAL_RANK", 0), ("LOCAL_WORLD_SIZE", 1))
    )
    if not (0 <= rank < count and 0 <= local_rank < local_count):
        text = tr("RANK is {rank} and WORLD_SIZE {count}: processes are numbered from 0 to one less than there are.")
        raise UserError(text.format(rank=rank, count=count))
    if count > 1:
        _join(rank, count, f"{os.environ['MASTER_ADDR']}:{os.environ['MASTER_PORT']}", patience)
    is_restart = _number("TORCHELASTIC_RESTART_COUNT", 0) > 0
    return Processes(rank, count, local_rank, local_count, has_agent, is_restart)


def _number(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    try:
        return int(text)
    except ValueError:
        raise UserError(tr("{name} is {text}, and not a number.").format(name=name, text=repr(text))) from None


def _join(rank: int, count: int, address: str, patience: timedelta) -> None:
    """Wait for the others, and let torch connect them."""
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "FATAL")  # which torch reads now: what fails is told below in words
    import torch
    import torch.distributed as dist

    if not dist.is_available() or not dist.is_gloo_available():
        text = tr("This PyTorch was built without gloo, by which processes train together: start one process alone.")
        raise UserError(text)
    from torch._C._distributed_c10d import PrefixStore
    from torch.distributed.rendezvous import rendezvous

    has_nccl = torch.cuda.is_available() and dist.is_nccl_available()
    try:
        store, *_ = next(rendezvous("env://", rank, count, timeout=patience))
        meeting = _meet(store, rank, count, patience)
    except (RuntimeError, ValueError) as error:  # torch has several kinds for it
        text = tr(
            "Not all of the {count} processes have met at {address} (MASTER_ADDR and MASTER_PORT) within {seconds:.0f} "
            "seconds: {reason}. See that as many are started as WORLD_SIZE says, and that all can reach that address."
        )
        reason = re.split(r"\.\s|\n", str(error).strip(), maxsplit=1)[0].rstrip(".")
        text = text.format(count=count, address=address, seconds=patience.total_seconds(), reason=reason)
        raise UserError(text) from error
    store = PrefixStore(meeting, store)
    store.set_timeout(_SILENCE)
    backend = "cpu:gloo,cuda:nccl" if has_nccl else "gloo"
    dist.init_process_group(backend, store=store, rank=rank, world_size=count, timeout=_SILENCE)


def _meet(store: "Store", rank: int, count: int, patience: timedelta) -> str:
    """A name for this meeting of the processes, once all are there.

    torchrun keeps its store for those that it starts anew: what the ones before have left there is not to be taken for
    theirs. So each gets the name by a word of its own, and says that it has it.

    Raises
    ------
    RuntimeError
        If not all come; of several kinds.
    """
    word, ended = uuid.uuid4().hex, time.monotonic() + patience.total_seconds()
    store.set(f"hello/{rank}", word)
    if rank:
        store.wait([f"meeting/{word}"], patience)
        meeting = store.get(f"meeting/{word}").decode()
        store.set(f"{meeting}/{rank}", "here")
        store.wait([f"{meeting}/all"], patience)
        return meeting
    others = range(1, count)
    while missing := [other for other in others if not store.check([f"{word}/{other}"])]:
        for other in [other for other in missing if store.check([f"hello/{other}"])]:
            store.set(f"meeting/{store.get(f'hello/{other}').decode()}", word)
        if time.monotonic() > ended:
            raise RuntimeError(tr("{count} have not come").format(count=len(missing)))
        time.sleep(_LOOK)
    store.set(f"{word}/all", "here")
    return word
