"""Words and sentences of a text.

A token is a maximal run of letters and digits. Phrases never run across the end of a sentence: `!`, `?` or `…` before
white space, or a full stop before white space and anything but a small letter, unless the word before it is as short
as an abbreviation (`ул. Абая`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

TOKEN = re.compile(r"[^\W_]+")
_END = re.compile(r"[!?…]+[\"'»”)\]]*\s|\.[\"'»”)\]]*\s+(?=\S)")
_ENDS = "!?…."  # one of them stands in each
_ABBREVIATION = 2  # letters
_BREAKS = ".,:;!?()[]«»\"'…-—–/№"  # what stands between words in nearly all letters


@dataclass(frozen=True, slots=True)
class Token:
    """A word at `start:end`; `sentence` counts from 0 within the segment."""

    text: str
    start: int
    end: int
    sentence: int


def words(text: str) -> list[str]:
    """The tokens' texts alone: the fast way where places are not needed. Without the usual punctuation most texts are
    nothing but tokens and white space, and the expression, which takes twice as long, is not needed."""
    for mark in _BREAKS:
        if mark in text:
            text = text.replace(mark, " ")
    found = text.split()
    return found if not found or "".join(found).isalnum() else TOKEN.findall(text)


def tokenize(text: str, clean: str | None = None) -> list[Token]:
    """The tokens of a folded (or clean) text. `clean` is the text whose capitals tell where sentences start; offsets of
    both must agree. Left out, `text` itself."""
    tokens: list[Token] = []
    sentence, behind = 0, 0
    shape = text if clean is None or len(clean) != len(text) else clean
    for match in TOKEN.finditer(text):
        start, end = match.span()
        if tokens and _ends_sentence(tokens[-1].text, text[behind:start], shape[start]):
            sentence += 1
        tokens.append(Token(match[0], start, end, sentence))
        behind = end
    return tokens


def sentences_of_words(text: str, clean: str | None, count: int) -> list[int]:
    """The `sentence` of each of `tokenize`'s tokens, of which there are `count`. Nearly all are only counted here: a
    third of its time."""
    shape = text if clean is None or len(clean) != len(text) else clean
    starts = [*_sentence_starts(text, shape)] if any(map(text.__contains__, _ENDS)) else []
    if not starts:
        return [0] * count
    found: list[int] = []
    at = 0
    for number, start in enumerate((*starts, len(text))):
        found += [number] * len(words(text[at:start]))
        at = start
    return found


def _sentence_starts(text: str, shape: str) -> Iterator[int]:
    """Where the words stand with which a sentence begins, but for the first. Of all ends between two words the first
    tells; nothing is looked at twice, whatever stands there."""
    behind = 0
    for end in _END.finditer(text):
        word_end, done, behind = end.start(), behind, end.end()
        while word_end > done and not text[word_end - 1].isalnum():
            word_end -= 1
        if word_end == done:
            continue
        start = next((place for place in range(end.end(), len(text)) if text[place].isalnum()), None)
        if start is None:
            return
        if end[0][0] != "." or _ends_with_full_stop(
            text[max(0, word_end - _ABBREVIATION - 1) : word_end], shape[start]
        ):
            yield start


def _ends_with_full_stop(before: str, first: str) -> bool:
    """`before`: the end of the word in front of it, as much as tells how long it is."""
    word = TOKEN.findall(before)[-1]
    return not first.islower() and (len(word) > _ABBREVIATION or word.isdigit())


def _ends_sentence(before: str, between: str, first: str) -> bool:
    match = _END.search(between + first)
    if match is None:
        return False
    if match[0][0] != ".":
        return True
    return _ends_with_full_stop(before, first)
