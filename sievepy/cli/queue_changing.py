"""The commands of `sievepy queue` that change it. The journal tells who did, and what."""

from __future__ import annotations

import getpass
import os
from typing import TYPE_CHECKING

import click

from sievepy.cli.queue_access import MOST, NotThere, QueueCommand, letters_of, show_letters, with_queue
from sievepy.cli.wiring import now

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sievepy.spool.port import Spool


@click.command(cls=QueueCommand)
@click.argument("target", required=False)
def flush(target: str | None) -> None:
    """Try everything that waits now; with a TARGET, what waits for that address."""

    async def work(spool: Spool) -> None:
        from sievepy.cli.service import poke
        from sievepy.spool.port import DeliveryState

        waiting = await spool.deliveries(states=(DeliveryState.QUEUED,), limit=MOST)
        places = {(d.channel, d.target) for d in waiting if target is None or d.target == target}
        woken = sum([await spool.wake(now(), place) for place in sorted(places)])
        click.echo(f"{woken} deliveries are due now")
        if not poke(click.get_current_context().obj):
            click.echo("no relay serves this queue: they wait for one to be started", err=True)

    with_queue(work)


@click.command(cls=QueueCommand)
@click.argument("ids", nargs=-1, required=True)
def retry(ids: tuple[str, ...]) -> None:
    """Deliver again what failed or waits: its time begins anew."""
    with_queue(lambda spool: _change(spool, ids, "queued", ("failed", "queued"), "retry"))


@click.command(cls=QueueCommand)
@click.argument("ids", nargs=-1, required=True)
def hold(ids: tuple[str, ...]) -> None:
    """Deliver nothing of it until `release`."""
    with_queue(lambda spool: _change(spool, ids, "held", ("queued",), "hold"))


@click.command(cls=QueueCommand)
@click.argument("ids", nargs=-1, required=True)
def release(ids: tuple[str, ...]) -> None:
    """Let go what is held: out of quarantine, after `hold`, or from a restored backup."""

    async def work(spool: Spool) -> None:
        for id in ids:
            for letter in await letters_of(spool, id):
                if id in (letter.letter, letter.message_id):
                    await spool.release(letter.letter, _who(), "release", now())
                    click.echo(f"{letter.letter}: released")
                else:
                    await _change(spool, (id,), "queued", ("held",), "release")

    with_queue(work)


@click.command(cls=QueueCommand)
@click.argument("source", metavar="OLD")
@click.argument("target", metavar="NEW")
def redirect(source: str, target: str) -> None:
    """Send what waits, is held or dead for the address OLD to NEW."""

    async def work(spool: Spool) -> None:
        from sievepy.mail.address import canonical

        old, new = (canonical(text) if "@" in text else text for text in (source, target))
        click.echo(f"{await spool.redirect(old, new, _who(), now())} deliveries go to {new}")

    with_queue(work)


@click.command(cls=QueueCommand)
@click.argument("ids", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(ids: tuple[str, ...], yes: bool) -> None:
    """Forget letters and their bytes for good. The journal still tells that they were there."""

    async def work(spool: Spool) -> None:
        letters = [letter for id in ids for letter in await letters_of(spool, id)]
        for letter in letters:
            await show_letters(spool, [letter], False)
        if not yes:
            click.confirm(f"Delete {len(letters)} letter(s) for good?", abort=True)
        for letter in letters:
            await spool.delete(letter.letter, _who(), "delete", now())
            click.echo(f"{letter.letter}: deleted")

    with_queue(work)


async def _change(spool: Spool, ids: Sequence[str], state: str, of: Sequence[str], why: str) -> None:
    """Change every delivery that an id names and whose state is one of `of`."""
    from sievepy.spool.port import DeliveryState

    for id in ids:
        changed = 0
        for letter in await letters_of(spool, id):
            for delivery in await spool.deliveries(letter.letter, tuple(map(DeliveryState, of))):
                if id in (letter.letter, letter.message_id, delivery.id):
                    await spool.change(delivery.id, DeliveryState(state), _who(), why, now())
                    changed += 1
        if not changed:
            raise NotThere(f"{id}: nothing of it is {' or '.join(of)}")
        click.echo(f"{id}: {changed} deliveries {state}")


def _who() -> str:
    """The person, for the journal: behind sudo, whoever called it."""
    if caller := os.environ.get("SUDO_USER"):
        return caller
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name
        return "somebody"
