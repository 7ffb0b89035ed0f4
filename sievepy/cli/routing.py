"""The routes of a rules file as a tree, as a Mermaid flowchart, and as data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sievepy.ir.routes import Lead, Route
from sievepy.text.width import shown, width

Targets = Mapping[str, str | None]
"""Where letters of a place go: triage, file, quarantine, discard -> what `[places]` says."""

_WIDEST = 64  # columns of a rule's place and title before what it does, but for those that are longer
_PLAIN = re.compile(r"[^\w ,\n]|_")
_TITLES = {
    "thread": "where the letter's thread lives",
    "sender": "refused: the letter stays with its sender",
}


def unreached(routes: Sequence[Route]) -> list[Route]:
    """The departments that no rule which acts, and not `otherwise`, leads to."""
    return [each for each in routes if each.goal.kind == "department" and not any(map(_acts, each.leads))]


def _acts(lead: Lead) -> bool:
    return lead.rule is None or not lead.rule.observe


# ---------------------------------------------------------------- as a tree


def as_tree(routes: Sequence[Route], targets: Targets) -> list[str]:
    lines: list[str] = []
    for route in routes:
        if route.leads:
            lines += [_head(route, targets), *_branches(route.leads), ""]
    for route in unreached(routes):
        lines.append(f"nobody leads to {_head(route, targets)}")
    return lines if unreached(routes) else lines[:-1]


def _head(route: Route, targets: Targets) -> str:
    restricted = " (restricted)" if route.restricted else ""
    where = "; ".join(_destinations(route, targets))
    return shown(f"{_name(route)}{restricted}" + (f": {where}" if where else ""))


def _name(route: Route) -> str:
    goal = route.goal
    match goal.kind:
        case "department" | "person":
            return f"{goal.kind} {goal.name}" + (f' "{route.title}"' if route.title else "")
        case "folder" | "address":
            return f'{goal.kind} "{goal.name}"'
        case _:
            return _TITLES.get(goal.kind, goal.name)


def _destinations(route: Route, targets: Targets) -> Iterator[str]:
    """What a letter for that goal is delivered to, as far as rules and configuration say."""
    yield from map(str, route.channels)
    place = "file" if route.goal.kind == "folder" else route.goal.name
    if route.goal.kind in ("place", "folder") and targets.get(place):
        yield str(targets[place])


def _branches(leads: Sequence[Lead]) -> Iterator[str]:
    said = [shown(_said(lead)) for lead in leads]
    column = min(max(map(width, said)), _WIDEST)
    for number, (lead, text) in enumerate(zip(leads, said, strict=True), 1):
        sign = "└─" if number == len(leads) else "├─"
        padding = " " * max(0, column - width(text))
        yield shown(f"{sign} {text}{padding}  {', '.join(_traits(lead))}")


def _said(lead: Lead) -> str:
    if lead.rule is None:
        return "   -  otherwise"
    origin = lead.rule.origin
    place = "" if origin is None else f"{origin.source.name}:{origin.location[0]}  "
    return f'{lead.number:>4}  {place}"{lead.rule.title}"'


def _traits(lead: Lead) -> list[str]:
    rule = lead.rule
    if rule is None:
        return [lead.how]
    traits = [lead.how]
    traits += ["continue"] if rule.carry_on else []
    traits += ["observe"] if rule.observe else []
    traits += [f"off until {rule.off_until}"] if rule.off_until else []
    return traits


# ---------------------------------------------------------------- as a flowchart


def as_mermaid(routes: Sequence[Route], targets: Targets) -> list[str]:
    """A Mermaid flowchart: rules on the left, goals, where their letters are delivered. Nodes are named by numbers, and
    of labels everything but letters, digits, spaces and commas is written as a character code: no title can become
    syntax, a directive, or Markdown."""
    lines = ["flowchart LR"]
    rules: dict[str, str] = {}
    for number, route in enumerate(routes):
        goal = f"goal{number}"
        lines.append(f'  {goal}["{_label(_name(route))}"]')
        for each, where in enumerate(_destinations(route, targets)):
            lines.append(f'  {goal} --> channel{number}x{each}(["{_label(where)}"])')
        for lead in route.leads:
            label = _label(_node(lead))
            if label not in rules:
                rules[label] = f"rule{len(rules)}"
                lines.append(f'  {rules[label]}("{label}")')
            lines.append(f'  {rules[label]} -- "{_label(", ".join(_traits(lead)))}" --> {goal}')
    return lines


def _node(lead: Lead) -> str:
    if lead.rule is None:
        return "otherwise"
    origin = lead.rule.origin
    return lead.rule.title + ("" if origin is None else f"\n{origin.source.name}:{origin.location[0]}")


def _label(text: str) -> str:
    lines = (shown(line) for line in text.split("\n"))
    return "<br>".join(_PLAIN.sub(lambda found: f"#{ord(found[0])};", line) for line in lines)


# ---------------------------------------------------------------- as data


def as_objects(routes: Sequence[Route], targets: Targets) -> list[dict[str, Any]]:
    return [
        {
            "kind": route.goal.kind,
            "name": route.goal.name,
            "title": route.title,
            "restricted": route.restricted,
            "channels": [
                {"kind": c.kind, "target": c.target, "role": c.role, "with_content": c.with_content}
                for c in route.channels
            ],
            "place": None if route.channels else next(_destinations(route, targets), None),
            "rules": [_lead_object(lead) for lead in route.leads],
        }
        for route in routes
    ]


def _lead_object(lead: Lead) -> dict[str, Any]:
    """`title` and the place are null for `otherwise`."""
    rule = lead.rule
    origin = None if rule is None else rule.origin
    return {
        "number": lead.number,
        "title": None if rule is None else rule.title,
        "filename": origin and origin.source.name,
        "location": origin and {"row": origin.location[0], "column": origin.location[1]},
        "action": lead.how,
        "continue": rule is not None and rule.carry_on,
        "observe": rule is not None and rule.observe,
        "off_until": None if rule is None or rule.off_until is None else rule.off_until.isoformat(),
    }
