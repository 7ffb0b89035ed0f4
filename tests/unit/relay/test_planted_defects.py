"""The crash tests notice what they are there to notice: each of these defects loses or doubles a letter."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection
from pathlib import Path

import pytest

from sievepy.relay.apply import Application
from sievepy.relay.journal import Begin, Deliver, Done, Intent, Journal
from sievepy.sinks.maildir import Maildir, Staged
from sievepy.sinks.pending import Line, Pending
from sievepy.sources.maildir import MaildirSource
from tests.unit.relay.batches import Crash, check_all_done, crash_at, make_maildir, run
from tests.unit.relay.test_crash import SUBJECTS, read_all

Defect = Callable[[pytest.MonkeyPatch], None]


def intent_after_the_step(patch: pytest.MonkeyPatch) -> None:
    do, write = Application._do, Journal.write
    held: list[object] = []

    def later(self: Journal, record: object) -> None:
        held.append(record) if isinstance(record, Intent) else write(self, record)  # type: ignore[arg-type]

    def wrong(self: Application, begin: Begin, index: int, step: object, data: bytes) -> None:
        do(self, begin, index, step, data)  # type: ignore[arg-type]
        while held:
            write(self._journal, held.pop())  # type: ignore[arg-type]

    patch.setattr(Journal, "write", later)
    patch.setattr(Application, "_do", wrong)


def done_before_the_steps(patch: pytest.MonkeyPatch) -> None:
    carry_out = Application._carry_out

    def wrong(self: Application, begin: Begin, first: int, data: bytes) -> None:
        self._journal.write(Done(begin.id))
        carry_out(self, begin, first, data)

    patch.setattr(Application, "_carry_out", wrong)


def name_in_new_decides(patch: pytest.MonkeyPatch) -> None:
    def wrong(self: Maildir, name: str, staged: Staged) -> bool:
        return (self.path / "new" / name).exists()

    patch.setattr(Maildir, "was_published", wrong)


def lines_added_blindly(patch: pytest.MonkeyPatch) -> None:
    add = Pending.add

    def wrong(self: Pending, lines: Collection[Line], since: int = 0) -> None:
        add(self, lines, self.size())

    patch.setattr(Pending, "add", wrong)


def deliveries_forgotten_on_resuming(patch: pytest.MonkeyPatch) -> None:
    happened = Application._happened

    def wrong(self: Application, begin: Begin, intent: Intent) -> bool:
        return isinstance(begin.steps[intent.index], Deliver) or happened(self, begin, intent)

    patch.setattr(Application, "_happened", wrong)


DEFECTS = [
    intent_after_the_step,
    done_before_the_steps,
    name_in_new_decides,
    lines_added_blindly,
    deliveries_forgotten_on_resuming,
]


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.__name__)
def test_the_crash_test_turns_red(defect: Defect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        defect(patch)
        noticed = any(not survives(tmp_path / str(moment), moment, monkeypatch) for moment in range(300))
    assert noticed


def survives(home: Path, moment: int, patch: pytest.MonkeyPatch) -> bool:
    """Whether a run that is killed at that moment, with a reader about, can be gone on with to the right end."""
    source, to = MaildirSource(home / "in"), home / "out"
    wanted = make_maildir(source.path, SUBJECTS)
    with crash_at(moment, patch), contextlib.suppress(Crash):
        run(source, to)
    if to.exists():
        read_all(to)
    try:
        with crash_at(10_000_000, patch):
            run(source, to)
        check_all_done(source, to, wanted)
    except (AssertionError, OSError):
        return False
    return True
