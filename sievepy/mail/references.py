"""Message identifiers, and which letters a letter answers (RFC 5322 3.6.4). Pure.

Identifiers are compared as they stand: each is the word of the program that made it, and nobody else may read anything
into it. White space inside one was put there by somebody who folded a long line. Some programs leave the brackets out,
or encode the field as RFC 2047 words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, islice

from sievepy.mail import encoded
from sievepy.mail.flags import Flag
from sievepy.mail.headers import unfold
from sievepy.mail.limits import LIMITS
from sievepy.mail.message import Message

MOST = 100
"""Identifiers of one letter: a thread of so many letters is answered at its end."""
LONGEST = 998
"""Characters of one, with its brackets: a line's limit (RFC 5322 2.1.1)."""

_READ = MOST * (LONGEST + 2)  # bytes of one field
_BRACKETED = re.compile(rf"<([^<>]{{1,{LONGEST - 2}}})>")


def message_ids(value: str) -> Iterator[str]:
    """The identifiers in a field's value, in its order, without brackets. Where it has no bracket at all, its words
    with an `@` are taken for them."""
    found = (word[1] for word in _BRACKETED.finditer(value)) if "<" in value else _words(value)
    return filter(None, map(_canonical, found))


def _words(value: str) -> Iterator[str]:
    return (word for word in value.split() if "@" in word and len(word) <= LONGEST - 2)


def _canonical(identifier: str) -> str:
    return "".join(identifier.split())


def answered(message: Message) -> tuple[str, ...]:
    """The letters that this one answers, by their identifiers, the nearest first: those of In-Reply-To, then those of
    References from its end. Each once, and at most MOST."""
    nearest = message_ids(_text(_first(message, "in-reply-to")[:_READ]))
    thread = reversed([*message_ids(_text(_first(message, "references")[-_READ:]))])
    return tuple(islice(dict.fromkeys(chain(nearest, thread)), MOST))


def _first(message: Message, name: str) -> bytes:
    """Each of these fields may stand once (RFC 5322 3.6)."""
    return next(iter(message.raw_values(name)), b"")


def _text(raw: bytes) -> str:
    return encoded.decode(unfold(raw), LIMITS.encoded_words, _ignore)[0] if raw else ""


def _ignore(flag: Flag) -> None:
    """What is wrong with these fields makes no test on the letter unknown."""
