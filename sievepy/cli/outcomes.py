"""How the outcome of `process` is shown: one letter as a line of text or JSON, and what all of them add up to."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sievepy.plan import NoteKind, Plan
from sievepy.relay.steps import described
from sievepy.relay.tally import Tally, destinations, proposals
from sievepy.sinks.console import row, table

if TYPE_CHECKING:
    from sievepy.ir.script import Script
    from sievepy.relay.judging import Judged, Verdict

_WIDTHS = (32, 18)  # columns for the letter's name and for where it goes
_OTHERWISE = "otherwise"
_REASONS = frozenset({NoteKind.UNKNOWN, NoteKind.REPLACED, NoteKind.THREAD})


def as_json(judged: Judged) -> str:
    """One object: what the plan says, and the milliseconds it took. A letter without a plan has its `error`."""
    plan = judged.plan
    name = os.fsencode(judged.letter.name).decode("utf-8", "replace")
    if plan is None:
        return json.dumps({"source": name, "error": judged.verdict.failure}, ensure_ascii=False)
    found = {
        "source": name,
        "destination": plan.destination,
        "departments": plan.departments,
        "actions": [described(planned) for planned in plan.actions],
        "tags": plan.tags,
        "rules": plan.rules,
        "flags": plan.flags,
        "ms": round(judged.verdict.seconds * 1000, 3),
    }
    return json.dumps(found, ensure_ascii=False)


def as_row(judged: Judged, most: int | None) -> str:
    """The letter's name, where it goes, and why; cut to `most` columns."""
    if judged.plan is None:
        return row((judged.letter.name, "stays here", judged.verdict.failure or ""), _WIDTHS, most)
    to = ", ".join(destinations(judged.plan))
    return row((judged.letter.name, to, "; ".join(_reasons(judged.plan, judged.verdict))), _WIDTHS, most)


def _reasons(plan: Plan, verdict: Verdict) -> Iterator[str]:
    """Each rule that fired with the words it met, then what made of the plan something else than the rules asked
    for."""
    suggested = proposals(plan)
    if suggested:
        yield f"proposed: {', '.join(suggested)}"
    for fired, words in zip(plan.fired, verdict.words, strict=True):
        if fired.title != _OTHERWISE:
            text = f"{fired.title}: {', '.join(words)}" if words else fired.title
            yield f"({text}, only observed)" if fired.observed else text
    yield from (note.text for note in plan.notes if note.kind in _REASONS)
    if plan.rules[-1:] == (_OTHERWISE,):
        yield "no rule decides"


def totals(tally: Tally, script: Script | None) -> list[str]:
    """The table at the end: letters a destination, then rules by how often they fired, then the unsorted share."""
    if not tally.letters:
        return ["no letters"]
    each = tally.seconds / tally.letters * 1000
    unsorted = f"{tally.unsorted} of {tally.letters} letters ({_percent(tally.unsorted, tally)} %)"
    end = f"unsorted, left to a person: {unsorted}; judged in {each:.2f} ms each"
    return ["", *_to(tally, script), "", *_rules(tally, script), "", end]


def _to(tally: Tally, script: Script | None) -> list[str]:
    """Departments that got nothing are listed too: that may be a mistake in the rules."""
    titles = {d.name: d.title or "" for d in script.departments} if script is not None else {}
    counts = Counter(dict.fromkeys(titles, 0))
    counts.update(tally.to)
    rows = [(name, count, _percent(count, tally), titles.get(name, "")) for name, count in counts.most_common()]
    return table([("to", "letters", "%", ""), *rows])


def _rules(tally: Tally, script: Script | None) -> list[str]:
    rows: list[tuple[str, int, str]] = [(title, count, "") for title, count in tally.fired.most_common()]
    rows += [(title, count, "only observed") for title, count in tally.observed.most_common()]
    lines = table([("rule", "fired", ""), *rows])
    silent = [rule.title for rule in script.rules if rule.title not in tally.fired] if script is not None else []
    if silent:
        lines.append(f"{len(silent)} of {len(script.rules) if script else 0} rules did not fire")
    return lines


def _percent(count: int, tally: Tally) -> int:
    return round(count / max(tally.letters, 1) * 100)
