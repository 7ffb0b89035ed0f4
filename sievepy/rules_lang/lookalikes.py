"""Letters of other scripts that look like Latin or Cyrillic ones: found and replaced in words of the language.

Somebody who types Russian all day writes `subjeсt` with a Cyrillic `с` and cannot see it.
"""

from __future__ import annotations

import unicodedata

_CYRILLIC = "авекмнорстухіѕјһАВЕКМНОРСТУХІЅЈ"
_LATIN = "abekmhopctyxisjhABEKMHOPCTYXISJ"
_GREEK = "αβεικνορτυχγΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"
_GREEK_LATIN = "abeikvoptuxyABEZHIKMNOPTYX"

_TO_LATIN = str.maketrans(_CYRILLIC + _GREEK, _LATIN + _GREEK_LATIN)
_TO_CYRILLIC = str.maketrans("abeikmhopctyxsjəABEIKMHOPCTYXSJƏ", "авеікмнорстухѕјәАВЕІКМНОРСТУХЅЈӘ")


def to_latin(word: str) -> str | None:
    """The word with its look-alikes made Latin; None if it has none, or is not all ASCII even then."""
    changed = unicodedata.normalize("NFKC", word).translate(_TO_LATIN)
    return changed if changed != word and changed.isascii() else None


def to_cyrillic(word: str) -> str | None:
    """The word with its Latin look-alikes made Cyrillic; None if it has none, or Latin letters are left."""
    changed = word.translate(_TO_CYRILLIC)
    return changed if changed != word and scripts(changed) == {"CYRILLIC"} else None


def foreign_script(word: str) -> str:
    """The script of the first letter that is not Latin, as a word: `Cyrillic`, `Greek`."""
    return next((script.capitalize() for script in sorted(scripts(word)) if script != "LATIN"), "other")


def scripts(word: str) -> set[str]:
    """The scripts of the word's letters, as the first words of their Unicode names; `KAZAKH` letters are Cyrillic."""
    return {unicodedata.name(char, "?").split(" ", 1)[0] for char in word if char.isalpha()}
