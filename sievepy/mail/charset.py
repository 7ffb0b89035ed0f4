"""From bytes to text: charset labels as programs write them, and text whose label is missing or wrong.

Labels are looked up in a closed table (RFC 2978 names, their usual misspellings), never in the interpreter's codec
search, which would import a module by an attacker's name and remember each miss. Unlabelled text is UTF-8 if it is
valid UTF-8; else the Cyrillic charset whose letters come out most frequent, upper and lower case where they belong.
It does not tell apart the single-byte charsets of other scripts; Western text is recognised only well enough not to
be made Cyrillic.
"""

from __future__ import annotations

import codecs
import re
import string
from encodings.aliases import aliases
from functools import cache, lru_cache
from itertools import islice
from typing import NamedTuple

from sievepy.mail.flags import Flag
from sievepy.mail.frequency import likeliest_codec


class Reading(NamedTuple):
    """`complete`: no more than a stray byte was undecodable (those are U+FFFD in `text`)."""

    text: str
    flags: tuple[Flag, ...] = ()
    complete: bool = True


# ------------------------------------------------------------ labels

_NO_TEXT_CODECS = frozenset(
    ["base64_codec", "bz2_codec", "hex_codec", "quopri_codec", "rot_13", "uu_codec", "zlib_codec", "mbcs", "tactis"]
)
_SUPERSETS = {  # what programs that write the first name mean
    "latin_1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "iso8859_9": "cp1254",
    "tis_620": "cp874",
}
_MISSPELT = {
    "ansi1251": "cp1251", "windowscp1251": "cp1251", "cswindows1251": "cp1251", "windowscyrillic": "cp1251",
    "koi8": "koi8_r", "koi": "koi8_r", "cskoi8r": "koi8_r", "koi8ru": "koi8_u", "koi8u": "koi8_u", "koi8t": "koi8_t",
    "dos866": "cp866", "dos": "cp866", "alt": "cp866",
    "strk10482002": "kz1048", "rk1048": "kz1048", "ptcp154": "ptcp154", "cyrillicasian": "ptcp154",
    "utf8": "utf_8", "utf8mb4": "utf_8", "unicode11utf8": "utf_8", "unicode20utf8": "utf_8", "utf": "utf_8",
    "utf16": "utf_16", "ucs2": "utf_16", "iso10646ucs2": "utf_16", "unicode": "utf_16",
    "iso88598i": "iso8859_8", "iso88598e": "iso8859_8", "ksc56011987": "cp949", "ksc5601": "cp949", "big5": "big5",
    "windows874": "cp874", "cp874": "cp874", "maccyrillic": "mac_cyrillic", "xmaccyrillic": "mac_cyrillic",
    "ascii": "ascii", "usascii": "ascii", "7bit": "ascii", "ansix341968": "ascii", "windows1252": "cp1252",
}  # fmt: skip
_DECORATION = re.compile(r"[^a-z0-9]+")
_CODE_PAGE = re.compile(r"(?:x?(?:windows|win|cp|ibm|ms|x)?)(\d{3,4})")
_LONGEST_LABEL = 64  # characters; IANA's longest name has 45


@cache
def _table() -> dict[str, str]:
    """Squeezed name -> codec, of all text codecs the interpreter ships."""
    known = {_squeeze(name): codec for name, codec in aliases.items() if codec not in _NO_TEXT_CODECS}
    known.update({_squeeze(codec): codec for codec in list(known.values())})
    return {name: _SUPERSETS.get(codec, codec) for name, codec in (known | _MISSPELT).items()}


def _squeeze(name: str) -> str:
    return _DECORATION.sub("", name)


@lru_cache(maxsize=256)
def codec_of(label: str) -> str | None:
    """The codec a charset label means, or None. A language (`utf-8*ru`, RFC 2231 5) and decoration are dropped."""
    words = label[:_LONGEST_LABEL].lower().partition("*")[0].strip(" \t\"'").split()
    name = _squeeze(words[0]) if words else ""
    found = _table().get(name)
    if found is None and name.startswith("x"):
        found = _table().get(name[1:])
    if found is None and (page := _CODE_PAGE.fullmatch(name)) is not None:
        found = _table().get(f"cp{page[1]}")
    return found


# ------------------------------------------------------------ reading

