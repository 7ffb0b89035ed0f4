"""`sievepy backtest`: what would become of the letters of an archive by another version of the rules."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sievepy.cli.wiring import Unusable, find_config, find_rules, now

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sievepy.cli.backtest_output import Report
    from sievepy.config import Config
    from sievepy.ruletest.backtest import Backtest, Change
    from sievepy.ruletest.labelled import Label
    from sievepy.sources.port import Letter, Source


def _share(context: click.Context, parameter: click.Parameter, written: str | None) -> float | None:
    """A share of letters, written with its sign: `2%`."""
    if written is None:
        return None
    number, sign, rest = written.partition("%")
    try:
        share = float(number)
    except ValueError:
        share = -1
    if not sign or rest or not 0 <= share <= 100:
        raise click.BadParameter(f"{written!r} is no share of letters; write it so: 2%")
    return share


@dataclass(frozen=True, slots=True)
class _Options:
    archive: Path
    labels: Path | None
    subjects: bool


@click.command()
@click.argument("archive", type=click.Path(exists=True, path_type=Path))
@click.option("--from", "before", required=True, metavar="FILE|GITREV", help="The rules as they were.")
@click.option("--to", "after", metavar="FILE|GITREV", help="The rules as they would be; default: as they are now.")
@click.option("--rules", type=click.Path(path_type=Path), help="The rules file of revisions; default: the project's.")
@click.option("--labels", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The labels' JSON lines.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, with every letter that changes.")
@click.option("--md", "as_md", is_flag=True, help="Markdown for a merge request.")
@click.option("--examples", metavar="N", type=click.IntRange(0), default=5, show_default=True, help="Letters to name.")
@click.option("--subjects", is_flag=True, help="Show subjects, too. Without it nothing of a letter is shown.")
@click.option("--fail-over", metavar="N%", callback=_share, help="Status 1 only if more letters than that change.")
def backtest(
    archive: Path,
    before: str,
    after: str | None,
    rules: Path | None,
    labels: Path | None,
    as_json: bool,
    as_md: bool,
    examples: int,
    subjects: bool,
    fail_over: float | None,
) -> None:
    """Say which letters of ARCHIVE would go elsewhere by other rules.

    ARCHIVE is a maildir, an mbox, a folder of .eml, or one letter; nothing in it is changed. A version of the rules is
    a file, a git revision (of the project's rules file, with all it includes), or `REV:PATH`. The working tree is not
    touched. Both versions are judged under the configuration as it is now. Labels are read from `letters.jsonl` or
    `labels.jsonl` in the archive or beside it.

    \b
    sievepy backtest Maildir --from HEAD                      what the edits since the last commit change
    sievepy backtest Maildir --from main --to HEAD --md       for a merge request
    sievepy backtest inbox.mbox --from old.rules --to new.rules --fail-over 2%

    Exit status: 0 nothing changes, 1 something does, 2 a version does not compile, or something cannot be read.
    """
    if as_json and as_md:
        raise click.UsageError("--json and --md are two formats: choose one")
    config = find_config(rules.parent if rules is not None and rules.parent.is_dir() else None)
    report = _report(_Options(archive, labels, subjects), config, find_rules(rules, config), before, after)
    _show(report, examples, as_json=as_json, as_md=as_md)
    sys.exit(_status(report, fail_over))


def _report(options: _Options, config: Config, rules: Path, before: str, after: str | None) -> Report:
    from sievepy.cli.archive_labels import read_archive_labels
    from sievepy.cli.backtest_output import Report
    from sievepy.cli.rule_versions import compile_version, find_version
    from sievepy.ruletest.backtest import Backtest
    from sievepy.sources.opening import open_source
    from sievepy.sources.port import SourceError

    old, new = find_version(before, rules), find_version(str(rules) if after is None else after, rules)
    labels = read_archive_labels(options.archive, options.labels)
    test = Backtest(compile_version(old, config), compile_version(new, config))
    try:
        source = open_source(options.archive)
        letters = source.letters()
    except SourceError as problem:
        raise Unusable(str(problem)) from None
    run = _Run(test, source, config, labels, options.subjects)
    changes = [] if test.same else list(run.changes(letters))
    rerouted = [(route, run.reached.get(route.name, 0)) for route in test.rerouted]
    return Report(
        str(old), str(new), test.judged, test.twice, changes, rerouted, run.failures, run.affected, same=test.same
    )


class _Run:
    """Goes through the letters. `reached`: how many go to each department or person, by the rules after. `affected`:
    how many change, or go to one that is reached otherwise."""

    def __init__(
        self, test: Backtest, source: Source, config: Config, labels: dict[str, Label], subjects: bool
    ) -> None:
        self._test = test
        self._source = source
        self._config = config
        self._labels = labels
        self._subjects = subjects
        self._rerouted = frozenset(route.name for route in test.rerouted)
        self.reached: dict[str, int] = {}
        self.affected = 0
        self.failures: list[tuple[str, str]] = []

    def changes(self, letters: Sequence[Letter]) -> Iterator[Change]:
        from sievepy.sinks.console import Screen

        with Screen(sys.stdout, sys.stderr, len(letters)) as screen:
            for letter in letters:
                changed = self._one(letter)
                if changed is not None:
                    yield changed
                screen.advance()

    def _one(self, stored: Letter) -> Change | None:
        from sievepy.cli.archive_labels import label_of
        from sievepy.engine.context import EvalContext
        from sievepy.mail.letter import Letter as LetterView
        from sievepy.mail.message import Message
        from sievepy.ruletest.backtest import Change

        try:
            message = Message(self._source.read(stored))
        except OSError as problem:
            self.failures.append((stored.name, f"cannot be read: {problem.strerror or problem}"))
            return None
        envelope = self._source.envelope(message)
        context = EvalContext(now(), self._config.settings.zone, envelope, self._config.trust)
        letter = LetterView(message, envelope=envelope, trust=context.trust, zone=context.zone)
        before, after = self._test.compare(letter, context)
        for name in after.departments:
            self.reached[name] = self.reached.get(name, 0) + 1
        same = before.done == after.done
        self.affected += not same or not self._rerouted.isdisjoint(after.departments)
        if same:
            return None
        subject = " ".join(segment.clean for segment in letter.view("subject").segments) if self._subjects else None
        return Change(stored.name, before, after, label_of(self._labels, stored.name), subject)


# ---------------------------------------------------------------- what is shown


def _show(report: Report, examples: int, *, as_json: bool, as_md: bool) -> None:
    from sievepy.cli.backtest_output import as_lines, as_markdown, as_object
    from sievepy.text.width import shown

    if as_json:
        click.echo(json.dumps(as_object(report), ensure_ascii=False, indent=2))
    elif as_md:
        click.echo(as_markdown(report), nl=False)
    else:
        for line in as_lines(report, examples):
            click.echo(shown(line))
    for name, why in report.failures:
        click.echo(f"{shown(name)}: {why}", err=True)


def _status(report: Report, fail_over: float | None) -> int:
    if report.failures:
        return 2
    if fail_over is not None:
        return 1 if report.affected_percent > fail_over else 0
    return 1 if report.affected else 0
