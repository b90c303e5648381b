"""What is said of random codes: how many lie off those of real images, and what the plot does not show of it."""

import numpy as np
import numpy.typing as npt

from vae_desktop.language import tr
from vae_desktop.latent.codes import Codes, CodeSpread, Place

_MUCH = 2.0  # times as far as what is drawn: from there on it covers a small part of the codes


def where_they_lie(places: npt.NDArray[np.int8]) -> str:
    """How many of some codes (M,) lie off those of real images, and where."""
    names = {
        Place.INSIDE: tr("{count} nearer to the codes' middle than real ones"),
        Place.OUTSIDE: tr("{count} further out than real ones"),
        Place.HOLE: tr("{count} in holes between codes"),
    }
    counts = {place: int((places == place).sum()) for place in names}
    off = tr(", ").join(names[place].format(count=each) for place, each in counts.items() if each)
    if not off:
        return tr("All {count} random codes lie among the codes.").format(count=len(places))
    return tr("Of {count} random codes: {off}.").format(count=len(places), off=off)


def reach_of_prior(codes: Codes, temperature: float) -> str:
    """That N(0, I), times the temperature, misses most of what the decoder knows, if it does; else nothing."""
    stddev = CodeSpread.of(codes).stddev.astype(np.float64)
    times = float(np.sqrt((stddev**2).mean())) / max(temperature, 1e-6)
    if times < _MUCH:
        return ""
    text = tr(
        "N(0, I) covers a small part of these codes: they spread {times} times as far. "
        "<i>Box of codes</i> draws from all of it."
    )
    return text.format(times=f"{times:.0f}" if times >= 10 else f"{times:.1f}")


def about_the_plot(latent_dim: int) -> str:
    """That far codes look near where the plot has fewer dimensions than the codes; else nothing."""
    text = tr("The plot shows 2 of {count} dimensions: in it, far codes can look near.")
    return text.format(count=latent_dim) if latent_dim > 2 else ""
