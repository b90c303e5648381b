"""What a term means, for tooltips and the glossary: the one place that the window takes definitions from."""

from vae_desktop.glossary import GLOSSARY, Term
from vae_desktop.language import tr
from vae_desktop.latent.measures import MEASURES

OF_SETTINGS = {  # terms that stand in the row of a setting, by its name
    "kind": ("autoencoder", "variational autoencoder"),
    "latent_dim": ("latent dimension", "code"),
    "beta": ("β", "KL divergence", "prior"),
    "likelihood": ("likelihood", "nat"),
    "epochs": ("epoch",),
    "batch_size": ("batch", "step"),
    "seed": ("seed",),
}


def definitions() -> dict[str, str]:
    """The meaning of each term by its name, of what is measured too, in alphabetical order."""
    measures = {entry.label: (entry.definition, entry.source) for entry in MEASURES.values()}
    known = {name.casefold() for name in GLOSSARY}
    texts = {_name(term): tr(term.text) for term in GLOSSARY.values()}
    for name, (definition, source) in measures.items():
        if name.casefold() not in known and not name.startswith("MNIST"):
            texts[_in_a_sentence(tr(name))] = tr(definition) + (f" <i>{source}</i>" if source else "")
    return dict(sorted(texts.items(), key=lambda entry: entry[0].casefold()))


def aliases() -> dict[str, tuple[str, ...]]:
    """By what else each term of the glossary is found."""
    return {_name(term): (term.name, *term.aliases) for term in GLOSSARY.values()}


def with_terms(tip: str, *names: str) -> str:
    """A tooltip, and below it what these terms of the glossary mean.

    Raises
    ------
    KeyError
        If the glossary has no such term.
    """
    meanings = [f"<p><b>{tr(name)}</b>: {tr(GLOSSARY[name].text)}</p>" for name in names]
    return "".join([f"<p>{tip}</p>" if tip else "", *meanings])


def _name(term: Term) -> str:
    """What a term is called in the glossary: in another language followed by the field's English word."""
    name = tr(term.name)
    return name if name == term.name else f"{name} · {term.name}"


def _in_a_sentence(name: str) -> str:
    """A name without its capital, unless it is an abbreviation."""
    return name[0].lower() + name[1:] if name[1:2].islower() else name
