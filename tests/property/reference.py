"""A naive evaluator of the whole IR, written from the language's definition and from nothing of the engine.

It walks each rule's tree for each letter, tries every place, and settles the plan by asking of each action what
stands beside it. It is slow and short on purpose. Regexes are run by the standard library's `re`: the property test
draws only from the subset in which both dialects agree.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import product

from sievepy.ir import conditions as ir
from sievepy.ir.script import Rule, Script
from sievepy.mail.address import canonical
from sievepy.mail.attachments import Attached
from sievepy.mail.ip import find_ranges
from sievepy.mail.letter import Letter
from sievepy.mail.skeleton import plain, skeleton
from sievepy.mail.tokens import Token, tokenize
from sievepy.mail.view import Segment, View
from sievepy.plan import (
    ACTION_NAMES,
    DESTINATIONS,
    Action,
    Assign,
    AssignSame,
    Bitrix,
    Copy,
    Defer,
    Discard,
    FileInto,
    Forward,
    Note,
    NoteKind,
    Notify,
    Pipe,
    Planned,
    Print,
    Propose,
    Quarantine,
    Reject,
    Tag,
    Triage,
)

Truth = ir.Truth

# ---------------------------------------------------------------- three values


def negation(truth: Truth) -> Truth:
    return {True: False, False: True, None: None}[truth]


def disjunction(truths: Iterable[Truth]) -> Truth:
    seen = set(truths)
    return True if True in seen else None if None in seen else False


def conjunction(truths: Iterable[Truth]) -> Truth:
    return negation(disjunction(negation(truth) for truth in truths))


# ---------------------------------------------------------------- one value of a field


def holds_in(test: ir.Test, segment: Segment) -> bool:
    """Whether one value satisfies a test on text."""
    text = segment.folded
    match test:
        case ir.Match(how="contains", keys=keys):
            return any(key in text for key in keys)
        case ir.Match(how="is", keys=keys):
            return text in keys
        case ir.Match(how="starts", keys=keys):
            return any(text.startswith(key) for key in keys)
        case ir.Match(how="ends", keys=keys):
            return any(text.endswith(key) for key in keys)
        case ir.Match(how="like", keys=keys):
            return any(_glob(key, text) for key in keys)
        case ir.Matches(regexes=regexes):
            return any(re.search(r.pattern, segment.clean, re.IGNORECASE if r.ignore_case else 0) for r in regexes)
        case ir.Mentions(phrases=phrases):
            return any(True for phrase in phrases for _ in _places(phrase, segment.tokens))
        case ir.MentionsNear(phrases=phrases, within=within):
            found = [list(_places(phrase, segment.tokens)) for phrase in phrases]
            return any(max(last for _, last in way) - min(at for at, _ in way) < within for way in product(*found))
        case ir.MentionsExact(keys=keys):
            return any(_exact(key, tokenize(segment.clean)) for key in keys)
        case ir.HasIp(networks=networks):
            return any(_overlap(written, net) for written in find_ranges(segment.clean) for net in networks)
    raise TypeError(test)


def _glob(key: str, text: str) -> bool:
    if not key:
        return not text
    if key[0] == "*":
        return any(_glob(key[1:], text[i:]) for i in range(len(text) + 1))
    return bool(text) and key[0] in ("?", text[0]) and _glob(key[1:], text[1:])


def fills(token: str, slot: ir.Slot) -> bool:
    bones = skeleton(token)
    return (
        token in slot.words
        or any(token.startswith(prefix) for prefix in slot.prefixes)
        or plain(token) in slot.plain
        or any(plain(token).startswith(prefix) for prefix in slot.plain_prefixes)
        or (bones is not None and bones in slot.skeletons)
        or (bones is not None and any(bones.startswith(prefix) for prefix in slot.skeleton_prefixes))
    )


def _places(phrase: ir.Phrase, tokens: list[Token]) -> Iterator[tuple[int, int]]:
    """First and last position of every way the phrase can stand there."""

    def behind(slot: int, at: int) -> Iterator[int]:
        if slot == len(phrase.slots):
            yield at
            return
        for following in range(at + 1, min(at + 2 + phrase.gaps[slot - 1], len(tokens))):
            if tokens[following].sentence == tokens[at].sentence and fills(tokens[following].text, phrase.slots[slot]):
                yield from behind(slot + 1, following)

    for first, token in enumerate(tokens):
        if fills(token.text, phrase.slots[0]):
            for last in behind(1, first):
                yield first, last


def _exact(key: tuple[str, ...], tokens: list[Token]) -> bool:
    rows = (tokens[at : at + len(key)] for at in range(len(tokens)))
    return any(tuple(t.text for t in row) == key and len({t.sentence for t in row}) == 1 for row in rows)


def _overlap(written: object, network: ir.IPNetwork) -> bool:
    first, last = written.first, written.last
    return first.version == network.version and not (last < network[0] or network[-1] < first)


def is_address(test: ir.AddressIs, address: str) -> bool:
    if address in test.addresses:
        return True
    _, at, domain = address.rpartition("@")
    return bool(at) and (domain in test.domains or any(domain.endswith("." + above) for above in test.subdomains))


# ---------------------------------------------------------------- a test


@dataclass
class State:
    """What rules above have done."""

    assigned: bool = False
    departments: set[str] = field(default_factory=set)
    tags: set[str] = field(default_factory=set)


def over_values(answers: list[bool], every: bool, complete: bool) -> Truth:
    """*Some* value satisfies the test; with `every` all do, and there is one. Unread values count as unknown."""
    unread: list[Truth] = [] if complete else [None]
    if not every:
        return disjunction([*answers, *unread])
    if not answers:
        return None if unread else False
    return conjunction([*answers, *unread])


def evaluate(test: ir.Test, letter: Letter, state: State, attached: Attached | None = None) -> Truth:
    match test:
        case ir.Not(inner):
            return negation(evaluate(inner, letter, state, attached))
        case ir.AllOf(tests):
            return conjunction([evaluate(each, letter, state, attached) for each in tests])
        case ir.AnyOf(tests):
            return disjunction([evaluate(each, letter, state, attached) for each in tests])
        case ir.Attachment(inner):
            unread: list[Truth] = [] if letter.attachments.complete else [None]
            return disjunction([evaluate(inner, letter, state, each) for each in letter.attachments.items] + unread)
        case ir.Assigned(None):
            return state.assigned
        case ir.Assigned(department):
            return department in state.departments
        case ir.Tagged(name):
            return name in state.tags
        case ir.AddressIs(field=of, every=every):
            found = letter.addresses(of.kind)
            return over_values([is_address(test, address) for address in found.values], every, found.complete)
        case ir.Exists() | ir.Compare() if attached is not None:
            return _of_attachment(test, attached)
        case ir.Exists(of):
            return letter.exists(of.kind, of.name)
    if isinstance(test, ir.Match | ir.Matches | ir.Mentions | ir.MentionsNear | ir.MentionsExact | ir.HasIp):
        view = value_view(test.field, letter, attached)
        return over_values([holds_in(test, segment) for segment in view.segments], test.every, view.complete)
    return _single(test, letter)


def value_view(of: ir.Field, letter: Letter, attached: Attached | None) -> View:
    return letter.view(of.kind, of.name) if attached is None else attached.view(of.kind)


def _of_attachment(test: ir.Exists | ir.Compare, attached: Attached) -> Truth:
    if isinstance(test, ir.Compare):
        return _compare(attached.size, test.how, test.value)
    view = attached.view(test.field.kind)
    return disjunction([bool(segment.clean) for segment in view.segments] + ([] if view.complete else [None]))


def _compare(number: float, how: str, value: float) -> bool:
    return {
        "<": number < value,
        "<=": number <= value,
        "=": number == value,
        ">=": number >= value,
        ">": number > value,
    }[how]


def _single(test: ir.Test, letter: Letter) -> Truth:
    match test:
        case ir.Compare(of, how, value):
            number = letter.number(of.kind)
            if number is None:
                return False if letter.exists(of.kind) is False else None
            return _compare(number, how, value)
        case ir.ClientIp(networks):
            address = letter.client_ip()
            return None if address is None else any(address in network for network in networks)
        case ir.DateIs(which, first, last):
            day = letter.day(which)
            if day is None:
                return False if letter.exists(which) is False else None
            return first <= day <= last
        case ir.Fact(name):
            return letter.fact(name)
        case ir.Authentication(method, result):
            return letter.authentication(method, result)
    moment = letter.received_at()
    if moment is None:
        return None
    match test:
        case ir.ReceivedDay(days):
            return moment.weekday() in days
        case ir.ReceivedTime(start, end):
            return _in_some([(start, end)] * 2, [moment.date(), moment.date() - dt.timedelta(1)], moment)
        case ir.ReceivedIn(hours):
            return _working(hours, moment)
    raise TypeError(test)


def _working(hours: ir.Hours, moment: dt.datetime) -> bool:
    windows, days = [], []
    for day in (moment.date(), moment.date() - dt.timedelta(1)):
        here = [(start, end) for opened, start, end in hours.opened if opened == day]
        if not any(first <= day <= last for first, last in hours.closed):
            here += [(start, end) for weekdays, start, end in hours.weekly if day.weekday() in weekdays]
        windows += here
        days += [day] * len(here)
    return _in_some(windows, days, moment)


def _in_some(windows: list[tuple[int, int]], days: list[dt.date], moment: dt.datetime) -> bool:
    now = moment.replace(tzinfo=None)
    for (start, end), day in zip(windows, days, strict=True):
        midnight = dt.datetime.combine(day, dt.time())
        closing = end if end > start else end + 24 * 60
        if midnight + dt.timedelta(minutes=start) <= now < midnight + dt.timedelta(minutes=closing):
            return True
    return False


# ---------------------------------------------------------------- rules


@dataclass
class Judgment:
    """What is compared with the engine's plan: everything but where tests hit."""

    actions: tuple[Planned, ...]
    kept: tuple[Planned, ...]
    fired: tuple[tuple[str, bool], ...]
    notes: tuple[Note, ...]


