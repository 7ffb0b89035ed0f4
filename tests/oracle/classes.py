"""Every way in which our reading of a letter may differ from the standard library's, and why each is right or harmless.

A class is a predicate over one `Difference`; the first that holds names it. A difference that no class holds for is a
defect of ours until it is understood: then it is mended, or becomes a class with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.oracle.reading import HEADERS, Difference


@dataclass(frozen=True)
class Class:
    """`reason` completes "we differ because …"."""

    name: str
    reason: str
    holds: Callable[[Difference], bool]


def _is_header(d: Difference) -> bool:
    return d.what in HEADERS


_BLOCK_ENDED_EARLY = "MissingHeaderBodySeparatorDefect"
_NO_PARTS = {"StartBoundaryNotFoundDefect", "NoBoundaryInMultipartDefect", "MultipartInvariantViolationDefect"}
_SPACED_COLON = re.compile(rb"(?m)^[!-9;-~]+[ \t]+:")
_WORD = re.compile(rb"=\?[^?\s]+\?[BbQq]\?")
_FOREIGN_IN_B = re.compile(rb"\?[Bb]\?[^?]*[^A-Za-z0-9+/=?\s][^?]*\?=|\?[Bb]\?[^?]*[\f\v][^?]*\?=")
_TRAILING_SPACE = re.compile(rb"[ \t](?=\r?\n|\Z)")


def _block_ended_early(d: Difference) -> bool:
    visible = "header-junk" in d.flags or _SPACED_COLON.search(d.data) is not None
    return visible and _BLOCK_ENDED_EARLY in d.defects and (d.theirs is None or not _is_header(d))


def _encoding(d: Difference) -> str:
    """What the part's encoding is without what stands around its name."""
    return d.encoding.partition(";")[0].partition("(")[0].strip().lower()


def _decorated_encoding(d: Difference) -> bool:
    return d.what == "payload" and d.encoding.lower() != _encoding(d) and d.theirs in _without_last_line_end(d.raw)


