"""`sievepy process`: what would happen to each letter, and with `--apply` let it happen."""

from __future__ import annotations

import contextlib
import gc
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sievepy.cli.wiring import Unusable, now, open_project

if TYPE_CHECKING:
    from sievepy.cli.wiring import Project
    from sievepy.mail.envelope import LateEnvelope
    from sievepy.mail.message import Message
    from sievepy.relay.apply import Issued
    from sievepy.relay.batch import Batch
    from sievepy.relay.judging import Judge, Judged, Judging
    from sievepy.relay.tally import Tally
    from sievepy.relay.undo import TakenBack
    from sievepy.sources.port import Letter, Source

TRY_AGAIN = 75  # EX_TEMPFAIL of sysexits.h: a delivery agent keeps the letter and gives it again


@dataclass(frozen=True, slots=True)
class _Options:
    source: str
    rules: Path | None
    as_json: bool
    quiet: bool
    to: Path | None
    jobs: int

    @property
    def pipe(self) -> bool:
        return self.source == "-"


@click.command()
@click.argument("source", type=click.Path(path_type=str))
@click.option("--rules", type=click.Path(path_type=Path), help="The rules file; default: the project's.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, a letter.")
@click.option("-q", "--quiet", is_flag=True, help="Only the totals, no line for each letter.")
@click.option("--apply", is_flag=True, help="Deliver, into the maildirs of --to; else nothing is touched.")
@click.option("--to", type=click.Path(file_okay=False, path_type=Path), help="Stands in for every mailbox and place.")
@click.option("-j", "jobs", metavar="N", type=click.IntRange(1), default=1, help="Judge in N processes.")
@click.option("--undo", metavar="RUN", type=int, help="Take back what a run with --apply did.")
def process(
    source: str,
    rules: Path | None,
    as_json: bool,
    quiet: bool,
    apply: bool,
    to: Path | None,
    jobs: int,
    undo: int | None,
) -> None:
    """Judge the letters of SOURCE: a maildir, an mbox, a folder of .eml, one letter, or `-` for one from a pipe.

    Without --apply nothing is changed: each letter is printed with where it would go, the rules that decided and the
    words they met. With --apply the letters are delivered below DIR, and the originals move to Processed in SOURCE
    (those of an mbox stay in it, and are remembered). An interrupted run is gone on with by the same command.

    \b
    sievepy process Maildir                              what would happen
    sievepy process Maildir --json | jq .departments     for programs
    sievepy process Maildir --apply --to sorted          let it happen
    sievepy process Maildir --undo 1                     take run 1 back
    sievepy process - --apply --to sorted < letter.eml   as a delivery agent

    Exit status: 0; 1 if a letter could not be dealt with and stays where it is; 2 if the rules do not compile, the
    command makes no sense, or another run is at work. From a pipe, whatever goes wrong: 75, try again later.
    """
    if apply != (to is not None):
        raise click.UsageError("--apply and --to DIR go together")
    if undo is not None and (apply or source == "-"):
        raise click.UsageError("--undo goes with neither --apply nor a pipe")
    options = _Options(source, rules, as_json, quiet, to, jobs)
    with _from_pipe() if options.pipe else contextlib.nullcontext():
        sys.exit(_process(options) if undo is None else _undo(source, undo))


@contextlib.contextmanager
def _from_pipe() -> Iterator[None]:
    """Whatever goes wrong, the agent at the other end keeps the letter: no mistake of ours may make it bounce."""
    try:
        yield
    except SystemExit as end:
        sys.exit(TRY_AGAIN if end.code else 0)
    except click.ClickException as problem:
        problem.show()
        sys.exit(TRY_AGAIN)
    except Exception as problem:
        click.echo(f"Error: {type(problem).__name__}", err=True)
        sys.exit(TRY_AGAIN)


def _process(options: _Options) -> int:
    from sievepy.sources.port import SourceError

    project = open_project(options.rules)
    try:
        source = _open(options)
        with _judging(source, project, options) as judging:
            if options.to is None:
                return _simulate(source, judging, project, options)
            return _apply(source, judging, project, options)
    except SourceError as problem:
        raise Unusable(str(problem)) from None


def _open(options: _Options) -> Source:
    from sievepy.sources.opening import open_source
    from sievepy.sources.stdin import StdinSource

    if options.pipe:
        return StdinSource(sys.stdin.buffer.read(), options.to)
    path = Path(options.source)
    if options.to is not None and options.to.exists() and path.exists() and options.to.samefile(path):
        raise click.UsageError("DIR must not be SOURCE itself")
    return open_source(path)


@contextlib.contextmanager
def _judging(source: Source, project: Project, options: _Options) -> Iterator[Judging]:
    from sievepy.relay.judging import Here

    judge = _judge(project, with_words=not (options.as_json or options.quiet))
    gc.freeze()  # the program stays as it is: nothing in it is garbage, in this process or one forked from it
    if options.jobs == 1:
        yield Here(source, judge)
        return
    from sievepy.relay.pool import Pool

    with Pool(source, judge, options.jobs) as pool:
        yield pool


