"""What the matchers of text have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from sievepy.mail.view import Segment


class SegmentMatcher(Protocol):
    """Made of numbered tests of one field and one family; immutable."""

    def find(self, segment: Segment) -> Iterable[int]:
        """The numbers of the tests that this segment satisfies, in any order; a number may come twice."""
        ...
