"""Carry out plans in a target folder, so that being killed at any moment loses nothing and doubles nothing.

For one letter: `begin` is written to the journal with all steps; then, for each step, an intent, and the step. Each
step can be asked whether it happened (see `sinks.maildir`, `sinks.pending`) or be done twice to the same effect, so
after a crash the last intent alone tells where to go on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sievepy.mail.edit import digest
from sievepy.plan import Plan
from sievepy.relay.journal import Abandon, Begin, Deliver, Done, End, Enter, Intent, Journal, Run, SetAside, Work
from sievepy.relay.outgoing import passed_on, reference
from sievepy.relay.steps import PENDING, headers_of, steps_of
from sievepy.sinks.maildir import Maildir, Staged
from sievepy.sinks.pending import Pending
from sievepy.sources.port import Elsewhere, Letter, Source


class Gone(Exception):
    """Somebody took the letter out of the source before it was delivered."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """What was made of an earlier, interrupted run: letters finished, and those that could not be, with the reason."""

    finished: tuple[str, ...] = ()
    abandoned: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Issued:
    """Where ids, names and moments come from; arguments, so that tests can know them."""

    now: Callable[[], dt.datetime]
    id: Callable[[], str]
    name: Callable[[], str]


class Application:
    """One run of `--apply` on an open journal. Letters an earlier run left unfinished come first: `resume`."""

    def __init__(self, source: Source, to: Path, journal: Journal, issued: Issued) -> None:
        self._source = source
        self._to = to.absolute()
        self._journal = journal
        self._issued = issued
        self.number = self._run()

    def _run(self) -> int:
        """The number of the run: that of an interrupted one into the same folder, which goes on, or a new one."""
        history = self._journal.history
        last = max(history.runs, default=0)
        if last and last not in history.ended and history.runs[last].to == str(self._to):
            return last
        self._journal.write(Run(last + 1, str(self._to), self._moment()))
        return last + 1

    def waiting(self) -> Sequence[Letter]:
        """The letters of the source that are still to be dealt with."""
        letters = self._source.letters()
        if not self._source.keeps:
            return letters
        known = self._journal.history.dealt_with()
        return [letter for letter in letters if letter.key not in known]

    def resume(self) -> Resumed:
        """Finish what an interruption left between two steps, as it was begun."""
        for work in list(self._journal.history.works.values())[-1:]:
            self._clear(work.begin)
        finished, abandoned = [], []
        for work in self._journal.history.unfinished():
            try:
                problem = self._finish(work)
            except Elsewhere:
                continue
            if problem is None:
                finished.append(work.begin.name)
            else:
                self._journal.write(Abandon(work.begin.id, problem))
                self._clear(work.begin)
                abandoned.append((work.begin.name, problem))
        return Resumed(tuple(finished), tuple(abandoned))

    def apply(self, letter: Letter, data: bytes, plan: Plan) -> Begin:
        """Do all that the plan asks for. Raises Gone; OSError, and then the run must stop: it can be gone on with
        later."""
        id = self._issued.id()
        try:
            aside = None if self._source.keeps else self._source.aside(letter)
        except FileNotFoundError:
            raise Gone(letter.name) from None
        begin = Begin(
            id=id,
            run=self.number,
            name=letter.name,
            key=letter.key,
            sha256=digest(data),
            at=self._moment(),
            departments=plan.departments,
            rules=plan.rules,
            headers=headers_of(plan, id),
            steps=steps_of(plan, id, self._issued.name, aside),
        )
        self._journal.write(begin)
        self._carry_out(begin, 0, data)
        return begin

    def end(self) -> None:
        self._journal.write(End(self.number))

    # ------------------------------------------------------------ one letter

    def _finish(self, work: Work) -> str | None:
        """None, or why the letter cannot be finished."""
        begin = work.begin
        first = 0 if work.last is None else work.last.index + self._happened(begin, work.last)
        data = b""
        if any(isinstance(step, Deliver) for step in begin.steps[first:]):
            letter = Letter(begin.name, begin.key)
            try:
                data = self._source.read(letter)
            except FileNotFoundError:
                return "its original is no longer there"
            if not self._source.keeps and digest(data) != begin.sha256:
                return "another letter has its name now"
        self._carry_out(begin, first, data)
        return None

    def _happened(self, begin: Begin, intent: Intent) -> bool:
        """Whether the step was done after its intent was written. Steps that may be done twice are."""
        step = begin.steps[intent.index]
        if not isinstance(step, Deliver):
            return False
        return self._maildir(begin, step).was_published(step.name, Staged(intent.inode, intent.changed))

    def _carry_out(self, begin: Begin, first: int, data: bytes) -> None:
        for index, step in enumerate(begin.steps[first:], first):
            self._do(begin, index, step, data)
        self._journal.write(Done(begin.id))
        self._clear(begin)

    def _do(self, begin: Begin, index: int, step: Deliver | Enter | SetAside, data: bytes) -> None:
        match step:
            case Deliver():
                maildir = self._maildir(begin, step)
                staged = maildir.stage(step.name, outgoing(begin, step, data))
                self._journal.write(Intent(begin.id, index, "deliver", inode=staged.inode, changed=staged.changed))
                maildir.publish(step.name)
            case Enter():
                pending = Pending(self._target(begin) / PENDING)
                intent = self._journal.history.works[begin.id].last
                if intent is None or intent.index != index:
                    intent = Intent(begin.id, index, "pending", since=pending.size())
                    self._journal.write(intent)
                pending.add(step.lines, intent.since)
            case SetAside():
                self._journal.write(Intent(begin.id, index, "set-aside"))
                self._source.set_aside(Letter(begin.name, begin.key), step.place)

    def _clear(self, begin: Begin) -> None:
        """Remove the witnesses in `tmp`; only when the journal holds what they could tell."""
        if self._journal.history.works[begin.id].closed:
            for step in begin.steps:
                if isinstance(step, Deliver):
                    self._maildir(begin, step).clear(step.name)

    def _maildir(self, begin: Begin, step: Deliver) -> Maildir:
        return Maildir(self._target(begin).joinpath(*step.place))

    def _target(self, begin: Begin) -> Path:
        return Path(self._journal.history.runs[begin.run].to)

    def _moment(self) -> str:
        return self._issued.now().isoformat(timespec="seconds")


def outgoing(begin: Begin, step: Deliver, data: bytes) -> bytes:
    """What a step delivers; the same bytes whenever it is asked for."""
    if not step.reference:
        return passed_on(data, begin.headers)
    return reference(
        id=begin.id,
        departments=begin.departments,
        rules=begin.rules,
        at=dt.datetime.fromisoformat(begin.at),
        headers=begin.headers,
    )
