"""The client's side of SMTP without I/O: what may be written, what was read (RFC 5321; RFC 2033 for LMTP).

Written are commands and a letter's data, and both are refused rather than mended. A command holds no control character.
Data holds no NUL, and no CR or LF but in a CRLF: whoever passes on a bare one lets its author smuggle a second letter
through a server that takes it for a line end. Read are replies, of which the peer decides everything: each line, their
number, and what is read ahead are bounded.

`Transaction` knows which commands may be sent now (one by one, or in one group as RFC 2920 has it), and what each reply
means. Nothing here waits, connects or knows a time-out.
"""

from __future__ import annotations

import enum
import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field


class UnsafeOutput(ValueError):
    """What was to be written would not be read as what it is. Nothing of it was written."""


class GarbledReply(Exception):
    """The peer does not speak SMTP, or says more than anybody asked."""


# ---------------------------------------------------------------- replies

_LONGEST_LINE = 4096  # RFC 5321 4.5.3.1.5 allows 512
_MOST_LINES = 200  # of one reply: EHLO lists a keyword a line
_MOST_AHEAD = 64 << 10  # bytes that nobody has asked for yet
_REPLY_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?", re.DOTALL)  # RFC 5321 4.2
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s|$)")  # RFC 2034 4
_LONGEST_TEXT = 500  # characters, for a journal


@dataclass(frozen=True, slots=True)
class Reply:
    """`lines` are the text behind the code, a line each, with `?` for what is invisible."""

    code: int
    lines: tuple[str, ...] = ("",)

    @property
    def enhanced(self) -> str | None:
        """The status code of RFC 3463, where the text begins with one of the same class."""
        found = _ENHANCED.match(self.lines[0])
        return found[1] if found is not None and found[1][0] == str(self.code)[0] else None

    @property
    def is_positive(self) -> bool:
        return 200 <= self.code < 300

    def __str__(self) -> str:
        return f"{self.code} {' / '.join(self.lines)}".rstrip()[:_LONGEST_TEXT]


class ReplyReader:
    """Bytes in, replies out, however the bytes are cut. After a GarbledReply it is of no use."""

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[str] = []
        self._code = b""
        self._ready: deque[Reply] = deque()
        self._ahead = 0

    def feed(self, data: bytes) -> None:
        """Raises GarbledReply. A bare LF ends a line, as some servers have it."""
        self._ahead += len(data)
        if self._ahead > _MOST_AHEAD:
            raise GarbledReply("more than anybody asked for")
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._take(line.removesuffix(b"\r"))
        if len(self._rest) > _LONGEST_LINE:
            raise GarbledReply("a line without an end")

    def next(self) -> Reply | None:
        """The next whole reply, each once; None until there is one."""
        if not self._ready:
            return None
        reply = self._ready.popleft()
        if not self._ready:
            self._ahead = len(self._rest)
        return reply

    @property
    def is_empty(self) -> bool:
        """Whether every byte was part of a reply that was taken."""
        return not (self._rest or self._lines or self._ready)

    def _take(self, line: bytes) -> None:
        found = _REPLY_LINE.fullmatch(line) if len(line) <= _LONGEST_LINE else None
        if found is None or (self._lines and found[1] != self._code):
            raise GarbledReply(f"not a reply: {_visible(line[:80])}")
        self._code = found[1]
        self._lines.append(_visible(found[3] or b""))
        if len(self._lines) > _MOST_LINES:
            raise GarbledReply("a reply without an end")
        if found[2] != b"-":
            self._ready.append(Reply(int(self._code), tuple(self._lines)))
            self._lines = []


def _visible(text: bytes) -> str:
    shown = text.decode("utf-8", "replace")
    return shown if shown.isprintable() else "".join(char if char.isprintable() else "?" for char in shown)


