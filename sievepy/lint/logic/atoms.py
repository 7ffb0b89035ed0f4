"""When one atom implies another, or shuts it out.

`atom_implies(a, b)`: wherever `a` is yes, `b` is yes, and wherever `b` is no, `a` is no (so the contrapositive may be
used too); attachment blocks, which hold whole conditions, are `proof`'s.
`disjoint(a, b)`: never are both yes; only said of fields with one value, for a letter may well be from two people.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from sievepy.ir.conditions import (
    AddressIs,
    Atom,
    Attachment,
    ClientIp,
    Compare,
    DateIs,
    Exists,
    Field,
    HasIp,
    IPNetwork,
    Match,
    Matches,
    Mentions,
    MentionsExact,
    MentionsNear,
    ReceivedDay,
    ReceivedTime,
)
from sievepy.lint.logic.phrases import exact_phrase, phrase_implies

_SINGLE = ("language", "source", "folder", "helo", "attachment-kind", "attachment-type")
_WIDER = {"subject": ("content", "full-text")}  # fields that hold all the segments of a field
_OF_TEXT = (Mentions, MentionsExact, MentionsNear, HasIp, AddressIs)
_DAY = 24 * 60


def atom_implies(a: Atom, b: Atom) -> bool:
    if a == b:
        return True
    match a, b:
        case _, Exists(field=field):
            return _shows_existence(a, field)
        case ((Mentions() | MentionsNear() | MentionsExact()), (Mentions() | MentionsNear() | MentionsExact())):
            return _quantified(a, b) and _words_imply(a, b)
        case Match(), Match():
            return _quantified(a, b) and all(any(_key_implies(a.how, k, b.how, j) for j in b.keys) for k in a.keys)
        case Matches(), Matches():
            return _quantified(a, b) and set(a.regexes) <= set(b.regexes)
        case AddressIs(), AddressIs():
            return _quantified(a, b) and _addresses_imply(a, b)
        case HasIp(), HasIp():
            return _quantified(a, b) and _inside(a.networks, b.networks)
        case ClientIp(), ClientIp():
            return _inside(a.networks, b.networks)
        case Compare() | ReceivedDay() | ReceivedTime() | DateIs(), _:
            return _values_imply(a, b)
    return False


def _shows_existence(a: Atom, field: Field) -> bool:
    if isinstance(a, Attachment):
        return field.kind == "attachment"
    return isinstance(a, _OF_TEXT) and a.field == field


def _quantified(
    a: Mentions | MentionsNear | MentionsExact | Match | Matches | AddressIs | HasIp,
    b: Mentions | MentionsNear | MentionsExact | Match | Matches | AddressIs | HasIp,
) -> bool:
    """Whether what `a` says of its field's values says enough of `b`'s: *every* implies *some*, not the reverse."""
    if b.every:
        return a.every and a.field == b.field
    return a.field == b.field or b.field.kind in _WIDER.get(a.field.kind, ())


def _words_imply(a: Mentions | MentionsNear | MentionsExact, b: Mentions | MentionsNear | MentionsExact) -> bool:
    match a, b:
        case Mentions(), Mentions():
            return all(any(phrase_implies(q, p) for p in b.phrases) for q in a.phrases)
        case MentionsExact(), Mentions():
            return all(any(phrase_implies(exact_phrase(key), p) for p in b.phrases) for key in a.keys)
        case MentionsExact(), MentionsExact():
            return all(any(_run_of(j, key) for j in b.keys) for key in a.keys)
        case MentionsNear(), Mentions():
            return any(phrase_implies(q, p) for q in a.phrases for p in b.phrases)
        case MentionsNear(), MentionsNear():
            return a.within <= b.within and all(any(phrase_implies(q, p) for q in a.phrases) for p in b.phrases)
    return False


def _run_of(short: tuple[str, ...], long: tuple[str, ...]) -> bool:
    return any(long[i : i + len(short)] == short for i in range(len(long) - len(short) + 1))


def _key_implies(how: str, key: str, other: str, wanted: str) -> bool:
    """Whether every value that `how key` takes is taken by `other wanted`."""
    match how, other:
        case (("is" | "contains" | "starts" | "ends"), "contains"):
            return wanted in key
        case (("is" | "starts"), "starts"):
            return key.startswith(wanted)
        case (("is" | "ends"), "ends"):
            return key.endswith(wanted)
        case "is", "like":
            return glob(wanted).fullmatch(key) is not None
    return how == other and key == wanted


def glob(pattern: str) -> re.Pattern[str]:
    """A `like` pattern as an expression; used on the keys of rules only, never on a letter."""
    collapsed = re.sub(r"\*+", "*", pattern)
    return re.compile("".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in collapsed), re.DOTALL)


def _addresses_imply(a: AddressIs, b: AddressIs) -> bool:
    def below(domain: str) -> bool:
        return any(domain.endswith(f".{parent}") for parent in b.subdomains)

    def takes_domain(domain: str) -> bool:
        return domain in b.domains or below(domain)

    return (
        all(address in b.addresses or takes_domain(address.rpartition("@")[2]) for address in a.addresses)
        and all(map(takes_domain, a.domains))
        and all(domain in b.subdomains or below(domain) for domain in a.subdomains)
    )


def _inside(a: Iterable[IPNetwork], b: Iterable[IPNetwork]) -> bool:
    return all(any(_subnet(x, y) for y in b) for x in a)


def _subnet(x: IPNetwork, y: IPNetwork) -> bool:
    return x.version == y.version and x.subnet_of(y)  # type: ignore[arg-type]


# ---------------------------------------------------------------- numbers, days, dates


def _values_imply(a: Atom, b: Atom) -> bool:
    match a, b:
        case Compare(), Compare():
            return a.field == b.field and _interval_within(_interval(a), _interval(b))
        case ReceivedDay(), ReceivedDay():
            return a.days <= b.days
        case ReceivedTime(), ReceivedTime():
            return _minutes(a) <= _minutes(b)
        case DateIs(), DateIs():
            return a.field == b.field and b.first <= a.first and a.last <= b.last
    return False


_Interval = tuple[float, bool, float, bool]  # low, whether it belongs; high, whether it belongs


def _interval(test: Compare) -> _Interval:
    match test.how:
        case "<" | "<=":
            return -math.inf, True, test.value, test.how == "<="
        case ">" | ">=":
            return test.value, test.how == ">=", math.inf, True
    return test.value, True, test.value, True


def _interval_within(a: _Interval, b: _Interval) -> bool:
    low = a[0] > b[0] or (a[0] == b[0] and (b[1] or not a[1]))
    high = a[2] < b[2] or (a[2] == b[2] and (b[3] or not a[3]))
    return low and high


def _apart(a: _Interval, b: _Interval) -> bool:
    """Whether the whole of `a` lies below `b`."""
    return a[2] < b[0] or (a[2] == b[0] and not (a[3] and b[1]))


def _minutes(test: ReceivedTime) -> frozenset[int]:
    if test.start < test.end:
        return frozenset(range(test.start, test.end))
    return frozenset(range(test.start, _DAY)) | frozenset(range(test.end))


def disjoint(a: Atom, b: Atom) -> bool:
    match a, b:
        case Compare(), Compare():
            x, y = _interval(a), _interval(b)
            return a.field == b.field and (_apart(x, y) or _apart(y, x))
        case ReceivedDay(), ReceivedDay():
            return not a.days & b.days
        case ReceivedTime(), ReceivedTime():
            return not _minutes(a) & _minutes(b)
        case DateIs(), DateIs():
            return a.field == b.field and (a.last < b.first or b.last < a.first)
        case ClientIp(), ClientIp():
            return not any(x.overlaps(y) for x in a.networks for y in b.networks if x.version == y.version)
        case Match(how="is"), Match(how="is"):
            return a.field == b.field and a.field.kind in _SINGLE and not set(a.keys) & set(b.keys)
    return False
