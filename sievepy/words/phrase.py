"""Reads a written phrase: its words, their marks, and the gaps between them.

`акт … сверки` has a gap of at most four words; `подключ*` stands for every word that begins so; `лагает~` asks for
forms the dictionary only guesses. Everything else between words is a separator, as it is in a letter. Nothing is
inflected here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from sievepy.mail.normal import clean, fold
from sievepy.mail.tokens import tokenize

GAP = 4  # words that may stand where a phrase has `…`
SHORTEST_PREFIX = 3  # letters: a shorter beginning is shared by unrelated words

_PIECE = re.compile(r"(?P<word>[^\W_]+)(?P<mark>[*~]*)|(?P<gap>…|\.{3,})|(?P<stray>[*~]+)")


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a phrase. `text` is folded, `written` clean."""

    text: str
    written: str
    prefix: bool = False
    guess: bool = False

    @property
    def literal(self) -> bool:
        """In capitals, as abbreviations are: never inflected."""
        return len(self.written) > 1 and self.written.isupper()


@dataclass(frozen=True, slots=True)
class PhraseProblem:
    """Why a phrase cannot be used. `kind`: `empty` (no word), `bad-gap` (`…` that is not between two words), `bad-mark`
    (`*` or `~` that does not end a word), `short-prefix`, `sentence-end` (a phrase never crosses one, so this would
    never match). `start:end` count characters of the phrase as written, after cleaning."""

    kind: str
    message: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Written:
    """`gaps[i]`: how many words may stand between word i and word i+1."""

    words: tuple[Word, ...]
    gaps: tuple[int, ...]
    problems: tuple[PhraseProblem, ...]


def read_phrase(phrase: str) -> Written:
    """The words and gaps of `phrase`; where there are problems, the rest is what could be read."""
    text = clean(phrase)
    words: list[Word] = []
    gaps: list[int] = []
    problems: list[PhraseProblem] = []
    open_gap: re.Match[str] | None = None
    for piece in _PIECE.finditer(text):
        if piece["stray"]:
            problems.append(_problem("bad-mark", f"`{piece[0]}` must end a word", piece))
        elif piece["gap"]:
            if open_gap is not None or not words:
                problems.append(_problem("bad-gap", f"`{piece[0]}` must stand between two words", piece))
            open_gap = piece
        else:
            problems.extend(_mark_problems(piece))
            if words:
                gaps.append(GAP if open_gap is not None else 0)
            open_gap = None
            words.append(Word(fold(piece["word"]), piece["word"], "*" in piece["mark"], "~" in piece["mark"]))
    if open_gap is not None and words:
        problems.append(_problem("bad-gap", f"`{open_gap[0]}` must stand between two words", open_gap))
    if not words:
        problems.append(PhraseProblem("empty", "a phrase needs a word", 0, len(text)))
    problems.extend(_sentence_ends(text))
    return Written(tuple(words), tuple(gaps), tuple(problems))


def exact_tokens(text: str) -> tuple[str, ...]:
    """The clean tokens of a text that is compared as it is spelt."""
    return tuple(piece["word"] for piece in _PIECE.finditer(clean(text)) if piece["word"])


def _problem(kind: str, message: str, piece: re.Match[str]) -> PhraseProblem:
    return PhraseProblem(kind, message, piece.start(), piece.end())


def _mark_problems(piece: re.Match[str]) -> list[PhraseProblem]:
    if len(piece["mark"]) > 1:
        return [_problem("bad-mark", f"`{piece['word']}` has more than one of `*` and `~`", piece)]
    if piece["mark"] == "*" and len(piece["word"]) < SHORTEST_PREFIX:
        return [_problem("short-prefix", f"`{piece[0]}` begins too many words; write {SHORTEST_PREFIX} letters", piece)]
    return []


def _sentence_ends(text: str) -> list[PhraseProblem]:
    # Gaps are spaces here: `…` before a space would itself end a sentence.
    plain = re.sub(r"…|\.{3,}|[*~]", lambda m: " " * len(m[0]), text)
    tokens = tokenize(plain)
    for before, after in pairwise(tokens):
        if after.sentence != before.sentence:
            message = "a phrase never crosses the end of a sentence; write two phrases"
            return [PhraseProblem("sentence-end", message, before.end, after.start)]
    return []
