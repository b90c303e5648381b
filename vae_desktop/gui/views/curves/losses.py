"""What the learning curves are drawn of: models, alone, side by side, or forks with those that they come from."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from vae_desktop.config import ModelConfig
from vae_desktop.gui.views.curves.curve import GRADIENT, MARKED, Curve, Mark
from vae_desktop.gui.widgets.theme import MODEL_COLOURS, TERM_COLOURS, current_theme
from vae_desktop.language import tr
from vae_desktop.training.history import Change, History

_MOST_MARKS = 30  # of changes; older ones are left out, and more could not be told apart


class Losses(NamedTuple):
    """A model whose curves are drawn; the name tells it from others beside it.

    Attributes
    ----------
    forked_at : int
        The step at which it left its parent; 0 for a model that has none.
    parent : str
        The name of that one; "" if there is none.
    left_at : int, or None
        The step at which the model that is drawn before it left it: what it went on to from there is drawn faintly.
    """

    name: str
    model: ModelConfig
    history: History
    forked_at: int = 0
    parent: str = ""
    left_at: int | None = None


def term_names() -> dict[str, str]:
    """What each term is called, by its key."""
    return {
        "total": tr("Total"),
        "reconstruction": tr("Reconstruction"),
        "kl": tr("KL"),
        GRADIENT: tr("Gradient"),
    }


def curves_of(models: Sequence[Losses], entries: Sequence[tuple[int, str]], has_parents: bool) -> Iterator[Curve]:
    """Yield the curves of a pane.

    Parameters
    ----------
    models : sequence of Losses
    entries : sequence of (int, str)
        Which model, and which term.
    has_parents : bool
        Each model after the first is the parent of the one before: what two of them share is drawn as the parent's.
    """
    names = term_names()
    for place, term in entries:
        losses = models[place]
        if len(models) == 1:
            name, weights = names[term], losses.model.traits
            if {"reconstruction": weights.reconstruction_weight, "kl": weights.kl_weight}.get(term) == 0:
                name = tr("{name} (weight 0)").format(name=name)  # measured, but not a part of the loss
            yield Curve(name, term, TERM_COLOURS[term], losses.history, losses.history.unit_from)
            continue
        first = max(losses.forked_at, losses.history.unit_from) if has_parents else losses.history.unit_from
        curve = Curve(losses.name, term, MODEL_COLOURS[place], losses.history, first, losses.left_at)
        yield curve
        if losses.left_at is not None:
            yield curve._replace(first=max(first, losses.left_at), last=None, is_beyond=True)


def marks_of(models: Sequence[Losses]) -> tuple[Mark, ...]:
    """The newest changes of settings that are marked, and where models were forked."""
    colours: dict[Change, str] = {}
    for place, entry in enumerate(models):
        for change in dict.fromkeys(entry.history.changes):
            if change.name in MARKED:
                # What was changed for all models at once has the colour of none.
                is_own = len(models) > 1 and change not in colours
                colours[change] = MODEL_COLOURS[place] if is_own else current_theme().muted
    changes = sorted(colours, key=lambda change: change.step)[-_MOST_MARKS:]
    marks = [Mark(change, colours[change]) for change in changes]
    forks = dict.fromkeys((entry.forked_at, entry.parent) for entry in models if entry.parent)
    text = tr("from {parent}") if len(models) == 1 else ""  # the colours tell
    marks += [Mark(Change(step, "", 0), current_theme().muted, text.format(parent=parent)) for step, parent in forks]
    return tuple(marks)
