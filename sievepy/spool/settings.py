"""What an operator may set about the queue."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Settings:
    """`folder` holds the queue, the files of large letters and the ballast; it must be a local file system.

    `ballast`: bytes put aside, given back when the disk is full so that what is in the queue can drain; more
    than the write-ahead log ever has, which is 16 MB. `slack`:
    bytes beyond the reservations of open sessions that must be free for another letter. `in_file`: letters larger
    than this are best handed over as files. `busy`: milliseconds to wait for another process, such as `sievepy
    queue`. `recent`: bytes of letters just accepted that are kept in memory for those who deliver them.
    """

    folder: Path
    ballast: int = 64 * MEBIBYTE
    slack: int = 16 * MEBIBYTE
    in_file: int = 256 * 1024
    busy: int = 5_000
    recent: int = 16 * MEBIBYTE
