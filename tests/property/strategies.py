"""Rules and letters drawn from one small world of words, so that they often meet.

Every kind of test, every operator of the logic, every action and every property of a rule can occur. Letters have
whole, cut and unknown fields. Strategies draw IR, not text: the front end has its own tests.
"""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress
from dataclasses import replace

from hypothesis import strategies as st

from sievepy import plan
from sievepy.ir import conditions as ir
from sievepy.ir.script import Department, Rule, Script
from sievepy.mail.envelope import Envelope
from sievepy.mail.limits import LIMITS
from tests.property.letters import Stored, StoredAttachment, StoredLetter, Values

# ---------------------------------------------------------------- the small world

WORDS = (
    "акт",
    "акта",
    "сверки",
    "счет",
    "Абая",
    "АКТ",
    "Счёт",
    "жауап",
    "керек",
    "akt",
    "sverki",
    "schet",
    "ул",
    "ß",
    "7",
)
BREAKS = (" ", " ", " ", " ", ", ", "-", ". ", "! ", "_", " (")
ADDRESSES = ("ivan@x-com.kz", "olga@mail.x-com.kz", "abuse@example.org", "x-com.kz", "")
WRITTEN_IPS = ("91.235.177.5", "191.235.177.5", "10.0.0.0/8", "10.1.2.3-10.1.2.9", "2001:db8::1")
NETWORKS = tuple(
    map(ipaddress.ip_network, ("91.235.177.0/24", "91.235.0.0/16", "10.1.2.4/32", "10.0.0.0/8", "2001:db8::/32"))
)
CLIENTS = tuple(map(ipaddress.ip_address, ("91.235.177.9", "10.1.2.4", "192.0.2.1", "2001:db8::7")))
DEPARTMENTS = ("abon", "buh", "activ")
TAGS = ("money", "late")
FACTS = ("mailing-list", "auto-reply", "auto-generated", "bounce", "empty", "reply-to-known", "verified", "truncated")
TEXTS = ("subject", "body", "text", "content", "full-text", "language", "helo", "from-name", "from", "envelope-to")
HEADERS = ("X-Spam", "List-Id", "X-Mailer")
NAMED = tuple(ir.Field("header", name) for name in HEADERS)
OUTER = tuple(map(ir.Field, TEXTS)) + NAMED
INNER = tuple(map(ir.Field, ("attachment-name", "attachment-type", "attachment-kind", "attachment-text")))
NOW = dt.datetime(2026, 1, 15, 12, 0, tzinfo=dt.UTC)

_some = st.sampled_from
few = st.booleans


SENTENCES = ("акт сверки", "акт! сверки", "Счёт. Акт за 7 сверки", "акт ул. Абая", "акт: счет! Абая", "сверки акт")


@st.composite
def _texts(draw: st.DrawFn) -> str:
    pieces = draw(st.lists(st.tuples(_some(WORDS), _some(BREAKS)), max_size=7))
    text = "".join(word + gap for word, gap in pieces)
    if draw(st.integers(0, 5)) == 0:
        text += draw(_some(WRITTEN_IPS))
    return text.rstrip(" (")


def texts() -> st.SearchStrategy[str]:
    return st.one_of(_texts(), _some(SENTENCES))


# ---------------------------------------------------------------- tests

slots = st.one_of(
    st.builds(
        ir.Slot, words=st.frozensets(_some(("акт", "акта", "сверки", "счет", "абая", "ss")), min_size=1, max_size=2)
    ),
    st.builds(ir.Slot, prefixes=st.frozensets(_some(("ак", "сверк", "с", "akt")), min_size=1, max_size=2)),
    st.builds(ir.Slot, plain=st.just(frozenset({"жауап", "керек"})), plain_prefixes=st.just(frozenset({"кер"}))),
    st.builds(ir.Slot, skeletons=st.just(frozenset({"akt", "Set"})), skeleton_prefixes=st.just(frozenset({"sver"}))),
)


_common = (ir.Slot(words=frozenset({"акт"})), ir.Slot(words=frozenset({"сверки", "абая"})))
_rows = st.one_of(st.lists(slots, min_size=1, max_size=3), st.just(_common))
_gap = _some((0, 0, 1, 4))