CLASSES: tuple[Class, ...] = (
    Class(
        "block-ended-early",
        "compat32 ends a header block at `Subject :` or at a junk line and makes body of the rest; we go on",
        _block_ended_early,
    ),
    Class(
        "bare-cr",
        "compat32 ends a line at a bare CR; nobody else does, so to us it is a space in a header and itself in a body",
        lambda d: re.search(rb"\r(?!\n)", d.data) is not None and b"\n" in d.data,
    ),
    Class(
        "block-begins-with-dashes",
        "a line that begins with `--` ends a header block, whatever follows; compat32 may take it for a field",
        lambda d: d.what == "payload" and d.raw.startswith(b"--") and d.raw.endswith(_bytes(d.theirs)),
    ),
    Class(
        "no-empty-line",
        "where no empty line ends a block its first junk line begins the body; compat32 sees no body",
        lambda d: d.what == "payload" and "header-junk" in d.flags and d.theirs == b"" and d.data.endswith(d.raw),
    ),
    Class(
        "raw-8bit-header",
        "compat32 makes U+FFFD of raw 8-bit bytes; we find their charset",
        lambda d: _is_header(d) and not d.raw.isascii(),
    ),
    Class(
        "word-charset-unknown",
        "compat32 raises LookupError on a charset it does not know; we have more names, and guess",
        lambda d: _is_header(d) and d.theirs == "!LookupError",
    ),
    Class(
        "word-charset-wrong",
        "the words are UTF-8 or Cyrillic and labelled as another charset; their bytes show it",
        lambda d: (
            (_is_header(d) or d.what == "filename") and "charset-wrong" in d.flags and _WORD.search(d.raw) is not None
        ),
    ),
    Class(
        "word-damaged-base64",
        "compat32 raises HeaderParseError on base64 with foreign characters, or leaves it; we drop them (RFC 2045 6.8)",
        lambda d: _is_header(d) and (d.theirs == "!HeaderParseError" or _FOREIGN_IN_B.search(d.raw) is not None),
    ),
    Class(
        "character-cut",
        "a word or file name ends inside a character: we drop the piece, compat32 makes U+FFFD of it",
        lambda d: (
            isinstance(d.theirs, str)
            and "\ufffd" in d.theirs
            and _unspaced(d.ours) == _unspaced(d.theirs.replace("\ufffd", ""))
        ),
    ),
    Class(
        "word-unfinished",
        "a word without `?=` is not decoded by either; compat32 drops the space behind it, we keep it",
        lambda d: (
            _is_header(d) and isinstance(d.ours, str) and "=?" in d.ours and _unspaced(d.ours) == _unspaced(d.theirs)
        ),
    ),
    Class(
        "word-beside-text",
        "compat32 drops a line end between a word and plain text; we keep the space that stands for it (RFC 2047 6.2)",
        lambda d: _is_header(d) and _unspaced(d.ours) == _unspaced(d.theirs),
    ),
    Class(
        "from-with-space",
        "compat32 takes `From :` for an mbox line; it is a header",
        lambda d: (
            (d.what == "From" and d.theirs is None and re.search(rb"(?m)^From[ \t]+:", d.data) is not None)
            or (d.what == "payload" and re.match(rb"From[ \t]+:", _bytes(d.theirs)) is not None)
        ),
    ),
    Class(
        "empty-last-part",
        "between a boundary and the closing one right below it there is no part; compat32 makes one",
        lambda d: d.what == "structure" and re.search(rb"(?m)^(--\S+)[ \t]*\r?\n\1--", d.data) is not None,
    ),
    Class(
        "boundary-with-junk",
        "compat32 keeps what stands behind the closing quote of a boundary for a part of it, and finds no parts",
        lambda d: (
            d.what == "structure"
            and bool(d.defects & _NO_PARTS)
            and re.search(rb'(?i)boundary\*?="[^"\r\n]*"(?:[ \t]|\r?\n[ \t])*[^;\s]', d.data) is not None
        ),
    ),
    Class(
        "multipart-as-text",
        "compat32 calls a multipart without usable boundaries a leaf of type multipart/*; we read it as text/plain",
        lambda d: d.what == "structure" and "boundary-missing" in d.flags and bool(d.defects & _NO_PARTS),
    ),
    Class(
        "encoding-decorated",
        "compat32 does not decode where spaces, a comment or `;` follow the encoding's name",
        _decorated_encoding,
    ),
    Class(
        "message-leaf",
        "compat32 reads any message/* as a letter or letters; only message/rfc822 and message/global are one to us",
        lambda d: d.what in ("structure", "payload") and _has_message_leaf(d),
    ),
    Class(
        "quoted-printable-trailing-space",
        "spaces at the end of an encoded line were added on the way (RFC 2045 6.7 rule 3); quopri keeps them",
        lambda d: (
            d.what == "payload" and _encoding(d) == "quoted-printable" and _TRAILING_SPACE.search(d.raw) is not None
        ),
    ),
    Class(
        "unclosed-last-line",
        "in a multipart that is not closed compat32 drops the last line end as if a boundary followed",
        lambda d: d.what == "payload" and "boundary-unclosed" in d.flags and d.theirs in _without_last_line_end(d.ours),
    ),
    Class(
        "base64-damaged",
        "compat32 returns damaged base64 undecoded, or stops at the first padding; we decode what is there",
        lambda d: d.what == "payload" and _encoding(d) == "base64",
    ),
    Class(
        "file-name-folded",
        "a line end inside a file name is folding; compat32 keeps it",
        lambda d: d.what == "filename" and d.ours is not None and _unspaced(d.ours) == _unspaced(d.theirs),
    ),
    Class(
        "file-name-charset",
        "the words of a file name are in a charset compat32 does not know",
        lambda d: d.what == "filename" and d.theirs == "!LookupError",
    ),
    Class(
        "file-name-sections-doubled",
        "of two RFC 2231 sections with one number the first counts; compat32 joins them",
        lambda d: d.what == "filename" and len(set(sections := re.findall(rb"\*\d+\*?=", d.raw))) < len(sections),
    ),
    Class(
        "file-name-quotes",
        "a quote that is not closed is dropped, and a parameter ends at its closing quote; compat32 keeps both",
        lambda d: d.what == "filename" and isinstance(d.theirs, str) and '"' in d.theirs,
    ),
    Class(
        "raw-8bit-parameter",
        "raw 8-bit bytes in a file name or beside it: we find their charset, compat32 makes U+FFFD of them",
        lambda d: d.what == "filename" and not d.raw.isascii(),
    ),
    Class(
        "parameter-behind-junk",
        "a parameter is found behind words that belong to none; compat32 sees one parameter with a strange name",
        lambda d: d.what == "filename" and d.theirs is None and re.search(rb"; [^;=]+ filename=", d.raw) is not None,
    ),
    Class(
        "type-malformed",
        "compat32 takes everything up to `;` for the type, and one without a subtype too (RFC 2045 5.2: text/plain)",
        lambda d: d.what == "structure" and any(not re.fullmatch(r"[^\s/]+/[^\s/]+", t) for t in _types(d.theirs)),
    ),
)


def _bytes(value: object) -> bytes:
    assert isinstance(value, bytes)
    return value


def _without_last_line_end(data: object) -> tuple[bytes, bytes]:
    """The data, and the data without the line end it closes with."""
    data = _bytes(data)
    return data, data.removesuffix(b"\n").removesuffix(b"\r")


def _types(value: object) -> list[str]:
    assert isinstance(value, list)
    return value


def _has_message_leaf(d: Difference) -> bool:
    if d.what == "payload":
        return d.theirs == b"" and d.type == "message/delivery-status"
    return any(t.startswith("message/") and t != "message/rfc822" for t in _types(d.ours))


def _unspaced(value: object) -> str:
    return "".join(value.split()) if isinstance(value, str) else ""


def classify(difference: Difference) -> Class | None:
    return next((c for c in CLASSES if c.holds(difference)), None)
