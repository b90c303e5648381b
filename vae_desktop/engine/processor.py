"""How torch and numpy share the processor with the rest of the app; to be said before torch is loaded."""

import os

_SPINS, _SPINS_ALONE = "1000", "10000"


def prepare_threads(is_alone: bool = False) -> None:
    """Let torch's threads wait for each other only briefly before they sleep, and numpy's products use one thread.

    Without a window beside them (`is_alone`) they may wait longer: steps of MNIST are a fifth quicker on two cores.
    Beside one, that would add half to the time in which a slider is followed.

    GNU OpenMP's threads spin while they wait. On a processor with something else to do, and a window is always
    something, they then wait for a thread that cannot run: a step's time grows several times. What the person
    has set in the environment stays. numpy's BLAS has threads of its own, which fight with those of a training: a
    product of two small matrices then takes 40 ms instead of 0.1, in the window's thread.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", _SPINS_ALONE if is_alone else _SPINS)
    from threadpoolctl import ThreadpoolController

    ThreadpoolController().select(internal_api="openblas").limit(limits=1)