@st.composite
def phrases(draw: st.DrawFn) -> ir.Phrase:
    row = draw(_rows)
    gaps = [draw(_gap) for _ in row[1:]]
    return ir.Phrase(tuple(row), tuple(gaps))


KEYS = ("акт", "сч", "счет", "а", "akt", "сверки", "", "ss", "s", "акт сверки")
GLOBS = ("акт*", "*сверки", "*акт*", "а?т", "*", "*.", "?", "", "*с*е*")
REGEXES = (
    "акт",
    "[Аа]кта?",
    "(акт|счёт) ?сверки",
    "с.*и$",
    "^(Счёт|акт)",
    "a?kt",
    "АКТ|ул",
    "(ак)+т",
    "[0-9]",
    "сверк[аи]",
)
EXACT = (("акт",), ("АКТ",), ("Счёт",), ("акт", "сверки"), ("Абая", "7"), ("акт", "акт", "сверки"))


def text_tests(fields: tuple[ir.Field, ...]) -> st.SearchStrategy[ir.Test]:
    field, every = _some(fields), _some((False, False, False, True))

    def several(values: tuple[object, ...]) -> st.SearchStrategy[tuple[object, ...]]:
        return st.lists(_some(values), min_size=1, max_size=2, unique=True).map(tuple)

    regexes = st.builds(ir.Regex, _some(REGEXES), ignore_case=few())
    literal = _some(("contains", "is", "starts", "ends")).flatmap(
        lambda how: st.builds(ir.Match, field, st.just(how), several(KEYS), every)
    )
    return st.one_of(
        st.builds(ir.Mentions, field, st.lists(phrases(), min_size=1, max_size=2).map(tuple), every),
        st.builds(
            ir.MentionsNear, field, st.lists(phrases(), min_size=2, max_size=2).map(tuple), st.integers(2, 5), every
        ),
        st.builds(ir.MentionsExact, field, several(EXACT), every),
        literal,
        st.builds(ir.Match, field, st.just("like"), several(GLOBS), every),
        st.builds(ir.Matches, field, st.lists(regexes, min_size=1, max_size=2).map(tuple), every),
        st.builds(ir.HasIp, field, several(NETWORKS), every),
    )


_WINDOWS = ((frozenset({0, 1, 2, 3, 4}), 540, 1080), (frozenset({3, 5}), 1320, 360), (frozenset({6}), 0, 0))
hours = st.builds(
    ir.Hours,
    st.just("office"),
    st.lists(_some(_WINDOWS), max_size=2, unique=True).map(tuple),
    _some(((), ((dt.date(2026, 1, 15), dt.date(2026, 1, 16)),))),
    _some(((), ((dt.date(2026, 1, 15), 600, 780),))),
)
_minutes = st.integers(0, 1439)
_days = st.dates(dt.date(2026, 1, 13), dt.date(2026, 1, 17))


def single_tests() -> st.SearchStrategy[ir.Test]:
    how, kinds = (
        _some(("<", "<=", "=", ">=", ">")),
        (*map(ir.Field, ("attachment", "date", "received", "from")), *OUTER),
    )
    networks = st.lists(_some(NETWORKS), min_size=1, max_size=2, unique=True).map(tuple)
    every = _some((False, False, True))
    return st.one_of(
        st.builds(
            ir.AddressIs,
            _some(tuple(map(ir.Field, ("from", "envelope-to")))),
            st.frozensets(_some(ADDRESSES[:3]), max_size=1),
            st.frozensets(_some(("x-com.kz", "example.org")), max_size=1),
            st.frozensets(_some(("x-com.kz", "kz")), max_size=1),
            every,
        ),
        st.builds(ir.Exists, _some(kinds)),
        st.builds(ir.Compare, _some((ir.Field("size"), ir.Field("spam-score"))), how, _some((5.0, 1000.0))),
        st.builds(ir.ClientIp, networks),
        st.builds(ir.ReceivedIn, hours),
        st.builds(ir.ReceivedDay, st.frozensets(st.integers(0, 6), min_size=1, max_size=3)),
        st.builds(ir.ReceivedTime, _minutes, _minutes),
        st.builds(ir.DateIs, _some(("date", "received")), _days, _days),
        st.builds(ir.Authentication, _some(("spf", "dmarc")), _some(("pass", "fail"))),
        st.builds(ir.Fact, _some(FACTS)),
        st.builds(ir.Fact, _some(FACTS)),
    )


