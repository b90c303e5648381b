"""The language of all texts that a person sees: in the window, on the command line, in messages and in reports.

The source is English. Translations are gettext catalogues under ``resources/locale/LANGUAGE/LC_MESSAGES``; a text that
has none is shown in English. A language is chosen once, before the first text is made: a text that is made already does
not change.
"""

import gettext
import locale
import logging
import os
import struct
import sys
from collections.abc import Mapping

from vae_desktop.resources import resource_path

LANGUAGES = {"en": "English", "zh": "中文"}  # by gettext's name, each in its own words
SYSTEM = "system"
DOMAIN = "vae_desktop"  # of the catalogues

_ENVIRONMENT = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")  # in the order in which gettext reads them
_log = logging.getLogger(__name__)
_catalogue: gettext.NullTranslations = gettext.NullTranslations()
_language = "en"


def tr(text: str) -> str:
    """Return a text in the chosen language; fields in braces are filled in afterwards."""
    return _catalogue.gettext(text) if text else text  # the empty one would give the catalogue's head


def tr_count(one: str, many: str, count: int) -> str:
    """Return the text for one or for many in the chosen language, by its rule of plurals."""
    return _catalogue.ngettext(one, many, count)


def sentences(*texts: str) -> str:
    """Put sentences one after the other, as the chosen language parts them; empty ones are left out."""
    result = ""
    for text in filter(None, texts):
        result = tr("{before} {text}").format(before=result, text=text) if result else text
    return result


def N_(text: str) -> str:
    """Mark a text of a table for translation, which :func:`tr` gives where the text is shown."""
    return text


def use(language: str = SYSTEM, environment: Mapping[str, str] = os.environ) -> str:
    """Choose the language of all texts that are made from now on, and return it.

    Parameters
    ----------
    language : {"system", "en", "zh"}
        That of the system is the first that there is of what LANGUAGE, LC_ALL, LC_MESSAGES and LANG name, in gettext's
        order; where none of them is set, that of the user on Windows. A damaged catalogue leaves English.
    environment : mapping, optional
        Where the system's variables are read.
    """
    global _catalogue, _language
    _catalogue, _language = _read(find(language, environment))
    return _language


def find(language: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return the language that :func:`use` would choose."""
    wanted = _of_system(environment) if language == SYSTEM else [language]
    return next((name for name in wanted if name in LANGUAGES), "en")


def current() -> str:
    """The chosen language."""
    return _language


def _of_system(environment: Mapping[str, str]) -> list[str]:
    """The languages that the system asks for, the best first, without their countries."""
    named = next((environment[name] for name in _ENVIRONMENT if environment.get(name)), "")
    if not named and sys.platform == "win32":
        import ctypes

        named = locale.windows_locale.get(ctypes.windll.kernel32.GetUserDefaultUILanguage(), "")
    return [name.partition(".")[0].partition("@")[0].partition("_")[0].lower() for name in named.split(":")]


def _read(name: str) -> tuple[gettext.NullTranslations, str]:
    if name == "en":
        return gettext.NullTranslations(), name
    try:
        return gettext.translation(DOMAIN, resource_path("locale"), [name]), name
    except (OSError, ValueError, LookupError, struct.error) as error:  # not there, cut off, or of another encoding
        _log.warning("the texts in the language %r cannot be read: %s", name, error)
        return gettext.NullTranslations(), "en"
