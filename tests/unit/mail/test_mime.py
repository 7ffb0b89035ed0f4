"""Values with parameters, and bodies cut at boundaries."""

from __future__ import annotations

import dataclasses

import pytest

from sievepy.mail.flags import Flag
from sievepy.mail.limits import LIMITS
from sievepy.mail.mime import Split, Value, parse_value, split


def parsed(raw: bytes | str) -> Value:
    return parse_value(raw.encode() if isinstance(raw, str) else raw, LIMITS, lambda flag: None)


def parameters(raw: bytes | str) -> dict[str, str]:
    return parsed(raw).parameters


@pytest.mark.parametrize(
    ("raw", "word", "found"),
    [
        ("text/plain", "text/plain", {}),
        ("TEXT/Plain ; Charset=UTF-8", "text/plain", {"charset": "UTF-8"}),
        ('text/plain; charset="utf-8"; format=flowed', "text/plain", {"charset": "utf-8", "format": "flowed"}),
        ("text/plain;charset = utf-8;", "text/plain", {"charset": "utf-8"}),
        ("text/plain;;; charset=utf-8", "text/plain", {"charset": "utf-8"}),
        ("text/plain charset=utf-8", "text/plain", {"charset": "utf-8"}),
        ('text/plain; charset="utf-8" name="a.txt"', "text/plain", {"charset": "utf-8", "name": "a.txt"}),
        ("image/png; name=my photo (1).png", "image/png", {"name": "my photo (1).png"}),
        ('x/y; name="a;b=c.txt"; d=e', "x/y", {"name": "a;b=c.txt", "d": "e"}),
        (r'x/y; name="a\"b\\c"', "x/y", {"name": r'a"b\c'}),
        (r'x/y; name="C:\Docs\act.pdf"', "x/y", {"name": r"C:\Docs\act.pdf"}),
        ('x/y; name="not closed; d=e', "x/y", {"name": "not closed", "d": "e"}),
        ("x/y; name=; d=e", "x/y", {"name": "", "d": "e"}),
        ("x/y; name", "x/y", {}),
        ("filename=a.pdf", "", {"filename": "a.pdf"}),
        ("", "", {}),
        (";", "", {}),
    ],
)
def test_parameters_as_programs_write_them(raw: str, word: str, found: dict[str, str]) -> None:
    value = parsed(raw)
    assert (value.word, value.parameters) == (word, found)


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("x/y; name*=UTF-8''%D0%90%D0%BA%D1%82.pdf", "Акт.pdf"),
        ("x/y; name*=utf-8'ru'%D0%90%D0%BA%D1%82.pdf", "Акт.pdf"),
        ("x/y; name*=windows-1251''%C0%EA%F2.pdf", "Акт.pdf"),
        ("x/y; name*=cp-1251''%C0%EA%F2.pdf", "Акт.pdf"),
        ("x/y; name*=''%D0%90%D0%BA%D1%82.pdf", "Акт.pdf"),
        ("x/y; name*0*=UTF-8''%D0%90%D0; name*1*=%BA%D1%82; name*2=.pdf", "Акт.pdf"),
        ("x/y; name*2=.pdf; name*1*=%BA%D1%82; name*0*=UTF-8''%D0%90%D0", "Акт.pdf"),
        ('x/y; name*0="a long "; name*1="name.pdf"', "a long name.pdf"),
        ("x/y; name*1=b.pdf", "b.pdf"),
        ("x/y; name=plain.pdf; name*=UTF-8''%D0%90%D0%BA%D1%82.pdf", "Акт.pdf"),
        ("x/y; name*=UTF-8''%D0%90%D0%BA%D1%82.pdf; name=plain.pdf", "Акт.pdf"),
        ("x/y; name*=UTF-8''100%.pdf", "100%.pdf"),
        ("x/y; name*=no-quotes.pdf", "no-quotes.pdf"),
    ],
)
def test_rfc_2231(raw: str, name: str) -> None:
    assert parameters(raw) == {"name": name}


@pytest.mark.parametrize(
    "raw",
    [
        b'x/y; name="=?utf-8?B?0JDQutGCLnBkZg==?="',
        b"x/y; name==?utf-8?B?0JDQutGCLnBkZg==?=",
        b'x/y; name="=?utf-8?B?0JDQ?= =?utf-8?B?utGCLnBkZg==?="',
        b"x/y; name=\"UTF-8''%D0%90%D0%BA%D1%82.pdf\"",
        b"x/y; name*0==?utf-8?B?0JDQutGC; name*1=LnBkZg==?=",
        'x/y; name="Акт.pdf"'.encode(),
        'x/y; name="Акт.pdf"'.encode("cp1251"),
        'x/y; name="Акт.pdf"'.encode("koi8-r"),
    ],
)
def test_file_names_in_other_ways(raw: bytes) -> None:
    assert parameters(raw) == {"name": "Акт.pdf"}