progress_tests = st.one_of(
    st.builds(ir.Assigned, _some((None, None, *DEPARTMENTS))),
    st.builds(ir.Tagged, _some(TAGS)),
)
likely_tests = _some((ir.Exists(ir.Field("size")), ir.Match(ir.Field("subject"), "contains", ("а", "с"))))


def combined(leaf: st.SearchStrategy[ir.Test], size: int) -> st.SearchStrategy[ir.Test]:
    def grow(inner: st.SearchStrategy[ir.Test]) -> st.SearchStrategy[ir.Test]:
        several = st.lists(inner, min_size=1, max_size=3).map(tuple)
        none = several.map(lambda tests: ir.Not(ir.AnyOf(tests)))
        return st.one_of(st.builds(ir.AnyOf, several), st.builds(ir.AllOf, several), st.builds(ir.Not, inner), none)

    return st.recursive(leaf, grow, max_leaves=size)


def tests() -> st.SearchStrategy[ir.Test]:
    attached = st.one_of(
        text_tests(INNER),
        text_tests(INNER),
        st.builds(ir.Compare, st.just(ir.Field("attachment-size")), _some(("<", ">=")), _some((10.0, 100.0))),
        st.builds(ir.Exists, _some(INNER)),
    )
    block = st.builds(ir.Attachment, combined(attached, 3))
    text = text_tests(OUTER)
    leaf = st.one_of(text, text, single_tests(), block)
    asked = st.one_of(text, leaf, progress_tests)
    alternative = st.builds(lambda *two: ir.AnyOf(two), leaf, leaf)
    return st.one_of(asked, asked, likely_tests, alternative, combined(asked, 4))


# ---------------------------------------------------------------- rules

_content = few()
_mostly, _seldom = _some((True, True, False)), st.integers(0, 6).map(lambda n: n == 0)
_off = _some((None, None, None, None, dt.date(2026, 1, 15), dt.date(2026, 1, 16)))
also_assign = st.builds(plan.Assign, _some(DEPARTMENTS), st.just(True), _content)
assign = st.builds(plan.Assign, _some(DEPARTMENTS), st.just(False), _content)
reasons = _some((None, "спам", "реклама"))
destinations = st.one_of(
    assign,
    assign,
    st.builds(plan.AssignSame),
    st.builds(plan.FileInto, _some(("Архив", "Автоответы")), _content),
    st.builds(plan.Forward, _some(("a@example.org", "A@example.org")), _content),
    st.builds(plan.Quarantine, reasons),
    st.builds(plan.Discard),
    st.builds(plan.Triage, _some((None, "руками"))),
    st.builds(plan.Propose, _some(DEPARTMENTS)),
)
additions = st.one_of(
    st.builds(plan.Tag, _some(TAGS)),
    st.builds(plan.Tag, _some(TAGS)),
    st.builds(plan.Copy, _some(("b@example.org", "B@example.org")), _content),
    st.builds(plan.Notify, _some(("dispatcher", "buh")), few(), _some((None, None, 600))),
    st.builds(plan.Bitrix, _some(("item", "task")), with_content=_content),
    st.builds(plan.Print, st.just("office")),
    st.builds(plan.Pipe, st.just("ocr")),
    st.builds(plan.Sla, st.just(4), st.just("h")),
    st.builds(plan.Reply, st.just("ok.txt")),
    st.builds(plan.SubjectPrefix, st.just("[ext]")),
)


_adding = st.lists(st.one_of(also_assign, additions), min_size=1, max_size=2)
_beside = st.lists(additions, max_size=2)
_places = st.lists(destinations, min_size=1, max_size=2)
_test = tests()
_unless = st.one_of(st.none(), st.none(), _test)


@st.composite
def rules(draw: st.DrawFn, test: st.SearchStrategy[ir.Test], unless: st.SearchStrategy[ir.Test | None]) -> Rule:
    adding = draw(st.integers(0, 2)) == 0
    made = draw(_adding) if adding else [*draw(_places), *draw(_beside)]
    assigns = any(isinstance(action, plan.Assign | plan.AssignSame) for action in made)
    return Rule(
        title="rule",
        test=draw(test),
        actions=tuple(made),
        unless=draw(unless),
        carry_on=draw(_mostly) and assigns and not adding,
        observe=draw(_seldom),
        off_until=draw(_off),
    )


