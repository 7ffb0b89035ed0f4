"""The letters both readers are given: the examples, CPython's own test letters, and seeded damage done to both."""

from __future__ import annotations

import importlib.util
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
_DEBIAN = Path("/usr/lib/python3.11/test/test_email/data")  # libpython3.11-testsuite; see tools/testdata.sh

Mutation = Callable[[bytes, random.Random], bytes]


def originals() -> list[bytes]:
    """In a fixed order."""
    inbox = sorted(path for path in (ROOT / "examples/inbox").rglob("*") if path.is_file())
    return [path.read_bytes() for path in [*inbox, *sorted(cpython_letters().glob("msg_*.txt"))]]


def cpython_letters() -> Path:
    """The folder of letters in CPython's test suite."""
    try:
        spec = importlib.util.find_spec("test.test_email")
    except ModuleNotFoundError:
        spec = None
    own = Path(spec.origin).parent / "data" if spec is not None and spec.origin is not None else _DEBIAN
    found = own if own.is_dir() else _DEBIAN
    assert found.is_dir(), "CPython's e-mail test data is missing; tools/testdata.sh installs it"
    return found


def mutations(letter: bytes, seed: int, count: int) -> Iterator[bytes]:
    """`count` damaged forms of a letter, each by one to three mutations."""
    chance = random.Random(seed)
    for _ in range(count):
        damaged = letter
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            damaged = chance.choice(MUTATIONS)(damaged, chance)
        yield damaged


# ------------------------------------------------------------ damage


def _lines(letter: bytes) -> list[bytes]:
    return letter.splitlines(keepends=True) or [b"\n"]


def _header_count(lines: list[bytes]) -> int:
    return next((i for i, line in enumerate(lines) if not line.strip()), len(lines))


def _at_a_line(letter: bytes, chance: random.Random, change: Callable[[bytes], bytes]) -> bytes:
    lines = _lines(letter)
    at = chance.randrange(len(lines))
    lines[at] = change(lines[at])
    return b"".join(lines)


def lf(letter: bytes, chance: random.Random) -> bytes:
    return letter.replace(b"\r\n", b"\n")


def crlf(letter: bytes, chance: random.Random) -> bytes:
    return letter.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def cut(letter: bytes, chance: random.Random) -> bytes:
    return letter[: chance.randrange(len(letter) + 1)]


def drop_line(letter: bytes, chance: random.Random) -> bytes:
    return _at_a_line(letter, chance, lambda line: b"")


def double_line(letter: bytes, chance: random.Random) -> bytes:
    return _at_a_line(letter, chance, lambda line: line + line)


def swap_lines(letter: bytes, chance: random.Random) -> bytes:
    lines = _lines(letter)
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def indent_line(letter: bytes, chance: random.Random) -> bytes:
    return _at_a_line(letter, chance, lambda line: b" " + line)


def trailing_spaces(letter: bytes, chance: random.Random) -> bytes:
    return _at_a_line(letter, chance, lambda line: line.rstrip(b"\r\n") + b"  " + line[len(line.rstrip(b"\r\n")) :])


def change_byte(letter: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(letter) + 1)
    return letter[:at] + bytes([chance.randrange(1, 256)]) + letter[at + 1 :]


def raw_eight_bit(letter: bytes, chance: random.Random) -> bytes:
    lines = _lines(letter)
    at = chance.randrange(_header_count(lines) + 1) if chance.random() < 0.5 else chance.randrange(len(lines))
    words = "нужен акт сверки".encode(chance.choice(("cp1251", "koi8-r", "utf-8")))
    at = min(at, len(lines) - 1)
    end = lines[at][len(lines[at].rstrip(b"\r\n")) :]
    lines[at] = lines[at].rstrip(b"\r\n") + b" " + words + end
    return b"".join(lines)


def junk_header(letter: bytes, chance: random.Random) -> bytes:
    lines = _lines(letter)
    lines.insert(chance.randrange(_header_count(lines) + 1), b"this is no header line\n")
    return b"".join(lines)


def space_before_colon(letter: bytes, chance: random.Random) -> bytes:
    lines = _lines(letter)
    at = chance.randrange(max(_header_count(lines), 1))
    lines[at] = lines[at].replace(b":", b" :", 1)
    return b"".join(lines)


def mbox_line(letter: bytes, chance: random.Random) -> bytes:
    return b"From somebody@host.example Mon Nov  2 12:00:00 2026\n" + letter


def list_footer(letter: bytes, chance: random.Random) -> bytes:
    return (
        letter.rstrip() + b"\n\n_______________________________________________\nlist mailing list\nlist@host.example\n"
    )


_CHARSET = re.compile(rb"(?i)(charset=\"?)([A-Za-z0-9_-]+)")
_LABELS = (b"cp-1251", b"windows1251", b"us-ascii", b"utf-8", b"x-unknown", b"koi8-r", b"kz-1048", b"iso-8859-1")


def other_charset(letter: bytes, chance: random.Random) -> bytes:
    return _CHARSET.sub(lambda found: found[1] + chance.choice(_LABELS), letter, count=1)


def other_word_charset(letter: bytes, chance: random.Random) -> bytes:
    label = chance.choice((b"cp-1251", b"utf-8*ru", b"koi8r", b"x-unknown", b"UTF8", b"windows-1251"))
    return re.sub(rb"=\?[A-Za-z0-9_-]+\?", b"=?" + label + b"?", letter)


def drop_padding(letter: bytes, chance: random.Random) -> bytes:
    return re.sub(rb"={1,2}(?=\?=|\r?\n)", b"", letter, count=chance.randrange(1, 4))


def drop_closing_boundary(letter: bytes, chance: random.Random) -> bytes:
    return re.sub(rb"(?m)^--[^\s]+--\r?$\n?", b"", letter, count=1)


def damage_boundary(letter: bytes, chance: random.Random) -> bytes:
    return re.sub(rb"(?i)boundary=\"?", lambda found: found[0] + b"x", letter, count=1)


def double_type(letter: bytes, chance: random.Random) -> bytes:
    return b"Content-Type: text/html; charset=utf-8\n" + letter


def bad_encoding_name(letter: bytes, chance: random.Random) -> bytes:
    ending = chance.choice((b" ", b" (comment)", b";", b"\t"))
    return re.sub(rb"(?im)^(content-transfer-encoding: *[a-z0-9-]+)", lambda found: found[1] + ending, letter)


def no_empty_line(letter: bytes, chance: random.Random) -> bytes:
    return re.sub(rb"\r?\n(\r?\n)", rb"\1", letter, count=1)


MUTATIONS: tuple[Mutation, ...] = (
    lf, crlf, cut, drop_line, double_line, swap_lines, indent_line, trailing_spaces, change_byte, raw_eight_bit,
    junk_header, space_before_colon, mbox_line, list_footer, other_charset, other_word_charset, drop_padding,
    drop_closing_boundary, damage_boundary, double_type, bad_encoding_name, no_empty_line,
)  # fmt: skip