def rule_truth(rule: Rule, letter: Letter, state: State) -> Truth:
    when = evaluate(rule.test, letter, state)
    return when if rule.unless is None else conjunction([when, negation(evaluate(rule.unless, letter, state))])


def refuse(script: Script, letter: Letter, now: dt.date) -> Reject | Defer | None:
    for rule in script.session_rules:
        off = rule.off_until is not None and now < rule.off_until
        if not off and not rule.observe and rule_truth(rule, letter, State()) is True:
            return next(a for a in rule.actions if isinstance(a, Reject | Defer))
    return None


def judge(script: Script, letter: Letter, known: tuple[str, ...] | None, now: dt.date) -> Judgment:
    """`now` is the day of judging, in the zone."""
    run = Run(letter, known)
    for rule in script.rules:
        if rule.off_until is None or rule.off_until <= now:
            run.judge(rule)
    if not run.has_destination():
        run.notes.append(Note(NoteKind.NO_DESTINATION, "no rule names a destination: otherwise"))
        run.fired.append(("otherwise", False))
        run.act(script.otherwise, "otherwise")
    if not run.has_destination():
        run.act([Triage("no destination")], "otherwise")
    made = _settled(run.asked, run.fired, run.notes, {d.name for d in script.departments if d.restricted})
    return _without_subjects(_told(made, script), letter)