@dataclass(frozen=True, slots=True)
class Extensions:
    """What a server offers (RFC 5321 4.1.1.1): keywords in upper case, their parameters as they stand."""

    keywords: dict[str, str] = field(default_factory=dict)

    @classmethod
    def offered(cls, reply: Reply) -> Extensions:
        """Of the reply to EHLO or LHLO, whose first line is a greeting."""
        pairs = (line.replace("=", " ", 1).strip().partition(" ") for line in reply.lines[1:])
        return cls({keyword.upper(): parameters for keyword, _, parameters in pairs})

    def __contains__(self, keyword: str) -> bool:
        return keyword in self.keywords

    @property
    def size_limit(self) -> int | None:
        """Bytes (RFC 1870 4); None where there is none, or none is said."""
        value = self.keywords.get("SIZE", "")
        return int(value) or None if value.isascii() and value.isdigit() and len(value) <= 20 else None


# ---------------------------------------------------------------- commands

_LONGEST_COMMAND = 1000  # RFC 5321 4.5.3.1.4 has 512, and more where extensions add parameters
_LONGEST_PATH = 254  # without its brackets (RFC 5321 4.5.3.1.3)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_PATH = re.compile(r"""(?:"(?:[^"\\]|\\.)*"|[^\s<>"\\@]+)@[^\s<>"\\@]+|[^\s<>"\\@]+""")


def command(text: str) -> bytes:
    """One command line. Raises UnsafeOutput for a control character, or for more than a command may hold."""
    if _CONTROL.search(text):
        raise UnsafeOutput("a control character in a command")
    try:
        line = text.encode("utf-8") + b"\r\n"
    except UnicodeEncodeError:
        raise UnsafeOutput("a lone surrogate in a command") from None
    if len(line) > _LONGEST_COMMAND:
        raise UnsafeOutput("a command that is too long")
    return line


def path(address: str) -> str:
    """An address in angle brackets; `""` is the null path. Raises UnsafeOutput for what would end elsewhere."""
    if address and (not _PATH.fullmatch(address) or len(address.encode("utf-8", "replace")) > _LONGEST_PATH):
        raise UnsafeOutput(f"not an address: {address[:80]!a}")
    return f"<{address}>"


@dataclass(frozen=True, slots=True)
class Mail:
    """One letter to one recipient. `size` in bytes, as RFC 1870 counts; `eight_bit`: some byte of it is above 127."""

    sender: str
    recipient: str
    size: int
    eight_bit: bool = False

    @property
    def needs_utf8(self) -> bool:
        """Whether an address is not ASCII (RFC 6531)."""
        return not (self.sender + self.recipient).isascii()


def mail_command(mail: Mail, extensions: Extensions) -> bytes:
    parameters = ""
    if "SIZE" in extensions:
        parameters += f" SIZE={mail.size}"
    if mail.eight_bit and "8BITMIME" in extensions:
        parameters += " BODY=8BITMIME"
    if mail.needs_utf8:
        parameters += " SMTPUTF8"
    return command(f"MAIL FROM:{path(mail.sender)}{parameters}")


def rcpt_command(mail: Mail) -> bytes:
    return command(f"RCPT TO:{path(mail.recipient)}")


# ---------------------------------------------------------------- a letter's data


def _lines_are_whole(data: bytes) -> bool:
    return b"\0" not in data and data.count(b"\r\n") == data.count(b"\r") == data.count(b"\n")


@dataclass(frozen=True, slots=True)
class Survey:
    """What must be known of a letter before it is offered. `is_clean`: no NUL, no bare CR, no bare LF."""

    size: int
    eight_bit: bool
    is_clean: bool


def survey(chunks: Iterable[bytes]) -> Survey:
    size, eight_bit, clean, held = 0, False, True, b""
    for chunk in chunks:
        size += len(chunk)
        eight_bit = eight_bit or not chunk.isascii()
        text = held + chunk
        held = text[-1:] if text.endswith(b"\r") else b""
        clean = clean and _lines_are_whole(text.removesuffix(held))
    return Survey(size, eight_bit, clean and not held)


