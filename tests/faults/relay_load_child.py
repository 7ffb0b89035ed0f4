"""`sievepy relay` for the loads: with less patience at its end, and with planted mistakes.

    python -m tests.faults.relay_load_child [--drain SECONDS] [--defect NAME] relay

`--drain`: for how long letters and deliveries under way are waited for. `--defect`: one of `DEFECTS`.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Callable, Mapping
from typing import Any

from sievepy.cli import service
from sievepy.cli.main import main
from sievepy.relay import compiling
from sievepy.relay.compiling import Compiled
from sievepy.relay.reload import Programs
from sievepy.sources.smtp.server import Connection
from sievepy.sources.smtp.source import SmtpSource
from sievepy.spool.sqlite import SqliteSpool

_HOARD = 256 * 1024  # bytes


def untested() -> None:
    """Rules whose tests fail are loaded like others. The compiling process is a new one, so the mistake is made here:
    what it refused is compiled once more, without tests."""
    compile_aside = compiling.compile_aside

    async def wrong(rules: Any) -> Compiled:
        compiled = await compile_aside(rules)
        if compiled.script is not None:
            return compiled
        made = compiling.compile_file(rules.path, compiling._read, rules.settings)
        return Compiled(made.script, compiling.build_program(made).hash, ())

    compiling.compile_aside = wrong


def hang_up_at_reload() -> None:
    """Whoever is connected when the rules change is cut off."""
    sources: list[SmtpSource] = []
    init, leave = SmtpSource.__init__, Programs._leave

    def remember(self: SmtpSource, *arguments: Any, **named: Any) -> None:
        init(self, *arguments, **named)
        sources.append(self)

    def wrong(self: Programs, before: Any) -> None:
        for connection in [*sources[0]._connections]:
            connection.abort()
        leave(self, before)

    SmtpSource.__init__ = remember  # type: ignore[method-assign]
    Programs._leave = wrong  # type: ignore[method-assign]


def hang_up_at_stop() -> None:
    """Letters under way are not waited for."""

    async def wrong(self: SmtpSource, timeout: float) -> None:
        await self.close()

    SmtpSource.drain = wrong  # type: ignore[method-assign]


def keep_leases() -> None:
    """What was being delivered when it stopped stays leased."""
    recover, started = SqliteSpool.recover, False

    async def wrong(self: SqliteSpool, now: Any) -> int:
        nonlocal started
        if started:
            return 0
        started = True
        return await recover(self, now)

    SqliteSpool.recover = wrong  # type: ignore[method-assign]


def letters_in_memory() -> None:
    """However large a letter is, no file is made of it."""
    smtp_settings = service.smtp_settings

    def wrong(*arguments: Any) -> Any:
        settings = smtp_settings(*arguments)
        return dataclasses.replace(settings, limits=dataclasses.replace(settings.limits, in_file=1 << 30))

    service.smtp_settings = wrong  # type: ignore[assignment]


def hoarding() -> None:
    """Each connection has a buffer of its own from the beginning."""
    connection_made = Connection.connection_made

    def wrong(self: Connection, transport: Any) -> None:
        self._hoard = bytearray(b"x" * _HOARD)  # type: ignore[attr-defined]
        connection_made(self, transport)

    Connection.connection_made = wrong  # type: ignore[method-assign]


DEFECTS: Mapping[str, Callable[[], None]] = {
    "untested": untested,
    "hang-up-at-reload": hang_up_at_reload,
    "hang-up-at-stop": hang_up_at_stop,
    "keep-leases": keep_leases,
    "letters-in-memory": letters_in_memory,
    "hoarding": hoarding,
}


def impatient(seconds: float) -> None:
    relay_settings = service.relay_settings

    def hurried(*arguments: Any) -> Any:
        return dataclasses.replace(relay_settings(*arguments), drain=seconds)

    service.relay_settings = hurried  # type: ignore[assignment]


def run() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--drain", type=float)
    parser.add_argument("--defect", choices=DEFECTS)
    options, rest = parser.parse_known_args()
    if options.drain is not None:
        impatient(options.drain)
    if options.defect is not None:
        DEFECTS[options.defect]()
    sys.argv[1:] = rest
    main(prog_name="sievepy")


if __name__ == "__main__":
    run()
