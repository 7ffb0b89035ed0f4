"""Comparable forms of words that people spell without the right letters.

`skeleton` brings a word in Latin letters to one form for all usual transliterations: `podkluchenie`, `podklyuchenie`
and `podkljuchenie` are one. `plain` writes a Kazakh word in Russian letters, as it is typed where the keyboard has no
others. Both are applied to the letter's tokens and, at compile time, to the words of phrases.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_CLUSTERS = {
    "shch": "S", "sch": "S", "sh": "S", "ch": "C", "zh": "Z", "kh": "h", "x": "h", "ts": "c", "tz": "c",
    "yu": "u", "ju": "u", "iu": "u", "ya": "a", "ja": "a", "ia": "a",
    "ye": "e", "yo": "e", "je": "e", "jo": "e", "y": "i", "j": "i", "w": "v", "q": "k",
}  # fmt: skip
_CLUSTER = re.compile("|".join(sorted(_CLUSTERS, key=len, reverse=True)))
_LATIN = re.compile("[a-z]{2,}")
_RUN = re.compile(r"(.)\1+")
_KAZAKH = str.maketrans("әіңғүұқөһ", "аингуукох")


def skeleton(token: str) -> str | None:
    """The skeleton of a folded token of two or more Latin letters; None for any other token."""
    return _brought(token) if _has_skeleton(token) else None


def skeletons(tokens: Iterable[str]) -> frozenset[str]:
    """The skeletons of those folded tokens that have one, several times as fast as one by one."""
    joined = "\n".join(filter(_has_skeleton, tokens))
    return frozenset(_brought(joined).split("\n")) if joined else frozenset()


def _has_skeleton(token: str) -> bool:
    return token.isascii() and _LATIN.fullmatch(token) is not None


def _brought(text: str) -> str:
    """Of one token, or of several with a line feed between: neither a cluster nor a run goes across it."""
    return _RUN.sub(r"\1", _CLUSTER.sub(_of_cluster, text))


def _of_cluster(match: re.Match[str]) -> str:
    return _CLUSTERS[match[0]]


def plain(token: str) -> str:
    """A folded token with the letters that only Kazakh has replaced by the Russian ones typed in their stead."""
    return token.translate(_KAZAKH)
