"""Maildirs below one root as a sink of the relay: durable when it says delivered (https://cr.yp.to/proto/maildir.html).

Letters lie in files with LF, below a Return-Path with the author's address (RFC 5321 4.4): nobody answers a file, so no
address of ours needs to stand there. The file's name begins with the delivery's id, and what a killed attempt left in
`tmp` is replaced by the next one; a letter that was published before the kill is found by that name and not doubled,
as long as no reader has removed it. Only a second attempt looks for it, since that reads the whole folder.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from sievepy.disk.durable import make_folder
from sievepy.disk.fail_points import Reach, pass_by
from sievepy.mail.edit import LineFeeds, with_lf
from sievepy.sinks.letter_file import LetterFile
from sievepy.sinks.maildir import Maildir
from sievepy.sinks.port import ATTEMPT, RETURN_PATH, Parcel, Result, Takes


class MaildirSink:
    """`target` of a parcel is a path below `root`; one that leads out of it is refused. `host` ends file names."""

    kind = "maildir"
    takes = Takes()

    def __init__(self, root: Path, host: str, reach: Reach = pass_by) -> None:
        self._root, self._reach = root, reach
        self._host = host.replace("/", r"\057").replace(":", r"\072")

    async def deliver(self, parcel: Parcel) -> Result:
        path = Path(parcel.target)
        if path.is_absolute() or ".." in path.parts or not path.parts:
            return Result("failed", "not a path below the root of maildirs")
        try:
            return await asyncio.to_thread(self._deliver, parcel, Maildir(self._root / path, self._reach))
        except OSError as problem:
            return Result("deferred", f"{problem.strerror or type(problem).__name__}")

    def _deliver(self, parcel: Parcel, maildir: Maildir) -> Result:
        name = f"{parcel.delivery}.{self._host}"
        if parcel.options.get(ATTEMPT) != "1" and maildir.find(name) is not None:
            maildir.clear(name)
            return Result("delivered", f"there already: {name}")
        maildir.stage(name, _with_return_path(parcel))
        maildir.publish(name)
        maildir.clear(name)
        return Result("delivered", f"stored as {name}")

    async def probe(self) -> str | None:
        """Whether letters could be written below the root."""
        return await asyncio.to_thread(self._probe)

    def _probe(self) -> str | None:
        try:
            make_folder(self._root)
        except OSError as problem:
            return f"{self._root}: {problem.strerror}"
        return None if os.access(self._root, os.W_OK | os.X_OK) else f"{self._root} cannot be written to"

    async def close(self) -> None:
        """Nothing is kept open."""


def _with_return_path(parcel: Parcel) -> bytes | Iterator[bytes]:
    """The letter as it lies in a maildir."""
    if isinstance(parcel.data, LetterFile):
        return _pieces_with_lf(_return_path(parcel), parcel.data)
    return with_lf(_return_path(parcel) + parcel.data)


def _pieces_with_lf(first: bytes, letter: LetterFile) -> Iterator[bytes]:
    """The file is read twice: whether its line ends may be shortened is known only at its end."""
    whole: Iterable[bytes] = itertools.chain((first,), letter.pieces())
    if not LineFeeds.fit(letter.pieces()):
        return iter(whole)
    return LineFeeds().of(whole)


def _return_path(parcel: Parcel) -> bytes:
    """The author's address without what could end the line."""
    sender = "".join(char for char in parcel.options.get(RETURN_PATH, "") if char.isprintable())
    return f"Return-Path: <{sender}>\r\n".encode("utf-8", "replace")
