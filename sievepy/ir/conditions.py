"""Tests: the conditions of rules, in the words of RFC 5228, free of any front end.

A test answers yes, no or unknown (`True`, `False`, `None`), combined by Kleene's strong logic. A positive
test is true if *some* value of its field satisfies it; `every` = all of them, and at least one. Where a field
was not read to its end (cut at a limit, undecodable, an envelope that never was) a test without a hit is
unknown; with `every`, a value that fails is still a *no*.

Nodes compare by meaning: `origin` (where the test was written) is left out of comparison and hash, so equal
tests of different rules are one atom to the engine.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Literal

from sievepy.text import Span

IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a letter; `name` is set for `header` only.

    Kinds and their values:
    - text of the letter, in segments: `subject body text content full-text`
    - address headers, a value an address: `from to cc sender reply-to`; their display names: `from-name to-name
      cc-name sender-name reply-to-name`
    - the envelope: `envelope-from envelope-to` (addresses), `helo` (text), `client-ip` (an IP address)
    - `header` with a name: a value an occurrence
    - single words: `language source folder`
    - numbers: `size` (bytes), `spam-score`;  dates: `date`
    - attachments: `attachment` (for `Exists` only); inside an `Attachment` test: `attachment-name attachment-type
      attachment-kind attachment-text` (text) and `attachment-size` (bytes)
    """

    kind: str
    name: str | None = None

    def __str__(self) -> str:
        return f'header "{self.name}"' if self.name is not None else self.kind.replace("-name", " name")


TEXT_FIELDS = ("subject", "body", "text", "content", "full-text")
ADDRESS_FIELDS = ("from", "to", "cc", "sender", "reply-to", "envelope-from", "envelope-to")
NAME_FIELDS = ("from-name", "to-name", "cc-name", "sender-name", "reply-to-name")


