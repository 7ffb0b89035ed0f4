"""The commands of `sievepy queue` that look at it, and change nothing."""

from __future__ import annotations

import contextlib
import mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sievepy.cli.queue_access import MOST, NotThere, QueueCommand, letters_of, show_letters, with_queue

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from sievepy.mail.message import Message
    from sievepy.spool.port import Queued, Spool

_WAITING = ("accepted", "planned", "held", "corrupt")
_SETTLED = ("delivered", "replaced")


@click.command("list", cls=QueueCommand)
@click.option("--all", "everything", is_flag=True, help="Letters that are done, too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, a delivery.")
def list_(everything: bool, as_json: bool) -> None:
    """What waits, is held, or is dead; a line a delivery."""

    async def work(spool: Spool) -> None:
        from sievepy.spool.port import DeliveryState, LetterState

        letters = await spool.letters(() if everything else tuple(map(LetterState, _WAITING)), MOST)
        dead = () if everything else (DeliveryState.FAILED,)
        known = {letter.letter: letter for letter in letters}
        for delivery in await spool.deliveries(states=dead, limit=MOST) if dead else ():
            if delivery.letter not in known:
                known |= {found.letter: found for found in await spool.find(delivery.letter)}
        hidden = () if everything else _SETTLED
        letters = sorted(known.values(), key=lambda letter: letter.accepted_at)
        await show_letters(spool, letters, as_json, hidden, "the queue is empty")

    with_queue(work)


@click.command(cls=QueueCommand)
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.option("--words", is_flag=True, help="Also the words of the letter that its rules met.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line: a letter, its plan, its deliveries.")
def show(ids: tuple[str, ...], words: bool, as_json: bool) -> None:
    """Letters one by one: envelope, plan, deliveries. `sievepy trace` tells how it came so."""

    async def work(spool: Spool) -> None:
        from sievepy.cli.queue_lines import letter_json, letter_text
        from sievepy.relay.record import read_record

        gap = False
        for id in ids:
            for letter in await letters_of(spool, id):
                stored = await spool.plan_of(letter.letter)
                plan = read_record(stored) if stored is not None else None
                if plan is not None and words:
                    plan = await _with_words(spool, letter, plan)
                deliveries = await spool.deliveries(letter.letter)
                if as_json:
                    click.echo(letter_json(letter, plan, deliveries))
                else:
                    click.echo(("\n" if gap else "") + "\n".join(letter_text(letter, plan, deliveries)))
                gap = True

    with_queue(work)


async def _with_words(spool: Spool, letter: Queued, plan: dict[str, Any]) -> dict[str, Any]:
    """The plan, which holds places in the letter only, with the words that stand there, as long as its bytes are
    kept."""
    import datetime as dt

    from sievepy.cli.matched import words
    from sievepy.mail.letter import Letter
    from sievepy.mail.message import Message
    from sievepy.mail.trust import NO_TRUST
    from sievepy.plan import Hit
    from sievepy.spool.port import SpoolError

    try:
        data = await spool.read(letter.letter)
    except SpoolError:
        return plan
    view = Letter(Message(data), envelope=letter.envelope, trust=NO_TRUST, zone=dt.UTC)
    fired = [
        {**one, "words": list(dict.fromkeys(words(view, Hit(*hit)) for hit in one["hits"]))} for one in plan["fired"]
    ]
    return {**plan, "fired": fired}


@click.command(cls=QueueCommand)
@click.option("--from", "sender", help="The envelope sender or the From header holds this.")
@click.option("--subject", help="The subject holds this, whatever its case.")
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="Taken in on this day (UTC).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, a delivery.")
def find(sender: str | None, subject: str | None, date: dt.datetime | None, as_json: bool) -> None:
    """Letters by who wrote them, about what, and when; those that are done, too, as long as their bytes are kept. How
    many were looked at is told beside what was found."""

    async def work(spool: Spool) -> None:
        letters = await spool.letters(limit=MOST)
        found, looked = [], 0
        for letter in letters:
            if date is not None and letter.accepted_at.date() != date.date():
                continue
            looked += 1
            if not (sender or subject) or await _speaks(spool, letter, sender, subject):
                found.append(letter)
        await show_letters(spool, found, as_json)
        rest = "; the queue may hold more" if len(letters) == MOST else ""
        click.echo(f"looked at {looked} letters{rest}", err=True)

    with_queue(work)


async def _speaks(spool: Spool, letter: Queued, sender: str | None, subject: str | None) -> bool:
    """Of a letter whose bytes are gone the envelope sender is known still, and no subject."""
    from sievepy.spool.port import SpoolError

    authors, subjects = [letter.envelope.sender or ""], list[str]()
    try:
        with _message(await spool.content(letter.letter)) as message:
            authors += message.header("from").values
            subjects += message.header("subject").values
    except (SpoolError, FileNotFoundError):
        pass
    return (sender or "").casefold() in " ".join(authors).casefold() and (subject or "").casefold() in " ".join(
        subjects
    ).casefold()


@contextlib.contextmanager
def _message(content: bytes | Path) -> Iterator[Message]:
    """A letter in a file is mapped, not loaded; the map goes with its last view."""
    from sievepy.mail.message import Message

    if isinstance(content, bytes):
        yield Message(content)
        return
    with content.open("rb") as file:
        yield Message(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


@click.command(cls=QueueCommand)
@click.argument("folder", type=click.Path(path_type=Path))
def backup(folder: Path) -> None:
    """Copy the queue into a new FOLDER, as of one moment, while the relay goes on.

    A relay that is started on the copy holds everything: what was delivered since the backup must not go out again
    without a person's word.
    """

    async def work(spool: Spool) -> None:
        await spool.backup(folder)
        click.echo(f"the queue is copied into {folder}")

    with_queue(work)


@click.command(cls=QueueCommand)
@click.argument("id")
@click.option("-o", "--output", type=click.File("wb"), default="-", help="A file; default: standard output.")
def export(id: str, output: Any) -> None:
    """The bytes of a letter, as received."""

    async def work(spool: Spool) -> None:
        letters = await letters_of(spool, id)
        if len(letters) > 1:
            raise NotThere(f"there are {len(letters)} such letters: name one by its id")
        output.write(await spool.read(letters[0].letter))

    with_queue(work)
