"""Kazakh word forms: a suffix expander, there being no dictionary to ask.

A word is written in a phrase as

- a noun, in the nominative (`тариф`) or with the possessive of the third person (`актісі`, as in `салыстыру актісі`):
  all numbers, possessors and cases follow;
- a verb, as its infinitive (`төлеу`, `істемеу`) or its third person (`істемейді`): tenses, moods, converbs and the
  verbal noun follow, of the positive verb the negative ones too;
- any other form of a verb (`беріңіз`, `қосып`): only itself.

A word in `-у` is expanded as a noun, too. Forms that nobody writes match nothing, so too many do no harm, unless
they are words of Russian: those the expander of phrases leaves out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from sievepy.words.kazakh_sounds import Harmony, attach, ends_in_vowel, harden, harmonies

_CASES = ("", "NI", "QIң", "GA", "DA", "DAGI", "BAн", "Mен")
_NEAR_CASES = ("", "NI", "QIң", "A", "DA", "DAGI", "BAн", "Mен")  # after -м and -ң, "my" and "your"
_THIRD_CASES = ("", "н", "нIң", "нA", "нDA", "нDAGI", "нAн", "мен")
_NEAR = ("(I)м", "(I)ң")
_FAR = ("(I)ңIз", "(I)ңIздAр", "(I)мIз")
_THIRD = "(с)I"
_DERIVED = ("сIз", "LI")  # without, with

_PRESENT = ("DI", "мIн", "м", "сIң", "сIз", "сIздAр", "мIз")
_PAST = ("DI", "DIм", "DIң", "DIңIз", "DIңIздAр", "DIK")
_PERFECT = ("GAн", "GAнмIн", "GAнсIз", "GAнсIздAр", "GAнбIз", "GAнDA", "GAнDI", "GAнI", "GAнIн", "GAнGA", "GAннAн")
_PERFECT_MORE = ("GAншA", "GAлI")
_COMMAND = (
    "", "шI", "(I)ңIз", "(I)ңIзшI", "(I)ңIздAр", "(I)ңIздAршI", "(I)ңдAр", "(I)ңдAршI", "сIн", "сIншI",
)  # fmt: skip
_CONDITION = ("сA", "сAм", "сAң", "сAңIз", "сAңIзшI", "сAңIздAр", "сAңIздAршI", "сAK")
_DESIRE = ("GIм", "GIң", "GIңIз", "GIмIз", "GIсI")
_AFTER_VOWEL = ("п", "йIн", "йIK", "йтIн", "р", "рмIн", "рсIз")
_AFTER_CONSONANT = ("Iп", "AйIн", "AйIK", "AтIн", "Aр", "AрмIн", "AрсIз")
_NEVER = ("PAс", "PAспIн")  # the negative of -ар

_THIRD_PERSON = re.compile(
    r"(?P<stem>.*[аәеоөұүыі])й(?:ды|ді)|(?P<hard>.+[^аәеоөұүыіэияюу])(?:ады|еді)|(?P<glide>.+)яды"
)
_OTHER_VERB_FORM = re.compile(
    r".+(?:[ңн][ыі]з(?:дер|дар)?(?:ш[ыі])?|[ыі]п|[ғгқк][ае]н|[мбп][ае]й|[дт][ыі]м|[ае]й[ыі]н|с[ае][мңқк]|с[ыі]з|п)"
)
_POSSESSED = re.compile(r"(?P<vowel>.{2,}[аәеоөұүыіэя])с[ыі]|(?P<consonant>.{2,}[^аәеоөұүыіэияюус])[ыі]")
_SHORTEST = 2  # letters of a stem


@lru_cache(4096)
def forms(word: str) -> frozenset[str]:
    """The forms of a folded Kazakh word, with its specific letters, itself included."""
    return frozenset({word, *_forms(word)})


def _forms(word: str) -> Iterator[str]:
    if len(word) < _SHORTEST or not word.isalpha() or word.isascii():
        return
    stem = _verb_stem(word)
    if stem is not None:
        yield from _verb(stem)
    if _THIRD_PERSON.fullmatch(word) or (stem is None and _OTHER_VERB_FORM.fullmatch(word)):
        return
    yield from _noun(word)
    possessed = _POSSESSED.fullmatch(word)
    if possessed:
        yield from (attach(word, case, h) for h in harmonies(word) for case in _THIRD_CASES)
        yield from _noun(possessed["vowel"] or harden(possessed["consonant"]))


# ---------------------------------------------------------------- nouns


def _noun(stem: str) -> Iterator[str]:
    for harmony in harmonies(stem):
        yield from (attach(stem, suffix, harmony) for suffix in _DERIVED)
        for base in (stem, attach(stem, "LAр", harmony)):
            yield from _declined(base, harmony)


def _declined(base: str, harmony: Harmony) -> Iterator[str]:
    yield from (attach(base, case, harmony) for case in _CASES)
    for possessor in _NEAR:
        yield from (attach(attach(base, possessor, harmony), case, harmony) for case in _NEAR_CASES)
    for possessor in _FAR:
        yield from (attach(attach(base, possessor, harmony), case, harmony) for case in _CASES)
    third = attach(base, _THIRD, harmony)
    yield from (attach(third, case, harmony) for case in _THIRD_CASES)


# ---------------------------------------------------------------- verbs


def _verb_stem(word: str) -> str | None:
    """The stem of a verb written as an infinitive or in the third person, else None."""
    if word.endswith("ю") and len(word) > _SHORTEST:
        return word[:-1] + "й"
    if word.endswith("у") and len(word) > _SHORTEST:
        return harden(word[:-1])
    match = _THIRD_PERSON.fullmatch(word)
    if match is None:
        return None
    if match["glide"] is not None:
        return match["glide"] + "й"
    return match["stem"] or harden(match["hard"])


def _verb(stem: str) -> Iterator[str]:
    for harmony in harmonies(stem):
        yield from _conjugated(stem, harmony)
        yield from (attach(stem, suffix, harmony) for suffix in _NEVER)
        yield from _conjugated(attach(stem, "PA", harmony), harmony)


def _conjugated(stem: str, harmony: Harmony) -> Iterator[str]:
    vowel = ends_in_vowel(stem)
    present = attach(stem, "й" if vowel else "A", harmony)
    yield present  # the converb that stands before `алу`, `тұру`: істемей тұр
    yield from (attach(present, person, harmony) for person in _PRESENT)
    for group in (_PAST, _PERFECT, _PERFECT_MORE, _COMMAND, _CONDITION, _DESIRE):
        yield from (attach(stem, suffix, harmony) for suffix in group)
    yield from (attach(stem, suffix, harmony) for suffix in (_AFTER_VOWEL if vowel else _AFTER_CONSONANT))
    yield from _declined(attach(stem, "у", harmony), harmony)
