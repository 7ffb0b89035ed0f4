"""`sievepy queue`: look at the relay's queue and put a hand to it. Works while the relay runs."""

from __future__ import annotations

import getpass
import json
import sys
from typing import TYPE_CHECKING, Any

import click

from sievepy.cli.wiring import now

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Coroutine, Sequence

    from sievepy.spool.port import Delivery, Queued, Spool

_MOST = 100_000
_WAITING = ("accepted", "planned", "held", "corrupt")


class _NotThere(click.ClickException):
    """What the command names is not in the queue, or cannot be done with it."""

    exit_code = 1


@click.group()
@click.option(
    "--config", type=click.Path(exists=True, dir_okay=False), help="The configuration; default: the project's."
)
@click.pass_context
def queue(context: click.Context, config: str | None) -> None:
    """Look at the queue, and put a hand to it. Ids are of letters or of single deliveries.

    \b
    sievepy queue list                         what waits, is held, or is dead
    sievepy queue find --from client@b.kz --subject акт
    sievepy queue release 0kb2c4d6e8fg         a letter out of quarantine
    sievepy queue redirect old@x.kz new@x.kz   what waits for one address goes to another
    sievepy queue flush                        try everything now

    Exit status: 0; 1 if there is no such letter or it cannot be done; 2 if there is no queue.
    """
    context.obj = config


def _with_queue(work: Callable[[Spool], Coroutine[Any, Any, None]]) -> None:
    """Run a command's work on the queue; what the queue refuses is told, and is status 1."""
    from sievepy.cli.service import with_queue
    from sievepy.spool.port import SpoolError

    async def run(spool: Spool) -> int:
        try:
            await work(spool)
        except SpoolError as problem:
            raise _NotThere(str(problem)) from None
        return 0

    sys.exit(with_queue(click.get_current_context().obj, run))


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name
        return "somebody"


# ---------------------------------------------------------------- looking


@queue.command("list")
@click.option("--all", "everything", is_flag=True, help="Letters that are done, too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, a delivery.")
def list_(everything: bool, as_json: bool) -> None:
    """What waits, is held, or is dead; a line a delivery."""

    async def work(spool: Spool) -> None:
        from sievepy.spool.port import DeliveryState, LetterState

        letters = await spool.letters(() if everything else tuple(map(LetterState, _WAITING)), _MOST)
        dead = () if everything else (DeliveryState.FAILED,)
        known = {letter.letter: letter for letter in letters}
        for delivery in await spool.deliveries(states=dead, limit=_MOST) if dead else ():
            if delivery.letter not in known:
                known |= {found.letter: found for found in await spool.find(delivery.letter)}
        await _show(spool, sorted(known.values(), key=lambda letter: letter.accepted_at), as_json, everything)

    _with_queue(work)


@queue.command()
@click.argument("id")
@click.option("--json", "as_json", is_flag=True, help="JSON: the letter, its plan, its deliveries.")
def show(id: str, as_json: bool) -> None:
    """One letter: its envelope, its plan, its deliveries. `sievepy trace` tells how it came so."""

    async def work(spool: Spool) -> None:
        for letter in await _letters(spool, id):
            plan = await spool.plan_of(letter.letter)
            deliveries = await spool.deliveries(letter.letter)
            decided = json.loads(plan) if plan is not None else None
            if as_json:
                shown = {**_letter(letter), "plan": decided, "deliveries": [_delivery(one) for one in deliveries]}
                click.echo(json.dumps(shown, ensure_ascii=False))
            else:
                _show_letter(letter, decided, deliveries)

    _with_queue(work)


@queue.command()
@click.option("--from", "sender", help="The envelope sender or the From header holds this.")
@click.option("--subject", help="The subject holds this, whatever its case.")
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="Taken in on this day (UTC).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, a delivery.")
def find(sender: str | None, subject: str | None, date: dt.datetime | None, as_json: bool) -> None:
    """Letters by who wrote them, about what, and when; those that are done, too, as long as their bytes are kept."""

    async def work(spool: Spool) -> None:
        found = []
        for letter in await spool.letters(limit=_MOST):
            if date is not None and letter.accepted_at.date() != date.date():
                continue
            if (sender or subject) and not await _speaks(spool, letter, sender, subject):
                continue
            found.append(letter)
        await _show(spool, found, as_json, True)

    _with_queue(work)


