"""What the commands of `sievepy queue` share: how they come to the queue, and what they say of letters in it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Coroutine, Sequence

    from sievepy.spool.port import Queued, Spool

MOST = 100_000
"""Letters, or deliveries, that a command looks at."""


class NotThere(click.ClickException):
    """What the command names is not in the queue, or cannot be done with it."""

    exit_code = 1


def _remember(context: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        context.obj = value


def config_option() -> click.Option:
    return click.Option(
        ["--config"],
        type=click.Path(exists=True, dir_okay=False),
        help="The configuration; default: the project's.",
        expose_value=False,
        callback=_remember,
    )


class QueueCommand(click.Command):
    """A command of `queue`, which knows `--config` too: people write it last."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.params.append(config_option())


def with_queue(work: Callable[[Spool], Coroutine[Any, Any, None]]) -> None:
    """Run a command's work on the queue; what the queue refuses is told, and is status 1."""
    from sievepy.cli import service
    from sievepy.spool.port import SpoolError

    async def run(spool: Spool) -> int:
        try:
            await work(spool)
        except SpoolError as problem:
            raise NotThere(str(problem)) from None
        return 0

    sys.exit(service.with_queue(click.get_current_context().obj, run))


async def letters_of(spool: Spool, key: str) -> Sequence[Queued]:
    found = await spool.find(key)
    if not found:
        raise NotThere(f"there is no letter {key}")
    return found


async def show_letters(
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
