"""`sievepy` with a planted defect: the intent is written into the journal after its step. For the tests of the kill
test."""

from __future__ import annotations

import time

from sievepy.cli.main import main
from sievepy.relay.apply import Application
from sievepy.relay.journal import Begin, Intent, Journal, Record, Step

_write, _do = Journal.write, Application._do
_held: list[Intent] = []


def write(self: Journal, record: Record) -> None:
    if isinstance(record, Intent):
        _held.append(record)
    else:
        _write(self, record)


def do(self: Application, begin: Begin, index: int, step: Step, data: bytes) -> None:
    _do(self, begin, index, step, data)
    time.sleep(0.05)
    while _held:
        _write(self._journal, _held.pop())


Journal.write = write  # type: ignore[method-assign]
Application._do = do  # type: ignore[method-assign]

if __name__ == "__main__":
    main(prog_name="sievepy")
