"""`sievepy trace`: a letter's whole story, out of the queue's journal."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sievepy.spool.port import Delivery, JournalEntry, Queued, Spool


@click.command()
@click.argument("key", metavar="ID|MESSAGE-ID")
@click.option(
    "--config", type=click.Path(exists=True, dir_okay=False), help="The configuration; default: the project's."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line: first the letter, then each step.")
def trace(key: str, config: str | None, as_json: bool) -> None:
    """Tell what happened to a letter: when it came, which rules decided, where it went, and what the sinks said.

    \b
    sievepy trace 0kb2c4d6e8fg                  by the id of its `250 queued as ID`, or of a delivery
    sievepy trace '<1234@example.kz>'           by its Message-ID; there may be several such letters

    Exit status: 0; 1 if there is no such letter; 2 if there is no queue.
    """
    from sievepy.cli.service import with_queue

    sys.exit(with_queue(config, lambda spool: _trace(spool, key, as_json)))


async def _trace(spool: Spool, key: str, as_json: bool) -> int:
    letters = await spool.find(key)
    if not letters and "@" in key and not key.startswith("<"):
        letters = await spool.find(f"<{key}>")
    for number, letter in enumerate(letters):
        entries = await spool.journal(letter.letter)
        deliveries = await spool.deliveries(letter.letter)
        lines = _json(letter, entries) if as_json else _story(letter, entries, deliveries)
        click.echo("\n".join([*([""] if number and not as_json else []), *lines]))
    if not letters:
        entries = await spool.journal(key)  # of a letter that is gone the journal knows still
        if entries:
            click.echo("\n".join(_lines(entries, {})))
            return 0
        click.echo(f"there is no letter {key}", err=True)
        return 1
    return 0


def _story(letter: Queued, entries: Sequence[JournalEntry], deliveries: Sequence[Delivery]) -> Iterator[str]:
    from sievepy.text.width import shown

    envelope = letter.envelope
    client = f" by {envelope.helo or '?'} [{envelope.client_ip}]" if envelope.client_ip else ""
    yield shown(f"letter {letter.letter}: {letter.state}, {letter.size} bytes, {letter.message_id or 'no Message-ID'}")
    yield shown(f"from <{envelope.sender or ''}> to {', '.join(envelope.recipients or ())}{client}")
    yield from _lines(entries, {delivery.id: _to(delivery) for delivery in deliveries})


def _to(delivery: Delivery) -> str:
    from sievepy.relay.deliveries import HERE

    name = delivery.department or delivery.channel
    return name if delivery.target == HERE else f"{name} ({delivery.target})"


def _lines(entries: Sequence[JournalEntry], names: dict[str, str]) -> Iterator[str]:
    from sievepy.text.width import shown

    for entry in entries:
        about = f" {entry.delivery} {names.get(entry.delivery, '')}".rstrip() if entry.delivery else ""
        who = f" [{entry.who}]" if entry.who != "queue" else ""
        why = f": {entry.why}" if entry.why else ""
        yield shown(f"{entry.at:%Y-%m-%d %H:%M:%S.%f}"[:-3] + f"  {entry.what}{about}{who}{why}")


def _json(letter: Queued, entries: Sequence[JournalEntry]) -> Iterator[str]:
    envelope = letter.envelope
    first = {
        "letter": letter.letter,
        "state": letter.state,
        "size": letter.size,
        "message_id": letter.message_id,
        "sender": envelope.sender,
        "recipients": envelope.recipients,
        "accepted_at": letter.accepted_at.isoformat(),
        "attempts": letter.attempts,
        "program": letter.program,
    }
    yield json.dumps(first, ensure_ascii=False)
    for entry in entries:
        yield json.dumps(
            {
                "at": entry.at.isoformat(),
                "what": entry.what,
                "who": entry.who,
                "delivery": entry.delivery,
                "why": entry.why,
                "program": entry.program,
            },
            ensure_ascii=False,
        )
