"""The words behind a hit: what stands in the letter where a rule's test was met."""

from __future__ import annotations

from sievepy.mail.letter import Letter
from sievepy.mail.view import Segment
from sievepy.plan import Hit

_LONGEST = 60  # characters; an address or a regex can match more


def words(letter: Letter, hit: Hit) -> str:
    """The matched text; the field's name where the test was about no text."""
    if hit.start < 0:
        return hit.field
    for segment in _segments(letter, hit):
        if segment.part == hit.part:
            text = segment.clean[hit.start : hit.end]
            return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return hit.field


def _segments(letter: Letter, hit: Hit) -> tuple[Segment, ...]:
    if hit.field.startswith("attachment "):
        kind = hit.field.replace(" ", "-")
        return tuple(s for item in letter.attachments.items for s in item.view(kind).segments)
    if hit.field.startswith("header "):
        return letter.view("header", hit.field[len('header "') : -1]).segments
    return letter.view(hit.field.replace(" ", "-")).segments
