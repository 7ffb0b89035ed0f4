"""`sievepy queue`: look at the relay's queue and put a hand to it. Works while the relay runs."""

from __future__ import annotations

import contextlib
import getpass
import mmap
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sievepy.cli.wiring import now

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Collection, Coroutine, Iterator, Sequence

    from sievepy.mail.message import Message
    from sievepy.spool.port import Queued, Spool

_MOST = 100_000
_WAITING = ("accepted", "planned", "held", "corrupt")
_SETTLED = ("delivered", "replaced")


class _NotThere(click.ClickException):
    """What the command names is not in the queue, or cannot be done with it."""

    exit_code = 1


def _remember(context: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        context.obj = value


def _config_option() -> click.Option:
    return click.Option(
        ["--config"],
        type=click.Path(exists=True, dir_okay=False),
        help="The configuration; default: the project's.",
        expose_value=False,
        callback=_remember,
    )


class _Command(click.Command):
    """A command of `queue`, which knows `--config` too: people write it last."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.params.append(_config_option())


class _Group(click.Group):
    command_class = _Command


@click.group(cls=_Group, params=[_config_option()])
def queue() -> None:
    """Look at the queue, and put a hand to it. Ids are of letters or of single deliveries.

    \b
    sievepy queue list                         what waits, is held, or is dead
    sievepy queue find --from client@b.kz --subject акт
    sievepy queue release 0kb2c4d6e8fg         a letter out of quarantine
    sievepy queue redirect old@x.kz new@x.kz   what waits for one address goes to another
    sievepy queue flush                        try everything now
    sievepy queue backup /backup/2026-03-01    a copy, while the relay runs

    Exit status: 0; 1 if there is no such letter or it cannot be done; 2 if there is no queue.
    """


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
    """The person, for the journal: behind sudo, whoever called it."""
    if caller := os.environ.get("SUDO_USER"):
        return caller
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
        hidden = () if everything else _SETTLED
        letters = sorted(known.values(), key=lambda letter: letter.accepted_at)
        await _show(spool, letters, as_json, hidden, "the queue is empty")

    _with_queue(work)


@queue.command()
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
            for letter in await _letters(spool, id):
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

    _with_queue(work)


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


@queue.command()
@click.option("--from", "sender", help="The envelope sender or the From header holds this.")
@click.option("--subject", help="The subject holds this, whatever its case.")
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="Taken in on this day (UTC).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, a delivery.")
def find(sender: str | None, subject: str | None, date: dt.datetime | None, as_json: bool) -> None:
    """Letters by who wrote them, about what, and when; those that are done, too, as long as their bytes are kept. How
    many were looked at is told beside what was found."""

    async def work(spool: Spool) -> None:
        letters = await spool.letters(limit=_MOST)
        found, looked = [], 0
        for letter in letters:
            if date is not None and letter.accepted_at.date() != date.date():
                continue
            looked += 1
            if not (sender or subject) or await _speaks(spool, letter, sender, subject):
                found.append(letter)
        await _show(spool, found, as_json)
        rest = "; the queue may hold more" if len(letters) == _MOST else ""
        click.echo(f"looked at {looked} letters{rest}", err=True)

    _with_queue(work)


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


@queue.command()
@click.argument("folder", type=click.Path(path_type=Path))
def backup(folder: Path) -> None:
    """Copy the queue into a new FOLDER, as of one moment, while the relay goes on.

    A relay that is started on the copy holds everything: what was delivered since the backup must not go out again
    without a person's word.
    """

    async def work(spool: Spool) -> None:
        await spool.backup(folder)
        click.echo(f"the queue is copied into {folder}")

    _with_queue(work)


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
        click.echo(f"{woken} deliveries are due now")
        if not poke(click.get_current_context().obj):
            click.echo("no relay serves this queue: they wait for one to be started", err=True)

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
            await _show(spool, [letter], False)
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


async def _show(
    spool: Spool, letters: Sequence[Queued], as_json: bool, hidden: Collection[str] = (), none: str = "no such letter"
) -> None:
    """Letters with their deliveries, but for those whose state is `hidden`; `none` is said where there are none."""
    from sievepy.cli.queue_lines import list_json, list_text

    found = []
    for letter in letters:
        deliveries = await spool.deliveries(letter.letter)
        found.append((letter, [one for one in deliveries if one.state not in hidden]))
    lines = list_json(found) if as_json else list_text(found) if found else [none]
    for line in lines:
        click.echo(line)
