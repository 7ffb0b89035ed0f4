"""One letter while it is judged: what has been read of it, each field at most once, and what rules have done so far."""

from __future__ import annotations

from collections.abc import Sequence

from sievepy.engine.scan import Scan
from sievepy.engine.scanners import Scanner, Subject
from sievepy.mail.letter import Letter


class Progress:
    """What rules above have done, as `assigned` and `tagged` see it.

    `assigned`: some rule assigned (not `also`); `departments`: all that were assigned, `also` included.
    """

    __slots__ = ("assigned", "departments", "tags")

    def __init__(self) -> None:
        self.assigned = False
        self.departments: set[str] = set()
        self.tags: set[str] = set()


class Reading:
    """A letter, or one attachment of it, with the scans made so far. Lives as long as one letter is judged."""

    __slots__ = ("_items", "_scanners", "_scans", "progress", "subject")

    def __init__(self, subject: Subject, scanners: Sequence[Scanner], progress: Progress) -> None:
        self.subject = subject
        self.progress = progress
        self._scanners = scanners
        self._scans: dict[int, Scan] = {}
        self._items: tuple[Reading, ...] | None = None

    def scan(self, scanner: int) -> Scan:
        """What a scanner found, read on first use."""
        scan = self._scans.get(scanner)
        if scan is None:
            scan = self._scans[scanner] = self._scanners[scanner].scan(self.subject)
        return scan

    @property
    def letter(self) -> Letter:
        assert isinstance(self.subject, Letter)
        return self.subject

    @property
    def items(self) -> tuple[Reading, ...]:
        """A reading of each attachment."""
        if self._items is None:
            attached = self.letter.attachments.items
            self._items = tuple(Reading(each, self._scanners, self.progress) for each in attached)
        return self._items