def _judge(project: Project, *, with_words: bool) -> Judge:
    """`with_words`: say what was met, too, while the letter is open."""
    from sievepy.cli.matched import words
    from sievepy.mail.letter import Letter as LetterView
    from sievepy.relay.judging import Verdict

    def judge(message: Message, envelope: LateEnvelope) -> Verdict:
        context = project.context(envelope)
        letter = LetterView(message, envelope=envelope, trust=context.trust, zone=context.zone)
        plan = project.program.judge(letter, context)
        if not with_words:
            return Verdict(plan)
        met = (dict.fromkeys(words(letter, hit) for hit in fired.hits) for fired in plan.fired)
        return Verdict(plan, words=tuple(map(tuple, met)))

    return judge


# ---------------------------------------------------------------- simulate, apply, undo


def _simulate(source: Source, judging: Judging, project: Project, options: _Options) -> int:
    letters = source.letters()
    tally = _show(judging.judge(letters, with_data=False), letters, options)
    return _finish(tally, project, options)


def _apply(source: Source, judging: Judging, project: Project, options: _Options) -> int:
    from sievepy.relay.batch import Batch, Stopped
    from sievepy.relay.journal import Busy, Damaged, Journal

    assert options.to is not None and source.journal is not None
    try:
        with Journal(source.journal, wait=options.pipe) as journal:
            batch = Batch(source, options.to, journal, _issued())
            _tell_resumed(batch)
            letters = batch.letters()
            tally = _show(batch.run(letters, judging), letters, options)
    except (Busy, Damaged) as problem:
        raise Unusable(str(problem)) from None
    except (Stopped, OSError) as problem:
        again = "nothing is lost: mend that and start the same command again"
        raise click.ClickException(f"{problem}; {again}") from None
    status = _finish(tally, project, options)
    if not options.pipe:
        taking_back = f"sievepy process {options.source} --undo {batch.number}"
        click.echo(f"run {batch.number}: delivered below {options.to}; to take it back: {taking_back}", err=True)
    return status


def _issued() -> Issued:
    import os
    import secrets
    import socket

    from sievepy.relay.apply import Issued
    from sievepy.sinks.maildir import UniqueNames

    names = UniqueNames(now, partial(secrets.token_hex, 4), socket.gethostname(), os.getpid())
    return Issued(now, partial(secrets.token_hex, 8), names)


def _tell_resumed(batch: Batch) -> None:
    resumed, taken_back = batch.resume()
    if resumed.finished:
        click.echo(f"finished what was interrupted: {', '.join(resumed.finished)}", err=True)
    for name, why in resumed.abandoned:
        click.echo(f"{name}: interrupted, and cannot be finished: {why}", err=True)
    for letter in taken_back:
        click.echo(f"{letter.name}: taken back, as was begun", err=True)


def _undo(path: str, number: int) -> int:
    from sievepy.relay.journal import Busy, Damaged, Journal
    from sievepy.relay.undo import NoSuchRun, undo_run
    from sievepy.sources.opening import open_source
    from sievepy.sources.port import SourceError

    try:
        source = open_source(Path(path))
        if source.journal is None or not source.journal.exists():
            raise Unusable(f"no run has worked on {path}: it has no journal")
        with Journal(source.journal) as journal:
            runs = ", ".join(f"{run.number} ({run.at})" for run in journal.history.runs.values())
            results = [_tell_undone(result) for result in undo_run(journal, source, number)]
    except NoSuchRun:
        raise Unusable(f"there is no run {number} of {path}; there are: {runs or 'none'}") from None
    except (Busy, Damaged, SourceError) as problem:
        raise Unusable(str(problem)) from None
    except OSError as problem:
        raise click.ClickException(f"{problem}; mend that and start the same command again") from None
    click.echo(f"run {number}: {sum(results)} of {len(results)} letters taken back")
    return 0 if all(results) else 1


def _tell_undone(result: TakenBack) -> bool:
    for what in result.left:
        click.echo(f"{result.name}: not undone: {what}", err=True)
    return result.back and not result.left


def _show(judged: Iterable[Judged], letters: Sequence[Letter], options: _Options) -> Tally:
    """Print each letter as it is dealt with, and count."""
    from sievepy.cli.outcomes import as_json, as_row
    from sievepy.relay.tally import Tally
    from sievepy.sinks.console import Screen

    tally = Tally()
    most = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    with Screen(sys.stdout, sys.stderr, len(letters)) as screen:
        for each in judged:
            tally.add(each)
            if options.as_json:
                screen.line(as_json(each))
            elif not options.quiet:
                screen.line(as_row(each, most))
            screen.advance()
    return tally


def _finish(tally: Tally, project: Project, options: _Options) -> int:
    """The totals, what could not be dealt with, and the exit status."""
    from sievepy.cli.outcomes import totals

    if not options.as_json:
        click.echo("\n".join(totals(tally, project.compilation.script)))
    for name, failure in tally.failed:
        click.echo(f"{name}: not dealt with, it stays where it is: {failure}", err=True)
    if not tally.failed:
        return 0
    return TRY_AGAIN if options.pipe else 1
