"""Codes E050 to E069: values that cannot be read. Each page's first example is reported, its second is not."""

from __future__ import annotations

from sievepy.rules_lang.codes_text import page
from sievepy.text.codes import Code

_OTHERWISE = "\notherwise { triage }"


def _code(number: int, name: str, what: str, why: str, example: str, instead: str) -> Code:
    return Code(f"E{number:03}", name, page(what, why, example + _OTHERWISE, instead + _OTHERWISE))


def _rule(condition: str) -> str:
    return f'rule "Пример" {{ when {condition}; tag example }}'


ADDRESS = _code(
    50,
    "bad-address",
    "Refuses a value that is no e-mail address where one is needed: in a `list`, behind `email`, `forward` and `copy`, "
    "in a test's `from`.",
    "A letter sent to it would be lost, and a test that compares with it would never hold.",
    "department abon { email abon.x-com.kz }",
    "department abon { email abon@x-com.kz }",
)
DOMAIN = _code(
    51,
    "bad-domain",
    "Refuses a value that is no domain. A domain stands alone: `x-com.kz` is exactly this domain, `*.x-com.kz` "
    "everything below it, and no `@` stands before it, which would be the name of a list.",
    "Nothing would be compared with what was meant.",
    _rule("from is @x-com.kz"),
    _rule("from is x-com.kz"),
)
NETWORK = _code(
    52,
    "bad-network",
    "Refuses a value that is no IP address and no network in CIDR form, and a network that does not begin at its first "
    "address.",
    "`91.235.177.5/24` can mean one host or 256 of them; which one, the text does not say.",
    "network ours { 91.235.177.5/24 }",
    "network ours { 91.235.177.0/24 }",
)
SIZE = _code(
    53,
    "bad-size",
    "Refuses a size without its unit, or with one that is unknown. Units are B, KB, MB and GB, each 1,024 times the "
    "one before.",
    "`size > 25` would hold for every letter.",
    _rule("size > 25"),
    _rule("size > 25MB"),
)
DURATION = _code(
    54,
    "bad-duration",
    "Refuses a duration that is not a number above zero and `min`, `h`, `d` or `wd` (working days). A `digest` is "
    "counted on the clock, so `wd` does not stand there.",
    "A deadline that nobody can compute is never kept.",
    "department abon { email abon@x-com.kz; sla 4hours }",
    "department abon { email abon@x-com.kz; sla 4h }",
)
DAYS = _code(
    55,
    "bad-day",
    "Refuses a value that is no day of the week and no range of them. Days are `mon tue wed thu fri sat sun`; a range "
    "may run over the week's end, as `sat-mon`.",
    "Working hours with an unknown day would silently lack it.",
    "hours office { пн-пт 09:00-18:00 }",
    "hours office { mon-fri 09:00-18:00 }",
)
TIME = _code(
    56,
    "bad-time",
    "Refuses a value that is no time of day or no window of two of them. A window that ends before it begins runs past "
    "midnight and belongs to the day it begins on; the whole day is `00:00-24:00`.",
    "`9-18` may be hours, days or a range of numbers to the next reader.",
    "hours office { mon-fri 9-18 }",
    "hours office { mon-fri 09:00-18:00 }",
)
DATE = _code(
    57,
    "bad-date",
    "Refuses a value that is no date, a day that no calendar has, and a range whose end is before its beginning. Dates "
    "are written as ISO 8601 has them: year, month, day.",
    "`03.04.2026` is a day in April to some and in March to others.",
    _rule("date is 31.12.2026"),
    _rule("date is 2026-12-31"),
)
NUMBER = _code(
    58,
    "bad-number",
    "Refuses a value that is no number, or one outside the range that makes sense where it stands: `priority`, "
    "`within`, `spam score`.",
    "A rule with a priority that cannot be read has no place in the order.",
    'rule "Пример" { priority high; when empty; tag example }',
    'rule "Пример" { priority 10; when empty; tag example }',
)
REGEX = _code(
    59,
    "bad-regex",
    "Refuses a regex that RE2 does not take, that is empty, or that uses what rules leave out: flags other than `i`, "
    r"`\b` inside a repeated group, look-around, back-references.",
    "RE2 answers in linear time whatever the pattern; what it leaves out is what makes other engines hang on a letter "
    "written for that.",
    _rule("subject matches /(акт|счёт/"),
    _rule("subject matches /(акт|счёт)/"),
)
PHRASE = _code(
    60,
    "bad-phrase",
    "Refuses a phrase without a word, with `…` at its beginning or end, with `*` or `~` that does not end a word, or "
    "one that runs over the end of a sentence.",
    "It would match nothing, or everything.",
    'phrases act { "… сверки" }',
    'phrases act { "акт … сверки" }',
)
WORD = _code(
    61,
    "unknown-word",
    "Refuses a word that is none of the few that can stand there: the kinds of files behind `kind is`, languages, "
    "sources.",
    "The test would never hold.",
    _rule("attachment kind is picture"),
    _rule("attachment kind is image"),
)
TEXT = _code(
    62,
    "bad-text",
    "Refuses an empty text where something is looked for or written, line breaks in what becomes a header or a reply "
    "line, and paths of folders that lead outside.",
    "An empty text is found in every letter. A line break in a header begins a second header.",
    _rule('subject contains ""'),
    _rule('subject contains "акт"'),
)
HEADER_NAME = _code(
    63,
    "bad-header-name",
    "Refuses a text that cannot be the name of a header (RFC 5322): it holds spaces, a colon or letters outside ASCII.",
    "No letter can have such a header, so the test would never hold.",
    _rule('header "X-Priority:" exists'),
    _rule('header "X-Priority" exists'),
)

CODES = (
    ADDRESS, DOMAIN, NETWORK, SIZE, DURATION, DAYS, TIME, DATE, NUMBER, REGEX, PHRASE, WORD, TEXT, HEADER_NAME,
)  # fmt: skip