def test_the_first_of_equal_parameters_counts_and_is_said_to_be_there_twice() -> None:
    value = parsed("multipart/mixed; boundary=a; boundary=b; charset=x")
    assert value.parameters["boundary"] == "a"
    assert value.twice == {"boundary"}
    assert parsed("x/y; name=a; name*=utf-8''b").twice == {"name"}
    assert parsed("x/y; name*0=a; name*1=b").twice == frozenset()


def test_limits_on_parameters() -> None:
    flags: set[Flag] = set()
    raw = b"x/y" + b"".join(b"; p%d=v" % n for n in range(10))
    for limits in (
        dataclasses.replace(LIMITS, parameters=9),
        dataclasses.replace(LIMITS, structured_value=30),
    ):
        flags.clear()
        value = parse_value(raw, limits, flags.add)
        assert not value.complete
        assert 0 < len(value.parameters) < 10
        assert flags == {Flag.PARAMETERS_CUT}
    flags.clear()
    assert parse_value(raw, dataclasses.replace(LIMITS, parameters=10), flags.add).complete
    assert flags == set()


# ------------------------------------------------------------ boundaries


def pieces(data: bytes, boundary: bytes = b"b", limit: int = 100) -> list[bytes]:
    return [data[start:end] for start, end in cut(data, boundary, limit).ranges]


def cut(data: bytes, boundary: bytes = b"b", limit: int = 100) -> Split:
    return split(data, 0, len(data), boundary, limit)


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_parts_stand_between_boundary_lines(line_end: bytes) -> None:
    data = b"preamble\n--b\none\n\n--b  \ntwo\n--b--\nepilogue\n".replace(b"\n", line_end)
    assert pieces(data) == [b"one" + line_end, b"two"]
    found = cut(data)
    assert (found.closed, found.again, found.complete) == (True, False, True)


def test_a_boundary_on_the_first_line_and_on_the_last_without_a_line_end() -> None:
    assert pieces(b"--b\none\n--b--") == [b"one"]


def test_only_whole_lines_are_boundaries() -> None:
    data = b"--b\none\n--bc\n--b-\n --b\n--b x\ntwo\n--b--\n"
    assert pieces(data) == [b"one\n--bc\n--b-\n --b\n--b x\ntwo"]


def test_special_characters_in_boundaries_are_themselves() -> None:
    assert pieces(b"--=_.*(x)\none\n--=_.*(x)--\n", b"=_.*(x)") == [b"one"]


def test_a_missing_closing_boundary_leaves_the_last_part_to_the_end() -> None:
    found = cut(b"--b\none\n--b\ntwo\n")
    assert pieces(b"--b\none\n--b\ntwo\n") == [b"one", b"two\n"]
    assert not found.closed
    assert found.complete


def test_a_boundary_behind_the_closing_one_is_noticed() -> None:
    data = b"--b\none\n--b--\n\n--b\nhidden\n--b--\n"
    assert pieces(data) == [b"one"]
    assert cut(data).again


def test_two_boundaries_in_a_row_hold_no_part_and_an_empty_line_between_them_is_one() -> None:
    assert pieces(b"--b\n--b\none\n--b--\n") == [b"one"]
    assert pieces(b"--b\n\n--b\none\n--b--\n") == [b"", b"one"]


def test_no_boundary_no_parts() -> None:
    assert cut(b"just text\n") == Split(())
    assert cut(b"") == Split(())
    assert cut(b"--b--\n") == Split((), closed=True)


def test_parts_behind_the_limit_are_left_out_and_that_is_said() -> None:
    data = b"--b\n1\n--b\n2\n--b\n3\n--b--\n"
    assert pieces(data, limit=2) == [b"1", b"2"]
    assert not cut(data, limit=2).complete
    assert cut(data, limit=3).complete


def test_only_the_given_range_is_cut() -> None:
    data = b"--b\nouter\n--b\ninner\n--b--\n--b\nbehind\n"
    start, end = data.index(b"--b\ninner"), data.index(b"--b--")
    found = split(data, start, end, b"b", 100)
    assert [data[s:e] for s, e in found.ranges] == [b"inner\n"]
