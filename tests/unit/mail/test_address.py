"""Address lists, right and broken, and the canonical form of an address."""

from __future__ import annotations

import base64
import dataclasses

import pytest

from sievepy.mail.address import Mailbox, canonical, parse_mailboxes, parse_raw
from sievepy.mail.flags import Flag
from sievepy.mail.limits import LIMITS

Boxes = list[tuple[str, str]]


def boxes(value: str, limit: int = 100) -> Boxes:
    return [(box.name, box.address) for box in parse_mailboxes(value, limit)[0]]


def word(text: str) -> str:
    return f"=?utf-8?B?{base64.b64encode(text.encode()).decode()}?="


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("a@b.example", [("", "a@b.example")]),
        ("<a@b.example>", [("", "a@b.example")]),
        ("Ivan Petrov <a@b.example>", [("Ivan Petrov", "a@b.example")]),
        ('"Petrov, Ivan" <a@b.example>', [("Petrov, Ivan", "a@b.example")]),
        (r'"Ivan \"Vanya\" Petrov" <a@b.example>', [('Ivan "Vanya" Petrov', "a@b.example")]),
        ("a@b.example, C <c@d.example>", [("", "a@b.example"), ("C", "c@d.example")]),
        ("a@b.example (Ivan)", [("Ivan", "a@b.example")]),
        ("Ivan (home) <a@b.example>", [("Ivan (home)", "a@b.example")]),
        ("Ivan <a@b.example> (a (nested) comment)", [("Ivan (a (nested) comment)", "a@b.example")]),
        ('"quoted local"@b.example', [("", '"quoted local"@b.example')]),
        ('<"a b>c"@b.example>', [("", '"a b>c"@b.example')]),
        ("Staff: a@b.example, C <c@d.example>;", [("", "a@b.example"), ("C", "c@d.example")]),
        ("undisclosed-recipients:;", []),
        ("A: a@b.example;, B: c@d.example;", [("", "a@b.example"), ("", "c@d.example")]),
        ("<@relay.example,@other.example:a@b.example>", [("", "a@b.example")]),
        ("Ivan < a @ b.example >", [("Ivan", "a@b.example")]),
        ("a @ b.example", [("", "a@b.example")]),
        ("<>", [("", "")]),
        ("", []),
        (" , ,; ", []),
    ],
)
def test_lists_as_the_standard_has_them(value: str, found: Boxes) -> None:
    assert boxes(value) == found
    assert parse_mailboxes(value, 100)[1]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("Petrov, Ivan <a@b.example>", [("Petrov, Ivan", "a@b.example")]),
        ("ТОО Связь, отдел закупа, <a@b.example>", [("ТОО Связь, отдел закупа", "a@b.example")]),
        ("J. R. Petrov <a@b.example>", [("J. R. Petrov", "a@b.example")]),
        ("Ivan Petrov a@b.example", [("Ivan Petrov", "a@b.example")]),
        ("Ivan <a@b.example", [("Ivan", "a@b.example")]),
        ("Ivan <a@b.example, C <c@d.example>", [("Ivan", "a@b.example"), ("C", "c@d.example")]),
        ("Ivan a@b.example>", [("Ivan", "a@b.example")]),
        ("Ivan <<a@b.example>>", [("Ivan", "a@b.example")]),
        ("A <a@b.example> C <c@d.example>", [("A", "a@b.example"), ("C", "c@d.example")]),
        ("a@b.example c@d.example", [("", "a@b.example"), ("", "c@d.example")]),
        ("a@b.example; c@d.example", [("", "a@b.example"), ("", "c@d.example")]),
        ('"Ivan <a@b.example>', [("Ivan", "a@b.example")]),
        ("Ivan (home <a@b.example>", [("Ivan home", "a@b.example")]),
        ("'Ivan' <'a@b.example'>", [("Ivan", "a@b.example")]),
        ("<mailto:a@b.example>", [("", "a@b.example")]),
        ("a@b.example <a@b.example>", [("a@b.example", "a@b.example")]),
        ("root", [("", "root")]),
        ("root, a@b.example", [("", "root"), ("", "a@b.example")]),
        ("Ivan Petrov", [("Ivan Petrov", "")]),
        ('"a@b.example" <c@d.example>', [("a@b.example", "c@d.example")]),
        ("a@b.example,", [("", "a@b.example")]),
    ],
)
def test_broken_lists_are_read_as_meant(value: str, found: Boxes) -> None:
    assert boxes(value) == found


