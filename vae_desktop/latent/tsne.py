"""Neighbourhoods of many dimensions laid out in two."""

import itertools
from collections.abc import Callable

import numpy as np

from vae_desktop.errors import UserError
from vae_desktop.language import tr
from vae_desktop.latent.codes import Floats
from vae_desktop.libraries import prepare_sklearn
from vae_desktop.progress import Progress, ignore

_LEAST = 4  # codes: fewer have no neighbourhoods
_PERPLEXITY = 30
_EXAGGERATED, _PLAIN = 250, 500  # steps of the two phases
_EVERY = 10  # steps from one report to the next


def neighbour_map(
    means: Floats,
    threads: int = 1,
    progress: Progress = ignore,
    found: Callable[[Floats], None] = lambda positions: None,
) -> Floats:
    """t-SNE (van der Maaten & Hinton 2008) of codes, by openTSNE; equal codes give equal maps.

    Parameters
    ----------
    means : array (N, d)
    threads : int
        Of the processor, that compute it.
    found : callable
        Is given the positions (N, 2) found so far, every ten steps.

    Returns
    -------
    array (N, 2), float32
        Positions in no unit: only neighbourhoods mean something. NaN for codes that are not finite.

    Raises
    ------
    UserError
        If there are fewer than 4 codes, or all lie on one point.
    Cancelled
        If `progress` raised it.
    """
    kept = np.isfinite(means).all(1)
    codes = means[kept]
    _check_neighbourhoods(codes)
    progress(0, _EXAGGERATED + _PLAIN)  # the import and the search for neighbours take seconds
    prepare_sklearn()
    from openTSNE import TSNE

    def with_gaps(embedding: Floats) -> Floats:
        result = np.full((len(means), 2), np.nan, np.float32)
        result[kept] = embedding
        return result

    steps = itertools.count(_EVERY, _EVERY)  # of both phases; openTSNE counts anew in the second

    def report(_iteration: int, _error: float, embedding: Floats) -> None:
        progress(next(steps), _EXAGGERATED + _PLAIN)
        found(with_gaps(np.asarray(embedding)))

    layout = TSNE(
        perplexity=min(_PERPLEXITY, (len(codes) - 1) / 3),
        early_exaggeration_iter=_EXAGGERATED,
        n_iter=_PLAIN,
        callbacks=report,
        callbacks_every_iters=_EVERY,
        n_jobs=threads,
        random_state=0,
    ).fit(codes)
    progress.check()
    return with_gaps(np.asarray(layout))


def _check_neighbourhoods(codes: Floats) -> None:
    if len(codes) < _LEAST:
        text = tr("t-SNE needs at least {fewest} codes, and there are {count}. Choose Axes or PCA.")
        raise UserError(text.format(fewest=_LEAST, count=len(codes)))
    if not np.ptp(codes, axis=0).any():
        raise UserError(tr("All codes lie on one point: t-SNE has nothing to lay out. Choose Axes or PCA."))
