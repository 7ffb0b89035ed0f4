"""`sievepy queue`: look at the relay's queue and put a hand to it. Works while the relay runs."""

from __future__ import annotations

import click

from sievepy.cli import queue_changing, queue_reading
from sievepy.cli.queue_access import config_option

_COMMANDS = (
    queue_reading.list_,
    queue_reading.show,
    queue_reading.find,
    queue_reading.backup,
    queue_reading.export,
    queue_changing.flush,
    queue_changing.retry,
    queue_changing.hold,
    queue_changing.release,
    queue_changing.redirect,
    queue_changing.delete,
)


@click.group(params=[config_option()])
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


for _command in _COMMANDS:
    queue.add_command(_command)