_early = tuple(map(ir.Field, ("envelope-to", "helo", "from"))) + NAMED
session_rules = st.builds(
    Rule,
    st.just("session"),
    combined(st.one_of(text_tests(_early), single_tests()), 3),
    st.one_of(st.builds(plan.Reject, st.just("no")), st.builds(plan.Defer, st.just("later"))).map(lambda a: (a,)),
    observe=_seldom,
    off_until=_off,
)
_rules = st.lists(rules(_test, _unless), min_size=1, max_size=7)
_fact = st.builds(ir.Fact, _some(FACTS[:4]))
_header = _some(tuple(ir.Match(field, "contains", (key,)) for field in NAMED for key in ("акт", "с")))
_atom = st.one_of(_fact, _header, likely_tests)
_brief_test = st.one_of(
    _atom,
    progress_tests,
    progress_tests.map(ir.Not),
    st.builds(ir.AnyOf, st.tuples(_atom, _atom)),
    st.builds(ir.AllOf, st.tuples(_fact, _fact)),
    _fact.map(ir.Not),
)
_brief_rules = st.lists(rules(_brief_test, st.one_of(st.none(), _brief_test)), min_size=3, max_size=9)
_session_rules = st.lists(session_rules, max_size=2)
_otherwise = st.lists(destinations.filter(lambda a: not isinstance(a, plan.Discard)), min_size=1, max_size=2)
_told = _some(((), (), ("dispatcher",), ("dispatcher", "buh")))
_restricted = st.sets(_some(DEPARTMENTS), max_size=1)


def _titled(made: list[Rule]) -> tuple[Rule, ...]:
    return tuple(replace(rule, title=f"{rule.title} {number}") for number, rule in enumerate(made, 1))


@st.composite
def _scripts(draw: st.DrawFn, made: st.SearchStrategy[list[Rule]]) -> Script:
    restricted = draw(_restricted)
    return Script(
        rules=_titled(draw(made)),
        otherwise=(*draw(_otherwise), plan.Tag("unsorted")),
        session_rules=_titled(draw(_session_rules)),
        departments=tuple(
            Department(name, None, (), restricted=name in restricted, notify=draw(_told)) for name in DEPARTMENTS
        ),
    )


scripts = _scripts(_rules)
brief_scripts = _scripts(_brief_rules)
"""Many rules of few words: what they ask for meets more often."""


# ---------------------------------------------------------------- letters

whole = _some((True, True, True, False))
unsure = _some((True, False, False, None))


def values(each: st.SearchStrategy[str], most: int = 3) -> st.SearchStrategy[Values]:
    return st.builds(Values, st.lists(each, max_size=most).map(tuple), whole)


def _plain(kind: str) -> bool:
    return kind not in ("from", "envelope-to")


_inner = st.fixed_dictionaries({field.kind: values(texts(), 1) for field in INNER})
_fields = st.fixed_dictionaries({(kind, None): values(texts(), 2) for kind in TEXTS if _plain(kind)})
_headers = st.dictionaries(
    st.tuples(st.just("header"), _some([name.lower() for name in HEADERS])), values(texts().filter(bool), 2), max_size=3
)
_addresses = st.fixed_dictionaries({kind: values(_some(ADDRESSES), 2) for kind in ("from", "envelope-to")})
_moments = st.one_of(
    st.none(), st.datetimes(dt.datetime(2026, 1, 14), dt.datetime(2026, 1, 18), timezones=st.just(dt.UTC))
)
_attachment = st.builds(StoredAttachment, st.just("2"), _some((5, 50, 500)), _inner)
_attachments = st.lists(_attachment, max_size=2).map(
    lambda made: tuple(replace(each, number=str(number)) for number, each in enumerate(made, 2))
)

