"""What a plan means where a folder stands in for every channel and place: maildirs, and lines in a file.

| action | becomes |
|---|---|
| `assign` | `DIR/<department or person>` |
| `triage`, `propose` | `DIR/Triage` |
| `quarantine`, `discard` | `DIR/Quarantine` |
| `file` | `DIR/Filed/<path>` |
| `forward` | `DIR/Forward/<address>` |
| `notify copy print bitrix pipe reply` | a line in `DIR/pending.jsonl` |
| `tag`, `sla`, `subject prefix` | headers of the letter |
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

from sievepy.disk.maildir import FOLDERS
from sievepy.plan import (
    ACTION_NAMES,
    Action,
    Assign,
    Bitrix,
    Copy,
    Discard,
    FileInto,
    Forward,
    Notify,
    Pipe,
    Plan,
    Planned,
    Print,
    Propose,
    Quarantine,
    Reply,
    Sla,
    SubjectPrefix,
    Tag,
    Triage,
)
from sievepy.relay.journal import Deliver, Enter, SetAside, Step
from sievepy.sinks.places import component, components

TRIAGE, QUARANTINE, FILED, FORWARD = "Triage", "Quarantine", "Filed", "Forward"
PENDING = "pending.jsonl"
_PLACES = frozenset({TRIAGE, QUARANTINE, FILED, FORWARD, PENDING})
_INSIDE = frozenset(FOLDERS)


def steps_of(plan: Plan, id: str, names: Callable[[], str], aside: str | None) -> tuple[Step, ...]:
    """All that is to be done with a letter, in order: deliver, enter the rest, set the original aside.

    Every letter is delivered somewhere: one whose plan names no place that exists here goes to triage. Where two
    actions name one place it gets one letter, with content if any of them says so.
    """
    places: dict[tuple[str, ...], bool] = {}
    for planned in plan.actions:
        target = place(planned.action)
        if target is not None:
            places[target] = places.get(target, True) and planned.reference
    if not places:
        places[(TRIAGE,)] = False
    steps: list[Step] = [Deliver(target, names(), reference) for target, reference in places.items()]
    lines = tuple(_lines(plan, id))
    if lines:
        steps.append(Enter(lines))
    if aside is not None:
        steps.append(SetAside(aside))
    return tuple(steps)


def place(action: Action) -> tuple[str, ...] | None:
    """The maildir of a destination, as path components; None for an action that delivers nothing."""
    match action:
        case Assign():
            return (component(action.department, _PLACES),)
        case FileInto():
            return (FILED, *components(action.folder, _INSIDE))
        case Forward():
            return (FORWARD, component(action.address, _INSIDE))
        case Quarantine() | Discard():
            return (QUARANTINE,)
        case Triage() | Propose():
            return (TRIAGE,)
    return None


def headers_of(plan: Plan, id: str) -> tuple[tuple[str, str], ...]:
    """What is prepended to the letter: who it is to us, which rules of which program decided, and what they said of
    it."""
    found = [("X-Sievepy-ID", id), ("X-Sievepy-Program", plan.program)]
    found += [("X-Sievepy-Rule", title) for title in plan.rules]
    for planned in plan.actions:
        match planned.action:
            case Tag(name=text):
                found.append(("X-Sievepy-Tag", text))
            case SubjectPrefix(text=text):
                found.append(("X-Sievepy-Subject-Prefix", text))
            case Sla(amount=amount, unit=unit, hours=hours):
                found.append(("X-Sievepy-SLA", f"{amount}{unit}" + (f" in {hours}" if hours else "")))
            case Propose(department=text):
                found.append(("X-Sievepy-Proposed", text))
            case Quarantine(reason=str(text)) | Triage(reason=str(text)):
                found.append(("X-Sievepy-Reason", text))
    return tuple((name, text) for name, text in found if text)


def described(planned: Planned) -> dict[str, object]:
    """An action as plain data: its word, its fields, and whether it carries only a reference."""
    action = planned.action
    found: dict[str, object] = {"action": ACTION_NAMES[type(action)]}
    for field in dataclasses.fields(action):
        value = getattr(action, field.name)
        found[field.name] = [list(pair) for pair in value] if isinstance(value, tuple) else value
    if planned.reference:
        found["reference"] = True
    return found


def _lines(plan: Plan, id: str) -> Iterator[dict[str, object]]:
    """The lines of a letter: ids, departments and rules, nothing that it says. `held` waits for a release from
    quarantine."""
    waiting = [(planned, False) for planned in plan.actions] + [(planned, True) for planned in plan.kept]
    waiting = [(p, held) for p, held in waiting if isinstance(p.action, Notify | Copy | Print | Bitrix | Pipe | Reply)]
    for number, (planned, held) in enumerate(waiting, 1):
        line = {"id": f"{id}.{number}", "letter": id, **described(planned)}
        line |= {"departments": list(plan.departments), "rules": list(planned.rules)}
        yield line | {"held": True} if held else line
