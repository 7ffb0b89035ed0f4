"""Which single-byte charset a text is in, by how frequent its letters would be in each.

A byte stands for a letter in cp1251, for another in koi8-r, for a line of a box in cp866. Read in the right charset,
Russian and Kazakh text has о е а и often and ъ щ ф rarely, and no capitals inside words; in a wrong one it has not.
At 20 letters the wrong ones score far below. kz-1048 is cp1251 with the Kazakh letters, so it wins where those make
more sense than what cp1251 has in their places. Text with single accented letters among Latin ones is Western
(cp1252).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache

_CODECS = ("cp1251", "koi8_r", "cp866", "kz1048", "cp1252")
"""In the order that settles equal scores: what is written most comes first."""

# Letters a thousand, in a mixture of Russian and (for its own letters) Kazakh correspondence.
_CYRILLIC = {
    "о": 105, "е": 84, "а": 82, "и": 70, "н": 66, "т": 62, "с": 53, "р": 47, "в": 43, "л": 44, "к": 36, "м": 32,
    "д": 30, "п": 28, "у": 26, "я": 20, "ы": 22, "ь": 16, "г": 16, "з": 16, "б": 16, "ч": 14, "й": 13, "х": 9,
    "ж": 10, "ш": 9, "ю": 6, "ц": 5, "щ": 3.5, "э": 3.3, "ф": 3, "ё": 1.2, "ъ": 0.4,
    "і": 15, "қ": 12, "ә": 10, "ғ": 8, "ң": 8, "ү": 6, "ө": 5, "ұ": 4, "һ": 0.4,
}  # fmt: skip
_WESTERN = dict.fromkeys("éèêëàâäáãåæçñöóôòõøúüûùíîïìßœý", 15.0)
_PUNCTUATION = dict.fromkeys("«»№—–…“”„’•°§©\u00a0", 4.0)
_OTHER_LETTER = 0.1
_NO_LETTER = 0.05

_CAPITAL_AFTER_SMALL = 4.0  # nats: nearly never in one word
_CAPITAL_AFTER_CAPITAL = 0.4  # a word in capitals is rarer than one in small letters
_SCRIPTS_MIXED = 4.0  # a Cyrillic letter beside a Latin one
_ACCENTS_TOGETHER = 2.0  # Western accented letters stand alone

_HIGH = re.compile(rb"[\x80-\xff]")
_SAMPLE = 4096  # bytes from the first one outside ASCII on: the score is settled long before


@dataclass(frozen=True, slots=True)
class _Charset:
    """Per byte: the cost of its letter (nats), and its class: `l` small, `u` capital, `a` ASCII letter, ` ` the
    rest."""

    codec: str
    costs: tuple[float, ...]
    classes: bytes

    def cost(self, counts: Counter[int], sample: bytes) -> float:
        """How unlikely the sample is in this charset, in nats; comparable between charsets."""
        total = sum(self.costs[byte] * n for byte, n in counts.items())
        shape = sample.translate(self.classes)
        total += shape.count(b"lu") * _CAPITAL_AFTER_SMALL
        if self.codec == "cp1252":
            return total + (shape.count(b"ll") + shape.count(b"uu")) * _ACCENTS_TOGETHER
        total += shape.count(b"uu") * _CAPITAL_AFTER_CAPITAL
        return total + sum(map(shape.count, (b"al", b"la", b"au", b"ua"))) * _SCRIPTS_MIXED


@cache
def _charsets() -> tuple[_Charset, ...]:
    return tuple(map(_charset, _CODECS))


def _charset(codec: str) -> _Charset:
    alphabet = _PUNCTUATION | (_WESTERN if codec == "cp1252" else _CYRILLIC)
    chars = [bytes([byte]).decode(codec, "replace") for byte in range(256)]
    costs = tuple(0.0 if char.isascii() else _cost(char, alphabet) for char in chars)
    return _Charset(codec, costs, bytes(map(_class, chars)))


def _cost(char: str, alphabet: dict[str, float]) -> float:
    share = alphabet.get(char.lower(), _OTHER_LETTER if char.isalpha() else _NO_LETTER)
    return -math.log(share / 1000)


def _class(char: str) -> int:
    if not char.isalpha():
        return ord(" ")
    if char.isascii():
        return ord("a")
    return ord("u") if char.isupper() else ord("l")


def likeliest_codec(data: bytes) -> str:
    """The codec, of `cp1251 koi8_r cp866 kz1048 cp1252`, in which `data` reads best."""
    first = _HIGH.search(data)
    start = max(first.start() - 1, 0) if first else 0
    sample = data[start : start + _SAMPLE]
    counts = Counter(byte for byte in sample if byte >= 0x80)
    return min(_charsets(), key=lambda charset: charset.cost(counts, sample)).codec