@dataclass(frozen=True, slots=True)
class Slot:
    """One word of a phrase, as the set of everything that may stand for it.

    `words` are whole folded tokens; `prefixes` are folded beginnings of tokens. `plain` and `plain_prefixes` are
    the same for tokens after `mail.skeleton.plain()` (Kazakh, with or without its specific letters), `skeletons` and
    `skeleton_prefixes` for tokens in Latin letters after `mail.skeleton.skeleton()`.
    """

    words: frozenset[str] = frozenset()
    prefixes: frozenset[str] = frozenset()
    plain: frozenset[str] = frozenset()
    plain_prefixes: frozenset[str] = frozenset()
    skeletons: frozenset[str] = frozenset()
    skeleton_prefixes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sequence of slots. `gaps[i]` is the number of words that may stand between slot i and slot i+1
    (0: they are neighbours; 4 for `…`). A phrase never crosses a sentence's end or a segment's."""

    slots: tuple[Slot, ...]
    gaps: tuple[int, ...]
    written: str = attribute(compare=False, default="")


@dataclass(frozen=True, slots=True)
class Regex:
    """An RE2 pattern over clean text, already translated: `\\w \\d \\b` mean Unicode letters and digits."""

    pattern: str
    ignore_case: bool = False
    written: str = attribute(compare=False, default="")


# ---------------------------------------------------------------- tests on text


@dataclass(frozen=True, slots=True)
class Mentions:
    """`mentions`: one of the phrases occurs."""

    field: Field
    phrases: tuple[Phrase, ...]
    every: bool = False
    origin: Span | None = attribute(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class MentionsNear:
    """`mentions all of … within N`: each phrase occurs, in any order, in one window of at most `within` words
    (counted from the first word of the first to the last word of the last) of one segment."""

    field: Field
    phrases: tuple[Phrase, ...]
    within: int
    every: bool = False
    origin: Span | None = attribute(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class MentionsExact:
    """`mentions exact`: one of the word sequences occurs in clean text, in this spelling and case, as whole words.

    Each key is a tuple of clean tokens that stand next to each other (any run of separators that holds no
    sentence's end may stand between them)."""

    field: Field
    keys: tuple[tuple[str, ...], ...]
    every: bool = False
    origin: Span | None = attribute(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Match:
    """`contains`, `is`, `starts`, `ends` and `like` (a glob: `*` any run, `?` one character) on folded text;
    the keys are folded. RFC 5228 2.7.1 match types."""

    field: Field
    how: Literal["contains", "is", "starts", "ends", "like"]
    keys: tuple[str, ...]
    every: bool = False
    origin: Span | None = attribute(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Matches:
    """`matches`: one of the regexes is found in clean text."""

    field: Field
    regexes: tuple[Regex, ...]
    every: bool = False
    origin: Span | None = attribute(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class AddressIs:
    """`is` on an address field (RFC 5228 5.1). Keys are lower-case, domains in their A-label form:
    `addresses` whole addresses, `domains` exactly these domains, `subdomains` anything below these."""

    field: Field
    addresses: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    subdomains: frozenset[str] = frozenset()
    every: bool = False
    origin: Span | None = attribute(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class HasIp:
    """`has ip in`: an address, network or range written in the text overlaps one of the networks."""

    field: Field
    networks: tuple[IPNetwork, ...]
    every: bool = False
    origin: Span | None = attribute(default=None, compare=False, repr=False)


# ---------------------------------------------------------------- tests on other values


@dataclass(frozen=True, slots=True)
class Exists:
    """The field is there: a header, an address, a non-empty text, an attachment. (`absent` = `Not(Exists)`.)"""

    field: Field
    origin: Span | None = attribute(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Compare:
    """`size`, `attachment-size` (bytes) or `spam-score` against a number."""

    field: Field
    how: Literal["<", "<=", "=", ">=", ">"]
    value: float
    origin: Span | None = attribute(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ClientIp:
    networks: tuple[IPNetwork, ...]
    origin: Span | None = attribute(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Hours:
    """Working time: weekly windows, days taken out, single windows put in. Minutes count from 00:00; a window
    whose end is not after its start runs past midnight and belongs to the day it starts on. Days: 0 = Monday."""

    name: str
    weekly: tuple[tuple[frozenset[int], int, int], ...]
    closed: tuple[tuple[dt.date, dt.date], ...] = ()
    opened: tuple[tuple[dt.date, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ReceivedIn:
    """`received in @hours`: the moment of first arrival lies in working time."""

    hours: Hours
    origin: Span | None = attribute(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ReceivedDay:
    """`received day is …`; 0 = Monday."""

    days: frozenset[int]
    origin: Span | None = attribute(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ReceivedTime:
    """`received time is 18:00-09:00`: minutes from 00:00, the end excluded; may run past midnight."""

    start: int
    end: int
    origin: Span | None = attribute(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class DateIs:
    """`date is A .. B`, both days included, or one day (`first == last`); `received is A .. B` likewise."""

    field: Literal["date", "received"]
    first: dt.date
    last: dt.date
    origin: Span | None = attribute(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Authentication:
    """`spf pass`, `dkim fail`, … of the configured authentication service (RFC 8601)."""

    method: Literal["spf", "dkim", "dmarc"]
    result: Literal["pass", "fail"]
    origin: Span | None = attribute(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact of the letter: `mailing-list auto-reply auto-generated bounce empty reply-to-known verified
    mime-ambiguous truncated`."""

    name: str
    origin: Span | None = attribute(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Assigned:
    """`assigned`: a rule above assigned (not `also`) a department. With one named: by `assign` or `also assign`."""

    department: str | None = None
    origin: Span | None = attribute(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Tagged:
    """`tagged NAME`: a rule above set the tag."""

    name: str
    origin: Span | None = attribute(default=None, compare=False, repr=False)


# ---------------------------------------------------------------- structure


@dataclass(frozen=True, slots=True)
class Attachment:
    """Some one attachment satisfies the whole inner test (built of tests on `attachment-…` fields)."""

    test: Test
    origin: Span | None = attribute(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Not:
    test: Test
    origin: Span | None = attribute(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class AllOf:
    tests: tuple[Test, ...]
    origin: Span | None = attribute(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class AnyOf:
    tests: tuple[Test, ...]
    origin: Span | None = attribute(default=None, compare=False, repr=False)


Atom = (
    Mentions
    | MentionsNear
    | MentionsExact
    | Match
    | Matches
    | AddressIs
    | HasIp
    | Exists
    | Compare
    | ClientIp
    | ReceivedIn
    | ReceivedDay
    | ReceivedTime
    | DateIs
    | Authentication
    | Fact
    | Assigned
    | Tagged
    | Attachment
)
Test = Atom | Not | AllOf | AnyOf
Truth = bool | None
"""yes, no, unknown"""
