"""How letters of the queue are shown: tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sievepy.relay.deliveries import HERE
from sievepy.sinks.console import table
from sievepy.spool.port import Delivery, Queued

_HEADING = ("letter", "delivery", "state", "taken in", "from", "to", "tries", "last word, or rule")

Listed = tuple[Queued, Sequence[Delivery]]


def list_text(found: Sequence[Listed]) -> list[str]:
    """A line a delivery, below a heading; a letter without any has a line too."""
    rows = [_row(letter, one) for letter, deliveries in found for one in _or_none(deliveries)]
    return table([_HEADING, *rows])


def list_json(found: Sequence[Listed]) -> Iterator[str]:
    """One object a line, a delivery."""
    for letter, deliveries in found:
        for one in _or_none(deliveries):
            yield json.dumps({**_letter(letter), **(_delivery(one) if one else {})}, ensure_ascii=False)


def letter_text(letter: Queued, plan: dict[str, Any] | None, deliveries: Sequence[Delivery]) -> list[str]:
    """One letter. `plan` as `relay.record` writes it; where its rules have `words`, they are shown."""
    rows = [(name, ", ".join(v) if isinstance(v, list) else str(v)) for name, v in _letter(letter).items() if v]
    if plan is not None:
        rows.append(("goes to", ", ".join(plan["departments"]) or plan["destination"]))
        rows += [("rule", _fired(one)) for one in plan["fired"]]
        rows += [(note["kind"], note["text"]) for note in plan["notes"]]
        rows += [("flag", flag) for flag in plan["flags"]]
    lines = table([("", ""), *rows])[1:]
    if deliveries:
        each = [(d.id, d.state, _to(d), _said(d)) for d in deliveries]
        lines += ["", *table([("delivery", "state", "to", _HEADING[-1]), *each])]
    return lines


def letter_json(letter: Queued, plan: dict[str, Any] | None, deliveries: Sequence[Delivery]) -> str:
    found = {**_letter(letter), "plan": plan, "deliveries": [_delivery(one) for one in deliveries]}
    return json.dumps(found, ensure_ascii=False)


def _fired(fired: dict[str, Any]) -> str:
    words = ", ".join(fired.get("words", ()))
    text = f"{fired['rule']}: {words}" if words else fired["rule"]
    return f"({text}, only observed)" if fired["observed"] else text


def _or_none(deliveries: Sequence[Delivery]) -> Sequence[Delivery | None]:
    return deliveries or (None,)


def _row(letter: Queued, delivery: Delivery | None) -> tuple[str, ...]:
    first = (letter.letter, delivery.id if delivery else "", delivery.state if delivery else letter.state)
    taken = f"{letter.accepted_at:%Y-%m-%d %H:%M:%S}"
    sender = f"<{letter.envelope.sender or ''}>"
    if delivery is None:
        return (*first, taken, sender, "", str(letter.attempts), "")
    return (*first, taken, sender, _to(delivery), str(delivery.attempts), _said(delivery))


def _to(delivery: Delivery) -> str:
    """A place's target is looked up when its turn comes: only its name says something."""
    name = delivery.department or delivery.channel
    return name if delivery.target == HERE else f"{name} {delivery.target}"


def _said(delivery: Delivery) -> str:
    """What the sink said last; before that, the rules to which the delivery is due."""
    return delivery.last_reply or "; ".join(delivery.rules)


def _letter(letter: Queued) -> dict[str, Any]:
    return {
        "letter": letter.letter,
        "letter_state": letter.state,
        "size": letter.size,
        "message_id": letter.message_id,
        "sender": letter.envelope.sender,
        "recipients": list(letter.envelope.recipients or ()),
        "client": letter.envelope.client_ip,
        "accepted_at": letter.accepted_at.isoformat(timespec="seconds"),
        "judged": letter.attempts,
        "program": letter.program,
    }


def _delivery(delivery: Delivery) -> dict[str, Any]:
    return {
        "delivery": delivery.id,
        "state": delivery.state,
        "department": delivery.department,
        "channel": delivery.channel,
        "target": delivery.target,
        "reference": delivery.reference,
        "rules": list(delivery.rules),
        "attempts": delivery.attempts,
        "next_at": delivery.next_at.isoformat(timespec="seconds"),
        "reply": delivery.last_reply,
    }