async def _speaks(spool: Spool, letter: Queued, sender: str | None, subject: str | None) -> bool:
    from sievepy.mail.message import Message
    from sievepy.spool.port import SpoolError

    try:
        message = Message(await spool.read(letter.letter))
    except SpoolError:  # its bytes are gone
        return False
    authors = " ".join([letter.envelope.sender or "", *message.header("from").values]).casefold()
    subjects = " ".join(message.header("subject").values).casefold()
    return (sender or "").casefold() in authors and (subject or "").casefold() in subjects


@queue.command()
@click.argument("id")
@click.option("-o", "--output", type=click.File("wb"), default="-", help="A file; default: standard output.")
def export(id: str, output: Any) -> None:
    """The bytes of a letter, as received."""

    async def work(spool: Spool) -> None:
        letters = await _letters(spool, id)
        if len(letters) > 1:
            raise _NotThere(f"there are {len(letters)} such letters: name one by its id")
        output.write(await spool.read(letters[0].letter))

    _with_queue(work)


# ---------------------------------------------------------------- doing


@queue.command()
@click.argument("target", required=False)
def flush(target: str | None) -> None:
    """Try everything that waits now; with a TARGET, what waits for that address."""

    async def work(spool: Spool) -> None:
        from sievepy.cli.service import poke
        from sievepy.spool.port import DeliveryState

        waiting = await spool.deliveries(states=(DeliveryState.QUEUED,), limit=_MOST)
        places = {(d.channel, d.target) for d in waiting if target is None or d.target == target}
        woken = sum([await spool.wake(now(), place) for place in sorted(places)])
        poke(click.get_current_context().obj)
        click.echo(f"{woken} deliveries are due now")

    _with_queue(work)


@queue.command()
@click.argument("ids", nargs=-1, required=True)
def retry(ids: tuple[str, ...]) -> None:
    """Deliver again what failed or waits: its time begins anew."""
    _with_queue(lambda spool: _change(spool, ids, "queued", ("failed", "queued"), "retry"))


@queue.command()
@click.argument("ids", nargs=-1, required=True)
def hold(ids: tuple[str, ...]) -> None:
    """Deliver nothing of it until `release`."""
    _with_queue(lambda spool: _change(spool, ids, "held", ("queued",), "hold"))


@queue.command()
@click.argument("ids", nargs=-1, required=True)
def release(ids: tuple[str, ...]) -> None:
    """Let go what is held: out of quarantine, after `hold`, or from a restored backup."""

    async def work(spool: Spool) -> None:
        for id in ids:
            for letter in await _letters(spool, id):
                if id in (letter.letter, letter.message_id):
                    await spool.release(letter.letter, _who(), "release", now())
                    click.echo(f"{letter.letter}: released")
                else:
                    await _change(spool, (id,), "queued", ("held",), "release")

    _with_queue(work)


@queue.command()
@click.argument("source", metavar="OLD")
@click.argument("target", metavar="NEW")
def redirect(source: str, target: str) -> None:
    """Send what waits, is held or dead for the address OLD to NEW."""

    async def work(spool: Spool) -> None:
        from sievepy.mail.address import canonical

        old, new = (canonical(text) if "@" in text else text for text in (source, target))
        click.echo(f"{await spool.redirect(old, new, _who(), now())} deliveries go to {new}")

    _with_queue(work)