_STATEFUL = frozenset({"utf_16", "utf_16_be", "utf_16_le", "utf_32", "utf_32_be", "utf_32_le", "utf_7", "hz"})
_CYRILLIC = frozenset(
    {"cp1251", "koi8_r", "koi8_u", "cp866", "kz1048", "ptcp154", "iso8859_5", "mac_cyrillic", "cp855"}
)
_WESTERN = frozenset({"cp1252", "latin_1", "iso8859_15", "cp850", "cp437"})
_SINGLE_BYTE = _CYRILLIC | _WESTERN
_MULTIBYTE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")
_FEWEST_SEQUENCES = 3  # UTF-8 sequences that no text in a single-byte charset holds by chance
_BAD = "\ufffd"
_ASCII = bytes(range(128))
_ASCII_LETTERS = string.ascii_letters.encode()
_GUESSED = (Flag.CHARSET_GUESSED,)
_WRONG = (Flag.CHARSET_WRONG, Flag.CHARSET_GUESSED)


def read(data: bytes, label: str | None = None, *, hint: str | None = None) -> Reading:
    """The text of `data`, which says that it is `label` (None: says nothing). `hint` is a label that unlabelled 8-bit
    text is likely to have: the body's, for a header."""
    if data.startswith(codecs.BOM_UTF8):
        return _utf8(data[3:])
    codec = codec_of(label) if label else None
    unknown = (Flag.CHARSET_UNKNOWN,) if label and codec is None else ()
    if data.isascii() and not _is_stateful(codec):
        return Reading(data.decode("ascii"), unknown)
    match codec:
        case None:
            return _guessed(data, (*unknown, *_GUESSED), hint)
        case "ascii":
            return _guessed(data, _WRONG, hint)
        case "utf_8":
            return _utf8(data)
    if codec in _SINGLE_BYTE and (other := _contradiction(data, codec)) is not None:
        return _guessed(data, _WRONG, other)
    return _decoded(data, codec)


def _is_stateful(codec: str | None) -> bool:
    """Whether bytes below 128 may stand for other characters than ASCII's."""
    return codec is not None and (
        codec in _STATEFUL or codec.startswith(("iso2022", "cp037", "cp500", "cp1026", "cp1140"))
    )


def _utf8(data: bytes) -> Reading:
    """UTF-8, tolerant of damage but not of text that is in another charset altogether."""
    try:
        return Reading(data.decode("utf_8"))
    except UnicodeDecodeError:
        text, used = codecs.utf_8_decode(data, "replace", False)
    bad = text.count(_BAD) + (used < len(data))
    good = len(text) - text.count(_BAD) - _count(data, _ASCII)
    return _guessed(data, _WRONG, None) if bad > good else _judged(text, bad)


def _count(data: bytes, of: bytes) -> int:
    return len(data) - len(data.translate(None, of))


def _contradiction(data: bytes, codec: str) -> str | None:
    """The charset that text labelled as a single-byte one is in, where its bytes show that it is another."""
    if _is_utf8(data):  # asked first: other text fails it at its first letter
        sequences = sum(1 for _ in islice(_MULTIBYTE.finditer(data), _FEWEST_SEQUENCES))
        if sequences == _FEWEST_SEQUENCES:
            return "utf_8"
    if codec in _WESTERN and _count(data, _ASCII_LETTERS) < len(data) - _count(data, _ASCII):
        guess = likeliest_codec(data)  # most letters are outside ASCII: in Western text they never are
        return guess if guess in _CYRILLIC else None
    return None


def _is_utf8(data: bytes) -> bool:
    """Whether it is valid, but for a last sequence that the end of the data may cut."""
    try:
        text, used = codecs.utf_8_decode(data, "strict", False)
    except UnicodeDecodeError:
        return False
    return used == len(data) or not text.isascii()


def _guessed(data: bytes, flags: tuple[Flag, ...], hint: str | None) -> Reading:
    found = _decoded(data, _likeliest(data, hint))
    return Reading(found.text, (*flags, *found.flags), found.complete)


def _likeliest(data: bytes, hint: str | None) -> str:
    if _is_utf8(data):
        return "utf_8"
    hinted = codec_of(hint) if hint else None
    return hinted if hinted in _CYRILLIC else likeliest_codec(data)


def _decoded(data: bytes, codec: str) -> Reading:
    try:
        return Reading(data.decode(codec).removeprefix("\ufeff"))
    except UnicodeError:
        text = data.decode(codec, "replace")
        return _judged(text, text.count(_BAD))


def _judged(text: str, bad: int) -> Reading:
    """A stray undecodable character, or one in a hundred, hides no word; more do."""
    return Reading(text, (Flag.UNDECODABLE,), complete=bad <= 1 + len(text) // 100)
