"""Brings the catalogues up to date with the texts in the code: ``python tests/catalogue.py``.

New texts are added without a translation, those that are gone are taken out, and what is read at run time is compiled.
"""

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
HEAD = r'''msgid ""
msgstr ""
"Project-Id-Version: vae_desktop\n"
"Language: {language}\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: {plurals}\n"

'''
KEYWORDS = {"tr": None, "N_": None, "tr_count": (1, 2)}


def extracted() -> Catalog:
    """All texts of the package, as they stand in the code."""
    catalogue = Catalog()
    folder = ROOT / "vae_desktop"
    for _, _, text, comments, _ in extract_from_dir(folder, [("**.py", "python")], keywords=KEYWORDS):
        catalogue.add(text, auto_comments=comments)
    return catalogue


def path_of(language: str, suffix: str) -> Path:
    """The file of a catalogue, ".po" to write in or ".mo" to read from."""
    return ROOT / "resources" / "locale" / language / "LC_MESSAGES" / f"vae_desktop{suffix}"


def read(language: str) -> Catalog:
    """The catalogue that translators write in."""
    with path_of(language, ".po").open("rb") as file:
        return read_po(file, locale=language)


def update(language: str) -> Catalog:
    """Write both files of a catalogue anew."""
    catalogue = read(language)
    catalogue.update(extracted(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    with path_of(language, ".po").open("wb") as file:
        file.write(HEAD.format(language=language, plurals=catalogue.plural_forms).encode())
        write_po(file, catalogue, width=120, omit_header=True, sort_output=True, no_location=True)
    catalogue = read(language)
    with path_of(language, ".mo").open("wb") as file:
        write_mo(file, catalogue)
    return catalogue


if __name__ == "__main__":
    for folder in sorted((ROOT / "resources" / "locale").iterdir()):
        found = update(folder.name)
        missing = [message.id for message in found if message.id and not message.string]
        print(f"{folder.name}: {len(found)} texts, {len(missing)} without a translation")
