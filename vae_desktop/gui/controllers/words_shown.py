"""What is shown of a word that somebody has typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vae_desktop.gui.views.tools.understood_label import ShownWord
from vae_desktop.language import tr

if TYPE_CHECKING:
    from vae_desktop.words.understanding import Word


def shown_word(word: Word) -> ShownWord:
    """A word with what there is to say of it."""
    from vae_desktop.words.text_encoder import stop_words  # torch is there, since there is a diffusion

    is_known = bool(word.as_) or word.text in stop_words()
    if word.counts:
        about = tr("counts") if word.as_ == word.text else tr("counts, taken for {word}").format(word=word.as_)
    else:
        about = tr("says nothing of a picture") if is_known else tr("not known from these images")
    return ShownWord(word.text, word.counts, is_known, about)
