"""What there is to say of a training step, in words whose numbers are those of the step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from vae_desktop.language import sentences, tr

if TYPE_CHECKING:
    from vae_desktop.training.observed_step import ObservedStep

_MOST = 4  # dimensions of a code that are written out


def about_batch(observed: ObservedStep) -> str:
    """What the step did to its batch, and whether the two terms of the loss agreed."""
    change = observed.after.total - observed.before.total
    fell, rose = tr("On its own batch the loss fell by {by}."), tr("On its own batch the loss rose by {by}.")
    parts = [(fell if change <= 0 else rose).format(by=f"{abs(change):.3g}"), _about_terms(observed)]
    return sentences(*parts)


def about_image(observed: ObservedStep, number: int, class_names: Sequence[str]) -> str:
    """What the step did to one image of its batch."""
    codes = observed.before.codes
    name = "" if codes.labels is None else class_names[codes.labels[number]]
    title = tr("Image {number} of the batch ({name}).") if name else tr("Image {number} of the batch.")
    parts = [title.format(number=number + 1, name=name)]
    if observed.noise is not None:
        parts.append(tr("Its noise: ε = {noise}.").format(noise=_numbers(observed.noise[number])))
    angles = observed.angles()
    if angles is not None and np.isfinite(angles[number]):
        text = tr("The two terms pull its μ {angle}° apart.")
        parts.append(text.format(angle=f"{angles[number]:.0f}"))
    moved = observed.after.codes.mean[number] - codes.mean[number]
    parts.append(tr("Its μ moved by {way}.").format(way=f"{np.linalg.norm(moved):.3g}"))
    if codes.log_stddev is not None and observed.after.codes.log_stddev is not None:
        before, after = np.exp(codes.log_stddev[number]), np.exp(observed.after.codes.log_stddev[number])
        parts.append(tr("Its σ went from {before} to {after}.").format(before=_numbers(before), after=_numbers(after)))
    return sentences(*parts)


def _about_terms(observed: ObservedStep) -> str:
    if observed.kl is None:
        return tr("Only the reconstruction pulls: an autoencoder has no other term.")
    if observed.kl_weight == 0:
        return tr("Only the reconstruction pulls: the KL term has weight 0.")
    if observed.reconstruction.weights == 0:
        return tr("Only the KL term pulls: the reconstruction has weight 0.")
    balance = observed.balance
    if balance is None:
        return ""
    apart = tr("The gradients of the two terms are {angle}° apart.").format(angle=f"{balance.angle:.0f}")
    of_mean = tr("Means of this batch: μ outwards, reconstruction {outwards}, KL {inwards};")
    of_stddev = tr("log σ, reconstruction {narrowing}, KL {widening}.")
    single = tr("Single images pull far more strongly, in all directions, and most of it cancels.")
    means = {"outwards": balance.outwards, "inwards": -balance.inwards}
    means |= {"narrowing": -balance.narrowing, "widening": balance.widening}
    numbers = {name: f"{value:+.2f}".replace("-", "−") for name, value in means.items()}
    return sentences(apart, of_mean.format(**numbers), of_stddev.format(**numbers), single)


def _numbers(values: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> str:
    """The first numbers of a code, in parentheses where there are several."""
    shown = ", ".join(f"{value:.2f}" for value in values[:_MOST]).replace("-", "−")
    rest = ", …" if len(values) > _MOST else ""
    return f"({shown}{rest})" if len(values) > 1 else shown
