"""From what rules asked for to what will be done: conflicts are settled on the finished set, whatever its order.

The precedence is one table. After it, a restricted department makes references of what others would get of the letter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from sievepy.mail.address import canonical
from sievepy.plan import (
    ACTION_NAMES,
    DESTINATIONS,
    Action,
    Assign,
    Bitrix,
    Copy,
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
    Tag,
    Triage,
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """An action as one rule asked for it."""

    action: Action
    rule: str


@dataclass(frozen=True, slots=True)
class Settled:
    """See `Plan` for `actions` and `kept`."""

    actions: tuple[Planned, ...]
    kept: tuple[Planned, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class _Yields:
    """Where an action of the kind `to` is among the destinations, those of the kinds `kinds` give way: they become
    `instead`, or are left out."""

    to: type[Action]
    kinds: tuple[type[Action], ...]
    note: NoteKind
    instead: Quarantine | None = None


_PRECEDENCE = (
    _Yields(Assign, (Discard,), NoteKind.REPLACED, Quarantine("discard beside a department")),
    _Yields(Quarantine, (Assign, Discard), NoteKind.REPLACED),
    _Yields(Quarantine, (FileInto, Forward, Triage, Propose), NoteKind.SKIPPED),
    _Yields(Assign, (FileInto, Forward), NoteKind.SKIPPED),
)
"""Applied from top to bottom."""

_HOLDING = (Quarantine, Discard)
"""What keeps a letter back, and with it all that rules would add; a tag only says what the letter is, and stays."""

_CARRYING = (Assign, FileInto, Forward, Triage, Propose, Copy, Bitrix, Print, Pipe)
"""Actions by which somebody gets the letter's content."""


def settle(proposals: Sequence[Proposal], restricted: frozenset[str]) -> Settled:
    """Settle the finished set of actions. `restricted`: the names of restricted departments."""
    if len(proposals) == 1:  # most letters: nothing to merge, to give way to or to refer to
        return Settled((Planned(proposals[0].action, (proposals[0].rule,)),), (), ())
    planned = _merge(proposals)
    owners = restricted & {p.action.department for p in planned if isinstance(p.action, Assign)}
    notes: list[Note] = []
    for law in _PRECEDENCE:
        planned = _apply(law, planned, notes)
    planned = [_referenced(p, owners, notes) for p in sorted(planned, key=_is_addition)]
    held = any(isinstance(p.action, _HOLDING) for p in planned)
    kept = tuple(p for p in planned if held and _is_addition(p) and not isinstance(p.action, Tag))
    return Settled(tuple(p for p in planned if p not in kept), kept, tuple(notes))


def _is_addition(planned: Planned) -> bool:
    return not isinstance(planned.action, DESTINATIONS)


# ---------------------------------------------------------------- union


def _merge(proposals: Iterable[Proposal]) -> list[Planned]:
    """Actions with one target are one, with the titles of all rules that asked for it."""
    merged: dict[object, Planned] = {}
    for proposal in proposals:
        key = _target(proposal.action)
        before = merged.get(key)
        if before is None:
            merged[key] = Planned(proposal.action, (proposal.rule,))
        else:
            rules = tuple(dict.fromkeys((*before.rules, proposal.rule)))
            merged[key] = Planned(_join(before.action, proposal.action), rules)
    return list(merged.values())


def _target(action: Action) -> object:
    """What makes two actions one: where they lead, not how."""
    match action:
        case Assign(department):
            return Assign, department
        case FileInto(folder):
            return FileInto, folder
        case Forward(address) | Copy(address):
            return type(action), canonical(address)
        case Quarantine() | Triage():
            return type(action)
        case Bitrix():
            return replace(action, with_content=False)
    return action


def _join(one: Action, other: Action) -> Action:
    """Two actions with one target: the content goes along if either says so, reasons are put in a row."""
    match one, other:
        case (Assign(), Assign()):
            return replace(one, also=one.also and other.also, with_content=one.with_content or other.with_content)
        case ((FileInto() | Forward() | Copy() | Bitrix()), (FileInto() | Forward() | Copy() | Bitrix())):
            return replace(one, with_content=one.with_content or other.with_content)
        case ((Quarantine() | Triage()), (Quarantine() | Triage())):
            reasons = dict.fromkeys(reason for reason in (one.reason, other.reason) if reason)
            return replace(one, reason="; ".join(reasons) or None)
    return one


# ---------------------------------------------------------------- precedence


def _apply(law: _Yields, planned: list[Planned], notes: list[Note]) -> list[Planned]:
    winners = [p for p in planned if isinstance(p.action, law.to)]
    yielding = [p for p in planned if isinstance(p.action, law.kinds)]
    if not winners or not yielding:
        return planned
    beside = ", ".join(written(winner.action) for winner in winners)
    rest = [p for p in planned if p not in yielding]
    for p in yielding:
        end = f"held in quarantine beside {beside}" if law.instead else f"{law.note} beside {beside}"
        notes.append(Note(law.note, f"{written(p.action)}: {end}", p.rules[0]))
    if law.instead is not None:
        asked = [Proposal(p.action, rule) for p in rest for rule in p.rules]
        rest = _merge([*asked, *(Proposal(law.instead, rule) for p in yielding for rule in p.rules)])
    return rest


# ---------------------------------------------------------------- restricted departments


def _referenced(planned: Planned, owners: frozenset[str], notes: list[Note]) -> Planned:
    """The action as it stands beside restricted departments that get the letter: a reference for everybody else who
    does not say `with content`, and no notice with the subject."""
    action = planned.action
    if not owners or (isinstance(action, Assign) and action.department in owners):
        return planned
    why = f"{', '.join(sorted(owners))} is restricted"
    if isinstance(action, Notify) and action.with_subject:
        notes.append(Note(NoteKind.REFERENCE, f"{written(action)}: without the subject, {why}", planned.rules[0]))
        return replace(planned, action=replace(action, with_subject=False))
    if not isinstance(action, _CARRYING) or getattr(action, "with_content", False):
        return planned
    notes.append(Note(NoteKind.REFERENCE, f"{written(action)}: a reference only, {why}", planned.rules[0]))
    return replace(planned, reference=True)


_OBJECT: dict[type[Action], Callable[..., str]] = {
    Assign: lambda a: a.department,
    Propose: lambda a: a.department,
    FileInto: lambda a: f'"{a.folder}"',
    Forward: lambda a: a.address,
    Copy: lambda a: a.address,
    Notify: lambda a: a.name,
    Bitrix: lambda a: a.kind,
    Print: lambda a: f'"{a.queue}"',
    Pipe: lambda a: f'"{a.program}"',
    Tag: lambda a: a.name,
}


def written(action: Action) -> str:
    """An action in a note, much as the rules language writes it."""
    word = "also assign" if isinstance(action, Assign) and action.also else ACTION_NAMES[type(action)]
    tell = _OBJECT.get(type(action))
    return f"{word} {tell(action)}" if tell is not None else word
