"""A letter ends at CRLF . CRLF and nowhere else, however its bytes arrive."""

from __future__ import annotations

import itertools
import tracemalloc
from collections.abc import Iterable
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sievepy.sources.smtp.data import PIECE, Problem, Scanner
from sievepy.sources.smtp.limits import Limits

END = b"\r\n.\r\n"
LIMITS = Limits()

# What published smuggling attacks have used to end a letter early, and their relatives.
FALSE_ENDINGS = [
    b"\n.\n", b"\r\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\n\n.\r\n", b"\n\n.\n", b"\r\r.\r\r",
    b"\r\n\x00.\r\n", b"\r\n.\x00\r\n", b"\r\n.\r\x00\n", b"\x00\n.\r\n", b"\r\x00.\r\n", b"\r\n.\r\r\n",
    b"\r\n\r.\r\n",
    b"\n.\r", b"\r.\n", b"\n\r.\r\n", b"\r\n.\n\r", b"\r\n.\n\n", b"\n\r.\n\r", b"\r\n .\r\n", b"\r\n. \r\n",
    b"\r\n.\t\r\n",
    b"\r\n..\r\n", b"\r\n.\x0b\r\n", b"\x0b.\x0b", b"\r\n.\x0c\r\n", b"\xc2\x85.\xc2\x85", b"\xe2\x80\xa8.\xe2\x80\xa8",
    b"\x1a", b"\r\n.\x1a\r\n",
]  # fmt: skip
SMUGGLED = b"MAIL FROM:<eve@client.test>\r\nRCPT TO:<info@x-com.kz>\r\nDATA\r\nFrom: boss\r\n\r\npay\r\n"


def scan(pieces: Iterable[bytes], newlines: Literal["reject", "normalize"] = "reject", limits: Limits = LIMITS):
    scanner, content = Scanner(limits, newlines), b""
    rest = b""
    for piece in pieces:
        if scanner.done:
            rest += piece
        else:
            content += scanner.feed(piece)
    return scanner, content, scanner.rest + rest


def plain_reading(wire: bytes) -> bytes:
    """RFC 5321 4.5.2 by the letter, line by line, of bytes whose only newlines are CRLF."""
    lines = []
    for line in wire.split(b"\r\n"):
        if line == b".":
            break
        lines.append(line[1:] if line.startswith(b".") else line)
    return b"".join(line + b"\r\n" for line in lines)


@pytest.mark.parametrize("newlines", ["reject", "normalize"])
@pytest.mark.parametrize("false", FALSE_ENDINGS, ids=repr)
def test_no_false_ending_ends_a_letter_whole_or_split_at_any_byte(
    false: bytes, newlines: Literal["reject", "normalize"]
) -> None:
    before = b"Subject: x\r\n\r\nhello" + false
    wire = before + SMUGGLED
    for cut in range(len(wire) + 1):
        scanner, _, _ = scan([wire[:cut], wire[cut:]], newlines)
        assert not scanner.done
    scanner, _, rest = scan([wire + END[2:], b"QUIT\r\n"], newlines)
    assert scanner.done
    assert rest == b"QUIT\r\n"


@pytest.mark.parametrize("false", FALSE_ENDINGS, ids=repr)
def test_a_bare_newline_or_nul_is_a_problem_wherever_the_bytes_are_cut(false: bytes) -> None:
    wire = b"a\r\n\r\nhello" + false + b"x" + END
    whole, _, _ = scan([wire])
    pairs = false.replace(b"\r\n", b"")
    assert (whole.problem is not None) == any(byte in pairs for byte in b"\r\n\0")
    for cut in range(len(wire) + 1):
        assert scan([wire[:cut], wire[cut:]])[0].problem in {
            whole.problem,
            Problem.BARE_NEWLINE if whole.problem else None,
        }