def test_encoded_words_are_decoded_after_the_list_is_cut() -> None:
    assert boxes(f"{word('Петров, Иван')} <a@b.example>") == [("Петров, Иван", "a@b.example")]
    assert boxes(f"{word('x <evil@e.example>, y')} <a@b.example>") == [("x <evil@e.example>, y", "a@b.example")]
    assert boxes(f'"{word("Лена")}" <a@b.example>') == [("Лена", "a@b.example")]
    assert boxes(f"a@b.example ({word('Лена')})") == [("Лена", "a@b.example")]
    assert boxes(f"{word('Ив')} {word('ан')} <a@b.example>") == [("Иван", "a@b.example")]


def test_a_raw_comma_or_at_sign_inside_an_encoded_word_is_a_part_of_it() -> None:
    assert boxes("=?utf-8?Q?Petrov, Ivan?= <a@b.example>") == [("Petrov, Ivan", "a@b.example")]
    assert boxes("=?utf-8?Q?x@y.example?= <a@b.example>") == [("x@y.example", "a@b.example")]


def test_an_address_inside_an_encoded_word_is_a_name_and_no_address() -> None:
    assert boxes(word("a@b.example")) == [("a@b.example", "")]


def test_the_limit_cuts_the_list_and_that_is_said() -> None:
    value = ", ".join(f"u{n}@b.example" for n in range(5))
    assert parse_mailboxes(value, 5)[1]
    found, complete = parse_mailboxes(value, 4)
    assert [box.address for box in found] == [f"u{n}@b.example" for n in range(4)]
    assert not complete


def test_comments_nested_too_deep_make_the_list_incomplete_but_do_not_hide_the_address() -> None:
    limits = dataclasses.replace(LIMITS, comment_depth=3)
    flags: set[Flag] = set()
    found, complete = parse_raw(b"((((deep)))) a@b.example", limits, flags.add)
    assert (found[0].address, complete, flags) == ("a@b.example", False, {Flag.COMMENTS_CUT})
    flags.clear()
    assert parse_raw(b"(((deep))) a@b.example", limits, flags.add)[1]
    assert flags == set()


@pytest.mark.parametrize("char", list('",;:<>()@\\= \t[]=?'))
def test_no_run_of_a_special_character_raises(char: str) -> None:
    for value in (char * 50, f"{char * 3}a@b.example{char * 3}", f"x {char}<a@b.example>", f'"{char}" <a@b.example>'):
        parse_mailboxes(value, 10)


def test_mailboxes_are_values() -> None:
    assert Mailbox("n", "a@b.example") == Mailbox("n", "a@b.example")
    assert len({Mailbox("n", "a@b.example"), Mailbox("n", "a@b.example")}) == 1


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("Ivan@B.Example", "ivan@b.example"),
        (" ivan@b.example. ", "ivan@b.example"),
        ("ivan@почта.рф", "ivan@xn--80a1acny.xn--p1ai"),
        ("ivan@ПОЧТА.РФ", "ivan@xn--80a1acny.xn--p1ai"),
        ("ivan@XN--80A1ACNY.xn--p1ai", "ivan@xn--80a1acny.xn--p1ai"),
        ("Иван@почта.рф", "иван@xn--80a1acny.xn--p1ai"),
        ("почта.рф", "xn--80a1acny.xn--p1ai"),
        ("почта。рф", "xn--80a1acny.xn--p1ai"),
        ("*.почта.рф", "*.xn--80a1acny.xn--p1ai"),
        ("a_b.почта.рф", "a_b.xn--80a1acny.xn--p1ai"),
        ('"ivan"@b.example', "ivan@b.example"),
        ('"a b"@b.example', '"a b"@b.example'),
        ("a@[192.0.2.1]", "a@[192.0.2.1]"),
        ("root", "root"),
        ("", ""),
        ("@", "@"),
        ("a@b@c.example", "a@b@c.example"),
    ],
)
def test_canonical(address: str, form: str) -> None:
    assert canonical(address) == form
    assert canonical(form) == form


@pytest.mark.parametrize(
    "domain", ["п" * 300, "п" * 70 + ".рф", "-п-.рф", "\u200d.рф", "xn--п.рф", "a..п", ".п", "\ud800.рф"]
)
def test_canonical_never_raises(domain: str) -> None:
    assert canonical(f"a@{domain}").startswith("a@")
