"""A plan as the queue keeps it: JSON that people and `sievepy trace` read, and no program acts on.

It holds rule titles, departments, offsets: nothing of what the letter says.
"""

from __future__ import annotations

import json
from typing import Any

from sievepy.plan import Plan
from sievepy.relay.steps import described


def record(plan: Plan) -> bytes:
    """One JSON object."""
    found = {
        "destination": plan.destination,
        "departments": plan.departments,
        "actions": [{**described(planned), "rules": planned.rules} for planned in plan.actions],
        "kept": [{**described(planned), "rules": planned.rules} for planned in plan.kept],
        "rules": plan.rules,
        "fired": [
            {
                "rule": fired.title,
                "observed": fired.observed,
                "hits": [[hit.field, hit.part, hit.start, hit.end] for hit in fired.hits],
            }
            for fired in plan.fired
        ],
        "notes": [{"kind": note.kind, "text": note.text, "rule": note.rule} for note in plan.notes],
        "flags": plan.flags,
        "program": plan.program,
    }
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def read_record(data: bytes) -> dict[str, Any]:
    """What `record` wrote. Raises ValueError."""
    found = json.loads(data)
    if not isinstance(found, dict):
        raise ValueError("a plan is an object")
    return found
