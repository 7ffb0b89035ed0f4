"""What became of the letters: a line for each, and what they add up to. Every figure is counted, the lost ones too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from examples.relay.sending import Sent
from sievepy.sinks.console import row, table

_WIDTHS = (32, 23)  # columns for a letter's name and for where it went
_REASONS = frozenset({"unknown", "replaced", "thread"})  # notes: why the plan is not what the rules asked for
_OTHERWISE = "otherwise"

Story = Mapping[str, Any]
"""A letter as `sievepy queue show --json --words` tells of it."""


@dataclass(frozen=True)
class Outcome:
    """Counts letters but for `deliveries`, which counts deliveries by place and state. `lost`: letters that were taken
    and are nowhere, or of which a delivery that is called delivered lies in no maildir. `doubled`: deliveries that
    lie in maildirs more than once. `example`: the id of a letter worth looking at."""

    sent: int
    accepted: int
    delivered: int
    held: int
    dead: int
    waiting: int
    lost: tuple[str, ...]
    doubled: int
    deliveries: Mapping[tuple[str, str], int]
    example: str | None

    @property
    def good(self) -> bool:
        return self.sent == self.accepted and not (self.lost or self.doubled or self.dead or self.waiting)

    @classmethod
    def of(cls, sent: Sequence[Sent], stories: Mapping[str, Story], arrived: Mapping[str, int]) -> Outcome:
        """`arrived`: how many files of each delivery the maildirs have."""
        taken = [one for one in sent if one.id is not None]
        states = {one.name: _states(stories.get(one.id or ""), arrived) for one in taken}
        every = [delivery for story in stories.values() for delivery in story["deliveries"]]
        with_words = [one.id for one in taken if _words(stories.get(one.id or ""))]
        return cls(
            sent=len(sent),
            accepted=len(taken),
            delivered=sum(found == {"delivered"} for found in states.values()),
            held=sum("held" in found for found in states.values()),
            dead=sum("failed" in found for found in states.values()),
            waiting=sum(bool(found & {"accepted", "queued", "leased"}) for found in states.values()),
            lost=tuple(name for name, found in states.items() if "lost" in found),
            doubled=sum(count > 1 for count in arrived.values()),
            deliveries=Counter((_place(one), one["state"]) for one in every if one["state"] != "replaced"),
            example=next(iter(with_words), None),
        )


def _states(story: Story | None, arrived: Mapping[str, int]) -> frozenset[str]:
    """The states of a letter's deliveries; *lost* where what should be there is not."""
    if story is None:
        return frozenset({"lost"})
    if story["plan"] is None:
        return frozenset({story["letter_state"]})
    live = [one for one in story["deliveries"] if one["state"] != "replaced"]
    found = {
        "lost" if one["state"] == "delivered" and not arrived.get(one["delivery"]) else one["state"] for one in live
    }
    return frozenset(found or {"lost"})


# ---------------------------------------------------------------- a line each


def line_of(sent: Sent, story: Story | None, columns: int | None) -> str:
    """The letter, where it went, and why; cut to so many columns."""
    if sent.id is None:
        return row((sent.name, "refused", sent.reply), _WIDTHS, columns)
    if story is None:
        return row((sent.name, "LOST", sent.reply), _WIDTHS, columns)
    return row((sent.name, _places(story), "; ".join(_reasons(story["plan"]))), _WIDTHS, columns)


def _places(story: Story) -> str:
    return ", ".join(_place(one) + _mark(one) for one in story["deliveries"] if one["state"] != "replaced")


def _place(delivery: Mapping[str, Any]) -> str:
    if delivery["department"] is None and delivery["channel"] in ("file", "email"):
        return f"{delivery['channel']} {delivery['target']}"
    return str(delivery["department"] or delivery["channel"])


def _mark(delivery: Mapping[str, Any]) -> str:
    if delivery["state"] != "delivered":
        return f" ({delivery['state']})"
    return " (reference)" if delivery["reference"] else ""


def _reasons(plan: Mapping[str, Any] | None) -> Iterator[str]:
    """Each rule that fired with the words it met, what changed the plan, and the tags that the letter got."""
    if plan is None:
        yield "not judged"
        return
    for fired in plan["fired"]:
        words = ", ".join(fired["words"])
        text = f"{fired['rule']}: {words}" if words else fired["rule"]
        if fired["rule"] != _OTHERWISE:
            yield f"({text}, only observed)" if fired["observed"] else text
    yield from (note["text"] for note in plan["notes"] if note["kind"] in _REASONS)
    if plan["rules"][-1:] == [_OTHERWISE]:
        yield "no rule decides"
    tags = [action["name"] for action in plan["actions"] if action["action"] == "tag"]
    if tags:
        yield f"tag {', '.join(tags)}"


def _words(story: Story | None) -> bool:
    plan = None if story is None else story["plan"]
    return plan is not None and any(fired["words"] for fired in plan["fired"])


# ---------------------------------------------------------------- all of them


def summary(outcome: Outcome, mail: Path) -> list[str]:
    """Deliveries by place, and letters by what became of them."""
    ordered = sorted(outcome.deliveries.items(), key=lambda item: (-item[1], item[0]))
    rows = [(place if state == "delivered" else f"{place} ({state})", count) for (place, state), count in ordered]
    counts = {
        "sent": outcome.sent,
        "accepted": outcome.accepted,
        "delivered": outcome.delivered,
        "held": outcome.held,
        "dead": outcome.dead,
        "waiting": outcome.waiting,
        "lost": len(outcome.lost),
        "doubled": outcome.doubled,
    }
    lines = [*table([("to", "letters"), *rows]), "", f"the maildirs lie in {mail}", ""]
    lines.append("letters: " + ", ".join(f"{count} {word}" for word, count in counts.items()))
    lines += [f"LOST: {name}" for name in outcome.lost]
    return lines
