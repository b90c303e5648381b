"""What is shown of a word that somebody has typed, and texts that can be tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vae_desktop.gui.views.tools.understood_label import ShownWord
from vae_desktop.language import tr
from vae_desktop.words.vocabulary import stop_words

if TYPE_CHECKING:
    from vae_desktop.words.latent_diffusion import LatentDiffusion
    from vae_desktop.words.understanding import Word

_EXAMPLES, _ROOM = 3, 54  # so many at most, in the room of so many letters
_LATIN = 0x2E80  # Chinese characters come after it


def shown_word(word: Word) -> ShownWord:
    """A word with what there is to say of it."""
    is_known = bool(word.as_) or word.text in stop_words()
    if word.counts:
        about = tr("counts") if word.as_ == word.text else tr("counts, taken for {word}").format(word=word.as_)
    else:
        about = tr("says nothing by itself") if is_known else tr("not known from these images")
    return ShownWord(word.text, word.counts, is_known, about)


def telling_examples(diffusion: LatentDiffusion) -> list[str]:
    """Some of a diffusion's examples, as many as have room: those first that say more than one thing in few letters."""
    asked = {text: len(diffusion.understand(text).facts) for text in diffusion.examples}
    chosen: list[str] = []
    for text in sorted(asked, key=lambda text: (-min(asked[text], 2), _wide(text))):
        if sum(map(_wide, (*chosen, text))) <= _ROOM:
            chosen.append(text)
    return chosen[:_EXAMPLES]


def _wide(text: str) -> int:
    """Of how many Latin letters a text is as wide, about."""
    return sum(2 if ord(letter) > _LATIN else 1 for letter in text)