class DotStuffer:
    """Data as it goes over the wire (RFC 5321 4.5.2), however it is cut; refuses what a survey would not call clean.

    A last line without a line end gets one, since only a line can end.
    """

    def __init__(self) -> None:
        self._held = b""
        self._line_begins = True

    def feed(self, chunk: bytes) -> bytes:
        """Raises UnsafeOutput: then the connection must be cut, for nothing else takes back what was written."""
        text = self._held + chunk
        self._held = text[-1:] if text.endswith(b"\r") else b""  # half of a CRLF, perhaps
        text = text.removesuffix(self._held)
        if not text:
            return b""
        if not _lines_are_whole(text):
            raise UnsafeOutput("a NUL, a bare CR or a bare LF in a letter")
        stuffed = text.replace(b"\r\n.", b"\r\n..")
        if self._line_begins and text.startswith(b"."):
            stuffed = b"." + stuffed
        self._line_begins = text.endswith(b"\r\n")
        return stuffed

    def end(self) -> bytes:
        """The end of data. Raises UnsafeOutput as `feed` does."""
        if self._held:
            raise UnsafeOutput("a bare CR at the end of a letter")
        return b".\r\n" if self._line_begins else b"\r\n.\r\n"


END_OF_NOTHING = b".\r\n"
"""Data that is empty: what is sent where data was asked for and there is nobody to send it to (RFC 2920 3.1)."""


# ---------------------------------------------------------------- a transaction


class Stage(enum.StrEnum):
    """Where a conversation is; what a reply is the reply to."""

    CONNECT = "connect"
    GREETING = "greeting"
    HELLO = "hello"
    STARTTLS = "starttls"
    AUTH = "auth"
    RSET = "rset"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BLOCK = "block"  # the letter is being written
    END = "end"  # the final dot is written
    QUIT = "quit"


_EXPECTED = {Stage.DATA: frozenset({354})}
_CLOSING = 421  # RFC 5321 3.8: may come at any time, and ends everything


class Next(enum.Enum):
    """What the owner of a transaction has to do."""

    WRITE = "write"  # what `commands` gives
    READ = "read"  # the reply to `stage`, and `answer` it
    SEND = "send"  # the letter, then the reply to it
    SEND_NOTHING = "send nothing"  # END_OF_NOTHING, then the reply to it
    STOP = "stop"


class Transaction:
    """MAIL, RCPT, DATA for one recipient, after an RSET where an earlier one was left open.

    A refusal ends it: with PIPELINING the replies to what was sent already are read first. `refusal` is the first
    refusing reply and what it refused; `accepted` the one that took the letter. `is_open`: the next one needs an RSET;
    `is_closed`: the peer has said that it closes the connection.
    """

    def __init__(self, mail: Mail, extensions: Extensions, *, reset: bool = False) -> None:
        self._queue: list[tuple[Stage, bytes]] = [
            (Stage.MAIL, mail_command(mail, extensions)),
            (Stage.RCPT, rcpt_command(mail)),
            (Stage.DATA, b"DATA\r\n"),
        ]
        if reset:
            self._queue.insert(0, (Stage.RSET, b"RSET\r\n"))
        self._at_once = len(self._queue) if "PIPELINING" in extensions else 1
        self._waiting: deque[Stage] = deque()
        self._go_ahead = False
        self.is_closed = False
        self.refusal: tuple[Stage, Reply] | None = None
        self.accepted: Reply | None = None
        self.is_open = False

    @property
    def next(self) -> Next:
        if self.accepted is not None or self.is_closed:
            return Next.STOP
        if self._waiting:
            return Next.READ
        if self._go_ahead:
            return Next.SEND if self.refusal is None else Next.SEND_NOTHING
        return Next.STOP if self.refusal is not None or not self._queue else Next.WRITE

    @property
    def stage(self) -> Stage:
        """What the next reply answers."""
        return self._waiting[0]

    def commands(self) -> bytes:
        """What is to be written now, in one piece."""
        now, self._queue = self._queue[: self._at_once], self._queue[self._at_once :]
        self._waiting.extend(stage for stage, _ in now)
        self.is_open = True
        return b"".join(line for _, line in now)

    def sent(self) -> None:
        """The final dot is written."""
        self._go_ahead = False
        self._waiting.append(Stage.END)

    def answer(self, reply: Reply) -> None:
        stage = self._waiting.popleft()
        if reply.code == _CLOSING:
            self.is_closed = True
        expected = _EXPECTED.get(stage)
        if not (reply.is_positive if expected is None else reply.code in expected):
            self.refusal = self.refusal or (stage, reply)
        elif stage is Stage.DATA:
            self._go_ahead = True
        elif stage is Stage.END and self.refusal is None:
            self.accepted = reply
        if stage is Stage.END:
            self.is_open = False