def test_every_short_sequence_of_the_dangerous_bytes_is_read_alike_in_any_two_pieces() -> None:
    """All 5,461 sequences up to six of CR, LF, dot and a letter, cut at every byte, in both modes."""
    for length in range(7):
        for letters in itertools.product(b"\r\n.a", repeat=length):
            wire = bytes(letters) + END
            for newlines in ("reject", "normalize"):
                scanner, content, rest = scan([wire], newlines)
                assert wire[: len(wire) - len(rest)].endswith(END) or wire.startswith(b".\r\n")
                for cut in range(1, len(wire)):
                    other, other_content, other_rest = scan([wire[:cut], wire[cut:]], newlines)
                    assert (other.problem, other_rest) == (scanner.problem, rest)
                    assert other_content == content or scanner.problem


@given(st.lists(st.sampled_from([b"", b".", b"..", b".a", b"a", b"\xff.", b"a.b"]), max_size=8), st.integers(1, 5))
def test_dots_are_unstuffed_exactly(lines: list[bytes], size: int) -> None:
    wire = b"".join(line + b"\r\n" for line in lines) + b".\r\n"
    scanner, content, _ = scan([wire[at : at + size] for at in range(0, len(wire), size)])
    assert scanner.done
    assert content == plain_reading(wire)
    assert scanner.size == len(content)


@given(st.binary(max_size=60).map(lambda data: data.translate(bytes(b"\r\n.a"[byte % 4] for byte in range(256)))))
def test_nothing_bare_ever_leaves_normalize(data: bytes) -> None:
    scanner, content, _ = scan([data[:7], data[7:] + END], "normalize")
    assert scanner.problem is None
    pairs = content.count(b"\r\n")
    assert content.count(b"\r") == content.count(b"\n") == pairs


def test_normalize_repairs_what_programs_write() -> None:
    assert scan([b"a\nb\r\r\nc\rd\r\r\re" + END], "normalize")[1] == b"a\r\nb\r\nc d e\r\n"
    assert scan([b"a\r", b"\r", b"\nb" + END], "normalize")[1] == b"a\r\nb\r\n"
    assert scan([b"\n.\n..x" + END], "normalize")[1] == b"\r\n.\r\n..x\r\n"
    assert scan([b"a\r\nb" + END], "normalize")[0].repaired is False


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 100])
def test_limits_are_exact_wherever_the_bytes_are_cut(size: int) -> None:
    def problem(wire: bytes, **limits: int) -> Problem | None:
        wire += b".\r\n"
        pieces = [wire[at : at + size] for at in range(0, len(wire), size)]
        return scan(pieces, limits=Limits(**limits))[0].problem

    assert problem(b"12345678\r\n", message=10) is None
    assert problem(b"123456789\r\n", message=10) is Problem.MESSAGE
    assert problem(b"a\r\n1234567890\r\nb\r\n", line=10) is None
    assert problem(b"a\r\n12345678901\r\nb\r\n", line=10) is Problem.LINE
    assert problem(b"A: 123\r\n\r\n" + b"body\r\n" * 9, header=8) is None
    assert problem(b"A: 1234\r\n\r\n", header=8) is Problem.HEADER
    assert problem(b"\r\n" + b"long body\r\n", header=1) is None


def test_the_first_problem_stays_and_no_content_follows_it() -> None:
    scanner, content, _ = scan([b"12345\r\n", b"a\0b\r\n", b"\n" + END], limits=Limits(message=4))
    assert scanner.done
    assert scanner.problem is Problem.MESSAGE
    assert content == b""


@pytest.mark.parametrize("unit", [b"\r\n", b"a\r\n", b"x", b".\r", b"\n"], ids=repr)
@pytest.mark.parametrize("newlines", ["reject", "normalize"])
def test_a_hundred_megabytes_of_anything_take_next_to_no_memory(
    unit: bytes, newlines: Literal["reject", "normalize"]
) -> None:
    piece = (unit * PIECE)[:PIECE]
    scanner = Scanner(Limits(), newlines)
    scanner.feed(piece)
    tracemalloc.start()
    try:
        for _ in range(100 * 1024 * 1024 // PIECE):
            scanner.feed(piece)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= 1024 * 1024
    assert scanner.problem is not None
