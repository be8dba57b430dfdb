"""Names of columns and tables as words: `descripci_n_del_Proceso`, `VendorID` and `Vendor Id` are read alike."""

import re
import unicodedata

_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_MENDED = (
    # Socrata replaces accented letters by an underscore: descripci_n, n_mero, a_o.
    (re.compile(r"ci_n(?![a-z])"), "cion"),
    (re.compile(r"si_n(?![a-z])"), "sion"),
    (re.compile(r"(?<![a-z])n_mero"), "numero"),
    (re.compile(r"(?<![a-z])c_digo"), "codigo"),
    (re.compile(r"(?<![a-z])t_tulo"), "titulo"),
    (re.compile(r"(?<![a-z])a_o(?![a-z])"), "ano"),
    (re.compile(r"(?<![a-z])categor_a"), "categoria"),
    (re.compile(r"(?<![a-z])direcci_n"), "direccion"),
    (re.compile(r"(?<![a-z])tel_fono"), "telefono"),
    (re.compile(r"(?<![a-z])m_todo"), "metodo"),
)
_LINKING = frozenset(
    {"of", "the", "a", "an", "and", "for", "in", "to", "de", "del", "la", "las", "el", "los", "y", "en", "para"}
)


def plain(text: str) -> str:
    """Give the text in lower case and without accents."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).casefold()


def words(name: str) -> tuple[str, ...]:
    """Give the words of a name, in lower case, without accents and without words that only link others."""
    decomposed = unicodedata.normalize("NFKD", name)
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter)).replace("RFx", "Rfx")
    if bare.islower():
        for broken, mended in _MENDED:
            bare = broken.sub(mended, bare)
    found = (part.casefold() for part in _PARTS.findall(bare))
    return tuple(word for word in found if word not in _LINKING)


def singular(word: str) -> str:
    """Give a word without the ending of an English or Spanish plural, roughly: for comparing names only."""
    if len(word) > 3 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "xes", "ches", "ones", "ores")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