letters: st.SearchStrategy[StoredLetter] = st.builds(
    Stored,
    fields=st.builds(lambda fields, headers: {**fields, **headers}, _fields, _headers),
    addresses=_addresses,
    headers_complete=whole,
    spam_score=_some((None, 2.0, 5.0)),
    client_ip=_some((None, *CLIENTS)),
    date=st.one_of(st.none(), _days),
    received_at=_moments,
    facts=st.fixed_dictionaries(dict.fromkeys(FACTS, unsure)),
    authentication=st.fixed_dictionaries({(m, r): unsure for m in ("spf", "dmarc") for r in ("pass", "fail")}),
    attachments=_attachments,
    attachments_complete=whole,
).map(StoredLetter)

brief_letters: st.SearchStrategy[StoredLetter] = st.builds(
    Stored,
    fields=_headers.map(lambda headers: {**headers, ("subject", None): Values(("акт сверки",))}),
    headers_complete=whole,
    facts=st.fixed_dictionaries(dict.fromkeys(FACTS[:4], unsure)),
).map(StoredLetter)


# ---------------------------------------------------------------- letters of bytes

CHARSETS = ("utf-8", "cp1251", "koi8-r", "x-unknown")
limits = _some((LIMITS, replace(LIMITS, part_text=20, header_value=30, parts=3)))
envelopes = st.builds(
    Envelope,
    sender=_some((None, "", "ivan@x-com.kz")),
    recipients=_some((None, ("olga@mail.x-com.kz", "abuse@example.org"))),
    client_ip=_some((None, "91.235.177.9", "no address")),
    helo=_some((None, "акт", "mail.x-com.kz")),
    received_at=_some((None, NOW)),
)


def _word(text: str, charset: str) -> bytes:
    coded = base64.b64encode(text.encode(charset if charset != "x-unknown" else "utf-8", "replace")).decode()
    return f"=?{charset}?B?{coded}?=".encode()


@st.composite
def _parts(draw: st.DrawFn) -> bytes:
    charset, text = draw(_some(CHARSETS)), draw(texts())
    body = text.encode("utf-8" if charset == "x-unknown" else charset, "replace")
    kind = draw(_some((b"text/plain", b"text/html", b"application/pdf", b"message/rfc822")))
    lines = [b"Content-Type: " + kind + b"; charset=" + charset.encode()]
    if draw(few()):
        lines.append(b'Content-Disposition: attachment; filename="' + _word(draw(texts()), charset) + b'"')
    if draw(few()):
        lines.append(b"Content-Transfer-Encoding: base64")
        body = base64.b64encode(body)
    return b"\r\n".join([*lines, b"", body])


_part_lists = st.lists(_parts(), max_size=3)
_headers_read = st.lists(st.tuples(_some(HEADERS), texts(), _some(CHARSETS)), max_size=3)
_damages = st.lists(st.tuples(_some(("cut", "junk", "drop")), st.integers(0, 999)), max_size=2)
_senders = _some(("Иван <ivan@x-com.kz>", "olga@mail.x-com.kz, <abuse@example.org>", "(", "<>", "a: b@x-com.kz;"))
_dates = _some(("", "Date: Thu, 15 Jan 2026 12:00:00 +0500\r\n", "Date: soon\r\n", "Auto-Submitted: auto-replied\r\n"))


@st.composite
def byte_letters(draw: st.DrawFn) -> bytes:
    """A letter of many kinds of parts, and then often cut, or spoilt somewhere."""
    head = f"From: {draw(_senders)}\r\n{draw(_dates)}".encode()
    head += b"Subject: " + _word(draw(texts()), draw(_some(CHARSETS))) + b"\r\n"
    for name, text, charset in draw(_headers_read):
        head += name.encode() + b": " + _word(text, charset) + b"\r\n"
    parts = draw(_part_lists)
    if len(parts) == 1:
        letter = head + parts[0]
    else:
        kind = draw(_some((b"mixed", b"alternative", b"report")))
        inside = b"".join(b"--=b\r\n" + part + b"\r\n" for part in parts)
        letter = head + b"Content-Type: multipart/" + kind + b'; boundary="=b"\r\n\r\n' + inside + b"--=b--\r\n"
    for damage, where in draw(_damages):
        at = len(letter) * where // 1000
        match damage:
            case "cut":
                letter = letter[: max(at, 40)]
            case "junk":
                letter = letter[:at] + b"\xff\x00=\r\n: \xc3" + letter[at:]
            case _:
                letter = letter[:at] + letter[at + 20 :]
    return letter
