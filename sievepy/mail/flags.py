"""What a reader of a letter must know: what was cut, what was guessed, what could not be decoded, what has two
readings.

Flags are told to rules (facts `truncated`, `mime ambiguous`), shown by `explain` and stored with the plan. Their
values never change their meaning.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class Flag(StrEnum):
    # Cut at a limit of `limits.py`.
    HEADERS_CUT = "headers-cut"
    HEADER_VALUE_CUT = "header-value-cut"
    ENCODED_WORDS_CUT = "encoded-words-cut"
    PARAMETERS_CUT = "parameters-cut"
    ADDRESSES_CUT = "addresses-cut"
    COMMENTS_CUT = "comments-cut"
    PARTS_CUT = "parts-cut"
    DEPTH_CUT = "depth-cut"
    DATA_CUT = "data-cut"
    TEXT_CUT = "text-cut"

    # Guessed: the text is there, the letter does not say how to read it, or says it wrongly.
    CHARSET_GUESSED = "charset-guessed"
    CHARSET_UNKNOWN = "charset-unknown"
    CHARSET_WRONG = "charset-wrong"

    # Damaged.
    UNDECODABLE = "undecodable"
    HEADER_JUNK = "header-junk"
    TRANSFER_DAMAGED = "transfer-damaged"
    TRANSFER_UNKNOWN = "transfer-unknown"
    TRANSFER_TAIL = "transfer-tail"
    BOUNDARY_MISSING = "boundary-missing"
    BOUNDARY_UNCLOSED = "boundary-unclosed"

    # Two programs may see two letters in these bytes.
    MIME_AMBIGUOUS = "mime-ambiguous"


CUT = frozenset(
    {
        Flag.HEADERS_CUT,
        Flag.HEADER_VALUE_CUT,
        Flag.ENCODED_WORDS_CUT,
        Flag.PARAMETERS_CUT,
        Flag.ADDRESSES_CUT,
        Flag.COMMENTS_CUT,
        Flag.PARTS_CUT,
        Flag.DEPTH_CUT,
        Flag.DATA_CUT,
        Flag.TEXT_CUT,
    }
)
"""The flags that make a letter `truncated`."""

Note = Callable[[Flag], None]
"""How a reader says what it had to do: called with each flag, any number of times."""
