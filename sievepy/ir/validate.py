"""The invariants of a script. What breaks one is a mistake of the program that made the script, never of a rules file:
front ends report those before. The engine relies on every invariant named here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sievepy.ir.conditions import (
    ADDRESS_FIELDS,
    NAME_FIELDS,
    TEXT_FIELDS,
    AddressIs,
    AllOf,
    AnyOf,
    Assigned,
    Attachment,
    ClientIp,
    Compare,
    Exists,
    Fact,
    Field,
    HasIp,
    Match,
    Matches,
    Mentions,
    MentionsExact,
    MentionsNear,
    Not,
    Phrase,
    ReceivedDay,
    ReceivedTime,
    Test,
)
from sievepy.ir.script import Department, Rule, Script
from sievepy.mail.normal import fold
from sievepy.plan import DESTINATIONS, Action, Assign, AssignSame, Defer, Discard, Notify, Propose, Reject

DEEPEST = 80
"""Blocks inside one another: 32 in a rule, 32 in the conditions it uses, and what lowering adds."""
FACTS = frozenset(
    {"mailing-list", "auto-reply", "auto-generated", "bounce", "empty", "reply-to-known", "verified",
     "mime-ambiguous", "truncated"}
)  # fmt: skip
_OF_AN_ATTACHMENT = frozenset({"attachment-name", "attachment-type", "attachment-kind", "attachment-text"})
_WORDS = frozenset(
    {*TEXT_FIELDS, *ADDRESS_FIELDS, *NAME_FIELDS, "header", "helo", "language", "source", "folder", *_OF_AN_ATTACHMENT}
)
_NUMBERS = frozenset({"size", "spam-score", "attachment-size"})
_PRESENT = _WORDS | _NUMBERS | {"client-ip", "date", "attachment"}


class InvalidScript(ValueError):
    """A script that breaks an invariant; the message says which, and in which rule."""


def validate(script: Script) -> None:
    """Raise InvalidScript if the script breaks an invariant."""
    _unique("titles of rules", (rule.title for rule in (*script.rules, *script.session_rules)))
    recipients = [*(d.name for d in script.departments), *(p.name for p in script.persons)]
    _unique("names of departments and persons", recipients)
    for department in script.departments:
        _department(department)
    for rules in (script.rules, script.session_rules):
        _require(list(rules) == sorted(rules, key=lambda r: r.priority), "rules stand in the order of their priority")
    checked: set[int] = set()
    for rule in (*script.rules, *script.session_rules):
        _rule(rule, checked)
    for rule in script.session_rules:
        _require(all(isinstance(a, Reject | Defer) for a in rule.actions), f"{rule.title}: a session rule only refuses")
    _actions("otherwise", script.otherwise)
    reaching = [a for a in script.otherwise if isinstance(a, DESTINATIONS) and not isinstance(a, Discard)]
    _require(bool(reaching), "otherwise holds a destination other than discard")
    _names(script, frozenset(recipients))


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise InvalidScript(f"broken invariant: {what}")


def _unique(what: str, names: Iterable[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    _require(not twice, f"{what} are unique: {twice[:1]}")


def _department(department: Department) -> None:
    primary = sum(channel.role == "primary" for channel in department.channels)
    _require(primary == 1, f"department {department.name} has exactly one primary channel")


def _rule(rule: Rule, checked: set[int]) -> None:
    _require(bool(rule.title) and bool(rule.actions or rule.carry_on), f"{rule.title}: a rule has a title and acts")
    if rule.carry_on:
        beside = any(isinstance(a, AssignSame) or (isinstance(a, Assign) and not a.also) for a in rule.actions)
        _require(beside, f"{rule.title}: continue stands beside assign")
    for test in (rule.test, rule.unless):
        if test is not None and id(test) not in checked:
            checked.add(id(test))
            _test(test, rule.title, 0, inside=False)


def _actions(title: str, actions: tuple[Action, ...]) -> None:
    _require(not any(isinstance(a, Reject | Defer) for a in actions), f"{title}: only session rules refuse")


def _names(script: Script, known: frozenset[str]) -> None:
    actions = [*(a for rule in script.rules for a in rule.actions), *script.otherwise]
    for rule in script.rules:
        _actions(rule.title, rule.actions)
    for action in actions:
        match action:
            case Assign(department=name) | Propose(department=name) | Notify(name=name):
                _require(name in known, f"`{name}` is a department or a person")


def _test(test: Test, title: str, depth: int, *, inside: bool) -> None:
    """One test of a rule; `inside`: of one attachment."""
    _require(depth <= DEEPEST, f"{title}: tests are nested at most {DEEPEST} deep")
    match test:
        case AllOf(tests) | AnyOf(tests):
            _require(bool(tests), f"{title}: a block holds a test")
            for part in tests:
                _test(part, title, depth + 1, inside=inside)
        case Not(inner):
            _test(inner, title, depth + 1, inside=inside)
        case Attachment(inner):
            _require(not inside, f"{title}: attachments do not nest")
            _test(inner, title, depth + 1, inside=True)
        case _:
            _leaf(test, title)
            field = getattr(test, "field", None)
            kind = field.kind if isinstance(field, Field) else ""
            one = kind in _OF_AN_ATTACHMENT or kind == "attachment-size"
            _require(one == inside, f"{title}: fields of one attachment stand inside an attachment test, and only they")


def _leaf(test: Test, title: str) -> None:
    problem = _field_problem(test) or _value_problem(test)
    _require(problem is None, f"{title}: {problem}")


def _field_problem(test: Test) -> str | None:
    match test:
        case Mentions() | MentionsNear() | MentionsExact() | Match() | Matches() | HasIp():
            fits = test.field.kind in _WORDS
        case AddressIs(field):
            fits = field.kind in ADDRESS_FIELDS
        case Compare(field):
            fits = field.kind in _NUMBERS
        case Exists(field):
            fits = field.kind in _PRESENT
        case _:
            return None
    if not fits:
        return f"{type(test).__name__} does not apply to {test.field}"
    return None if (test.field.kind == "header") == (test.field.name is not None) else "header, and only it, has a name"


def _value_problem(test: Test) -> str | None:
    match test:
        case Mentions(phrases=phrases) | MentionsNear(phrases=phrases):
            return None if phrases and all(map(_whole, phrases)) else "phrases have slots, and a gap between each two"
        case MentionsExact(keys=keys):
            return None if keys and all(keys) else "every key holds a word"
        case Match(keys=keys):
            return None if keys and all(k and k == fold(k) for k in keys) else "keys are folded and not empty"
        case Matches(regexes=regexes):
            return None if regexes and all(r.pattern for r in regexes) else "a regex is not empty"
        case HasIp(networks=networks) | ClientIp(networks=networks):
            return None if networks else "a network is named"
        case ReceivedDay(days):
            return None if days and days <= frozenset(range(7)) else "days are 0 to 6"
        case ReceivedTime(start, end):
            return None if 0 <= start < 1440 and 0 <= end <= 1440 and start != end else "minutes are of one day"
        case Fact(name):
            return None if name in FACTS else f"there is no fact {name}"
        case Assigned(department=""):
            return "an assigned department has a name"
    return None


def _whole(phrase: Phrase) -> bool:
    return bool(phrase.slots) and len(phrase.gaps) == len(phrase.slots) - 1
