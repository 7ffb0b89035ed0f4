"""What a run adds up to: letters a destination, rules that fired, how much was left to a person."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from sievepy.plan import Assign, FileInto, Forward, Plan, Propose
from sievepy.relay.judging import Judged


@dataclass(slots=True)
class Tally:
    """Counts letters. `to` counts a letter once for each place it goes to, so its sum may exceed `letters`."""

    letters: int = 0
    seconds: float = 0.0
    to: Counter[str] = field(default_factory=Counter)
    fired: Counter[str] = field(default_factory=Counter)
    observed: Counter[str] = field(default_factory=Counter)
    unsorted: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)

    def add(self, judged: Judged) -> None:
        self.letters += 1
        self.seconds += judged.verdict.seconds
        plan = judged.plan
        if plan is None:
            self.failed.append((judged.letter.name, judged.verdict.failure or ""))
            return
        self.to.update(destinations(plan))
        self.unsorted += plan.destination == "triage"
        for fired in plan.fired:
            (self.observed if fired.observed else self.fired)[fired.title] += 1


def destinations(plan: Plan) -> list[str]:
    """Where the letter goes, in a person's words: departments and persons by name, else the action
    and its object."""
    found = []
    for planned in plan.actions:
        match planned.action:
            case Assign(department=name):
                found.append(name)
            case FileInto(folder=folder):
                found.append(f"file {folder}")
            case Forward(address=address):
                found.append(f"forward {address}")
    if plan.destination in ("quarantine", "discard", "triage"):
        found.append(plan.destination)
    return list(dict.fromkeys(found))


def proposals(plan: Plan) -> list[str]:
    return [planned.action.department for planned in plan.actions if isinstance(planned.action, Propose)]
