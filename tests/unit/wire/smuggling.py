"""Data that different servers read differently: every published false end of data, and what they are made of."""

from __future__ import annotations

_LINE_ENDS = (b"\r\n", b"\n", b"\r", b"\r\r\n", b"\n\r", b"\r\n\0", b"\0\r\n", b"\r\0\n")
_SECOND = b"MAIL FROM:<evil@e.kz>\r\nRCPT TO:<c@d.kz>\r\nDATA\r\nSubject: second\r\n\r\nevil\r\n"

FALSE_ENDS = tuple(
    before + b"." + after for before in _LINE_ENDS for after in _LINE_ENDS if (before, after) != (b"\r\n", b"\r\n")
)
UNSAFE = (
    *(b"Subject: a\r\n\r\nb" + end + _SECOND for end in FALSE_ENDS),
    *(b"a\r\n" + byte + b"b\r\n" for byte in (b"\r", b"\n", b"\0")),
    *(byte + b"a\r\n" for byte in (b"\r", b"\n", b"\0")),
    *(b"a" + byte for byte in (b"\r", b"\n", b"\0")),
)
