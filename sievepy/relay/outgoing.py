"""What the batch writes into maildirs: the passed-on letters and references of `mail/edit.py`, with LF."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sievepy.mail.edit import Author, Headers, prepend, reference_letter, with_lf

_AUTHOR = Author("sievepy@localhost")
_SPACES = str.maketrans("\r\n\0", "   ")


def passed_on(data: bytes, headers: Headers) -> bytes:
    """The letter as it is delivered into a maildir."""
    return with_lf(prepend(data, _one_line_each(headers)))


def reference(*, id: str, departments: Iterable[str], rules: Iterable[str], at: dt.datetime, headers: Headers) -> bytes:
    """A small letter of our own that tells of a letter and holds no byte of it."""
    own = _one_line_each(headers)
    return with_lf(
        reference_letter(letter=id, departments=departments, rules=rules, at=at, author=_AUTHOR, headers=own)
    )


def _one_line_each(headers: Headers) -> Headers:
    """Titles of rules may have several lines, fields may not."""
    return [(name, value.translate(_SPACES)) for name, value in headers]
