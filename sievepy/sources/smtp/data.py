"""The bytes behind DATA, as they arrive in pieces of any size (RFC 5321 4.1.1.4, 4.5.2). No I/O.

    data = lines "." CRLF        ; the first line begins behind the CRLF of the DATA command itself
    line = [ "." ] text CRLF     ; a leading dot in front of other text was added by the client

The letter ends at CRLF "." CRLF and nowhere else: a server that also believed LF.LF or CR.CR would see a second letter
where the relay before it saw text (SMTP smuggling). So a bare CR, a bare LF or a NUL either makes the letter
unacceptable at once or, for networks whose programs are known to write them, is repaired in the content, long after the
end was looked for in the bytes as they came.

Every step is a search in C over one piece: 100 MB of empty lines cost no more than 100 MB of text. Nothing is kept of
a letter here but four bytes at most that may be the beginning of the end.
"""

from __future__ import annotations

import enum
import re
from typing import Literal

from sievepy.sources.smtp.limits import Limits

PIECE = 64 * 1024

_END = b"\r\n.\r\n"
_BEGINNINGS = tuple(_END[:length] for length in range(len(_END) - 1, 0, -1))  # longest first
_RUN = re.compile(rb"\r\r+")


class Problem(enum.Enum):
    """Why the letter cannot be taken. The first one found stays."""

    BARE_NEWLINE = "bare newline"
    NUL = "NUL"
    MESSAGE = "message too large"
    HEADER = "header block too large"
    LINE = "line too long"


class Scanner:
    """One letter. `feed` it what arrives until it is `done`; then `rest` is what came behind the end.

    `size` counts the content's bytes. Once there is a `problem` no content is returned any more, but the end is still
    looked for. `repaired`: there were bare newlines, which `normalize` has changed.
    """

    def __init__(self, limits: Limits, newlines: Literal["reject", "normalize"] = "reject") -> None:
        self._limits = limits
        self._normalize = newlines == "normalize"
        self._step = min(PIECE, limits.line)  # then only a line at a piece's edge can be too long
        self._held = b"\r\n"  # of the DATA command; no content
        self._begun = False
        self._line = 0  # bytes of the line that has no end yet
        self._line_start = True  # the content so far ends with CRLF
        self._in_header = True
        self._cr = False  # normalize: a CR that ended the last piece, whose fate the next byte decides
        self.size = 0
        self.done = False
        self.rest = b""
        self.problem: Problem | None = None
        self.repaired = False

    def feed(self, piece: bytes) -> bytes:
        """The content in what has come. Must not be called when `done`."""
        if len(piece) <= self._step:
            return self._feed(piece)
        content = []
        for start in range(0, len(piece), self._step):
            content.append(self._feed(piece[start : start + self._step]))
            if self.done:
                self.rest += piece[start + self._step :]
                break
        return b"".join(content)

    def _feed(self, piece: bytes) -> bytes:
        raw = self._held + piece
        end = raw.find(_END)
        if end >= 0:
            self.done = True
            self.rest = raw[end + len(_END) :]
            raw = raw[: end + 2]  # the CRLF in front of the dot is the last line's
        else:
            keep = next((len(start) for start in _BEGINNINGS if raw.endswith(start)), 0)
            self._held = raw[len(raw) - keep :]
            raw = raw[: len(raw) - keep]
        return self._content(raw) if raw else b""

    def _content(self, raw: bytes) -> bytes:
        """`raw` never cuts a CRLF in two: a CR at its end would have been held."""
        if b"\0" in raw:
            self._refuse(Problem.NUL)
        content = raw.replace(b"\r\n.", b"\r\n") if b"\r\n." in raw else raw
        if not self._begun:
            self._begun = True
            content = content[2:]
        content = self._newlines(content)
        self.size += len(content)
        if self.size > self._limits.message:
            self._refuse(Problem.MESSAGE)
        self._measure(content)
        return b"" if self.problem else content

    def _refuse(self, problem: Problem) -> None:
        self.problem = self.problem or problem

    # ------------------------------------------------------------ newlines

    def _newlines(self, content: bytes) -> bytes:
        pairs = content.count(b"\r\n")
        if not self._cr and pairs == content.count(b"\n") == content.count(b"\r"):
            return content
        if not self._normalize:
            self._refuse(Problem.BARE_NEWLINE)
            return content
        return self._repaired(content)

    def _repaired(self, content: bytes) -> bytes:
        """CRs in front of a LF are one line end with it, as programs mean that translate LF twice; other CRs separate
        what overprinted each other, and become a space."""
        self.repaired = True
        if self._cr:
            content = b"\r" + content
        self._cr = content.endswith(b"\r")
        if self._cr:
            content = content.rstrip(b"\r")
        if b"\r\r" in content:
            content = _RUN.sub(b"\r", content)
        return content.replace(b"\r\n", b"\n").replace(b"\r", b" ").replace(b"\n", b"\r\n")

    # ------------------------------------------------------------ lines and header

    def _measure(self, content: bytes) -> None:
        """Lengths of lines, and of the header block, which ends at the first empty line."""
        if not content:
            return
        if self._in_header:
            self._measure_header(content)
        first = content.find(b"\r\n")
        if first < 0:
            self._line += len(content)
            longest = self._line
        else:
            longest = self._line + first
            self._line = len(content) - content.rfind(b"\r\n") - 2
        if max(longest, self._line) > self._limits.line:
            self._refuse(Problem.LINE)
        self._line_start = content.endswith(b"\r\n")

    def _measure_header(self, content: bytes) -> None:
        if self._line_start and content.startswith(b"\r\n"):
            end = 0
        else:
            last = content.find(b"\r\n\r\n")
            end = last + 2 if last >= 0 else -1
        length = self.size - len(content) + end if end >= 0 else self.size
        if length > self._limits.header:
            self._refuse(Problem.HEADER)
        self._in_header = end < 0