@queue.command()
@click.argument("ids", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(ids: tuple[str, ...], yes: bool) -> None:
    """Forget letters and their bytes for good. The journal still tells that they were there."""

    async def work(spool: Spool) -> None:
        letters = [letter for id in ids for letter in await _letters(spool, id)]
        for letter in letters:
            await _show(spool, [letter], False, True)
        if not yes:
            click.confirm(f"Delete {len(letters)} letter(s) for good?", abort=True)
        for letter in letters:
            await spool.delete(letter.letter, _who(), "delete", now())
            click.echo(f"{letter.letter}: deleted")

    _with_queue(work)


async def _change(spool: Spool, ids: Sequence[str], state: str, of: Sequence[str], why: str) -> None:
    """Change every delivery that an id names and whose state is one of `of`."""
    from sievepy.spool.port import DeliveryState

    for id in ids:
        changed = 0
        for letter in await _letters(spool, id):
            for delivery in await spool.deliveries(letter.letter, tuple(map(DeliveryState, of))):
                if id in (letter.letter, letter.message_id, delivery.id):
                    await spool.change(delivery.id, DeliveryState(state), _who(), why, now())
                    changed += 1
        if not changed:
            raise _NotThere(f"{id}: nothing of it is {' or '.join(of)}")
        click.echo(f"{id}: {changed} deliveries {state}")


async def _letters(spool: Spool, key: str) -> Sequence[Queued]:
    found = await spool.find(key)
    if not found:
        raise _NotThere(f"there is no letter {key}")
    return found


# ---------------------------------------------------------------- showing


async def _show(spool: Spool, letters: Sequence[Queued], as_json: bool, everything: bool) -> None:
    from sievepy.sinks.console import table

    hidden = () if everything else ("delivered", "replaced")
    rows: list[tuple[str, ...]] = []
    for letter in letters:
        deliveries = [d for d in await spool.deliveries(letter.letter) if d.state not in hidden]
        if as_json:
            for one in _or_none(deliveries):
                click.echo(json.dumps({**_letter(letter), **(_delivery(one) if one else {})}, ensure_ascii=False))
        rows += [_row(letter, one) for one in _or_none(deliveries)]
    if not as_json:
        heading = ("letter", "delivery", "state", "taken in", "from", "to", "tries", "last word")
        click.echo("\n".join(table([heading, *rows])) if rows else "the queue is empty")


def _or_none(deliveries: Sequence[Delivery]) -> Sequence[Delivery | None]:
    return deliveries or (None,)


def _row(letter: Queued, delivery: Delivery | None) -> tuple[str, ...]:
    first = (letter.letter, delivery.id if delivery else "", delivery.state if delivery else letter.state)
    sender = f"<{letter.envelope.sender or ''}>"
    taken = f"{letter.accepted_at:%Y-%m-%d %H:%M:%S}"
    if delivery is None:
        return (*first, taken, sender, "", str(letter.attempts), "")
    to = f"{delivery.department or delivery.channel} {delivery.target}"
    return (*first, taken, sender, to, str(delivery.attempts), delivery.last_reply or "")


def _show_letter(letter: Queued, plan: dict[str, Any] | None, deliveries: Sequence[Delivery]) -> None:
    from sievepy.sinks.console import table

    rows = [("", "")]
    rows += [(name, ", ".join(v) if isinstance(v, tuple) else str(v)) for name, v in _letter(letter).items() if v]
    if plan is not None:
        rows += [("goes to", plan["destination"]), ("rules", "; ".join(plan["rules"]))]
        rows += [(note["kind"], note["text"]) for note in plan["notes"]]
    click.echo("\n".join(table(rows)[1:]))
    if deliveries:
        click.echo()
        lines = [(d.id, d.state, f"{d.department or d.channel} {d.target}", d.last_reply or "") for d in deliveries]
        click.echo("\n".join(table([("delivery", "state", "to", "last word"), *lines])))


def _letter(letter: Queued) -> dict[str, Any]:
    return {
        "letter": letter.letter,
        "letter_state": letter.state,
        "size": letter.size,
        "message_id": letter.message_id,
        "sender": letter.envelope.sender,
        "recipients": letter.envelope.recipients,
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
        "attempts": delivery.attempts,
        "next_at": delivery.next_at.isoformat(timespec="seconds"),
        "reply": delivery.last_reply,
    }