@dataclass
class Run:
    letter: Letter
    known: tuple[str, ...] | None
    state: State = field(default_factory=State)
    asked: list[tuple[Action, str]] = field(default_factory=list)
    fired: list[tuple[str, bool]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    deciding: bool = True

    def has_destination(self) -> bool:
        return any(isinstance(action, DESTINATIONS) for action, _ in self.asked)

    def judge(self, rule: Rule) -> None:
        adding = all(not isinstance(a, DESTINATIONS) or (isinstance(a, Assign) and a.also) for a in rule.actions)
        if not adding and not self.deciding:
            return
        truth = rule_truth(rule, self.letter, self.state)
        if truth is True:
            self.fired.append((rule.title, rule.observe))
        if truth is False or rule.observe:
            return
        if truth is None:
            self.doubt(rule, adding)
            return
        self.act(rule.actions, rule.title)
        self.deciding = self.deciding and (adding or rule.carry_on)

    def doubt(self, rule: Rule, adding: bool) -> None:
        what = _unknown(rule, self.letter, self.state)
        if adding:
            self.notes.append(Note(NoteKind.UNKNOWN_ADDING, f"not known: {what}; the rule did not act", rule.title))
            return
        reason = f'rule "{rule.title}" could not be answered: {what} is not known'
        self.notes.append(Note(NoteKind.UNKNOWN, reason, rule.title))
        self.act([Triage(reason)], rule.title)
        self.deciding = False

    def act(self, actions: Iterable[Action], title: str) -> None:
        for action in actions:
            if isinstance(action, AssignSame):
                where = f"the thread lives in {', '.join(self.known)}" if self.known else ""
                self.notes.append(Note(NoteKind.THREAD, where or "nobody knows where the thread lives", title))
                self.act([Assign(name) for name in self.known or ()], title)
                continue
            if isinstance(action, Assign):
                self.state.departments.add(action.department)
                self.state.assigned = self.state.assigned or not action.also
            if isinstance(action, Tag):
                self.state.tags.add(action.name)
            self.asked.append((action, title))


def _unknown(rule: Rule, letter: Letter, state: State) -> str:
    for condition in (rule.test, rule.unless):
        if condition is not None and evaluate(condition, letter, state) is None:
            return _first_unknown(condition, letter, state)
    raise AssertionError(rule.title)


def _first_unknown(test: ir.Test, letter: Letter, state: State) -> str:
    match test:
        case ir.Not(inner):
            return _first_unknown(inner, letter, state)
        case ir.AllOf(tests) | ir.AnyOf(tests):
            return _first_unknown(next(t for t in tests if evaluate(t, letter, state) is None), letter, state)
    return subject(test)


def subject(test: ir.Test) -> str:
    """What a test is about, in the language's words."""
    match test:
        case ir.Attachment():
            return "attachment"
        case ir.Fact(name):
            return {"reply-to-known": "reply to known", "mime-ambiguous": "mime ambiguous"}.get(name, name)
        case ir.Authentication(method):
            return method
        case ir.ClientIp():
            return "client ip"
        case ir.ReceivedDay() | ir.ReceivedIn() | ir.ReceivedTime():
            return "received"
        case ir.DateIs(which):
            return which
        case ir.Assigned(None):
            return "assigned"
        case ir.Assigned(department):
            return f"assigned {department}"
        case ir.Tagged(name):
            return f"tagged {name}"
    return written_field(test.field)


def written_field(of: ir.Field) -> str:
    if of.name is not None:
        return f'header "{of.name}"'
    if of.kind == "reply-to-name":
        return "reply-to name"
    spaced = of.kind.endswith("-name") or of.kind.split("-")[0] in ("attachment", "client", "spam")
    return of.kind.replace("-", " ") if spaced else of.kind


# ---------------------------------------------------------------- the settled plan


def _settled(
    asked: list[tuple[Action, str]], fired: list[tuple[str, bool]], notes: list[Note], restricted: set[str]
) -> Judgment:
    planned = _union(asked)
    owners = sorted(restricted & {p.action.department for p in planned if isinstance(p.action, Assign)})
    planned = _soften_discard(planned, notes)
    planned = _quarantine(planned, notes)
    planned = _departments_first(planned, notes)
    planned = [p for p in planned if isinstance(p.action, DESTINATIONS)] + [
        p for p in planned if not isinstance(p.action, DESTINATIONS)
    ]
    planned = [_reference(p, owners, notes) for p in planned]
    held = any(isinstance(p.action, Quarantine | Discard) for p in planned)
    stays = [p for p in planned if not held or isinstance(p.action, (*DESTINATIONS, Tag))]
    kept = [p for p in planned if held and not isinstance(p.action, (*DESTINATIONS, Tag))]
    return Judgment(tuple(stays), tuple(kept), tuple(fired), tuple(notes))


def _same_target(one: Action, other: Action) -> bool:
    if type(one) is not type(other):
        return False
    match one, other:
        case (Assign(a), Assign(b)) | (FileInto(a), FileInto(b)):
            return a == b
        case (Forward(a), Forward(b)) | (Copy(a), Copy(b)):
            return canonical(a) == canonical(b)
        case ((Quarantine() | Triage()), _):
            return True
        case Bitrix(), Bitrix():
            return replace(one, with_content=True) == replace(other, with_content=True)
    return one == other


def _union(asked: list[tuple[Action, str]]) -> list[Planned]:
    planned: list[Planned] = []
    while asked:
        action = asked[0][0]
        alike = [(a, title) for a, title in asked if _same_target(a, action)]
        asked = [(a, title) for a, title in asked if not _same_target(a, action)]
        changes: dict[str, object] = {}
        if hasattr(action, "with_content"):
            changes["with_content"] = any(a.with_content for a, _ in alike)
        if isinstance(action, Assign):
            changes["also"] = all(a.also for a, _ in alike)
        if isinstance(action, Quarantine | Triage):
            reasons = dict.fromkeys(a.reason for a, _ in alike if a.reason)
            changes["reason"] = "; ".join(reasons) if reasons else None
        planned.append(Planned(replace(action, **changes), tuple(dict.fromkeys(title for _, title in alike))))
    return planned


def _which(planned: list[Planned], *kinds: type) -> list[Planned]:
    return [p for p in planned if isinstance(p.action, kinds)]


def _beside(planned: list[Planned], *kinds: type) -> str:
    return ", ".join(written(p.action) for p in _which(planned, *kinds))


def _soften_discard(planned: list[Planned], notes: list[Note]) -> list[Planned]:
    departments, discards = _beside(planned, Assign), _which(planned, Discard)
    if not departments or not discards:
        return planned
    (discard,) = discards
    notes.append(Note(NoteKind.REPLACED, f"discard: held in quarantine beside {departments}", discard.rules[0]))
    asked = [(p.action, title) for p in planned if p != discard for title in p.rules]
    return _union(asked + [(Quarantine("discard beside a department"), title) for title in discard.rules])


def _quarantine(planned: list[Planned], notes: list[Note]) -> list[Planned]:
    beside = _beside(planned, Quarantine)
    if not beside:
        return planned
    notes += [
        Note(NoteKind.REPLACED, f"{written(p.action)}: replaced beside {beside}", p.rules[0])
        for p in _which(planned, Assign, Discard)
    ]
    notes += [
        Note(NoteKind.SKIPPED, f"{written(p.action)}: skipped beside {beside}", p.rules[0])
        for p in _which(planned, FileInto, Forward, Triage, Propose)
    ]
    return [p for p in planned if isinstance(p.action, Quarantine) or not isinstance(p.action, DESTINATIONS)]


def _departments_first(planned: list[Planned], notes: list[Note]) -> list[Planned]:
    beside, gone = _beside(planned, Assign), _which(planned, FileInto, Forward)
    if not beside:
        return planned
    notes += [Note(NoteKind.SKIPPED, f"{written(p.action)}: skipped beside {beside}", p.rules[0]) for p in gone]
    return [p for p in planned if p not in gone]


def _reference(p: Planned, owners: list[str], notes: list[Note]) -> Planned:
    action, why = p.action, f"{', '.join(owners)} is restricted"
    if not owners:
        return p
    match action:
        case Notify(with_subject=True):
            notes.append(Note(NoteKind.REFERENCE, f"{written(action)}: without the subject, {why}", p.rules[0]))
            return replace(p, action=replace(action, with_subject=False))
        case Assign(department) if department in owners:
            return p
        case (
            Assign(with_content=False)
            | FileInto(with_content=False)
            | Forward(with_content=False)
            | Copy(with_content=False)
            | Bitrix(with_content=False)
            | Triage()
            | Propose()
            | Print()
            | Pipe()
        ):
            notes.append(Note(NoteKind.REFERENCE, f"{written(action)}: a reference only, {why}", p.rules[0]))
            return replace(p, reference=True)
    return p


def _told(made: Judgment, script: Script) -> Judgment:
    """Whom a department's own lines tell of what it gets."""
    actions = list(made.actions)
    for department, title in [
        (p.action.department, t) for p in made.actions if isinstance(p.action, Assign) for t in p.rules
    ]:
        for name in next((d.notify for d in script.departments if d.name == department), ()):
            _add(actions, Planned(Notify(name), (title,)))
    return replace(made, actions=tuple(actions))


def _add(actions: list[Planned], more: Planned) -> None:
    for place, one in enumerate(actions):
        if one.action == more.action:
            actions[place] = replace(one, rules=tuple(dict.fromkeys(one.rules + more.rules)))
            return
    actions.append(more)


def _without_subjects(made: Judgment, letter: Letter) -> Judgment:
    views = [a.view(f"attachment-{what}") for a in letter.attachments.items for what in ("type", "kind")]
    texts = [segment.clean.lower() for view in views for segment in view.segments]
    pictured = any(text in ("image", "pdf", "application/pdf") or text.startswith("image/") for text in texts)
    whole = letter.attachments.complete and all(view.complete for view in views)
    asked = any(isinstance(p.action, Notify) and p.action.with_subject for p in made.actions + made.kept)
    if not asked or (whole and not pictured):
        return made
    why = "the letter has a picture or a PDF file" if pictured else "not all of the letter's attachments were read"
    notes, found = list(made.notes), []
    for actions in (made.actions, made.kept):
        plain: list[Planned] = []
        for p in actions:
            if isinstance(p.action, Notify) and p.action.with_subject:
                notes.append(Note(NoteKind.REFERENCE, f"{written(p.action)}: without the subject, {why}", p.rules[0]))
                _add(plain, replace(p, action=replace(p.action, with_subject=False)))
            else:
                _add(plain, p)
        found.append(tuple(plain))
    return replace(made, actions=found[0], kept=found[1], notes=tuple(notes))


def written(action: Action) -> str:
    match action:
        case Assign(department, also):
            return f"also assign {department}" if also else f"assign {department}"
        case FileInto(text) | Print(text) | Pipe(text):
            return f'{ACTION_NAMES[type(action)]} "{text}"'
        case Propose(text) | Forward(text) | Copy(text) | Notify(text) | Bitrix(text) | Tag(text):
            return f"{ACTION_NAMES[type(action)]} {text}"
    return ACTION_NAMES[type(action)]
